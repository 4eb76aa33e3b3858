"""Protected vistas and view cones: surfaces that start at an eye."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.landscape.eye import Eye
from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.landscape.method import Fact, eye_facts, method, noted, scenery_facts
from bim_checks.landscape.scheme_view import context_of, elements_by_weight, eye_of, surface_of
from bim_checks.landscape.silhouette import Silhouette, silhouette_of
from bim_checks.landscape.vista import STEP, Vista, sight_surface
from bim_checks.measures.floors import lower
from bim_checks.measures.limit_surface import RisingSurface
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.surface_verdict import judge_surface, with_doubt
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.city import City, Viewpoint
from cim.control_lines.feature import ControlFeature
from cim.text import Text

BESIDE = 10.0  # m; regions are cut this far around a building
ARC_SAGITTA = 1e-3  # m; an arc is drawn no further inside its circle
LEAST_DEPTH = 1.0  # m; nearer to its line a landmark is not looked at but stood on
FULL_CIRCLE = 360.0  # degrees

CORRIDOR = Text(zh="{view}景观视廊门槛面", en="the threshold plane of {view}, viewing corridor")
SETTING = Text(
    zh="{view}外围咨询区（{zone}）门槛面",
    en="the threshold plane of {view}, wider setting ({zone})",
)
BACKGROUND = Text(zh="{view}背景区门槛面", en="the threshold plane of {view}, background")
NO_DEPTH = Text(
    zh="{view}位于地标左右端的连线上，视廊没有深度，未作检查。",
    en="{view} stands on the line through the landmark's ends: the corridor has no depth, and nothing is checked.",
)
MOVE_ENDS = Text(
    zh="在规则中改正地标左右端（left、right）的坐标，或改用其他视点。",
    en="Correct the landmark's ends (left and right) in the rule, or name another viewpoint.",
)
CONE = Text(zh="{view}视锥面", en="the view cone of {view}")
CONSULT = Text(
    zh="{sentence}该处不直接否决，须咨询会商。",
    en="{sentence} There it is no ground for refusal; it is to be consulted on.",
)
BEHIND = Text(
    zh="从{view}看，建筑在{landmark}之后的天空中高出其轮廓 {over:.2f} m（该处限高 {limit:.2f} m），宽 {width:.3f}°。",
    en="Seen from {view}, the building appears in the sky behind {landmark}, {over:.2f} m above its silhouette (limit there {limit:.2f} m), over {width:.3f} degrees.",
)
FREE = Text(
    zh="从{view}看，建筑不在{landmark}之后的天空中出现，低于其轮廓 {room:.2f} m。",
    en="Seen from {view}, the building does not appear in the sky behind {landmark}; it stays {room:.2f} m below its silhouette.",
)
OUTSIDE_VISTA = Text(
    zh="建筑不在{view}的视廊、外围咨询区与背景区内。",
    en="The building stands in neither corridor, wider setting nor background of {view}.",
)
OUTSIDE_CONE = Text(
    zh="建筑不在{view}的视锥内。", en="The building stands outside the view cone of {view}."
)


LINES_OF_SIGHT = Text(
    zh="视线面 z(d) = zA + (zL − zA) d/D − (1 − k) d (D − d)/(2R)，逐三角面求最大超出值，区域边界处切开",
    en="lines of sight z(d) = zA + (zL - zA) d/D - (1 - k) d (D - d)/(2R); the highest excess over every face, cut at the borders of regions",
)
SAMPLED = Text(zh="棱上取点的间距", en="points along edges are so far apart")
AXES = (Text(zh="东坐标", en="easting"), Text(zh="北坐标", en="northing"))
LEFT_END = Text(zh="地标左端{axis}", en="{axis} of the landmark's left end")
RIGHT_END = Text(zh="地标右端{axis}", en="{axis} of the landmark's right end")
THRESHOLD = Text(zh="门槛高程 zL", en="elevation of the threshold zL")
SKYLINES = Text(
    zh="逐列精确天际线：地标之后的建筑，与地标和既有天际线的较高者相比",
    en="exact skyline column by column: the scheme behind the landmark, against the higher of the landmark and the skyline that stands",
)
COLUMN = Text(zh="方位步长", en="step in azimuth")
HIGHER = Text(zh="高出轮廓的方位宽度", en="azimuth in which it rises above the silhouette")
CONE_OVER_FACES = Text(
    zh="锥面闭式，逐三角面求最大超出值，扇形边线处切开；不计地球曲率",
    en="the cone in closed form, the highest excess over every face, cut at the sides of the sector; the Earth's curve is left out",
)
APEX = Text(zh="锥顶限高高程", en="elevation of the limit at the apex")
SLOPE = Text(zh="坡度", en="slope")
BEARINGS = (Text(zh="起始方位角", en="first bearing"), Text(zh="终止方位角", en="last bearing"))


@parameters
class VistaParameters:
    """Parameters of VIEW-VISTA."""

    viewpoint: str = parameter(
        zh="评估点：视点代码", en="assessment point: code of a viewpoint", asset=Asset.VIEWPOINT
    )
    left: tuple[float, float] = parameter(
        zh="地标左端（东、北）", en="left end of the landmark: easting, northing", unit=Unit.METRE
    )
    right: tuple[float, float] = parameter(
        zh="地标右端（东、北）", en="right end of the landmark: easting, northing", unit=Unit.METRE
    )
    threshold: float = parameter(
        zh="地标处门槛高程", en="elevation of the threshold at the landmark", unit=Unit.METRE
    )
    refraction: float = parameter(
        zh="大气折光系数 k", en="coefficient of refraction k", unit=Unit.RATIO
    )
    setting: str | None = parameter(
        zh="外围咨询区的面图层",
        en="layer of the polygons of the wider setting",
        asset=Asset.LAYER,
        default=None,
    )
    background: float = parameter(
        zh="地标之后背景区的深度（0 为无）",
        en="how deep the background reaches behind the landmark; 0 for none",
        unit=Unit.METRE,
    )
    landmark: str | None = parameter(
        zh="天际轮廓受保护的地标：代码",
        en="code of the landmark whose silhouette is to stand free against the sky",
        asset=Asset.LANDMARK,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse a landmark without width."""
        if math.dist(self.left, self.right) <= 0.0:
            raise ValueError("left and right must be apart")
        if self.background < 0.0:
            raise ValueError("background must be 0 or more")


