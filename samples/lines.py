"""The control lines of the sample city, all departments in one GeoPackage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from shapely.geometry import Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from cim.text import Text
from samples.ground import ISLAND, ISLAND_RADIUS, coast, crest
from samples.plan import (
    BOULEVARD_NORTH_EDGE,
    CORNER_ALONG_EAST,
    CORNER_ALONG_NORTH,
    EAST,
    HEIGHT_LIMIT,
    NORTH,
    PARCEL,
    RAIL_ZONE,
    SOUTH,
    TUNNEL_NORTH_FACE,
    WEST,
)
from samples.streets import blocks, streets

TUNNEL_WIDTH = 12.0  # m
WRITTEN = "2026-01-01T00:00:00.000Z"
SANITARY_DISTANCE = 300.0  # m
HERITAGE_LIMIT = 24.0  # m above datum, around the old houses
FOOTHILL = 410.0  # m from the crest down to where building ends
HERITAGE_BLOCK = 1  # index of the block of old houses
PARK_BLOCK = 30  # index of the block that is a park
SEWAGE_WORKS = box(EAST - 420.0, SOUTH + 840.0, EAST - 330.0, SOUTH + 900.0)
CANAL = box(EAST - 690.0, SOUTH + 812.0, EAST - 672.0, SOUTH + 1_928.0)

PLANNING = Text(zh="市自然资源和规划局", en="Natural Resources and Planning Bureau")
WATER = Text(zh="市水利局", en="Water Bureau")
PARKS = Text(zh="市市政园林局", en="Municipal Gardens Bureau")
HERITAGE = Text(zh="市文化和旅游局", en="Culture and Tourism Bureau")
RAIL = Text(zh="市轨道交通集团", en="Rail Transit Group")
ECOLOGY = Text(zh="市生态环境局", en="Ecology and Environment Bureau")
OCEAN = Text(zh="市海洋发展局", en="Ocean Bureau")


@dataclass(frozen=True, slots=True)
class Line:
    """One control line: its name, shape and attributes."""

    name: Text
    area: Polygon
    attributes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineLayer:
    """One layer: code, name, owning department, colour and content."""

    code: str
    name: Text
    owner: Text
    colour: str
    lines: Sequence[Line]


# Zones that cover most of the district would hide the others; a map starts without them.
COVERING = frozenset({"ecological", "urban_boundary", "sea", "sanitary_buffer", "heritage_buffer"})

PARTITION = ("ecological", "urban_boundary", "sea")
# The second of each yields to the first.
PROHIBITED_PAIRS = (
    ("ecological", "parcel"),
    ("road_red_line", "parcel"),
    ("green_line", "parcel"),
    ("blue_line", "parcel"),
    ("yellow_line", "parcel"),
    ("purple_line", "green_line"),
    ("parcel", "parcel"),
)


def layers() -> list[LineLayer]:
    """All layers, in drawing order. The first three partition the district."""
    ecological, town, sea = _partition()
    return [
        LineLayer("ecological", Text(zh="生态控制线", en="Ecological control line"), PLANNING, "#2e7d32", [
            Line(Text(zh="北部山体", en="Northern hills"), ecological[0]),
            Line(Text(zh="鹭岛", en="Egret Island"), ecological[1]),
        ]),
        LineLayer("urban_boundary", Text(zh="城市开发边界", en="Urban development boundary"), PLANNING, "#5d4037", [
            Line(Text(zh="城市开发边界", en="the urban development boundary"), town),
        ]),
        LineLayer("sea", Text(zh="海域", en="Sea"), OCEAN, "#0277bd", [
            Line(Text(zh="南部海域", en="Southern sea"), sea),
        ]),
        LineLayer("restricted_construction", Text(zh="限制建设区", en="Restricted construction zone"), PLANNING, "#c62828", [
            Line(Text(zh="限制建设区", en="the restricted construction zone"), _restricted()),
            Line(Text(zh="海岸限制建设区", en="the coastal restricted zone"), _shore_strip(town, 60.0)),
        ]),
        LineLayer("parcel", Text(zh="用地红线", en="Parcel line"), PLANNING, "#d84315", _parcels()),
        LineLayer("road_red_line", Text(zh="道路红线", en="Road red line"), PLANNING, "#b71c1c", [
            Line(street.name, street.area) for street in streets()
        ]),
        LineLayer("blue_line", Text(zh="蓝线", en="Blue line (water)"), WATER, "#1565c0", [
            Line(Text(zh="筼筜渠", en="Yundang Canal"), CANAL),
        ]),
        LineLayer("green_line", Text(zh="绿线", en="Green line (parks)"), PARKS, "#43a047", _parks()),
        LineLayer("purple_line", Text(zh="紫线", en="Purple line (heritage)"), HERITAGE, "#6a1b9a", [
            Line(Text(zh="骑楼历史街区", en="Arcade street quarter"), _heritage(20.0)),
        ]),
        LineLayer("yellow_line", Text(zh="黄线", en="Yellow line (utilities)"), PLANNING, "#f9a825", [
            Line(Text(zh="东部污水处理厂", en="Eastern sewage works"), SEWAGE_WORKS),
        ]),
        LineLayer("rail_protection", Text(zh="轨道交通控制保护区", en="Rail transit protection zone"), RAIL, "#455a64", [
            Line(Text(zh="地铁 6 号线控制保护区", en="the protection zone of metro line 6"), _rail_zone()),
        ]),
        LineLayer("sanitary_buffer", Text(zh="卫生防护距离", en="Sanitary buffer"), ECOLOGY, "#8d6e63", [
            Line(Text(zh="污水厂卫生防护区", en="Sewage works buffer"), SEWAGE_WORKS.buffer(SANITARY_DISTANCE)),
        ]),
        LineLayer("height_zone", Text(zh="限高区", en="Height zone"), PLANNING, "#00838f", _height_zones()),
        LineLayer("heritage_core", Text(zh="历史文化保护核心区", en="Heritage core"), HERITAGE, "#8e24aa", [
            Line(Text(zh="核心保护范围", en="Core protection area"), _heritage(20.0)),
        ]),
        LineLayer("heritage_buffer", Text(zh="建设控制地带", en="Heritage buffer"), HERITAGE, "#ce93d8", [
            Line(
                Text(zh="建设控制地带", en="Construction control belt"),
                _heritage(0.0).buffer(60.0),
                {"limit_elevation": HERITAGE_LIMIT},
            ),
        ]),
    ]  # fmt: skip


def write_lines(path: Path) -> None:
    """Write every layer into one GeoPackage with the columns ``name_zh``, ``name_en`` and the layer's attributes."""
    path.unlink(missing_ok=True)
    # A GeoPackage notes when each layer was written.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": WRITTEN})
    try:
        for layer in layers():
            _write_layer(path, layer)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _write_layer(path: Path, layer: LineLayer) -> None:
    names = sorted({key for line in layer.lines for key in line.attributes})
    columns: list[Any] = [
        np.array([line.name.zh for line in layer.lines], dtype=object),
        np.array([line.name.en for line in layer.lines], dtype=object),
        *(np.array([line.attributes[name] for line in layer.lines]) for name in names),
    ]
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(np.array([line.area for line in layer.lines], dtype=object)),
        field_data=columns,
        fields=np.array(["name_zh", "name_en", *names]),
        layer=layer.code,
        driver="GPKG",
        geometry_type="Polygon",
        crs="EPSG:4548",
        append=path.exists(),
    )


