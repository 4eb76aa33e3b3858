"""Control lines in plan: stay inside, stay outside, keep a distance.

Definitions: L1 must-be-inside, L2 must-not-overlap, L3 minimum distance, L4 procedure when a zone is
entered (an overlap rule whose legal effect is ``procedure``).
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, LegalEffect, Measurement, Outcome, Uncertainty, Unit
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme, Subject
from bim_checks.tolerance import BOUNDARY_ACCURACY, CONTACT, LENGTH_UNCERTAINTY, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

SUBJECTS = {
    "site": Text(zh="用地", en="The site"),
    "footprint": Text(zh="建筑", en="The building"),
}
COMPASS = (
    Text(zh="东", en="east"),
    Text(zh="东北", en="north-east"),
    Text(zh="北", en="north"),
    Text(zh="西北", en="north-west"),
    Text(zh="西", en="west"),
    Text(zh="西南", en="south-west"),
    Text(zh="南", en="south"),
    Text(zh="东南", en="south-east"),
)


@parameters
class LineParameters:
    """Parameters of LINE-OVERLAP."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(
        zh="footprint 为全部构件的投影，site 为用地范围",
        en="footprint: the projection of all drawn elements; site: the outline of the site",
    )
    limit: float = parameter(zh="允许占用的面积", en="area allowed inside", unit=Unit.SQUARE_METRE)


@parameters
class DistanceParameters:
    """Parameters of LINE-DISTANCE."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(
        zh="footprint 为全部构件的投影，site 为用地范围",
        en="footprint: the projection of all drawn elements; site: the outline of the site",
    )
    limit: float = parameter(zh="最小距离", en="least distance", unit=Unit.METRE)


@parameters
class InsideParameters:
    """Parameters of LINE-INSIDE."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(
        zh="footprint 为全部构件的投影，site 为用地范围",
        en="footprint: the projection of all drawn elements; site: the outline of the site",
    )
    limit: float = parameter(zh="允许超出的面积", en="area allowed outside", unit=Unit.SQUARE_METRE)
    within: Literal["one", "union"] = parameter(
        zh="one：位于单个图形之内（自己的地块）；union：位于全部图形之内（开发边界）",
        en="one: inside a single feature (its own parcel); union: inside all features together (a development boundary)",
        default="union",
    )


