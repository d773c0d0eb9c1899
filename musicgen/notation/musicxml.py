"""Score → MusicXML, quantised so that people can read it."""

from __future__ import annotations

from musicgen.notation.errors import NotationLimitError
from musicgen.notation.guarded import DEFAULT_LIMITS, NotationLimits, run_worker
from musicgen.notation.keys import estimate_key
from musicgen.notation.sheet import sheet_of
from musicgen.score import Score


def write_musicxml(score: Score, *, limits: NotationLimits = DEFAULT_LIMITS) -> bytes:
    """The score as a MusicXML document; see `musicgen.notation.sheet` for what it keeps.

    The key signature is the score's first, or the estimated one where it has none.

    Raises:
        NotationLimitError: too many notes or bars, or it took too long.
        NotationError: no notes but drums, or music21 failed.
    """
    if score.note_count > limits.max_notes:
        raise NotationLimitError(
            f"The score has {score.note_count:,} notes; at most {limits.max_notes:,} are written. Shorten it."
        )
    if score.key_signatures:
        first = score.key_signatures[0]
        sharps, mode = first.sharps, "minor" if first.is_minor else "major"
    else:
        key = estimate_key(score, limits=limits)
        sharps, mode = key.sharps, key.mode
    return run_worker("musicxml", sheet_of(score, sharps, mode), limits)
