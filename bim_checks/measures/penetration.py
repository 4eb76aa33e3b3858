"""How far a scheme rises above a limit surface: element by element, and in plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.cut_faces import SLIVER, edges_inside, heights_on, narrowness
from bim_checks.measures.limit_surface import LimitSurface
from bim_checks.scheme import Scheme
from cim.ground import above_ground
from cim.mesh import Mesh
from cim.section import project_between
from cim.solid import welded
from cim.union import unite

TOUCHING = 1e-3  # m; the kernel's linear deflection: what reaches into a region by less than this does not lie in it
ROUNDING = 1e-6  # m; where coordinates are rounded, what is as high as the limit seems to be above it by less
BATCH = 64  # elements looked at together once those that may break the limit are known


@dataclass(frozen=True, slots=True, eq=False)
class Penetration:
    """How each element stands to a limit surface.

    Attributes:
        excess: shape (B,), metres by which each element rises above the surface; negative is room left. Exact for the element
            that rises highest; for others that are above it, at least so much. NaN for elements outside the region, and for those that
            keep the limit and are certainly lower than the worst.
        points: shape (B, 3), points of that excess, metres, projected frame; NaN where none was looked for.
    """

    excess: NDArray[np.float64]
    points: NDArray[np.float64]

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in the region."""
        return not bool(np.isfinite(self.excess).any())

    @property
    def worst(self) -> int:
        """Index of the element that rises highest above the surface, the first of those that rise alike."""
        return int(self.order[0])

    @property
    def order(self) -> NDArray[np.int64]:
        """Indices of the elements with an excess, highest first."""
        order = np.argsort(-self.excess, kind="stable")
        return order[: int(np.isfinite(self.excess).sum())]

    @property
    def above(self) -> list[int]:
        """Indices of the elements above the surface, highest first."""
        return [int(i) for i in self.order if self.excess[i] > ROUNDING]


def penetration(
    scheme: Scheme,
    surface: LimitSurface,
    region: BaseGeometry | None = None,
    *,
    known: float = -np.inf,
) -> Penetration:
    """Hold every element against a surface; exact over faces, not only at their corners.

    Args:
        scheme: the placed building.
        surface: the limit.
        region: polygon in which it holds, projected frame; None for everywhere. What reaches into it by less than `TOUCHING` is
            left out.
        known: an excess that is already known of, metres: what keeps the limit and is certainly lower need not be looked at.
    """
    inner = None if region is None else within(region)
    shapes = scheme.outline_shapes
    near = np.arange(len(shapes))
    if inner is not None:
        shapely.prepare(inner)
        near = np.flatnonzero(shapely.intersects(inner, shapes))
    shapes, tops = shapes[near], scheme.outline_heights[near, 1]
    lowest = surface.lowest_over(shapes)
    bounds = tops - lowest
    # Somewhere in its outline an element reaches its top, and nowhere there is the surface higher than this.
    sure = bounds - surface.steepness * _diagonals(shapes)
    if inner is not None:
        sure[~shapely.covers(inner, shapes)] = -np.inf
    found = _nothing(len(scheme.outlines))
    found.excess[near[sure > 0.0]] = sure[sure > 0.0]
    best, first = min(known, 0.0), 0
    order = np.argsort(-bounds, kind="stable")
    while first < len(order) and bounds[order[first]] > best:
        chosen = order[first : first + BATCH]
        best = _hold(scheme, surface, inner, near[chosen], found, best=best)
        first += BATCH
    rest = order[first:]
    unknown = rest[(bounds[rest] > 0.0) & ~(sure[rest] > 0.0)]
    if len(unknown):
        _hold(scheme, surface, inner, near[unknown], found, best=best)
    return found


def _nothing(count: int) -> Penetration:
    return Penetration(np.full(count, np.nan), np.full((count, 3), np.nan))


