"""Setbacks: the distance a building keeps from a line, by how high its parts are and which edge they face.

L3 with tiers: what stands between two heights above ground keeps the distance of that tier. The parts are cut
out of the real bodies, balconies and basements with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bim_checks.finding import (
    Column,
    Judgement,
    Measurement,
    Outcome,
    Table,
    Uncertainty,
    Unit,
)
from bim_checks.measures.boundary_sides import (
    EDGE_KINDS,
    EdgeKind,
    Side,
    parcel_sides,
    road_sides,
)
from bim_checks.measures.clearance import Clearance, clearance
from bim_checks.measures.near_features import extent_of, features_within, home_of, near_features
from bim_checks.measures.neighbour_words import no_ground
from bim_checks.measures.outline_ground import OutlineGround, ground_along
from bim_checks.measures.wording import storeys_of, up_to_centimetre, way_out
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.clearances import Kept, recheck_setback
from bim_checks.tolerance import CONTACT, LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text


@parameters
class Tier:
    """One step of a setback: what stands above a height keeps a distance."""

    above: float = parameter(
        zh="地面以上高度，自此至下一级之间的部分适用；负值为地下",
        en="height above ground from which it holds, up to the next tier; negative below ground",
        unit=Unit.METRE,
    )
    distance: float = parameter(zh="最小距离", en="least distance", unit=Unit.METRE)
    edge: EdgeKind = parameter(
        zh="适用的边：any 任意、front 临路、side 侧边、rear 后边",
        en="edges it is for: any, front (along a road), side, rear (opposite a front)",
        default="any",
    )


@parameters
class SetbackParameters:
    """Parameters of LINE-SETBACK."""

    layer: str = parameter(zh="控制线图层", en="control-line layer", asset=Asset.LAYER)
    tiers: tuple[Tier, ...] = parameter(
        zh="按高度（及边的类别）分级的距离", en="distances by height, and by kind of edge"
    )
    keep: Literal["outside", "inside"] = parameter(
        zh="outside：在图形之外（道路红线）；inside：在所属地块之内（用地红线）",
        en="outside: out of every feature (roads); inside: within its own feature (a parcel)",
        default="outside",
    )
    ground: OutlineGround = parameter(
        zh="地面高程取建筑外轮廓沿线的最低点（lowest）或平均值（mean）",
        en="ground is the lowest point along the building's outline, or the mean along it",
        default="lowest",
    )
    roads: str | None = parameter(
        zh="用来判定临路边的道路红线图层",
        en="layer of the roads that make an edge a front",
        asset=Asset.LAYER,
        default=None,
    )
    adjacency: float | None = parameter(
        zh="边的大部分距道路不超过此值时为临路边",
        en="an edge is a front when most of it is no farther than this from a road",
        unit=Unit.METRE,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse tiers that contradict one another or cannot be told apart.

        Raises:
            ValueError: says what.
        """
        if not self.tiers:
            raise ValueError("tiers must have an entry")
        if len({(tier.edge, tier.above) for tier in self.tiers}) < len(self.tiers):
            raise ValueError("two tiers begin at one height")
        told = self.roads is not None and self.adjacency is not None
        if any(tier.edge != "any" for tier in self.tiers) and (self.keep == "outside" or not told):
            raise ValueError("edges are told apart with keep: inside, roads and adjacency")


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """One tier held against one side."""

    side: Side
    tier: Tier
    up_to: float
    kept: Kept
    clearance: Clearance
    measurement: Measurement


