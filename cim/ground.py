"""Bodies held against a ground that is not level: heights counted from the ground below each corner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.mesh import Mesh

GROUND_STEP = 1.0  # m; faces near a curved ground are followed in steps of at most this length
# m; ground that bends less over a step is followed in longer ones: an outline on a slope of 3 % moves by 3 mm at most,
# where the terrain itself is known to decimetres
STRAIGHT = 1e-4
SAMPLES = (
    1024  # along each side of a model or a body, at most, to find where the ground lies and bends
)

Terrain = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Ground heights (metres, shape (N,)) at points in plan, shape (N, 2); NaN where unknown."""


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """How bodies lie to what is between two heights above the ground.

    Attributes:
        inside: shape (B,), wholly between them.
        crossing: shape (B,), partly, or over ground that is not known; the rest lies beside them.
    """

    inside: NDArray[np.bool_]
    crossing: NDArray[np.bool_]


def position_of(boxes: NDArray[np.float64], ground: Terrain, low: float, high: float) -> Position:
    """Tell which bodies lie between two heights above the ground, from their boxes and the ground below each.

    Args:
        boxes: west, south, lowest, east, north, highest of each, shape (B, 6), metres.
        ground: in the same frame.
        low: metres above the ground; may be minus infinity.
        high: the same, may be infinity.
    """
    below = ground_below(boxes[:, [0, 1, 3, 4]], ground)
    unknown = np.isnan(below[:, 0])
    beside = (boxes[:, 2] > below[:, 1] + high) | (boxes[:, 5] < below[:, 0] + low)
    inside = (boxes[:, 2] >= below[:, 1] + low) & (boxes[:, 5] <= below[:, 0] + high)
    return Position(inside & ~unknown, unknown | ~(beside | inside))


def ground_below(boxes: NDArray[np.float64], ground: Terrain) -> NDArray[np.float64]:
    """Lowest and highest ground below each box, widened by what it may do between samples.

    Args:
        boxes: west, south, east, north, shape (B, 4), metres.
        ground: in the same frame.

    Returns:
        Shape (B, 2), metres; NaN where the ground is unknown somewhere below: it may be anything there.
    """
    found = np.full((len(boxes), 2), np.nan)
    seen = np.isfinite(boxes).all(axis=1)  # a body without outline has no box
    boxes = boxes[seen]
    if not len(boxes):
        return found
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    x, y = (_places(low[i], high[i]) for i in range(2))
    heights = _sampled(x, y, ground)
    slack = _slack(heights)
    lowest, highest = heights - slack, heights + slack
    first_x, first_y = (_index(at, boxes[:, i], np.floor) for i, at in enumerate((x, y)))
    last_x, last_y = (_index(at, boxes[:, i + 2], np.ceil) + 1 for i, at in enumerate((x, y)))
    windows = np.stack([first_y, last_y, first_x, last_x], axis=1)
    distinct, of = np.unique(windows, axis=0, return_inverse=True)
    ranges = np.zeros((len(distinct), 2))
    for i, (south, north, west, east) in enumerate(distinct.tolist()):
        window = slice(south, north), slice(west, east)
        ranges[i] = lowest[window].min(), highest[window].max()
    found[seen] = ranges[of.reshape(-1)]
    return found


def above_ground(mesh: Mesh, ground: Terrain, step: float = GROUND_STEP) -> Mesh | None:
    """A body with heights counted from the ground, its faces cut small enough to follow it.

    Args:
        mesh: metres, footprint frame, corners welded.
        ground: heights in the same frame.
        step: how long an edge may be in plan, metres; infinity where the ground is a plane.

    Returns:
        The body, closed where it was; None where the ground is not known below all of it.
    """
    fine = subdivided(mesh, step)
    heights = ground(fine.vertices[:, :2])
    if not np.isfinite(heights).all():
        return None
    return Mesh(fine.vertices - np.c_[np.zeros((len(heights), 2)), heights], fine.faces)


def straight_step(mesh: Mesh, ground: Terrain) -> float:
    """How long edges may be so that the ground below a body bends by less than `STRAIGHT` along each, metres.

    The ground is looked at every `GROUND_STEP`, along both axes and both diagonals of the body's box. Infinity where all of it is as
    good as a plane, `GROUND_STEP` where it bends within any longer step.
    """
    low, high = mesh.vertices[:, :2].min(axis=0), mesh.vertices[:, :2].max(axis=0)
    x, y = (_places(low[i], high[i]) for i in range(2))
    heights = _sampled(x, y, ground)
    reach, step = 1, GROUND_STEP
    while _bend(heights, reach) <= STRAIGHT:
        # An axis along which all of the body was seen sets no bound.
        open_ends = [at[1] - at[0] for at in (x, y) if 2 * reach < len(at) - 1]
        if not open_ends:
            return np.inf
        step = max(2.0 * reach * float(min(open_ends)), GROUND_STEP)
        reach *= 2
    return step


