"""Heights below surfaces that slope: a limit that rises with the distance from an asset, and view planes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Outcome, Unit
from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.measures.limit_surface import LimitSurface, RisingSurface, plane_through
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.limits import Inclined, Rising, Surface
from bim_checks.second.surfaces import Below, recheck_surfaces
from bim_checks.surface_verdict import judge_surface
from cim.city import City
from cim.control_lines.feature import ControlFeature
from cim.text import Text

START_ATTRIBUTE = "start_elevation"  # m above the city's vertical datum
ROUND = 64  # straight pieces a quarter circle: a reach of 100 m is drawn 8 mm short at most


@parameters
class HeightGradientParameters:
    """Parameters of HEIGHT-GRADIENT."""

    layer: str = parameter(
        zh="被保护对象的线或面图层，可带属性 start_elevation（起算高程，m）",
        en="lines or polygons of what is protected, which may have the attribute start_elevation, metres above datum",
        asset=Asset.LAYER,
    )
    start: float | None = parameter(
        zh="起算高程（图元没有 start_elevation 时采用）",
        en="the limit where the distance is `offset`, metres above datum, for features without start_elevation",
        unit=Unit.METRE,
        default=None,
    )
    slope: float = parameter(zh="每米距离允许升高的米数", en="rise per metre", unit=Unit.RATIO)
    offset: float = parameter(
        zh="起算距离", en="distance at which the limit is `start`", unit=Unit.METRE, default=0.0
    )
    reach: float = parameter(
        zh="适用范围：距对象不超过", en="it holds up to this distance", unit=Unit.METRE
    )
    cap: float | None = parameter(
        zh="限高上限（高程）",
        en="the limit is never higher than this elevation",
        unit=Unit.METRE,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse a limit that falls with the distance, and one that holds nowhere."""
        if self.slope < 0.0:
            raise ValueError("slope must be 0 or more")
        if self.reach <= 0.0:
            raise ValueError("reach must be more than 0")


@parameters
class ReferencePoint:
    """Where the limit of a view plane is measured from."""

    viewpoint: str | None = parameter(
        zh="视点代码", en="code of a viewpoint", asset=Asset.VIEWPOINT, default=None
    )
    easting: float | None = parameter(
        zh="参考点东坐标", en="easting of the point", unit=Unit.METRE, default=None
    )
    northing: float | None = parameter(
        zh="参考点北坐标", en="northing of the point", unit=Unit.METRE, default=None
    )
    start: float = parameter(
        zh="参考点处的限高高程", en="elevation of the limit at the point", unit=Unit.METRE
    )
    slope: float = parameter(zh="每米距离允许升高的米数", en="rise per metre", unit=Unit.RATIO)

    def __post_init__(self) -> None:
        """Refuse a point that is stated twice or not at all."""
        stated = self.easting is not None and self.northing is not None
        if stated == (self.viewpoint is not None):
            raise ValueError("either viewpoint, or easting and northing must be given")
        if self.slope < 0.0:
            raise ValueError("slope must be 0 or more")


