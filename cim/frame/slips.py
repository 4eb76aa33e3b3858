"""Slips that put a model off the city: exchanged axes, a zone prefix, a unit. Told only where undoing it lands inside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.route import Route
from cim.terrain import Terrain
from cim.text import Text

MILLION = 1_000_000.0  # m; Chinese eastings may carry the zone number in the millions
ZONES = range(13, 46)  # 6-degree zones 13-23 and 3-degree zones 25-45 cover China
UNITS = (
    (0.001, Text(zh="毫米当作米", en="millimetres taken for metres")),
    (1000.0, Text(zh="米当作毫米", en="metres taken for millimetres")),
    (0.01, Text(zh="厘米当作米", en="centimetres taken for metres")),
    (0.3048, Text(zh="英尺当作米", en="feet taken for metres")),
    (1.0 / 0.3048, Text(zh="米当作英尺", en="metres taken for feet")),
    (0.001 / 0.3048, Text(zh="毫米当作英尺", en="millimetres taken for feet")),
)

Step = Callable[[float, float], tuple[float, float]]


def slip(
    position: NDArray[np.float64],
    placed: NDArray[np.float64] | None,
    route: Route,
    terrain: Terrain,
) -> FrameFinding:
    """Why a place off the city cannot be right.

    Args:
        position: easting and northing of the model's middle in the source's CRS, shape (2,), metres.
        placed: the same in the city's CRS, shape (2,); None when it cannot be taken there.
        route: from that CRS to the city's.
        terrain: its extent is the city's.
    """
    east, north = float(position[0]), float(position[1])
    if not (math.isfinite(east) and math.isfinite(north)):
        return _outside(position, terrain)
    for make, undo in _undone(route):
        moved = route.apply(np.array([undo(east, north)]))[0]
        if contains(terrain, moved):
            return make(east, north, route)
    return _outside(position if placed is None else placed, terrain)


def contains(terrain: Terrain, point: NDArray[np.float64]) -> bool:
    """Whether a point, shape (2,) or (3,), lies in the city."""
    west, south, east, north = terrain.extent
    return bool(west <= point[0] <= east and south <= point[1] <= north)


Make = Callable[[float, float, Route], FrameFinding]


def _undone(route: Route) -> Iterator[tuple[Make, Step]]:
    yield _swapped, lambda e, n: (n, e)
    prefix = math.floor(route.false_easting / MILLION) * MILLION
    if prefix:
        yield _prefix_missing, lambda e, n: (e + prefix, n)
        yield _swapped, lambda e, n: (n + prefix, e)
    else:
        yield _prefix_present, lambda e, n: (_without_zone(e), n)
        yield _swapped, lambda e, n: (_without_zone(n), e)
    for factor, words in UNITS:
        yield _unit(words), _times(factor)


def _times(factor: float) -> Step:
    return lambda e, n: (e * factor, n * factor)


def _without_zone(easting: float) -> float:
    """An easting without its zone prefix; as it is when it has none."""
    return easting % MILLION if math.floor(easting / MILLION) in ZONES else easting


def _swapped(east: float, north: float, _: Route) -> FrameFinding:
    return FrameFinding(
        FrameCode.SWAPPED,
        Severity.REFUSE,
        Text(
            zh="东坐标与北坐标互换：({e:.1f}, {n:.1f}) 交换后落在城市内。",
            en="easting and northing are swapped: ({e:.1f}, {n:.1f}) falls inside the city when exchanged.",
        ).format(e=east, n=north),
        Text(
            zh="在 IfcMapConversion 中交换 Eastings 与 Northings（中国测量坐标 X 为北）。",
            en="Exchange Eastings and Northings of IfcMapConversion (X is north in Chinese survey coordinates).",
        ),
    )


def _prefix_missing(east: float, _: float, route: Route) -> FrameFinding:
    zone = math.floor(route.false_easting / MILLION)
    return FrameFinding(
        FrameCode.ZONE_PREFIX,
        Severity.REFUSE,
        Text(
            zh="{crs} 的东坐标以带号 {zone} 开头，而文件中是 {e:.1f}；加上带号后落在城市内。",
            en="eastings of {crs} begin with the zone number {zone}, but the file says {e:.1f}; with the prefix it falls inside the city, which uses {city}.",
        ).format(crs=route.understood, zone=zone, e=east, city=route.city),
        Text(
            zh="请把坐标系写为坐标实际所属的代码（如 EPSG:4548 而非 EPSG:4527），或在东坐标前加带号 {zone}。",
            en="Name the CRS the numbers really are of (EPSG:4548 rather than EPSG:4527, say), or put {zone} before the easting.",
        ).format(zone=zone),
    )


def _prefix_present(east: float, _: float, route: Route) -> FrameFinding:
    zone = math.floor(east / MILLION)
    return FrameFinding(
        FrameCode.ZONE_PREFIX,
        Severity.REFUSE,
        Text(
            zh="东坐标 {e:.1f} 以带号 {zone} 开头，而 {crs} 不带带号；去掉后落在城市内。",
            en="the easting {e:.1f} begins with the zone number {zone}, which {crs} does not have; without it it falls inside the city.",
        ).format(crs=route.understood, zone=zone, e=east),
        Text(
            zh="请去掉东坐标的带号 {zone}，或改用带带号的坐标系代码（如 EPSG:4527）。",
            en="Drop the prefix {zone} from the easting, or name the CRS that has it (such as EPSG:4527).",
        ).format(zone=zone),
    )


def _unit(words: Text) -> Make:
    def make(east: float, north: float, _: Route) -> FrameFinding:
        return FrameFinding(
            FrameCode.UNIT,
            Severity.REFUSE,
            Text(
                zh="单位错误：{words}；({e:.1f}, {n:.1f}) m 换算后落在城市内。",
                en="the unit is wrong, {words}: ({e:.1f}, {n:.1f}) m falls inside the city when converted.",
            ).format(words=words, e=east, n=north),
            Text(
                zh="请核对 IfcProjectedCRS 的 MapUnit 与项目长度单位，使坐标数值与单位一致。",
                en="Make MapUnit of IfcProjectedCRS and the project's length unit agree with the numbers.",
            ),
        )

    return make


def _outside(placed: NDArray[np.float64], terrain: Terrain) -> FrameFinding:
    west, south, east, north = terrain.extent
    e, n = float(placed[0]), float(placed[1])
    if not (math.isfinite(e) and math.isfinite(n)):
        sentence = Text(
            zh="位置无法换算到城市坐标系。",
            en="the position cannot be taken to the city's CRS: it lies outside the city.",
        )
    else:
        gap = math.hypot(max(west - e, 0.0, e - east), max(south - n, 0.0, n - north))
        sentence = Text(
            zh="位置 ({e:.1f}, {n:.1f}) 不在城市范围内（相距 {gap:.0f} m）。",
            en="the position ({e:.1f}, {n:.1f}) is outside the city (by {gap:.0f} m).",
        ).format(e=e, n=n, gap=gap)
    return FrameFinding(
        FrameCode.OUTSIDE,
        Severity.REFUSE,
        sentence,
        Text(
            zh="请核对坐标系、带号前缀与单位后重新导出。",
            en="Check CRS, zone prefix and unit, then export again.",
        ),
    )
