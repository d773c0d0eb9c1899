"""What samples are measured against: real pieces the network has not seen, real ones it has, chance.

Pieces are compared by excerpts of one length, their openings, because a network is asked for pieces
from the beginning; how long a piece is then plays no part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from musicgen.corpus.reader import Corpus
from musicgen.representation import Tones
from musicgen.score import Notes, Score
from musicgen.statistics import (
    CopyIndex,
    SongFeatures,
    SongStatistics,
    chance_score,
    song_features,
    song_statistics,
    steps_of,
)

LEAST_NOTES: Final = 8  # of an excerpt, to say anything
_HELD_OUT: Final = ("test", "validation")


@dataclass(frozen=True, slots=True)
class References:
    """The music beside which samples stand.

    Attributes:
        real: held-out pieces.
        seen: as many pieces of those that were learned from: as near as music comes to the
            corpus, so that its figures are the best that a network can hope for.
        chance: random notes in the rhythms of the real pieces.
        split: where the real pieces are from.
        index: of all that was learned from, to find copies; None if it was not asked for.
    """

    real: list[SongFeatures]
    seen: list[SongFeatures]
    chance: list[SongStatistics]
    split: str
    index: CopyIndex | None


def excerpt_of(score: Score, seconds: float) -> Score | None:
    """The first seconds of a piece from its first note on; None if there are too few notes.

    Notes that sound on are cut off at the end.
    """
    starts = [int(part.notes.start_ticks[0]) for part in score.parts if len(part.notes)]
    if not starts:
        return None
    begin = float(score.seconds_at(min(starts)))
    parts = tuple(
        replace(part, notes=_between(score, part.notes, min(starts), begin + seconds)) for part in score.parts
    )
    first = min(starts)
    held = [tempo for tempo in score.tempos if tempo.start_ticks <= first][-1:]
    later = [tempo for tempo in score.tempos if tempo.start_ticks > first]
    tempos = tuple(t._replace(start_ticks=max(0, t.start_ticks - first)) for t in held + later)
    # Bars are counted from the excerpt's beginning, in the meter that holds there.
    meters = [meter for meter in score.time_signatures if meter.start_ticks <= first][-1:]
    cut = replace(
        score,
        parts=parts,
        tempos=tempos,
        time_signatures=tuple(replace(meter, start_ticks=0) for meter in meters),
        key_signatures=(),
    )
    return cut if cut.note_count >= LEAST_NOTES else None


def _between(score: Score, notes: Notes, first: int, end_seconds: float) -> Notes:
    begins = score.seconds_at(notes.start_ticks)
    kept = begins < end_seconds
    # The tick at the end, found among the ticks by halving: tempi may change on the way.
    low, high = first, max(first + 1, score.end_ticks)
    while low < high:
        middle = (low + high) // 2
        if float(score.seconds_at(middle)) < end_seconds:
            low = middle + 1
        else:
            high = middle
    lengths = np.minimum(notes.end_ticks[kept], max(low, first + 1)) - notes.start_ticks[kept]
    return Notes(
        notes.start_ticks[kept] - first,
        notes.pitch[kept],
        np.maximum(lengths, 1),
        notes.velocity[kept],
        notes.cents[kept],
    )


def references_of(corpus: Corpus, *, songs: int, seconds: float, seed: int, finds_copies: bool) -> References:
    """The references in a corpus.

    Args:
        corpus: prepared.
        songs: how many of each at most, drawn by the seed. Where the test split holds fewer,
            those of validation are added.
        seconds: of an excerpt.
        seed: of what is drawn.
        finds_copies: whether to make an index of the training pieces, which takes the longest.
    """
    random = np.random.default_rng(seed)
    real: list[Score] = []
    splits = []
    for split in _HELD_OUT:
        if len(real) < songs:
            real += _drawn(corpus, split, songs - len(real), seconds, random)
            splits.append(split)
    seen = _drawn(corpus, "train", len(real), seconds, random)
    chance = [song_statistics(chance_score(score, seed + number)) for number, score in enumerate(real)]
    index = None
    if finds_copies:
        index = CopyIndex.of([(name, steps_of(score)) for name, score in _pieces(corpus, "train")])
        held_out = [steps_of(score) for split in _HELD_OUT for _, score in _pieces(corpus, split)]
        index = replace(index, baseline=index.measured_baseline(held_out))
    return References(
        [song_features(score) for score in real],
        [song_features(score) for score in seen],
        chance,
        " and ".join(splits),
        index,
    )


def _drawn(
    corpus: Corpus, split: str, count: int, seconds: float, random: np.random.Generator
) -> list[Score]:
    found: list[Score] = []
    places = _untransposed(corpus, split)
    for place in random.permutation(len(places)):
        if len(found) == count:
            break
        excerpt = excerpt_of(_decoded(corpus, split, places[place]), seconds)
        if excerpt is not None:
            found.append(excerpt)
    return found


def _pieces(corpus: Corpus, split: str) -> Iterable[tuple[str, Score]]:
    """Every piece of a split with its name, each as it is and not in its transposed copies."""
    names = [file["name"] for file in corpus.manifest["files"]]
    origins = corpus.manifest["splits"][split]["origins"]
    return ((names[origins[p][0]], _decoded(corpus, split, p)) for p in _untransposed(corpus, split))


def _untransposed(corpus: Corpus, split: str) -> Sequence[int]:
    origins = corpus.manifest["splits"][split]["origins"]
    return [place for place, origin in enumerate(origins) if origin[1] == 0]


def _decoded(corpus: Corpus, split: str, place: int) -> Score:
    representation = corpus.representation
    if isinstance(representation, Tones):
        return representation.decode(corpus.cells(split)[place])
    return representation.decode(corpus.pieces(split)[place])
