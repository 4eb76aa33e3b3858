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
from bim_checks.second.bodies import are_torn
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
    triangles, owners = scheme.all_triangles
    chosen = np.isin(owners, facing.ours)
    triangles, owners = triangles[chosen], owners[chosen]
    theirs = facing.theirs()
    if not len(theirs) or not len(triangles):
        return None
    method = METHODS[facing.measure]
    if facing.measure == "space":
        near = _near(triangles, theirs, reach)
        return SecondOpinion(method, least_span(triangles[near], theirs, reach), RESOLUTION)
    if facing.measure == "north_south":
        return _along(facing, triangles, theirs, reach)
    if facing.required is None:
        near = _near(triangles, theirs, reach)
        apart = min(_apart(triangles[near], facing, theirs), reach)
        close = owners[near]
    else:
        room = _least_room(facing, triangles, owners, theirs)
        apart, close = measurement.limit + room, owners
    if apart > measurement.measured + RESOLUTION and are_torn(scheme)[close].any():
        return None  # a section of an open body may be closed by lines that no face has
    return SecondOpinion(method, apart, RESOLUTION)


def _apart(triangles: NDArray[np.float64], facing: Facing, theirs: NDArray[np.float64]) -> float:
    edges = _edges(theirs, facing.their_ground)
    return nearest_edges(triangles, edges, facing.ground + ABOVE, math.inf)


def _least_room(
    facing: Facing,
    triangles: NDArray[np.float64],
    owners: NDArray[np.int64],
    theirs: NDArray[np.float64],
) -> float:
    """The least of what elements keep more than they must, each by its own height."""
    required = facing.required
    if required is None:
        return math.inf
    slices = slices_between(triangles, owners, facing.ground + ABOVE, math.inf)
    ids, of = np.unique(slices.owners, return_inverse=True)
    tops = np.full(len(ids), -math.inf)
    low, high = np.full((len(ids), 2), math.inf), np.full((len(ids), 2), -math.inf)
    np.maximum.at(tops, of, slices.rings[:, :, 2].max(axis=1))
    np.minimum.at(low, of, slices.rings[:, :, :2].min(axis=1))
    np.maximum.at(high, of, slices.rings[:, :, :2].max(axis=1))
    asked = required(tops - facing.ground)
    plan = theirs[:, :, :2].reshape(-1, 2)
    aside = np.maximum(np.maximum(plan.min(axis=0) - high, low - plan.max(axis=0)), 0.0)
    bounds = np.hypot(aside[:, 0], aside[:, 1]) - asked
    least = math.inf
    for i in np.argsort(bounds, kind="stable")[:LOOKED_AT]:
        if bounds[i] >= least:
            break
        least = min(least, _apart(triangles[owners == ids[i]], facing, theirs) - float(asked[i]))
    return least


def _along(
    facing: Facing, triangles: NDArray[np.float64], theirs: NDArray[np.float64], reach: float
) -> SecondOpinion | None:
    """Along the meridian; a slab a little below ground may count or not, and where that matters both are told."""
    middle = theirs[:, :, :2].reshape(-1, 2).mean(axis=0)
    turn = np.array(
        [
            [math.cos(facing.bearing), -math.sin(facing.bearing)],
            [math.sin(facing.bearing), math.cos(facing.bearing)],
        ]
    )
    other = (_edges(theirs, facing.their_ground) - middle) @ turn.T
    ours = [
        _beside((_edges(triangles, low) - middle) @ turn.T, other, reach)
        for low in (-math.inf, facing.ground)
    ]
    found = [least_along(edges, other, reach) for edges in ours]
    low, high = min(found), max(found)
    method = METHODS[facing.measure]
    return SecondOpinion(method, (low + high) / 2.0, (high - low) / 2.0 + RESOLUTION)


def _beside(
    edges: NDArray[np.float64], other: NDArray[np.float64], reach: float
) -> NDArray[np.float64]:
    """Edges that may stand within reach north or south of others."""
    low, high = other.min(axis=(0, 1)), other.max(axis=(0, 1))
    grown = np.array([0.0, reach])
    near = (edges.min(axis=1) <= high + grown) & (edges.max(axis=1) >= low - grown)
    return np.asarray(edges[near.all(axis=1)])


def _edges(triangles: NDArray[np.float64], low: float) -> NDArray[np.float64]:
    """The edges in plan of what of triangles lies above a height, shape (E, 2, 2)."""
    owners = np.zeros(len(triangles), dtype=np.int64)
    above = low if math.isinf(low) else low + ABOVE
    edges = slices_between(triangles, owners, above, math.inf).edges[:, :, :2]
    return edges[(edges[:, 0] != edges[:, 1]).any(axis=1)]


def _near(
    triangles: NDArray[np.float64], theirs: NDArray[np.float64], reach: float
) -> NDArray[np.bool_]:
    """Which triangles' boxes come near the other building's, in plan."""
    plan = theirs[:, :, :2].reshape(-1, 2)
    low, high = plan.min(axis=0) - reach, plan.max(axis=0) + reach
    corners = triangles[:, :, :2]
    near = (corners.min(axis=1) <= high).all(axis=1) & (corners.max(axis=1) >= low).all(axis=1)
    return np.asarray(near)
