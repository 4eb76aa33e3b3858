"""What of a building projects over a line: clusters of elements, how deep they reach and how high above ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.heights_between import heights_over
from bim_checks.scheme import Scheme
from cim.terrain import Terrain

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
    shapes = scheme.footprints.outline_shapes
    shapely.prepare(zone)
    wrong = ~shapely.covers(zone, shapes) if inside else shapely.intersects(zone, shapes)
    chosen = np.flatnonzero(wrong)
    cut = shapely.difference if inside else shapely.intersection
    parts = cut(shapes[chosen], zone)
    border = shapely.boundary(zone)
    depths = np.array([_depth(part, border) for part in parts], dtype=np.float64)
    deep = depths > TOUCHING
    chosen, parts, depths = chosen[deep], parts[deep], depths[deep]
    heights = [
        heights_over(scheme.triangles(int(i)), _within(part))
        for i, part in zip(chosen, parts, strict=True)
    ]
    known = np.array([found is not None for found in heights], dtype=np.bool_)
    spans = np.array([found for found in heights if found is not None]).reshape(-1, 2)
    chosen, parts, depths = chosen[known], parts[known], depths[known]
    return [
        _overhang(chosen[group], parts[group], depths[group], spans[group], terrain)
        for group in _clusters(parts, spans)
    ]


def _within(part: BaseGeometry) -> BaseGeometry:
    """The part without its rim: a wall that stands on the line itself is not over it."""
    inner = part.buffer(-TOUCHING, join_style="mitre")
    return part if inner.is_empty else inner


def _depth(part: BaseGeometry, border: BaseGeometry) -> float:
    corners = shapely.points(shapely.get_coordinates(part))
    return float(shapely.distance(corners, border).max()) if len(corners) else 0.0


def _clusters(parts: NDArray[np.object_], spans: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Parts that touch in plan and in height, together; each cluster ascending, clusters by their first."""
    parent = list(range(len(parts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    pairs = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=TOUCHING)
    for one, other in pairs.T.tolist():
        touch = (
            spans[one, 0] <= spans[other, 1] + TOUCHING
            and spans[other, 0] <= spans[one, 1] + TOUCHING
        )
        if touch:
            a, b = sorted((root(one), root(other)))
            parent[b] = a
    roots = np.array([root(i) for i in range(len(parts))], dtype=np.int64)
    return [np.flatnonzero(roots == found) for found in np.unique(roots)]


def _overhang(
    indices: NDArray[np.int64],
    parts: Sequence[BaseGeometry],
    depths: NDArray[np.float64],
    spans: NDArray[np.float64],
    terrain: Terrain,
) -> Overhang:
    geometry = shapely.union_all(parts)
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
