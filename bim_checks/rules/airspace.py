"""Airspace: nothing rises into the obstacle limitation surfaces of a runway."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import shapely

from bim_checks.finding import Judgement, Outcome
from bim_checks.landscape.aerodrome import Aerodrome
from bim_checks.landscape.airspace import ROUND, AirspaceSurface, airspace_surfaces, outer_surface
from bim_checks.landscape.limit_mesh import CityLimit, LimitPiece
from bim_checks.landscape.method import Fact, method, noted
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.surface_verdict import LimitPart, judge_surface, judge_surfaces
from cim.text import Text

BESIDE = 10.0  # m; regions are cut this far around a building, so that kilometres of border need not be looked at

SURFACES = Text(zh="机场障碍物限制面", en="the obstacle limitation surfaces")
NOT_UNDER = Text(
    zh="建筑不在机场任何障碍物限制面之下（{applicability}）。",
    en="The building stands below no obstacle limitation surface of the aerodrome ({applicability}).",
)
STUDY = Text(
    zh="{sentence}外水平面不禁止建设，须由机场主管部门研究（{applicability}）。",
    en="{sentence} The outer surface forbids nothing; the aerodrome's authority is to study the case ({applicability}).",
)
LOW = Text(
    zh="建筑高出地面不超过 {height:g} m，不须按外水平面研究（{applicability}）。",
    en="The building stands no more than {height:g} m above the ground; the outer surface asks for no study ({applicability}).",
)
APPLIES = Text(zh="{sentence}（{applicability}）", en="{sentence} ({applicability})")


SURFACES_OVER_FACES = Text(
    zh="各面为多边形上的平面或闭式锥面，逐三角面求最大超出值，区域边界处切开，取最低者",
    en="planes over polygons and cones in closed form; the highest excess over every face, cut at the borders of regions; the lowest surface decides",
)
EDITION = Text(zh="尺寸的版本与适用期", en="edition of the dimensions")
AERODROME = Text(zh="机场标高", en="elevation of the aerodrome")
RUNWAY_END = Text(
    zh="跑道端 {name}（东、北、高程）", en="runway end {name}: easting, northing, elevation"
)
ARCS = Text(zh="圆弧每象限的分段数", en="pieces of an arc in a quarter")


@parameters
class AirspaceParameters:
    """Parameters of AIR-OLS."""

    aerodrome: Aerodrome = parameter(
        zh="跑道与各面的尺寸；未设的面写 null",
        en="the runway and the dimensions of its surfaces; null where one is not established",
    )
    applicability: Text = parameter(
        zh="尺寸取自哪一版、何时适用",
        en="which edition the dimensions are from, and when it applies",
    )


def check_airspace(
    rule: Rule, scheme: Scheme, around: Surroundings, *, drawn: bool = True
) -> list[Judgement]:
    """AIR-OLS: no part rises above the least of the surfaces that cover it."""
    stated: AirspaceParameters = rule.parameters
    surfaces, outer = _surfaces(stated.aerodrome, around)
    parts = [part for part in (_near(scheme, each) for each in surfaces) if part is not None]
    found = judge_surfaces(rule, scheme, parts, name=SURFACES, drawn=drawn) if parts else None
    judged = [] if found is None else [_applied(found, stated)]
    study = None if outer is None else _study(rule, scheme, around, outer, stated)
    if study is not None:
        judged.append(study)
    facts = method(SURFACES_OVER_FACES, *_aerodrome_facts(stated))
    return [noted(each, facts, scheme) for each in judged] or [
        Judgement(Outcome.NOT_APPLICABLE, NOT_UNDER.format(applicability=stated.applicability))
    ]


def airspace_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """The surfaces of the runway, the outer one among them; pieces of one name are one surface."""
    stated: AirspaceParameters = rule.parameters
    surfaces, outer = _surfaces(stated.aerodrome, around)
    named: dict[Text, list[LimitPiece]] = {}
    for each in surfaces if outer is None else [*surfaces, outer]:
        named.setdefault(each.name, []).append(LimitPiece(each.surface, each.region))
    return [CityLimit(name, tuple(pieces)) for name, pieces in named.items()]


def _surfaces(
    aerodrome: Aerodrome, around: Surroundings
) -> tuple[list[AirspaceSurface], AirspaceSurface | None]:
    return around.once(
        ("airspace", aerodrome),
        lambda: (airspace_surfaces(aerodrome), outer_surface(aerodrome)),
    )


def _aerodrome_facts(stated: AirspaceParameters) -> tuple[Fact, ...]:
    aerodrome = stated.aerodrome
    ends: list[Fact] = [
        (
            RUNWAY_END.format(name=end.name),
            f"{end.easting:.3f}, {end.northing:.3f}, {end.elevation:.3f}",
            "m",
        )
        for end in aerodrome.ends
    ]
    return (
        (EDITION, stated.applicability, ""),
        (AERODROME, aerodrome.elevation, "m"),
        *ends,
        (ARCS, ROUND, ""),
    )


def _near(scheme: Scheme, each: AirspaceSurface) -> LimitPart | None:
    """A surface where it covers the building; None where it does not."""
    if not shapely.intersects(each.region, scheme.footprint):
        return None
    west, south, east, north = scheme.footprint.bounds
    beside = shapely.box(west - BESIDE, south - BESIDE, east + BESIDE, north + BESIDE)
    return LimitPart(each.surface, each.region.intersection(beside), each.name)


def _applied(found: Judgement, stated: AirspaceParameters) -> Judgement:
    sentence = APPLIES.format(sentence=found.sentence, applicability=stated.applicability)
    return replace(found, sentence=sentence)


def _study(
    rule: Rule,
    scheme: Scheme,
    around: Surroundings,
    outer: AirspaceSurface,
    stated: AirspaceParameters,
) -> Judgement | None:
    """What stands out in the outer area is to be studied; None where the building is not in it, or below its height."""
    part = _near(scheme, outer)
    if part is None or stated.aerodrome.outer is None:
        return None
    found = judge_surface(rule, scheme, part.surface, part.region, name=outer.name)
    if found is None or found.measurement is None:
        return None
    if found.outcome is Outcome.PASS:
        return _applied(found, stated)
    least = stated.aerodrome.outer.above_ground
    if _rise(scheme, around) <= least:
        sentence = LOW.format(height=least, applicability=stated.applicability)
        return Judgement(Outcome.PASS, sentence, feature=outer.name)
    sentence = STUDY.format(sentence=found.sentence, applicability=stated.applicability)
    return replace(found, outcome=Outcome.DISCUSS, sentence=sentence, fix=None)


def _rise(scheme: Scheme, around: Surroundings) -> float:
    """Height of the building's top above the lowest ground it covers, metres; infinity where the ground is not known."""
    corners = shapely.get_coordinates(scheme.footprint)
    ground = around.city.terrain.height_at(corners)
    lowest = float(ground.min()) if len(ground) else math.nan
    if math.isnan(lowest):
        return math.inf
    return float(scheme.outline_heights[:, 1].max()) - lowest


