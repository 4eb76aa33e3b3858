"""Distances between buildings, measured again: edge by edge in plan or along the meridian, triangle by triangle in space."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.bodies import are_torn, body_boxes, triangles_near, triangles_of
from bim_checks.second.edges import nearest_edges
from bim_checks.second.slices import slices_between
from bim_checks.second.spans import least_along, least_span
from cim.text import Text

METHODS = {
    "plan": Text(
        zh="逐条量取两栋建筑三角面的边",
        en="measuring between the edges of both buildings' triangles",
    ),
    "space": Text(
        zh="逐对量取两栋建筑的三角面",
        en="measuring between the triangles of both buildings, pair by pair",
    ),
    "north_south": Text(
        zh="逐对沿南北向量取两栋建筑三角面的边",
        en="measuring along the meridian between the edges of both buildings' triangles, pair by pair",
    ),
}
RESOLUTION = 2e-4  # m; outlines are united with slits of 1e-6 m closed, and boxes of map coordinates hold 1e-9 m
ABOVE = 1e-3  # m; what ends at the ground is no part of what stands above it
AROUND = 1.0  # m beyond the claimed distance; nothing farther off can be the nearest
LOOKED_AT = 256  # elements, those whose boxes have the least room


@dataclass(frozen=True, slots=True, eq=False)
class Facing:
    """A building of the scheme and one beside it.

    Attributes:
        ours: indices of its outlines.
        theirs: makes the triangles of the other, shape (N, 3, 3), metres.
        ground: orthogonal height above which ours counts, metres.
        their_ground: the same for the other; minus infinity where all of it counts.
        measure: the horizontal distance, that in space, or that along the north-south line.
        bearing: of that line, clockwise from grid north, radians.
        required: for the height of an element above ground, shape (K,), the distance it must keep; None where the building keeps one.
    """

    ours: NDArray[np.int64]
    theirs: Callable[[], NDArray[np.float64]]
    ground: float
    their_ground: float = -math.inf
    measure: Literal["plan", "space", "north_south"] = "plan"
    bearing: float = 0.0
    required: Callable[[NDArray[np.float64]], NDArray[np.float64]] | None = None


def recheck_neighbour(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The distance between two buildings; None where it cannot be told from triangles alone."""
    facing, measurement = judgement.basis, judgement.measurement
    if not isinstance(facing, Facing) or measurement is None:
        return None
    reach = max(measurement.measured, 0.0) + AROUND
    theirs = facing.theirs()
    if not len(theirs) or not len(facing.ours):
        return None
    method = METHODS[facing.measure]
    if facing.measure == "north_south":
        return _along(scheme, facing, theirs, reach)
    triangles, owners = triangles_near(scheme, theirs[:, :2, :2], reach)
    near = np.isin(owners, facing.ours)
    triangles, owners = triangles[near], owners[near]
    if facing.measure == "space":
        return SecondOpinion(method, least_span(triangles, theirs, reach), RESOLUTION)
    if facing.required is None:
        apart = min(_apart(triangles, facing, theirs), reach)
    else:
        apart, owners = measurement.limit + _least_room(scheme, facing, theirs), facing.ours
    if apart > measurement.measured + RESOLUTION and are_torn(scheme)[owners].any():
        return None  # a section of an open body may be closed by lines that no face has
    return SecondOpinion(method, apart, RESOLUTION)


def _apart(triangles: NDArray[np.float64], facing: Facing, theirs: NDArray[np.float64]) -> float:
    edges = _edges(theirs, facing.their_ground)
    return nearest_edges(triangles, edges, facing.ground + ABOVE, math.inf)


def _least_room(scheme: Scheme, facing: Facing, theirs: NDArray[np.float64]) -> float:
    """The least of what elements keep more than they must, each by its own height."""
    if facing.required is None:
        return math.inf
    low, high = (corner[facing.ours] for corner in body_boxes(scheme))
    asked = facing.required(high[:, 2] - facing.ground)
    plan = theirs[:, :, :2].reshape(-1, 2)
    aside = np.maximum(plan.min(axis=0) - high[:, :2], low[:, :2] - plan.max(axis=0))
    aside = np.maximum(aside, 0.0)
    bounds = np.hypot(aside[:, 0], aside[:, 1]) - asked
    least = math.inf
    for i in np.argsort(bounds, kind="stable")[:LOOKED_AT]:
        if bounds[i] >= least:
            break
        triangles = scheme.triangles(int(facing.ours[i]))
        least = min(least, _apart(triangles, facing, theirs) - float(asked[i]))
    return least


def _along(
    scheme: Scheme, facing: Facing, theirs: NDArray[np.float64], reach: float
) -> SecondOpinion | None:
    """Along the meridian; a slab a little below ground may count or not, and where that matters both are told."""
    triangles, _ = triangles_of(scheme, facing.ours)
    middle = theirs[:, :, :2].reshape(-1, 2).mean(axis=0)
    turn = np.array(
        [
            [math.cos(facing.bearing), -math.sin(facing.bearing)],
            [math.sin(facing.bearing), math.cos(facing.bearing)],
        ]
    )
    other = (_edges(theirs, facing.their_ground) - middle) @ turn.T
    triangles = triangles[_beside((triangles[:, :, :2] - middle) @ turn.T, other, reach)]
    ours = [(_edges(triangles, low) - middle) @ turn.T for low in (-math.inf, facing.ground)]
    found = [least_along(edges, other, reach) for edges in ours]
    low, high = min(found), max(found)
    method = METHODS[facing.measure]
    return SecondOpinion(method, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)


def _beside(
    ours: NDArray[np.float64], other: NDArray[np.float64], reach: float
) -> NDArray[np.bool_]:
    """Which triangles, shape (M, 3, 2), may stand within reach north or south of edges."""
    low, high = other.min(axis=(0, 1)), other.max(axis=(0, 1))
    grown = np.array([0.0, reach])
    near = (ours.min(axis=1) <= high + grown) & (ours.max(axis=1) >= low - grown)
    return np.asarray(near.all(axis=1))


def _edges(triangles: NDArray[np.float64], low: float) -> NDArray[np.float64]:
    """The edges in plan of what of triangles lies above a height, shape (E, 2, 2)."""
    owners = np.zeros(len(triangles), dtype=np.int64)
    above = low if math.isinf(low) else low + ABOVE
    edges = slices_between(triangles, owners, above, math.inf).edges[:, :, :2]
    return np.asarray(edges[(edges[:, 0] != edges[:, 1]).any(axis=1)])
