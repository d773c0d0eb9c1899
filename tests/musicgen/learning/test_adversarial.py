from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from musicgen.learning import read_checkpoint, resolve_checkpoint
from musicgen.learning.adversarial import train_adversarially
from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.learning.adversarial_steps import discriminator_loss, generator_loss
from musicgen.learning.checkpoint import load_network
from musicgen.learning.settings import SettingsError
from musicgen.learning.tone_samples import made_sequences
from musicgen.learning.train import RunResult
from tests.musicgen.learning.tiny_tones import TINY_GAN, write_tiny_tones


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_tones(tmp_path_factory.mktemp("tones") / "tiny", is_microtonal=True)


@pytest.fixture(scope="module")
def unbroken(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return train_adversarially(corpus, tmp_path_factory.mktemp("runs") / "unbroken", TINY_GAN)


def _lines(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


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


@pytest.mark.parametrize("wrong", [{"units": 1}, {"game": "chess"}, {"freezing": 2.0}, {"depth": 1}])
def test_it_refuses_settings_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        AdversarialSettings.from_json(wrong)