def check_setback(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-SETBACK: for every side and tier, distance(parts between its heights, side) >= its distance."""
    parameters: SetbackParameters = rule.parameters
    ground = ground_along(scheme.footprint, around.city.terrain, parameters.ground)
    if ground is None:
        return [no_ground()]
    sides = _sides(parameters, scheme, around)
    if isinstance(sides, Judgement):
        return [sides]
    accuracy = around.city.layer(parameters.layer).accuracy
    measured = [
        found
        for side in sides
        for tier, up_to in bands_for(parameters.tiers, side.kind)
        if (found := _measure(scheme, side, tier, up_to, ground=ground, accuracy=accuracy))
    ]
    if not measured:
        return [_nothing_there()]
    broken = [
        m for m in measured if outcome_of(m.measurement, rule.legal_effect) is not Outcome.PASS
    ]
    least = min(measured, key=lambda m: m.measurement.margin)
    judged = [_judge(rule, scheme, m) for m in (broken or [least])]
    return [replace(judged[0], tables=(_table(measured),)), *judged[1:]]


def bands_for(tiers: Sequence[Tier], kind: EdgeKind) -> list[tuple[Tier, float]]:
    """The tiers for a kind of edge, lowest first, each with the height where it ends; its own, else those of any edge."""
    own = [tier for tier in tiers if tier.edge == kind] or [t for t in tiers if t.edge == "any"]
    ordered = sorted(own, key=lambda tier: tier.above)
    ends = [*(tier.above for tier in ordered[1:]), math.inf]
    return list(zip(ordered, ends, strict=False))


def _sides(
    parameters: SetbackParameters, scheme: Scheme, around: Surroundings
) -> tuple[Side, ...] | Judgement:
    layer = around.city.layer(parameters.layer)
    reach = max(tier.distance for tier in parameters.tiers)
    if parameters.keep == "outside":
        extent = extent_of(around.city.terrain.extent)
        found = near_features(around, parameters.layer, scheme.footprint, reach, extent=extent)
        return road_sides(found) if found else _no_feature(layer.name)
    parcel = home_of(around, parameters.layer, scheme.footprint)
    if parcel is None or parcel.geometry.area == 0.0:
        return _no_home(layer.name)
    if parameters.roads is None or parameters.adjacency is None:
        return parcel_sides(parcel, [], None)
    roads = features_within(around, parameters.roads, parcel.geometry, parameters.adjacency)
    return parcel_sides(parcel, roads, parameters.adjacency)


def _measure(
    scheme: Scheme, side: Side, tier: Tier, up_to: float, *, ground: float, accuracy: float
) -> _Measured | None:
    # What ends exactly where a tier begins is of the tier below.
    low, high = ground + tier.above + CONTACT, ground + up_to
    found = clearance(scheme, side, low, high, within=tier.distance)
    if found is None:
        return None
    measurement = Measurement(
        measured=found.distance,
        limit=tier.distance,
        margin=found.distance - tier.distance,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.horizontal
            + _change_with_height(scheme, side, low, high, found.distance),
            mesh=LENGTH_UNCERTAINTY,
            data=accuracy,
        ),
    )
    kept = Kept(side.line, side.inside, low, high)
    return _Measured(side, tier, up_to, kept, found, measurement)


def _change_with_height(
    scheme: Scheme, side: Side, low: float, high: float, distance: float
) -> float:
    """How much the distance changes where the building stands higher or lower by the frame's uncertainty."""
    rise = scheme.uncertainty.vertical
    if rise == 0.0:
        return 0.0
    others = [clearance(scheme, side, low + r, high + r, within=-math.inf) for r in (-rise, rise)]
    return max((abs(o.distance - distance) for o in others if o is not None), default=0.0)


def _judge(rule: Rule, scheme: Scheme, found: _Measured) -> Judgement:
    outcome = outcome_of(found.measurement, rule.legal_effect)
    kept = outcome is Outcome.PASS
    distance, tier = found.clearance.distance, found.tier
    words = {
        "band": _band_words(tier, found.up_to),
        "distance": abs(distance),
        "limit": tier.distance,
        "name": found.side.name,
        "edge": EDGE_KINDS[found.side.kind],
        "missing": up_to_centimetre(max(tier.distance - distance, 0.0)),
    }
    beyond = distance < 0.0
    place = (
        Text(zh="{band}越过{name}（{edge}）{distance:.2f} m", en="{band} reaches {distance:.2f} m beyond {name} ({edge})")
        if beyond
        else Text(zh="{band}距{name}（{edge}）{distance:.2f} m", en="{band} stays {distance:.2f} m from {name} ({edge})")
    )  # fmt: skip
    asked = (
        Text(zh="，满足要求的 {limit:g} m。", en="; {limit:g} m are required.")
        if kept
        else Text(
            zh="，小于要求的 {limit:g} m。", en="; {limit:g} m are required, so it is too near."
        )
    )
    elements = tuple(scheme.outlines[i].global_id for i in found.clearance.indices)
    return Judgement(
        outcome,
        Text(zh=place.zh + asked.zh, en=place.en + asked.en).format(**words),
        fix=None if kept else _fix(scheme, found, elements, words),
        measurement=found.measurement,
        elements=() if kept else elements,
        feature=found.side.name,
        geometry=found.clearance.witness,
        basis=found.kept,
    )


def _fix(
    scheme: Scheme, found: _Measured, elements: tuple[str, ...], words: dict[str, object]
) -> Text:
    storeys = storeys_of(scheme, elements)
    way = way_out(found.clearance.witness, across=found.clearance.distance < 0.0)
    move = (
        Text(zh="移开 {missing:.2f} m", en="Move it {missing:.2f} m away")
        if way is None
        else Text(zh="向{way}移 {missing:.2f} m", en="Move it {missing:.2f} m to the {way}")
    )
    step = (
        Text(zh="，或将所列构件后退 {missing:.2f} m。", en=", or set the named elements back by {missing:.2f} m.")
        if storeys is None
        else Text(zh="，或将 {storeys} 层的所列构件后退 {missing:.2f} m。", en=", or set the named elements of {storeys} back by {missing:.2f} m.")
    )  # fmt: skip
    return Text(zh=move.zh + step.zh, en=move.en + step.en).format(
        way=way, storeys=storeys, **words
    )


def _band_words(tier: Tier, up_to: float) -> Text:
    if math.isinf(up_to):
        return Text(
            zh="地面以上 {above:g} m 以上部分",
            en="What stands higher than {above:g} m above ground",
        ).format(above=tier.above)
    return Text(
        zh="地面以上 {above:g} m 至 {up_to:g} m 部分",
        en="What stands between {above:g} m and {up_to:g} m above ground",
    ).format(above=tier.above, up_to=up_to)


def _table(measured: Sequence[_Measured]) -> Table:
    return Table(
        Text(zh="各边各级退距", en="Setback of each edge and tier"),
        (
            Column("line", Text(zh="控制线", en="Line")),
            Column("edge", Text(zh="边", en="Edge")),
            Column("above", Text(zh="高度自", en="From height"), Unit.METRE),
            Column("up_to", Text(zh="高度至", en="Up to height"), Unit.METRE),
            Column("distance", Text(zh="实测距离", en="Distance"), Unit.METRE),
            Column("limit", Text(zh="要求", en="Required"), Unit.METRE),
        ),
        tuple(
            (
                m.side.name,
                EDGE_KINDS[m.side.kind],
                m.tier.above,
                None if math.isinf(m.up_to) else m.up_to,
                m.clearance.distance,
                m.tier.distance,
            )
            for m in measured
        ),
    )


def _no_feature(name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="{name}图层没有图形，无从量取。", en="{name} holds nothing to measure to.").format(name=name),
        fix=Text(zh="补充该图层数据。", en="Provide the layer's data."),
    )  # fmt: skip