@parameters
class ViewConeParameters:
    """Parameters of VIEW-CONE."""

    viewpoint: str = parameter(
        zh="锥顶：视点代码", en="apex: code of a viewpoint", asset=Asset.VIEWPOINT
    )
    start: float | None = parameter(
        zh="锥顶处限高高程（缺省为视点眼高）",
        en="elevation of the limit at the apex; that of the eye where none is stated",
        unit=Unit.METRE,
        default=None,
    )
    slope: float = parameter(zh="每米距离允许升高的米数", en="rise per metre", unit=Unit.RATIO)
    bearing_from: float = parameter(
        zh="起始方位角（坐标北顺时针）",
        en="bearing of the left side, clockwise from grid north",
        unit=Unit.DEGREE,
    )
    bearing_to: float = parameter(zh="终止方位角", en="bearing of the right side", unit=Unit.DEGREE)
    reach: float = parameter(zh="适用距离", en="how far it reaches", unit=Unit.METRE)

    def __post_init__(self) -> None:
        """Refuse a cone that falls, holds nowhere or has no width."""
        if self.slope < 0.0:
            raise ValueError("slope must be 0 or more")
        if self.reach <= 0.0:
            raise ValueError("reach must be more than 0")
        if (self.bearing_to - self.bearing_from) % FULL_CIRCLE == 0.0:
            raise ValueError("bearing_from and bearing_to must differ")


