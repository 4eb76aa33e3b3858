"""The sample tower: 26 storeys, a podium of four below a square shaft, drawn from a `Design`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from samples.ifc_author import IfcAuthor, Point
from samples.plan import (
    GROUND_LEVEL,
    PODIUM,
    PODIUM_STOREYS,
    ROTATION_DEGREES,
    SHAFT,
    STOREYS,
    ZERO_LEVEL,
    Design,
)

WALL, CORE_WALL, PARTITION, PARAPET_WALL = 0.25, 0.30, 0.20, 0.20  # m thick
SLAB = 0.15
CORE = (10.0, 8.0)  # m, outer faces
COLUMN = 0.6
STAIRWELL = ((-4.4, -1.4), (1.6, 1.4))  # m, hole in every slab above the ground
WINDOW = (2.4, 1.8)
SILL = 0.9
DOOR = (1.0, 2.1)
ENTRANCE = (2.4, 2.6)
PODIUM_PARAPET = 1.2

STONE = (0.76, 0.70, 0.62, 1.0)
PLASTER = (0.90, 0.89, 0.86, 1.0)
CONCRETE = (0.66, 0.67, 0.68, 1.0)
PAINT = (0.95, 0.95, 0.94, 1.0)
FRAME = (0.30, 0.33, 0.36, 1.0)
GLASS = (0.45, 0.62, 0.72, 0.45)
WOOD = (0.55, 0.38, 0.24, 1.0)
LAWN = (0.55, 0.66, 0.45, 1.0)


@dataclass(frozen=True, slots=True)
class Level:
    """One storey: its number from 1, floor level, height and plan size, metres."""

    number: int
    floor: float
    height: float
    size: tuple[float, float]


def levels(design: Design) -> list[Level]:
    """The 26 storeys from below."""
    heights = [*PODIUM_STOREYS, *[design.typical_storey] * (STOREYS - len(PODIUM_STOREYS))]
    floors = np.concatenate([[0.0], np.cumsum(heights)]).round(6).tolist()
    return [
        Level(i + 1, floors[i], heights[i], PODIUM if i < len(PODIUM_STOREYS) else SHAFT)
        for i in range(STOREYS)
    ]


def write_tower(design: Design, path: Path) -> None:
    """Write one submission."""
    _Tower(design).write(path)


class _Tower:
    def __init__(self, design: Design) -> None:
        self._design = design
        self._author = IfcAuthor(project="滨海中心 2026-018 地块", tool="cim-review samples")
        author = self._author
        self._georeference()
        self._site = author.spatial("IfcSite", "2026-018 地块", author.project)
        self._building = author.spatial("IfcBuilding", "滨海中心 A 座", self._site)
        self._window = self._window_type()
        self._column = self._type("IfcColumnType", "方柱 600", "COLUMN")
        half = COLUMN / 2.0
        self._column_bodies = {
            height: author.box((-half, -half, 0.0), (half, half, height - SLAB))
            for height in sorted({level.height for level in levels(design)})
        }
        self._walls: dict[str, list[Any]] = {"外墙": [], "核心筒": [], "隔墙": [], "女儿墙": []}
        self._slabs: list[Any] = []
        self._windows: list[Any] = []
        self._doors: list[Any] = []
        self._columns: list[Any] = []
        self._stairs: list[Any] = []

    def write(self, path: Path) -> None:
        """Draw everything and save."""
        self._draw_site()
        for level in levels(self._design):
            self._draw_storey(level)
        self._draw_roof()
        self._describe()
        self._author.save(path, seed=self._design.name)

    def _georeference(self) -> None:
        easting, northing = self._design.centre
        if self._design.exchanged_axes:
            easting, northing = northing, easting
        angle = math.radians(ROTATION_DEGREES)
        self._author.georeference(
            eastings=easting,
            northings=northing,
            height=ZERO_LEVEL,
            abscissa=math.cos(angle),
            ordinate=math.sin(angle),
        )

    def _draw_site(self) -> None:
        angle = math.radians(-ROTATION_DEGREES)
        c, s = math.cos(angle), math.sin(angle)
        east, north = self._design.centre
        ring = [
            ((e - east) * c - (n - north) * s, (e - east) * s + (n - north) * c)
            for e, n in list(self._design.site.exterior.coords)[:-1]
        ]
        surface = self._author.surface(ring, GROUND_LEVEL - ZERO_LEVEL)
        self._author.style(surface, "草坪", LAWN)
        self._author.give_body(self._site, [surface], kind="Tessellation")

    def _draw_storey(self, level: Level) -> None:
        author = self._author
        storey = author.spatial(
            "IfcBuildingStorey", f"{level.number}F", self._building, elevation=level.floor
        )
        first_of_shaft = level.number == len(PODIUM_STOREYS) + 1
        self._slab(storey, PODIUM if first_of_shaft else level.size, whole=level.number == 1)
        self._outer_walls(storey, level)
        self._core(storey, level)
        self._place_columns(storey, level)
        self._stair(storey, level)
        if level.size == SHAFT:
            self._partitions(storey, level)
            self._dwellings(storey, level)
        else:
            self._shops(storey, level)
        if first_of_shaft:
            self._parapet(storey, PODIUM, PODIUM_PARAPET)

    def _draw_roof(self) -> None:
        author = self._author
        storey = author.spatial(
            "IfcBuildingStorey", "屋面", self._building, elevation=self._design.roof
        )
        roof = author.product("IfcRoof", "屋面", predefined_type="FLAT_ROOF")
        author.place(roof, storey, (0.0, 0.0, 0.0))
        author.contain(roof, storey)
        slab = author.product("IfcSlab", "屋面板", predefined_type="ROOF")
        x, y = SHAFT[0] / 2.0, SHAFT[1] / 2.0
        author.give_body(slab, [author.box((-x, -y, -SLAB), (x, y, 0.0))])
        author.aggregate(slab, roof)
        author.place(slab, roof, (0.0, 0.0, 0.0))
        self._slabs.append(slab)
        self._parapet(storey, SHAFT, self._design.parapet)

    def _slab(self, storey: Any, size: tuple[float, float], *, whole: bool) -> None:
        author = self._author
        x, y = size[0] / 2.0, size[1] / 2.0
        ring = [(-x, -y), (x, -y), (x, y), (-x, y)]
        slab = author.product("IfcSlab", "楼板", predefined_type="FLOOR")
        holes = [] if whole else [_rectangle(*STAIRWELL)]
        author.give_body(slab, [author.prism(ring, -SLAB, SLAB, holes=holes)])
        self._put(slab, storey)
        self._slabs.append(slab)

    def _outer_walls(self, storey: Any, level: Level) -> None:
        """Four walls; each starts at the origin of its own frame and runs along its x axis."""
        length, width = level.size
        for quarter, (run, out) in enumerate(((length, width), (width, length)) * 2):
            inset = 0.0 if quarter % 2 == 0 else WALL  # the short walls stand between the long ones
            wall = self._wall(run - 2.0 * inset, WALL, level.height - SLAB, "外墙")
            corner = _turned((-run / 2.0 + inset, -out / 2.0), quarter)
            self._author.place(wall, storey, (*corner, 0.0), quarter_turns=quarter)
            self._author.contain(wall, storey)
            spacing = 4.5 if level.size == SHAFT else 4.6
            entrance = level.number == 1 and quarter == 0
            self._place_windows(wall, run - 2.0 * inset, spacing, storey, entrance=entrance)

    def _place_windows(
        self, wall: Any, run: float, spacing: float, storey: Any, *, entrance: bool
    ) -> None:
        author = self._author
        count = int((run - 1.0) // spacing)
        first = run / 2.0 - (count - 1) * spacing / 2.0
        for i in range(count):
            middle = first + i * spacing
            if entrance and abs(middle - run / 2.0) < spacing:
                if i == count // 2:
                    self._door(wall, run / 2.0, storey, size=ENTRANCE, name="主入口")
                continue
            window = author.product("IfcWindow", "外窗 2418", predefined_type="WINDOW")
            window.OverallWidth, window.OverallHeight = WINDOW[0] * 1000.0, WINDOW[1] * 1000.0
            hole = author.box((0.0, -0.1, 0.0), (WINDOW[0], WALL + 0.1, WINDOW[1]))
            author.cut(wall, hole, (middle - WINDOW[0] / 2.0, 0.0, SILL), window)
            author.contain(window, storey)
            self._windows.append(window)

    def _door(
        self, wall: Any, middle: float, storey: Any, *, size: tuple[float, float], name: str
    ) -> None:
        author = self._author
        door = author.product("IfcDoor", name, predefined_type="DOOR")
        door.OverallWidth, door.OverallHeight = size[0] * 1000.0, size[1] * 1000.0
        leaf = author.box((0.0, 0.1, 0.0), (size[0], 0.15, size[1]))
        author.give_body(door, [leaf])
        hole = author.box((0.0, -0.1, 0.0), (size[0], CORE_WALL + 0.1, size[1]))
        author.cut(wall, hole, (middle - size[0] / 2.0, 0.0, 0.0), door)
        author.contain(door, storey)
        self._doors.append(door)

    def _core(self, storey: Any, level: Level) -> None:
        length, width = CORE
        for quarter, (run, out) in enumerate(((length, width), (width, length)) * 2):
            inset = 0.0 if quarter % 2 == 0 else CORE_WALL
            wall = self._wall(run - 2.0 * inset, CORE_WALL, level.height - SLAB, "核心筒")
            corner = _turned((-run / 2.0 + inset, -out / 2.0), quarter)
            self._author.place(wall, storey, (*corner, 0.0), quarter_turns=quarter)
            self._author.contain(wall, storey)
            if quarter % 2 == 0:
                for middle in (run / 2.0 - 3.0, run / 2.0 + 3.0):
                    self._door(wall, middle, storey, size=DOOR, name="入户门")

    def _partitions(self, storey: Any, level: Level) -> None:
        """Four walls from the core to the outer walls, one to each side."""
        reach = (SHAFT[0] / 2.0 - WALL, SHAFT[1] / 2.0 - WALL)
        for quarter in range(4):
            start = CORE[quarter % 2] / 2.0
            wall = self._wall(reach[quarter % 2] - start, PARTITION, level.height - SLAB, "隔墙")
            corner = _turned((start, -PARTITION / 2.0), quarter)
            self._author.place(wall, storey, (*corner, 0.0), quarter_turns=quarter)
            self._author.contain(wall, storey)

    def _wall(self, run: float, thickness: float, height: float, kind: str) -> Any:
        wall = self._author.product("IfcWall", kind, predefined_type="SOLIDWALL")
        self._author.give_body(wall, [self._author.box((0.0, 0.0, 0.0), (run, thickness, height))])
        self._walls[kind].append(wall)
        return wall

    def _parapet(self, storey: Any, size: tuple[float, float], height: float) -> None:
        length, width = size
        for quarter, (run, out) in enumerate(((length, width), (width, length)) * 2):
            inset = 0.0 if quarter % 2 == 0 else PARAPET_WALL
            wall = self._wall(run - 2.0 * inset, PARAPET_WALL, height, "女儿墙")
            wall.PredefinedType = "PARAPET"
            corner = _turned((-run / 2.0 + inset, -out / 2.0), quarter)
            self._author.place(wall, storey, (*corner, 0.0), quarter_turns=quarter)
            self._author.contain(wall, storey)

    def _place_columns(self, storey: Any, level: Level) -> None:
        """Columns on a grid inside the outer walls, none inside the core; one shared body a storey height."""
        author = self._author
        step = 8.0 if level.size == PODIUM else 8.4
        x, y = level.size[0] / 2.0 - 0.8, level.size[1] / 2.0 - 0.8
        for px in _grid(x, step):
            for py in _grid(y, step):
                if abs(px) < CORE[0] / 2.0 + 0.5 and abs(py) < CORE[1] / 2.0 + 0.5:
                    continue
                column = author.product("IfcColumn", "方柱 600", predefined_type="COLUMN")
                author.map_body(column, self._column_bodies[level.height])
                author.place(column, storey, (px, py, 0.0))
                author.contain(column, storey)
                self._columns.append(column)

    def _stair(self, storey: Any, level: Level) -> None:
        """Two straight flights with a landing between, as stepped prisms."""
        steps = round(level.height / 0.165 / 2.0)
        rise, run = level.height / (2.0 * steps), 4.2 / steps
        up = _stepped(steps, rise, run)
        stair = self._author.product("IfcStair", "楼梯", predefined_type="HALF_TURN_STAIR")
        lower = self._author.side_prism(up, 1.2)
        landing = self._author.box(
            (4.2, -2.6, level.height / 2.0 - 0.15), (5.4, 0.0, level.height / 2.0)
        )
        back = [(4.2 - x, z + level.height / 2.0) for x, z in up][::-1]
        upper = self._author.side_prism([(x, z) for x, z in back], 1.2)
        upper.Position.Location = self._author.point((0.0, -1.4, 0.0))
        self._author.give_body(stair, [lower, landing, upper])
        self._author.place(stair, storey, (-4.1, 1.3, 0.0))
        self._author.contain(stair, storey)
        self._stairs.append(stair)

    def _dwellings(self, storey: Any, level: Level) -> None:
        """Four L-shaped dwellings around the core, and the core's lobby."""
        x1, y1 = SHAFT[0] / 2.0 - WALL, SHAFT[1] / 2.0 - WALL
        x0 = y0 = PARTITION / 2.0
        cx, cy = CORE[0] / 2.0, CORE[1] / 2.0
        shape = [(cx, y0), (x1, y0), (x1, y1), (x0, y1), (x0, cy), (cx, cy)]
        area = (x1 - x0) * (y1 - y0) - (cx - x0) * (cy - y0)
        for number, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1)), start=1):
            ring = [(sx * x, sy * y) for x, y in shape]
            name = f"{level.number:02d}{number:02d}"
            self._space(storey, level, name, "住宅", ring if sx * sy > 0 else ring[::-1], area)
        self._lobby(storey, level)

    def _shops(self, storey: Any, level: Level) -> None:
        x, y = level.size[0] / 2.0 - WALL, level.size[1] / 2.0 - WALL
        hole = _rectangle((-CORE[0] / 2.0, -CORE[1] / 2.0), (CORE[0] / 2.0, CORE[1] / 2.0))
        area = 4.0 * x * y - CORE[0] * CORE[1]
        ring = _rectangle((-x, -y), (x, y))
        self._space(storey, level, f"S{level.number}", "商业", ring, area, holes=[hole])
        self._lobby(storey, level)

    def _lobby(self, storey: Any, level: Level) -> None:
        x, y = CORE[0] / 2.0 - CORE_WALL, CORE[1] / 2.0 - CORE_WALL
        ring = _rectangle((-x, -y), (x, y))
        self._space(storey, level, f"C{level.number}", "核心筒前室", ring, 4.0 * x * y)

    def _space(
        self,
        storey: Any,
        level: Level,
        name: str,
        use: str,
        ring: Sequence[Point],
        area: float,
        *,
        holes: Sequence[Sequence[Point]] = (),
    ) -> None:
        author = self._author
        space = author.product("IfcSpace", name, predefined_type="INTERNAL")
        space.LongName = use
        clear = level.height - SLAB
        author.give_body(space, [author.prism(ring, 0.0, clear, holes=holes)])
        author.aggregate(space, storey)
        author.place(space, storey, (0.0, 0.0, 0.0))
        author.quantities(
            space,
            "Qto_SpaceBaseQuantities",
            {"NetFloorArea": area, "GrossVolume": area * clear, "FinishCeilingHeight": clear},
        )

    def _put(self, product: Any, storey: Any) -> None:
        self._author.place(product, storey, (0.0, 0.0, 0.0))
        self._author.contain(product, storey)

    def _type(self, ifc_class: str, name: str, predefined_type: str) -> Any:
        return self._author.product(ifc_class, name, predefined_type=predefined_type)

    def _window_type(self) -> Any:
        """A frame around a pane, shared by every window."""
        author = self._author
        kind = self._type("IfcWindowType", "外窗 2418", "WINDOW")
        kind.PartitioningType = "SINGLE_PANEL"
        width, height = WINDOW
        bar, depth = 0.06, (0.08, 0.16)
        parts = [
            author.box((0.0, depth[0], 0.0), (width, depth[1], bar)),
            author.box((0.0, depth[0], height - bar), (width, depth[1], height)),
            author.box((0.0, depth[0], bar), (bar, depth[1], height - bar)),
            author.box((width - bar, depth[0], bar), (width, depth[1], height - bar)),
        ]
        pane = author.box((bar, 0.11, bar), (width - bar, 0.13, height - bar))
        for part in parts:
            author.style(part, "铝合金框", FRAME)
        author.style(pane, "玻璃", GLASS)
        author.give_body(kind, [*parts, pane])
        return kind

    def _describe(self) -> None:
        """Types, materials and property sets of everything drawn."""
        author = self._author
        author.assign_type(self._windows, self._window)
        author.assign_type(self._columns, self._column)
        outer, core, inner, parapets = self._walls.values()
        author.material("石材与涂料外墙", PLASTER, outer)
        author.material(
            "钢筋混凝土", CONCRETE, [*core, *self._slabs, *self._columns, *self._stairs]
        )
        author.material("石膏板隔墙", PAINT, inner)
        author.material("石材女儿墙", STONE, parapets)
        author.material("木门", WOOD, self._doors)
        author.share_set(
            "Pset_WallCommon",
            {"IsExternal": True, "LoadBearing": False, "FireRating": "1.00h"},
            [*outer, *parapets],
        )
        author.share_set(
            "Pset_WallCommon",
            {"IsExternal": False, "LoadBearing": True, "FireRating": "3.00h"},
            core,
        )
        author.share_set(
            "Pset_WallCommon",
            {"IsExternal": False, "LoadBearing": False, "FireRating": "0.75h"},
            inner,
        )
        author.share_set(
            "Pset_SlabCommon", {"LoadBearing": True, "FireRating": "1.50h"}, self._slabs
        )
        author.share_set(
            "Pset_WindowCommon", {"IsExternal": True, "ThermalTransmittance": 2.4}, self._windows
        )
        author.share_set(
            "Pset_DoorCommon", {"IsExternal": False, "FireRating": "甲级"}, self._doors
        )
        author.share_set("Pset_ColumnCommon", {"LoadBearing": True}, self._columns)
        author.share_set("Pset_BuildingCommon", {"NumberOfStoreys": STOREYS, "OccupancyType": "商住"}, [self._building])  # fmt: skip


def _rectangle(low: Point, high: Point) -> list[Point]:
    return [low, (high[0], low[1]), high, (low[0], high[1])]


def _turned(point: Point, quarters: int) -> Point:
    x, y = point
    for _ in range(quarters % 4):
        x, y = -y, x
    return x, y


def _grid(half: float, step: float) -> list[float]:
    """Symmetric positions about zero, the outermost at `half`, none further apart than `step`."""
    count = math.ceil(2.0 * half / step) + 1
    positions: list[float] = np.linspace(-half, half, count).round(4).tolist()
    return positions


def _stepped(steps: int, rise: float, run: float) -> list[Point]:
    """Side view of a flight: treads above, a slope below."""
    profile: list[Point] = [(0.0, 0.0)]
    for i in range(steps):
        profile += [(i * run, (i + 1) * rise), ((i + 1) * run, (i + 1) * rise)]
    end = steps * run
    return [*profile, (end, steps * rise - 0.15), (0.3, 0.0)]
