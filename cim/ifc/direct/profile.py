"""Profiles as polygons (IFC4 8.15)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.ifc.direct.curve import Curves, circle
from cim.ifc.direct.placement import Placements
from cim.ifc.direct.polygon import cleaned
from cim.ifc.direct.records import NotDirectError, Records


class Profiles:
    """Polygons of the profiles of one file.

    Args:
        records: the file.
        curves: of the file.
        placements: of the file.
    """

    def __init__(self, records: Records, curves: Curves, placements: Placements) -> None:
        self._records = records
        self._curves = curves
        self._placements = placements
        self._drawn: dict[str, Callable[[list[Any]], list[NDArray[np.float64]]]] = {
            "IFCARBITRARYCLOSEDPROFILEDEF": self._arbitrary,
            "IFCARBITRARYPROFILEDEFWITHVOIDS": self._with_voids,
            "IFCRECTANGLEPROFILEDEF": self._rectangle,
            "IFCRECTANGLEHOLLOWPROFILEDEF": self._hollow_rectangle,
            "IFCCIRCLEPROFILEDEF": self._circle,
            "IFCCIRCLEHOLLOWPROFILEDEF": self._hollow_circle,
            "IFCISHAPEPROFILEDEF": self._i_shape,
        }

    def rings(self, row: Any) -> list[NDArray[np.float64]]:
        """The outer ring, then holes, each of shape (N, 2), metres, in the frame of the profile's owner.

        Raises:
            NotDirectError: a profile with curves other than circles, or one that is no area.
        """
        name = self._records.name(row)
        drawn = self._drawn.get(name)
        if drawn is None:
            raise NotDirectError(name)
        arguments = self._records.read(row, name)
        if arguments[0] != b"AREA":
            raise NotDirectError(name)
        return [cleaned(ring) for ring in drawn(arguments)]

    def is_round(self, row: Any) -> bool:
        """Whether a profile has arcs."""
        name = self._records.name(row)
        if name in ("IFCARBITRARYCLOSEDPROFILEDEF", "IFCARBITRARYPROFILEDEFWITHVOIDS"):
            outer, *inner = self._records.arguments(row)[2:]
            return any(
                self._curves.is_round(curve) for curve in (outer, *(inner[0] if inner else ()))
            )
        return name in ROUND

    def boundary(self, row: Any) -> NDArray[np.float64]:
        """A closed curve as a ring, shape (N, 2), metres.

        Raises:
            NotDirectError: another curve than lines and arcs of circles.
        """
        return cleaned(self._curves.points(row))

    def _arbitrary(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        return [self._curves.points(arguments[2])]

    def _with_voids(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        return [
            self._curves.points(arguments[2]),
            *(self._curves.points(inner) for inner in arguments[3]),
        ]

    def _rectangle(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        return self._placed(arguments[2], [_rectangle(*self._sizes(arguments[3:5]))])

    def _hollow_rectangle(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        x, y, wall = self._sizes(arguments[3:6])
        if any(arguments[6:8]):
            raise NotDirectError("fillets")
        return self._placed(
            arguments[2], [_rectangle(x, y), _rectangle(x - 2.0 * wall, y - 2.0 * wall)]
        )

    def _circle(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        return self._placed(arguments[2], [circle(*self._sizes(arguments[3:4]))])

    def _hollow_circle(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        radius, wall = self._sizes(arguments[3:5])
        return self._placed(arguments[2], [circle(radius), circle(radius - wall)])

    def _i_shape(self, arguments: list[Any]) -> list[NDArray[np.float64]]:
        width, depth, web, flange = self._sizes(arguments[3:7])
        if any(arguments[7:]):
            raise NotDirectError("fillets")
        w, d, s, t = width / 2.0, depth / 2.0, web / 2.0, depth / 2.0 - flange
        ring = [
            (-w, -d), (w, -d), (w, -t), (s, -t), (s, t), (w, t),
            (w, d), (-w, d), (-w, t), (-s, t), (-s, -t), (-w, -t),
        ]  # fmt: skip
        return self._placed(arguments[2], [np.array(ring)])

    def _sizes(self, given: list[Any]) -> list[float]:
        if not all(isinstance(size, float) and 0.0 < size < math.inf for size in given):
            raise NotDirectError("size")
        return [size * self._records.length for size in given]

    def _placed(self, position: Any, rings: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
        if position is None:
            return rings
        matrix = self._placements.axes(position)
        return [ring @ matrix[:2, :2].T + matrix[:2, 3] for ring in rings]


def _rectangle(x: float, y: float) -> NDArray[np.float64]:
    if x <= 0.0 or y <= 0.0:
        raise NotDirectError("size")
    return np.array([(-x, -y), (x, -y), (x, y), (-x, y)]) / 2.0


ROUND = ("IFCCIRCLEPROFILEDEF", "IFCCIRCLEHOLLOWPROFILEDEF")
