"""Bodies held against a ground that is not level: heights counted from the ground below each corner."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from cim.bodies import Bodies
from cim.mesh import Mesh

GROUND_STEP = 1.0  # m; faces near a curved ground are followed in steps of at most this length
SAMPLES = (
    256  # along each side of the model, at most, to find between which heights the ground lies
)

Terrain = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Ground heights (metres, shape (N,)) at points in plan, shape (N, 2); NaN where unknown."""


def ground_range(bodies: Bodies, ground: Terrain) -> tuple[float, float]:
    """Lowest and highest ground below the bodies, widened by what it may do between samples.

    Without bounds where the ground is unknown somewhere: it may be anything there.
    """
    corners = np.concatenate([bodies.mesh(i).vertices[:, :2] for i in range(len(bodies))])
    low, high = corners.min(axis=0), corners.max(axis=0)
    counts = np.clip(np.ceil((high - low) / GROUND_STEP).astype(np.int64) + 1, 2, SAMPLES)
    x, y = (np.linspace(low[i], high[i], counts[i]) for i in range(2))
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    heights = ground(grid.reshape(-1, 2)).reshape(grid.shape[:2])
    if not np.isfinite(heights).all():
        return -np.inf, np.inf
    steps = [np.abs(np.diff(heights, axis=axis)) for axis in (0, 1)]
    slack = max(float(step.max()) for step in steps)
    return float(heights.min()) - slack, float(heights.max()) + slack


def above_ground(mesh: Mesh, ground: Terrain) -> Mesh | None:
    """A body with heights counted from the ground, its faces cut small enough to follow it.

    Args:
        mesh: metres, footprint frame, corners welded.
        ground: heights in the same frame.

    Returns:
        The body, closed where it was; None where the ground is not known below all of it.
    """
    fine = subdivided(mesh, GROUND_STEP)
    heights = ground(fine.vertices[:, :2])
    if not np.isfinite(heights).all():
        return None
    return Mesh(fine.vertices - np.c_[np.zeros((len(heights), 2)), heights], fine.faces)


def subdivided(mesh: Mesh, step: float) -> Mesh:
    """The same surface with no edge longer in plan than a step, metres; neighbours stay joined."""
    vertices, faces = mesh.vertices, mesh.faces.astype(np.int64)
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
