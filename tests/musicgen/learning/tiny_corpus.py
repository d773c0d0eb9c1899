"""A corpus small enough to be learned in seconds, written the way `prepare` writes one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from musicgen.corpus.reader import FORMAT_VERSION, MANIFEST, SPLITS, VOCABULARY, hash_of_file, shard_names
from musicgen.learning.settings import TrainSettings
from musicgen.representation import ChordVocabulary
from musicgen.score import Note, Notes, Part, Score, TempoChange

TINY = TrainSettings(
    embedding_dim=16,
    units=24,
    dropout=0.2,
    sequence_length=16,
    batch_size=4,
    learning_rate=0.02,
    max_epochs=3,
    samples=3,
    seed=5,
)


def tiny_score(seed: int, notes: int = 24) -> Score:
    """A walk over a major scale with a chord now and then."""
    random = np.random.default_rng(seed)
    scale = [60, 62, 64, 65, 67, 69, 71, 72]
    place, now, written = int(random.integers(8)), 0, []
    for _ in range(notes):
        place = int(np.clip(place + random.choice([-1, 0, 1]), 0, 7))
        length = int(random.choice([240, 480]))
        pitches = [scale[place], 48, 52] if random.random() < 0.3 else [scale[place]]
        written += [Note(now, pitch, length) for pitch in pitches]
        now += length
    return Score(parts=(Part(Notes.of(written)),), tempos=(TempoChange(0, 120.0),))


def write_tiny_corpus(folder: Path, *, train: int = 10, held_out: int = 3) -> Path:
    """Write the corpus and return its folder."""
    counts = {"train": train, "validation": held_out, "test": held_out}
    seeds = iter(range(sum(counts.values())))
    scores = {split: [tiny_score(next(seeds)) for _ in range(counts[split])] for split in SPLITS}
    vocabulary = ChordVocabulary.build(scores["train"])
    folder.mkdir(parents=True)
    (folder / VOCABULARY).write_text(json.dumps(vocabulary.to_json()))
    for split in SPLITS:
        pieces = [vocabulary.encode(score).astype(np.uint16) for score in scores[split]]
        np.save(folder / f"{split}.tokens.npy", np.concatenate(pieces))
        np.save(folder / f"{split}.offsets.npy", np.cumsum([0, *map(len, pieces)]).astype(np.int64))
    hashes = {name: hash_of_file(folder / name) for name in shard_names()}
    (folder / MANIFEST).write_text(json.dumps({"format_version": FORMAT_VERSION, "sha256": hashes}))
    return folder
