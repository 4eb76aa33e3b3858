"""Projections: what of a building may reach over a line, by its clear height above ground (GB 50352-2019, 4.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.near_features import extent_of, home_of, near_features
from bim_checks.measures.overhang import Overhang, overhangs
from bim_checks.measures.wording import storeys_of, up_to_centimetre
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.clearances import Over, recheck_projection
from bim_checks.tolerance import LENGTH_UNCERTAINTY, judge, outcome_of
from cim.building import Element
from cim.text import Text


@parameters
class Allowance:
    """How deep something may project."""

    above: float = parameter(
        zh="距地面净高不小于此值", en="at this clear height above ground or more", unit=Unit.METRE
    )
    depth: float = parameter(zh="允许突出深度", en="depth allowed beyond the line", unit=Unit.METRE)
    words: tuple[str, ...] = parameter(
        zh="仅适用于名称、类型名或 ObjectType 含这些词之一的构件（如 雨篷）；空为任何构件",
        en="only for elements whose name, type name or ObjectType holds one of these words (such as canopy); empty: for any",
        default=(),
    )


@parameters
class ProjectionParameters:
    """Parameters of LINE-PROJECTION."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    allowances: tuple[Allowance, ...] = parameter(
        zh="允许的突出：净高与深度；不满足任何一项的深度限值为 0",
        en="what may project: clear height and depth; what meets none may not project at all",
    )
    keep: Literal["outside", "inside"] = parameter(
        zh="outside：图形之外（道路红线）；inside：所属地块之内（用地红线）",
        en="outside: out of every feature (roads); inside: within its own feature (a parcel)",
        default="outside",
    )

    def __post_init__(self) -> None:
        """Refuse an empty list.

        Raises:
            ValueError: nothing is allowed; LINE-OVERLAP says that.
        """
        if not self.allowances:
            raise ValueError("allowances must have an entry")


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One overhang held against what is allowed.

    Attributes:
        overhang: what projects.
        allowance: the one that allows most; None where none holds.
        called: the word in an element's name that it rests on; None where it rests on none.
        measurement: depth against what is allowed.
        least: depth allowed where it hangs lower by its uncertainty, metres.
    """

    overhang: Overhang
    allowance: Allowance | None
    called: str | None
    measurement: Measurement
    least: float


def check_projection(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-PROJECTION: depth beyond the line <= what is allowed at that clear height, for every cluster of elements over it."""
    p: ProjectionParameters = rule.parameters
    name = around.city.layer(p.layer).name
    zone = _zone(p, scheme, around)
    if zone is None:
        return [_no_zone(name, p)]
    inside = p.keep == "inside"
    found = overhangs(scheme, zone, inside=inside, terrain=around.city.terrain)
    if not found:
        return [replace(_nothing_over(name, p, scheme, around), basis=Over(zone, inside))]
    accuracy = around.city.layer(p.layer).accuracy
    measured = [_measure(scheme, overhang, p, accuracy) for overhang in found]
    judged = [
        replace(_judge(rule, scheme, m, name), basis=Over(zone, inside, m.overhang.indices))
        for m in measured
    ]
    broken = [j for j in judged if j.outcome is not Outcome.PASS]
    least = min(range(len(measured)), key=lambda i: measured[i].measurement.margin)
    told = broken or [judged[least]]
    return [replace(told[0], tables=(_table(measured),)), *told[1:]]


def _zone(p: ProjectionParameters, scheme: Scheme, around: Surroundings) -> BaseGeometry | None:
    if p.keep == "inside":
        home = home_of(around, p.layer, scheme.footprint)
        return home.geometry if home is not None and home.geometry.area > 0.0 else None
    extent = extent_of(around.city.terrain.extent)
    near = near_features(around, p.layer, scheme.footprint, 0.0, extent=extent)
    areas = [feature.geometry for feature in near if feature.geometry.area > 0.0]
    return shapely.union_all(areas) if areas else None


