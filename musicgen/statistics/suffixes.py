"""A suffix array: where in a long row of codes does a short one stand?

Every place of the row, in the order of what follows it. Any figure is then found by halving,
whatever its length, and all places where it stands lie side by side.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from musicgen.score import Int64Array

END: Final = 0  # closes each piece of a text; stands in no pattern, so no match runs past it
_BEYOND: Final = 0xFFFF  # stands past the end of a pattern; in no text
_FIRST_LOOK: Final = 32  # codes compared at once, at first; most figures differ within them
_MOST_PAIRS: Final = 50_000  # of equal figures followed to their ends at once, about 40 MB

Codes = npt.NDArray[np.uint16]
Places = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def suffix_array(text: Codes) -> Places:
    """The places of a text in the order of what follows each, up to the text's end.

    By doubling (Manber & Myers 1990): sorted by 4 codes, by 8, by 16 …, each time only those
    places whose order is not settled yet, which in music are few after 16.

    Args:
        text: uint16 (n,), n < 2³¹.

    Returns:
        int32 (n,).
    """
    size = len(text)
    order, opens = _by_four_codes(text)
    # A place's rank is where its group of equals begins; what lies past the end ranks lowest.
    rank = np.full(size + 1, -1, np.int32)
    rank[order] = _group_starts(np.arange(size), opens)
    depth = 4
    while not opens.all():
        tied = np.flatnonzero(~(opens & np.append(opens[1:], True)))
        places = order[tied]
        ahead = rank[np.minimum(places.astype(np.int64) + depth, size)]
        within = np.argsort((rank[places].astype(np.int64) << 32) + ahead + 1)
        places, ahead = places[within], ahead[within]
        opens[tied[1:]] |= ahead[1:] != ahead[:-1]
        order[tied] = places
        rank[places] = _group_starts(tied, opens[tied])
        depth *= 2
    return order


def _by_four_codes(text: Codes) -> tuple[Places, Flags]:
    """Places sorted by the next four codes, and where among them other codes begin."""
    size = len(text)
    padded = np.concatenate([text, np.zeros(3, np.uint16)])
    keys = np.zeros(size, np.uint64)
    for ahead in range(4):
        keys <<= np.uint64(16)
        keys |= padded[ahead : ahead + size]
    order = np.argsort(keys).astype(np.int32)
    opens = np.ones(size, np.bool_)
    keys = keys[order]
    opens[1:] = keys[1:] != keys[:-1]
    return order, opens


def _group_starts(indices: Int64Array, opens: Flags) -> Places:
    """For each of some ascending indices the last one at or before it where a group opens."""
    return np.maximum.accumulate(np.where(opens, indices, 0)).astype(np.int32)


class SuffixSearch:
    """Finds figures in a text by its suffix array; both may lie on disk.

    Args:
        text: uint16 (n,), each of its pieces closed by `END`.
        order: int32 (n,), its `suffix_array`.
    """

    def __init__(self, text: Codes, order: Places) -> None:
        self._text = text
        self._order = order

    def figures(self, pattern: Codes, length: int) -> tuple[Int64Array, Int64Array]:
        """Where in the order each figure of one length stands.

        Args:
            pattern: uint16 (m,), without `END`.
            length: of the figures, 1 to m.

        Returns:
            First and after-last index into the order for the figures from place 0 to m − length,
            int64 (m − length + 1,) each; equal where a figure is nowhere in the text.
        """
        return self._ranges(pattern, np.arange(len(pattern) - length + 1), length)

    def places(self, first: Int64Array, after: Int64Array) -> tuple[Int64Array, Int64Array]:
        """The places in the text within ranges of the order.

        Args:
            first: int64 (ranges,), as from `figures`.
            after: int64 (ranges,).

        Returns:
            Which range, and the place, int64 (sum of the ranges' sizes,) each.
        """
        sizes = after - first
        which = np.repeat(np.arange(len(first)), sizes)
        within = np.arange(len(which)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return which, self._order[first[which] + within].astype(np.int64)

    def longest_match(self, pattern: Codes) -> tuple[int, int, int]:
        """The longest figure of a pattern that stands in the text.

        Returns:
            Its length, its place in the pattern and in the text, of several the first; all 0
            where not one code is shared.
        """
        length = 0
        alive = np.arange(len(pattern))
        while True:
            wanted = max(1, 2 * length)
            fitting = alive[alive + wanted <= len(pattern)]
            first, after = self._ranges(pattern, fitting, wanted)
            found = after > first
            if not found.any():
                return self._by_halving(pattern, alive, length, wanted)
            length, alive, first, after = wanted, fitting[found], first[found], after[found]
            if int((after - first).sum()) <= _MOST_PAIRS:
                which, places = self.places(first, after)
                return self._followed(pattern, alive[which], places, length)

    def _by_halving(
        self, pattern: Codes, alive: Int64Array, length: int, too_long: int
    ) -> tuple[int, int, int]:
        """The longest match where one of `length`, at `alive`, is known, and none of `too_long`."""
        while too_long - length > 1:
            middle = (length + too_long) // 2
            fitting = alive[alive + middle <= len(pattern)]
            first, after = self._ranges(pattern, fitting, middle)
            if (after > first).any():
                length, alive = middle, fitting[after > first]
            else:
                too_long = middle
        if length == 0:
            return 0, 0, 0
        first, after = self._ranges(pattern, alive[:1], length)
        return length, int(alive[0]), int(self.places(first, after)[1].min())

    def _followed(
        self, pattern: Codes, starts: Int64Array, places: Int64Array, length: int
    ) -> tuple[int, int, int]:
        """The longest of some matches of at least `length`, each followed to its end."""
        padded = np.append(pattern, np.uint16(_BEYOND))
        before = (starts > 0) & (places > 0)
        goes_before = before & (pattern[starts - 1] == self._text[places - 1])
        starts, places = starts[~goes_before], places[~goes_before]
        lengths = np.full(len(starts), length)
        rows = np.arange(len(starts))
        while len(rows):
            reach = lengths[rows, None] + np.arange(_FIRST_LOOK)
            wanted = padded[np.minimum(starts[rows, None] + reach, len(pattern))]
            there = self._text[np.minimum(places[rows, None] + reach, len(self._text) - 1)]
            differs = wanted != there
            ends = differs.any(axis=1)
            lengths[rows] += np.where(ends, differs.argmax(axis=1), _FIRST_LOOK)
            rows = rows[~ends]
        best = np.lexsort((places, starts, -lengths))[0]
        return int(lengths[best]), int(starts[best]), int(places[best])

    def _ranges(self, pattern: Codes, starts: Int64Array, length: int) -> tuple[Int64Array, Int64Array]:
        first = self._bound(pattern, starts, length, including_equal=False)
        after = self._bound(pattern, starts, length, including_equal=True)
        return first, after

    def _bound(self, pattern: Codes, starts: Int64Array, length: int, *, including_equal: bool) -> Int64Array:
        """How many places come before each figure in the order; or before or at it."""
        low = np.zeros(len(starts), np.int64)
        high = np.full(len(starts), len(self._order), np.int64)
        while (rows := np.flatnonzero(low < high)).size:
            middle = (low[rows] + high[rows]) // 2
            signs = self._compared(pattern, starts[rows], self._order[middle].astype(np.int64), length)
            beyond = signs <= 0 if including_equal else signs < 0
            low[rows[beyond]] = middle[beyond] + 1
            high[rows[~beyond]] = middle[~beyond]
        return low

    def _compared(
        self, pattern: Codes, starts: Int64Array, places: Int64Array, length: int
    ) -> npt.NDArray[np.int8]:
        """−1, 0 or 1: the text at each place comes before the figure, begins with it, comes after."""
        signs = np.zeros(len(starts), np.int8)
        rows = np.arange(len(starts))
        done, look = 0, _FIRST_LOOK
        while len(rows) and done < length:
            reach = np.arange(done, min(done + look, length))
            wanted = pattern[starts[rows, None] + reach].astype(np.int32)
            there = self._text[np.minimum(places[rows, None] + reach, len(self._text) - 1)]
            difference = there - wanted
            differs = difference != 0
            ends = differs.any(axis=1)
            column = differs.argmax(axis=1)
            signs[rows[ends]] = np.sign(difference[ends, column[ends]])
            rows = rows[~ends]
            done, look = done + look, 2 * look
        return signs
