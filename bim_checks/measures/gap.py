"""How far a building stands from another: in plan, in space, or along the north-south line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.boundary_sides import Side
from bim_checks.measures.clearance import clearance
from bim_checks.measures.triangle_gap import triangle_gap
from bim_checks.scheme import Scheme
from cim.text import Text

ENOUGH = 1e-9  # m; a lower bound this close to what was found cannot better it
BESIDE = 1e-7  # m; a line through a corner itself may miss it by rounding
AT_POINT = 1e-3  # m; outlines this close to the nearest point form it


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """The least distance to another building.

    Attributes:
        distance: metres.
        indices: of the outlines that decide it, nearest first.
        witness: from the nearest point of ours to theirs, 3D.
        ours_is_south: whether ours lies south of theirs there; None where that was not asked.
    """

    distance: float
    indices: tuple[int, ...]
    witness: BaseGeometry
    ours_is_south: bool | None = None


def plan_gap(
    scheme: Scheme,
    among: NDArray[np.int64],
    footprint: BaseGeometry,
    *,
    ground: float,
    within: float,
) -> Gap | None:
    """The horizontal distance between the outer faces of what stands above ground and another footprint.

    Args:
        scheme: the placed building.
        among: indices of our outlines.
        footprint: of the other, metres, projected frame.
        ground: metres, orthogonal height.
        within: metres; all our elements nearer than this are named.
    """
    side = Side("any", Text(zh="", en=""), footprint)
    # What ends at the ground is no part of what stands above it.
    low = ground + AT_POINT
    found = clearance(scheme, side, low, math.inf, within=within, among=among)
    if found is None:
        return None
    return Gap(max(found.distance, 0.0), found.indices, found.witness)


def space_gap(
    scheme: Scheme, among: NDArray[np.int64], footprint: BaseGeometry, body: NDArray[np.float64]
) -> Gap | None:
    """The least distance in space between our bodies and another.

    Args:
        scheme: the placed building.
        among: indices of our outlines.
        footprint: of the other, metres, projected frame.
        body: its triangles, shape (N, 3, 3), metres.
    """
    if not len(among):
        return None
    shapes = scheme.footprints.outline_shapes[among]
    shapely.prepare(footprint)
    # Nothing is nearer in space than in plan.
    bounds = shapely.distance(shapes, footprint)
    best, index, ends = math.inf, int(among[0]), np.zeros((2, 3))
    for place in np.argsort(bounds, kind="stable"):
        if bounds[place] >= best - ENOUGH:
            break
        distance, points = triangle_gap(scheme.triangles(int(among[place])), body)
        if distance < best:
            best, index, ends = distance, int(among[place]), points
    return Gap(best, (index,), shapely.LineString(ends))


def north_south_gap(
    scheme: Scheme,
    footprint: BaseGeometry,
    other: BaseGeometry,
    *,
    bearing: float,
    height: float,
) -> Gap | None:
    """The least distance along the north-south line between two footprints.

    Args:
        scheme: whose outlines are named.
        footprint: ours, metres, projected frame.
        other: theirs, same frame.
        bearing: of north, clockwise from grid north, radians.
        height: to draw the witness at, metres.

    Returns:
        None where neither stands north of any part of the other.
    """
    # With north turned upward, lines along it are upright.
    middle = tuple(shapely.get_coordinates(other).mean(axis=0))

    def turned(shape: BaseGeometry) -> BaseGeometry:
        moved = affinity.translate(shape, -middle[0], -middle[1])
        return affinity.rotate(moved, bearing, origin=(0.0, 0.0), use_radians=True)

    ours, theirs = turned(footprint), turned(other)
    west = max(ours.bounds[0], theirs.bounds[0])
    east = min(ours.bounds[2], theirs.bounds[2])
    if west >= east - AT_POINT:
        return None
    # Between corners both outlines are straight, so the least gap is beside one of them.
    corners = np.concatenate([shapely.get_coordinates(shape)[:, 0] for shape in (ours, theirs)])
    beside = np.concatenate([corners - BESIDE, corners + BESIDE])
    places = np.unique([west + BESIDE, east - BESIDE, *beside[(beside > west) & (beside < east)]])
    south = min(ours.bounds[1], theirs.bounds[1]) - 1.0
    north = max(ours.bounds[3], theirs.bounds[3]) + 1.0
    lines = shapely.linestrings([[(x, south), (x, north)] for x in places])
    mine, other_cut = shapely.intersection(lines, ours), shapely.intersection(lines, theirs)
    gaps = shapely.distance(mine, other_cut)
    if np.isnan(gaps).all():
        return None
    best = int(np.nanargmin(gaps))
    ends = shapely.get_coordinates(shapely.shortest_line(mine[best], other_cut[best]))
    back = affinity.rotate(shapely.LineString(ends), -bearing, origin=(0.0, 0.0), use_radians=True)
    witness = affinity.translate(back, middle[0], middle[1])
    return Gap(
        float(gaps[best]),
        _at(scheme, shapely.Point(shapely.get_coordinates(witness)[0])),
        shapely.force_3d(witness, height),
        ours_is_south=bool(ends[0, 1] <= ends[1, 1]),
    )


def _at(scheme: Scheme, point: BaseGeometry) -> tuple[int, ...]:
    shapes = scheme.footprints.outline_shapes
    return tuple(np.flatnonzero(shapely.dwithin(shapes, point, AT_POINT)).tolist())
