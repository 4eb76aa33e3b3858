"""Plane curves as points: polylines, arcs of circles, and what is put together from them (IFC4 8.9.3)."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.ifc.direct.placement import Placements
from cim.ifc.direct.records import NotDirectError, Records

DEFLECTION = 1e-3  # m a chord may lie inside its arc, as the kernel's mesher-linear-deflection
TURN = 0.5  # radians a chord may turn at most, as its mesher-angular-deflection
LEAST_SIDES = 3
JOINED = 1e-5  # m; segments whose ends lie closer are joined
FULL = 2.0 * math.pi
NO_TURN = 1e-9  # radians; an arc this short, or this much short of full, is not drawn here


class Curves:
    """Points of the plane curves of one file.

    Args:
        records: the file.
        placements: of the file.
    """

    def __init__(self, records: Records, placements: Placements) -> None:
        self._records = records
        self._placements = placements

    def points(self, row: Any) -> NDArray[np.float64]:
        """Points along a curve, shape (N, 2), metres.

        Raises:
            NotDirectError: a curve of another kind, or whose segments do not meet.
        """
        name = self._records.name(row)
        if name == "IFCPOLYLINE":
            return np.array(self._records.line(row)[:, :2])
        if name == "IFCINDEXEDPOLYCURVE":
            return self._indexed(self._records.read(row, name))
        if name == "IFCCOMPOSITECURVE":
            return self._composite(self._records.read(row, name))
        if name == "IFCTRIMMEDCURVE":
            return self._trimmed(self._records.read(row, name))
        if name == "IFCCIRCLE":
            return self._circle(self._records.read(row, name))
        raise NotDirectError(name)

    def is_round(self, row: Any) -> bool:
        """Whether a curve has arcs."""
        name = self._records.name(row)
        if name == "IFCCOMPOSITECURVE":
            return any(
                self.is_round(self._records.arguments(segment)[2])
                for segment in self._records.arguments(row)[0]
            )
        if name == "IFCINDEXEDPOLYCURVE":
            segments = self._records.arguments(row)[1] or ()
            return any(kind != "IFCLINEINDEX" for kind, _ in segments)
        return name != "IFCPOLYLINE"

    def _indexed(self, arguments: list[Any]) -> NDArray[np.float64]:
        points, segments = arguments[:2]
        if self._records.name(points) != "IFCCARTESIANPOINTLIST2D":
            raise NotDirectError("IfcCartesianPointList")
        found = self._records.triples(points, 0, width=2) * self._records.length
        if segments is None:
            return found
        parts = []
        for kind, (indices,) in segments:
            order = [int(index) - 1 for index in indices]
            if min(order) < 0 or max(order) >= len(found):
                raise NotDirectError(kind)
            parts.append(found[order] if kind == "IFCLINEINDEX" else _through(*found[order]))
        return _joined(parts)

    def _composite(self, arguments: list[Any]) -> NDArray[np.float64]:
        parts = []
        for segment in arguments[0]:
            _, forward, parent = self._records.read(segment, "IFCCOMPOSITECURVESEGMENT")[:3]
            points = self.points(parent)
            parts.append(points if forward == b"T" else points[::-1])
        return _joined(parts)

    def _circle(self, arguments: list[Any]) -> NDArray[np.float64]:
        matrix, radius = self._circle_frame(arguments)
        return circle(radius) @ matrix[:2, :2].T + matrix[:2, 3]

    def _trimmed(self, arguments: list[Any]) -> NDArray[np.float64]:
        basis, first, second, forward, master = arguments[:5]
        if self._records.name(basis) == "IFCLINE":
            ends = [self._point_of(trim) for trim in (first, second)]
            return np.array(ends)
        matrix, radius = self._circle_frame(self._records.read(basis, "IFCCIRCLE"))
        start, end = (self._angle(trim, matrix, master) for trim in (first, second))
        turn = (end - start) % FULL if forward == b"T" else -((start - end) % FULL)
        if not NO_TURN < abs(turn) < FULL - NO_TURN:
            raise NotDirectError("IfcTrimmedCurve")
        return arc(radius, start, turn) @ matrix[:2, :2].T + matrix[:2, 3]

    def _circle_frame(self, arguments: list[Any]) -> tuple[NDArray[np.float64], float]:
        position, radius = arguments[:2]
        if self._records.name(position) != "IFCAXIS2PLACEMENT2D" or not isinstance(radius, float):
            raise NotDirectError("IfcCircle")
        return self._placements.axes(position), radius * self._records.length

    def _angle(self, trim: list[Any], matrix: NDArray[np.float64], master: Any) -> float:
        values = [value for value in trim if isinstance(value, tuple)]
        points = [value for value in trim if isinstance(value, int)]
        if values and (master != b"CARTESIAN" or not points):
            return float(values[0][1][0]) * self._records.angle
        if not points:
            raise NotDirectError("IfcTrimmedCurve")
        local = (self._records.points(points[:1])[0, :2] - matrix[:2, 3]) @ matrix[:2, :2]
        return math.atan2(local[1], local[0])

    def _point_of(self, trim: list[Any]) -> NDArray[np.float64]:
        points = [value for value in trim if isinstance(value, int)]
        if not points:
            raise NotDirectError("IfcTrimmedCurve")
        found: NDArray[np.float64] = self._records.points(points[:1])[0, :2]
        return found


def _joined(parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Segments end to end.

    Raises:
        NotDirectError: they do not meet.
    """
    for before, after in itertools.pairwise(parts):
        if np.abs(before[-1] - after[0]).max() > JOINED:
            raise NotDirectError("IfcCompositeCurve")
    closed = np.abs(parts[-1][-1] - parts[0][0]).max() <= JOINED
    bodies = [part[:-1] for part in parts[:-1]]
    return np.concatenate([*bodies, parts[-1][:-1] if closed else parts[-1]])


