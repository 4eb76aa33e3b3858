"""Control lines to keep away from: a distance from the nearest, a distance by kind, a protection zone around an asset.

Definitions: L3 minimum distance, L4 buffer-means-procedure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.body_distance import line_height, way_to
from bim_checks.distance_table import DistanceClass, check_table, distance_of, greatest, kind_of
from bim_checks.finding import Judgement, LegalEffect, Outcome, Unit
from bim_checks.line_answers import (
    Hit,
    alike,
    at_height,
    bounds_of,
    distance_measurement,
    name_of,
    nearest_feature,
    none_near,
    noted,
    nothing_to_judge,
    search_reach,
    without_slivers,
)
from bim_checks.measures.wording import up_to_centimetre, way_out
from bim_checks.near_lines import grown
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.lines import recheck_distance
from bim_checks.subject import SUBJECT_MEANING, Subject, SubjectShape
from bim_checks.tolerance import outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

ROUND = 64  # segments of a quarter circle; the rim of a 100 m zone is drawn 8 mm inside the true one at most

AT_THE_LIMIT = Text(
    zh="{subject}距{name} {distance:.2f} m，与要求的 {limit:g} m 之差不超过不确定度 {uncertainty:.3f} m，须会商。",
    en="{subject} is {distance:.2f} m from {name}; {limit:g} m are required, and the difference is within "
    "the uncertainty of {uncertainty:.3f} m; to be discussed.",
)
REQUIRED = Text(
    zh="{subject}距{name} {distance:.2f} m，小于要求的 {limit:g} m。",
    en="{subject} is {distance:.2f} m from {name}; {limit:g} m are required, so it is too near.",
)
SANITARY = Text(
    zh="{subject}距{name} {distance:.2f} m，其卫生防护距离为 {limit:g} m。",
    en="{subject} is {distance:.2f} m from {name}; its sanitary protection distance is {limit:g} m.",
)


@parameters
class DistanceParameters:
    """Parameters of LINE-DISTANCE."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(zh=SUBJECT_MEANING.zh, en=SUBJECT_MEANING.en)
    limit: float = parameter(zh="最小距离", en="least distance", unit=Unit.METRE)
    measured: Literal["plan", "space"] = parameter(
        zh="plan：平面距离；space：到构件实体的空间距离（含阳台、地下室），subject 须为 footprint",
        en="plan: in plan; space: in 3D from the bodies of the elements, balconies and basements included; `subject` is footprint",
        default="plan",
    )
    height_attribute: str | None = parameter(
        zh="space 时，图形所在高程的属性名；缺省时控制线视为竖直面",
        en="for space, the attribute that states the line's elevation; without it the line is a vertical surface",
        default=None,
    )

    def __post_init__(self) -> None:
        if self.measured == "space" and self.subject != "footprint":
            raise ValueError("measured: space is about the footprint's bodies; subject: footprint")
        if self.measured == "plan" and self.height_attribute is not None:
            raise ValueError("height_attribute is for measured: space")


@parameters
class BufferParameters:
    """Parameters of LINE-BUFFER."""

    layer: str = parameter(zh="设施图层", en="layer of the assets", asset=Asset.LAYER)
    subject: Subject = parameter(zh=SUBJECT_MEANING.zh, en=SUBJECT_MEANING.en)
    distance: float | None = parameter(
        zh="保护区宽度，各类设施相同时", en="width of the zone where it is one for all", unit=Unit.METRE,
        default=None,
    )  # fmt: skip
    attributes: tuple[str, ...] = parameter(
        zh="决定宽度的属性", en="attributes that decide the width", default=()
    )
    classes: tuple[DistanceClass, ...] = parameter(
        zh="各类设施的宽度", en="the width of each kind", default=()
    )

    def __post_init__(self) -> None:
        check_table(self.attributes, self.classes, self.distance)


@parameters
class SanitaryParameters:
    """Parameters of LINE-SANITARY."""

    layer: str = parameter(zh="设施图层", en="layer of the facilities", asset=Asset.LAYER)
    subject: Subject = parameter(zh=SUBJECT_MEANING.zh, en=SUBJECT_MEANING.en)
    distance: float | None = parameter(
        zh="防护距离，各类设施相同时", en="distance where it is one for all", unit=Unit.METRE,
        default=None,
    )  # fmt: skip
    attributes: tuple[str, ...] = parameter(
        zh="决定距离的属性", en="attributes that decide the distance", default=()
    )
    classes: tuple[DistanceClass, ...] = parameter(
        zh="各类设施的防护距离", en="the distance of each kind", default=()
    )

    def __post_init__(self) -> None:
        check_table(self.attributes, self.classes, self.distance)


