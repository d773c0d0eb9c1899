"""What a piano roll shows, in words: for whoever hears the page instead of seeing it."""

from collections import Counter
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from musicgen.notation.instruments import instrument_name
from musicgen.score import DEFAULT_METER, DEFAULT_TEMPO_BPM, Score
from musicgen.statistics.keys import TONICS, key_estimate

_SPARSE: Final = 2.0  # notes a second; below it a piece is called sparse
_DENSE: Final = 8.0  # above it, dense
_MOST_NAMES: Final = 4  # instruments that are named one by one


def pitch_name(pitch: int) -> str:
    """A MIDI pitch as people call it: 60 → "C4"."""
    return f"{TONICS[pitch % 12]}{pitch // 12 - 1}"


def mean_tempo_bpm(score: Score) -> float:
    """Quarter notes a minute over the whole piece; what it begins with where it has no length."""
    seconds = score.duration_seconds
    if seconds > 0:
        return float(score.end_ticks / score.ticks_per_quarter / seconds * 60)
    return float(score.tempos[0].tempo_bpm if score.tempos else DEFAULT_TEMPO_BPM)


def roll_words(score: Score) -> list[str]:
    """Key, meter, tempo, density, range and instruments, a sentence each.

    Returns:
        One sentence that says so where there are no notes.
    """
    notes = score.all_notes(drums=False)
    if not score.note_count:
        return [_("There are no notes in it.")]
    sentences = [_tonality(score), _pace(score)]
    if len(notes):
        low, high = int(notes.pitch.min()), int(notes.pitch.max())
        sentences.append(
            _("It moves between %(low)s and %(high)s, mostly around %(middle)s.")
            % {
                "low": pitch_name(low),
                "high": pitch_name(high),
                "middle": pitch_name(int(np.median(notes.pitch))),
            }
        )
    sentences.append(_instruments(score))
    if len(notes) and bool(np.any(np.abs(notes.cents) > 20)):
        sentences.append(_("Some of its notes lie between the keys of a piano: quarter tones."))
    return sentences


def _usual_meter(score: Score) -> tuple[int, int]:
    """The meter of most of the piece; what it begins with may be the short bar of a pickup."""
    signatures = score.time_signatures
    ends = [*(signature.start_ticks for signature in signatures[1:]), score.end_ticks]
    lasts: Counter[tuple[int, int]] = Counter()
    for signature, end in zip(signatures, ends, strict=False):
        lasts[signature.numerator, signature.denominator] += max(0, end - signature.start_ticks)
    return lasts.most_common(1)[0][0] if lasts else DEFAULT_METER


def _tonality(score: Score) -> str:
    meter = _usual_meter(score)
    words = {"key": key_estimate(score) or "", "meter": f"{meter[0]}/{meter[1]}"}
    if words["key"]:
        return _("The key is probably %(key)s, the meter %(meter)s.") % words
    return _("It is in no key that could be told, the meter is %(meter)s.") % words


def _pace(score: Score) -> str:
    density = score.note_count / max(score.duration_seconds, 1e-6)
    words = {"bpm": f"{mean_tempo_bpm(score):.0f}", "density": f"{density:.1f}"}
    if density < _SPARSE:
        return _("At about %(bpm)s beats a minute it is sparse: %(density)s notes a second.") % words
    if density > _DENSE:
        return _("At about %(bpm)s beats a minute it is dense: %(density)s notes a second.") % words
    return _("At about %(bpm)s beats a minute it has %(density)s notes a second.") % words


def _instruments(score: Score) -> str:
    sounding = [part for part in score.parts if len(part.notes)]
    names = list(dict.fromkeys(instrument_name(part.program, is_drum=part.is_drum) for part in sounding))
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    if more > 0:
        return ngettext(
            "It is played by %(names)s and %(count)s more instrument.",
            "It is played by %(names)s and %(count)s more instruments.",
            more,
        ) % {"names": shown, "count": more}
    return _("It is played by %(names)s.") % {"names": shown}
