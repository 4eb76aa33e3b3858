"""The floors of a building in parts that count alike: by storey, space, kind, and clear height.

The parts of a storey do not overlap, and those within its contour add up to it, so that a ledger made of them adds up
to the building. Where the model draws spaces for gross areas (IfcSpace GFA), these are the floors; else what walls enclose;
else, in a model without walls, the spaces there are.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shapely.geometry.base import BaseGeometry

from bim_checks.measures.area_regime import PartKind
from bim_checks.measures.regions import NOTHING, areal, united, wide
from bim_checks.measures.space_plan import Overlap, SpacePlan, overlaps, spaces_of
from bim_checks.measures.storey_plan import Projection, StoreyPlan, storey_plans
from bim_checks.scheme import Scheme
from cim.building import BuildingModel, Space

Basis = Literal["gfa_spaces", "storeys", "spaces"]
LEAST_OVERLAP = 0.05  # m2; spaces drawn to the middle of a wall differ by less along a metre
OWN_FLOOR = 0.5  # m; a space may begin so far below the level of its storey: a sunken bath, a slab's thickness
RECESSED_SHARE = 0.5  # of a balcony's outline along walls; with more, it lies between walls
WALL_THICKNESS = (
    0.6  # m; a space drawn into or to the outside of its walls does not stick out of the building
)


@dataclass(frozen=True, slots=True, eq=False)
class FloorPart:
    """A part of a floor that counts alike throughout.

    Attributes:
        storey: name of its storey.
        storey_ids: GlobalIds of it.
        floor: height of that storey's floor, engineering CRS, metres.
        kind: what it is.
        space: the space it belongs to; None for walls, shafts and what no space claims.
        geometry: engineering CRS, metres.
        storey_height: metres; None when nothing tells.
        clear_height: at least so many metres under a pitched roof; None where no pitched roof covers it.
        depth, height, sill: of what reaches out of the walls, metres.
        elements: GlobalIds that form it; empty for enclosed floor.
        doubt: share of its area that is in doubt whatever the standard.
    """

    storey: str
    storey_ids: tuple[str, ...]
    floor: float
    kind: PartKind
    space: Space | None
    geometry: BaseGeometry
    storey_height: float | None
    clear_height: float | None = None
    depth: float = math.inf
    height: float = math.inf
    sill: float = 0.0
    elements: tuple[str, ...] = ()
    doubt: float = 0.0

    @property
    def area(self) -> float:
        """m2."""
        return float(self.geometry.area)


@dataclass(frozen=True, slots=True, eq=False)
class Floors:
    """All floors of a building.

    Attributes:
        parts: storey by storey, lowest first.
        basis: what they were taken from.
        plans: of the storeys, lowest first.
        spaces: that have a body.
        overlaps: pairs of spaces that claim the same floor.
        outside: GlobalIds of spaces that lie outside of what walls enclose, and how much of each, m2.
        undrawn_spaces: GlobalIds of spaces without a body.
    """

    parts: tuple[FloorPart, ...]
    basis: Basis
    plans: tuple[StoreyPlan, ...]
    spaces: tuple[SpacePlan, ...]
    overlaps: tuple[Overlap, ...]
    outside: tuple[tuple[str, float], ...]
    undrawn_spaces: tuple[str, ...]


def floors_of(scheme: Scheme, *, duct_area: float, heights: tuple[float, ...]) -> Floors:
    """The floors of a scheme, computed once.

    Args:
        scheme: placed or not; areas do not depend on it.
        duct_area: holes in a floor no larger are ducts, m2.
        heights: clear heights under a pitched roof that parts are cut at, highest first, metres.
    """
    plans = scheme.once(
        ("storey plans", duct_area), lambda: storey_plans(scheme.model, duct_area=duct_area)
    )
    return scheme.once(
        ("floors", duct_area, heights),
        lambda: _floors(scheme.model, plans, spaces_of(scheme), heights),
    )


def _floors(
    model: BuildingModel,
    plans: tuple[StoreyPlan, ...],
    spaces: tuple[SpacePlan, ...],
    heights: tuple[float, ...],
) -> Floors:
    basis = _basis(plans, spaces)
    by_level = _by_level(plans, spaces)
    parts: list[FloorPart] = []
    outside: list[tuple[str, float]] = []
    for plan, held in zip(plans, by_level, strict=True):
        if basis == "storeys":
            parts += _storey_parts(plan, held, heights)
            outside += _sticking_out(plan, held)
        else:
            chosen = [s for s in held if basis == "spaces" or s.space.predefined_type == "GFA"]
            parts += _space_parts(plan, chosen, heights)
    return Floors(
        parts=tuple(part for part in parts if part.area > 0.0),
        basis=basis,
        plans=plans,
        spaces=spaces,
        overlaps=overlaps(spaces, least=LEAST_OVERLAP),
        outside=tuple(sorted(outside, key=lambda found: (-found[1], found[0]))),
        undrawn_spaces=tuple(s.global_id for s in model.spaces if s.representation is None),
    )


def _basis(plans: Sequence[StoreyPlan], spaces: Sequence[SpacePlan]) -> Basis:
    if any(space.space.predefined_type == "GFA" for space in spaces):
        return "gfa_spaces"
    return "storeys" if any(not plan.contour.is_empty for plan in plans) or not spaces else "spaces"


def _by_level(plans: Sequence[StoreyPlan], spaces: Sequence[SpacePlan]) -> list[list[SpacePlan]]:
    """Spaces by the storey on whose floor they stand, whatever storey the file says they are of."""
    held: list[list[SpacePlan]] = [[] for _ in plans]
    floors = [plan.floor - OWN_FLOOR for plan in plans]
    for space in spaces:
        if plans:
            held[max(bisect.bisect_right(floors, space.floor) - 1, 0)].append(space)
    return held


def _storey_parts(
    plan: StoreyPlan, spaces: Sequence[SpacePlan], heights: tuple[float, ...]
) -> Iterator[FloorPart]:
    whole = _part(plan, "enclosed", plan.enclosed)
    rooms = [space for space in spaces if space.space.predefined_type != "GFA"]
    for part in _shared_out(whole, rooms):
        yield from _by_clear_height(part, plan, heights)
    doubt = 0.0 if plan.is_carried else 1.0  # no slab is drawn: what has no floor is not told
    yield _part(plan, "unfloored", plan.unfloored)
    yield replace(_part(plan, "void", plan.void), doubt=doubt)
    yield _part(plan, "open_to_sky", plan.uncovered)
    yield from _outer_parts(plan, heights)


def _outer_parts(plan: StoreyPlan, heights: tuple[float, ...]) -> Iterator[FloorPart]:
    for floor in plan.open_floors:
        kind: PartKind = "covered_open"
        if not floor.covered:
            kind = "open_to_sky"
        elif floor.is_balcony:
            recessed = floor.enclosed_share > RECESSED_SHARE
            kind = "recessed_balcony" if recessed else "balcony"
        part = replace(_part(plan, kind, floor.geometry), elements=floor.elements)
        # Of a covered floor that nothing calls a balcony the model does not tell what it is.
        unnamed = floor.covered and not floor.is_balcony
        part = replace(part, doubt=1.0 if unnamed else 0.0)
        yield from _by_clear_height(part, plan, heights) if floor.covered else (part,)
    for canopy in plan.canopies:
        yield _reaching_out(plan, "canopy", canopy)
    for window in plan.bay_windows:
        yield _reaching_out(plan, "bay_window", window)


def _reaching_out(plan: StoreyPlan, kind: PartKind, found: Projection) -> FloorPart:
    return replace(
        _part(plan, kind, found.geometry),
        depth=found.depth,
        height=found.height,
        sill=found.low,
        elements=found.elements,
    )


def _space_parts(
    plan: StoreyPlan, spaces: Sequence[SpacePlan], heights: tuple[float, ...]
) -> Iterator[FloorPart]:
    """Parts of a storey that only its spaces tell of."""
    floor = united([space.geometry for space in spaces])
    height = plan.height
    if (
        height is None and spaces
    ):  # the highest storey: nothing above tells but the spaces themselves
        height = max(space.height for space in spaces)
    whole = replace(_part(plan, "enclosed", floor), storey_height=height)
    bodies = {space.space.global_id: space for space in spaces}
    for part in _shared_out(whole, spaces):
        body = bodies[part.space.global_id] if part.space is not None else None
        if body is None or not body.is_pitched:
            yield part
            continue
        rest = part.geometry
        for clear in heights:
            low = rest.intersection(body.lower_than(clear))
            yield replace(part, geometry=areal(rest.difference(low)), clear_height=clear)
            rest = areal(low)
        yield replace(part, geometry=rest, clear_height=0.0)


def _shared_out(whole: FloorPart, spaces: Sequence[SpacePlan]) -> Iterator[FloorPart]:
    """A part shared out among spaces, the first of two that overlap having all of it; then what is left."""
    rest = whole.geometry
    for space in spaces:
        own = wide(space.geometry.intersection(rest))
        if own.is_empty:
            continue
        yield replace(whole, space=space.space, geometry=own)
        rest = areal(rest.difference(own))
    yield replace(whole, geometry=rest)


def _by_clear_height(
    part: FloorPart, plan: StoreyPlan, heights: tuple[float, ...]
) -> Iterator[FloorPart]:
    """A part cut where the clear height under a pitched roof falls below each height."""
    under = wide(part.geometry.intersection(plan.pitched))
    yield replace(part, geometry=areal(part.geometry.difference(under)))
    for height in heights:
        low = areal(under.intersection(plan.lower_than(height))) if not under.is_empty else NOTHING
        yield replace(part, geometry=areal(under.difference(low)), clear_height=height)
        under = low
    yield replace(part, geometry=under, clear_height=0.0)


def _sticking_out(plan: StoreyPlan, spaces: Sequence[SpacePlan]) -> Iterator[tuple[str, float]]:
    """Spaces inside a building that reach out of its walls."""
    building = plan.contour
    for space in spaces:
        if space.space.predefined_type in ("EXTERNAL", "GFA"):
            continue
        out = space.geometry.difference(building)
        if wide(out, 2.0 * WALL_THICKNESS).area > LEAST_OVERLAP or (
            not out.is_empty and space.geometry.disjoint(building)
        ):
            yield space.space.global_id, float(out.area)


def _part(plan: StoreyPlan, kind: PartKind, geometry: BaseGeometry) -> FloorPart:
    return FloorPart(
        storey=plan.name,
        storey_ids=plan.identifiers,
        floor=plan.floor,
        kind=kind,
        space=None,
        geometry=geometry,
        storey_height=plan.height,
    )
