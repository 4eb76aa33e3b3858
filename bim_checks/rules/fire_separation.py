"""Fire separation: distances between buildings by their fire classes (the table of GB 50016, 5.2.2)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.fire_class import (
    FIRE_CLASSES,
    Classified,
    FireClass,
    classify,
    is_residential,
)
from bim_checks.measures.gap import Gap, plan_gap, space_gap
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
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.neighbours import Facing, recheck_neighbour
from bim_checks.tolerance import CONTACT, LENGTH_UNCERTAINTY, judge, outcome_of
from cim.text import Text

COMMON = "Pset_BuildingCommon"


@parameters
class Separation:
    """The distance between buildings of some classes, either way round."""

    one: tuple[FireClass, ...] = parameter(zh="一方的类别", en="classes of one building")
    other: tuple[FireClass, ...] = parameter(zh="另一方的类别", en="classes of the other")
    distance: float = parameter(zh="最小间距", en="least distance", unit=Unit.METRE)


@parameters
class FireParameters(StandingParameters):
    """Parameters of SPACING-FIRE."""

    separations: tuple[Separation, ...] = parameter(
        zh="各类别之间的间距，须覆盖全部组合",
        en="distances between classes; every pair must be covered",
    )
    high_rise_above: float = parameter(
        zh="非住宅建筑高于此值为高层",
        en="other buildings are high-rise above this height",
        unit=Unit.METRE,
    )
    residential_high_rise_above: float = parameter(
        zh="住宅建筑高于此值为高层",
        en="residential buildings are high-rise above this height",
        unit=Unit.METRE,
    )
    assumed: Literal["I", "II", "III", "IV"] | None = parameter(
        zh="未注明耐火等级的多层建筑按此级处理并在意见中说明；空则无法检查",
        en="class of a low building that states none, which the finding says; null: not checkable",
        default=None,
    )
    measure: Literal["horizontal", "space"] = parameter(
        zh="horizontal：外墙间最近水平距离（GB 50016 附录 B）；space：外表面间的空间最近距离",
        en="horizontal: nearest horizontal distance of outer faces (GB 50016 appendix B); space: nearest distance of surfaces in space",
        default="horizontal",
    )
    class_attribute: str = parameter(
        zh="现状建筑耐火等级的属性名",
        en="attribute of existing buildings with their class",
        default="fire_class",
    )
    use_attribute: str = parameter(
        zh="现状建筑用途的属性名",
        en="attribute of existing buildings with their use",
        default="function",
    )
    residential: tuple[str, ...] = parameter(
        zh="用途中含有这些词的为住宅",
        en="words in a use that mean residential",
        default=("residential", "住宅"),
    )

    def __post_init__(self) -> None:
        """Refuse a table with holes, which would let pairs pass in silence, and one that contradicts itself.

        Raises:
            ValueError: names the pair.
        """
        for one in FIRE_CLASSES:
            for other in FIRE_CLASSES:
                found = {s.distance for s in self.separations if _covers(s, one, other)}
                if len(found) != 1:
                    message = f"separations state {len(found)} distances for {one} and {other}"
                    raise ValueError(message)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One building held against one beside it, of the classes that ask for the most."""

    ours: OwnBuilding
    other: Opponent
    gap: Gap
    classes: tuple[Classified, Classified]
    least: float
    measurement: Measurement


@dataclass(frozen=True, slots=True, eq=False)
class _Unclassified:
    """A building whose class nobody states."""

    name: Text
    is_own: bool


