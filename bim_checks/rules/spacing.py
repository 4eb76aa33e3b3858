"""Spacing between buildings: as far apart as a share of a height, and a least distance at any rate.

L >= max(k H, minimum), with H of whichever building a city's rule names, measured in plan between outer faces or along the
north-south line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.clearance import box_gaps
from bim_checks.measures.gap import Gap, north_south_gap, plan_gap
from bim_checks.measures.neighbour_words import grazed, no_ground, nobody_near, with_removed
from bim_checks.measures.outline_ground import ground_along
from bim_checks.measures.standing import (
    Opponent,
    Opponents,
    OwnBuilding,
    StandingParameters,
    opponents,
)
from bim_checks.measures.wording import storeys_of, up_to_centimetre, way_out
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.neighbours import Facing, recheck_neighbour
from bim_checks.tolerance import CONTACT, LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text

BATCH = 256  # elements measured at a time while the one with the least room is looked for
HEIGHTS = {
    "own": Text(zh="本建筑高度", en="its own height"),
    "other": Text(zh="相邻建筑高度", en="the neighbour's height"),
    "taller": Text(zh="较高建筑高度", en="the height of the taller"),
    "southern": Text(zh="南侧建筑高度", en="the height of the southern"),
}


@parameters
class SpacingParameters(StandingParameters):
    """Parameters of SPACING-BUILDINGS."""

    factor: float = parameter(zh="间距系数 k", en="factor k of the height", unit=Unit.RATIO)
    minimum: float = parameter(zh="最小间距", en="least distance at any rate", unit=Unit.METRE)
    height: Literal["own", "other", "taller", "southern"] = parameter(
        zh="H 取：own 本建筑、other 相邻建筑、taller 较高者、southern 南侧者",
        en="whose height H is: own, other (the neighbour's), taller, or southern",
    )
    orientation: Literal["any", "north_south"] = parameter(
        zh="any：外墙间的最近水平距离；north_south：仅南北向投影重叠的建筑，沿南北向量取",
        en="any: nearest horizontal distance of outer faces; north_south: only buildings whose north-south projections overlap, along that line",
        default="any",
    )
    bearing: float = parameter(
        zh="南北向的方位角，自坐标北顺时针",
        en="of the north-south line, clockwise from grid north",
        unit=Unit.DEGREE,
        default=0.0,
    )
    by: Literal["building", "part"] = parameter(
        zh="building：H 为整栋建筑高度；part：逐构件以其顶高为 H（塔楼后退于裙房时适用；仅本建筑高度）",
        en="building: H is the whole building's; part: each element keeps k times its own top (for towers set back on podiums; own height only)",
        default="building",
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be measured together.

        Raises:
            ValueError: says what.
        """
        if self.by == "part" and (self.height != "own" or self.orientation != "any"):
            raise ValueError("by: part goes with height: own and orientation: any")
        if self.height == "southern" and self.orientation == "any":
            raise ValueError("height: southern goes with orientation: north_south")


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One building held against one beside it.

    Attributes:
        ours, other: the two.
        gap, measurement: how far apart, against what is required.
        height: the one that counts, metres.
        room_to_lower: by how much ours would have to be lower instead; None where that would not do.
    """

    ours: OwnBuilding
    other: Opponent
    gap: Gap
    height: float
    measurement: Measurement
    room_to_lower: float | None


def check_spacing(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """SPACING-BUILDINGS: distance >= max(k H, minimum) to every building around, and between the scheme's own."""
    p: SpacingParameters = rule.parameters
    ground = ground_along(scheme.footprint, around.city.terrain, p.ground)
    if ground is None:
        return [no_ground()]
    reach = _reach(scheme, around, ground, p)
    found = opponents(scheme, around.existing, ground, reach, p.on_site / 100.0)
    measured = [m for pair in found.pairs if (m := _measure(scheme, *pair, ground, p, found))]
    questions = grazed(found)
    if not measured:
        return questions or [_nobody(p, found, around)]
    broken = [
        m for m in measured if outcome_of(m.measurement, rule.legal_effect) is not Outcome.PASS
    ]
    least = min(measured, key=lambda m: m.measurement.margin)
    judged = [
        replace(_judge(rule, scheme, m, found), basis=_facing(m, ground, p))
        for m in (broken or [least])
    ]
    return [replace(judged[0], tables=(_table(measured),)), *judged[1:], *questions]


def _facing(m: _Measured, ground: float, p: SpacingParameters) -> Facing:
    """What its second way of measuring looks at."""
    by_part = p.by == "part"
    return Facing(
        m.ours.indices,
        m.other.body,
        ground,
        their_ground=-math.inf if m.other.own is None else ground,
        measure="north_south" if p.orientation == "north_south" else "plan",
        bearing=math.radians(p.bearing),
        required=(lambda tops: np.maximum(p.factor * tops, p.minimum)) if by_part else None,
    )


