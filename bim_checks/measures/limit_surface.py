"""Surfaces that limit how high may be built: a plane, or one that rises with the distance from something.

Both are known in closed form, so that the highest excess of a straight edge over them is too: nothing is sampled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

PARALLEL = 1e-12  # sine of the angle below which two directions do not cross
BATCH = 400_000  # pairs of edge and piece looked at together; bounds the memory to some 100 MB


class LimitSurface(Protocol):
    """A height a point in plan, orthogonal, metres; points in the projected frame."""

    @property
    def steepness(self) -> float:
        """The most the height changes over a metre in plan."""
        ...

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights, shape (N,), at points, shape (N, 2) or (N, 3)."""
        ...

    def lowest_over(self, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
        """A height not above the surface anywhere over each plane geometry, shape (N,)."""
        ...

    def corners(self) -> NDArray[np.float64]:
        """Points in plan, shape (C, 2), where a body may rise highest above it away from its own edges."""
        ...

    def peaks(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where straight edges rise highest above it between their ends.

        Args:
            edges: shape (E, 2, 3), metres.

        Returns:
            Shape (E, 3), a point of each edge; an end where no point between rises higher.
        """
        ...


@dataclass(frozen=True, eq=False)
class InclinedPlane:
    """A plane.

    Attributes:
        anchor: easting, northing and height of one of its points, metres.
        gradient: rise per metre eastward and northward.
    """

    anchor: tuple[float, float, float]
    gradient: tuple[float, float] = (0.0, 0.0)

    @property
    def steepness(self) -> float:
        """Rise per metre along the steepest way."""
        return float(np.hypot(*self.gradient))

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights below or above points."""
        east, north, height = self.anchor
        found: NDArray[np.float64] = (
            height
            + self.gradient[0] * (points[:, 0] - east)
            + self.gradient[1] * (points[:, 1] - north)
        )
        return found

    def lowest_over(self, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
        """The lowest height over the box around each geometry."""
        bounds = shapely.bounds(shapes)
        boxes = [self.at(bounds[:, [i, j]]) for i in (0, 2) for j in (1, 3)]
        lowest: NDArray[np.float64] = np.min(boxes, axis=0)
        return lowest

    def corners(self) -> NDArray[np.float64]:
        """None: over a plane an edge decides."""
        return np.zeros((0, 2))

    def peaks(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """An end: the excess over a plane is linear along an edge."""
        return edges[:, 0]


def plane_through(points: NDArray[np.float64]) -> InclinedPlane:
    """The plane through three points.

    Args:
        points: shape (3, 3), easting, northing, height, metres.

    Raises:
        ValueError: seen from above they lie on one line.
    """
    matrix = points[1:, :2] - points[0, :2]
    extent = float(np.linalg.norm(matrix, axis=1).max())
    if abs(np.linalg.det(matrix)) <= PARALLEL * extent**2:
        raise ValueError("three points of a plane must not lie on one line in plan")
    slope = np.linalg.solve(matrix, points[1:, 2] - points[0, 2])
    east, north, height = points[0].tolist()
    return InclinedPlane((east, north, height), (float(slope[0]), float(slope[1])))


@dataclass(frozen=True, eq=False)
class RisingSurface:
    """Height ``start + slope (distance - offset)``, at most `cap`, where distance is taken in plan from something.

    The excess of a body over it, ``z - start - slope distance``, is the largest of its excesses over the same surface about each
    straight piece of that something. About one piece the distance is convex, so the excess is concave along an edge and has its
    greatest value where it is level, or at an end. Inside a face it can only be greatest on the something itself.

    Attributes:
        source: point, line or polygon, projected frame; the distance is 0 inside a polygon.
        start: height at the distance `offset`, metres.
        slope: rise per metre, 0 or more.
        offset: metres.
        cap: metres; None where nothing caps it.
    """

    source: BaseGeometry
    start: float
    slope: float
    offset: float = 0.0
    cap: float | None = None

    @property
    def steepness(self) -> float:
        """The slope."""
        return self.slope

    def at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights below or above points."""
        if isinstance(self.source, shapely.Point):  # a view cone; a tenth of the time
            return self._rising(
                np.hypot(points[:, 0] - self.source.x, points[:, 1] - self.source.y)
            )
        return self._rising(shapely.distance(shapely.points(points[:, :2]), self.source))

    def lowest_over(self, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
        """The height where each geometry is nearest."""
        return self._rising(shapely.distance(shapes, self.source))

    def corners(self) -> NDArray[np.float64]:
        """The corners of what it rises from."""
        found: NDArray[np.float64] = shapely.get_coordinates(self.source)
        return found

    def peaks(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """The highest of the points where the excess about one piece is level, changes its form, or ends."""
        shares = np.zeros(len(edges))
        step = max(1, BATCH // len(self._pieces))
        for first in range(0, len(edges), step):
            part = edges[first : first + step]
            shares[first : first + step] = self._shares_of_peaks(part)
        return edges[:, 0] + shares[:, None] * (edges[:, 1] - edges[:, 0])

    def _rising(self, distance: NDArray[np.float64]) -> NDArray[np.float64]:
        height = self.start + self.slope * (distance - self.offset)
        return height if self.cap is None else np.minimum(height, self.cap)

    @cached_property
    def _pieces(self) -> NDArray[np.float64]:
        """Straight pieces of the source, shape (K, 2, 2); a point is a piece of no length."""
        pieces = []
        for part in shapely.get_parts(self.source):
            rings = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
            for ring in rings:
                line = shapely.get_coordinates(ring)
                ends = line if len(line) == 1 else line[1:]
                starts = line if len(line) == 1 else line[:-1]
                pieces.append(np.stack([starts, ends], axis=1))
        return np.concatenate(pieces)

    def _shares_of_peaks(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of each edge's length where it rises highest, shape (E,)."""
        start, way = edges[:, None, 0, :2], (edges[:, 1, :2] - edges[:, 0, :2])[:, None]
        length = np.hypot(way[..., 0], way[..., 1])
        climb = (edges[:, 1, 2] - edges[:, 0, 2])[:, None]
        a, b = self._pieces[None, :, 0], self._pieces[None, :, 1]
        along = b - a
        with np.errstate(divide="ignore", invalid="ignore"):
            candidates = [
                *(_level_share(start, way, length, climb, end, self.slope) for end in (a, b)),
                _cross(a - start, along) / _cross(way, along),
                *(_dot(end - start, along) / _dot(way, along) for end in (a, b)),
            ]
        shares = np.stack([np.broadcast_to(np.float64(0.0), candidates[0].shape), *candidates])
        shares = np.clip(np.nan_to_num(shares, nan=0.0, posinf=0.0, neginf=0.0), 0.0, 1.0)
        points = start + shares[..., None] * way
        excess = shares * climb - self.slope * _distance(points, a, along)
        flat = np.moveaxis(excess, 0, -1).reshape(len(edges), -1)
        best = flat.argmax(axis=1)
        found: NDArray[np.float64] = np.moveaxis(shares, 0, -1).reshape(len(edges), -1)[
            np.arange(len(edges)), best
        ]
        return found


def _level_share(
    start: NDArray[np.float64],
    way: NDArray[np.float64],
    length: NDArray[np.float64],
    climb: NDArray[np.float64],
    corner: NDArray[np.float64],
    slope: float,
) -> NDArray[np.float64]:
    """Share of an edge where its rise equals that of the cone about a corner.

    With l along the edge from the foot of the corner, h the corner's distance from the edge's line and m the edge's rise per metre:
    m = slope l / sqrt(h^2 + l^2), hence l = h m / sqrt(slope^2 - m^2). No such place where the edge is steeper than the cone.
    """
    foot = _dot(corner - start, way) / length**2
    aside = np.abs(_cross(way, corner - start)) / length
    rise = climb / length
    level: NDArray[np.float64] = foot + aside * rise / np.sqrt(slope**2 - rise**2) / length
    return level


def _distance(
    points: NDArray[np.float64], start: NDArray[np.float64], along: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of points from straight pieces, broadcast."""
    squared = _dot(along, along)
    share = np.clip(_dot(points - start, along) / np.where(squared > 0.0, squared, 1.0), 0.0, 1.0)
    gap = points - start - share[..., None] * along
    found: NDArray[np.float64] = np.hypot(gap[..., 0], gap[..., 1])
    return found


def _cross(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    return found


def _dot(u: NDArray[np.float64], v: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = u[..., 0] * v[..., 0] + u[..., 1] * v[..., 1]
    return found
