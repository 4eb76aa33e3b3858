"""What a rule in plan is about: the site, or the building as a whole, at the ground, storey by storey, its roof, its basement.

Storeys whose outlines lie on top of each other are one shape that names them all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.footprint import PLATE_BAND, Footprint, Footprints
from cim.footprint import Ground as FootprintGround
from cim.recognition import roofs
from cim.text import Text

Subject = Literal["footprint", "site", "ground", "storeys", "roof", "basement", "each"]
Ground = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Ground heights (metres, shape (N,)) at points in plan, shape (N, 2); NaN where unknown."""

SUBJECT_MEANING = Text(
    zh="footprint 为全部构件的投影，site 为用地范围；ground 为贴地部分，storeys 为各楼层，roof 为屋面，basement 为地下部分，"
    "each 为后四者逐一判断",
    en="footprint: the projection of all drawn elements; site: the outline of the site; ground: what stands on the ground, "
    "storeys: every storey, roof: the roofs, basement: what lies below the ground, each: these four one by one",
)

# m above and below the ground; a terrain raster and a plinth are known no better, a storey is much higher
GROUND_REACH = 0.25
BELOW = 0.05  # m below the ground; a floor slab at ground level is no basement
SAME_OUTLINE = 1e-3  # m; the IFC kernel's deflection: outlines this near are the same
LEVEL_GROUND = (
    2.0 * BELOW
)  # m; ground that rises less below a building is taken as level, at its middle
ONE_FLOOR = 2.0 * PLATE_BAND  # m; floors nearer than this to each other are one level

SITE = Text(zh="用地", en="The site")
BUILDING = Text(zh="建筑", en="The building")
AT_LEVELS = Text(zh="建筑（{levels}）", en="The building at {levels}")
RANGE = Text(zh="{first} 至 {last}", en="{first} to {last}")
GROUND_NAME = Text(zh="地面", en="ground level")
ROOF_NAME = Text(zh="屋面", en="roof level")
BASEMENT_NAME = Text(zh="地下", en="basement level")
ROOF_ASSUMED = Text(zh="屋面仅凭名称或位置认定。", en="The roof is taken by name or position only.")
ROOF_UNNAMED = Text(
    zh="文件未标明屋面，按全部构件的投影。",
    en="The file names no roof; the projection of everything counts.",
)
NO_STOREYS = Text(
    zh="文件没有带标高的楼层，按全部构件的投影。",
    en="The file has no storey with an elevation; the projection of everything counts.",
)
GRID = 32  # points along each side of a building at which the ground is looked up
OUTSIDE_STOREYS = -1000  # order of levels that are no storey; never next to one


@dataclass(frozen=True, slots=True)
class Level:
    """Where in the building: a storey, the ground, the roof, the basement.

    Attributes:
        order: storeys that follow each other have consecutive numbers.
        name: for people.
    """

    order: int
    name: Text


@dataclass(frozen=True, slots=True, eq=False)
class SubjectShape:
    """One shape that a rule in plan judges.

    Attributes:
        geometry: metres, projected frame.
        height: orthogonal height to draw it at, metres.
        levels: which part of the building it is; empty for the whole building and for a site.
        is_site: whether it is the site.
        low, high: what it is the projection of lies between these heights, metres; infinite where nothing bounds it;
            above the ground where `follows_ground`.
        follows_ground: see `low`.
        global_ids, parts: its elements, and what each covers, shape (N,); repeated where it stands for several levels.
        note: what the outline leans on, None when on nothing.
    """

    geometry: BaseGeometry
    height: float
    global_ids: tuple[str, ...]
    parts: NDArray[np.object_]
    levels: tuple[Level, ...] = ()
    is_site: bool = False
    low: float = -math.inf
    high: float = math.inf
    follows_ground: bool = False
    note: Text | None = None

    @property
    def name(self) -> Text:
        """As the subject of a sentence."""
        return SITE if self.is_site else building_at(self.levels)

    def elements_touching(self, zone: BaseGeometry) -> tuple[str, ...]:
        """GlobalIds of the elements that share area with a zone, largest share first."""
        if self.is_site:
            return self.global_ids
        shapely.prepare(zone)
        near = np.flatnonzero(shapely.intersects(zone, self.parts))
        shares = shapely.area(self.parts[near])
        # What lies inside wholly, mostly nearly all of it, need not be cut.
        cut = ~shapely.covers(zone, self.parts[near])
        shares[cut] = shapely.area(shapely.intersection(self.parts[near][cut], zone))
        order = near[np.argsort(-shares, kind="stable")][: int((shares > 0.0).sum())]
        return _once(self.global_ids[i] for i in order)

    def elements_within(self, distance: float, line: BaseGeometry) -> tuple[str, ...]:
        """GlobalIds of the elements nearer to a line than a distance (metres), nearest first."""
        if self.is_site:
            return self.global_ids
        gaps = shapely.distance(self.parts, line)
        near = np.argsort(gaps, kind="stable")[: int((gaps < distance).sum())]
        return _once(self.global_ids[i] for i in near)