def _partition() -> tuple[list[Polygon], Polygon, Polygon]:
    """Hills and island, town, sea: cut from one district along shared vertices, so no gap or overlap."""
    easting = np.linspace(WEST, EAST, 61)
    shore = np.column_stack([easting, coast(easting)]).round(2)
    foot = np.column_stack([easting, crest(easting) - FOOTHILL]).round(2)
    island = Point(ISLAND[0], ISLAND[1]).buffer(ISLAND_RADIUS, quad_segs=12)
    hills = Polygon([*foot, (EAST, NORTH), (WEST, NORTH)])
    town = Polygon([*shore, *foot[::-1]])
    sea = Polygon([(WEST, SOUTH), (EAST, SOUTH), *shore[::-1]], [island.exterior.coords])
    return [hills, island], town, sea


def _restricted() -> Polygon:
    """North-east of the tower's parcel, its edge cutting a triangle off the parcel's corner."""
    _, _, east, north = PARCEL.bounds
    return Polygon([
        (east - CORNER_ALONG_NORTH, north), (east, north - CORNER_ALONG_EAST),
        (east + 40.0, north - CORNER_ALONG_EAST), (east + 40.0, north + 100.0), (east - CORNER_ALONG_NORTH, north + 100.0),
    ])  # fmt: skip