@parameters
class HeightPlaneParameters:
    """Parameters of HEIGHT-PLANE."""

    layer: str = parameter(
        zh="限高面适用范围的面图层", en="polygons inside which the plane holds", asset=Asset.LAYER
    )
    reference: ReferencePoint | None = parameter(
        zh="由参考点起随距离升高",
        en="a limit that rises with the distance from a point",
        default=None,
    )
    through: tuple[tuple[float, float, float], ...] | None = parameter(
        zh="或：平面上的三点（东、北、高程）",
        en="or: three points of the plane: easting, northing, elevation",
        unit=Unit.METRE,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse what is no surface."""
        if (self.reference is None) == (self.through is None):
            raise ValueError("either reference or through must be given")
        if self.through is not None:
            if len(self.through) != 3:
                raise ValueError("through must have three points")
            plane_through(np.array(self.through))


def check_height_gradient(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-GRADIENT: z <= start + slope * (distance from the asset - offset), up to a distance."""
    stated: HeightGradientParameters = rule.parameters
    layer = around.city.layer(stated.layer)
    west, south, east, north = scheme.footprint.bounds
    reach = stated.reach
    bounds = (west - reach, south - reach, east + reach, north + reach)
    found: list[Judgement | None] = []
    for asset in around.near(stated.layer, bounds):
        if asset.geometry.distance(scheme.footprint) >= reach:
            continue
        start = _start(asset, stated)
        if start is None:
            found.append(_without_start(asset))
            continue
        surface, region = _gradient(asset, start, stated)
        judged = judge_surface(
            rule, scheme, surface, region, name=asset.name, accuracy=layer.accuracy
        )
        again = Rising(asset.geometry, start, stated.slope, stated.offset, stated.cap)
        found.append(judged and replace(judged, basis=(Below(again, region),)))
    return [j for j in found if j is not None] or [
        _not_concerned(
            Text(
                zh="建筑距{name}均超过 {reach:g} m。",
                en="The building stands further than {reach:g} m from every feature of {name}.",
            ).format(name=layer.name, reach=reach)
        )
    ]


def height_gradient_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The gradient about every asset that states where it starts."""
    stated: HeightGradientParameters = rule.parameters
    found = []
    for asset in around.near(stated.layer, None):
        start = _start(asset, stated)
        if start is not None:
            found.append(CityLimit.of(asset.name, *_gradient(asset, start, stated)))
    return found


def _gradient(
    asset: ControlFeature, start: float, stated: HeightGradientParameters
) -> tuple[RisingSurface, BaseGeometry]:
    surface = RisingSurface(asset.geometry, start, stated.slope, stated.offset, stated.cap)
    return surface, asset.geometry.buffer(stated.reach, quad_segs=ROUND)


def height_plane_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The plane over each of its polygons."""
    stated: HeightPlaneParameters = rule.parameters
    surface = _plane(stated, around.city)
    zones = around.near(stated.layer, None)
    return [CityLimit.of(zone.name, surface, zone.geometry) for zone in zones]


def check_height_plane(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-PLANE: nothing rises above the plane inside the polygons where it holds."""
    stated: HeightPlaneParameters = rule.parameters
    surface = _plane(stated, around.city)
    again = _again(stated, around.city)
    found = [
        replace(judged, basis=(Below(again, zone.geometry),))
        for zone in around.near(stated.layer, scheme.footprint.bounds)
        if zone.geometry.intersects(scheme.footprint)
        and (judged := judge_surface(rule, scheme, surface, zone.geometry, name=zone.name))
    ]
    name = around.city.layer(stated.layer).name
    return found or [
        _not_concerned(
            Text(
                zh="建筑不在任何{name}内。", en="The building stands in no zone of {name}."
            ).format(name=name)
        )
    ]


def _start(asset: ControlFeature, stated: HeightGradientParameters) -> float | None:
    own = asset.attributes.get(START_ATTRIBUTE)
    if isinstance(own, int | float) and not isinstance(own, bool):
        return float(own)
    return stated.start


def _plane(stated: HeightPlaneParameters, city: City) -> LimitSurface:
    if stated.reference is None:
        return plane_through(np.array(stated.through))
    place = _place(stated.reference, city)
    return RisingSurface(shapely.Point(*place), stated.reference.start, stated.reference.slope)


def _place(reference: ReferencePoint, city: City) -> tuple[float | None, float | None]:
    """Easting and northing of the point, metres."""
    if reference.viewpoint is None:
        return (reference.easting, reference.northing)
    code = reference.viewpoint
    east, north, _ = next(v for v in city.viewpoints if v.code == code).position
    return (east, north)


def _again(stated: HeightPlaneParameters, city: City) -> Surface:
    """The same surface for its second way of measuring."""
    if stated.reference is None:
        return Inclined(np.array(stated.through))
    return Rising(
        shapely.Point(*_place(stated.reference, city)),
        stated.reference.start,
        stated.reference.slope,
    )


def _without_start(asset: ControlFeature) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}没有起算高程（属性 {key}），规则也未给出。",
            en="{name} has no elevation to start from (attribute {key}), and the rule states none.",
        ).format(name=asset.name, key=START_ATTRIBUTE),
        fix=Text(
            zh="在图层中补充属性 {key}，或在规则中写 start。",
            en="Give the feature the attribute {key}, or the rule a start.",
        ).format(key=START_ATTRIBUTE),
        feature=asset.name,
    )


def _not_concerned(sentence: Text) -> Judgement:
    return Judgement(Outcome.NOT_APPLICABLE, sentence)


RULE_TYPES = (
    RuleType(
        code="HEIGHT-GRADIENT",
        title=Text(zh="限高随距离升高", en="Height that rises with the distance from an asset"),
        explanation=Text(
            zh="z ≤ start + slope ×（距离 − offset），不超过 cap；距离为到被保护对象（线或面）的平面距离，不超过 reach（参照文物建设控制地带的高度梯度）。"
            "对每个三角面精确求最大超出值：对象每一段之上超出量沿棱为凹函数，取其驻点、分段点与端点。报告超出米数、构件、平面面积、应降低的米数与层数。",
            en="z <= start + slope * (distance - offset), never above cap, up to the distance reach; the distance is taken in plan from the "
            "protected line or polygon (after the height gradients of heritage control zones). The greatest excess over every face is exact: "
            "about each straight piece of the asset it is concave along an edge, so it is taken where it is level, where its form changes, and "
            "at the ends. Reported are the metres above, the elements, the area in plan, and the metres and storeys to come down.",
        ),
        parameters=HeightGradientParameters,
        check=check_height_gradient,
        recheck=recheck_surfaces,
    ),
    RuleType(
        code="HEIGHT-PLANE",
        title=Text(zh="视线限高面", en="View plane"),
        explanation=Text(
            zh="在适用面内任何部分不得突出限高面：z ≤ start + slope × 到参考点的平面距离（参照丹佛市 view plane 条例），或过三点的平面。跨越边界的构件按边界切开，逐面精确计算。",
            en="Inside its polygon no part may project above the plane: z <= start + slope * plan distance from a reference point (after "
            "Denver's view plane ordinance), or the plane through three points. Faces that straddle the border are cut by it; the excess is exact over every face.",
        ),
        parameters=HeightPlaneParameters,
        check=check_height_plane,
        recheck=recheck_surfaces,
    ),
)

LIMITS = {"HEIGHT-GRADIENT": height_gradient_limits, "HEIGHT-PLANE": height_plane_limits}