def _reach(scheme: Scheme, around: Surroundings, ground: float, p: SpacingParameters) -> float:
    """How far a building may stand whose distance matters, metres."""
    tallest = float(scheme.footprints.outline_heights[:, 1].max()) - ground
    if p.height != "own":
        tallest = max(tallest, around.existing.tallest)
    return max(p.factor * tallest, p.minimum)


def _measure(
    scheme: Scheme,
    ours: OwnBuilding,
    other: Opponent,
    ground: float,
    p: SpacingParameters,
    found: Opponents,
) -> _Measured | None:
    if p.by == "part":
        return _by_part(scheme, ours, other, ground, p)
    heights = {"own": ours.top - ground, "other": other.top - other.base}
    heights["taller"] = max(heights.values())
    if p.orientation == "north_south":
        gap = _along(scheme, ours, other, ground, p, found)
        south = "own" if gap is not None and gap.ours_is_south else "other"
        heights["southern"] = heights[south]
        height = heights[p.height]
    else:
        height = heights[p.height]
        required = max(p.factor * height, p.minimum)
        gap = plan_gap(scheme, ours.indices, other.footprint, ground=ground, within=required)
    if gap is None or _adjoins(other, gap):
        return None
    own = height == heights["own"]
    return _measured(scheme, ours, other, gap, height, p, own=own)


def _measured(
    scheme: Scheme,
    ours: OwnBuilding,
    other: Opponent,
    gap: Gap,
    height: float,
    p: SpacingParameters,
    *,
    own: bool,
) -> _Measured:
    measurement = _measurement(scheme, other, gap, height, p)
    helps = own and gap.distance >= p.minimum and p.factor * height > p.minimum
    drop = height - gap.distance / p.factor if helps else None
    return _Measured(ours, other, gap, height, measurement, drop)


def _along(
    scheme: Scheme,
    ours: OwnBuilding,
    other: Opponent,
    ground: float,
    p: SpacingParameters,
    found: Opponents,
) -> Gap | None:
    return north_south_gap(
        scheme, ours.footprint, other.footprint, bearing=math.radians(p.bearing), height=ground
    )


def _by_part(
    scheme: Scheme, ours: OwnBuilding, other: Opponent, ground: float, p: SpacingParameters
) -> _Measured | None:
    """The part of a building with the least room: each element keeps k times its own top."""
    tops = scheme.footprints.outline_heights[ours.indices, 1] - ground
    required = np.maximum(p.factor * tops, p.minimum)
    room = box_gaps(scheme.footprints.outline_boxes[ours.indices], other.footprint.bounds)
    room -= required
    shapely.prepare(other.footprint)
    order = np.argsort(room, kind="stable")
    least, done = math.inf, 0
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        # Boxes are no farther apart than what is in them, so the search may end where they have more room.
        if room[batch[0]] > least:
            break
        room[batch] = shapely.distance(ours.parts[batch], other.footprint) - required[batch]
        done = first + BATCH
        least = max(float(room[order[:done]].min()), 0.0)
    measured = order[:done]
    order = measured[np.argsort(room[measured], kind="stable")]
    worst = int(order[0])
    one = ours.indices[[worst]]
    gap = plan_gap(scheme, one, other.footprint, ground=ground, within=-math.inf)
    if gap is None or _adjoins(other, gap):
        return None
    short = order[: max(int((room[order] < 0.0).sum()), 1)]
    gap = replace(gap, indices=tuple(ours.indices[short].tolist()))
    height = float(tops[worst])
    return _measured(scheme, ours, other, gap, height, p, own=True)


def _adjoins(other: Opponent, gap: Gap) -> bool:
    """Whether both are parts of the scheme that touch: one building in two IfcBuilding has no spacing to keep."""
    return other.own is not None and gap.distance <= CONTACT


def _measurement(
    scheme: Scheme, other: Opponent, gap: Gap, height: float, p: SpacingParameters
) -> Measurement:
    required = max(p.factor * height, p.minimum)
    slope = p.factor if p.factor * height >= p.minimum else 0.0
    both_move = other.own is not None
    return Measurement(
        measured=gap.distance,
        limit=required,
        margin=gap.distance - required,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=0.0
            if both_move
            else scheme.uncertainty.horizontal + slope * scheme.uncertainty.vertical,
            mesh=LENGTH_UNCERTAINTY * (1.0 + slope),
            data=0.0 if both_move else p.accuracy * (1.0 + slope),
        ),
    )


