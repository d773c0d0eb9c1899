from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning import CheckpointError, read_checkpoint, resolve_checkpoint, shipped_checkpoints
from musicgen.learning.checkpoint import read_weights
from musicgen.learning.shipping import ship_run
from musicgen.learning.train import RunResult, train
from tests.musicgen.learning.tiny_corpus import TINY, write_tiny_corpus

_MOST_BYTES = 60_000_000  # of weights that the repository may carry


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "tiny")


@pytest.fixture(scope="module")
def run(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train(corpus, tmp_path_factory.mktemp("runs") / "tiny", TINY)


def test_it_lists_whole_checkpoints_with_their_cards() -> None:
    shipped = shipped_checkpoints()
    assert "lstm-chorales" in [checkpoint.name for checkpoint in shipped]
    for checkpoint in shipped:
        assert checkpoint.card.startswith(f"# {checkpoint.run}\n")
        assert (resolve_checkpoint(checkpoint.run) / "loss.svg").is_file()
        assert (
            sum(array.size for array in read_weights(checkpoint.folder).values())
            == checkpoint.info.parameters
        )
    assert sum(path.stat().st_size for s in shipped for path in s.folder.iterdir()) < _MOST_BYTES


def test_it_ships_weights_that_are_better_than_chance_on_pieces_never_seen() -> None:
    metrics = read_checkpoint(resolve_checkpoint("lstm-chorales")).metrics
    for split in ("validation", "test"):
        assert metrics[split]["nats_per_note"] < 0.5 * metrics["unigram"][split]["nats_per_note"]


def test_it_lists_without_keras() -> None:
    program = (
        "import sys; from musicgen.learning import shipped_checkpoints; assert shipped_checkpoints(); "
        "assert not {'keras', 'tensorflow'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_it_finds_a_checkpoint_by_name_folder_or_run(run: RunResult) -> None:
    assert resolve_checkpoint("lstm-chorales").name == "lstm-chorales"
    assert run.best_checkpoint is not None
    assert resolve_checkpoint(run.best_checkpoint) == run.best_checkpoint
    assert resolve_checkpoint(str(run.folder)) == run.best_checkpoint


def test_it_says_which_there_are_if_there_is_no_such(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'nobody'.*lstm-chorales"):
        resolve_checkpoint("nobody")
    (tmp_path / "run.json").write_text(json.dumps({"best_checkpoint": None}))
    with pytest.raises(CheckpointError, match="no checkpoint yet"):
        resolve_checkpoint(tmp_path)


def test_it_takes_another_checkpoint_of_a_run_if_the_best_is_damaged(run: RunResult, tmp_path: Path) -> None:
    assert run.best_checkpoint is not None
    copy = shutil.copytree(run.folder, tmp_path / "run")
    best = copy / "checkpoints" / run.best_checkpoint.name
    (best / "weights.safetensors").write_bytes(b"")
    found = resolve_checkpoint(copy)
    assert found.parent == best.parent
    assert found != best
    for folder in best.parent.iterdir():
        (folder / "checkpoint.json").write_bytes(b"")
    with pytest.raises(CheckpointError, match="Every checkpoint"):
        resolve_checkpoint(copy)


def test_it_ships_the_best_of_a_run_halved_and_judged(run: RunResult, corpus: Path, tmp_path: Path) -> None:
    target = tmp_path / "tiny"
    target.mkdir()
    (target / "card.md").write_text("# tiny\n")
    shipped, *earlier = ship_run(run.folder, corpus, target, along=2)
    assert run.best_checkpoint is not None
    assert run.validation is not None
    assert shipped == read_checkpoint(target)
    assert (shipped.dtype, shipped.step) == ("float16", read_checkpoint(run.best_checkpoint).step)
    assert shipped.metrics["validation"]["nats_per_token"] == pytest.approx(
        run.validation["nats_per_token"], abs=0.01
    )
    rounded = {name: array.astype(np.float16) for name, array in read_weights(run.best_checkpoint).items()}
    for name, array in read_weights(target).items():
        np.testing.assert_array_equal(array, rounded[name].astype(np.float32))
    assert (earlier[0].is_best, earlier[0].step) == (False, 0)
    assert 0 < earlier[1].step < shipped.step
    assert earlier[1] == read_checkpoint(tmp_path / f"tiny-step-{earlier[1].step}")
    assert shipped.is_best
    assert (
        earlier[0].metrics["validation"]["nats_per_token"]
        > 2 * shipped.metrics["validation"]["nats_per_token"]
    )
    assert (target / "card.md").read_text() == "# tiny\n"
    assert (target / "loss.svg").read_bytes() == (run.folder / "loss.svg").read_bytes()


def test_it_refuses_to_judge_by_another_corpus(run: RunResult, tmp_path: Path) -> None:
    other = write_tiny_corpus(tmp_path / "other", train=4)
    with pytest.raises(CheckpointError, match="another corpus"):
        ship_run(run.folder, other, tmp_path / "shipped")
