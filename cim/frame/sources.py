"""Every source that could place the model, as a candidate: understood, placed, and refused where it cannot be."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cim.building import BuildingModel, MapConversion, Site
from cim.city_frame import CityFrame
from cim.frame.candidate import AsRead, Candidate, Doubt, ExplicitPlace, FrameUncertainty
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.heights import Heights, understand_heights
from cim.frame.limits import FrameLimits
from cim.frame.placement import Placement
from cim.frame.route import Route, route_to_city
from cim.frame.scale import understand_scale
from cim.frame.shape import ModelShape
from cim.frame.slips import contains, slip
from cim.frame.tool_defaults import tool_default
from cim.similarity import fit_similarity
from cim.terrain import Terrain
from cim.text import Text

FINEST_RESIDUAL = 1e-5  # m; a curved grid that fits better than this to a plane one adds no doubt


@dataclass(frozen=True, slots=True)
class Around:
    """What every source is held against."""

    frame: CityFrame
    terrain: Terrain
    shape: ModelShape
    limits: FrameLimits


def all_candidates(
    model: BuildingModel, around: Around, place: ExplicitPlace | None
) -> list[Candidate]:
    """Candidates in the order of their rank, those that cannot be understood among them."""
    found = [] if place is None else [_explicit(place, around)]
    conversions = [model.map_conversion] if model.map_conversion is not None else []
    found.extend(
        _from_map_conversion(conversion, model, around)
        for conversion in (*conversions, *model.georeference.other_conversions)
    )
    if (coordinates := _from_coordinates(model, around)) is not None:
        found.append(coordinates)
    found.extend(_from_site(site, model, around) for site in _located_sites(model))
    return found


def refused(candidate: Candidate, *findings: FrameFinding) -> Candidate:
    """The candidate with findings; the first that refuses says why."""
    grave = next((f for f in findings if f.severity is Severity.REFUSE), None)
    told = replace(candidate, findings=(*candidate.findings, *findings))
    if grave is None or candidate.refused is not None:
        return told
    return replace(told, refused=grave.sentence, remedy=grave.remedy)


def _explicit(place: ExplicitPlace, around: Around) -> Candidate:
    placement = Placement(
        eastings=place.eastings,
        northings=place.northings,
        orthogonal_height=place.orthogonal_height,
        rotation=math.radians(place.angle_degrees),
        scale=1.0,
        frame=around.frame,
    )
    doubts: tuple[Doubt, ...] = ()
    if place.horizontal_uncertainty or place.vertical_uncertainty:
        doubts = (
            Doubt(
                Text(zh="给定位置的拟合残差", en="residuals of the place stated"),
                place.horizontal_uncertainty,
                place.vertical_uncertainty,
            ),
        )
    candidate = Candidate(
        source="--place",
        placement=placement,
        as_read=AsRead(
            place.eastings, place.northings, place.orthogonal_height, place.angle_degrees, 1.0, 1.0
        ),
        crs_understood=around.frame.projected_crs,
        assumptions=(
            Text(
                zh="位置由提交人直接给定，未使用文件自身的地理参照。",
                en="The position was stated by the person who ran the check, not by the file.",
            ),
        ),
        uncertainty=FrameUncertainty(doubts=doubts),
    )
    return _held_inside(candidate, around, route_to_city(None, around.frame, around.terrain))


def _from_map_conversion(
    conversion: MapConversion, model: BuildingModel, around: Around
) -> Candidate:
    rotation = math.atan2(conversion.x_axis_ordinate or 0.0, _or_one(conversion.x_axis_abscissa))
    base = Candidate(
        source=conversion.source,
        placement=None,
        as_read=AsRead(
            conversion.eastings,
            conversion.northings,
            conversion.orthogonal_height,
            math.degrees(rotation),
            conversion.scale,
            conversion.map_unit,
        ),
        crs_as_read=conversion.projected_crs,
        declared=bool((conversion.projected_crs or "").strip()),
    )
    if conversion.angular:
        return refused(base, _angles())
    route = route_to_city(conversion.projected_crs, around.frame, around.terrain)
    if isinstance(route, FrameFinding):
        return refused(base, route)
    read = [
        _in_map_unit(base, conversion, route, model, around, unit)
        for unit in _map_units(conversion)
    ]
    # Metres unless only the project's own unit lands in the city: the schema leaves the default open.
    return next((c for c in read if c.refused is None), read[0])


def _or_one(value: float | None) -> float:
    return 1.0 if value is None else value


def _map_units(conversion: MapConversion) -> tuple[float, ...]:
    if conversion.map_unit is not None:
        return (conversion.map_unit,)
    return (1.0,) if conversion.length_unit == 1.0 else (1.0, conversion.length_unit)


def _in_map_unit(
    base: Candidate,
    conversion: MapConversion,
    route: Route,
    model: BuildingModel,
    around: Around,
    unit: float,
) -> Candidate:
    scale = understand_scale(conversion, unit, around.limits)
    if isinstance(scale, FrameFinding):
        return refused(replace(base, crs_understood=route.understood), scale)
    assumptions = list(scale.assumptions)
    if conversion.map_unit is None:
        assumptions.insert(0, _assumed_unit(unit))
    if route.assumed:
        assumptions.append(_assumed_crs(around.frame))
    rotation = math.atan2(conversion.x_axis_ordinate or 0.0, _or_one(conversion.x_axis_abscissa))
    statement = _Statement(
        conversion.eastings * unit,
        conversion.northings * unit,
        conversion.orthogonal_height * unit,
        rotation,
        scale.value,
    )
    if model.georeference.world is not None:
        statement = statement.seen_from(model.georeference.world)
        assumptions.append(_world_applied(model.georeference.world))
    candidate = replace(base, assumptions=tuple(assumptions), crs_understood=route.understood)
    placed = _placed(candidate, statement, route, around)
    if placed.placement is None or placed.refused is not None:
        return placed
    heights = understand_heights(
        conversion.vertical_datum or route.vertical, around.frame, placed.placement
    )
    return _with_heights(placed, heights, around.limits)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a source says, in its own CRS: metres, radians."""

    eastings: float
    northings: float
    height: float
    rotation: float
    scale: float

    def seen_from(self, world: tuple[float, float, float, float]) -> _Statement:
        """The same for coordinates that are not counted from the world coordinate system's origin.

        The conversion leads from the world coordinate system (IFC4 8.18.3.2); what is drawn is counted from
        the project's zero.
        """
        x, y, z, turn = world
        rotation = self.rotation - turn
        c, s = self.scale * math.cos(rotation), self.scale * math.sin(rotation)
        return _Statement(
            self.eastings - (c * x - s * y),
            self.northings - (s * x + c * y),
            self.height - z,
            rotation,
            self.scale,
        )


