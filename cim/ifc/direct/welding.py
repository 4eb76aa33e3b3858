"""Points that are one, made one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled


def welded(
    points: NDArray[np.float64], corners: NDArray[np.int64]
) -> tuple[NDArray[np.float64], Any]:
    """Points at the same place made one, those of no corner left out.

    Args:
        points: shape (N, 3).
        corners: of any shape, indices into `points`.

    Returns:
        The points left and the corners as indices into them.
    """
    points, flat = _weld(points, np.ascontiguousarray(corners).ravel())
    return points, flat.reshape(corners.shape)


@compiled
def _weld(points, corners):  # type: ignore[no-untyped-def]
    used = np.zeros(len(points), dtype=np.bool_)
    for corner in corners:
        used[corner] = True
    kept = np.flatnonzero(used)
    places = np.zeros((len(kept), 3))
    for place in range(len(kept)):
        for axis in range(3):
            places[place, axis] = points[kept[place], axis] + 0.0  # turns -0.0 into 0.0
    new, count = _same(places)
    left = np.zeros((count, 3))
    renumbered = np.zeros(len(points), dtype=np.int64)
    for place in range(len(kept) - 1, -1, -1):
        renumbered[kept[place]] = new[place]
        for axis in range(3):
            left[new[place], axis] = points[kept[place], axis]
    found = np.zeros(len(corners), dtype=np.int64)
    for place in range(len(corners)):
        found[place] = renumbered[corners[place]]
    return left, found


@compiled
def told_once(corners):  # type: ignore[no-untyped-def]
    """The rows among corners, each once in the order they first come; the corners become indices into them, in place."""
    slots = 16
    while slots < 2 * len(corners):
        slots *= 2
    table = np.full(slots, -1, dtype=np.int64)
    rows = np.zeros(len(corners), dtype=np.int64)
    count = 0
    for place in range(len(corners)):
        row = corners[place]
        slot = np.int64((np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & (
            slots - 1
        )
        while table[slot] >= 0 and rows[table[slot]] != row:
            slot = (slot + 1) & (slots - 1)
        if table[slot] < 0:
            table[slot] = count
            rows[count] = row
            count += 1
        corners[place] = table[slot]
    return rows[:count].copy()


@compiled
def _same(points):  # type: ignore[no-untyped-def]
    """For each point the number of its place, in the order they first come, and how many there are."""
    slots = 16
    while slots < 2 * len(points):
        slots *= 2
    table = np.full(slots, -1, dtype=np.int64)
    new = np.zeros(len(points), dtype=np.int64)
    count = 0
    bits = points.view(np.uint64)
    for place in range(len(points)):
        key = np.uint64(14695981039346656037)
        for axis in range(3):
            key = (key ^ bits[place, axis]) * np.uint64(1099511628211)
            key ^= key >> np.uint64(29)
        slot = np.int64(key & np.uint64(slots - 1))
        while table[slot] >= 0:
            other = table[slot]
            if (
                points[other, 0] == points[place, 0]
                and points[other, 1] == points[place, 1]
                and points[other, 2] == points[place, 2]
            ):
                break
            slot = (slot + 1) & (slots - 1)
        if table[slot] < 0:
            table[slot] = place
            new[place] = count
            count += 1
        else:
            new[place] = new[table[slot]]
    return new, count
