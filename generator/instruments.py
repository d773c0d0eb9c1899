"""The instruments that a piece can be given: one of each General MIDI family that our soundfont plays.

The soundfont has no others; what it lacks would sound as its piano.
"""

from typing import Final

from django.utils.translation import gettext_lazy as _

# General MIDI program → what it is called. The program's family is program // 8.
INSTRUMENTS: Final = {
    0: _("Piano"),
    6: _("Harpsichord"),
    24: _("Guitar"),
    32: _("Bass"),
    40: _("Violin"),
    48: _("Strings"),
    73: _("Flute"),
    104: _("Sitar"),
}