def check_vista(
    rule: Rule, scheme: Scheme, around: Surroundings, *, drawn: bool = True
) -> list[Judgement]:
    """VIEW-VISTA: nothing above the lines of sight to the threshold; beside and behind, to be consulted on."""
    stated: VistaParameters = rule.parameters
    viewpoint = _viewpoint(around.city, stated.viewpoint)
    vista = _vista(stated, viewpoint)
    if vista.depth < LEAST_DEPTH:
        sentence = NO_DEPTH.format(view=viewpoint.name)
        return [Judgement(Outcome.NOT_CHECKABLE, sentence, fix=MOVE_ENDS, feature=viewpoint.name)]
    corridor = vista.corridor()
    zones = around.near(stated.setting, scheme.footprint.bounds) if stated.setting else ()
    places = _places(stated, viewpoint, vista, zones)
    near = [
        (name, _near(scheme, region), consult)
        for name, region, consult in places
        if region.intersects(scheme.footprint)
    ]
    found: list[Judgement] = []
    if near:
        surface = sight_surface(vista, [corridor, *(region for _, region, _ in near)])
        height = surface.sagitta(_longest(scheme))
        for name, region, consult in near:
            judged = judge_surface(
                rule, scheme, surface, region, name=name, height=height, drawn=drawn
            )
            if judged is not None:
                found.append(_consulted(judged) if consult else judged)
    facts = method(LINES_OF_SIGHT, *_vista_facts(stated, viewpoint))
    found = [noted(judged, facts, scheme) for judged in found]
    found += _silhouettes(rule, scheme, around, viewpoint)
    return found or [_outside(OUTSIDE_VISTA, viewpoint)]


def vista_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """Corridor, wider setting and background of a vista; none where the corridor has no depth."""
    stated: VistaParameters = rule.parameters
    viewpoint = _viewpoint(around.city, stated.viewpoint)
    vista = _vista(stated, viewpoint)
    if vista.depth < LEAST_DEPTH:
        return []
    zones = around.near(stated.setting, None) if stated.setting else ()
    places = _places(stated, viewpoint, vista, zones)
    surface = sight_surface(vista, [region for _, region, _ in places])
    return [CityLimit.of(name, surface, region) for name, region, _ in places]


def _places(
    stated: VistaParameters, viewpoint: Viewpoint, vista: Vista, zones: Sequence[ControlFeature]
) -> list[tuple[Text, BaseGeometry, bool]]:
    """Name and region of the corridor, of what of the wider setting's zones lies beside it, and of the background; and whether it is to be consulted on."""
    corridor = vista.corridor()
    places = [(CORRIDOR.format(view=viewpoint.name), corridor, False)]
    for zone in zones:
        name = SETTING.format(view=viewpoint.name, zone=zone.name)
        places.append((name, zone.geometry.difference(corridor), True))
    if stated.background > 0.0:
        name = BACKGROUND.format(view=viewpoint.name)
        places.append((name, vista.background(stated.background), True))
    return places


def _vista_facts(stated: VistaParameters, viewpoint: Viewpoint) -> tuple[Fact, ...]:
    ends = [
        (end.format(axis=axis), value, "m")
        for end, point in ((LEFT_END, stated.left), (RIGHT_END, stated.right))
        for axis, value in zip(AXES, point, strict=True)
    ]
    return (
        (SAMPLED, STEP, "m"),
        *eye_facts(viewpoint, stated.refraction),
        *ends,
        (THRESHOLD, stated.threshold, "m"),
    )


