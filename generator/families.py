"""The families of General MIDI: sixteen of eight programs each, and drums.

A song's families are kept as the bits of one number, so that lists can be narrowed by them.
"""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from musicgen.score import Score

PROGRAMS_A_FAMILY: Final = 8
DRUMS: Final = 16
FAMILIES: Final[tuple[str | Promise, ...]] = (
    *(_("piano"), _("chromatic percussion"), _("organ"), _("guitar")),
    *(_("bass"), _("strings"), _("ensemble"), _("brass")),
    *(_("reed"), _("pipe"), _("synth lead"), _("synth pad")),
    *(_("synth effects"), _("folk instruments"), _("percussive"), _("sound effects")),
    _("drums"),
)


def families_of(score: Score) -> int:
    """The families that sound in a score, a bit each."""
    bits = 0
    for part in score.parts:
        if len(part.notes):
            bits |= 1 << (DRUMS if part.is_drum else part.program // PROGRAMS_A_FAMILY)
    return bits
