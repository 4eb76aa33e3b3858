"""The frame ledger: the proof of where a model stands, or why nobody can tell.

Every source that could place the model becomes a `Candidate`, computed and judged; at most one is
taken. Where none is, the ledger says what is missing and spatial rules must not be evaluated.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from cim.building import BuildingModel, MapConversion
from cim.city_frame import CityFrame
from cim.mesh import box_corners, transform_points
from cim.terrain import Terrain
from cim.text import Text

UNIT_SLACK = 0.01  # a combined scale this close to 1 is a grid scale; anything else hides a unit


@dataclass(frozen=True, slots=True)
class Placement:
    """Engineering CRS -> the city's projected frame: rotate, scale, shift (ISO 19111 / IFC4 8.18.3.10).

    Attributes:
        eastings, northings, orthogonal_height: where the engineering origin lands, metres.
        rotation: from grid east to the engineering x axis, radians, counter-clockwise.
        scale: map metres per engineering metre in plan (heights are never scaled).
        frame: the city's frame.
    """

    eastings: float
    northings: float
    orthogonal_height: float
    rotation: float
    scale: float
    frame: CityFrame

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Shape (4, 4), engineering metres -> easting, northing, orthogonal height."""
        c, s = math.cos(self.rotation) * self.scale, math.sin(self.rotation) * self.scale
        return np.array(
            [
                [c, -s, 0.0, self.eastings],
                [s, c, 0.0, self.northings],
                [0.0, 0.0, 1.0, self.orthogonal_height],
                [0.0, 0.0, 0.0, 1.0],
            ],
            dtype=np.float64,
        )

    def to_projected(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Engineering points, shape (N, 3), to easting, northing, orthogonal height, metres."""
        return transform_points(self.matrix, points)

    def to_engineering(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_projected`."""
        return transform_points(np.linalg.inv(self.matrix).astype(np.float64), points)

    def to_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Engineering points, shape (N, 3), to EPSG:4978, metres."""
        return self.frame.to_ecef(self.to_projected(points))


@dataclass(frozen=True, slots=True)
class ExplicitPlace:
    """A placement a person stated: ``--place E,N,H,angle`` (metres; degrees counter-clockwise from east)."""

    eastings: float
    northings: float
    orthogonal_height: float
    angle_degrees: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One source's answer to where the model stands.

    Attributes:
        source: ``--place``, ``IfcMapConversion``, ``ePSet_MapConversion``, ``IfcSite``.
        placement: what it gives in the city's frame; None when it cannot be understood.
        crs_as_read: the CRS name in the file, or None.
        crs_understood: its EPSG code, or None.
        assumptions: what had to be assumed to read it.
        above_ground: height of the engineering zero above the terrain under the model's middle, metres; None off the terrain.
        refused: why it was not taken; None for the one taken.
        remedy: what the author can do about that.
    """

    source: str
    placement: Placement | None
    crs_as_read: str | None = None
    crs_understood: str | None = None
    assumptions: tuple[Text, ...] = ()
    above_ground: float | None = None
    refused: Text | None = None
    remedy: Text | None = None


@dataclass(frozen=True, slots=True)
class FrameLedger:
    """All candidates, and the one taken."""

    candidates: tuple[Candidate, ...]

    @property
    def taken(self) -> Candidate | None:
        """The candidate that places the model, or None when no frame is proven."""
        return next((c for c in self.candidates if c.refused is None), None)

    @property
    def placement(self) -> Placement | None:
        """The proven placement, or None."""
        return self.taken.placement if self.taken else None


def decide_frame(
    model: BuildingModel,
    frame: CityFrame,
    terrain: Terrain,
    *,
    place: ExplicitPlace | None = None,
) -> FrameLedger:
    """Compute every candidate, take the first that stands, and say why the others do not.

    A place a person states is that person's word: it is named as such in the report, and nothing
    else is taken, even when it is refused. Else the file's own map conversion decides. A candidate
    that would put the model outside the city is never taken.

    Args:
        model: as read.
        frame: the city's projected frame.
        terrain: the city's ground, in that frame; its extent is the city's.
        place: an explicit placement, or None.
    """
    candidates = []
    if place is not None:
        candidates.append(_explicit(place, frame))
    if model.map_conversion is not None:
        candidates.append(_from_map_conversion(model.map_conversion, frame))
    candidates.extend(_site_candidates(model))
    judged: list[Candidate] = []
    for candidate in candidates:
        located = _locate(candidate, model, terrain)
        ranked = place is not None and len(judged) > 0
        if located.refused is None and (ranked or any(c.refused is None for c in judged)):
            located = replace(
                located,
                refused=Text(zh="有优先级更高的来源。", en="there is a source of higher rank."),
            )
        judged.append(located)
    return FrameLedger(tuple(judged))


def _explicit(place: ExplicitPlace, frame: CityFrame) -> Candidate:
    placement = Placement(
        eastings=place.eastings,
        northings=place.northings,
        orthogonal_height=place.orthogonal_height,
        rotation=math.radians(place.angle_degrees),
        scale=1.0,
        frame=frame,
    )
    return Candidate(
        source="--place",
        placement=placement,
        crs_understood=frame.projected_crs,
        assumptions=(
            Text(
                zh="位置由提交人直接给定，未使用文件自身的地理参照。",
                en="The position was stated by the person who ran the check, not by the file.",
            ),
        ),
    )


def _from_map_conversion(conversion: MapConversion, frame: CityFrame) -> Candidate:
    code = _epsg_code(conversion.projected_crs)
    base = Candidate(
        source=conversion.source,
        placement=None,
        crs_as_read=conversion.projected_crs,
        crs_understood=code,
    )
    if code != frame.projected_crs:
        return replace(
            base,
            refused=Text(
                zh="文件的投影坐标系是 {read}，城市使用 {city}。",
                en="the file's projected CRS is {read}; the city uses {city}.",
            ).format(read=code or conversion.projected_crs or "?", city=frame.projected_crs),
            remedy=Text(
                zh="请在建模软件中按城市坐标系重新设置测量点并导出 IfcMapConversion 与 IfcProjectedCRS。",
                en="Set the survey point in the city's CRS in the authoring tool and export IfcMapConversion with IfcProjectedCRS again.",
            ),
        )
    scale, map_unit, assumptions = _understand_scale(conversion)
    if scale is None:
        return replace(
            base,
            refused=Text(
                zh="比例 {scale} 与单位（长度 {length} m，地图 {map} m）不一致。",
                en="scale {scale} does not agree with the units (length {length} m, map {map} m).",
            ).format(scale=conversion.scale, length=conversion.length_unit, map=map_unit),
            remedy=Text(
                zh="毫米模型配米制坐标系时，Scale 应为 0.001。",
                en="For a millimetre model in a metre CRS, Scale must be 0.001.",
            ),
        )
    placement = Placement(
        eastings=conversion.eastings * map_unit,
        northings=conversion.northings * map_unit,
        orthogonal_height=conversion.orthogonal_height * map_unit,
        rotation=math.atan2(conversion.x_axis_ordinate or 0.0, _or_one(conversion.x_axis_abscissa)),
        scale=scale,
        frame=frame,
    )
    if conversion.vertical_datum is None:
        assumptions.append(
            Text(
                zh="文件未说明高程基准；按城市基准 {datum} 理解。",
                en="The file names no vertical datum; heights are read in the city's, {datum}.",
            ).format(datum=frame.vertical.datum)
        )
    return replace(base, placement=placement, assumptions=tuple(assumptions))


def _or_one(value: float | None) -> float:
    return 1.0 if value is None else value


def _understand_scale(conversion: MapConversion) -> tuple[float | None, float, list[Text]]:
    """Plan scale for coordinates already in metres, metres per map unit, and what was assumed."""
    assumptions: list[Text] = []
    map_unit = conversion.map_unit
    if map_unit is None:
        map_unit = 1.0
        assumptions.append(
            Text(
                zh="文件未说明地图单位；按米理解。",
                en="The file names no map unit; metres are assumed.",
            )
        )
    unit_ratio = conversion.length_unit / map_unit
    if conversion.scale is None:
        if not math.isclose(unit_ratio, 1.0):
            assumptions.append(
                Text(
                    zh="文件未给出 Scale；按单位换算 {ratio:g} 理解。",
                    en="The file gives no Scale; the unit conversion {ratio:g} is assumed.",
                ).format(ratio=unit_ratio)
            )
        return 1.0, map_unit, assumptions
    combined = conversion.scale / unit_ratio
    if abs(combined - 1.0) <= UNIT_SLACK:
        return combined, map_unit, assumptions
    if abs(conversion.scale - 1.0) <= UNIT_SLACK:
        # Several exporters write the grid scale alone and forget that Scale also converts units.
        assumptions.append(
            Text(
                zh="Scale = {scale:g} 未包含单位换算 {ratio:g}；按仅为格网比例理解。",
                en="Scale = {scale:g} leaves out the unit conversion {ratio:g}; it is read as the grid scale alone.",
            ).format(scale=conversion.scale, ratio=unit_ratio)
        )
        return conversion.scale, map_unit, assumptions
    return None, map_unit, assumptions


def _epsg_code(name: str | None) -> str | None:
    """``EPSG:n`` for a CRS name PROJ understands, else None."""
    if not name:
        return None
    try:
        crs = CRS.from_user_input(name.strip())
    except CRSError:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code is not None else None


def _site_candidates(model: BuildingModel) -> list[Candidate]:
    """IfcSite latitude and longitude: recorded, never taken, for they prove metres at best."""
    return [
        Candidate(
            source="IfcSite",
            placement=None,
            crs_as_read=f"{site.ref_latitude:.6f}, {site.ref_longitude:.6f}",
            refused=Text(
                zh="IfcSite 经纬度只有概略精度，且常为软件默认值，不能作为审查位置。",
                en="latitude and longitude of IfcSite are approximate and often the tool's default; no verdict may rest on them.",
            ),
            remedy=Text(
                zh="请导出 IfcMapConversion 与 IfcProjectedCRS，或用 --place 给出位置。",
                en="Export IfcMapConversion with IfcProjectedCRS, or state the place with --place.",
            ),
        )
        for site in model.sites
        if site.ref_latitude is not None and site.ref_longitude is not None
    ]


def _locate(candidate: Candidate, model: BuildingModel, terrain: Terrain) -> Candidate:
    """Hold a candidate against the city: is it inside, and how high above the ground."""
    bounds = model.bounds()
    if candidate.placement is None or candidate.refused is not None:
        return candidate
    corners = np.zeros((1, 3)) if bounds is None else box_corners(bounds)
    placed = candidate.placement.to_projected(corners)
    west, south, east, north = terrain.extent
    low, high = placed.min(axis=0), placed.max(axis=0)
    if low[0] < west or low[1] < south or high[0] > east or high[1] > north:
        refused, remedy = _outside(placed, terrain)
        return replace(candidate, refused=refused, remedy=remedy)
    middle = (low + high) / 2.0
    ground = float(terrain.height_at(middle[None, :])[0])
    above = candidate.placement.orthogonal_height - ground
    return replace(candidate, above_ground=None if math.isnan(ground) else above)


def _outside(placed: NDArray[np.float64], terrain: Terrain) -> tuple[Text, Text]:
    """Why a place off the city cannot be right, and what to do about it."""
    west, south, east, north = terrain.extent
    easting, northing, _ = placed.mean(axis=0)
    if west <= northing <= east and south <= easting <= north:
        return (
            Text(
                zh="东坐标与北坐标互换：({e:.1f}, {n:.1f}) 交换后落在城市内。",
                en="easting and northing are swapped: ({e:.1f}, {n:.1f}) falls inside the city when exchanged.",
            ).format(e=easting, n=northing),
            Text(
                zh="在 IfcMapConversion 中交换 Eastings 与 Northings（中国测量坐标 X 为北）。",
                en="Exchange Eastings and Northings of IfcMapConversion (X is north in Chinese survey coordinates).",
            ),
        )
    gap = math.hypot(
        max(west - easting, 0.0, easting - east), max(south - northing, 0.0, northing - north)
    )
    return (
        Text(
            zh="位置 ({e:.1f}, {n:.1f}) 不在城市范围内（相距 {gap:.0f} m）。",
            en="the position ({e:.1f}, {n:.1f}) is outside the city (by {gap:.0f} m).",
        ).format(e=easting, n=northing, gap=gap),
        Text(
            zh="请核对坐标系、带号前缀与单位后重新导出。",
            en="Check CRS, zone prefix and unit, then export again.",
        ),
    )
