"""What anyone hears first: music from the weights that come with the project."""

from __future__ import annotations

import pytest

from musicgen.learning import resolve_checkpoint
from musicgen.midi import read_midi, write_midi
from musicgen.sampling import SamplingSettings
from musicgen.sampling.composer import Composer


@pytest.fixture(scope="module")
def composer() -> Composer:
    return Composer(resolve_checkpoint("lstm-chorales"))


def test_it_composes_equal_bytes_with_at_least_100_notes(composer: Composer) -> None:
    settings = SamplingSettings(seed=7)
    data = write_midi(composer.compose(settings).score)
    again = Composer(resolve_checkpoint("lstm-chorales")).compose(settings)
    assert write_midi(again.score) == data
    assert read_midi(data).note_count == again.note_count >= 100


@pytest.mark.parametrize("seed", range(1, 5))
def test_it_composes_chorales(composer: Composer, seed: int) -> None:
    made = composer.compose(SamplingSettings(seed=seed))
    assert not made.stuck
    notes = made.score.all_notes()
    assert notes.pitch.min() >= 30
    assert notes.pitch.max() <= 90
    # Four voices most of the time; uniformly drawn tokens sound one or two.
    sounding = (notes.duration_ticks.sum()) / made.score.end_ticks
    assert 3.0 <= sounding <= 5.0
