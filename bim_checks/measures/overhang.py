"""What of a building projects over a line: clusters of elements, how deep they reach and how high above ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.heights_between import heights_over_each
from bim_checks.scheme import Scheme
from cim.terrain import Terrain
from cim.union import components, distinct

TOUCHING = 1e-3  # m; the IFC kernel's linear deflection: what reaches over by less only touches
STEP = 2.0  # m; between the places where the ground below is asked for


@dataclass(frozen=True, slots=True, eq=False)
class Overhang:
    """Elements that project over a line together: those over it touch one another.

    Attributes:
        indices: of the outlines, the deepest first.
        geometry: what lies over the line, in plan, metres.
        depth: of the deepest corner beyond the line, metres.
        low, high: orthogonal heights of what lies over it, metres.
        clear: from the highest ground below to `low`, metres; None where the ground is not known.
    """

    indices: tuple[int, ...]
    geometry: BaseGeometry
    depth: float
    low: float
    high: float
    clear: float | None


def overhangs(
    scheme: Scheme, zone: BaseGeometry, *, inside: bool, terrain: Terrain
) -> list[Overhang]:
    """What projects over a line, in the order of the elements.

    Args:
        scheme: the placed building.
        zone: the roads to stay out of, or the parcel to stay in, metres, projected frame.
        inside: whether it is to stay in.
        terrain: the ground.
    """
    shapes = scheme.outline_shapes
    shapely.prepare(zone)
    wrong = ~shapely.covers(zone, shapes) if inside else shapely.intersects(zone, shapes)
    chosen = np.flatnonzero(wrong)
    beyond = (
        shapely.disjoint(zone, shapes[chosen]) if inside else shapely.covers(zone, shapes[chosen])
    )
    parts = shapes[chosen]
    cut = shapely.difference if inside else shapely.intersection
    parts[~beyond] = cut(parts[~beyond], zone)
    depths = _depths(parts, shapely.boundary(zone))
    deep = depths > TOUCHING
    chosen, parts, depths, beyond = chosen[deep], parts[deep], depths[deep], beyond[deep]
    spans = _spans(scheme, chosen, parts, beyond)
    known = ~np.isnan(spans[:, 0])
    chosen, parts, depths, spans = chosen[known], parts[known], depths[known], spans[known]
    return [
        _overhang(chosen[group], parts[group], depths[group], spans[group], terrain)
        for group in _clusters(parts, spans)
    ]


def _spans(
    scheme: Scheme,
    chosen: NDArray[np.int64],
    parts: NDArray[np.object_],
    beyond: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Lowest and highest height of what elements have over the line, shape (K, 2); NaN where they have nothing.

    An element that is wholly beyond it has all of its own height there; one that crosses it is cut.
    """
    spans = scheme.outline_heights[chosen]
    crossing = np.flatnonzero(~beyond)
    triangles, owners = scheme.bodies.triangles_of(chosen[crossing])
    zones = np.array([_within(part) for part in parts[crossing]], dtype=object)
    spans[crossing] = heights_over_each(triangles, np.searchsorted(chosen[crossing], owners), zones)
    return spans


def _within(part: BaseGeometry) -> BaseGeometry:
    """The part without its rim: a wall that stands on the line itself is not over it."""
    inner = part.buffer(-TOUCHING, join_style="mitre")
    return part if inner.is_empty else inner


def _depths(parts: NDArray[np.object_], border: BaseGeometry) -> NDArray[np.float64]:
    """How far the farthest corner of each part is from the line, metres; zero for one without corners."""
    corners, owner = shapely.get_coordinates(parts, return_index=True)
    depths = np.zeros(len(parts))
    shapely.prepare(border)
    np.maximum.at(depths, owner, shapely.distance(shapely.points(corners), border))
    return depths


def _clusters(parts: NDArray[np.object_], spans: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Parts that touch in plan and in height, together; each cluster ascending, clusters by their first."""
    west, south, east, north = shapely.bounds(parts).T
    boxes = shapely.box(west - TOUCHING, south - TOUCHING, east + TOUCHING, north + TOUCHING)
    one, other = shapely.STRtree(boxes).query(boxes)
    near = one < other
    near &= spans[one, 0] <= spans[other, 1] + TOUCHING
    near &= spans[other, 0] <= spans[one, 1] + TOUCHING
    one, other = one[near], other[near]
    touch = shapely.dwithin(parts[one], parts[other], TOUCHING)
    least = components(len(parts), np.stack([one[touch], other[touch]], axis=1))
    order = np.argsort(least, kind="stable")
    return [
        group for group in np.split(order, np.flatnonzero(np.diff(least[order])) + 1) if len(group)
    ]


def _overhang(
    indices: NDArray[np.int64],
    parts: NDArray[np.object_],
    depths: NDArray[np.float64],
    spans: NDArray[np.float64],
    terrain: Terrain,
) -> Overhang:
    geometry = shapely.union_all(distinct(parts))
    low, high = float(spans[:, 0].min()), float(spans[:, 1].max())
    below = terrain.height_at(shapely.get_coordinates(shapely.segmentize(geometry, STEP)))
    return Overhang(
        indices=tuple(indices[np.argsort(-depths, kind="stable")].tolist()),
        geometry=geometry,
        depth=float(depths.max()),
        low=low,
        high=high,
        clear=None if np.isnan(below).any() else low - float(below.max()),
    )