def _measure(
    scheme: Scheme, overhang: Overhang, p: ProjectionParameters, accuracy: float
) -> _Measured:
    forming = [scheme.elements_by_id[scheme.body_ids[i]] for i in overhang.indices]
    doubt = scheme.uncertainty.vertical + LENGTH_UNCERTAINTY
    clear = overhang.clear if overhang.clear is not None else -1.0
    words = [_all_called(forming, allowance.words) for allowance in p.allowances]
    most, _ = _allowed(p, words, clear + doubt)
    lower, _ = _allowed(p, words, clear - doubt)
    allowance, called = _allowed(p, words, clear)
    limit = allowance.depth if allowance else 0.0
    return _Measured(
        overhang,
        allowance,
        called,
        Measurement(
            measured=overhang.depth,
            limit=limit,
            margin=limit - overhang.depth,
            unit=Unit.METRE,
            uncertainty=Uncertainty(
                frame=scheme.uncertainty.horizontal, mesh=LENGTH_UNCERTAINTY, data=accuracy
            ),
        ),
        least=min(found.depth if found else 0.0 for found in (most, lower)),
    )


def _allowed(
    p: ProjectionParameters, words: list[str | None], clear: float
) -> tuple[Allowance | None, str | None]:
    """The allowance that holds at a clear height and allows most, and the name it rests on.

    Args:
        p: of the rule.
        words: for each allowance the name that says what it asks for; None where not all elements are called so.
        clear: metres.
    """
    found = [
        (allowance, called if allowance.words else None)
        for allowance, called in zip(p.allowances, words, strict=True)
        if clear >= allowance.above and (not allowance.words or called)
    ]
    return max(found, key=lambda pair: pair[0].depth, default=(None, None))


def _all_called(forming: list[Element], words: tuple[str, ...]) -> str | None:
    """The first element's name that says so, where each has one: a bay is no canopy because one hangs on it."""
    first = _called(forming[0], words) if words else None
    return first if first and all(_called(element, words) for element in forming[1:]) else None


def _called(element: Element, words: tuple[str, ...]) -> str | None:
    names = [n for n in (element.name, element.type_name, element.object_type) if n]
    return next((n for n in names if any(word.casefold() in n.casefold() for word in words)), None)


def _judge(rule: Rule, scheme: Scheme, m: _Measured, name: Text) -> Judgement:
    elements = tuple(scheme.outlines[i].global_id for i in m.overhang.indices)
    if m.overhang.clear is None:
        return _no_ground(name, elements)
    outcome = outcome_of(m.measurement, rule.legal_effect)
    total = m.measurement.uncertainty.total
    others = {judge(limit - m.overhang.depth, total, rule.legal_effect) for limit in (m.least, m.measurement.limit)}  # fmt: skip
    if len(others) > 1:
        # Its clear height is too near to a threshold to tell which depth is allowed.
        outcome = Outcome.DISCUSS
    kept = outcome is Outcome.PASS
    sentence = Text(
        zh="净高 {clear:.2f} m 处突出{name} {depth:.2f} m，允许 {limit:g} m",
        en="At a clear height of {clear:.2f} m the building projects {depth:.2f} m over {name}; {limit:g} m are allowed",
    ).format(clear=m.overhang.clear, name=name, depth=m.overhang.depth, limit=m.measurement.limit)
    taken = Text(zh="", en="")
    if m.called is not None:
        taken = Text(
            zh="（仅凭名称“{called}”认定其类别）", en=" (taken for what its name says, {called})"
        ).format(called=m.called)
    end = Text(zh="。", en=".") if kept else Text(zh="，超出。", en=", so it projects too far.")
    return Judgement(
        outcome,
        Text(zh=sentence.zh + taken.zh + end.zh, en=sentence.en + taken.en + end.en),
        fix=None if kept else _fix(scheme, rule, m, elements),
        measurement=m.measurement,
        elements=elements,
        feature=name,
        geometry=shapely.force_3d(shapely.force_2d(m.overhang.geometry), m.overhang.low),
    )


