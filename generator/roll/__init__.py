"""A song as a piano roll: the notes that a page draws, the picture that is shared, and words for both.

Reads scores; loads no network, no notation and no sound library, so that requests may use it.
"""

from generator.roll.notes import RollNotes, roll_notes
from generator.roll.words import roll_words

__all__ = ["RollNotes", "roll_notes", "roll_words"]
