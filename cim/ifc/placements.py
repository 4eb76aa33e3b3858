"""Where a product's local frame stands in the engineering CRS."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from ifcopenshell.util import placement as placement_util
from numpy.typing import NDArray

Vector = tuple[float, float, float]


def engineering_matrix(
    placement: Any, length_unit: float, *, known: dict[int, NDArray[np.float64]] | None = None
) -> NDArray[np.float64] | None:
    """Local frame -> engineering CRS.

    Args:
        placement: an IfcObjectPlacement, or None. Walked up step by step: chains of two thousand are legal, and
            a function that calls itself for each ends Python at a thousand.
        length_unit: metres per project length unit.
        known: number of a placement -> its matrix in project length units; those on the way are added. Storeys stand on one building, which
            is then walked up to once.

    Returns:
        Shape (4, 4), metres on both sides; None when there is no placement, it goes in a circle, or it stands on a grid
        or along an alignment, which only the kernel works out.
    """
    if placement is None:
        return None
    known = {} if known is None else known
    way: list[Any] = []
    met: set[int] = set()
    here = placement
    while here is not None and here.id() not in known:
        if here.id() in met or not here.is_a("IfcLocalPlacement") or not _is_whole(here):
            return None
        met.add(here.id())
        way.append(here)
        here = here.PlacementRelTo
    matrix = np.eye(4) if here is None else known[here.id()]
    for step in reversed(way):
        matrix = known[step.id()] = matrix @ _relative(step.RelativePlacement)
    scaled = matrix.copy()
    scaled[:3, 3] *= length_unit
    return scaled


def _relative(axes: Any) -> NDArray[np.float64]:
    """Axes as a matrix, as `ifcopenshell.util.placement` has it; its arrays of three numbers take 20 times as long."""
    if axes.is_a() == "IfcAxis2Placement3D" and axes.Location.is_a("IfcCartesianPoint"):
        z = _direction(axes.Axis, (0.0, 0.0, 1.0))
        x = _direction(axes.RefDirection, (1.0, 0.0, 0.0))
        y = z and x and _unit(_cross(z, x))
        origin = axes.Location.Coordinates
        if x and y and z and len(origin) == 3:
            return np.array([*zip(x, y, z, origin, strict=True), (0.0, 0.0, 0.0, 1.0)])
    return np.asarray(placement_util.get_axis2placement(axes), dtype=np.float64)


def _direction(direction: Any, default: Vector) -> Vector | None:
    ratios = default if direction is None else direction.DirectionRatios
    return _unit(ratios) if len(ratios) == 3 else None


def _unit(vector: Vector) -> Vector | None:
    length = math.hypot(*vector)
    if not 0.0 < length < math.inf:
        return None
    return (vector[0] / length, vector[1] / length, vector[2] / length)


def _cross(a: Vector, b: Vector) -> Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _is_whole(placement: Any) -> bool:
    """Whether a placement has the point it stands on: a broken file may have lost it."""
    axes = placement.RelativePlacement
    return axes is not None and axes.Location is not None
