"""The sides a building keeps its distance from: roads around it, or the edges of its own parcel, front, side and rear.

An edge of a parcel is a *front* where most of it runs along a road. What faces the other way is its *rear*,
the rest are *sides*; a corner parcel has a front on each road, and what cuts the corner off between them is a front too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.control_lines.feature import ControlFeature
from cim.text import Text

EdgeKind = Literal["any", "front", "side", "rear"]
EDGE_KINDS = {
    "any": Text(zh="边界", en="edge"),
    "front": Text(zh="临路边", en="front edge"),
    "side": Text(zh="侧边", en="side edge"),
    "rear": Text(zh="后边", en="rear edge"),
}
ALONG = 0.5  # of an edge's length; more of it beside a road and it runs along that road
FACING_AWAY = math.cos(math.radians(135.0))  # outward normals this far apart look opposite ways
STRAIGHT = 1e-3  # m; corners this close to the line past them are none: boundary points are surveyed to centimetres
SAME_WAY = math.cos(math.radians(1.0))  # pieces of one edge turn less than this where they meet


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """What a distance is kept from.

    Attributes:
        kind: of edge; ``any`` for what is no edge of a parcel.
        name: of the road, or of the parcel and the road it faces.
        line: to measure to, metres: the road's area, or the straight edge of the parcel.
        inside: the parcel the subject must lie in; None where it must lie outside `line`.
    """

    kind: EdgeKind
    name: Text
    line: BaseGeometry
    inside: BaseGeometry | None = None


def road_sides(features: Sequence[ControlFeature]) -> tuple[Side, ...]:
    """Each feature of a layer as something to stay outside of."""
    return tuple(Side("any", feature.name, feature.geometry) for feature in features)


def parcel_sides(
    parcel: ControlFeature, roads: Sequence[ControlFeature], adjacency: float | None
) -> tuple[Side, ...]:
    """The edges of a parcel to stay inside of, in the order of its outline from its longest edge on.

    Args:
        parcel: a polygon.
        roads: those around it, areas or lines.
        adjacency: metres; a road this near to most of an edge makes it a front. None: edges are not told apart.
    """
    shape = parcel.geometry
    edges = [edge for polygon in shapely.get_parts(shape) for edge in _edges(polygon)]
    if adjacency is None:
        return tuple(Side("any", parcel.name, edge, shape) for edge in edges)
    beside = _with_cut_corners(edges, [_road_of(edge, roads, adjacency) for edge in edges])
    fronts = [edge for edge, road in zip(edges, beside, strict=True) if road is not None]
    sides = []
    for edge, road in zip(edges, beside, strict=True):
        if road is not None:
            name = Text(zh="{parcel}临{road}一侧", en="{parcel} along {road}").format(
                parcel=parcel.name, road=road.name
            )
            sides.append(Side("front", name, edge, shape))
        else:
            away = any(float(_outward(edge) @ _outward(front)) <= FACING_AWAY for front in fronts)
            sides.append(Side("rear" if away else "side", parcel.name, edge, shape))
    return tuple(sides)


def _edges(polygon: BaseGeometry) -> list[BaseGeometry]:
    """The edges of a polygon, holes included, the area to the left of each; the longest of each ring first.

    Pieces that go on nearly straight are one edge: a survey puts points on straight boundaries too.
    """
    found = []
    for ring in shapely.get_rings(shapely.orient_polygons(polygon)):
        points = _corners(shapely.get_coordinates(ring)[:-1])
        ends = np.roll(points, -1, axis=0)
        ways = (ends - points) / np.linalg.norm(ends - points, axis=1)[:, None]
        turns = (ways * np.roll(ways, 1, axis=0)).sum(axis=1) < SAME_WAY
        starts = np.flatnonzero(turns)
        if not len(starts):
            starts = np.arange(len(points))
        stops = np.append(starts[1:], starts[0] + len(points))
        lines = [
            shapely.LineString(points[np.arange(a, b + 1) % len(points)])
            for a, b in zip(starts, stops, strict=True)
        ]
        longest = max(range(len(lines)), key=lambda i: lines[i].length)
        found += lines[longest:] + lines[:longest]
    return found


def _corners(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points of a ring, shape (N, 2), the first not repeated, without those on straight lines."""
    first = int(np.argmax(((ring - ring.mean(axis=0)) ** 2).sum(axis=1)))
    closed = np.concatenate([ring[first:], ring[: first + 1]])
    kept: NDArray[np.float64] = shapely.get_coordinates(
        shapely.simplify(shapely.LineString(closed), STRAIGHT)
    )
    return kept[:-1]


def _road_of(
    edge: BaseGeometry, roads: Sequence[ControlFeature], adjacency: float
) -> ControlFeature | None:
    """The road most of an edge runs along; None where there is none."""
    shared = [edge.intersection(road.geometry.buffer(adjacency)).length for road in roads]
    best = int(np.argmax(shared)) if shared else 0
    return roads[best] if shared and shared[best] > ALONG * edge.length else None


def _with_cut_corners(
    edges: Sequence[BaseGeometry], beside: Sequence[ControlFeature | None]
) -> list[ControlFeature | None]:
    """The road of each edge, that of the front before it for an edge that cuts off the corner of two fronts."""
    ends = {tuple(shapely.get_coordinates(edge)[-1]): i for i, edge in enumerate(edges)}
    starts = {tuple(shapely.get_coordinates(edge)[0]): i for i, edge in enumerate(edges)}
    found = list(beside)
    for i, edge in enumerate(edges):
        points = shapely.get_coordinates(edge)
        before, after = ends[tuple(points[0])], starts[tuple(points[-1])]
        looks = [_outward(edges[k]) for k in (before, i, after)]
        # It looks to both roads; the side of a parcel between two parallel roads looks to neither.
        between = looks[0] @ looks[1] > 0.0 and looks[1] @ looks[2] > 0.0
        if beside[i] is None and beside[after] is not None and between:
            found[i] = beside[before]
    return found


def _outward(edge: BaseGeometry) -> NDArray[np.float64]:
    """The unit normal to the right of an edge's chord."""
    points = shapely.get_coordinates(edge)
    east, north = points[-1] - points[0]
    return np.array([north, -east]) / math.hypot(east, north)