def check_inside(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-INSIDE: area(F minus Z) <= limit, Z being one feature or all features of the layer together."""
    parameters: InsideParameters = rule.parameters
    shape = scheme.subject(parameters.subject)
    if shape.is_empty:
        return [_nothing_drawn(parameters.subject)]
    features = around.lines.features(parameters.layer, shape.bounds)
    home = max(features, key=lambda f: float(f.geometry.intersection(shape).area), default=None)
    name = home.name if home else around.city.layer(parameters.layer).name
    inside = [home] if home and parameters.within == "one" else features
    outside = _without_slivers(shape.difference(shapely.union_all([f.geometry for f in inside])))
    measurement = _area_measurement(outside, parameters, scheme, around)
    words = {
        "subject": SUBJECTS[parameters.subject],
        "name": name,
        "area": outside.area,
    }
    outcome = outcome_of(measurement, rule.legal_effect)
    if outcome is Outcome.PASS:
        border = shapely.union_all([f.geometry for f in inside]).boundary
        if _within_frame_doubt(shape, border, scheme):
            return [_undecided(words, measurement)]
        return [
            Judgement(
                outcome,
                Text(
                    zh="{subject}全部位于{name}内。", en="{subject} lies wholly inside {name}."
                ).format(**words),
                measurement=measurement,
                feature=name,
            )
        ]
    return [
        Judgement(
            outcome,
            Text(
                zh="{subject}有 {area:.1f} m² 超出{name}。",
                en="{subject} reaches {area:.1f} m² outside {name}.",
            ).format(**words),
            fix=Text(
                zh="将超出的 {area:.1f} m² 收回界内。", en="Pull the {area:.1f} m² outside back in."
            ).format(**words),
            measurement=measurement,
            elements=scheme.elements_touching(parameters.subject, outside),
            feature=name,
            geometry=_at_height(outside, scheme.lowest),
        )
    ]


def check_overlap(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-OVERLAP: area(F and Z) <= limit for every feature Z; the polygon to cut is reported."""
    parameters: LineParameters = rule.parameters
    shape = scheme.subject(parameters.subject)
    if shape.is_empty:
        return [_nothing_drawn(parameters.subject)]
    broken = []
    for feature in around.lines.features(parameters.layer, shape.bounds):
        shared = _without_slivers(shape.intersection(feature.geometry))
        measurement = _area_measurement(shared, parameters, scheme, around)
        outcome = outcome_of(measurement, rule.legal_effect)
        if outcome is not Outcome.PASS:
            broken.append(
                _overlap(rule, scheme, feature, shared, measurement=measurement, outcome=outcome)
            )
    if broken:
        return broken
    name = around.city.layer(parameters.layer).name
    reach = scheme.uncertainty.horizontal
    west, south, east, north = shape.bounds
    near = around.lines.features(
        parameters.layer, (west - reach, south - reach, east + reach, north + reach)
    )
    for feature in near:
        if _within_frame_doubt(shape, feature.geometry, scheme):
            words = {"subject": SUBJECTS[parameters.subject], "name": feature.name}
            measured = _area_measurement(shapely.Polygon(), parameters, scheme, around)
            return [_undecided(words, measured)]
    return [
        Judgement(
            Outcome.PASS,
            Text(zh="{subject}未占用{name}。", en="{subject} does not touch {name}.").format(
                subject=SUBJECTS[parameters.subject],
                name=name,
            ),
            measurement=_area_measurement(shapely.Polygon(), parameters, scheme, around),
        )
    ]


def _overlap(
    rule: Rule,
    scheme: Scheme,
    feature: ControlFeature,
    shared: BaseGeometry,
    *,
    measurement: Measurement,
    outcome: Outcome,
) -> Judgement:
    subject: Subject = rule.parameters.subject
    words = {"subject": SUBJECTS[subject], "name": feature.name, "area": shared.area}
    if rule.legal_effect is LegalEffect.PROCEDURE:
        sentence = Text(
            zh="{subject}有 {area:.1f} m² 位于{name}内。",
            en="{subject} has {area:.1f} m² inside {name}.",
        )
        fix = Text(
            zh="办理相应的保护区审批手续，或移出 {area:.1f} m²。",
            en="File the protection procedure, or move {area:.1f} m² out of the zone.",
        )
    else:
        sentence = Text(
            zh="{subject}占用{name} {area:.1f} m²。",
            en="{subject} occupies {area:.1f} m² of {name}.",
        )
        fix = Text(
            zh="裁去这 {area:.1f} m²（图中多边形）。",
            en="Cut these {area:.1f} m² out (the polygon shown).",
        )
    return Judgement(
        outcome,
        sentence.format(**words),
        fix=fix.format(**words),
        measurement=measurement,
        elements=scheme.elements_touching(subject, shared),
        feature=feature.name,
        geometry=_at_height(shared, scheme.lowest),
    )


def check_distance(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-DISTANCE: plan distance from the subject to the nearest feature >= limit; the witness segment is reported."""
    parameters: DistanceParameters = rule.parameters
    shape = scheme.subject(parameters.subject)
    if shape.is_empty:
        return [_nothing_drawn(parameters.subject)]
    feature = _nearest(shape, parameters, around)
    witness = shapely.shortest_line(shape, feature.geometry)
    distance = float(witness.length)
    measurement = Measurement(
        measured=distance,
        limit=parameters.limit,
        margin=distance - parameters.limit,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.horizontal,
            mesh=LENGTH_UNCERTAINTY,
            data=around.city.layer(parameters.layer).accuracy,
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    words = {
        "subject": SUBJECTS[parameters.subject],
        "name": feature.name,
        "distance": distance,
        "limit": parameters.limit,
    }
    enough = outcome is Outcome.PASS
    sentence = Text(
        zh="{subject}距{name} {distance:.2f} m，"
        + ("满足" if enough else "小于")
        + "要求的 {limit:g} m。",
        en="{subject} is {distance:.2f} m from {name}; "
        + (
            "{limit:g} m are required."
            if enough
            else "{limit:g} m are required, so it is too near."
        ),
    )
    return [
        Judgement(
            outcome,
            sentence.format(**words),
            fix=None if enough else _move_away(witness, parameters.limit - distance),
            measurement=measurement,
            elements=() if enough else _elements_nearer(scheme, parameters, feature.geometry),
            feature=feature.name,
            geometry=_at_height(witness, scheme.lowest),
        )
    ]


def _nearest(
    shape: BaseGeometry, parameters: DistanceParameters, around: Surroundings
) -> ControlFeature:
    """The nearest feature of the layer, looked for in growing boxes so that a city-wide layer stays cheap."""
    west, south, east, north = shape.bounds
    reach = max(parameters.limit, 1.0)
    city_west, city_south, city_east, city_north = around.city.terrain.extent
    far = math.hypot(city_east - city_west, city_north - city_south)
    while reach < far:
        box = (west - reach, south - reach, east + reach, north + reach)
        found = around.lines.features(parameters.layer, box)
        if found:
            nearest = min(found, key=lambda feature: shape.distance(feature.geometry))
            if shape.distance(nearest.geometry) <= reach:
                return nearest
        reach *= 4.0
    return min(
        around.lines.features(parameters.layer),
        key=lambda feature: shape.distance(feature.geometry),
    )


def _elements_nearer(
    scheme: Scheme, parameters: DistanceParameters, line: BaseGeometry
) -> tuple[str, ...]:
    """GlobalIds of the elements nearer than the limit, nearest first."""
    if parameters.subject == "site":
        return scheme.elements_touching("site", line)
    gaps = shapely.distance(np.array([o.geometry for o in scheme.outlines], dtype=object), line)
    near = np.argsort(gaps, kind="stable")[: int((gaps < parameters.limit).sum())]
    return tuple(scheme.outlines[i].global_id for i in near)


def _move_away(witness: BaseGeometry, metres: float) -> Text:
    """Which way leads out, from the witness segment (subject first, line second)."""
    (x0, y0), (x1, y1) = np.asarray(shapely.get_coordinates(witness))[[0, -1]]
    if witness.length == 0.0:
        return Text(
            zh="移开至少 {metres:.2f} m。", en="Move it away by at least {metres:.2f} m."
        ).format(metres=metres)
    direction = COMPASS[round(math.atan2(y0 - y1, x0 - x1) / (math.pi / 4.0)) % 8]
    return Text(
        zh="向{direction}移 {metres:.2f} m。", en="Move it {metres:.2f} m to the {direction}."
    ).format(
        direction=direction,
        metres=math.ceil(metres * 100.0) / 100.0,
    )


def _area_measurement(
    shape: BaseGeometry,
    parameters: LineParameters | InsideParameters,
    scheme: Scheme,
    around: Surroundings,
) -> Measurement:
    """An area against its limit.

    Its uncertainty is half a band along its edge, as wide as contact and as the frame and the line may be off: a shape
    that moves gains on one side what it loses on the other.
    """
    area, limit, half = float(shape.area), parameters.limit, float(shape.length) / 2.0
    return Measurement(
        measured=area,
        limit=limit,
        margin=limit - area,
        unit=Unit.SQUARE_METRE,
        uncertainty=Uncertainty(
            frame=half * scheme.uncertainty.horizontal,
            mesh=half * CONTACT,
            data=half * around.city.layer(parameters.layer).accuracy,
        ),
    )


def _within_frame_doubt(shape: BaseGeometry, line: BaseGeometry, scheme: Scheme) -> bool:
    """Whether the frame is too uncertain to tell on which side of a line the subject lies.

    A frame as good as the boundary points themselves decides, so that a site drawn from them is not in doubt at every edge.
    """
    reach = scheme.uncertainty.horizontal
    return reach > BOUNDARY_ACCURACY and float(shape.distance(line)) < reach


def _undecided(words: dict[str, Any], measurement: Measurement) -> Judgement:
    return Judgement(
        Outcome.DISCUSS,
        Text(
            zh="{subject}与{name}的距离小于位置的不确定度，不能断定是否占用。",
            en="{subject} is nearer to the edge of {name} than its position is certain; which side it lies on cannot be told.",
        ).format(**words),
        fix=Text(
            zh="先消除位置台账中的疑问（不确定度来源）。",
            en="Settle the doubts in the frame ledger first.",
        ),
        measurement=measurement,
        feature=words["name"],
    )


def _without_slivers(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape that are wider than contact; outlines that merely touch share nothing."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    wide = [part for part in parts if not part.buffer(-CONTACT / 2.0).is_empty]
    return shapely.MultiPolygon(wide) if len(wide) != 1 else wide[0]


def _at_height(shape: BaseGeometry, height: float) -> BaseGeometry:
    return shapely.force_3d(shapely.force_2d(shape), height)


def _nothing_drawn(subject: Subject) -> Judgement:
    """A subject the file does not draw cannot be judged."""
    missing = (
        Text(zh="文件没有可用的用地面(IfcSite)。", en="The file draws no site surface (IfcSite).")
        if subject == "site"
        else Text(zh="文件没有可绘制的构件。", en="The file draws no element.")
    )
    fix = (
        Text(
            zh="在 IfcSite 中导出用地范围面。",
            en="Export the site boundary as a surface of IfcSite.",
        )
        if subject == "site"
        else Text(zh="导出带几何的构件。", en="Export the elements with their geometry.")
    )
    return Judgement(Outcome.NOT_CHECKABLE, missing, fix=fix)


RULE_TYPES = (
    RuleType(
        code="LINE-INSIDE",
        title=Text(zh="必须位于控制线内", en="Must lie inside a control line"),
        explanation=Text(
            zh="量取平面范围 F 超出控制线 Z 的面积 area(F − Z)，大于限值即不通过；给出应收回的多边形。",
            en="Measures the area of the plan shape F outside the line Z, area(F − Z), which must not exceed the limit; "
            "the polygon to pull back is reported.",
        ),
        parameters=InsideParameters,
        check=check_inside,
    ),
    RuleType(
        code="LINE-OVERLAP",
        title=Text(zh="不得占用控制线范围", en="Must not overlap a control zone"),
        explanation=Text(
            zh="对每个图形 Z 量取 area(F ∩ Z)，大于限值即不通过；效力为 procedure 时须办手续。给出应裁去的多边形。",
            en="Measures area(F ∩ Z) for every feature Z, which must not exceed the limit; with the effect `procedure` "
            "a procedure is to be filed instead. The polygon to cut is reported.",
        ),
        parameters=LineParameters,
        check=check_overlap,
    ),
    RuleType(
        code="LINE-DISTANCE",
        title=Text(zh="与控制线的最小距离", en="Minimum distance to a control line"),
        explanation=Text(
            zh="量取平面范围到最近图形的平面距离，小于限值即不通过；给出最近线段与移动方向。",
            en="Measures the plan distance from the shape to the nearest feature, which must not fall below the limit; "
            "the witness segment and the way to move are reported.",
        ),
        parameters=DistanceParameters,
        check=check_distance,
    ),
)
