"""The smallest move of a shape in plan that clears what it must not touch.

A shape S moved by v overlaps an obstacle Z exactly when v lies inside the Minkowski sum of Z and -S (Lozano-Perez, "Spatial
planning: a configuration space approach", IEEE Transactions on Computers 32, 1983). The smallest move that clears it therefore
leads from the origin to the nearest point on the edge of that sum, which is the union of the sums of convex parts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.wording import towards, up_to_centimetre
from bim_checks.tolerance import CONTACT
from cim.text import Text

BOUND = 20.0  # m; a building that has to move farther is another scheme
MOST_PAIRS = 20_000  # of triangles; beyond, the shape is covered by a simpler one
COVERS = (0.0, 0.05, 0.25, 1.0)  # m; how much wider the simpler shape may be


@dataclass(frozen=True, slots=True)
class Move:
    """A move in plan.

    Attributes:
        east, north: metres, the city's projected frame.
    """

    east: float
    north: float

    @property
    def length(self) -> float:
        """Metres."""
        return math.hypot(self.east, self.north)

    @property
    def bearing(self) -> float:
        """Degrees clockwise from grid north, 0 to 360."""
        return math.degrees(math.atan2(self.east, self.north)) % 360.0

    @property
    def towards(self) -> Text:
        """The nearest of eight compass directions."""
        return towards(self.east, self.north)


def clearing_move(shape: BaseGeometry, obstacle: BaseGeometry, bound: float = BOUND) -> Move | None:
    """The smallest move, its length rounded up to whole centimetres, after which two shapes share no area.

    Args:
        shape: what is moved; polygons, metres.
        obstacle: what it must not overlap, same frame.
        bound: the longest move, metres.

    Returns:
        None where no move within `bound` clears it, or none could be found in reasonable time.
    """
    west, south, east, north = shape.bounds
    window = shapely.box(west - bound, south - bound, east + bound, north + bound)
    near = _from(obstacle.intersection(window), west, south)
    own = _from(shape, west, south)
    blocked = _blocked(own, near)
    if blocked is None or blocked.is_empty:
        return None
    origin = shapely.Point(0.0, 0.0)
    way = shapely.shortest_line(origin, blocked.boundary)
    if way is None or way.length > bound or way.length == 0.0:
        return None
    (_, _), (x, y) = shapely.get_coordinates(way)
    longer = up_to_centimetre(way.length) / way.length
    move = Move(float(x * longer), float(y * longer))
    return move if _clears(own, near, move) else None


def outside_of(home: BaseGeometry, shape: BaseGeometry, bound: float = BOUND) -> BaseGeometry:
    """What a shape that must stay inside `home` must not touch, as far as moves within `bound` can reach."""
    west, south, east, north = shape.bounds
    reach = bound + 1.0
    return shapely.box(west - reach, south - reach, east + reach, north + reach).difference(home)


def _from(shape: BaseGeometry, west: float, south: float) -> BaseGeometry:
    """Coordinates of a city leave too few digits for sums; they are taken from the shape's own corner."""
    return affinity.translate(shape, -west, -south)


def _blocked(shape: BaseGeometry, obstacle: BaseGeometry) -> BaseGeometry | None:
    """All moves after which the two overlap; None where that is too much to find out."""
    theirs = _triangles(obstacle)
    for wider in COVERS:
        cover = shape.buffer(wider, join_style="mitre").simplify(wider) if wider else shape
        own = _triangles(cover)
        if len(own) * len(theirs) <= MOST_PAIRS:
            sums = theirs[:, None, :, None, :] - own[None, :, None, :, :]
            points = sums.reshape(-1, 9, 2)
            return shapely.union_all(shapely.convex_hull(shapely.multipoints(list(points))))
    return None


def _triangles(shape: BaseGeometry) -> NDArray[np.float64]:
    """Corners of triangles that fill a shape, shape (T, 3, 2)."""
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    parts = shapely.get_parts(shapely.constrained_delaunay_triangles(polygons))
    if not len(parts):
        return np.zeros((0, 3, 2))
    corners: NDArray[np.float64] = shapely.get_coordinates(parts).reshape(-1, 4, 2)[:, :3]
    return corners


def _clears(shape: BaseGeometry, obstacle: BaseGeometry, move: Move) -> bool:
    moved = affinity.translate(shape, move.east, move.north)
    shared = moved.intersection(obstacle)
    return bool(shared.buffer(-CONTACT / 2.0).is_empty)
