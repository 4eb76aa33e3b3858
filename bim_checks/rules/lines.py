"""Control lines in plan: stay inside, stay outside.

Definitions: L1 must-be-inside, L2 must-not-overlap; with the legal effect ``procedure`` an overlap asks for one instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, LegalEffect, Measurement, Outcome, Unit
from bim_checks.line_answers import (
    Hit,
    alike,
    area_measurement,
    bounds_of,
    name_of,
    noted,
    nothing_to_judge,
    undecided,
    within_frame_doubt,
    without_slivers,
)
from bim_checks.measures.clearing_move import BOUND, Move, clearing_move, outside_of
from bim_checks.near_lines import grown
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.lines import recheck_outside, recheck_shared
from bim_checks.subject import SUBJECT_MEANING, Subject, SubjectShape
from bim_checks.tolerance import outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

CUT = Text(
    zh="裁去这 {area:.1f} m²（图中多边形）",
    en="Cut these {area:.1f} m² out (the polygon shown)",
)
PULL_BACK = Text(zh="将超出的 {area:.1f} m² 收回界内", en="Pull the {area:.1f} m² outside back in")
FILE = Text(zh="办理相应的保护区审批手续", en="File the protection procedure")
OR_MOVE_PART = Text(
    zh="{fix}，或移出 {area:.1f} m²", en="{fix}, or move {area:.1f} m² out of the zone"
)
OR_MOVE = Text(
    zh="{fix}，或将建筑整体向{towards}（方位角 {bearing}°）平移 {length:.2f} m",
    en="{fix}, or move the whole building {length:.2f} m to the {towards} (bearing {bearing}°)",
)
STOP = Text(zh="{fix}。", en="{fix}.")


@parameters
class LineParameters:
    """Parameters of LINE-OVERLAP."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(zh=SUBJECT_MEANING.zh, en=SUBJECT_MEANING.en)
    limit: float = parameter(zh="允许占用的面积", en="area allowed inside", unit=Unit.SQUARE_METRE)


@parameters
class InsideParameters:
    """Parameters of LINE-INSIDE."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    subject: Subject = parameter(zh=SUBJECT_MEANING.zh, en=SUBJECT_MEANING.en)
    limit: float = parameter(zh="允许超出的面积", en="area allowed outside", unit=Unit.SQUARE_METRE)
    within: Literal["one", "union"] = parameter(
        zh="one：位于单个图形之内（自己的地块）；union：位于全部图形之内（开发边界）",
        en="one: inside a single feature (its own parcel); union: inside all features together (a development boundary)",
        default="union",
    )


def check_inside(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-INSIDE: area(F minus Z) <= limit, Z being one feature or all features of the layer together."""
    parameters: InsideParameters = rule.parameters
    missing = nothing_to_judge(scheme, parameters.subject)
    if missing is not None:
        return [missing]
    shapes = scheme.shapes(parameters.subject)
    home = _home(shapes, parameters, around)
    hits = [_outside(shape, home, rule, scheme, around=around) for shape in shapes]
    broken = alike(hit for hit in hits if hit.outcome is not Outcome.PASS)
    if broken:
        move = _move(shapes, outside_of(home.geometry, _whole(shapes)))
        return [_reaches_out(hit, move) for hit in broken]
    for shape in shapes:
        if within_frame_doubt(shape.geometry, home.geometry.boundary, scheme):
            return [undecided(shape.name, home.name, hits[0].measurement)]
    worst = max(hits, key=lambda hit: hit.measurement.measured)
    sentence = Text(zh="{subject}全部位于{name}内。", en="{subject} lies wholly inside {name}.")
    return [
        Judgement(
            Outcome.PASS,
            noted(sentence.format(subject=name_of(shapes), name=home.name), shapes),
            measurement=worst.measurement,
            feature=home.name,
            basis=worst,
        )
    ]


