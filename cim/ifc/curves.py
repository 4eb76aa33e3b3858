"""Closed rings of points from the curves of a representation.

Only what a parcel or footprint is drawn with in practice: polylines, indexed polycurves, composite and trimmed curves of lines and
circles, whole circles, filled areas, mapped items. Anything else is counted, never guessed.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from ifcopenshell.util import placement as placement_util
from numpy.typing import NDArray

Points = NDArray[np.float64]

ARC_SAG = 1e-3  # m between an arc and its chords
CLOSED = 1e-3  # m between two ends that are meant to be one
DEPTH = 16  # mapped items and composites inside one another
MOST_CURVES = (
    100_000  # of one site, counted as often as they are drawn: nested ones unfold without end
)
MOST_CHORDS = 10_000  # of one arc: 1 mm on a radius of 10 km
BROKEN = (ArithmeticError, AttributeError, IndexError, TypeError, ValueError, np.linalg.LinAlgError)
"""What a curve raises that lacks a part or contradicts its schema."""


class CurveReader:
    """Reads curves of one file.

    Args:
        length_unit: metres per project length unit.
        angle_unit: radians per project angle unit.
    """

    def __init__(self, length_unit: float, angle_unit: float) -> None:
        self._length = length_unit
        self._angle = angle_unit
        self.unknown: Counter[str] = Counter()
        """Classes of curves that could not be read, and how often."""
        self.open = 0
        """Chains of curves that do not close."""
        self._drawn = 0

    def rings(self, items: Iterable[Any], matrix: Points) -> tuple[Points, ...]:
        """Closed rings drawn by items of a representation; pieces are joined end to end.

        Args:
            items: IfcRepresentationItem.
            matrix: shape (4, 4), item frame -> engineering CRS, metres.

        Returns:
            Each shape (N, 3), N >= 3, metres, engineering CRS, the first point not repeated.
        """
        self._drawn = 0
        pieces = [piece for item in items for piece in self._pieces(item, 0) if len(piece) >= 2]
        rings = []
        for chain in _chained(pieces):
            points = chain @ matrix[:3, :3].T + matrix[:3, 3]
            ring = _without_repeats(points)
            if np.linalg.norm(points[0] - points[-1]) > CLOSED or len(ring) < 3:
                self.open += 1
            else:
                rings.append(ring)
        return tuple(rings)

    def _pieces(self, item: Any, depth: int) -> Iterator[Points]:
        """Curves of an item as points, shape (N, 3), metres, item frame; one that is broken is counted."""
        self._drawn += 1
        if depth > DEPTH or self._drawn > MOST_CURVES:
            self.unknown[item.is_a()] += 1
            return
        try:
            yield from self._parts(item, depth)
        except BROKEN:
            self.unknown[item.is_a()] += 1

    def _parts(self, item: Any, depth: int) -> Iterator[Points]:
        if item.is_a("IfcGeometricSet"):
            for element in item.Elements or ():
                if not element.is_a("IfcPoint"):
                    yield from self._pieces(element, depth + 1)
        elif item.is_a("IfcMappedItem"):
            yield from self._mapped(item, depth)
        elif item.is_a("IfcAnnotationFillArea"):
            for curve in (item.OuterBoundary, *(item.InnerBoundaries or ())):
                yield from self._pieces(curve, depth + 1)
        else:
            points = self._curve(item, depth)
            if points is None or not np.isfinite(points).all():
                self.unknown[item.is_a()] += 1
            else:
                yield points

    def _mapped(self, item: Any, depth: int) -> Iterator[Points]:
        matrix = placement_util.get_mappeditem_transformation(item)
        matrix[:3, 3] *= self._length
        for inner in item.MappingSource.MappedRepresentation.Items or ():
            for points in self._pieces(inner, depth + 1):
                yield points @ matrix[:3, :3].T + matrix[:3, 3]

    def _curve(self, curve: Any, depth: int) -> Points | None:
        if curve.is_a("IfcPolyline"):
            return self._points([point.Coordinates for point in curve.Points or ()])
        if curve.is_a("IfcIndexedPolyCurve"):
            return self._indexed(curve)
        if curve.is_a("IfcCircle"):
            return self._arc(curve, 0.0, 2.0 * math.pi)
        if curve.is_a("IfcTrimmedCurve"):
            return self._trimmed(curve)
        if curve.is_a("IfcCompositeCurve") and depth <= DEPTH:
            return self._composite(curve, depth)
        return None

    def _points(self, coordinates: Iterable[Iterable[float]]) -> Points:
        rows = [(*map(float, point), 0.0, 0.0)[:3] for point in coordinates]
        return np.array(rows, dtype=np.float64).reshape(-1, 3) * self._length

    def _indexed(self, curve: Any) -> Points:
        points = self._points(curve.Points.CoordList)
        if not curve.Segments:
            return points
        parts = []
        for segment in curve.Segments:
            run = points[np.array(segment.get_argument(0), dtype=np.int64) - 1]
            parts.append(_arc_through(run) if segment.is_a("IfcArcIndex") else run)
        return np.concatenate(parts)

    def _composite(self, curve: Any, depth: int) -> Points | None:
        parts = []
        for segment in curve.Segments or ():
            self._drawn += 1
            if self._drawn > MOST_CURVES:
                return None
            points = self._curve(segment.ParentCurve, depth + 1)
            if points is None:
                return None
            parts.append(points if segment.SameSense else points[::-1])
        return np.concatenate(parts) if parts else None

    def _trimmed(self, curve: Any) -> Points | None:
        basis = curve.BasisCurve
        if basis.is_a("IfcLine"):
            ends = [self._on_line(basis, trim) for trim in (curve.Trim1, curve.Trim2)]
            points = np.array(ends)
        elif basis.is_a("IfcCircle"):
            start, end = (self._on_circle(basis, trim) for trim in (curve.Trim1, curve.Trim2))
            if curve.SenseAgreement:
                points = self._arc(basis, start, start + (end - start) % (2.0 * math.pi))
            else:
                points = self._arc(basis, start, start - (start - end) % (2.0 * math.pi))
        else:
            return None
        return points

    def _on_line(self, line: Any, trim: Any) -> Points:
        point, parameter = _trim(trim)
        if point is not None:
            return np.asarray(self._points([point])[0])
        step = self._points([line.Dir.Orientation.DirectionRatios])[0] / self._length
        start = self._points([line.Pnt.Coordinates])[0]
        size = float(np.linalg.norm(step))
        if size == 0.0:
            raise ZeroDivisionError(line.id())
        length = float(line.Dir.Magnitude) * self._length * (parameter or 0.0)
        return np.asarray(start + step / size * length)

    def _on_circle(self, circle: Any, trim: Any) -> float:
        """Angle of a trimming point, radians."""
        point, parameter = _trim(trim)
        if parameter is not None:
            return parameter * self._angle
        matrix = self._placed(circle)
        local = np.linalg.inv(matrix) @ np.append(self._points([point or (0.0,)])[0], 1.0)
        return math.atan2(local[1], local[0])

    def _arc(self, circle: Any, start: float, end: float) -> Points:
        radius = float(circle.Radius) * self._length
        matrix = self._placed(circle)
        angles = np.linspace(start, end, _chords(radius, abs(end - start)) + 1)
        local = radius * np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1)
        return np.asarray(local @ matrix[:3, :3].T + matrix[:3, 3])

    def _placed(self, conic: Any) -> Points:
        matrix = placement_util.get_axis2placement(conic.Position)
        matrix[:3, 3] *= self._length
        return np.asarray(matrix, dtype=np.float64)


def _trim(trim: Any) -> tuple[tuple[float, ...] | None, float | None]:
    """Point and parameter of a trim: either or both are given."""
    point = parameter = None
    for select in trim or ():
        if select.is_a("IfcCartesianPoint"):
            point = select.Coordinates
        else:
            parameter = float(select.get_argument(0))
    return point, parameter


def _arc_through(points: Points) -> Points:
    """The arc through three points, shape (3, 3), as chords; the points themselves when they lie on a line."""
    a, b, c = points
    ab, ac = b - a, c - a
    normal = np.cross(ab, ac)
    size = float(normal @ normal)
    if size < 1e-18:
        return points
    to_centre = (np.cross(normal, ab) * (ac @ ac) + np.cross(ac, normal) * (ab @ ab)) / (2.0 * size)
    centre = a + to_centre
    radius = float(np.linalg.norm(to_centre))
    x = -to_centre / radius
    y = np.cross(normal / math.sqrt(size), x)
    end = math.atan2((c - centre) @ y, (c - centre) @ x) % (2.0 * math.pi)
    angles = np.linspace(0.0, end, _chords(radius, end) + 1)
    arc = centre + radius * (np.cos(angles)[:, None] * x + np.sin(angles)[:, None] * y)
    arc[0], arc[-1] = a, c
    return np.asarray(arc)


def _chords(radius: float, angle: float) -> int:
    """How many chords keep within `ARC_SAG` of an arc."""
    if radius <= ARC_SAG:
        return 1
    # The half angle by its sine: a cosine near 1 loses it on large radii.
    half = math.asin(math.sqrt(ARC_SAG / (2.0 * radius))) * 2.0
    return min(max(2, math.ceil(angle / (2.0 * half))), MOST_CHORDS)


def _chained(pieces: list[Points]) -> Iterator[Points]:
    """Pieces joined where their ends meet; closed ones stand alone."""
    ends = _Ends(pieces)
    for number, piece in enumerate(pieces):
        if number in ends.used:
            continue
        ends.used.add(number)
        chain = [piece]
        while np.linalg.norm(chain[0][0] - chain[-1][-1]) > CLOSED:
            following = ends.next_piece(chain[-1][-1])
            if following is None:
                break
            chain.append(following)
        yield np.concatenate(chain)


class _Ends:
    """Finds the piece that goes on from a point, in a grid of cells: sites come with thousands of contour lines."""

    def __init__(self, pieces: list[Points]) -> None:
        self.used: set[int] = set()
        self._pieces = pieces
        self._cells: dict[tuple[int, ...], list[int]] = {}
        for number, piece in enumerate(pieces):
            for end in (piece[0], piece[-1]):
                self._cells.setdefault(_cell(end), []).append(number)

    def next_piece(self, point: Points) -> Points | None:
        """An unused piece with an end at a point, turned so that it starts there; None when there is none."""
        cell = _cell(point)
        for offset in itertools.product((0, -1, 1), repeat=3):
            near = tuple(a + b for a, b in zip(cell, offset, strict=True))
            for number in self._cells.get(near, ()):
                piece = self._pieces[number]
                if number in self.used:
                    continue
                for turned in (piece, piece[::-1]):
                    if np.linalg.norm(turned[0] - point) <= CLOSED:
                        self.used.add(number)
                        return turned
        return None


def _cell(point: Points) -> tuple[int, ...]:
    return tuple(np.floor(point / CLOSED).astype(np.int64).tolist())


def _without_repeats(points: Points) -> Points:
    """Points without those that the next one repeats; the first comes after the last."""
    steps = np.linalg.norm(points - np.roll(points, -1, axis=0), axis=1)
    return np.asarray(points[steps > CLOSED])