def check_distance(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-DISTANCE: distance from the subject to the nearest feature >= limit; the witness segment is reported."""
    parameters: DistanceParameters = rule.parameters
    missing = nothing_to_judge(scheme, parameters.subject)
    if missing is not None:
        return [missing]
    shapes = scheme.shapes(parameters.subject)
    nearest = nearest_feature(shapes, parameters.layer, parameters.limit, around)
    if nearest is None:
        name = around.city.layer(parameters.layer).name
        return [none_near(name_of(shapes), name, search_reach(parameters.limit))]
    if parameters.measured == "space":
        return [_in_space(rule, scheme, around, nearest[1])]
    hits = [
        _hit(
            shape,
            _nearest_to(shape, nearest[1], parameters, around),
            parameters.limit,
            rule,
            scheme,
            around=around,
        )
        for shape in shapes
    ]
    broken = alike(hit for hit in hits if hit.outcome is not Outcome.PASS)
    if broken:
        return [_too_near(hit) for hit in broken]
    closest = min(hits, key=lambda hit: hit.measurement.measured)
    return [_kept(closest, shapes)]


def check_sanitary(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-SANITARY: distance from the subject to every facility >= the distance of its kind."""
    return _by_kind(rule, scheme, around, lambda hit: _too_near(hit, SANITARY))


def check_buffer(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-BUFFER: the subject and every asset's zone, as wide as its kind asks for, share nothing; else a procedure is to be filed."""
    tell = _in_zone if rule.legal_effect is LegalEffect.PROCEDURE else _too_near
    return _by_kind(rule, scheme, around, tell)


def _by_kind(
    rule: Rule, scheme: Scheme, around: Surroundings, tell: Callable[[Hit], Judgement]
) -> list[Judgement]:
    """Every feature of the layer against the distance of its kind."""
    parameters: BufferParameters | SanitaryParameters = rule.parameters
    missing = nothing_to_judge(scheme, parameters.subject)
    if missing is not None:
        return [missing]
    shapes = scheme.shapes(parameters.subject)
    reach = greatest(parameters.classes, parameters.distance) + scheme.uncertainty.horizontal
    reach += around.city.layer(parameters.layer).accuracy
    hits: list[Hit] = []
    unknown: list[Judgement] = []
    for feature in around.near(parameters.layer, grown(bounds_of(shapes), reach)):
        if min(float(s.geometry.distance(feature.geometry)) for s in shapes) > reach:
            continue
        limit = distance_of(feature, parameters.attributes, parameters.classes, parameters.distance)
        if limit is None:
            widest = greatest(parameters.classes, parameters.distance)
            unknown.append(_unknown_kind(feature, parameters.attributes, widest))
        else:
            hits += [_hit(s, feature, limit, rule, scheme, around=around) for s in shapes]
    broken = alike(hit for hit in hits if hit.outcome is not Outcome.PASS)
    if broken or unknown:
        return [*(tell(hit) for hit in broken), *unknown]
    if hits:
        return [_kept(min(hits, key=lambda hit: hit.measurement.margin), shapes)]
    name = around.city.layer(parameters.layer).name
    widest = greatest(parameters.classes, parameters.distance)
    return [none_near(name_of(shapes), name, widest)]


def _nearest_to(
    shape: SubjectShape,
    feature: ControlFeature,
    parameters: DistanceParameters,
    around: Surroundings,
) -> ControlFeature:
    """The feature nearest to one shape, where one is known that is nearest to some shape."""
    reach = float(shape.geometry.distance(feature.geometry))
    near = around.near(parameters.layer, grown(shape.geometry.bounds, reach))
    return min(
        near, key=lambda found: float(shape.geometry.distance(found.geometry)), default=feature
    )


def _hit(
    shape: SubjectShape,
    feature: ControlFeature,
    limit: float,
    rule: Rule,
    scheme: Scheme,
    *,
    around: Surroundings,
) -> Hit:
    """A shape's distance from a feature against a limit, with the witness segment."""
    witness = shapely.shortest_line(shape.geometry, feature.geometry)
    measurement = distance_measurement(
        float(witness.length), limit, rule.parameters.layer, scheme, around
    )
    return Hit((shape,), feature, witness, measurement, outcome_of(measurement, rule.legal_effect))


def _in_space(
    rule: Rule, scheme: Scheme, around: Surroundings, nearest: ControlFeature
) -> Judgement:
    """The distance from the bodies themselves to the nearest feature, its witness segment in space."""
    parameters: DistanceParameters = rule.parameters
    (shape,) = scheme.shapes("footprint")
    features = [nearest]
    if parameters.height_attribute is not None:
        # What is nearest in plan need not be nearest in space, but nothing farther off in plan than the limit is too near.
        bounds = grown(shape.geometry.bounds, parameters.limit)
        features = list(around.near(parameters.layer, bounds)) or [nearest]
        for feature in features:
            if line_height(feature, parameters.height_attribute) is None:
                return _without_height(feature, parameters.height_attribute)
    ways = [(way_to(scheme, feature, parameters.height_attribute), feature) for feature in features]
    way, feature = min(ways, key=lambda found: found[0].distance)
    measurement = distance_measurement(
        way.distance, parameters.limit, parameters.layer, scheme, around
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    hit = Hit((shape,), feature, way.segment, measurement, outcome)
    if outcome is Outcome.PASS:
        return replace(_kept(hit, (shape,)), elements=(way.global_id,), geometry=hit.drawn)
    return replace(_too_near(hit), elements=(way.global_id,))


def _too_near(hit: Hit, sentence: Text = REQUIRED) -> Judgement:
    """Nearer than allowed, or so near to the limit that it cannot be told."""
    limit, distance = hit.measurement.limit, hit.measurement.measured
    words = {
        "subject": hit.subject,
        "name": hit.feature.name,
        "distance": distance,
        "limit": limit,
        "uncertainty": hit.measurement.uncertainty.total,
    }
    if hit.outcome is Outcome.DISCUSS:
        sentence = AT_THE_LIMIT
    is_site = hit.shapes[0].is_site
    within = _within(hit) if is_site else None
    return Judgement(
        hit.outcome,
        noted(sentence.format(**words), hit.shapes),
        fix=_pull_back(within)
        if within is not None
        else _move_away(hit.geometry, limit - distance),
        measurement=hit.measurement,
        elements=hit.elements_within(limit),
        feature=hit.feature.name,
        geometry=hit.drawn if within is None else at_height(within, hit.shapes[0].height),
        basis=hit,
    )


def _in_zone(hit: Hit) -> Judgement:
    """Inside a protection zone: a procedure is to be filed."""
    limit, within = hit.measurement.limit, _within(hit)
    words = {
        "subject": hit.subject,
        "name": hit.feature.name,
        "distance": hit.measurement.measured,
        "limit": limit,
        "area": within.area,
        "uncertainty": hit.measurement.uncertainty.total,
        "metres": up_to_centimetre(max(limit - hit.measurement.measured, 0.01)),
    }
    sentence = Text(
        zh="{subject}距{name} {distance:.2f} m，有 {area:.1f} m² 位于其 {limit:g} m 控制保护区内，请办理保护审批手续。",
        en="{subject} is {distance:.2f} m from {name}, with {area:.1f} m² inside its protection zone of {limit:g} m; "
        "the protection procedure is to be filed.",
    )
    if hit.outcome is Outcome.DISCUSS:
        sentence = AT_THE_LIMIT
    fix = Text(
        zh="办理保护审批手续，或退出 {metres:.2f} m。",
        en="File the protection procedure, or move {metres:.2f} m away.",
    )
    return Judgement(
        hit.outcome,
        noted(sentence.format(**words), hit.shapes),
        fix=fix.format(**words),
        measurement=hit.measurement,
        elements=hit.elements_within(limit),
        feature=hit.feature.name,
        geometry=at_height(within, hit.shapes[0].height) if within.area else hit.drawn,
        basis=hit,
    )


def _kept(hit: Hit, shapes: Sequence[SubjectShape]) -> Judgement:
    """Far enough."""
    words = {
        "subject": name_of(shapes),
        "name": hit.feature.name,
        "distance": hit.measurement.measured,
        "limit": hit.measurement.limit,
    }
    sentence = Text(
        zh="{subject}距{name} {distance:.2f} m，满足要求的 {limit:g} m。",
        en="{subject} is {distance:.2f} m from {name}; {limit:g} m are required.",
    )
    return Judgement(
        Outcome.PASS,
        noted(sentence.format(**words), shapes),
        measurement=hit.measurement,
        feature=hit.feature.name,
        geometry=hit.drawn,
        basis=hit,
    )


def _within(hit: Hit) -> BaseGeometry:
    """What of the shapes lies inside the limit; the rim of the zone is drawn with `ROUND` segments a quarter."""
    zone = hit.feature.geometry.buffer(hit.measurement.limit, quad_segs=ROUND)
    return without_slivers(hit.shapes[0].geometry.intersection(zone))


def _pull_back(within: BaseGeometry) -> Text:
    return Text(
        zh="调整用地边界，裁去距离内的 {area:.1f} m²（图中多边形）。",
        en="Adjust the site's boundary: cut out the {area:.1f} m² within the distance (the polygon shown).",
    ).format(area=within.area)


def _move_away(witness: BaseGeometry, metres: float) -> Text:
    """Which way leads out, from the witness segment (subject first, line second)."""
    direction = way_out(witness)
    if direction is None:
        return Text(
            zh="移开至少 {metres:.2f} m。", en="Move it away by at least {metres:.2f} m."
        ).format(metres=up_to_centimetre(metres))
    return Text(
        zh="向{direction}移 {metres:.2f} m。", en="Move it {metres:.2f} m to the {direction}."
    ).format(direction=direction, metres=up_to_centimetre(metres))


def _unknown_kind(feature: ControlFeature, attributes: Sequence[str], reach: float) -> Judgement:
    """A feature whose kind the table does not know cannot be judged where any of its distances may reach."""
    kind = ", ".join(
        f"{name}={value}"
        for name, value in zip(attributes, kind_of(feature, attributes), strict=True)
    )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}的属性（{kind}）不在规则的距离表中，且在 {reach:g} m 以内，不能确定应保持的距离。",
            en="{name} ({kind}) is no kind that the rule's table knows, and lies within {reach:g} m; the distance to keep is not known.",
        ).format(name=feature.name, kind=kind, reach=reach),
        fix=Text(
            zh="由图层主管部门补全属性 {names}，或在规则库中补充该类。",
            en="The owner of the layer has to state {names}, or the rulebook has to list this kind.",
        ).format(names=", ".join(attributes)),
        feature=feature.name,
    )