def check_overlap(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-OVERLAP: area(F and Z) <= limit for every feature Z; the polygon to cut is reported."""
    parameters: LineParameters = rule.parameters
    missing = nothing_to_judge(scheme, parameters.subject)
    if missing is not None:
        return [missing]
    shapes = scheme.shapes(parameters.subject)
    reach = scheme.uncertainty.horizontal
    near = around.near(parameters.layer, grown(bounds_of(shapes), reach))
    hits = [
        _shared(shape, feature, rule, scheme, around=around)
        for feature in near
        for shape in shapes
        if shapely.intersects(shape.geometry, feature.geometry)
    ]
    broken = alike(hit for hit in hits if hit.outcome is not Outcome.PASS)
    if broken:
        zones = around.near(parameters.layer, grown(bounds_of(shapes), BOUND))
        move = _move(shapes, shapely.union_all([zone.geometry for zone in zones]))
        return [_overlap(rule, hit, move) for hit in broken]
    nothing = area_measurement(
        shapely.Polygon(), parameters.limit, parameters.layer, scheme, around
    )
    for feature in near:
        for shape in shapes:
            if within_frame_doubt(shape.geometry, feature.geometry, scheme):
                return [undecided(shape.name, feature.name, nothing)]
    largest = max((hit.measurement for hit in hits), key=lambda m: m.measured, default=nothing)
    return [_untouched(shapes, around.city.layer(parameters.layer).name, largest)]


def _home(
    shapes: Sequence[SubjectShape], parameters: InsideParameters, around: Surroundings
) -> ControlFeature:
    """What to lie inside of: the feature that shares most with the shapes, or all near them as one."""
    features = around.near(parameters.layer, bounds_of(shapes))
    shape = _whole(shapes)
    home = max(features, key=lambda f: float(f.geometry.intersection(shape).area), default=None)
    if home is not None and parameters.within == "one":
        return home
    return ControlFeature(
        identifier=-1,
        layer=parameters.layer,
        name=home.name if home else around.city.layer(parameters.layer).name,
        geometry=shapely.union_all([feature.geometry for feature in features]),
        attributes={},
    )


def _whole(shapes: Sequence[SubjectShape]) -> BaseGeometry:
    """All shapes as one."""
    return (
        shapes[0].geometry if len(shapes) == 1 else shapely.union_all([s.geometry for s in shapes])
    )


def _move(shapes: Sequence[SubjectShape], obstacle: BaseGeometry) -> Move | None:
    """The smallest move of the whole building after which the rule is kept; a site does not move."""
    return None if shapes[0].is_site else clearing_move(_whole(shapes), obstacle)


def _or_move(fix: Text, move: Move | None) -> Text:
    """A fix as a sentence, with the move that does as well where there is one."""
    if move is not None:
        fix = OR_MOVE.format(
            fix=fix, towards=move.towards, bearing=round(move.bearing) % 360, length=move.length
        )
    return STOP.format(fix=fix)


def _outside(
    shape: SubjectShape, home: ControlFeature, rule: Rule, scheme: Scheme, *, around: Surroundings
) -> Hit:
    """What of a shape lies outside."""
    outside = without_slivers(shape.geometry.difference(home.geometry))
    parameters: InsideParameters = rule.parameters
    measurement = area_measurement(outside, parameters.limit, parameters.layer, scheme, around)
    return Hit((shape,), home, outside, measurement, outcome_of(measurement, rule.legal_effect))


def _shared(
    shape: SubjectShape, zone: ControlFeature, rule: Rule, scheme: Scheme, *, around: Surroundings
) -> Hit:
    """What a shape shares with a zone."""
    shared = without_slivers(shape.geometry.intersection(zone.geometry))
    parameters: LineParameters = rule.parameters
    measurement = area_measurement(shared, parameters.limit, parameters.layer, scheme, around)
    return Hit((shape,), zone, shared, measurement, outcome_of(measurement, rule.legal_effect))


def _reaches_out(hit: Hit, move: Move | None) -> Judgement:
    words = {
        "subject": hit.subject,
        "name": hit.feature.name,
        "area": hit.measurement.measured,
    }
    sentence = Text(
        zh="{subject}有 {area:.1f} m² 超出{name}。",
        en="{subject} reaches {area:.1f} m² outside {name}.",
    )
    return Judgement(
        hit.outcome,
        noted(sentence.format(**words), hit.shapes),
        fix=_or_move(PULL_BACK.format(**words), move),
        measurement=hit.measurement,
        elements=hit.elements_touching(),
        feature=hit.feature.name,
        geometry=hit.drawn,
        basis=hit,
    )


def _overlap(rule: Rule, hit: Hit, move: Move | None) -> Judgement:
    words = {
        "subject": hit.subject,
        "name": hit.feature.name,
        "area": hit.measurement.measured,
    }
    if rule.legal_effect is LegalEffect.PROCEDURE:
        sentence = Text(
            zh="{subject}有 {area:.1f} m² 位于{name}内。",
            en="{subject} has {area:.1f} m² inside {name}.",
        )
        fix = FILE if move is not None else OR_MOVE_PART.format(fix=FILE, **words)
    elif hit.shapes[0].is_site:
        sentence = Text(
            zh="{subject}占用{name} {area:.1f} m²，请裁去该部分。",
            en="{subject} occupies {area:.1f} m² of {name}; that part is to be cut out.",
        )
        fix = CUT
    else:
        sentence = Text(
            zh="{subject}占用{name} {area:.1f} m²。",
            en="{subject} occupies {area:.1f} m² of {name}.",
        )
        fix = CUT
    return Judgement(
        hit.outcome,
        noted(sentence.format(**words), hit.shapes),
        fix=_or_move(fix.format(**words), move),
        measurement=hit.measurement,
        elements=hit.elements_touching(),
        feature=hit.feature.name,
        geometry=hit.drawn,
        basis=hit,
    )


def _untouched(shapes: Sequence[SubjectShape], layer: Text, largest: Measurement) -> Judgement:
    """Nothing is occupied, or no more than is allowed."""
    words = {
        "subject": name_of(shapes),
        "name": layer,
        "area": largest.measured,
        "limit": largest.limit,
    }
    sentence = Text(zh="{subject}未占用{name}。", en="{subject} does not touch {name}.")
    if largest.measured > 0.0:
        sentence = Text(
            zh="{subject}占用{name} {area:.1f} m²，不超过允许的 {limit:g} m²。",
            en="{subject} occupies {area:.1f} m² of {name}, no more than the {limit:g} m² allowed.",
        )
    return Judgement(Outcome.PASS, noted(sentence.format(**words), shapes), measurement=largest)


RULE_TYPES = (
    RuleType(
        code="LINE-INSIDE",
        title=Text(zh="必须位于控制线内", en="Must lie inside a control line"),
        explanation=Text(
            zh="量取平面范围 F 超出控制线 Z 的面积 area(F − Z)，大于限值即不通过；给出应收回的多边形。各楼层结果相同的合并为一条。",
            en="Measures the area of the plan shape F outside the line Z, area(F − Z), which must not exceed the limit; "
            "the polygon to pull back is reported. Storeys that come to the same are one finding.",
        ),
        parameters=InsideParameters,
        check=check_inside,
        recheck=recheck_outside,
    ),
    RuleType(
        code="LINE-OVERLAP",
        title=Text(zh="不得占用控制线范围", en="Must not overlap a control zone"),
        explanation=Text(
            zh="对每个图形 Z 量取 area(F ∩ Z)，大于限值即不通过；效力为 procedure 时须办手续。给出应裁去的多边形。各楼层结果相同的合并为一条。",
            en="Measures area(F ∩ Z) for every feature Z, which must not exceed the limit; with the effect `procedure` "
            "a procedure is to be filed instead. The polygon to cut is reported. Storeys that come to the same are one finding.",
        ),
        parameters=LineParameters,
        check=check_overlap,
        recheck=recheck_shared,
    ),
)