def _placed(candidate: Candidate, statement: _Statement, route: Route, around: Around) -> Candidate:
    """The candidate with its placement in the city's frame, or the slip that puts it elsewhere."""
    own = Placement(
        statement.eastings,
        statement.northings,
        statement.height,
        statement.rotation,
        statement.scale,
        around.frame,
    )
    if route.operation is None:
        return _held_inside(replace(candidate, placement=own), around, route)
    corners = around.shape.corners
    source = own.to_projected(corners)[:, :2]
    target = route.apply(source)
    candidate = replace(candidate, operation=route.operation)
    if not np.isfinite(target).all():
        middle = own.to_projected(around.shape.middle[None, :])[0, :2]
        return refused(candidate, slip(middle, None, route, around.terrain))
    fit = fit_similarity(corners[:, :2], target)
    placement = Placement(
        float(fit.shift[0]),
        float(fit.shift[1]),
        statement.height,
        fit.rotation,
        fit.scale,
        around.frame,
    )
    doubts = []
    if route.operation.accuracy:
        doubts.append(Doubt(_by_operation(route.operation.name), route.operation.accuracy, 0.0))
    if fit.residuals.max() > FINEST_RESIDUAL:
        curved = Text(zh="两个格网之间的弯曲", en="curvature between the two grids")
        doubts.append(Doubt(curved, float(fit.residuals.max()), 0.0))
    candidate = replace(
        candidate, placement=placement, uncertainty=FrameUncertainty(doubts=tuple(doubts))
    )
    return _held_inside(candidate, around, route, source_of=own)


