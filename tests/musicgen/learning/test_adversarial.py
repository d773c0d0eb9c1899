from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.reader import open_corpus
from musicgen.learning import RunError, read_checkpoint, resolve_checkpoint
from musicgen.learning.adversarial import train_adversarially
from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.learning.adversarial_steps import Players, discriminator_loss, generator_loss
from musicgen.learning.checkpoint import load_network, read_weights
from musicgen.learning.run_files import RunFolder
from musicgen.learning.samples import KEPT
from musicgen.learning.settings import SettingsError
from musicgen.learning.tone_samples import made_sequences
from musicgen.learning.tone_shipping import ship_tones
from musicgen.learning.train import RunResult
from musicgen.midi import read_midi, write_midi
from musicgen.networks.crnn_gan import CRNNGANConfig, DiscriminatorNetwork, GeneratorNetwork
from tests.musicgen.learning.tiny_corpus import write_tiny_corpus
from tests.musicgen.learning.tiny_tones import TINY_GAN, write_tiny_tones


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tones(tmp_path_factory.mktemp("tones") / "tiny", is_microtonal=True)


@pytest.fixture(scope="module")
def unbroken(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    return train_adversarially(corpus, folder, TINY_GAN, to_midi=write_midi)


def _lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def _assert_near(ours: Path, expected: Path) -> None:
    weights = read_weights(expected)
    for name, array in read_weights(ours).items():
        np.testing.assert_allclose(array, weights[name], atol=1e-5, err_msg=name)


def test_it_learns_first_by_itself_then_by_the_game(unbroken: RunResult) -> None:
    assert unbroken.state == "finished"
    lines = _lines(unbroken.folder)
    foretold = [line["train_loss"] for line in lines if "train_loss" in line]
    assert foretold[-1] < foretold[0] - 1.0
    game = [line for line in lines if "generator_loss" in line]
    assert game
    assert all(line["phase"] == "game" and "discriminator_loss" in line for line in game)
    evaluations = [line for line in lines if "samples" in line]
    assert [line["step"] for line in evaluations] == [0, 18, 36]
    assert evaluations[-1]["samples"].keys() == evaluations[-1]["data"].keys()
    for line in evaluations:
        kept = sorted(RunFolder(unbroken.folder).sample_folder(line["step"]).iterdir())
        assert len(kept) == min(KEPT, TINY_GAN.samples)
        assert all(read_midi(path.read_bytes()).note_count for path in kept)
    assert evaluations[-1]["validation_loss"] < evaluations[0]["validation_loss"] - 1.0
    assert b"</svg>" in (unbroken.folder / "loss.svg").read_bytes()
    assert (unbroken.folder / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_its_checkpoint_makes_the_samples_it_was_judged_by(unbroken: RunResult, corpus: Path) -> None:
    best = resolve_checkpoint(unbroken.folder)
    info = read_checkpoint(best)
    assert best == unbroken.best_checkpoint
    assert info.metrics["validation"] == unbroken.validation
    assert info.vocabulary == json.loads((corpus / "vocabulary.json").read_text())
    made = made_sequences(load_network(best), length=12, count=8, seed=5)
    np.testing.assert_array_equal(made, made_sequences(load_network(best), length=12, count=8, seed=5))
    assert np.isfinite(made).all()


def test_it_ends_like_an_unbroken_one_if_it_was_stopped_in_the_game(
    corpus: Path, tmp_path: Path, unbroken: RunResult
) -> None:
    asked = iter(range(1, 10**6))
    stopped = train_adversarially(corpus, tmp_path / "run", TINY_GAN, should_stop=lambda: next(asked) == 33)
    assert (stopped.state, stopped.step) == ("stopped", 33)
    resumed = train_adversarially(corpus, tmp_path / "run", TINY_GAN)
    assert resumed.state == "finished"
    for name in ("step-00000018", "step-00000036"):
        _assert_near(resumed.folder / "checkpoints" / name, unbroken.folder / "checkpoints" / name)
    keys = ("step", "train_loss", "generator_loss", "discriminator_loss", "distance")
    ours, expected = (
        [[line.get(key) for key in keys] for line in _lines(run.folder)] for run in (resumed, unbroken)
    )
    assert len(ours) == len(expected)
    for line, other in zip(ours, expected, strict=True):
        assert line == pytest.approx(other, abs=1e-5)


_STEPS = """
import sys
import numpy as np
from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.learning.adversarial_steps import Players
from musicgen.learning.checkpoint import put_weights, weights_of
from musicgen.networks.crnn_gan import CRNNGANConfig, DiscriminatorNetwork, GeneratorNetwork
config = CRNNGANConfig(units=12, discriminator_units=8, layers=1, marks=8, pitch_marks=25)
rates = {name: 0.05 for name in ("pretraining_rate", "generator_rate", "discriminator_rate")}
settings = AdversarialSettings(optimizer="sgd", **rates)
networks = GeneratorNetwork(config), DiscriminatorNetwork(config), GeneratorNetwork(config)
random = np.random.default_rng(7)  # each backend draws other first weights from one seed
for variable in [v for network in networks[:2] for v in network.trainable_variables]:
    if "mean_" not in variable.path and "width_" not in variable.path:
        variable.assign(random.normal(0.0, 0.3, tuple(variable.shape)).astype("float32"))
put_weights(networks[2], weights_of(networks[0]))
players = Players(*networks, settings)
cells = random.uniform(-1, 1, (3, 8, 4)).astype("float32")
players.pretrain(cells, 0, np.random.default_rng(1))
players.play(cells, 1, np.random.default_rng(2), {})
np.savez(sys.argv[1], *(array for network in networks for array in weights_of(network).values()))
"""


def test_it_learns_the_same_on_both_backends(tmp_path: Path) -> None:
    """A step of each kind, from the same weights."""
    found = []
    for backend in ("tensorflow", "jax"):
        environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_PLATFORMS": "cpu"}
        file = tmp_path / f"{backend}.npz"
        subprocess.run([sys.executable, "-c", _STEPS, file], check=True, env=environment, timeout=900)
        with np.load(file) as arrays:
            found.append([arrays[name] for name in arrays.files])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_it_learns_quarter_tones(unbroken: RunResult, corpus: Path) -> None:
    """The grid it begins with has quarters of a semitone, of which the music has every other."""
    tones = open_corpus(corpus).tones
    last = load_network(unbroken.folder / "checkpoints" / "step-00000036")
    first = load_network(unbroken.folder / "checkpoints" / "step-00000000")
    shares = []
    for network in (first, last):
        sequences = made_sequences(network, length=100, count=4, seed=0)
        cents = np.concatenate([np.abs(tones.decode(cells).all_notes().cents) for cells in sequences])
        shares.append(np.mean(np.minimum(cents, np.abs(cents - 50.0)) < 12.5))
    assert shares[1] > shares[0] + 0.1


def test_it_lets_the_one_that_is_too_good_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    config = CRNNGANConfig(units=4, discriminator_units=4, layers=1, marks=4, pitch_marks=13)
    settings = replace(TINY_GAN, freezing=0.7)
    players = Players(
        GeneratorNetwork(config), DiscriminatorNetwork(config), GeneratorNetwork(config), settings
    )
    learned: list[tuple[str, bool]] = []

    def noted(name: str) -> Callable[..., dict[str, float]]:
        def step(*arrays: object, learn: bool = True) -> dict[str, float]:
            learned.append((name, learn))
            return {"game": 0.5}

        return step

    monkeypatch.setattr(players, "_judge", noted("discriminator"))
    monkeypatch.setattr(players, "_compose", noted("generator"))
    cells = np.zeros((2, 3, 4), np.float32)
    for ours, theirs, pausing in ((0.6, 1.0, "discriminator"), (1.0, 0.6, "generator"), (0.8, 1.0, "")):
        learned.clear()
        last = {"discriminator_loss": ours, "generator_loss": theirs}
        losses = players.play(cells, 0, np.random.default_rng(0), last)
        assert losses == {"generator_loss": 0.5, "discriminator_loss": 0.5}
        assert learned == [(name, name != pausing) for name in ("discriminator", "generator")]


def test_it_lets_sequences_grow_while_pretraining() -> None:
    settings = replace(TINY_GAN, pretraining_steps=8, shortest_length=3)
    assert [settings.length_at(step) for step in (0, 1, 2, 4, 6, 7, 8)] == [3, 3, 6, 9, 12, 12, 12]
    assert [settings.batch_at(step) for step in (7, 8)] == [4, 3]


def test_it_plays_fair_games() -> None:
    draw = np.zeros(4, np.float32)
    for game in ("cross_entropy", "relativistic"):
        assert float(discriminator_loss(game, draw, draw)) == pytest.approx(np.log(2), abs=1e-6)
        assert float(generator_loss(game, draw, draw)) == pytest.approx(np.log(2), abs=1e-6)
    for game in ("cross_entropy", "hinge", "relativistic"):
        right, wrong = draw + 2.0, draw - 2.0
        assert float(discriminator_loss(game, right, wrong)) < float(discriminator_loss(game, wrong, right))
        assert float(generator_loss(game, right, wrong)) > float(generator_loss(game, wrong, right))


def test_it_refuses_what_it_cannot_learn(corpus: Path, tmp_path: Path, unbroken: RunResult) -> None:
    with pytest.raises(CorpusError, match="tokens"):
        train_adversarially(write_tiny_corpus(tmp_path / "tokens"), tmp_path / "run", TINY_GAN)
    with pytest.raises(CorpusError, match="shorter"):
        train_adversarially(corpus, tmp_path / "long", replace(TINY_GAN, sequence_length=500))
    with pytest.raises(RunError, match="jitter"):
        train_adversarially(corpus, unbroken.folder, replace(TINY_GAN, jitter=0.1))


@pytest.mark.parametrize("wrong", [{"units": 1}, {"game": "chess"}, {"freezing": 2.0}, {"depth": 1}])
def test_it_refuses_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        AdversarialSettings.from_json(wrong)


def test_it_ships_the_best_and_those_on_the_way_in_half_precision(
    unbroken: RunResult, corpus: Path, tmp_path: Path
) -> None:
    shipped = ship_tones(unbroken.folder, corpus, tmp_path / "tiny", along=2)
    assert unbroken.best_checkpoint is not None
    assert shipped[0] == read_checkpoint(tmp_path / "tiny")
    assert (shipped[0].dtype, shipped[0].is_best) == ("float16", True)
    assert shipped[0].metrics["test"] == unbroken.test
    assert (tmp_path / "tiny" / "loss.svg").read_bytes() == (unbroken.folder / "loss.svg").read_bytes()
    assert read_checkpoint(tmp_path / "tiny-step-0").is_best is False
    np.testing.assert_equal(
        read_weights(tmp_path / "tiny-step-0")["lens/grid_1"],
        read_weights(unbroken.folder / "checkpoints" / "step-00000000")["lens/grid_1"].astype(np.float16),
    )
