"""Obstacle limitation surfaces of one runway (ICAO Annex 14 volume I chapter 4), in closed form.

Every surface is a plane over a polygon in the runway's own frame, or rises from the line between the ends of the strip; none is
sampled. What may be built at a point is the least of all surfaces that cover it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.aerodrome import Aerodrome, RunwayEnd
from bim_checks.measures.limit_surface import (
    InclinedPlane,
    LimitSurface,
    RisingSurface,
    plane_through,
)
from cim.text import Text

# Straight pieces a quarter circle: at 4,000 m a border is drawn 1.2 mm inside the circle, which moves a cone of 5 % by 0.06 mm.
ROUND = 1024
LEAST_AREA = 1e-6  # m2; a patch smaller than this is none

INNER_HORIZONTAL = Text(zh="内水平面", en="the inner horizontal surface")
CONICAL = Text(zh="锥形面", en="the conical surface")
APPROACH = Text(
    zh="{end} 端进近面第 {number} 段", en="the approach surface of {end}, section {number}"
)
TRANSITIONAL = Text(zh="{end} 端过渡面", en="the transitional surface of {end}")
STRIP_SIDE = Text(zh="升降带侧过渡面", en="the transitional surface beside the strip")
TAKE_OFF = Text(zh="{end} 端起飞爬升面", en="the take-off climb surface over {end}")
INNER_APPROACH = Text(zh="{end} 端内进近面", en="the inner approach surface of {end}")
INNER_TRANSITIONAL = Text(zh="{end} 端内过渡面", en="the inner transitional surface of {end}")
BALKED_LANDING = Text(zh="{end} 端复飞面", en="the balked landing surface of {end}")
OUTER = Text(zh="外水平面（研究）", en="the outer surface (for study)")


@dataclass(frozen=True, slots=True, eq=False)
class AirspaceSurface:
    """One surface, and where it holds: polygon, metres, projected frame."""

    name: Text
    surface: LimitSurface
    region: BaseGeometry


def airspace_surfaces(aerodrome: Aerodrome) -> list[AirspaceSurface]:
    """All surfaces that limit, without the outer one; metres above datum, projected frame."""
    first, second = (_Direction.over(aerodrome, i) for i in range(2))
    found = [*_around(aerodrome, first), *_beside_the_strip(aerodrome, first)]
    for direction in (first, second):
        if direction.end.landing:
            found += _landing(aerodrome, direction)
        if direction.end.take_off:
            found += _take_off(aerodrome, direction)
    return found


def outer_surface(aerodrome: Aerodrome) -> AirspaceSurface | None:
    """Above which, far out, a building is to be studied; None where the aerodrome states none."""
    if aerodrome.outer is None:
        return None
    first, second = aerodrome.ends
    middle = shapely.Point(
        (first.easting + second.easting) / 2.0, (first.northing + second.northing) / 2.0
    )
    height = aerodrome.elevation + aerodrome.outer.height
    region = middle.buffer(aerodrome.outer.radius, quad_segs=ROUND)
    return AirspaceSurface(OUTER, _level(height), region)


def limit_at(
    surfaces: list[AirspaceSurface], points: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The height that may be reached, and the surface that says so.

    Args:
        surfaces: any.
        points: shape (N, 2), metres, projected frame.

    Returns:
        The least height of the surfaces that cover each point, shape (N,), infinity where none does; and its index, -1 there.
    """
    heights = np.full((len(surfaces), len(points)), np.inf)
    places = shapely.points(points)
    for row, each in zip(heights, surfaces, strict=True):
        covered = shapely.covers(each.region, places)
        row[covered] = each.surface.at(points[covered])
    lowest = heights.min(axis=0, initial=np.inf)
    which = np.where(np.isfinite(lowest), heights.argmin(axis=0), -1)
    return lowest, which.astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Direction:
    """A frame in which x runs outward from the threshold of one end and y to the left of it.

    Attributes:
        end: whose threshold is at x = 0.
        origin: the threshold, metres, projected frame.
        outward: unit vector.
        rear: x of the runway's other end; negative.
        elevations: of the runway at its own end and at the other, metres.
    """

    end: RunwayEnd
    origin: tuple[float, float]
    outward: tuple[float, float]
    rear: float
    elevations: tuple[float, float]

    @classmethod
    def over(cls, aerodrome: Aerodrome, index: int) -> _Direction:
        """The frame of one of the two ends."""
        own, other = aerodrome.ends[index], aerodrome.ends[1 - index]
        length = aerodrome.length
        outward = (
            (own.easting - other.easting) / length,
            (own.northing - other.northing) / length,
        )
        return cls(
            end=own,
            origin=(
                own.easting - own.displaced * outward[0],
                own.northing - own.displaced * outward[1],
            ),
            outward=outward,
            rear=own.displaced - length,
            elevations=(own.elevation, other.elevation),
        )

    def centreline(self, x: float) -> float:
        """Elevation of the runway's centre line, level beyond its ends; metres."""
        return float(
            np.interp(x, (self.rear, self.end.displaced), (self.elevations[1], self.elevations[0]))
        )

    def placed(self, corners: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corners, shape (K, 3), in the projected frame."""
        east, north = self.outward
        turned = corners[:, :2] @ np.array([[east, north], [-north, east]])
        return np.column_stack([turned + np.array(self.origin), corners[:, 2]])

    def patch(
        self, name: Text, corners: list[tuple[float, float, float]]
    ) -> AirspaceSurface | None:
        """The plane of the first three corners over the polygon of all; None where that has no area."""
        placed = self.placed(np.array(corners, dtype=np.float64))
        region = shapely.Polygon(placed[:, :2])
        if region.area < LEAST_AREA:
            return None
        return AirspaceSurface(name, plane_through(placed[:3]), region)


@dataclass(frozen=True, slots=True)
class _Edge:
    """A side of a surface from (x, half width, elevation) to another such place; the other side mirrors it."""

    start: tuple[float, float, float]
    end: tuple[float, float, float]

    def up_to(self, top: float) -> _Edge | None:
        """As much of it as lies below a height; None where it starts no lower."""
        low, high = self.start[2], self.end[2]
        if low >= top:
            return None
        share = 1.0 if high <= top else (top - low) / (high - low)
        x, half, z = (a + share * (b - a) for a, b in zip(self.start, self.end, strict=True))
        return _Edge(self.start, (x, half, z))


def _named(name: Text, direction: _Direction) -> Text:
    return name.format(end=direction.end.name)


def _level(height: float) -> InclinedPlane:
    return InclinedPlane((0.0, 0.0, height))


def _around(aerodrome: Aerodrome, direction: _Direction) -> Iterator[AirspaceSurface]:
    """The inner horizontal and the conical surface, about the line between the ends of the strip."""
    beyond = aerodrome.strip.beyond
    ends = [(direction.end.displaced + beyond, 0.0, 0.0), (direction.rear - beyond, 0.0, 0.0)]
    line = shapely.LineString(direction.placed(np.array(ends))[:, :2])
    radius = aerodrome.inner_horizontal.radius
    height = aerodrome.elevation + aerodrome.inner_horizontal.height
    inner = line.buffer(radius, quad_segs=ROUND)
    yield AirspaceSurface(INNER_HORIZONTAL, _level(height), inner)
    cone = aerodrome.conical
    outer = line.buffer(radius + cone.height / cone.slope, quad_segs=ROUND)
    rising = RisingSurface(line, height, cone.slope, offset=radius)
    yield AirspaceSurface(CONICAL, rising, outer.difference(inner))


def _beside_the_strip(aerodrome: Aerodrome, direction: _Direction) -> list[AirspaceSurface]:
    if aerodrome.transitional is None:
        return []
    strip, half = aerodrome.strip, aerodrome.strip.width / 2.0
    front, rear = direction.end.displaced + strip.beyond, direction.rear - strip.beyond
    return _flanks(
        aerodrome,
        direction,
        STRIP_SIDE,
        _along_the_runway(direction, rear, front, half),
        aerodrome.transitional.slope,
    )


def _along_the_runway(direction: _Direction, rear: float, front: float, half: float) -> list[_Edge]:
    """Edges beside the runway between two x; level beyond its ends."""
    bends = [x for x in (direction.rear, direction.end.displaced) if rear < x < front]
    places = [(x, half, direction.centreline(x)) for x in (rear, *bends, front)]
    return [_Edge(a, b) for a, b in pairwise(places)]


def _flanks(
    aerodrome: Aerodrome, direction: _Direction, name: Text, edges: list[_Edge], slope: float
) -> list[AirspaceSurface]:
    """Planes that rise sideways from edges on both sides, up to the inner horizontal surface."""
    top = aerodrome.elevation + aerodrome.inner_horizontal.height
    found: list[AirspaceSurface | None] = []
    for edge in edges:
        # A runway may fall from one place to the next: taken from its lower end, the part below is the beginning.
        rising = edge if edge.start[2] <= edge.end[2] else _Edge(edge.end, edge.start)
        low = rising.up_to(top)
        if low is None:
            continue
        (x0, half0, z0), (x1, half1, z1) = low.start, low.end
        up0, up1 = half0 + (top - z0) / slope, half1 + (top - z1) / slope
        for side in (1.0, -1.0):
            corners = [
                (x0, side * half0, z0),
                (x1, side * half1, z1),
                (x0, side * up0, top),
            ]
            found.append(_flank(direction, name, corners, (x1, side * up1, top)))
    return [patch for patch in found if patch is not None]


def _flank(
    direction: _Direction,
    name: Text,
    corners: list[tuple[float, float, float]],
    last: tuple[float, float, float],
) -> AirspaceSurface | None:
    """A plane by its lower edge and the place above the start of it, over these and the place above the end."""
    placed = direction.placed(np.array([*corners, last], dtype=np.float64))
    region = shapely.Polygon(placed[[0, 1, 3, 2], :2])
    if region.area < LEAST_AREA:
        return None
    return AirspaceSurface(name, plane_through(placed[:3]), region)


def _landing(aerodrome: Aerodrome, direction: _Direction) -> list[AirspaceSurface]:
    """What aircraft need that approach over an end."""
    found: list[AirspaceSurface | None] = []
    sides: list[_Edge] = []
    if aerodrome.approach is not None:
        sides = _approach_sides(aerodrome, direction)
        for number, side in enumerate(sides, 1):
            name = APPROACH.format(end=direction.end.name, number=number)
            found.append(direction.patch(name, _trapezoid(side)))
    if aerodrome.transitional is not None:
        found += _flanks(
            aerodrome,
            direction,
            _named(TRANSITIONAL, direction),
            sides,
            aerodrome.transitional.slope,
        )
    return [*(patch for patch in found if patch), *_obstacle_free_zone(aerodrome, direction)]


def _approach_sides(aerodrome: Aerodrome, direction: _Direction) -> list[_Edge]:
    approach = aerodrome.approach
    sides: list[_Edge] = []
    if approach is not None:
        place = (approach.distance, approach.inner_width / 2.0, direction.centreline(0.0))
        for section in approach.sections:
            x, half, z = place
            length = section.length
            after = (
                x + length,
                half + approach.divergence * length,
                z + section.slope * length,
            )
            sides.append(_Edge(place, after))
            place = after
    return sides


def _trapezoid(side: _Edge) -> list[tuple[float, float, float]]:
    (x0, half0, z0), (x1, half1, z1) = side.start, side.end
    return [(x0, -half0, z0), (x0, half0, z0), (x1, half1, z1), (x1, -half1, z1)]


def _obstacle_free_zone(aerodrome: Aerodrome, direction: _Direction) -> list[AirspaceSurface]:
    """Inner approach, balked landing, and the inner transitional surface between and beside them."""
    top = aerodrome.elevation + aerodrome.inner_horizontal.height
    found: list[AirspaceSurface | None] = []
    edges: list[_Edge] = []
    inner, balked = aerodrome.inner_approach, aerodrome.balked_landing
    if inner is not None:
        z, half = direction.centreline(0.0), inner.width / 2.0
        end = inner.distance + inner.length
        side = _Edge((inner.distance, half, z), (end, half, z + inner.slope * inner.length))
        found.append(direction.patch(_named(INNER_APPROACH, direction), _trapezoid(side)))
        edges.append(side)
    if balked is not None:
        start = max(-balked.distance, direction.rear)
        z, half = direction.centreline(start), balked.inner_width / 2.0
        length = (top - z) / balked.slope
        if length > 0.0:
            side = _Edge((start, half, z), (start - length, half + balked.divergence * length, top))
            found.append(direction.patch(_named(BALKED_LANDING, direction), _trapezoid(side)))
            edges.append(side)
    if aerodrome.inner_transitional is not None and inner is not None and balked is not None:
        start = max(-balked.distance, direction.rear)
        edges += _along_the_runway(direction, start, inner.distance, inner.width / 2.0)
        found += _flanks(
            aerodrome,
            direction,
            _named(INNER_TRANSITIONAL, direction),
            edges,
            aerodrome.inner_transitional.slope,
        )
    return [patch for patch in found if patch is not None]


def _take_off(aerodrome: Aerodrome, direction: _Direction) -> list[AirspaceSurface]:
    """The climb over an end: widening to its final width, then straight on."""
    climb = aerodrome.take_off_climb
    if climb is None:
        return []
    end = direction.end
    x = end.displaced + max(climb.distance, end.clearway)
    half, final = climb.inner_width / 2.0, climb.final_width / 2.0
    widened = min((final - half) / climb.divergence, climb.length)
    wide = half + climb.divergence * widened
    z = end.elevation
    far = z + climb.slope * climb.length
    at = z + climb.slope * widened
    corners = [
        (x, -half, z),
        (x, half, z),
        (x + widened, wide, at),
        (x + climb.length, wide, far),
        (x + climb.length, -wide, far),
        (x + widened, -wide, at),
    ]
    patch = direction.patch(_named(TAKE_OFF, direction), corners)
    return [] if patch is None else [patch]