def _held_inside(
    candidate: Candidate,
    around: Around,
    route: Route | FrameFinding,
    *,
    source_of: Placement | None = None,
) -> Candidate:
    """Refuse a candidate that puts any of the model off the city.

    Args:
        candidate: with a placement.
        around: the city.
        route: from the source's CRS.
        source_of: the placement in the source's own CRS, when that is another.
    """
    placement = candidate.placement
    if placement is None or isinstance(route, FrameFinding):
        return candidate
    corners = (
        around.shape.corners
        if around.shape.drawn
        else around.shape.middle[None, :]  # an empty model is a point
    )
    placed = placement.to_projected(corners)
    if all(contains(around.terrain, corner) for corner in placed):
        return candidate
    if not np.isfinite(placed).all():  # no numbers to show, let alone to draw
        candidate = replace(candidate, placement=None)
    middle = around.shape.middle[None, :]
    position = (source_of or placement).to_projected(middle)[0, :2]
    landed = placement.to_projected(middle)[0, :2]
    if around.shape.drawn and candidate.source != "--place" and _drawn_on_map(around):
        return refused(candidate, _moved_twice(candidate.source))
    return refused(candidate, slip(position, landed, route, around.terrain))


def _drawn_on_map(around: Around) -> bool:
    return contains(around.terrain, around.shape.middle)


def _moved_twice(source: str) -> FrameFinding:
    return FrameFinding(
        FrameCode.DOUBLE,
        Severity.REFUSE,
        Text(
            zh="重复的地理参照：模型已画在城市坐标上，{source} 又把它移出城市。",
            en="double georeference: the model is drawn on the map already, and {source} moves it off the city once more.",
        ).format(source=source),
        Text(
            zh="请只保留一种地理参照：模型已在地图坐标中时，转换应为零平移。",
            en="Keep one georeference only: for a model drawn on the map the conversion must not move anything.",
        ),
    )


def _with_heights(candidate: Candidate, heights: Heights, limits: FrameLimits) -> Candidate:
    """The candidate in the city's vertical datum, with what is unsure about it."""
    placement = candidate.placement
    if placement is None:
        return candidate
    doubts = list(candidate.uncertainty.doubts)
    vertical = limits.unnamed_datum if heights.accuracy is None else heights.accuracy
    if vertical:
        doubts.append(Doubt(Text(zh="高程基准", en="vertical datum"), 0.0, vertical))
    raised = replace(
        candidate,
        placement=replace(
            placement, orthogonal_height=placement.orthogonal_height + heights.offset
        ),
        assumptions=(*candidate.assumptions, *heights.assumptions),
        uncertainty=FrameUncertainty(doubts=tuple(doubts)),
    )
    return refused(raised, heights.finding) if heights.finding is not None else raised


def _from_coordinates(model: BuildingModel, around: Around) -> Candidate | None:
    """The model's own coordinates, when they are those of the map; None for a model near its origin."""
    shape = around.shape
    if not shape.drawn:
        return None
    middle = shape.middle[:2]
    if np.abs(middle).max() < around.limits.map_coordinates and not contains(
        around.terrain, middle
    ):
        return None
    declared = model.georeference.declared_crs if _no_conversion(model) else None
    base = Candidate(
        source=_carrier(model, around),
        placement=None,
        as_read=AsRead(float(middle[0]), float(middle[1]), None, 0.0, None, model.length_unit),
        crs_as_read=declared,
        declared=declared is not None,
    )
    route = route_to_city(declared, around.frame, around.terrain)
    if isinstance(route, FrameFinding):
        return refused(base, route)
    assumptions = (_assumed_crs(around.frame),) if route.assumed else ()
    candidate = replace(base, crs_understood=route.understood, assumptions=assumptions)
    placed = _placed(candidate, _Statement(0.0, 0.0, 0.0, 0.0, 1.0), route, around)
    if placed.placement is None or placed.refused is not None:
        return placed
    heights = understand_heights(route.vertical, around.frame, placed.placement)
    return _with_heights(placed, heights, around.limits)


