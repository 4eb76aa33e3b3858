"""Intervals on a line: joined, taken from one another, added up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TOUCHING = 1e-6  # m; ends this close meet; outlines of parts that adjoin differ by rounding


def joined(
    intervals: NDArray[np.float64], *, gap: float = TOUCHING
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Intervals that overlap, or whose gap is less than `gap`, as one.

    Args:
        intervals: shape (K, 2), start before end, in any order.
        gap: metres.

    Returns:
        Shape (M, 2), ascending, and for each of the K which of the M it is in.
    """
    if not len(intervals):
        return np.zeros((0, 2)), np.zeros(0, dtype=np.int64)
    order = np.argsort(intervals[:, 0], kind="stable")
    starts, ends = intervals[order].T
    reach = np.maximum.accumulate(ends)
    first = np.concatenate([[True], starts[1:] - reach[:-1] >= gap])
    begin = np.flatnonzero(first)
    last = np.append(begin[1:], len(starts)) - 1
    member = np.zeros(len(starts), dtype=np.int64)
    member[order] = np.cumsum(first) - 1
    return np.stack([starts[begin], reach[last]], axis=1), member


def without(taken: NDArray[np.float64], blocked: NDArray[np.float64]) -> NDArray[np.float64]:
    """What of some intervals lies in none of others.

    >>> without(np.array([[0.0, 10.0]]), np.array([[2.0, 3.0], [9.0, 12.0]])).tolist()
    [[0.0, 2.0], [3.0, 9.0]]
    """
    kept = joined(taken)[0]
    for low, high in joined(blocked)[0]:
        before = np.stack([kept[:, 0], np.minimum(kept[:, 1], low)], axis=1)
        after = np.stack([np.maximum(kept[:, 0], high), kept[:, 1]], axis=1)
        kept = np.concatenate([before, after])
        kept = kept[kept[:, 1] > kept[:, 0]]
    return kept[np.argsort(kept[:, 0], kind="stable")]


def length(intervals: NDArray[np.float64]) -> float:
    """Metres that intervals cover, overlaps once.

    >>> length(np.array([[0.0, 4.0], [3.0, 5.0]]))
    5.0
    """
    merged = joined(intervals)[0]
    return float((merged[:, 1] - merged[:, 0]).sum())
