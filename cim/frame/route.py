"""From the CRS a file names to the city's: by a local grid the city has given, or by one named PROJ operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from cim.crs import (
    Refusal,
    UnderstoodCrs,
    false_easting,
    operation_between,
    same_crs,
    understand_crs,
)
from cim.frame.candidate import OperationUsed
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.terrain import Terrain
from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A way that is sound.

    Attributes:
        understood: EPSG code or local grid name of the source CRS.
        vertical: vertical part of the source's compound CRS, or None.
        operation: what is done; None when the source CRS is the city's.
        apply: source easting and northing, shape (N, 2), metres, to the city's.
        false_easting: of the source CRS, metres.
        city: the city's CRS.
        assumed: whether the file named no CRS and the city's was assumed.
    """

    understood: str
    vertical: str | None
    operation: OperationUsed | None
    apply: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    false_easting: float
    city: str
    assumed: bool = False


def route_to_city(name: str | None, frame: CityFrame, terrain: Terrain) -> Route | FrameFinding:
    """The way from the CRS of that name, or why there is none."""
    if name is None or not name.strip():
        return _own(frame, None, assumed=True)
    for grid in frame.local_grids:
        if grid.is_called(name):
            used = OperationUsed(f"{grid.names[0]} ({grid.source})", grid.residual)
            return Route(grid.names[0], None, used, grid.apply, 0.0, frame.projected_crs)
    crs = understand_crs(name)
    if crs is None:
        return _unknown(name, frame)
    if not crs.projected:
        return _not_projected(name, frame)
    if same_crs(crs.horizontal, frame.crs):
        return _own(frame, crs.vertical, assumed=False)
    operation = operation_between(crs.horizontal, frame.crs, _area(frame, terrain))
    if isinstance(operation, Refusal):
        return _no_way(operation, crs, frame)
    return Route(
        understood=crs.code or crs.name,
        vertical=crs.vertical,
        operation=OperationUsed(operation.name, operation.accuracy),
        apply=operation.apply,
        false_easting=false_easting(crs.horizontal),
        city=frame.projected_crs,
    )


def _own(frame: CityFrame, vertical: str | None, *, assumed: bool) -> Route:
    return Route(
        understood=frame.projected_crs,
        vertical=vertical,
        operation=None,
        apply=lambda points: points,
        false_easting=false_easting(frame.crs),
        city=frame.projected_crs,
        assumed=assumed,
    )


def _area(frame: CityFrame, terrain: Terrain) -> tuple[float, float, float, float]:
    """Where in degrees the operation will be used: the city."""
    west, south, east, north = terrain.extent
    corners = frame.degrees(
        np.array([[west, south], [east, south], [west, north], [east, north]], dtype=np.float64)
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _refusal(code: FrameCode, sentence: Text, remedy: Text) -> FrameFinding:
    return FrameFinding(code, Severity.REFUSE, sentence, remedy)


def _unknown(name: str, frame: CityFrame) -> FrameFinding:
    return _refusal(
        FrameCode.CRS_UNKNOWN,
        Text(
            zh="文件的投影坐标系是 {read}，无法识别；城市使用 {city}。",
            en="the file's projected CRS is {read}, which nobody can tell; the city uses {city}.",
        ).format(read=name, city=frame.projected_crs),
        Text(
            zh="请改用城市坐标系导出；若为城市地方坐标系，请由测绘部门在 city.yaml 的 local_grids 中给出转换参数。",
            en="Export in the city's CRS; if it is a local grid of the city, its survey office states the parameters in local_grids of city.yaml.",
        ),
    )


def _not_projected(name: str, frame: CityFrame) -> FrameFinding:
    return _refusal(
        FrameCode.CRS_NOT_PROJECTED,
        Text(
            zh="{read} 是经纬度坐标系，不是投影坐标系；城市使用 {city}。",
            en="{read} is a CRS of longitude and latitude, not a projected one; the city uses {city}.",
        ).format(read=name, city=frame.projected_crs),
        Text(
            zh="请在建模软件中选用投影坐标系后重新导出。",
            en="Choose a projected CRS in the authoring tool and export again.",
        ),
    )


def _no_way(refusal: Refusal, crs: UnderstoodCrs, frame: CityFrame) -> FrameFinding:
    words = {"read": crs.code or crs.name, "name": crs.name, "city": frame.projected_crs}
    if refusal is Refusal.MISSING_GRID:
        return _refusal(
            FrameCode.MISSING_GRID,
            Text(
                zh="从 {read}（{name}）到 {city} 的基准转换需要未安装的格网。",
                en="the datum shift from {read} ({name}) to {city} needs a grid that is not installed.",
            ).format(**words),
            Text(
                zh="请安装该 PROJ 格网，或按城市坐标系导出。",
                en="Install that PROJ grid, or export in the city's CRS.",
            ),
        )
    return _refusal(
        FrameCode.BALLPARK,
        Text(
            zh="从 {read}（{name}）到 {city} 没有可靠的转换（PROJ 会把两个基准当作一个）。",
            en="there is no sound way from {read} ({name}) to {city}: PROJ would take the two datums for one (ballpark).",
        ).format(**words),
        Text(
            zh="请按城市坐标系 {city} 导出，或由测绘部门给出地方坐标系参数。",
            en="Export in the city's CRS {city}, or have the survey office state parameters as a local grid.",
        ).format(**words),
    )