def _no_conversion(model: BuildingModel) -> bool:
    return model.map_conversion is None


def _carrier(model: BuildingModel, around: Around) -> str:
    """Which level of the file carries the large coordinates."""
    for origin in model.georeference.origins:
        if max(map(abs, origin.position[:2])) >= around.limits.map_coordinates:
            return f"{origin.ifc_class} placement"
    return "element coordinates"


def _located_sites(model: BuildingModel) -> list[Site]:
    return [
        site
        for site in model.sites
        if site.ref_latitude is not None and site.ref_longitude is not None
    ]


def _from_site(site: Site, model: BuildingModel, around: Around) -> Candidate:
    """Latitude, longitude and elevation of an IfcSite with the model's true north."""
    latitude, longitude = float(site.ref_latitude or 0.0), float(site.ref_longitude or 0.0)
    base = Candidate(
        source="IfcSite",
        placement=None,
        crs_as_read=f"{latitude:.6f}, {longitude:.6f}",
        declared=False,
    )
    default = tool_default(latitude, longitude)
    if default is not None:
        return refused(base, _nobody_set(default))
    if not (abs(latitude) < 90.0 and abs(longitude) <= 180.0):
        return refused(base, _no_degrees())
    frame = around.frame
    east, north = (float(x) for x in frame.from_degrees(np.array([[longitude, latitude]]))[0])
    if not (math.isfinite(east) and math.isfinite(north)):
        return refused(base, _no_degrees())
    if not contains(around.terrain, np.array([east, north])):
        return refused(base, _degrees_elsewhere(latitude, longitude, (east, north), around))
    convergence, scale = frame.grid_at(np.array([east, north]))
    origin = next(
        (o.position for o in model.georeference.origins if o.global_id == site.global_id),
        (0.0, 0.0, 0.0),
    )
    height = site.ref_elevation or 0.0
    there = _Statement(east, north, height, convergence - (model.true_north or 0.0), scale)
    there = there.seen_from((*origin, 0.0))
    placement = Placement(
        there.eastings, there.northings, there.height, there.rotation, there.scale, frame
    )
    assumptions = (
        Text(
            zh="经纬度按城市基准理解；旋转按真北与子午线收敛角推算。",
            en="Latitude and longitude are read on the city's datum; the rotation follows from true north and meridian convergence.",
        ),
    )
    placed = replace(base, placement=placement, assumptions=assumptions)
    route = route_to_city(None, frame, around.terrain)
    heights = understand_heights(None, frame, placement)
    if not site.ref_elevation:
        heights = replace(heights, finding=_no_elevation())
    return _with_heights(_held_inside(placed, around, route), heights, around.limits)


def _assumed_unit(unit: float) -> Text:
    if unit == 1.0:
        return Text(
            zh="文件未说明地图单位；按米理解。",
            en="The file names no map unit; metres are assumed.",
        )
    return Text(
        zh="文件未说明地图单位；按米理解会落在城市外，故按项目单位（{unit:g} m）理解。",
        en="The file names no map unit; as metres would lie outside the city, the project's unit ({unit:g} m) is assumed.",
    ).format(unit=unit)


def _assumed_crs(frame: CityFrame) -> Text:
    return Text(
        zh="文件未说明坐标系；按城市坐标系 {city} 理解。",
        en="The file names no CRS; the city's, {city}, is assumed.",
    ).format(city=frame.projected_crs)


def _world_applied(world: tuple[float, float, float, float]) -> Text:
    x, y, z, turn = world
    return Text(
        zh="世界坐标系偏移 ({x:.3f}, {y:.3f}, {z:.3f}) m、旋转 {turn:.4f}°，地图转换由其原点起算。",
        en="The world coordinate system is moved by ({x:.3f}, {y:.3f}, {z:.3f}) m and turned by {turn:.4f} degrees; the conversion counts from its origin.",
    ).format(x=x, y=y, z=z, turn=math.degrees(turn))


def _by_operation(name: str) -> Text:
    return Text(zh="坐标转换 {name}", en="operation {name}").format(name=name)