def _no_home(name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="建筑不在任何{name}之内，没有可量取的边界。",
            en="The building stands in no area of {name}; there is no edge to measure to.",
        ).format(name=name),
        fix=Text(
            zh="提交该建筑所在地块的用地红线。",
            en="Provide the line of the parcel the building stands on.",
        ),
    )


def _nothing_there() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="没有构件位于所规定的高度范围内。",
            en="Nothing stands between the heights it speaks of.",
        ),
    )


RULE_TYPES = (
    RuleType(
        code="LINE-SETBACK",
        title=Text(zh="分级退距", en="Setback by height and edge"),
        explanation=Text(
            zh="把构件按地面以上高度切分，逐级、逐边量取平面最近距离 dist(F[h₁,h₂], 边)，不得小于该级距离；越界按最深角点记为负值。"
            "地块边界的大部分距道路不超过 adjacency 的为临路边（front），外法线与临路边相反（≥135°）的为后边（rear），其余为侧边（side）；转角地块有两条临路边，其间的切角边亦为临路边。"
            "阳台等悬挑与地下部分均按实际形状计；给出三维最近线段、构件与后退层数。",
            en="Cuts the bodies by height above ground and measures, tier by tier and edge by edge, the nearest plan distance "
            "dist(F[h1,h2], edge), which must not be less than the tier's; what reaches beyond counts negative by its deepest corner. "
            "An edge of a parcel is a front where most of it is within `adjacency` of a road, a rear where its outward normal is 135 degrees or "
            "more from a front's, else a side; a corner parcel has two fronts, and what cuts the corner off between them is one too. Balconies and basements count by their real shape. "
            "The nearest segment in 3D, the elements and the storeys to set back are reported.",
        ),
        parameters=SetbackParameters,
        check=check_setback,
        recheck=recheck_setback,
    ),
)