def building_at(levels: Iterable[Level]) -> Text:
    """The building, or its named levels, as the subject of a sentence; storeys in a row as a range.

    >>> storeys = [Level(n, Text(zh=f"{n}F", en=f"{n}F")) for n in (1, 2, 3, 5)]
    >>> building_at(storeys).en
    'The building at 1F to 3F and 5F'
    """
    rows: list[list[Level]] = []
    for level in sorted(levels, key=lambda found: found.order):
        if rows and level.order - rows[-1][-1].order == 1:
            rows[-1].append(level)
        elif not rows or level.order != rows[-1][-1].order or level.name != rows[-1][-1].name:
            rows.append([level])
    if not rows:
        return BUILDING
    named = [
        row[0].name if len(row) == 1 else RANGE.format(first=row[0].name, last=row[-1].name)
        for row in rows
    ]
    *others, last = [name.en for name in named]
    english = f"{', '.join(others)} and {last}" if others else last
    return AT_LEVELS.format(levels=Text(zh="、".join(name.zh for name in named), en=english))


@dataclass(frozen=True)
class BuildingInPlan:
    """The shapes of a building that rules in plan judge, each computed when asked for.

    Attributes:
        footprints: of the building, projected frame.
        ground: heights of the ground; None where nobody knows it: there is no ground and basement shape then.
    """

    footprints: Footprints
    ground: Ground | None

    def shapes(self, subject: Subject) -> tuple[SubjectShape, ...]:
        """The shapes of a subject other than the site; empty where the building has nothing of it."""
        found = {
            "footprint": lambda: self.whole,
            "ground": lambda: self.on_ground,
            "storeys": lambda: self.storeys,
            "roof": lambda: self.roof,
            "basement": lambda: self.basement,
            "each": lambda: self.each,
        }[subject]()
        return tuple(shape for shape in found if not shape.geometry.is_empty)

    @cached_property
    def whole(self) -> tuple[SubjectShape, ...]:
        """The projection of everything."""
        return (self._shape(self.footprints.whole, levels=()),)

    @cached_property
    def storeys(self) -> tuple[SubjectShape, ...]:
        """Every storey that has an elevation: all between its floor plate and the next one.

        What lies below the lowest belongs to it, and what rises above the highest, so that together they are the whole.
        """
        floors = self._floors()
        shapes = []
        for order, (floor, name) in enumerate(floors):
            low = -math.inf if order == 0 else floor - PLATE_BAND
            last = order == len(floors) - 1
            high = math.inf if last else floors[order + 1][0] - PLATE_BAND
            band = self.footprints.band(low, high)
            shapes.append(self._shape(band, (Level(order, name),), height=floor))
        return _stacked(shapes)

    @cached_property
    def on_ground(self) -> tuple[SubjectShape, ...]:
        """What stands on the ground: the projection of what lies within half a metre of it."""
        if self.ground is None:
            return ()
        footprint = self.footprints.ground_contact(
            self._raised(GROUND_REACH - BELOW), tolerance=GROUND_REACH
        )
        return (
            self._shape(
                replace(footprint, low=-BELOW, high=2.0 * GROUND_REACH - BELOW),
                (Level(-2 + OUTSIDE_STOREYS, GROUND_NAME),),
                follows_ground=True,
            ),
        )

    @cached_property
    def basement(self) -> tuple[SubjectShape, ...]:
        """What lies below the ground."""
        if self.ground is None:
            return ()
        footprint = self.footprints.basement(self._raised(0.0), tolerance=BELOW)
        return (
            self._shape(
                replace(footprint, low=-math.inf, high=-BELOW),
                (Level(-4 + OUTSIDE_STOREYS, BASEMENT_NAME),),
                follows_ground=True,
            ),
        )

    @cached_property
    def roof(self) -> tuple[SubjectShape, ...]:
        """The projection of the roofs; of everything where the file names none."""
        known = roofs(self.footprints.model)
        names = {found.global_id for found in known}
        footprint = self.footprints.of_elements(names)
        note = ROOF_ASSUMED if any(found.assumed for found in known) else None
        if footprint.geometry.is_empty:
            footprint, note = self.footprints.whole, ROOF_UNNAMED
        shape = self._shape(footprint, (Level(-OUTSIDE_STOREYS, ROOF_NAME),), height=footprint.low)
        return (replace(shape, low=-math.inf, high=math.inf, note=note),)

    @cached_property
    def each(self) -> tuple[SubjectShape, ...]:
        """Basement, ground, storeys and roof; the whole projection in the place of storeys that are not known."""
        storeys = self.storeys or tuple(replace(s, note=NO_STOREYS) for s in self.whole)
        return (*self.basement, *self.on_ground, *storeys, *self.roof)

    @cached_property
    def unjudged(self) -> tuple[str, ...]:
        """GlobalIds of the elements below which the ground is not known; a ground or basement shape lacks them."""
        if self.ground is None:
            return _once(outline.global_id for outline in self.footprints.outlines)
        corners, owner = shapely.get_coordinates(self.footprints.outline_shapes, return_index=True)
        unknown = np.unique(owner[~np.isfinite(self.ground(corners))])
        return _once(self.footprints.outlines[i].global_id for i in unknown.tolist())

    @cached_property
    def level(self) -> float | None:
        """Height of the ground below the building where it is as good as level, metres; None where it rises."""
        if self.ground is None or self.unjudged or not self.footprints.outlines:
            return None
        west, south, east, north = self.footprints.whole.geometry.bounds
        x, y = np.meshgrid(np.linspace(west, east, GRID), np.linspace(south, north, GRID))
        heights = self.ground(np.column_stack([x.ravel(), y.ravel()]))
        low, high = float(np.min(heights)), float(np.max(heights))
        return (low + high) / 2.0 if high - low <= LEVEL_GROUND else None

    def _raised(self, rise: float) -> FootprintGround:
        """The ground, or its one height, raised by so many metres."""
        if self.level is not None:
            return self.level + rise
        ground = self.ground
        if ground is None:
            raise ValueError("nobody knows the ground")
        return lambda points: ground(points) + rise

    def _floors(self) -> list[tuple[float, Text]]:
        """Orthogonal heights of the floors with their storeys' names, lowest first."""
        placement = self.footprints.placement
        rise = placement.orthogonal_height if placement is not None else 0.0
        known = sorted(
            (storey.elevation + rise, storey.name or storey.global_id)
            for storey in self.footprints.model.storeys
            if storey.elevation is not None
        )
        floors: list[tuple[float, list[str]]] = []
        for floor, name in known:
            if floors and floor - floors[-1][0] < ONE_FLOOR:
                floors[-1][1].append(name)
            else:
                floors.append((floor, [name]))
        joined = [(floor, " / ".join(dict.fromkeys(names))) for floor, names in floors]
        return [(floor, Text(zh=name, en=name)) for floor, name in joined]

    def _shape(
        self,
        footprint: Footprint,
        levels: tuple[Level, ...],
        *,
        height: float | None = None,
        follows_ground: bool = False,
    ) -> SubjectShape:
        lowest = self.footprints.lowest
        return SubjectShape(
            geometry=footprint.geometry,
            height=lowest if height is None else max(height, lowest),
            global_ids=footprint.part_ids,
            parts=footprint.part_shapes,
            levels=levels,
            low=footprint.low if levels else -math.inf,
            high=footprint.high if levels else math.inf,
            follows_ground=follows_ground,
        )


def _stacked(shapes: Sequence[SubjectShape]) -> tuple[SubjectShape, ...]:
    """Shapes in a row of the same outline as one."""
    found: list[SubjectShape] = []
    for shape in shapes:
        if found and same_outline(found[-1].geometry, shape.geometry):
            below = found[-1]
            found[-1] = replace(
                below,
                levels=below.levels + shape.levels,
                high=max(below.high, shape.high),
                global_ids=below.global_ids + shape.global_ids,
                parts=np.concatenate([below.parts, shape.parts]),
            )
        else:
            found.append(shape)
    return tuple(found)


def same_outline(one: BaseGeometry, other: BaseGeometry) -> bool:
    """Whether two shapes are nowhere farther apart than `SAME_OUTLINE`."""
    if one.is_empty or other.is_empty:
        return False
    apart = np.abs(np.subtract(one.bounds, other.bounds)).max()
    if apart > SAME_OUTLINE or abs(one.area - other.area) > SAME_OUTLINE * one.length:
        return False
    return bool(shapely.hausdorff_distance(one, other) <= SAME_OUTLINE)


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
