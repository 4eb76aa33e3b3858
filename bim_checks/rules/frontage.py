"""Frontage: how wide a facade may stand along a street without a gap, by the height of the building (L7)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.near_features import extent_of, near_features
from bim_checks.measures.neighbour_words import no_ground
from bim_checks.measures.outline_ground import OutlineGround, ground_along
from bim_checks.measures.street_wall import Corners, corners_of, shadows
from bim_checks.measures.wording import up_to_centimetre
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.streets import Frontage, recheck_frontage
from bim_checks.tolerance import CONTACT, LENGTH_UNCERTAINTY, judge, outcome_of
from cim.control_lines.feature import ControlFeature
from cim.text import Text

AT_END = 1e-3  # m; a part that reaches this close to the end of a facade forms it
STRAIGHT = 1e-3  # m; corners of a road's edge this close to the line past them are none


@parameters
class Step:
    """How wide buildings up to a height may be."""

    up_to: float | None = parameter(zh="高度上限；空为不限", en="height up to which it holds; null: any", unit=Unit.METRE)  # fmt: skip
    width: float = parameter(zh="最大连续面宽", en="greatest continuous width", unit=Unit.METRE)


@parameters
class FrontageParameters:
    """Parameters of LINE-FRONTAGE."""

    layer: str = parameter(zh="道路红线图层", en="layer of the streets", asset=Asset.LAYER)
    steps: tuple[Step, ...] = parameter(
        zh="按建筑高度分级的最大面宽，高度递增，最后一级不限高", en="greatest width by height, heights ascending, the last without one"
    )  # fmt: skip
    gap: float = parameter(
        zh="间隔小于此值的视为连续", en="parts with a gap of less are continuous", unit=Unit.METRE
    )
    reach: float = parameter(
        zh="距道路红线不超过此值的建筑为沿街", en="a building no farther than this from a street stands along it", unit=Unit.METRE
    )  # fmt: skip
    mixed: Literal["taller", "by_part"] = parameter(
        zh="不同高度的连续建筑：taller 按较高者；by_part 各级高度以上部分分别计",
        en="continuous parts of unlike heights: taller: by the tallest; by_part: what rises above each step by itself",
        default="taller",
    )
    ground: OutlineGround = parameter(
        zh="地面高程取建筑外轮廓沿线的最低点（lowest）或平均值（mean）",
        en="ground is the lowest point along the building's outline, or the mean along it",
        default="lowest",
    )

    def __post_init__(self) -> None:
        """Refuse steps out of order, or with a height no step is for.

        Raises:
            ValueError: says so.
        """
        ends = [math.inf if step.up_to is None else step.up_to for step in self.steps]
        if not ends or ends[-1] != math.inf or any(a >= b for a, b in itertools.pairwise(ends)):
            raise ValueError("steps must ascend in up_to, the last being null")


@dataclass(frozen=True, slots=True, eq=False)
class _Street:
    """The straight line a facade is projected on: a point, a unit vector along, and the street's name."""

    name: Text
    start: NDArray[np.float64]
    along: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class _Facade:
    """One continuous facade.

    Attributes:
        reach: from and to along the street, metres, shape (2,).
        height: of its tallest part above ground, metres.
        width: greatest allowed, metres.
        above: height above ground from which parts were looked at, metres.
        indices: of the outlines that form its ends, then of its tallest.
    """

    reach: NDArray[np.float64]
    height: float
    width: float
    above: float
    indices: tuple[int, ...]

    @property
    def measured(self) -> float:
        return float(self.reach[1] - self.reach[0])


