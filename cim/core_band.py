"""Which projected triangles decide where their union ends: the core-band method.

The outer edge of a union of triangles lies on those of their edges that have a triangle on one side
only. Cut the triangles into sheets, sets joined across all other edges. A square cell that none of a
sheet's own rim passes through is wholly inside the sheet or wholly outside it, so the sheet's
cover of the cell's centre is proof for the whole cell. Cells proven so are the *core*; triangles
that lie in the core alone cannot show in the union and are dropped. Nothing is approximated: the size of a cell
decides how much is dropped, never where the union ends. Damaged meshes only get longer rims.

A raster of covered centres, eroded by a cell, was tried first: it loses every slit between two
bodies that is narrower than a cell, over its whole length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled

RIM_MARGIN = 1e-6  # of a cell; a rim this close to a cell counts as passing through it
CELLS = (
    2**20
)  # of the first raster at most; finer ones are worth it only where many triangles remain
FINEST_CELLS = 2**24
LONGEST_ROW = 2**15  # cells
STEPS = (
    2**28
)  # cells that all triangles cover and rows that their sides pass, counted for each: about a second's work
ROW_STEPS = 16.0  # a row costs as much as so many cells
FINER = 4  # cells on a side that a cell is cut into
SMALLEST_CELL = 0.0125  # m; finer ones cost more than the triangles they drop
FEW = 8_000  # triangles; so many are united in about half a second


@dataclass(frozen=True, slots=True, eq=False)
class CoreBand:
    """The core, and the triangles that reach out of it.

    Attributes:
        core: shape (rows, columns), true for cells of the core, the first row southernmost.
        needed: shape (M,), true for the triangles needed beside the core.
        corner: shape (2,), south-west corner of the raster, metres.
        cell: side of a cell, metres.
    """

    core: NDArray[np.bool_]
    needed: NDArray[np.bool_]
    corner: NDArray[np.float64]
    cell: float


def split_core(points: NDArray[np.float64], faces: NDArray[np.int64]) -> CoreBand:
    """Find the core, in finer cells as long as many triangles reach out of it.

    Args:
        points: shape (N, 2), metres.
        faces: shape (M, 3), corners counter-clockwise in plan, none without area.
    """
    low, high = points[faces].min(axis=(0, 1)), points[faces].max(axis=(0, 1))
    size = high - low
    cell = max(
        SMALLEST_CELL * FINER,
        math.sqrt(size[0] * size[1] / CELLS),
        size.max() / LONGEST_ROW,
        _finest_cell(points[faces]),
    )
    corner = low - cell
    columns, rows = np.ceil((high - corner) / cell).astype(np.int64) + 2
    rim, neighbours = _rims(faces, len(points))
    sheets = _sheets(len(faces), neighbours)
    by_sheet = np.argsort(sheets, kind="stable")
    core = np.zeros((rows, columns), dtype=np.bool_)
    needed = np.ones(len(faces), dtype=np.bool_)
    while True:
        left = by_sheet[needed[by_sheet]]
        local = (points - corner) / cell
        # Neighbours dropped before lie in the core, so that the rims stay what they were outside it.
        _fill_core(local, faces[left], rim[left], sheets[left], core)
        along = np.zeros((core.shape[0], core.shape[1] + 1), dtype=np.int32)
        np.cumsum(core, axis=1, dtype=np.int32, out=along[:, 1:])
        needed[left] = _find_needed(local, faces[left], along)
        smaller = cell / FINER
        finest = max(SMALLEST_CELL, _finest_cell(points[faces[needed]]))
        if needed.sum() <= FEW or smaller < finest or core.size * FINER**2 > FINEST_CELLS:
            return CoreBand(core, needed, corner, cell)
        core, cell = core.repeat(FINER, axis=0).repeat(FINER, axis=1), smaller


def _finest_cell(corners: NDArray[np.float64]) -> float:
    """Side of the smallest cells that triangles, shape (M, 3, 2), can be drawn in within `STEPS`, metres."""
    sides = np.roll(corners, -1, axis=1) - corners
    area = (sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]).sum() / 2.0
    length = np.linalg.norm(sides, axis=2).sum()
    return max(math.sqrt(area / STEPS), float(length) * ROW_STEPS / STEPS)


def _rims(
    faces: NDArray[np.int64], point_count: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which edges have triangles on one side only, and who meets across the others.

    Returns:
        Shape (M, 3), true where the edge from corner i to corner i + 1 is a rim; shape (K, 2), faces that
        meet in an edge with triangles on both sides.
    """
    starts, ends = faces.ravel(), np.roll(faces, -1, axis=1).ravel()
    keys = np.minimum(starts, ends) * point_count + np.maximum(starts, ends)
    order = np.argsort(keys)
    keys, left = keys[order], (starts < ends)[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1) != 0)
    counts = np.diff(first, append=len(keys))
    lefts = np.add.reduceat(left, first, dtype=np.int64)
    both = np.repeat((lefts > 0) & (lefts < counts), counts)
    rim = np.zeros(len(keys), dtype=np.bool_)
    rim[order] = ~both
    face = order // 3
    pairs = np.flatnonzero(both[1:] & (keys[1:] == keys[:-1]))
    return rim.reshape(-1, 3), np.stack([face[pairs], face[pairs + 1]], axis=1)


