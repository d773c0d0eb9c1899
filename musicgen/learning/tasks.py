"""Gaps to fill and melodies to accompany, made out of stretches of training pieces.

Knows tokens of events and chance; no files, no networks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from musicgen.learning.streams import Piece
from musicgen.representation import EventVocabulary, RepresentationError
from musicgen.representation.event_tasks import EventTasks
from musicgen.representation.vocabulary import Tokens

_STRETCH: Final = (100, 400)  # tokens, so that what is given is in view while the rest is made
_ATTEMPTS: Final = 4  # for each task wanted: some stretches have no melody, or nothing to take out


def task_pieces(
    pieces: Sequence[Piece], vocabulary: EventVocabulary, *, share: float, seed: int
) -> list[Piece]:
    """Tasks, half of them infilling and half accompaniment.

    Args:
        pieces: to take stretches of.
        vocabulary: in which they are written.
        share: of the pieces' tokens that the tasks shall have.
        seed: of all choices.

    Returns:
        int32 (n,) each, from `bos` to `eos`, legal in the vocabulary's grammar.
    """
    generator = np.random.default_rng([seed, 1])
    tasks = EventTasks(vocabulary)
    wanted = share * sum(len(piece) for piece in pieces)
    found: list[Piece] = []
    total = 0
    for _ in range(_ATTEMPTS * round(2 * wanted / sum(_STRETCH))):
        if total >= wanted:
            break
        piece = np.asarray(pieces[int(generator.integers(len(pieces)))], np.int32)
        try:
            task = _task(piece, tasks, vocabulary, generator, is_infilling=len(found) % 2 == 0)
        except RepresentationError:
            continue
        found.append(task)
        total += len(task)
    return found


def _task(
    piece: Tokens,
    tasks: EventTasks,
    vocabulary: EventVocabulary,
    generator: np.random.Generator,
    *,
    is_infilling: bool,
) -> Piece:
    front, body = piece[: vocabulary.front_length], piece[vocabulary.front_length : -1]
    breaks = tasks.breaks(body)
    if len(breaks) < 4:
        raise RepresentationError("Too short to make a task of.")
    first = int(generator.choice(breaks))
    length = int(generator.integers(*_STRETCH))
    inside = [place - first for place in breaks if 0 < place - first <= length]
    if len(inside) < 3:
        raise RepresentationError("Nothing to take out.")
    stretch = body[first : first + inside[-1]]
    if is_infilling:
        start, end = sorted(generator.choice(len(inside), 2, replace=False))
        given, made = tasks.infilling_between(front, stretch, inside[start], inside[end])
    else:
        given, made = tasks.accompaniment(np.concatenate([front, stretch]))
    return np.concatenate([given, made, [vocabulary.eos]]).astype(np.int32)
