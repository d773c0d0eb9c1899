"""Small pieces of music, all different, as MIDI bytes and as folders of files."""

import random
from pathlib import Path

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score


def piece(seed: int, notes: int = 24) -> Score:
    """A made-up melody over held fifths; another one for each seed."""
    rng = random.Random(seed)
    melody = [Note(240 * step, rng.randint(60, 84), 240) for step in range(notes)]
    fifths = [Note(960 * bar, low, 960) for bar in range(notes // 4) for low in (48, 55)]
    return Score((Part(Notes.of(melody), "Melody"), Part(Notes.of(fifths), "Fifths", 32)))


def midi(seed: int) -> bytes:
    return write_midi(piece(seed))


def folder_of(folder: Path, seeds) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / f"{seed:03}.mid").write_bytes(midi(seed))
    return folder