def check_frontage(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-FRONTAGE: width of every continuous facade along each street <= the width for its height."""
    p: FrontageParameters = rule.parameters
    ground = ground_along(scheme.footprint, around.city.terrain, p.ground)
    if ground is None:
        return [no_ground()]
    name = around.city.layer(p.layer).name
    extent = extent_of(around.city.terrain.extent)
    found = near_features(around, p.layer, scheme.footprint, p.reach, extent=extent)
    if not found:
        return [_no_street(name)]
    streets = [
        _street(feature, scheme.footprint)
        for feature in found
        if shapely.distance(feature.geometry, scheme.footprint) <= p.reach
    ]
    if not streets:
        return [_not_along(name, p)]
    return [_judge(rule, scheme, street, ground) for street in streets]


def _street(feature: ControlFeature, footprint: BaseGeometry) -> _Street:
    """The line along the straight piece of a street's edge that is nearest to the building, the longest of several."""
    line = feature.geometry
    edge = shapely.simplify(shapely.boundary(line) if line.area > 0.0 else line, STRAIGHT)
    pieces = [
        (start, end)
        for part in shapely.get_parts(edge)
        for start, end in itertools.pairwise(shapely.get_coordinates(part))
    ]
    gaps = shapely.distance(shapely.linestrings(pieces), footprint)
    nearest = np.flatnonzero(gaps <= gaps.min() + STRAIGHT)
    start, end = max((pieces[i] for i in nearest), key=lambda p: float(np.linalg.norm(p[1] - p[0])))
    return _Street(feature.name, start, (end - start) / np.linalg.norm(end - start))


def _facades(
    scheme: Scheme, street: _Street, ground: float, p: FrontageParameters, gap: float
) -> list[_Facade]:
    return [
        facade
        for number, above in enumerate(_levels(p))
        for facade in _above(scheme, street, ground, p, gap, number=number, above=above)
    ]


def _levels(p: FrontageParameters) -> list[float]:
    """Heights above ground from which parts are looked at by themselves."""
    levels = [0.0]
    if p.mixed == "by_part":
        levels += [step.up_to for step in p.steps if step.up_to is not None]
    return levels


def _again(street: _Street, ground: float, p: FrontageParameters) -> Frontage:
    """What its second way of measuring looks at."""
    return Frontage(
        start=street.start,
        along=street.along,
        gap=p.gap,
        levels=[ground + above + CONTACT for above in _levels(p)],
        steps=[(math.inf if s.up_to is None else s.up_to, s.width) for s in p.steps],
        ground=ground,
        by_part=p.mixed == "by_part",
    )


def _above(
    scheme: Scheme,
    street: _Street,
    ground: float,
    p: FrontageParameters,
    gap: float,
    *,
    number: int,
    above: float,
) -> list[_Facade]:
    """The continuous facades of what stands above a height."""
    highs = scheme.footprints.outline_heights[:, 1]
    height = ground + above + CONTACT
    chosen, parts = scheme.once(("above", height), lambda: _corners_above(scheme, height))
    stretches, member, own = shadows(parts, street.start, street.along, gap)
    found = []
    for i, reach in enumerate(stretches):
        mine = np.flatnonzero(member == i)
        tops = highs[chosen[mine]] - ground
        top = float(tops.max())
        width = p.steps[number].width if p.mixed == "by_part" else _width(p.steps, top)
        ends = (own[mine, 0] <= reach[0] + AT_END) | (own[mine, 1] >= reach[1] - AT_END)
        forming = [*chosen[mine[ends]], chosen[mine[int(tops.argmax())]]]
        indices = tuple(dict.fromkeys(int(k) for k in forming))
        found.append(_Facade(reach, top, width, above, indices))
    return found


def _corners_above(scheme: Scheme, height: float) -> tuple[NDArray[np.int64], Corners]:
    """Indices of the outlines of what has something above a height, and its corners; the same for every street."""
    chosen = np.flatnonzero(scheme.footprints.outline_heights[:, 1] > height)
    parts = scheme.footprints.cut_elements(chosen, height, math.inf)
    there = ~shapely.is_empty(parts)
    return chosen[there], corners_of(parts[there])


def _width(steps: Sequence[Step], height: float) -> float:
    return next(step.width for step in steps if step.up_to is None or height <= step.up_to)


def _judge(rule: Rule, scheme: Scheme, street: _Street, ground: float) -> Judgement:
    p: FrontageParameters = rule.parameters
    facades = _facades(scheme, street, ground, p, p.gap)
    worst = min(facades, key=lambda f: f.width - f.measured)
    measurement = Measurement(
        measured=worst.measured,
        limit=worst.width,
        margin=worst.width - worst.measured,
        unit=Unit.METRE,
        uncertainty=Uncertainty(mesh=2.0 * LENGTH_UNCERTAINTY),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    if _in_doubt(rule, scheme, street, ground):
        # A gap or a height is too near to its threshold to tell which width is allowed.
        outcome = Outcome.DISCUSS
    kept = outcome is Outcome.PASS
    part = (
        Text(zh="高 {height:.2f} m", en="{height:.2f} m high")
        if p.mixed == "taller"
        else Text(zh="地面以上 {above:g} m 以上部分", en="what stands higher than {above:g} m")
    ).format(height=worst.height, above=worst.above)
    sentence = Text(
        zh="沿{name}的最大连续面宽 {width:.2f} m（{part}），"
        + ("不超过 {limit:g} m。" if kept else "限值 {limit:g} m，超出。"),
        en="Along {name} the continuous facade is {width:.2f} m wide ({part}); "
        + ("{limit:g} m are allowed." if kept else "{limit:g} m are allowed, so it is too wide."),
    ).format(name=street.name, width=worst.measured, part=part, limit=worst.width)
    fix = Text(
        zh="缩短 {over:.2f} m，或断开不小于 {gap:g} m 的间隔。",
        en="Shorten it by {over:.2f} m, or open a gap of at least {gap:g} m.",
    ).format(over=up_to_centimetre(max(-measurement.margin, 0.0)), gap=p.gap)
    ends = [street.start + place * street.along for place in worst.reach]
    return Judgement(
        outcome,
        sentence,
        fix=None if kept else fix,
        measurement=measurement,
        elements=tuple(scheme.outlines[i].global_id for i in worst.indices),
        feature=street.name,
        geometry=shapely.LineString([[*end, ground + worst.above] for end in ends]),
        tables=(_table(facades),),
        basis=_again(street, ground, p),
    )  # fmt: skip


def _in_doubt(rule: Rule, scheme: Scheme, street: _Street, ground: float) -> bool:
    """Whether other verdicts come of gaps and heights that differ by no more than they are known."""
    p: FrontageParameters = rule.parameters
    length, rise = 2.0 * LENGTH_UNCERTAINTY, scheme.uncertainty.vertical + LENGTH_UNCERTAINTY
    steps = np.array([0.0, *(step.up_to for step in p.steps if step.up_to is not None)])
    tops = scheme.footprints.outline_heights[:, 1] - ground
    near_a_step = (np.abs(tops[:, None] - steps[None, :]) <= rise).any()
    others = [(0.0, -rise), (0.0, rise)] if near_a_step else []
    verdicts = set()
    for wider, higher in ((0.0, 0.0), (-length, 0.0), (length, 0.0), *others):
        facades = _facades(scheme, street, ground + higher, p, p.gap + wider)
        margin = min(facade.width - facade.measured for facade in facades)
        verdicts.add(judge(margin, length, rule.legal_effect))
    return len(verdicts) > 1


def _table(facades: list[_Facade]) -> Table:
    return Table(
        Text(zh="连续面宽", en="Continuous facades"),
        (
            Column("above", Text(zh="高度自", en="From height"), Unit.METRE),
            Column("height", Text(zh="建筑高度", en="Height"), Unit.METRE),
            Column("width", Text(zh="面宽", en="Width"), Unit.METRE),
            Column("limit", Text(zh="限值", en="Allowed"), Unit.METRE),
        ),
        tuple((f.above, f.height, f.measured, f.width) for f in facades),
    )


def _no_street(name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="{name}图层没有图形。", en="{name} holds no street.").format(name=name),
        fix=Text(zh="补充该图层数据。", en="Provide the layer's data."),
    )


def _not_along(name: Text, p: FrontageParameters) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="建筑距{name}超过 {reach:g} m，不沿街。",
            en="The building is farther than {reach:g} m from {name} and stands along no street.",
        ).format(name=name, reach=p.reach),
    )


RULE_TYPES = (
    RuleType(
        code="LINE-FRONTAGE",
        title=Text(zh="沿街面宽", en="Frontage along a street"),
        explanation=Text(
            zh="把地面以上各部分投影到最近一段道路红线的方向上，间隔小于 gap 的视为连续，最大连续宽度不得大于 w(h)，h 为该连续部分自地面起的高度；"
            "不同高度相连时按较高者（taller），或各级高度以上部分分别计（by_part）。间隔或高度近于阈值而结论因此不同的为会商。",
            en="Projects what stands above ground on the direction of the nearest straight piece of a street's edge; parts with a gap of less than "
            "`gap` are continuous, and no continuous width may exceed w(h), h being its height above ground; unlike heights that are "
            "continuous go by the tallest (taller), or what rises above each step is taken by itself (by_part). A gap or height too near to its "
            "threshold, where that changes the verdict, is to be discussed.",
        ),
        parameters=FrontageParameters,
        check=check_frontage,
        recheck=recheck_frontage,
    ),
)