@compiled
def _sheets(face_count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """A face of the sheet that each face is of, shape (M,): faces joined by pairs, shape (K, 2), are in one."""
    parent = np.arange(face_count)
    for k in range(len(pairs)):
        a, b = pairs[k, 0], pairs[k, 1]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    for k in range(face_count):
        parent[k] = parent[parent[k]]
    return parent


@compiled
def _fill_core(
    points: NDArray[np.float64],
    faces: NDArray[np.int64],
    rim: NDArray[np.bool_],
    sheets: NDArray[np.int64],
    core: NDArray[np.bool_],
) -> None:
    """Sheet by sheet: mark the cells its rim passes through, then add the other cells it covers to the core."""
    marked = np.full(core.shape, -1, dtype=np.int32)
    start = 0
    while start < len(faces):
        end = start
        sheet = sheets[start]
        while end < len(faces) and sheets[end] == sheet:
            for i in range(3):
                if rim[end, i]:
                    a, b = points[faces[end, i]], points[faces[end, (i + 1) % 3]]
                    _mark(a[0], a[1], b[0], b[1], start, marked)
            end += 1
        for f in range(start, end):
            _cover(points, faces[f], start, marked, core)
        start = end


@compiled
def _mark(
    ax: float, ay: float, bx: float, by: float, stamp: int, marked: NDArray[np.int32]
) -> None:
    """Stamp every cell that the segment from a to b, in cells, passes through or touches."""
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    slope = (bx - ax) / (by - ay) if by > ay else 0.0
    for row in range(int(ay - RIM_MARGIN), int(by + RIM_MARGIN) + 1):
        low, high = max(row - RIM_MARGIN, ay), min(row + 1 + RIM_MARGIN, by)
        if by > ay:
            x0, x1 = ax + slope * (low - ay), ax + slope * (high - ay)
        else:
            x0, x1 = ax, bx
        if x0 > x1:
            x0, x1 = x1, x0
        for column in range(int(x0 - RIM_MARGIN), int(x1 + RIM_MARGIN) + 1):
            marked[row, column] = stamp


@compiled
def _cover(
    points: NDArray[np.float64],
    face: NDArray[np.int64],
    stamp: int,
    marked: NDArray[np.int32],
    core: NDArray[np.bool_],
) -> None:
    """Add the cells whose centre the triangle covers and whose sheet's rim is elsewhere."""
    y0 = min(points[face[0], 1], points[face[1], 1], points[face[2], 1])
    y1 = max(points[face[0], 1], points[face[1], 1], points[face[2], 1])
    for row in range(int(np.ceil(y0 - 0.5)), int(np.floor(y1 - 0.5)) + 1):
        y = row + 0.5
        x0, x1 = np.inf, -np.inf
        for i in range(3):
            a, b = points[face[i]], points[face[(i + 1) % 3]]
            if (a[1] <= y <= b[1] or b[1] <= y <= a[1]) and a[1] != b[1]:
                x = a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
                x0, x1 = min(x0, x), max(x1, x)
        if x0 <= x1:
            for column in range(int(np.ceil(x0 - 0.5)), int(np.floor(x1 - 0.5)) + 1):
                if marked[row, column] != stamp:
                    core[row, column] = True


@compiled
def _find_needed(
    points: NDArray[np.float64], faces: NDArray[np.int64], along: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Triangles that touch a cell outside the core; `along` counts core cells along each row."""
    needed = np.zeros(len(faces), dtype=np.bool_)
    for f in range(len(faces)):
        corners = faces[f]
        y0 = min(points[corners[0], 1], points[corners[1], 1], points[corners[2], 1])
        y1 = max(points[corners[0], 1], points[corners[1], 1], points[corners[2], 1])
        for row in range(int(y0 - RIM_MARGIN), int(y1 + RIM_MARGIN) + 1):
            low, high = row - RIM_MARGIN, row + 1 + RIM_MARGIN
            x0, x1 = np.inf, -np.inf
            for i in range(3):
                a, b = points[corners[i]], points[corners[(i + 1) % 3]]
                if low <= a[1] <= high:
                    x0, x1 = min(x0, a[0]), max(x1, a[0])
                for y in (low, high):
                    if (a[1] < y < b[1]) or (b[1] < y < a[1]):
                        x = a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
                        x0, x1 = min(x0, x), max(x1, x)
            if x0 > x1:
                continue
            first, last = int(x0 - RIM_MARGIN), int(x1 + RIM_MARGIN)
            if along[row, last + 1] - along[row, first] != last + 1 - first:
                needed[f] = True
                break
    return needed