RULE_TYPES = (
    RuleType(
        code="AIR-OLS",
        title=Text(zh="机场障碍物限制面", en="Obstacle limitation surfaces of an aerodrome"),
        explanation=Text(
            zh="任何部分不得高出覆盖该处的各障碍物限制面的最低者，并指明是哪一面（国际民航公约附件 14 第 I 卷第 4 章；尺寸全部写在规则库中）。内水平面 z = E + H，范围为距升降带两端连线 d ≤ R；"
            "锥形面 z = E + H + m (d − R)；进近、起飞爬升、内进近、复飞各面沿中线按坡度升高、两侧按散开率加宽；过渡面与内过渡面自升降带边与进近面（内进近面、复飞面）边起，垂直于中线按坡度升至内水平面。"
            "跑道中线高程在两端之间线性变化。每面或为跑道坐标系中多边形上的平面，或为闭式锥面；逐三角面精确求最大超出值（屋面跨越锥形面内缘时，角点之间可更高）。一条规则一条跑道。"
            "外水平面仅作研究：高出机场标高与地面均超过规定值者列为会商。不在任何面之下为不适用。圆弧以每象限 1024 段绘制，R = 4 km 时锥面误差 0.06 mm。",
            en="No part may rise above the lowest of the obstacle limitation surfaces that cover it, and that one is named (ICAO Annex 14 volume I chapter 4; every dimension is "
            "in the rulebook). Inner horizontal z = E + H where the distance d from the line between the strip's ends is at most R; conical z = E + H + m (d - R); approach, "
            "take-off climb, inner approach and balked landing rise along the centre line and widen by their divergence; transitional and inner transitional rise at right angles to "
            "the centre line from the strip's edge and from the sides of the approach (of the inner approach and balked landing) up to the inner horizontal. The centre line's elevation is linear "
            "between the runway's ends. Each is a plane over a polygon in the runway's frame, or a cone in closed form; the excess is exact over every face (a roof across the cone's inner edge can be "
            "higher between its corners than at any). One rule is one runway. The outer surface is for study: what is more than its heights above both the aerodrome and the ground is to be discussed. "
            "Below no surface the rule does not apply. Arcs are drawn with 1024 pieces a quarter: 0.06 mm of a 5 % cone at 4 km.",
        ),
        parameters=AirspaceParameters,
        check=check_airspace,
        mended_by=partial(check_airspace, drawn=False),
    ),
)

LIMITS = {"AIR-OLS": airspace_limits}