def _fix(scheme: Scheme, rule: Rule, m: _Measured, elements: tuple[str, ...]) -> Text:
    p: ProjectionParameters = rule.parameters
    storeys = storeys_of(scheme, elements)
    back = (
        Text(zh="将所列构件收进 {missing:.2f} m", en="Pull the named elements back by {missing:.2f} m")
        if storeys is None
        else Text(zh="将 {storeys} 层的所列构件收进 {missing:.2f} m", en="Pull the named elements of {storeys} back by {missing:.2f} m")
    )  # fmt: skip
    clear = m.overhang.clear or 0.0
    enough = [a.above for a in p.allowances if a.depth >= m.overhang.depth and not a.words]
    lift = min((above - clear for above in enough if above > clear), default=None)
    more = (
        Text(zh="。", en=".")
        if lift is None
        else Text(zh="，或抬高 {lift:.2f} m。", en=", or raise them by {lift:.2f} m.")
    )
    return Text(zh=back.zh + more.zh, en=back.en + more.en).format(
        storeys=storeys,
        missing=up_to_centimetre(max(-m.measurement.margin, 0.0)),
        lift=up_to_centimetre(lift or 0.0),
    )


def _nothing_over(
    name: Text, p: ProjectionParameters, scheme: Scheme, around: Surroundings
) -> Judgement:
    most = max(allowance.depth for allowance in p.allowances)
    return Judgement(
        Outcome.PASS,
        Text(zh="没有构件突出{name}。", en="Nothing of the building projects over {name}.").format(
            name=name
        ),
        measurement=Measurement(
            measured=0.0,
            limit=most,
            margin=most,
            unit=Unit.METRE,
            uncertainty=Uncertainty(
                frame=scheme.uncertainty.horizontal,
                mesh=LENGTH_UNCERTAINTY,
                data=around.city.layer(p.layer).accuracy,
            ),
        ),
        feature=name,
    )


def _no_zone(name: Text, p: ProjectionParameters) -> Judgement:
    if p.keep == "inside":
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(zh="建筑不在任何{name}之内。", en="The building stands in no area of {name}.").format(name=name),
            fix=Text(zh="提交该建筑所在地块的用地红线。", en="Provide the line of the parcel the building stands on."),
        )  # fmt: skip
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="{name}附近没有面图形，无从判断突出。", en="{name} holds no area to project over.").format(name=name),
        fix=Text(zh="以面提供该图层。", en="Provide the layer as areas."),
    )  # fmt: skip


def _no_ground(name: Text, elements: tuple[str, ...]) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="突出{name}的构件下方地面高程未知，净高无法确定。",
            en="The ground below what projects over {name} is not known, so its clear height cannot be told.",
        ).format(name=name),
        fix=Text(zh="补充该处的城市地形。", en="Provide the city's terrain at this place."),
        elements=elements,
    )


def _table(measured: list[_Measured]) -> Table:
    return Table(
        Text(zh="突出物", en="Projections"),
        (
            Column("elements", Text(zh="构件数", en="Elements"), Unit.COUNT),
            Column("clear", Text(zh="净高", en="Clear height"), Unit.METRE),
            Column("depth", Text(zh="突出深度", en="Depth"), Unit.METRE),
            Column("allowed", Text(zh="允许深度", en="Allowed"), Unit.METRE),
            Column("area", Text(zh="水平投影面积", en="Area over the line"), Unit.SQUARE_METRE),
        ),
        tuple(
            (
                len(m.overhang.indices),
                m.overhang.clear,
                m.overhang.depth,
                m.measurement.limit,
                float(m.overhang.geometry.area),
            )
            for m in measured
        ),
    )


RULE_TYPES = (
    RuleType(
        code="LINE-PROJECTION",
        title=Text(zh="突出物", en="Projections over a line"),
        explanation=Text(
            zh="把越过控制线的构件按相互接触分组；每组量取最深角点距线的深度，及其最低点至下方最高地面的净高，按净高（与构件名称）查允许深度"
            "（GB 50352-2019 第 4.3 节的形式）。不满足任何一项允许的深度限值为 0，地下部分亦同。净高近于阈值而结论因此不同的为会商。",
            en="Groups the elements that lie over the line by contact; for each group the depth of its deepest corner beyond the line, and the clear "
            "height from the highest ground below to its lowest point, are held against the depth allowed at that height (and for what the "
            "elements are called), in the form of GB 50352-2019 4.3. What meets no allowance may not project at all, below ground neither. "
            "A clear height too near to a threshold, where that changes the verdict, is to be discussed.",
        ),
        parameters=ProjectionParameters,
        check=check_projection,
        recheck=recheck_projection,
    ),
)