def _silhouettes(
    rule: Rule, scheme: Scheme, around: Surroundings, viewpoint: Viewpoint
) -> list[Judgement]:
    """What appears in the sky behind the landmark; nothing where none is protected, or nothing stands behind it."""
    stated: VistaParameters = rule.parameters
    if stated.landmark is None:
        return []
    landmark = next(m for m in around.city.landmarks if m.code == stated.landmark)
    eye = eye_of(viewpoint, stated.refraction)
    seen = silhouette_of(
        landmark, eye, context_of(around), surface_of(scheme), len(scheme.body_ids)
    )
    if seen is None:
        return []
    worst = int(np.nanargmax(seen.excess))
    point = _point(eye, seen, worst)
    over, steep = float(seen.excess[worst]), abs(float(seen.limits[worst]))
    measurement = Measurement(
        measured=point[2],
        limit=point[2] - over,
        margin=-over,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.vertical + steep * scheme.uncertainty.horizontal,
            mesh=LENGTH_UNCERTAINTY + seen.resolution(worst),
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    sentence = (BEHIND if over > 0.0 else FREE).format(
        view=viewpoint.name,
        landmark=landmark.name,
        over=over,
        room=-over,
        width=seen.degrees,
        limit=measurement.limit,
    )
    above = np.flatnonzero(seen.excess > 0.0) if over > 0.0 else np.array([worst])
    broken = outcome is not Outcome.PASS
    judged = Judgement(
        outcome,
        with_doubt(sentence, measurement, outcome),
        fix=lower(scheme, point[2], over) if broken else None,
        measurement=measurement,
        elements=elements_by_weight(scheme, seen.scheme.owners[above], np.ones(len(above))),
        feature=landmark.name,
        geometry=shapely.LineString([eye.position, point]) if broken else None,
    )
    facts = method(
        SKYLINES,
        (COLUMN, math.degrees(seen.columns.step), "°"),
        *eye_facts(viewpoint, stated.refraction),
        *scenery_facts(around),
        (HIGHER, seen.degrees, "°"),
    )
    return [noted(judged, facts, scheme)]


def _point(eye: Eye, seen: Silhouette, column: int) -> tuple[float, float, float]:
    """Where the scheme is highest in a column, metres, projected frame."""
    azimuth, distance = seen.columns.azimuths[column], seen.scheme.distances[column]
    east, north, up = eye.position
    height = up + seen.scheme.tangents[column] * distance + eye.drop(np.array(distance))
    return (
        float(east + distance * math.sin(azimuth)),
        float(north + distance * math.cos(azimuth)),
        float(height),
    )


def check_view_cone(
    rule: Rule, scheme: Scheme, around: Surroundings, *, drawn: bool = True
) -> list[Judgement]:
    """VIEW-CONE: between two bearings nothing rises above the cone from its apex."""
    stated: ViewConeParameters = rule.parameters
    viewpoint = _viewpoint(around.city, stated.viewpoint)
    sector = view_sector(
        viewpoint.position[:2],
        (stated.bearing_from, stated.bearing_to),
        reach=stated.reach,
    )
    if not sector.intersects(scheme.footprint):
        return [_outside(OUTSIDE_CONE, viewpoint)]
    surface, name = _cone(stated, viewpoint), CONE.format(view=viewpoint.name)
    judged = judge_surface(rule, scheme, surface, _near(scheme, sector), name=name, drawn=drawn)
    if judged is None:
        return [_outside(OUTSIDE_CONE, viewpoint)]
    facts = method(
        CONE_OVER_FACES,
        *eye_facts(viewpoint, None),
        (APEX, surface.start, "m"),
        (SLOPE, stated.slope, "m/m"),
        (BEARINGS[0], stated.bearing_from, "°"),
        (BEARINGS[1], stated.bearing_to, "°"),
    )
    return [noted(judged, facts, scheme)]


def view_cone_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The cone over its whole sector."""
    stated: ViewConeParameters = rule.parameters
    viewpoint = _viewpoint(around.city, stated.viewpoint)
    bearings = (stated.bearing_from, stated.bearing_to)
    sector = view_sector(viewpoint.position[:2], bearings, reach=stated.reach)
    return [CityLimit.of(CONE.format(view=viewpoint.name), _cone(stated, viewpoint), sector)]


def _cone(stated: ViewConeParameters, viewpoint: Viewpoint) -> RisingSurface:
    start = _eye(viewpoint)[2] if stated.start is None else stated.start
    return RisingSurface(shapely.Point(viewpoint.position[:2]), start, stated.slope)


def view_sector(
    apex: tuple[float, float], bearings_degrees: tuple[float, float], *, reach: float
) -> shapely.Polygon:
    """The part of a disc between two bearings.

    Args:
        apex: easting and northing, metres.
        bearings_degrees: of its left and right sides, clockwise from grid north.
        reach: radius, metres.
    """
    first, last = bearings_degrees
    width = math.radians((last - first) % FULL_CIRCLE)
    pieces = math.ceil(width / math.sqrt(8.0 * ARC_SAGITTA / reach))
    bearings = math.radians(first) + np.linspace(0.0, width, max(pieces, 2) + 1)
    arc = np.column_stack([np.sin(bearings), np.cos(bearings)]) * reach + np.array(apex)
    return shapely.Polygon([apex, *arc.tolist()])


def _vista(stated: VistaParameters, viewpoint: Viewpoint) -> Vista:
    return Vista(_eye(viewpoint), stated.left, stated.right, stated.threshold, stated.refraction)


def _eye(viewpoint: Viewpoint) -> tuple[float, float, float]:
    east, north, ground = viewpoint.position
    return (east, north, ground + viewpoint.eye_height)


def _viewpoint(city: City, code: str) -> Viewpoint:
    """It is in the city: a rulebook that names another is refused."""
    return next(v for v in city.viewpoints if v.code == code)


def _near(scheme: Scheme, region: BaseGeometry) -> BaseGeometry:
    west, south, east, north = scheme.footprint.bounds
    beside = shapely.box(west - BESIDE, south - BESIDE, east + BESIDE, north + BESIDE)
    return region.intersection(beside)


def _longest(scheme: Scheme) -> float:
    """No face of the scheme is longer in plan than the longest diagonal of its elements' boxes; metres."""
    west, south, east, north = shapely.bounds(scheme.outline_shapes).T
    return float(np.hypot(east - west, north - south).max())


def _consulted(judged: Judgement) -> Judgement:
    if judged.outcome not in (Outcome.FAIL, Outcome.PROCEDURE):
        return judged
    sentence = CONSULT.format(sentence=judged.sentence)
    return replace(judged, outcome=Outcome.DISCUSS, sentence=sentence)


def _outside(sentence: Text, viewpoint: Viewpoint) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE, sentence.format(view=viewpoint.name), feature=viewpoint.name
    )


