from __future__ import annotations

import numpy as np
import pytest

from musicgen.sampling.takes import STUCK_STRIKES, best_cut, stuck_reason
from musicgen.score import Note, Notes, Part, Score


def _score(notes: list[Note]) -> Score:
    return Score(parts=(Part(Notes.of(notes)),))


def _repeated(times: int, pitches: tuple[int, ...] = (60, 64)) -> list[Note]:
    walk = [Note(480 * index, 50 + index, 480) for index in range(10)]
    return walk + [Note(480 * (10 + index), pitch, 480) for index in range(times) for pitch in pitches]


def test_it_lets_music_pass() -> None:
    assert stuck_reason(_score(_repeated(STUCK_STRIKES - 1))) is None


@pytest.mark.parametrize("pitches", [(60,), (60, 64, 67)])
def test_it_notices_a_chord_struck_over_and_over(pitches: tuple[int, ...]) -> None:
    reason = stuck_reason(_score(_repeated(STUCK_STRIKES, pitches)))
    assert reason is not None
    assert f"{' '.join(map(str, pitches))} {STUCK_STRIKES} times" in reason


def test_it_notices_silence() -> None:
    notes = [Note(480 * index, 60 + index, 480) for index in range(10)]
    late = Note(480 * 27, 60, 480)  # 17 beats of silence at 120 bpm are 8.5 seconds
    assert stuck_reason(_score(notes)) is None
    assert stuck_reason(_score([*notes, late])) == "it is silent for 8 seconds"
    # A long note that sounds through the gap leaves no silence.
    assert stuck_reason(_score([*notes, Note(0, 40, 480 * 30), late])) is None


def test_it_notices_that_there_is_next_to_nothing() -> None:
    assert stuck_reason(_score([])) == "it has only 0 notes"
    assert stuck_reason(_score([Note(0, 60, 480)])) == "it has only 1 notes"


def test_it_cuts_where_the_end_was_likeliest_within_the_limits() -> None:
    ticks = np.array([0, 10, 20, 30, 40, 50])
    ends = np.array([0.9, 0.0, 0.1, 0.3, 0.2, 0.8])
    assert best_cut(ticks, ends, 20, 40) == 3
    assert best_cut(ticks, ends, 0, 60) == 0


def test_it_cuts_at_the_last_place_before_if_the_piece_could_end_nowhere_within() -> None:
    ticks = np.array([0, 10, 20, 30])
    ends = np.array([0.4, 0.1, 0.0, 0.9])
    assert best_cut(ticks, ends, 11, 29) == 1
    assert best_cut(ticks[2:], ends[2:], 11, 29) is None