def check_fire_separation(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """SPACING-FIRE: distance >= the table's for the two classes, for every building around and the scheme's own."""
    p: FireParameters = rule.parameters
    ground = ground_along(scheme.footprint, around.city.terrain, p.ground)
    if ground is None:
        return [no_ground()]
    reach = max(s.distance for s in p.separations)
    found = opponents(scheme, around.existing, ground, reach, p.on_site / 100.0)
    answers = [_measure(scheme, *pair, ground, p) for pair in found.pairs]
    measured = [a for a in answers if isinstance(a, _Measured)]
    unknown = {a.name: a for a in answers if isinstance(a, _Unclassified)}
    more = [*(_unclassified(u, p) for u in unknown.values()), *grazed(found)]
    if not measured:
        return more or [nobody_near(found, around.existing)]
    judged = [
        replace(_judge(rule, scheme, m, found), basis=_facing(m, ground, p)) for m in measured
    ]
    broken = [j for j in judged if j.outcome is not Outcome.PASS]
    least = min(range(len(measured)), key=lambda i: measured[i].measurement.margin)
    told = broken or [judged[least]]
    return [replace(told[0], tables=(_table(measured),)), *told[1:], *more]


def _facing(m: _Measured, ground: float, p: FireParameters) -> Facing:
    """What its second way of measuring looks at."""
    return Facing(
        m.ours.indices,
        m.other.body,
        ground,
        their_ground=-math.inf if m.other.own is None else ground,
        measure="plan" if p.measure == "horizontal" else "space",
    )


def _measure(
    scheme: Scheme, ours: OwnBuilding, other: Opponent, ground: float, p: FireParameters
) -> _Measured | _Unclassified | None:
    """None for parts of one building that touch, and for buildings that are farther than any class asks."""
    reach = max(s.distance for s in p.separations)
    gap = (
        plan_gap(scheme, ours.indices, other.footprint, ground=ground, within=reach)
        if p.measure == "horizontal"
        else space_gap(scheme, ours.indices, other.footprint, other.body())
    )
    if gap is None or (other.own is not None and gap.distance <= CONTACT):
        return None
    mine = _class_of_own(scheme, ours, ground, p)
    theirs = (
        _class_of_own(scheme, other.own, ground, p)
        if other.own is not None
        else _class_of(other, p)
    )
    for name, found, is_own in (
        (ours.name, mine, True),
        (other.name, theirs, other.own is not None),
    ):
        if not found.classes:
            return _Unclassified(name, is_own) if gap.distance < reach else None
    asked = [_distance(p, a, b) for a in mine.classes for b in theirs.classes]
    between_own = other.own is not None
    measurement = Measurement(
        measured=gap.distance,
        limit=max(asked),
        margin=gap.distance - max(asked),
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=0.0 if between_own else scheme.uncertainty.horizontal,
            mesh=LENGTH_UNCERTAINTY,
            data=0.0 if between_own else p.accuracy,
        ),
    )
    return _Measured(ours, other, gap, (mine, theirs), min(asked), measurement)


def _class_of_own(scheme: Scheme, own: OwnBuilding, ground: float, p: FireParameters) -> Classified:
    said = own.property_sets.get(COMMON, {})
    return _classified(
        own.top - ground,
        scheme.uncertainty.vertical + LENGTH_UNCERTAINTY,
        said.get("OccupancyType"),
        said.get("FireProtectionClass"),
        p,
    )


def _class_of(other: Opponent, p: FireParameters) -> Classified:
    said = other.attributes
    return _classified(
        other.top - other.base,
        p.accuracy,
        said.get(p.use_attribute),
        said.get(p.class_attribute),
        p,
    )


def _classified(
    height: float, uncertainty: float, use: Any, stated: Any, p: FireParameters
) -> Classified:
    residential = is_residential([use], p.residential)
    threshold = p.residential_high_rise_above if residential else p.high_rise_above
    return classify(height, uncertainty, threshold=threshold, stated=stated, assumed=p.assumed)


def _covers(separation: Separation, one: str, other: str) -> bool:
    return (one in separation.one and other in separation.other) or (
        other in separation.one and one in separation.other
    )


def _distance(p: FireParameters, one: FireClass, other: FireClass) -> float:
    return next(s.distance for s in p.separations if _covers(s, one, other))


def _judge(rule: Rule, scheme: Scheme, m: _Measured, found: Opponents) -> Judgement:
    outcome = outcome_of(m.measurement, rule.legal_effect)
    at_least = judge(m.gap.distance - m.least, m.measurement.uncertainty.total, rule.legal_effect)
    if at_least is not outcome:
        # The height is too near to the threshold of high-rise to tell which distance holds.
        outcome = Outcome.DISCUSS
    kept = outcome is Outcome.PASS
    missing = up_to_centimetre(max(-m.measurement.margin, 0.0))
    sentence = Text(
        zh="{ours}（{own_class}）与{name}（{other_class}）的防火间距为 {distance:.2f} m，要求不小于 {limit:g} m",
        en="{ours} ({own_class}) is {distance:.2f} m from {name} ({other_class}); the fire separation is {limit:g} m",
    ).format(
        ours=m.ours.name,
        own_class=_class_words(m.classes[0]),
        name=m.other.name,
        other_class=_class_words(m.classes[1]),
        distance=m.gap.distance,
        limit=m.measurement.limit,
    )
    end = Text(zh="。", en=".") if kept else Text(zh="，不足。", en=", so it is too near.")
    elements = tuple(scheme.outlines[i].global_id for i in m.gap.indices if not kept)
    return Judgement(
        outcome,
        with_removed(Text(zh=sentence.zh + end.zh, en=sentence.en + end.en), found.around),
        fix=None if kept else _fix(scheme, m, elements, missing),
        measurement=m.measurement,
        elements=elements,
        feature=m.other.name,
        geometry=m.gap.witness,
    )