RULE_TYPES = (
    RuleType(
        code="VIEW-VISTA",
        title=Text(zh="受保护景观视廊", en="Protected vista"),
        explanation=Text(
            zh="自评估点（眼高）至地标左右端的楔形视廊内，任何部分不得高出视线：z(d) = zA + (zL − zA) d/D − (1 − k) d (D − d)/(2R)，R = 6 371 km，D 为沿该视线到地标连线的距离"
            "（参照伦敦 LVMF；地球弯曲使中点限值低于平面：D = 16 km、k = 0 时低 5.02 m）。视廊内超出按规则效力判定（拒绝）；外围咨询区（面图层）与地标之后的背景区内超出为会商；均未超出为通过。"
            "写明 landmark 时，其天际轮廓亦受保护：逐列（0.001° 或地标宽度的 1/200）比较地标之后的建筑与地标、既有天际线的较高者，在其上方天空中出现即按规则效力判定（天际轮廓）。"
            "逐三角面求最大超出值：沿棱每 25 m 取值，误差不超过 0.012 mm；面内部可能的余量计入不确定度。",
            en="In the wedge from the assessment point (at eye height) to the landmark's ends no part may rise above the lines of sight: z(d) = zA + (zL - zA) d/D - (1 - k) d (D - d)/(2R), "
            "R = 6 371 km, D along each line to the straight line between the landmark's ends (after the London View Management Framework; the Earth's curve lowers the limit at mid-span: by 5.02 m for D = 16 km "
            "and k = 0). Above it in the corridor the rule's effect decides (refuse); in the wider setting (a layer) and in the background behind the landmark it is to be discussed (consult); else it passes (clear). "
            "Where a landmark is named, its silhouette is protected too: column by column, 0.001 degrees or a two-hundredth of the landmark wide, what stands behind it may not rise above the landmark and "
            "above all that stands there already; where it does, it appears in the sky behind it, and the rule's effect decides (silhouette). "
            "The excess is taken over every face: at places 25 m apart along its edges, 0.012 mm at most from the worst; what a face may reach inside is part of the uncertainty.",
        ),
        parameters=VistaParameters,
        check=check_vista,
        mended_by=partial(check_vista, drawn=False),
    ),
    RuleType(
        code="VIEW-CONE",
        title=Text(zh="视锥", en="View cone"),
        explanation=Text(
            zh="自锥顶、在两方位角之间、距离不超过 reach 的扇形内，任何部分不得高出锥面 z ≤ start + slope × 距离（参照温哥华 view cones）；锥面按高程基准面计，不含地球弯曲。跨越边线的构件按边线切开，逐三角面精确计算。",
            en="In the sector between two bearings and up to a reach no part may rise above the cone z <= start + slope * distance from its apex (after Vancouver's view cones). The cone is stated "
            "above datum and takes no account of the Earth's curve. Faces across its sides are cut there, and the excess is exact over every face.",
        ),
        parameters=ViewConeParameters,
        check=check_view_cone,
        mended_by=partial(check_view_cone, drawn=False),
    ),
)

LIMITS = {"VIEW-VISTA": vista_limits, "VIEW-CONE": view_cone_limits}
