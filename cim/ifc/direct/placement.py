"""Placements and operators as matrices, metres (IFC4 8.8.3, 8.9.3)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.ifc.direct.matrices import (
    BROKEN,
    NOWHERE,
    axes_matrix,
    operator_matrix,
    read_local_placements,
    relative_matrix,
)
from cim.ifc.direct.records import NotDirectError, Records

AXES = ("IFCAXIS2PLACEMENT3D", "IFCAXIS2PLACEMENT2D", "IFCCARTESIANPOINT", "IFCDIRECTION")
OPERATORS = (
    "IFCCARTESIANTRANSFORMATIONOPERATOR3D",
    "IFCCARTESIANTRANSFORMATIONOPERATOR3DNONUNIFORM",
    "IFCCARTESIANPOINT",
    "IFCDIRECTION",
)
Vector = tuple[float, float, float]


class Placements:
    """Matrices of the placements of one file, each computed once."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._classes = np.array([records.kind_of(name) for name in AXES], dtype=np.int64)
        self._operators = np.array([records.kind_of(name) for name in OPERATORS], dtype=np.int64)
        rows = records.step.rows_of("IFCLOCALPLACEMENT")
        self._places = np.full(len(records.step.numbers), NOWHERE, dtype=np.int32)
        self._places[rows] = np.arange(len(rows))
        self._parents, self._own, self._worlds = self._read_all(rows)
        self._axes: dict[int, NDArray[np.float64]] = {}
        self._directions: dict[int, Vector] = {}

    def local(self, row: Any) -> NDArray[np.float64]:
        """Object frame -> engineering CRS, shape (4, 4); the identity for None.

        Raises:
            NotDirectError: it stands on a grid or an alignment.
        """
        if row is None:
            return np.eye(4)
        place = self._place(row)
        matrix: NDArray[np.float64] = self._worlds[place]
        return matrix

    def all_local(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """The matrices of many placements, shape (N, 4, 4), as `local`; a row of -1 stands at the origin.

        Raises:
            NotDirectError: one of them stands on a grid or an alignment, or on itself.
        """
        there = rows >= 0
        places = self._places[rows[there]]
        if (places < 0).any() or (self._parents[places] == BROKEN).any():
            raise NotDirectError("IfcLocalPlacement")
        found = np.tile(np.eye(4), (len(rows), 1, 1))
        found[there] = self._worlds[places]
        return found

    def relative(self, row: Any, base: Any) -> NDArray[np.float64]:
        """Object frame -> the frame of another placement, shape (4, 4); exact where one is given relative to the other."""
        here, there = (NOWHERE if one is None else self._place(one) for one in (row, base))
        matrix = np.eye(4)
        if relative_matrix(self._parents, self._own, here, there, matrix):
            return matrix
        return np.linalg.inv(self.local(base)) @ self.local(row)

    def _place(self, row: Any) -> int:
        """Where an IfcLocalPlacement is among those of the file."""
        if not isinstance(row, int) or row < 0:
            raise NotDirectError("IfcLocalPlacement")
        place = int(self._places[row])
        if place < 0 or self._parents[place] == BROKEN:
            raise NotDirectError("IfcLocalPlacement")
        return place

    def _read_all(
        self, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Of each IfcLocalPlacement its parent, its matrix to the parent's frame and that to the engineering CRS."""
        step = self._records.step
        parents, own, worlds = read_local_placements(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self._classes,
            rows,
            self._places,
            self._records.length,
        )
        return parents, own, worlds

    def axes(self, row: Any) -> NDArray[np.float64]:
        """An IfcAxis2Placement2D or 3D as a matrix, shape (4, 4); the identity for None.

        Raises:
            NotDirectError: neither, or its axes span no space.
        """
        if row is None:
            return np.eye(4)
        if row not in self._axes:
            self._axes[row] = self._read_axes(row)
        return self._axes[row]

    def _read_axes(self, row: int) -> NDArray[np.float64]:
        records, step = self._records, self._records.step
        matrix = np.eye(4)
        done = axes_matrix(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self._classes,
            row,
            records.length,
            matrix,
        )
        if not done:
            raise NotDirectError(records.name(row))
        return matrix

    def operator(self, row: Any) -> NDArray[np.float64]:
        """An IfcCartesianTransformationOperator3D as a matrix, shape (4, 4), scales and mirrors included.

        Raises:
            NotDirectError: another operator, or axes that are not orthogonal.
        """
        records, step = self._records, self._records.step
        matrix = np.eye(4)
        if not isinstance(row, int) or row < 0:
            raise NotDirectError("MappingTarget")
        done = operator_matrix(
            step.kinds,
            step.values,
            step.firsts,
            step.types,
            self._operators,
            row,
            records.length,
            matrix,
        )
        if not done:
            raise NotDirectError(records.name(row))
        return matrix

    def direction(self, row: Any) -> Vector:
        """An IfcDirection, of length one; the third part is 0 where the file has two.

        Raises:
            NotDirectError: it has no length.
        """
        if row not in self._directions:
            (ratios,) = self._records.read(row, "IFCDIRECTION")[:1]
            if not all(isinstance(ratio, float) for ratio in ratios) or not 2 <= len(ratios) <= 3:
                raise NotDirectError("IfcDirection")
            self._directions[row] = unit((*ratios, 0.0)[:3], 0.0)
        return self._directions[row]


def unit(vector: Sequence[float], shortest: float) -> Vector:
    """The vector at length one.

    Raises:
        NotDirectError: it is not longer than `shortest`.
    """
    x, y, z = vector
    length = math.sqrt(x * x + y * y + z * z)
    if not shortest < length < math.inf:
        raise NotDirectError("IfcDirection")
    return (x / length, y / length, z / length)
