"""Each storey of a building in plan: what walls enclose, what carries it, what covers it, how high it is.

Measured in the engineering CRS, so that areas are true whatever the scale of the map, and the same wherever the building stands.

The outer contour of a storey is what its walls, windows and doors cover between floor and ceiling, filled; an opening in a wall leaves no
notch, because the wall above and below it is seen too. A contour counts as floor where something carries it and something, at any
height, covers it: a parapet's ring on a roof is enclosed and not covered, a courtyard neither carried nor covered. A hole in the floor
that a stair or lift leads through, or that is no larger than a duct, belongs to its storey (GB/T 50353-2013 3.0.19); any other hole is a void
and belongs to the storey it opens from (3.0.8).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.element_roles import (
    BALCONY,
    BAY_WINDOW,
    CANOPY,
    CARRYING,
    SHAFT,
    STANDING,
    VERTICAL_WAYS,
    covering_part,
    enclosing_part,
    is_called,
    narrowed,
    pitched_roofs,
)
from bim_checks.measures.regions import NOTHING, areal, polygons, united, wide
from cim.bodies import objects
from cim.building import BuildingModel, Element, Representation, Storey
from cim.footprint import ElementOutline, Footprints
from cim.union import filled, unite

FLOOR_BAND = (
    0.1  # m above a floor and below the next; what lies between is of the storey, not of its slabs
)
LEAST_ROOM = 1.0  # m; a flat cover that ends lower is a finish or the roof on its own level
FLOOR_DEPTH = 0.4  # m below a storey's level in which its slab is looked for: finishes lie above it
SAME_LEVEL = 0.05  # m; storeys of several buildings this close in height are one level
JOINTS = 0.02  # m; gaps this wide between walls do not open a room
REACHED = 2e-7  # m; heights that differ by rounding are equal; above the sections' own ON_PLANE
LEAST_LEDGE = 0.3  # m; a floor that reaches no farther out of the walls is a ledge, no balcony
LEAF_SHARE = 0.3  # of the outline of a second leaf of a wall that runs along the first
STAIR_BELOW = 0.6  # m below a floor that a stair leading through it reaches at least

_Part = tuple[Element, BaseGeometry]


@dataclass(frozen=True, slots=True, eq=False)
class OpenFloor:
    """A floor outside of the walls.

    Attributes:
        geometry: engineering CRS, metres.
        covered: whether something lies above it.
        is_balcony: whether the model calls it one.
        enclosed_share: of its outline that runs along the walls.
        elements: GlobalIds of the slabs that it is.
    """

    geometry: BaseGeometry
    covered: bool
    is_balcony: bool
    enclosed_share: float
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """A canopy, or a bay window: it reaches out of the walls and has no floor of its own.

    Attributes:
        geometry: what lies outside of the walls, engineering CRS, metres.
        depth: how far it reaches, metres.
        low: of its lowest point above the storey's floor, metres.
        height: of the thing itself, metres.
        elements: GlobalIds.
    """

    geometry: BaseGeometry
    depth: float
    low: float
    height: float
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StoreyPlan:
    """One storey in plan, engineering CRS, metres.

    Attributes:
        storeys: the storeys of the model at this level; one, unless several buildings share it.
        floor: height.
        height: from floor to the floor above, for the highest to the top of what covers it; None when nothing tells.
        contour: what walls, windows and doors enclose, walls included.
        enclosed: the part of it that has floor (or a stair, lift or duct) and cover.
        void: the part of it that is covered and has no floor.
        unfloored: the part of it that is covered and has no floor, with no storey below that it could open from: the file
            draws no floor there, and what it is is not told.
        uncovered: the rest of it: nothing covers it, or it is the wall of a void or of a terrace.
        pitched: what a pitched roof covers and no storey above; there the clear height counts, not the storey height.
        open_floors: floors outside of the walls.
        canopies, bay_windows: what reaches out without a floor.
        is_carried: whether any slab is drawn at its level; where not, the void is not told from the floor.
    """

    storeys: tuple[Storey, ...]
    floor: float
    height: float | None
    contour: BaseGeometry
    enclosed: BaseGeometry
    void: BaseGeometry
    unfloored: BaseGeometry
    uncovered: BaseGeometry
    pitched: BaseGeometry
    open_floors: tuple[OpenFloor, ...]
    canopies: tuple[Projection, ...]
    bay_windows: tuple[Projection, ...]
    is_carried: bool
    lower_than: Callable[[float], BaseGeometry]
    """What lies below a pitched roof with less clear height than so many metres."""

    @property
    def name(self) -> str:
        """As in the file, several joined."""
        return " / ".join(dict.fromkeys(s.name or s.global_id for s in self.storeys))

    @property
    def identifiers(self) -> tuple[str, ...]:
        """GlobalIds of its storeys."""
        return tuple(storey.global_id for storey in self.storeys)


def storey_plans(model: BuildingModel, *, duct_area: float) -> tuple[StoreyPlan, ...]:
    """Every storey that has an elevation, lowest first; empty without any.

    Args:
        model: as read.
        duct_area: holes in a floor no larger are ducts, m2.
    """
    return _Plans(model, duct_area).all()


@dataclass(frozen=True, slots=True, eq=False)
class _Outline:
    """Walls in plan, the contour they make, and the rooms between them."""

    walls: tuple[BaseGeometry, ...]
    contour: BaseGeometry
    rooms: BaseGeometry


class _Plans:
    """The plans of one model; what storeys share is computed once."""

    def __init__(self, model: BuildingModel, duct_area: float) -> None:
        self._duct_area = duct_area
        self._elements = {element.global_id: element for element in model.elements}
        self._enclosing = Footprints(enclosing_part(model))
        self._carrying = Footprints(narrowed(model, CARRYING))
        self._standing = Footprints(narrowed(model, STANDING))
        self._covering = Footprints(covering_part(model))
        self._pitched = pitched_roofs(model)
        self._bays = {
            e.global_id
            for e in model.elements
            if e.ifc_class.startswith("IfcWindow") and is_called(e, BAY_WINDOW)
        }
        self._levels = _levels(model.storeys)
        self._ways = Footprints(narrowed(model, VERTICAL_WAYS)).outlines
        self._known_outlines: dict[tuple[bytes, ...], _Outline] = {}
        self._known_floors: dict[tuple[bytes, int], BaseGeometry] = {}
        self._shafts = [
            _column(model, space.representation)
            for space in model.spaces
            if space.representation is not None and is_called(space, SHAFT)
        ]

    def all(self) -> tuple[StoreyPlan, ...]:
        floors = [floor for floor, _ in self._levels]
        ceilings = [*floors, math.inf][1:]
        covers = self._covers(floors)
        walls = [self._walls(f, top) for f, top in zip(floors, ceilings, strict=True)]
        outlines = [self._outlined([shape for _, shape in parts]) for parts, _ in walls]
        contours = [outline.contour for outline in outlines]
        plans: list[StoreyPlan] = []
        for i in range(len(floors)):
            plan = self._plan(
                i,
                ceiling=ceilings[i],
                walls=outlines[i],
                bays=walls[i][1],
                cover=covers[i],
                above=contours[i + 1] if i + 1 < len(contours) else NOTHING,
                below=united([plans[-1].enclosed, plans[-1].void]) if plans else NOTHING,
            )
            plans.append(plan)
        return tuple(plans)

    def _covers(self, floors: Sequence[float]) -> list[BaseGeometry]:
        """What something above each floor covers, at any height; each band is seen once.

        A flat roof that lies on the floor's own level leaves no room; a pitched one comes down to it.
        """
        covers: list[BaseGeometry] = []
        cover: BaseGeometry = NOTHING
        above = math.inf
        for floor in reversed(floors):
            parts = self._covering.parts_between(floor + LEAST_ROOM, above)
            cover = _with_more(cover, [part.geometry for part in parts])
            low = self._pitched_between(floor + FLOOR_BAND, floor + LEAST_ROOM)
            covers.append(cover if low.is_empty else unite([cover, low]))
            above = floor + LEAST_ROOM
        return covers[::-1]

    def _walls(self, floor: float, ceiling: float) -> tuple[list[_Part], list[_Part]]:
        """What encloses a storey; and the bay windows, which reach out of the walls."""
        low, high = floor + FLOOR_BAND, ceiling - FLOOR_BAND
        if low >= high:
            return [], []
        walls: list[_Part] = []
        bays: list[_Part] = []
        for part in self._enclosing.parts_between(low, high):
            found = bays if part.global_id in self._bays else walls
            found.append((self._elements[part.global_id], areal(part.geometry)))
        return walls, bays

    def _plan(
        self,
        level: int,
        *,
        ceiling: float,
        walls: _Outline,
        bays: Sequence[_Part],
        cover: BaseGeometry,
        above: BaseGeometry,
        below: BaseGeometry,
    ) -> StoreyPlan:
        floor, storeys = self._levels[level]
        low, high = floor - FLOOR_DEPTH, floor + FLOOR_BAND
        band = self._carrying.parts_between(low, high)
        slabs = [(part.global_id, areal(part.geometry)) for part in band]
        contour = walls.contour
        covered = walls.rooms.intersection(cover)
        carried = _with_more(NOTHING, [shape for _, shape in slabs])
        floorless = wide(covered.difference(carried))
        if not floorless.is_empty:  # what stands on a floor is a floor, too
            shapely.prepare(floorless)
            near = np.flatnonzero(shapely.intersects(floorless, self._standing.outline_shapes))
            standing = self._standing.cut_elements(near, low, high)
            standing = standing[shapely.intersects(floorless, standing)]
            floorless = wide(floorless.difference(united(standing)))
        holes = united([hole for hole in polygons(floorless) if not self._is_shaft(hole, floor)])
        void = wide(holes.intersection(below))
        enclosed = self._with_walls(areal(covered.difference(holes)), walls)
        return StoreyPlan(
            storeys=storeys,
            floor=floor,
            height=self._height(floor, ceiling, enclosed),
            contour=contour,
            enclosed=enclosed,
            void=void,
            unfloored=wide(holes.difference(void).difference(enclosed)),
            uncovered=wide(contour.difference(enclosed).difference(holes)),
            pitched=self._pitched_above(floor).difference(above),
            open_floors=self._open_floors(slabs, contour, cover),
            canopies=self._canopies(floor, ceiling, contour),
            bay_windows=self._bay_windows(bays, contour, floor),
            is_carried=any(shape.area > 0.0 for _, shape in slabs),
            lower_than=lambda height: self._lower_than(height, floor),
        )

    def _outlined(self, walls: list[BaseGeometry]) -> _Outline:
        """Contour and rooms of some walls; storeys that are alike, as those of a tower, are looked at once."""
        key = tuple(shapely.to_wkb(objects(walls)).tolist())
        if key not in self._known_outlines:
            contour = _contour(walls)
            rooms = wide(contour.difference(shapely.union_all(walls))) if walls else NOTHING
            self._known_outlines[key] = _Outline(tuple(walls), contour, rooms)
        return self._known_outlines[key]

    def _with_walls(self, rooms: BaseGeometry, walls: _Outline) -> BaseGeometry:
        key = (rooms.wkb, id(walls))
        if key not in self._known_floors:
            self._known_floors[key] = _with_walls(rooms, walls.walls, walls.contour)
        return self._known_floors[key]

    def _is_shaft(self, hole: BaseGeometry, floor: float) -> bool:
        """Whether a hole in a floor is a duct, or a stair, lift or shaft leads through it."""
        if hole.area <= self._duct_area:
            return True
        ways = [
            outline.geometry
            for outline in self._ways
            if outline.low < floor + FLOOR_BAND and outline.high > floor - STAIR_BELOW
        ]
        shafts = [
            shaft.geometry
            for shaft in self._shafts
            if shaft.low < floor + STAIR_BELOW and shaft.high > floor
        ]
        return any(way.intersection(hole).area > 0.0 for way in (*ways, *shafts))

    def _height(self, floor: float, ceiling: float, enclosed: BaseGeometry) -> float | None:
        if ceiling < math.inf:
            return ceiling - floor
        tops = [
            outline.high - floor
            for outline in self._covering.outlines
            if outline.high > floor + LEAST_ROOM and outline.geometry.intersects(enclosed)
        ]
        return max(tops) if tops and not enclosed.is_empty else None

    def _pitched_above(self, floor: float) -> BaseGeometry:
        """What pitched roofs cover that reach above a floor."""
        roofs = [
            outline.geometry
            for outline in self._covering.outlines
            if outline.global_id in self._pitched and outline.high > floor + FLOOR_BAND
        ]
        return areal(unite(roofs)) if roofs else NOTHING

    def _lower_than(self, height: float, floor: float) -> BaseGeometry:
        """Where a pitched roof comes lower than so many metres above the floor."""
        return self._pitched_between(floor + FLOOR_BAND, floor + height - REACHED)

    def _pitched_between(self, low: float, high: float) -> BaseGeometry:
        parts = self._covering.parts_between(low, high) if self._pitched else ()
        shapes = [part.geometry for part in parts if part.global_id in self._pitched]
        return areal(unite(shapes)) if shapes else NOTHING

    def _open_floors(
        self, slabs: Sequence[tuple[str, BaseGeometry]], contour: BaseGeometry, cover: BaseGeometry
    ) -> tuple[OpenFloor, ...]:
        named = [(i, s) for i, s in slabs if is_called(self._elements[i], BALCONY)]
        others = [(i, s) for i, s in slabs if not is_called(self._elements[i], BALCONY)]
        balconies = unite([shape for _, shape in named]).difference(contour)
        rest = unite([shape for _, shape in others]).difference(contour).difference(balconies)
        found = []
        for region, is_balcony, source in ((balconies, True, named), (rest, False, others)):
            parts = {True: region.intersection(cover), False: region.difference(cover)}
            for covered, part in parts.items():
                found += [
                    OpenFloor(
                        piece,
                        covered=covered,
                        is_balcony=is_balcony,
                        enclosed_share=_share_along(piece, contour),
                        elements=tuple(i for i, s in source if s.intersection(piece).area > 0.0),
                    )
                    for piece in polygons(wide(part, LEAST_LEDGE))
                ]
        return tuple(found)

    def _canopies(
        self, floor: float, ceiling: float, contour: BaseGeometry
    ) -> tuple[Projection, ...]:
        found = []
        for outline in self._covering.outlines:
            element = self._elements[outline.global_id]
            if floor + FLOOR_BAND < outline.low <= ceiling and is_called(element, CANOPY):
                found += _projections(areal(outline.geometry), contour, outline, floor)
        return tuple(found)

    def _bay_windows(
        self, bays: Sequence[_Part], contour: BaseGeometry, floor: float
    ) -> tuple[Projection, ...]:
        if not bays:
            return ()
        known = {outline.global_id: outline for outline in self._enclosing.outlines}
        found = []
        for element, shape in bays:
            found += _projections(filled(shape), contour, known[element.global_id], floor)
        return tuple(found)


def _levels(storeys: Sequence[Storey]) -> list[tuple[float, tuple[Storey, ...]]]:
    """Storeys by height, those of one level together, lowest first."""
    known = sorted(
        ((s.elevation, i, s) for i, s in enumerate(storeys) if s.elevation is not None),
        key=lambda found: (found[0], found[2].global_id),
    )
    levels: list[tuple[float, list[Storey]]] = []
    for elevation, _, storey in known:
        if levels and elevation - levels[-1][0] <= SAME_LEVEL:
            levels[-1][1].append(storey)
        else:
            levels.append((elevation, [storey]))
    return [(floor, tuple(found)) for floor, found in levels]


def _contour(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """What walls enclose, themselves included, narrow joints between them closed."""
    if not parts:
        return NOTHING
    return filled(_closed(unite(parts)))


def _closed(shape: BaseGeometry) -> BaseGeometry:
    """A shape with its narrow joints closed; corners stay where they are."""
    grown = shape.buffer(JOINTS / 2.0, join_style="mitre")
    return areal(grown.buffer(-JOINTS / 2.0, join_style="mitre"))


def _with_walls(
    rooms: BaseGeometry, walls: Sequence[BaseGeometry], contour: BaseGeometry
) -> BaseGeometry:
    """Rooms with the walls around and between them; a wall of several leaves with all of them.

    A roof often ends inside the outer walls, so walls need no cover of their own; a parapet has no room behind it.
    """
    enclosed = rooms
    left = objects(list(walls))
    for least_share in (0.0, LEAF_SHARE, LEAF_SHARE):
        if enclosed.is_empty or not len(left):
            break
        reach = enclosed.buffer(JOINTS)
        shapely.prepare(reach)
        near = np.flatnonzero(shapely.intersects(reach, left))
        along = shapely.length(shapely.intersection(shapely.boundary(left[near]), reach))
        least = np.maximum(least_share * shapely.length(left[near]), JOINTS * 4)
        taken = near[along > least]
        if not len(taken):
            break
        enclosed = shapely.union_all([enclosed, *left[taken]])
        left = np.delete(left, taken)
    # Joints and openings that reach from one side of a wall to the other are neither room nor wall.
    return areal(_closed(enclosed).intersection(contour))


def _with_more(shape: BaseGeometry, more: Sequence[BaseGeometry]) -> BaseGeometry:
    """A shape united with others; those it covers already, as each slab of a tower does the next, cost nothing."""
    found = objects([part for other in more for part in polygons(other)])
    if not len(found):
        return shape
    if shape.is_empty:
        return unite(found.tolist())
    shapely.prepare(shape)
    new = found[~shapely.covers(shape, found)]
    return unite([shape, *new]) if len(new) else shape


def _projections(
    shape: BaseGeometry, contour: BaseGeometry, outline: ElementOutline, floor: float
) -> list[Projection]:
    outside = wide(shape.difference(contour))
    if outside.is_empty or contour.is_empty:
        return []
    corners = shapely.points(shapely.get_coordinates(outside))
    return [
        Projection(
            outside,
            depth=float(shapely.distance(corners, contour).max()),
            low=outline.low - floor,
            height=outline.high - outline.low,
            elements=(outline.global_id,),
        )
    ]


def _share_along(piece: BaseGeometry, contour: BaseGeometry) -> float:
    """Share of a floor's outline that runs along the walls."""
    along = piece.boundary.intersection(contour.buffer(JOINTS))
    return float(along.length / piece.length)


def _column(model: BuildingModel, body: Representation) -> ElementOutline:
    """A space by its box, upright in the engineering CRS."""
    vertices = model.body(body).vertices
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    plan = shapely.box(low[0], low[1], high[0], high[1])
    return ElementOutline("", plan, float(low[2]), float(high[2]))