def _angles() -> FrameFinding:
    return FrameFinding(
        FrameCode.CRS_NOT_PROJECTED,
        Severity.REFUSE,
        Text(
            zh="IfcRigidOperation 的坐标是角度，不是投影坐标。",
            en="the coordinates of IfcRigidOperation are angles, not easting and northing.",
        ),
        Text(
            zh="请在投影坐标系中导出 IfcMapConversion 或以长度给出的 IfcRigidOperation。",
            en="Export IfcMapConversion, or IfcRigidOperation with lengths, in a projected CRS.",
        ),
    )


def _nobody_set(name: str) -> FrameFinding:
    return FrameFinding(
        FrameCode.TOOL_DEFAULT,
        Severity.REFUSE,
        Text(
            zh="IfcSite 经纬度是软件默认值（{name}），没有人设置过位置。",
            en="latitude and longitude of IfcSite are a tool's default ({name}); nobody has set the location.",
        ).format(name=name),
        Text(
            zh="请在建模软件中设置真实位置，并导出 IfcMapConversion 与 IfcProjectedCRS。",
            en="Set the real location in the authoring tool and export IfcMapConversion with IfcProjectedCRS.",
        ),
    )


def _no_degrees() -> FrameFinding:
    return FrameFinding(
        FrameCode.OUTSIDE,
        Severity.REFUSE,
        Text(
            zh="IfcSite 的经纬度不是地球上可用的位置。",
            en="latitude and longitude of IfcSite are no usable place on the globe.",
        ),
        Text(
            zh="请导出 IfcMapConversion 与 IfcProjectedCRS。",
            en="Export IfcMapConversion with IfcProjectedCRS.",
        ),
    )


def _degrees_elsewhere(
    latitude: float, longitude: float, placed: tuple[float, float], around: Around
) -> FrameFinding:
    """Off the city; exchanged where exchanging helps."""
    if abs(longitude) < 90.0 or abs(latitude) < 90.0:
        exchanged = around.frame.from_degrees(np.array([[latitude, longitude]]))[0]
        if np.isfinite(exchanged).all() and contains(around.terrain, exchanged):
            return FrameFinding(
                FrameCode.SWAPPED,
                Severity.REFUSE,
                Text(
                    zh="IfcSite 的经度与纬度互换：{lat:.6f}, {lon:.6f} 交换后落在城市内。",
                    en="latitude and longitude of IfcSite are swapped: {lat:.6f}, {lon:.6f} falls inside the city when exchanged.",
                ).format(lat=latitude, lon=longitude),
                Text(
                    zh="请交换 RefLatitude 与 RefLongitude。",
                    en="Exchange RefLatitude and RefLongitude.",
                ),
            )
    west, south, east, north = around.terrain.extent
    gap = math.hypot(
        max(west - placed[0], 0.0, placed[0] - east), max(south - placed[1], 0.0, placed[1] - north)
    )
    return FrameFinding(
        FrameCode.OUTSIDE,
        Severity.REFUSE,
        Text(
            zh="IfcSite 经纬度 {lat:.6f}, {lon:.6f} 不在城市范围内（相距约 {gap:.0f} km）。",
            en="latitude and longitude of IfcSite, {lat:.6f}, {lon:.6f}, are outside the city (by some {gap:.0f} km).",
        ).format(lat=latitude, lon=longitude, gap=gap / 1000.0),
        Text(
            zh="请设置真实位置，并导出 IfcMapConversion 与 IfcProjectedCRS。",
            en="Set the real location and export IfcMapConversion with IfcProjectedCRS.",
        ),
    )


def _no_elevation() -> FrameFinding:
    return FrameFinding(
        FrameCode.VERTICAL,
        Severity.REFUSE,
        Text(
            zh="IfcSite 没有给出海拔（RefElevation），高程未知。",
            en="IfcSite states no elevation (RefElevation), so the height is unknown.",
        ),
        Text(
            zh="请导出 IfcMapConversion（含 OrthogonalHeight）与 IfcProjectedCRS。",
            en="Export IfcMapConversion with OrthogonalHeight, and IfcProjectedCRS.",
        ),
    )