def _diagonals(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Length of the diagonal of each geometry's box, shape (N,)."""
    west, south, east, north = shapely.bounds(shapes).reshape(-1, 4).T
    found: NDArray[np.float64] = np.hypot(east - west, north - south)
    return found


def within(region: BaseGeometry) -> BaseGeometry:
    """A region without the strip along its border that bodies beside it may touch."""
    return shapely.buffer(region, -TOUCHING, join_style="mitre")


def plan_above(
    scheme: Scheme,
    surface: LimitSurface,
    elements: list[int],
    region: BaseGeometry | None = None,
) -> BaseGeometry:
    """What elements cover in plan where they are above a surface.

    Exact above a plane. A surface that bends is followed in steps of 1 m; at the distance r from the corner it bends around, its border
    is drawn off by at most 1 / (8 r) metres.

    Args:
        scheme: the placed building.
        surface: the limit.
        elements: indices of outlines.
        region: as for `penetration`.
    """
    shapes, lows = scheme.outline_shapes[elements], scheme.outline_heights[elements, 0]
    highest = surface.lowest_over(shapes) + surface.steepness * _diagonals(shapes)
    whole = lows >= highest
    covered = unite(shapes[whole])
    shapely.prepare(covered)
    # What lies below others that are wholly above adds nothing to the plan.
    crossing = np.flatnonzero(~whole & ~shapely.covers(covered, shapes))
    lifted = [above_ground(_body(scheme, elements[i]), surface.at) for i in crossing]
    meshes = [mesh for mesh in lifted if mesh is not None]
    parts = project_between(meshes, [0.0] * len(meshes), [np.inf] * len(meshes))
    covered = unite([covered, *(part.geometry for part in parts)])
    return covered if region is None else covered.intersection(region)


def _body(scheme: Scheme, index: int) -> Mesh:
    triangles = scheme.triangles(index)
    faces = np.arange(3 * len(triangles), dtype=np.int32).reshape(-1, 3)
    return welded(Mesh(triangles.reshape(-1, 3), faces))


def _hold(
    scheme: Scheme,
    surface: LimitSurface,
    region: BaseGeometry | None,
    chosen: NDArray[np.int64],
    found: Penetration,
    *,
    best: float,
) -> float:
    """Write the excess of some elements into `found`, as far as it may decide; hands back the greatest so far.

    Corners come first. A face that can neither rise above the worst corner, nor be the first of its element above the limit, is done with.
    """
    triangles, owners = scheme.bodies.triangles_of(chosen)
    bounds = _upper_bounds(triangles, surface)
    hopeful = bounds > min(0.0, best)
    triangles, owners, bounds = triangles[hopeful], owners[hopeful], bounds[hopeful]
    corners, owner = triangles.reshape(-1, 3), np.repeat(owners, 3)
    if region is not None:
        inside = shapely.intersects_xy(region, corners[:, 0], corners[:, 1])
        corners, owner = corners[inside], owner[inside]
    best = _write(found, surface, corners, owner, best=best)
    open_ = (bounds > best) | ((bounds > 0.0) & ~(found.excess[owners] > 0.0))
    points, owner = _candidates(triangles[open_], owners[open_], surface, region, best=best)
    return _write(found, surface, points, owner, best=best)


def _write(
    found: Penetration,
    surface: LimitSurface,
    points: NDArray[np.float64],
    owner: NDArray[np.int64],
    *,
    best: float,
) -> float:
    """Note points that rise higher than what is known of their elements; hands back the greatest excess so far."""
    if not len(points):
        return best
    excess = points[:, 2] - surface.at(points)
    higher = ~(excess <= found.excess[owner]) | np.isnan(found.points[owner, 0])
    points, owner, excess = points[higher], owner[higher], excess[higher]
    # The last point written to an element wins, so writing in rising order of excess leaves its worst.
    order = np.argsort(excess, kind="stable")
    found.excess[owner[order]] = excess[order]
    found.points[owner[order]] = points[order]
    return max(best, float(excess.max(initial=-np.inf)))


def _upper_bounds(triangles: NDArray[np.float64], surface: LimitSurface) -> NDArray[np.float64]:
    """What no point of each triangle exceeds the surface by: its top, over the surface's least within reach of its middle."""
    middle = triangles.mean(axis=1)
    reach = np.linalg.norm(triangles[:, :, :2] - middle[:, None, :2], axis=2).max(axis=1)
    bound: NDArray[np.float64] = (
        triangles[:, :, 2].max(axis=1) - surface.at(middle) + surface.steepness * reach
    )
    return bound


def _candidates(
    triangles: NDArray[np.float64],
    owners: NDArray[np.int64],
    surface: LimitSurface,
    region: BaseGeometry | None,
    *,
    best: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points, shape (N, 3), among which is the worst of each element that is not below `best`; and the element each is of."""
    edges, of = edges_inside(triangles, region)
    ends = edges.reshape(-1, 3)
    excess = (ends[:, 2] - surface.at(ends)).reshape(-1, 2)
    rising = _bounds_between(edges, excess, surface.steepness) > np.maximum(
        excess.max(axis=1), min(0.0, best)
    )
    inner, below = _over_corners(triangles, surface, region)
    return (
        np.concatenate([ends, surface.peaks(edges[rising]), inner]),
        np.concatenate([np.repeat(owners[of], 2), owners[of[rising]], owners[below]]),
    )


def _bounds_between(
    edges: NDArray[np.float64], excess: NDArray[np.float64], steepness: float
) -> NDArray[np.float64]:
    """What the excess between the ends of edges, shape (E, 2), cannot be more than.

    With m the rise of the edge and s the steepness, it grows by at most s + m a metre from the start, and s - m from the end.
    """
    length = np.linalg.norm(edges[:, 1, :2] - edges[:, 0, :2], axis=1)
    climb = edges[:, 1, 2] - edges[:, 0, 2]
    first, last = excess.T
    bound: NDArray[np.float64] = np.maximum(first, last)
    if steepness > 0.0:
        met = np.clip((last - first + steepness * length - climb) / (2.0 * steepness), 0.0, length)
        rise = climb / np.where(length > 0.0, length, 1.0)
        bound = np.maximum(bound, first + (steepness + rise) * met)
    return bound


def _over_corners(
    triangles: NDArray[np.float64], surface: LimitSurface, region: BaseGeometry | None
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points of faces straight above or below a surface's corners, and the triangle each is of."""
    corners = surface.corners()
    if region is not None and len(corners):
        corners = corners[shapely.intersects_xy(region, corners[:, 0], corners[:, 1])]
    wide = np.flatnonzero(narrowness(triangles) > SLIVER)
    if not len(corners) or not len(wide):
        return np.zeros((0, 3)), np.zeros(0, dtype=np.int64)
    faces = shapely.polygons(triangles[wide][:, :, :2])
    corner, face = shapely.STRtree(faces).query(shapely.points(corners), predicate="intersects")
    heights = heights_on(triangles[wide[face]], corners[corner])
    return np.column_stack([corners[corner], heights]), wide[face]