def _places(low: float, high: float) -> NDArray[np.float64]:
    """Places along a side, at least three, no more than `GROUND_STEP` apart unless the side is very long."""
    count = int(np.clip(np.ceil((high - low) / GROUND_STEP) + 1, 3, SAMPLES))
    return np.linspace(low, high, count)


def _sampled(
    x: NDArray[np.float64], y: NDArray[np.float64], ground: Terrain
) -> NDArray[np.float64]:
    """Ground on a grid, shape (len(y), len(x)); NaN where unknown."""
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    heights = ground(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    return np.where(np.isfinite(heights), heights, np.nan)


def _slack(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each sample the greatest step to one beside it."""
    slack = np.zeros_like(heights)
    across, along = np.abs(np.diff(heights, axis=1)), np.abs(np.diff(heights, axis=0))
    for side, steps in (
        (slack[:, :-1], across),
        (slack[:, 1:], across),
        (slack[:-1], along),
        (slack[1:], along),
    ):
        np.maximum(side, np.nan_to_num(steps), out=side)
    return slack


def _index(
    at: NDArray[np.float64], values: NDArray[np.float64], rounded: np.ufunc
) -> NDArray[np.int64]:
    """The sample before or after each value."""
    run = (at[-1] - at[0]) / (len(at) - 1)
    places = rounded((values - at[0]) / run) if run > 0.0 else np.zeros(len(values))
    return np.clip(places, 0, len(at) - 1).astype(np.int64)


def _bend(heights: NDArray[np.float64], reach: int) -> float:
    """How far the ground is from straight halfway along any line of so many samples to either side; NaN where unknown."""
    rows, columns = ((size - 1) // 2 for size in heights.shape)
    down, right = min(reach, rows), min(reach, columns)
    worst = 0.0
    for i, j in ((down, 0), (0, right), (down, right), (down, -right)):
        height, width = heights.shape[0] - 2 * i, heights.shape[1] - 2 * abs(j)
        first, last = max(-j, 0), max(j, 0)
        before = heights[:height, 2 * first : 2 * first + width]
        middle = heights[i : i + height, abs(j) : abs(j) + width]
        after = heights[2 * i : 2 * i + height, 2 * last : 2 * last + width]
        worst = max(worst, float(np.abs(before + after - 2.0 * middle).max()) / 2.0)
    return worst if np.isfinite(heights).all() else np.nan


def subdivided(mesh: Mesh, step: float) -> Mesh:
    """The same surface with no edge longer in plan than a step, metres; neighbours stay joined."""
    vertices, faces = mesh.vertices, mesh.faces.astype(np.int64)
    if np.isinf(step):
        return mesh
    while True:
        starts, ends = faces, np.roll(faces, -1, axis=1)
        long = np.linalg.norm(vertices[starts, :2] - vertices[ends, :2], axis=2) > step
        if not long.any():
            return Mesh(vertices, faces.astype(np.int32))
        low, high = np.minimum(starts, ends)[long], np.maximum(starts, ends)[long]
        keys, index = np.unique(low * len(vertices) + high, return_inverse=True)
        middle = np.full(faces.shape, -1, dtype=np.int64)
        middle[long] = index.reshape(-1) + len(vertices)
        halves = (vertices[keys // len(vertices)] + vertices[keys % len(vertices)]) / 2.0
        vertices, faces = np.concatenate([vertices, halves]), _split(faces, middle)


def _split(faces: NDArray[np.int64], middle: NDArray[np.int64]) -> NDArray[np.int64]:
    """Faces cut at the middles of their sides, shape (M, 3), -1 where a side stays whole."""
    count = (middle >= 0).sum(axis=1)
    # Turn each so that, of one cut side, it comes first; of two, the whole one comes last.
    lone = np.where(count == 1, np.argmax(middle >= 0, axis=1), 0)
    lone = np.where(count == 2, (np.argmin(middle >= 0, axis=1) + 1) % 3, lone)
    shift = (lone[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(faces, shift, axis=1).T
    p, q, r = np.take_along_axis(middle, shift, axis=1).T
    parts = [
        (count == 0, ((a, b, c),)),
        (count == 1, ((a, p, c), (p, b, c))),
        (count == 2, ((p, b, q), (a, p, q), (a, q, c))),
        (count == 3, ((a, p, r), (p, b, q), (r, q, c), (p, q, r))),
    ]
    return np.concatenate(
        [np.stack(corners, axis=1)[chosen] for chosen, pieces in parts for corners in pieces]
    )