def _through(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The arc from one point through a second to a third."""
    (ux, uy), (vx, vy) = b - a, c - a
    twice = 2.0 * (ux * vy - uy * vx)
    if abs(twice) < 1e-12:
        raise NotDirectError("IfcArcIndex")
    u, v = ux * ux + uy * uy, vx * vx + vy * vy
    centre = a + np.array([vy * u - uy * v, ux * v - vx * u]) / twice
    start, end = (math.atan2(*(point - centre)[::-1]) for point in (a, c))
    turn = (end - start) % FULL if twice > 0.0 else -((start - end) % FULL)
    found: NDArray[np.float64] = arc(float(np.hypot(*(a - centre))), start, turn) + centre
    found[0], found[-1] = a, c
    return found


def arc(radius: float, start: float, turn: float) -> NDArray[np.float64]:
    """An arc about the origin as the chords the kernel draws, shape (N, 2), both ends included.

    Args:
        radius: metres.
        start: angle of its first point, radians.
        turn: how far it goes, radians, positive counter-clockwise.
    """
    angles = start + np.linspace(0.0, turn, _chords(radius, abs(turn)) + 1)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)


def circle(radius: float) -> NDArray[np.float64]:
    """A circle as the polygon the kernel draws, shape (N, 2).

    >>> [len(circle(radius)) for radius in (0.01, 0.5, 50.0)]
    [13, 50, 497]
    """
    sides = max(LEAST_SIDES, _chords(radius, FULL))
    angles = np.arange(sides) * (FULL / sides)
    return np.stack([radius * np.cos(angles), radius * np.sin(angles)], axis=1)


def _chords(radius: float, turn: float) -> int:
    if radius <= DEFLECTION:
        raise NotDirectError("radius")
    return math.ceil(turn / min(TURN, 2.0 * math.acos(1.0 - DEFLECTION / radius)))