def _without_height(feature: ControlFeature, attribute: str) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}不是带高程属性 {attribute} 的线，不能量取空间距离。",
            en="{name} is no line with the elevation {attribute}; a distance in space cannot be measured.",
        ).format(name=feature.name, attribute=attribute),
        fix=Text(
            zh="由图层主管部门以线表示并补充该属性。",
            en="The owner of the layer has to draw it as a line and state that attribute.",
        ),
        feature=feature.name,
    )


RULE_TYPES = (
    RuleType(
        code="LINE-DISTANCE",
        title=Text(zh="与控制线的最小距离", en="Minimum distance to a control line"),
        explanation=Text(
            zh="量取到最近图形的距离 dist(F, Z)，小于限值即不通过；给出最近线段与移动方向。measured: space 时从构件实体量起，"
            "控制线为竖直面，或位于其高程属性所示的高度。",
            en="Measures the distance to the nearest feature, dist(F, Z), which must not fall below the limit; the witness segment "
            "and the way to move are reported. With `measured: space` it is measured from the bodies of the elements, the line "
            "being a vertical surface, or at the elevation that its attribute states.",
        ),
        parameters=DistanceParameters,
        check=check_distance,
        recheck=recheck_distance,
    ),
    RuleType(
        code="LINE-SANITARY",
        title=Text(zh="卫生防护距离", en="Sanitary protection distance"),
        explanation=Text(
            zh="对每个设施量取 dist(F, Z)，不得小于其类别的防护距离 d（按图形属性查表）；每个过近的设施一条。",
            en="Measures dist(F, Z) for every facility, which must not fall below the distance d of its kind (a table by the "
            "feature's attributes); one finding for each that is too near.",
        ),
        parameters=SanitaryParameters,
        check=check_sanitary,
        recheck=recheck_distance,
    ),
    RuleType(
        code="LINE-BUFFER",
        title=Text(zh="控制保护区", en="Protection zone around an asset"),
        explanation=Text(
            zh="F ∩ buffer(Z, d) 非空即位于保护区内：效力为 procedure 时须办手续，否则不通过。d 按图形属性查表；给出位于区内的多边形。",
            en="Where F ∩ buffer(Z, d) is not empty the subject lies in the protection zone: a procedure is to be filed with the "
            "effect `procedure`, otherwise it fails. d is looked up by the feature's attributes; the part inside is reported.",
        ),
        parameters=BufferParameters,
        check=check_buffer,
        recheck=recheck_distance,
    ),
)
