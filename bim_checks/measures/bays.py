"""Parking bays: which spaces are, how many each holds, and how large each really is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.space_plan import SpacePlan, spaces_of
from bim_checks.scheme import Scheme
from cim.building import BuildingModel, Space

PARKING_SET = "Pset_SpaceParking"
NEARLY_STRAIGHT = 1e-6  # m; a plan that fills its hull to a strip this wide is convex
STEP = 1e-4  # m; how closely a width is found where no closed form gives it


@dataclass(frozen=True, slots=True)
class ParkingSpace:
    """One space for parking.

    Attributes:
        space: of the model.
        bays: how many vehicles; 0 for an aisle.
        is_stated: whether the file states that number; where not, one space is taken for one bay.
    """

    space: Space
    bays: int
    is_stated: bool


@dataclass(frozen=True, slots=True, eq=False)
class Bay:
    """One bay with a body.

    Attributes:
        space: of the model.
        geometry: its plan, metres, engineering CRS.
        width, length: sides of the smallest rectangle around it, metres.
        is_rectangle, is_convex: of its plan.
    """

    space: Space
    geometry: BaseGeometry
    width: float
    length: float
    is_rectangle: bool
    is_convex: bool

    def width_for(self, length: float) -> float:
        """Width of the widest rectangle of a length in a convex plan, metres; its own width where it is a rectangle."""
        if self.is_rectangle:
            return self.width
        return _largest(lambda width: fits(self.geometry, width, length), self.width)

    def length_for(self, width: float) -> float:
        """Length of the longest rectangle of a width in a convex plan, metres; its own length where it is a rectangle."""
        if self.is_rectangle:
            return self.length
        return _largest(lambda length: fits(self.geometry, width, length), self.length)


def parking_spaces(model: BuildingModel) -> tuple[ParkingSpace, ...]:
    """Spaces of type PARKING, in the order of the model."""
    return tuple(
        _parking_space(space) for space in model.spaces if space.predefined_type == "PARKING"
    )


def bays(scheme: Scheme) -> tuple[Bay, ...]:
    """Every space of type PARKING that is one bay and has a body, by GlobalId."""
    single = {found.space.global_id for found in parking_spaces(scheme.model) if found.bays == 1}
    return tuple(_bay(plan) for plan in spaces_of(scheme) if plan.space.global_id in single)


def fits(shape: BaseGeometry, width: float, length: float) -> bool:
    """Whether a rectangle fits into a convex plan, along the sides of the smallest rectangle around it.

    A rectangle fits into a convex plan just where the plan, moved so that each of its four corners lies on one point, still shares that point.
    """
    level = _levelled(shape)
    moved = [affinity.translate(level, -x, -y) for x in (0.0, length) for y in (0.0, width)]
    shared = moved[0]
    for other in moved[1:]:
        shared = shared.intersection(other)
    return not shared.is_empty


def _parking_space(space: Space) -> ParkingSpace:
    stated = space.property_sets.get(PARKING_SET, {})
    if stated.get("IsAisle") is True:
        return ParkingSpace(space, 0, is_stated=True)
    units = stated.get("ParkingUnits")
    if isinstance(units, int | float) and not isinstance(units, bool):
        return ParkingSpace(space, int(units), is_stated=True)
    return ParkingSpace(space, 1, is_stated=False)


def _bay(plan: SpacePlan) -> Bay:
    around = plan.geometry.minimum_rotated_rectangle
    corners = shapely.get_coordinates(around)
    width, length = sorted(np.linalg.norm(np.diff(corners, axis=0), axis=1)[:2].tolist())
    hull = plan.geometry.convex_hull
    strip = NEARLY_STRAIGHT * float(hull.length)
    return Bay(
        plan.space,
        plan.geometry,
        width=float(width),
        length=float(length),
        is_rectangle=float(around.area - plan.geometry.area) <= strip,
        is_convex=float(hull.area - plan.geometry.area) <= strip,
    )


def _largest(holds: Callable[[float], bool], most: float) -> float:
    """The largest size up to `most` for which something holds that holds for all smaller ones: by halving."""
    low, high = 0.0, most
    while high - low > STEP:
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _levelled(shape: BaseGeometry) -> BaseGeometry:
    """The plan turned so that the longer side of the smallest rectangle around it runs along x."""
    corners: NDArray[np.float64] = shapely.get_coordinates(shape.minimum_rotated_rectangle)
    sides = np.diff(corners, axis=0)[:2]
    longer = sides[int(np.argmax(np.linalg.norm(sides, axis=1)))]
    angle = float(np.arctan2(longer[1], longer[0]))
    middle: Sequence[float] = corners.mean(axis=0).tolist()
    turned: BaseGeometry = affinity.rotate(shape, -angle, origin=tuple(middle), use_radians=True)
    return turned
