"""Music as people write it: keys, instruments, and scores in MusicXML, by music21.

music21 itself is loaded only in the processes that do the work. Knows scores; no MIDI bytes, no
networks, no sound.
"""

from musicgen.notation.errors import NotationError, NotationLimitError
from musicgen.notation.guarded import DEFAULT_LIMITS, NotationLimits
from musicgen.notation.instruments import instrument_name
from musicgen.notation.keys import KeyEstimate, estimate_key, estimate_keys
from musicgen.notation.musicxml import write_musicxml

__all__ = [
    "DEFAULT_LIMITS",
    "KeyEstimate",
    "NotationError",
    "NotationLimitError",
    "NotationLimits",
    "estimate_key",
    "estimate_keys",
    "instrument_name",
    "write_musicxml",
]