def _judge(rule: Rule, scheme: Scheme, m: _Measured, found: Opponents) -> Judgement:
    p: SpacingParameters = rule.parameters
    outcome = outcome_of(m.measurement, rule.legal_effect)
    kept = outcome is Outcome.PASS
    by_height = p.factor * m.height > p.minimum
    words = {
        "ours": m.ours.name,
        "name": m.other.name,
        "distance": m.gap.distance,
        "limit": m.measurement.limit,
        "factor": p.factor,
        "height": m.height,
        "whose": HEIGHTS[p.height],
        "missing": up_to_centimetre(max(-m.measurement.margin, 0.0)),
    }
    along = p.orientation == "north_south"
    sentence = (
        Text(zh="{ours}与{name}南北向间距 {distance:.2f} m", en="{ours} is {distance:.2f} m from {name} along the north-south line")
        if along
        else Text(zh="{ours}与{name}间距 {distance:.2f} m", en="{ours} is {distance:.2f} m from {name}")
    )  # fmt: skip
    asked = (
        Text(zh="，要求不小于 {limit:.2f} m（{whose} {height:.2f} m 的 {factor:g} 倍）", en="; {limit:.2f} m are required ({factor:g} times {whose}, {height:.2f} m)")
        if by_height
        else Text(zh="，要求不小于 {limit:.2f} m", en="; {limit:.2f} m are required")
    )  # fmt: skip
    end = Text(zh="。", en=".") if kept else Text(zh="，不足。", en=", so it is too near.")
    told = Text(zh=sentence.zh + asked.zh + end.zh, en=sentence.en + asked.en + end.en)
    elements = tuple(scheme.outlines[i].global_id for i in m.gap.indices)
    return Judgement(
        outcome,
        with_removed(told.format(**words), found.around),
        fix=None if kept else _fix(scheme, m, elements, words),
        measurement=m.measurement,
        elements=() if kept else elements,
        feature=m.other.name,
        geometry=m.gap.witness,
    )


def _fix(
    scheme: Scheme,
    m: _Measured,
    elements: tuple[str, ...],
    words: dict[str, object],
) -> Text:
    way, storeys = way_out(m.gap.witness), storeys_of(scheme, elements)
    move = (
        Text(zh="移开 {missing:.2f} m", en="Move it {missing:.2f} m away")
        if way is None
        else Text(zh="向{way}移 {missing:.2f} m", en="Move it {missing:.2f} m to the {way}")
    )
    back = (
        Text(zh="，或将所列构件后退", en=", or set the named elements back")
        if storeys is None
        else Text(zh="，或将 {storeys} 层的所列构件后退", en=", or set the named elements of {storeys} back")
    )  # fmt: skip
    lower = Text(zh="。", en=".")
    if m.room_to_lower is not None:
        words = {**words, "drop": up_to_centimetre(m.room_to_lower)}
        lower = Text(zh="，或降低 {drop:.2f} m。", en=", or lower it by {drop:.2f} m.")
    return Text(zh=move.zh + back.zh + lower.zh, en=move.en + back.en + lower.en).format(
        way=way, storeys=storeys, **words
    )


def _nobody(p: SpacingParameters, found: Opponents, around: Surroundings) -> Judgement:
    if not found.pairs or p.orientation == "any":
        return nobody_near(found, around.existing)
    sentence = Text(
        zh="没有与本建筑南北向投影重叠的建筑。",
        en="No building around overlaps its north-south projection.",
    )
    return Judgement(Outcome.NOT_APPLICABLE, with_removed(sentence, found.around))


def _table(measured: list[_Measured]) -> Table:
    return Table(
        Text(zh="建筑间距", en="Spacing"),
        (
            Column("building", Text(zh="建筑", en="Building")),
            Column("other", Text(zh="相邻建筑", en="Neighbour")),
            Column("height", Text(zh="计算高度", en="Height that counts"), Unit.METRE),
            Column("distance", Text(zh="实测间距", en="Distance"), Unit.METRE),
            Column("limit", Text(zh="要求", en="Required"), Unit.METRE),
        ),
        tuple(
            (m.ours.name, m.other.name, m.height, m.gap.distance, m.measurement.limit)
            for m in measured
        ),
    )


RULE_TYPES = (
    RuleType(
        code="SPACING-BUILDINGS",
        title=Text(zh="建筑间距", en="Spacing between buildings"),
        explanation=Text(
            zh="与周边每栋现状建筑（及方案自身各栋之间）的外墙间距 L ≥ max(k·H, 最小间距)。H 按规则取本建筑、相邻、较高或南侧建筑自地面起的最高点；"
            "north_south 时只计南北向投影重叠者，沿南北向量取。地下部分不计；位于用地内的现状建筑按拟拆除处理并在意见中列明。",
            en="For every existing building around (and between the scheme's own) the distance of outer faces L >= max(k H, minimum). H is the "
            "highest point above ground of the building, its neighbour, the taller or the southern one, as the rule says; with north_south only "
            "buildings whose north-south projections overlap count, along that line. Basements do not count; existing buildings on the site are "
            "taken to be removed, and named.",
        ),
        parameters=SpacingParameters,
        check=check_spacing,
        recheck=recheck_neighbour,
    ),
)
