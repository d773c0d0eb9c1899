from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicgen.corpus.reader import hash_of_file
from musicgen.learning import RunError, TrainProgress, read_checkpoint, resolve_checkpoint
from musicgen.learning.checkpoint import read_weights
from musicgen.learning.run_files import RunFolder
from musicgen.learning.samples import SAMPLE_NOTES, Sampling
from musicgen.learning.train import RunResult, train
from musicgen.midi import write_midi
from musicgen.sampling import SamplingSettings
from musicgen.sampling.composer import Composer
from musicgen.sampling.sketches import sketches_of
from tests.musicgen.learning.tiny_corpus import TINY, write_tiny_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_corpus(tmp_path_factory.mktemp("corpus") / "tiny")


@pytest.fixture(scope="module")
def unbroken(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """With samples at each evaluation: that those of other tests have none must change nothing."""
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    return train(corpus, folder, TINY, sampling=Sampling(sketches_of, write_midi))


def _lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def _assert_equal_runs(resumed: RunResult, unbroken: RunResult) -> None:
    assert resumed.state == unbroken.state == "finished"
    assert resumed.step == unbroken.step
    losses = [
        [x["validation_loss"] for x in _lines(r.folder) if "validation_loss" in x]
        for r in (resumed, unbroken)
    ]
    np.testing.assert_allclose(*losses, atol=1e-5)
    assert resumed.test is not None
    assert unbroken.test is not None
    assert resumed.test["nats_per_token"] == pytest.approx(unbroken.test["nats_per_token"], abs=1e-5)
    assert [x["step"] for x in _lines(resumed.folder)] == [x["step"] for x in _lines(unbroken.folder)]
    assert resumed.best_checkpoint is not None
    assert unbroken.best_checkpoint is not None
    expected = read_weights(unbroken.best_checkpoint)
    for name, array in read_weights(resumed.best_checkpoint).items():
        np.testing.assert_allclose(array, expected[name], atol=1e-5)


def test_it_learns(unbroken: RunResult) -> None:
    assert unbroken.validation is not None
    baseline = unbroken.baseline["unigram"]["validation"]["nats_per_token"]
    assert unbroken.validation["nats_per_token"] < 0.9 * baseline
    losses = [line["train_loss"] for line in _lines(unbroken.folder) if "train_loss" in line]
    assert losses[-1] < 0.6 * losses[0]


def test_it_leaves_a_checkpoint_that_says_what_it_is(unbroken: RunResult, corpus: Path) -> None:
    assert unbroken.best_checkpoint == resolve_checkpoint(unbroken.folder)
    info = read_checkpoint(resolve_checkpoint(unbroken.folder))
    assert info.settings == TINY.to_json()
    assert info.seed == TINY.seed
    assert info.metrics["validation"] == unbroken.validation
    assert info.metrics["test"] == unbroken.test
    assert set(info.metrics["unigram"]) == {"validation", "test"}
    assert info.vocabulary == json.loads((corpus / "vocabulary.json").read_text())


def test_it_tells_its_progress_and_draws_its_curves(unbroken: RunResult) -> None:
    lines = _lines(unbroken.folder)
    assert [line["step"] for line in lines] == sorted(line["step"] for line in lines)
    assert {"at", "epoch", "learning_rate", "seconds", "step", "tokens_per_second", "total_steps"} <= set(
        lines[0]
    )
    judged = [line["step"] for line in lines if "validation_loss" in line]
    assert judged[0] == 0  # untrained
    first_epoch = next(line for line in lines if line["epoch"] == 1 and "validation_loss" in line)["step"]
    assert {first_epoch // 4, first_epoch // 2, first_epoch, 2 * first_epoch} <= set(judged)
    assert b"</svg>" in (unbroken.folder / "loss.svg").read_bytes()
    assert (unbroken.folder / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_it_composes_from_the_same_seeds_at_each_evaluation(unbroken: RunResult, corpus: Path) -> None:
    judged = [line for line in _lines(unbroken.folder) if "validation_loss" in line]
    for line in judged:
        assert set(line["samples"]) <= set(line["data"])
        assert line["data"] == judged[0]["data"]
        folder = RunFolder(unbroken.folder).sample_folder(line["step"])
        assert sorted(path.name for path in folder.iterdir()) == ["1.mid", "2.mid", "3.mid"]
    assert judged[-1]["distance"] < judged[0]["distance"]
    last = RunFolder(unbroken.folder).sample_folder(judged[-1]["step"])
    best = Composer(unbroken.folder / "checkpoints" / judged[-1]["checkpoint"])
    piece = best.compose(SamplingSettings(seed=TINY.seed + 1, length_notes=SAMPLE_NOTES))
    assert (last / "2.mid").read_bytes() == write_midi(piece.score)


def test_it_goes_on_after_a_kill_as_if_it_had_never_been(
    corpus: Path, tmp_path: Path, unbroken: RunResult
) -> None:
    program = (
        "import os, signal; from pathlib import Path; from musicgen.learning.train import train\n"
        "from tests.musicgen.learning.tiny_corpus import TINY\n"
        "def die(line):\n"
        "    if line.step >= 20: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"train(Path({str(corpus)!r}), Path({str(tmp_path)!r}), TINY, on_progress=die, save_seconds=0)"
    )
    killed = subprocess.run([sys.executable, "-c", program], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert json.loads((tmp_path / "run.json").read_text())["state"] == "running"
    steps = []
    resumed = train(corpus, tmp_path, TINY, on_progress=lambda line: steps.append(line.step))
    assert steps[0] == 20  # the line that it died on is written again, none before it
    _assert_equal_runs(resumed, unbroken)


def test_it_stops_when_asked_and_goes_on_later(corpus: Path, tmp_path: Path, unbroken: RunResult) -> None:
    asked = iter([False] * 12 + [True] * 99)
    stopped = train(corpus, tmp_path, TINY, should_stop=lambda: next(asked))
    assert (stopped.state, stopped.step) == ("stopped", 13)
    assert json.loads((tmp_path / "run.json").read_text())["state"] == "stopped"
    _assert_equal_runs(train(corpus, tmp_path, TINY), unbroken)


def test_it_trains_a_transformer_and_goes_on_as_if_it_had_not_stopped(corpus: Path, tmp_path: Path) -> None:
    """With averaged weights, gradients put together, and its memory carried over."""
    settings = replace(
        TINY,
        network="transformer",
        heads=2,
        layers=1,
        context=16,
        averaging=0.9,
        accumulation=2,
        max_steps=24,
    )
    unbroken = train(corpus, tmp_path / "unbroken", settings)
    asked = iter([False] * 14 + [True] * 99)
    stopped = train(corpus, tmp_path / "stopped", settings, should_stop=lambda: next(asked))
    assert (stopped.state, stopped.step) == ("stopped", 15)
    _assert_equal_runs(train(corpus, tmp_path / "stopped", settings), unbroken)
    assert unbroken.step == 24
    assert unbroken.validation is not None
    first = _lines(unbroken.folder)[0]["validation_loss"]
    assert unbroken.validation["nats_per_token"] < 0.8 * first


def test_it_goes_on_from_the_state_before_if_the_newest_is_damaged(
    corpus: Path, tmp_path: Path, unbroken: RunResult
) -> None:
    asked = iter([False] * 12 + [True] * 99)
    train(corpus, tmp_path, TINY, should_stop=lambda: next(asked), save_seconds=0)
    newest = max((tmp_path / "last").iterdir()) / "state.safetensors"
    newest.write_bytes(newest.read_bytes()[:-1] + b"\x7f")
    _assert_equal_runs(train(corpus, tmp_path, TINY), unbroken)


def test_it_leaves_a_finished_run_as_it_is(corpus: Path, unbroken: RunResult) -> None:
    before = {path: path.stat().st_mtime_ns for path in unbroken.folder.rglob("*") if path.is_file()}
    told: list[TrainProgress] = []
    assert train(corpus, unbroken.folder, TINY, on_progress=told.append) == unbroken
    assert not told
    for path, changed in before.items():
        assert path.name == ".lock" or path.stat().st_mtime_ns == changed


def test_it_stops_early_when_it_no_longer_gets_better(corpus: Path, tmp_path: Path) -> None:
    hasty = replace(TINY, learning_rate=0.5, dropout=0.0, max_epochs=40, patience=1)
    result = train(corpus, tmp_path, hasty)
    losses = [line["validation_loss"] for line in _lines(tmp_path) if "validation_loss" in line]
    assert result.state == "finished"
    assert result.step < json.loads((tmp_path / "run.json").read_text())["total_steps"]
    assert losses[-1] >= losses[-2] == min(losses)


def test_it_refuses_the_folder_of_another_run(corpus: Path, unbroken: RunResult, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="units"):
        train(corpus, unbroken.folder, replace(TINY, units=32))
    other = write_tiny_corpus(tmp_path / "other", train=5)
    with pytest.raises(RunError, match="another corpus"):
        train(other, unbroken.folder, TINY)


def test_it_refuses_a_folder_in_use(corpus: Path, tmp_path: Path) -> None:
    with RunFolder(tmp_path).held(), pytest.raises(RunError, match="Another process"):
        train(corpus, tmp_path, TINY)


def test_it_refuses_a_corpus_without_held_out_pieces(tmp_path: Path) -> None:
    corpus = write_tiny_corpus(tmp_path / "corpus", held_out=1)
    np.save(corpus / "validation.offsets.npy", np.zeros(1, np.int64))
    manifest = json.loads((corpus / "manifest.json").read_text())
    manifest["sha256"]["validation.offsets.npy"] = hash_of_file(corpus / "validation.offsets.npy")
    (corpus / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RunError, match="no validation pieces"):
        train(corpus, tmp_path / "run", TINY)
