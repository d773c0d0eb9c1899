"""Whether what a network makes is music at all: legal tokens, readable files, notes, an end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from musicgen.representation.grammar import FORBIDDEN, Grammar


@dataclass(frozen=True, slots=True)
class SongValidity:
    """One song.

    Attributes:
        tokens: how many the network made.
        illegal: how many of them may not stand where they do.
        parses: whether its MIDI file can be read.
        has_notes: whether there is a note in it.
        ends: whether the network ended it, and not a limit of length.
    """

    tokens: int
    illegal: int
    parses: bool
    has_notes: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class Validity:
    """A set of songs, in percent; None without songs or tokens.

    Attributes:
        songs: how many.
        illegal_tokens: share of all tokens.
        parsing: share of the songs that can be read.
        with_notes: share of the songs that have notes.
        ending: share of the songs that come to an end.
    """

    songs: int
    illegal_tokens: float | None
    parsing: float | None
    with_notes: float | None
    ending: float | None

    def to_json(self) -> dict[str, float | int | None]:
        """Every attribute by name, ready for JSON."""
        return asdict(self)


def illegal_tokens(tokens: Sequence[int] | npt.NDArray[np.integer], grammar: Grammar) -> int:
    """How many tokens may not stand where they do.

    An illegal token is passed over: the next one is judged as if it had not been there.

    Args:
        tokens: ids (n,), each of the vocabulary, from the beginning of a piece on.
        grammar: of the vocabulary. Source of the measure: token syntax error of MidiTok.
    """
    illegal, state = 0, grammar.start_state
    for kind in grammar.token_class[np.asarray(tokens, np.int64)].tolist():
        after = int(grammar.next_state[state, kind])
        if after == FORBIDDEN:
            illegal += 1
        else:
            state = after
    return illegal


def describe_validity(songs: Iterable[SongValidity]) -> Validity:
    """The shares over a set of songs."""
    rows = list(songs)
    tokens = sum(song.tokens for song in rows)

    def share(count: int, of: int) -> float | None:
        return 100.0 * count / of if of else None

    return Validity(
        songs=len(rows),
        illegal_tokens=share(sum(song.illegal for song in rows), tokens),
        parsing=share(sum(song.parses for song in rows), len(rows)),
        with_notes=share(sum(song.has_notes for song in rows), len(rows)),
        ending=share(sum(song.ends for song in rows), len(rows)),
    )
