"""What stands around between points and the sun: buildings that stay, and the ground itself where it rises.

Only what reaches above the lowest sun of the band, seen from the points, can ever hide it; the rest is left out before a ray is cast.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import REFRACTION, Eye
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sunshine import Obstacles, SunPoints, obstacles
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.terrain import Terrain

BLIND_CELLS = 2.0  # cells of the terrain that nothing is said of in front of a point: its own foot is not drawn so finely


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Buildings as obstacles.

    Attributes:
        obstacles: all of their triangles.
        buildings: those that are high enough to matter.
        first: shape (buildings,), index of the first triangle of each.
    """

    obstacles: Obstacles
    buildings: tuple[ExistingBuilding, ...]
    first: NDArray[np.int64]

    def building(self, triangle: int) -> ExistingBuilding:
        """Whose triangle it is."""
        return self.buildings[int(np.searchsorted(self.first, triangle, side="right")) - 1]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground as an obstacle.

    Attributes:
        obstacles: the squares of it that rise above the lowest sun of the band.
        points: those looked from, with the ones it says nothing of marked as buried.
    """

    obstacles: Obstacles
    points: SunPoints


def standing(
    existing: ExistingBuildings,
    points: SunPoints,
    path: SunPath,
    *,
    without: AbstractSet[str],
    ground_rise: float,
) -> Standing:
    """The buildings that can stand between points and the sun.

    Args:
        existing: the city's.
        points: looked from; at least one.
        path: the sun's.
        without: identifiers of those that make way.
        ground_rise: by how much the ground anywhere is higher than the lowest point, metres; bounds how far is looked.
    """
    low, high = _extent(points)
    tangent = math.tan(path.lowest)
    reach = (max(ground_rise, 0.0) + existing.tallest) / max(tangent, 1e-9)
    box = (low[0] - reach, low[1] - reach, high[0] + reach, high[1] + reach)
    found = [
        building
        for building in existing.near(box)
        if building.identifier not in without
        and building.high - low[2] > tangent * _gap(building, low, high)
    ]
    triangles = [building.mesh.triangles() for building in found]
    first = np.cumsum([0, *(len(part) for part in triangles)])[:-1]
    whole = np.concatenate(triangles) if triangles else np.zeros((0, 3, 3))
    return Standing(obstacles(whole, low), tuple(found), first.astype(np.int64))


def ground(
    terrain: Terrain, points: SunPoints, path: SunPath, *, refraction: float = REFRACTION
) -> Ground:
    """The ground that can stand between points and the sun.

    Seen from the middle of the points, it is lowered by Earth curvature and refraction, (1 - k) d^2 / 2R; for a point 100 m
    from the middle that is off by 1e-5 rad at most. The raster's cell centres are joined by triangles, each square cut from north-west to south-east, as skylines
    are. What lies nearer than `BLIND_CELLS` cells along the ray does not count.

    Args:
        terrain: the ground.
        points: looked from; at least one.
        path: the sun's.
        refraction: coefficient k.
    """
    low, high = _extent(points)
    middle = (low + high) / 2.0
    radius = math.hypot(*(high - low)[:2]) / 2.0
    rows, columns = terrain.heights.shape
    east = terrain.west + (np.arange(columns) + 0.5) * terrain.cell - middle[0]
    north = terrain.north - (np.arange(rows) + 0.5) * terrain.cell - middle[1]
    distance = np.hypot(east[None, :], north[:, None])
    heights = terrain.heights - Eye((0.0, 0.0, 0.0), refraction).drop(distance)
    nearest = np.maximum(distance - radius - terrain.cell, 0.0)
    may = heights - low[2] > math.tan(path.lowest) * nearest
    triangles = _triangles(east, north, heights, _squares(may)) + np.array([*middle[:2], 0.0])
    own = terrain.height_at(points.places[0])
    # Where no ground is known the comparison is false too.
    above: NDArray[np.bool_] = np.asarray((points.places[:, :, 2] >= own[None, :]).all(axis=0))
    begins = BLIND_CELLS * terrain.cell

    def below(places: NDArray[np.float64]) -> NDArray[np.bool_]:
        return terrain.height_at(places) > places[:, 2]

    found = obstacles(triangles, low, begins=begins, below=below)
    return Ground(found, replace(points, buried=~above))


def _extent(points: SunPoints) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    places = points.places.reshape(-1, 3)
    return places.min(axis=0), places.max(axis=0)


def _gap(building: ExistingBuilding, low: NDArray[np.float64], high: NDArray[np.float64]) -> float:
    """Between the boxes of a building and of points, in plan, metres."""
    corners = building.mesh.vertices[:, :2]
    apart = np.maximum(corners.min(axis=0) - high[:2], low[:2] - corners.max(axis=0))
    return float(np.hypot(*np.maximum(apart, 0.0)))


def _squares(may: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Row and column of the north-west corner of squares of which any corner may."""
    some = may[:-1, :-1] | may[:-1, 1:] | may[1:, :-1] | may[1:, 1:]
    row, column = np.nonzero(some)
    return row, column


def _triangles(
    east: NDArray[np.float64],
    north: NDArray[np.float64],
    up: NDArray[np.float64],
    squares: tuple[NDArray[np.intp], NDArray[np.intp]],
) -> NDArray[np.float64]:
    """The two triangles of squares, shape (M, 3, 3); without those that have no ground."""
    r, c = squares

    def corner(down: int, right: int) -> NDArray[np.float64]:
        return np.column_stack([east[c + right], north[r + down], up[r + down, c + right]])

    nw, ne, sw, se = corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)
    both = np.concatenate([np.stack([nw, se, ne], axis=1), np.stack([nw, sw, se], axis=1)])
    known: NDArray[np.float64] = both[np.isfinite(both).all(axis=(1, 2))]
    return known
