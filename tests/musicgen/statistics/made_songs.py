"""Made-up music in two styles, for tests of what tells sets apart."""

import numpy as np

from musicgen.score import Notes, Part, Score


def walk(seed: int, notes: int = 80, widest: int = 2, tonic: int = 60) -> Score:
    """A tune that wanders in steps of at most so many semitones, in eighths and quarters."""
    generator = np.random.default_rng(seed)
    wandered = np.cumsum(generator.integers(-widest, widest + 1, notes))
    pitches = tonic - 15 + np.abs((wandered + 15) % 60 - 30)  # turned back at either end
    waits = generator.choice([240, 480], notes)
    starts = np.concatenate([[0], np.cumsum(waits)[:-1]])
    return Score((Part(Notes(starts, pitches, waits, generator.integers(40, 100, notes))),))
