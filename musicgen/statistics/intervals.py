"""Spans of time as pairs of integers: which are covered, and how many sound at once.

Everything works on the ends of spans, never on a grid of steps, so that memory follows
the number of notes and not their length: a file of three notes that lasts for days
costs what three notes cost. Spans are half open: [start, end).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Int64Array = npt.NDArray[np.int64]


def merged(
    starts: npt.ArrayLike, ends: npt.ArrayLike, lanes: npt.ArrayLike | None = None
) -> tuple[Int64Array, Int64Array]:
    """Unite the spans that overlap or touch.

    Args:
        starts: integers ≥ 0, shape (n,).
        ends: integers > starts, shape (n,).
        lanes: integers ≥ 0, shape (n,); only spans in the same lane (a pitch, say) are
            united. One lane for all when left out.

    Returns:
        Starts and ends of the united spans, int64 (m,), m ≤ n, sorted by lane, then start.
    """
    begin = np.asarray(starts, dtype=np.int64)
    finish = np.asarray(ends, dtype=np.int64)
    if not len(begin):
        return begin, finish
    # Each lane gets a stretch of the number line of its own, so one sorted pass does all.
    width = int(finish.max()) + 1
    shift = np.zeros_like(begin) if lanes is None else np.asarray(lanes, dtype=np.int64) * width
    order = np.argsort(begin + shift, kind="stable")
    begin, finish, shift = (begin + shift)[order], (finish + shift)[order], shift[order]
    reach = np.maximum.accumulate(finish)
    first = np.flatnonzero(np.concatenate([[True], begin[1:] > reach[:-1]]))
    last = np.concatenate([first[1:] - 1, [len(begin) - 1]])
    return begin[first] - shift[first], reach[last] - shift[first]


def covered(starts: npt.ArrayLike, ends: npt.ArrayLike, lanes: npt.ArrayLike | None = None) -> int:
    """How many units the spans cover, each counted once in each lane."""
    begin, finish = merged(starts, ends, lanes)
    return int((finish - begin).sum())


def sounding(starts: Int64Array, ends: Int64Array) -> tuple[Int64Array, Int64Array]:
    """How many spans hold at once, and for how long.

    Args:
        starts: int64 (n,).
        ends: int64 (n,), > starts.

    Returns:
        Lengths and counts, int64 (2n − 1,): from the first start to the last end, for
        `length` units `count` spans hold. Empty without spans.
    """
    times = np.concatenate([starts, ends])
    steps = np.concatenate([np.ones(len(starts), np.int64), -np.ones(len(ends), np.int64)])
    order = np.argsort(times, kind="stable")
    return np.diff(times[order]), np.cumsum(steps[order])[:-1]
