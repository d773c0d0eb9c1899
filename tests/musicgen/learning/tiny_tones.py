"""A corpus of continuous tones that is learned in seconds, as `prepare` writes one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from musicgen.corpus.reader import FORMAT_VERSION, MANIFEST, SPLITS, VOCABULARY, hash_of_file, shard_names
from musicgen.learning.adversarial_settings import AdversarialSettings
from musicgen.representation import Tones
from musicgen.score import Notes, Part, Score, TempoChange
from tests.musicgen.learning.tiny_corpus import tiny_score

TINY_GAN = AdversarialSettings(
    units=16,
    discriminator_units=8,
    layers=1,
    marks=8,
    sequence_length=12,
    batch_size=4,
    game_batch_size=3,
    pretraining_steps=30,
    pretraining_rate=0.03,
    shortest_length=12,
    adversarial_steps=6,
    averaging=0.5,
    evaluation_steps=18,
    samples=8,
    transposition=2,
    seed=5,
)


def quarter_tones(score: Score) -> Score:
    """The score with every other note raised by a quarter tone."""
    notes = score.all_notes()
    cents = np.where(np.arange(len(notes)) % 2, 50.0, 0.0)
    raised = Notes(notes.start_ticks, notes.pitch, notes.duration_ticks, notes.velocity, cents)
    return replace(score, parts=(Part(raised),), tempos=(TempoChange(0, 120.0),))


def write_tiny_tones(folder: Path, *, tones_per_cell: int = 1, is_microtonal: bool = False) -> Path:
    """Write the corpus and return its folder."""
    counts = {"train": 10, "validation": 3, "test": 3}
    seeds = iter(range(sum(counts.values())))
    scores = {
        split: [
            quarter_tones(tiny_score(seed)) if is_microtonal else tiny_score(seed)
            for seed in (next(seeds) for _ in range(counts[split]))
        ]
        for split in SPLITS
    }
    tones = Tones.build(scores["train"], tones_per_cell=tones_per_cell)
    folder.mkdir(parents=True)
    (folder / VOCABULARY).write_text(json.dumps(tones.to_json()))
    for split in SPLITS:
        pieces = [tones.encode(score) for score in scores[split]]
        np.save(folder / f"{split}.values.npy", np.concatenate(pieces))
        np.save(folder / f"{split}.offsets.npy", np.cumsum([0, *map(len, pieces)]).astype(np.int64))
    hashes = {name: hash_of_file(folder / name) for name in shard_names("values")}
    (folder / MANIFEST).write_text(json.dumps({"format_version": FORMAT_VERSION, "sha256": hashes}))
    return folder