def _shore_strip(town: Polygon, width: float) -> Polygon:
    """The part of the town within a distance of the sea."""
    easting = np.linspace(WEST, EAST, 61)
    shore = np.column_stack([easting, coast(easting)]).round(2)
    strip = town.intersection(Polygon([*shore, *(shore[::-1] + np.array([0.0, width]))]))
    return _largest(strip)


def _parcels() -> list[Line]:
    """The tower's parcel, and one in each block that is neither its own nor a park, beside canal and sewage works."""
    taken = shapely.union_all([CANAL, SEWAGE_WORKS])
    others = [
        Line(
            Text(zh=f"地块 2025-{number:02d}", en=f"parcel 2025-{number:02d}"),
            _largest(block - taken),
        )
        for number, block in enumerate(blocks(), start=1)
        if not block.intersects(PARCEL) and number - 1 != PARK_BLOCK
    ]
    return [Line(Text(zh="地块 2026-018", en="parcel 2026-018"), PARCEL), *others]


def _largest(shape: BaseGeometry) -> Polygon:
    return max(shapely.get_parts(shape), key=lambda part: part.area)


def _parks() -> list[Line]:
    """A park beside the tower's parcel, and one block of the town."""
    west, south, _, north = PARCEL.bounds
    return [
        Line(
            Text(zh="白鹭公园", en="Egret Park"),
            box(west - 44.0, south + 4.0, west - 4.0, north + 100.0),
        ),
        Line(Text(zh="湖滨公园", en="Lakeside Park"), blocks()[PARK_BLOCK]),
    ]


def _rail_zone() -> Polygon:
    tunnel = box(WEST, TUNNEL_NORTH_FACE - TUNNEL_WIDTH, EAST, TUNNEL_NORTH_FACE)
    return box(WEST, tunnel.bounds[1] - RAIL_ZONE, EAST, tunnel.bounds[3] + RAIL_ZONE)


def _height_zones() -> list[Line]:
    def zone(zh: str, en: str, area: Polygon, limit: float) -> Line:
        return Line(Text(zh=zh, en=en), area, {"limit_elevation": limit})

    middle = BOULEVARD_NORTH_EDGE
    around = box(610_240.0, middle - 60.0, 610_800.0, middle + 360.0)
    return [
        zone("滨海中心限高区", "the coastal centre height zone", around, HEIGHT_LIMIT),
        zone("历史街区限高区", "the heritage height zone", _heritage(0.0).buffer(60.0, quad_segs=4), HERITAGE_LIMIT),
        zone("滨海限高区", "the shore height zone", box(_heritage(-80.0).bounds[2], SOUTH + 812.0, EAST, SOUTH + 1_000.0), 60.0),
    ]  # fmt: skip


def _heritage(inset: float) -> Polygon:
    return blocks()[HERITAGE_BLOCK].buffer(-inset, join_style="mitre")
