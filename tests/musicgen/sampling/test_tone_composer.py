from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from musicgen.learning import CheckpointError
from musicgen.learning.checkpoint import CheckpointInfo, weights_of, write_checkpoint
from musicgen.networks import build_network
from musicgen.representation import Tones
from musicgen.representation.tones import ToneScaling
from musicgen.sampling import SamplingSettings, SamplingSettingsError
from musicgen.sampling.composer import Composer
from musicgen.sampling.composers import composer_of
from musicgen.sampling.prompts import Continuation, Infilling, PromptError
from musicgen.sampling.streaming import streamed_notes
from musicgen.sampling.tone_composer import ToneComposer, ToneTake
from musicgen.score import Note, Notes, Part, Score

SCALING = ToneScaling(2.0, 1.0, 36.0, 84.0, 100)
SHAPE = {"units": 8, "discriminator_units": 4, "layers": 1, "marks": 8, "pitch_marks": 49}
SETTINGS = SamplingSettings(seed=3, length_seconds=12.0)


def written(folder: Path, *, step: float = 0.0) -> Path:
    """An untrained network's checkpoint; `step` narrows its choice of pauses and pitches to one."""
    network = build_network("crnn_gan", SHAPE, seed=2)
    weights = weights_of(network)
    for column in (1, 3):
        weights[f"crnn_gan/mixture/choice_{column}/bias"][2] += step
    info = CheckpointInfo(
        network="crnn_gan",
        config=SHAPE,
        vocabulary=Tones(SCALING).to_json(),
        corpus_hash="",
        step=0,
        epoch=0.0,
        metrics={},
        seed=2,
        settings={},
    )
    write_checkpoint(folder, info, weights)
    return folder


@pytest.fixture(scope="module")
def composer(tmp_path_factory: pytest.TempPathFactory) -> Composer:
    composer = composer_of(written(tmp_path_factory.mktemp("weights") / "untrained"))
    assert isinstance(composer, ToneComposer)
    return composer


def test_it_composes_the_same_again_and_about_as_long_as_asked(composer: Composer) -> None:
    told: list[float] = []
    first = composer.compose(SETTINGS, on_progress=told.append)
    assert composer.compose(SETTINGS).score == first.score
    assert composer.compose(replace(SETTINGS, seed=4)).score != first.score
    onsets = first.score.seconds_at(first.score.all_notes().start_ticks)
    assert onsets[0] == 0.0
    assert 0.8 * 12 <= first.seconds <= 1.25 * 12 + SCALING.longest_seconds
    assert first.finished == "length"
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_it_ends_with_the_notes_asked_for(composer: Composer) -> None:
    made = composer.compose(replace(SETTINGS, length_notes=50))
    assert 45 <= made.note_count <= 50


def test_it_avoids_pitches_that_were_struck_lately(composer: Composer) -> None:
    def repeated(repetition: float) -> int:
        made = composer.compose(replace(SETTINGS, length_notes=60, top_p=0.3, repetition=repetition))
        pitches = made.score.all_notes().pitch[:50].tolist()
        return sum(pitch in pitches[max(0, place - 3) : place] for place, pitch in enumerate(pitches))

    assert repeated(5.0) < repeated(0.0)


def test_it_streams_notes_as_they_are_in_the_piece(composer: Composer) -> None:
    chunks = list(composer.stream(SETTINGS, takes=2))
    for take in (0, 1):
        mine = [chunk for chunk in chunks if chunk.take == take]
        whole = mine[-1].composition
        assert whole is not None
        assert whole.score == composer.compose(SETTINGS.for_take(take)).score
        assert [note for chunk in mine for note in chunk.notes] == streamed_notes(whole.score)
        assert len(mine) > 1
        assert mine[0].notes


def test_it_stops_at_once_and_keeps_what_there_is(composer: Composer) -> None:
    made = composer.compose(replace(SETTINGS, length_seconds=600.0), should_stop=lambda: True)
    assert made.finished == "cancelled"
    assert 0 < made.note_count <= 32


def test_it_goes_on_from_a_piece(composer: Composer) -> None:
    notes = [Note(480 * number, 60 + number, 240) for number in range(8)]
    given = Score(parts=(Part(Notes.of(notes)),))
    made = composer.compose(SETTINGS, prompt=Continuation(given))
    assert made.score.all_notes().pitch[:8].tolist() == list(range(60, 68))
    assert made.note_count > 8
    with pytest.raises(PromptError, match="infill"):
        composer.compose(SETTINGS, prompt=Infilling(given, 1.0, 2.0))
    with pytest.raises(SamplingSettingsError, match="key"):
        composer.compose(replace(SETTINGS, key="D minor"))


def test_it_reads_what_is_given_as_the_network_does(composer: Composer) -> None:
    assert isinstance(composer, ToneComposer)
    cells = np.random.default_rng(1).uniform(-1, 1, (70, 4)).astype(np.float32)  # in two padded parts
    network = composer._network
    take = ToneTake(Tones(SCALING), SETTINGS, 0, 0, cells)
    memory, previous, _ = composer._begun([take], 1)
    expected = network.read(np.full((1, 70, network.noise), 0.5, np.float32), cells[None])
    np.testing.assert_allclose(memory, expected[0], atol=1e-5)
    np.testing.assert_allclose(previous, expected[1], atol=1e-5)


def test_it_draws_a_stuck_take_anew_once(tmp_path: Path) -> None:
    made = composer_of(written(tmp_path / "stuck", step=60.0)).compose(SETTINGS)
    assert made.takes == 2


def test_it_refuses_what_is_no_checkpoint(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint"):
        composer_of(tmp_path)