def _fix(scheme: Scheme, m: _Measured, elements: tuple[str, ...], missing: float) -> Text:
    way, storeys = way_out(m.gap.witness), storeys_of(scheme, elements)
    move = (
        Text(zh="移开 {missing:.2f} m", en="Move it {missing:.2f} m away")
        if way is None
        else Text(zh="向{way}移 {missing:.2f} m", en="Move it {missing:.2f} m to the {way}")
    )
    back = (
        Text(zh="，或将所列构件后退。", en=", or set the named elements back.")
        if storeys is None
        else Text(zh="，或将 {storeys} 层的所列构件后退。", en=", or set the named elements of {storeys} back.")
    )  # fmt: skip
    return Text(zh=move.zh + back.zh, en=move.en + back.en).format(
        way=way, storeys=storeys, missing=missing
    )


def _class_words(found: Classified) -> Text:
    names = [FIRE_CLASSES[c] for c in found.classes]
    zh, en = "或".join(n.zh for n in names), " or ".join(n.en for n in names)
    if not found.assumed:
        return Text(zh=zh, en=en)
    return Text(zh=zh + "，未注明、系假定", en=en + ", not stated and assumed")


def _unclassified(found: _Unclassified, p: FireParameters) -> Judgement:
    fix = (
        Text(
            zh="在 Pset_BuildingCommon.FireProtectionClass 中注明耐火等级（一级至四级）。",
            en="State the class (I to IV) as Pset_BuildingCommon.FireProtectionClass.",
        )
        if found.is_own
        else Text(
            zh="在现状建筑数据中补充属性 {key}。",
            en="Provide the attribute {key} of that existing building.",
        ).format(key=p.class_attribute)
    )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{name}未注明耐火等级，防火间距无法检查。",
            en="{name} states no class of fire resistance, so the separation cannot be checked.",
        ).format(name=found.name),
        fix=fix,
        feature=found.name,
    )


def _table(measured: list[_Measured]) -> Table:
    return Table(
        Text(zh="防火间距", en="Fire separations"),
        (
            Column("building", Text(zh="建筑", en="Building")),
            Column("own_class", Text(zh="类别", en="Class")),
            Column("other", Text(zh="相邻建筑", en="Neighbour")),
            Column("other_class", Text(zh="相邻建筑类别", en="Its class")),
            Column("distance", Text(zh="实测间距", en="Distance"), Unit.METRE),
            Column("limit", Text(zh="要求", en="Required"), Unit.METRE),
        ),
        tuple(
            (
                m.ours.name,
                _class_words(m.classes[0]),
                m.other.name,
                _class_words(m.classes[1]),
                m.gap.distance,
                m.measurement.limit,
            )
            for m in measured
        ),
    )


RULE_TYPES = (
    RuleType(
        code="SPACING-FIRE",
        title=Text(zh="防火间距", en="Fire separation"),
        explanation=Text(
            zh="按两栋建筑的类别查表（GB 50016 表 5.2.2 的形式）取最小间距，与外墙间最近距离比较；对周边每栋现状建筑及方案自身各栋之间逐一检查。"
            "高于阈值的为高层（住宅与其他用途阈值不同，本建筑用途取 Pset_BuildingCommon.OccupancyType，未注明按非住宅），其余按注明的耐火等级"
            "（FireProtectionClass；现状建筑取属性），未注明的按规则假定并说明，无假定则无法检查。高度近于阈值而结论因此不同的为会商。",
            en="Looks the distance up by the classes of both buildings (a table of the form of GB 50016 5.2.2) and holds it against the nearest "
            "distance of their outer faces, for every existing building around and between the scheme's own. A building above the threshold is "
            "high-rise (another threshold for dwellings; the scheme's use is Pset_BuildingCommon.OccupancyType, not residential where unstated); others go "
            "by the class they state (FireProtectionClass; an attribute of existing buildings), or by the one the rule assumes, which the "
            "finding says; without either it is not checkable. A height too near to the threshold, where that changes the verdict, is to be discussed.",
        ),
        parameters=FireParameters,
        check=check_fire_separation,
        recheck=recheck_neighbour,
        needs=(
            Need(
                entity="IfcBuilding",
                why=Text(
                    zh="多层建筑的耐火等级决定防火间距。",
                    en="The class of fire resistance of a low building decides its separation.",
                ),
                property_set=COMMON,
                property_name="FireProtectionClass",
                data_type="IFCLABEL",
            ),
        ),
    ),
)
