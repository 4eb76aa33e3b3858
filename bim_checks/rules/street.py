"""The street wall: how much of a control line is built to (L6), and how wide a facade stands along a street (L7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.boundary_sides import parcel_sides
from bim_checks.measures.intervals import without
from bim_checks.measures.near_features import features_within, home_of
from bim_checks.measures.neighbour_words import no_ground
from bim_checks.measures.outline_ground import OutlineGround, ground_along
from bim_checks.measures.street_wall import (
    Piece,
    StreetEdges,
    Wall,
    edge_pieces,
    pieces_of,
    street_edges,
)
from bim_checks.measures.wording import up_to_centimetre
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.streets import BuiltTo, recheck_wall
from bim_checks.tolerance import CONTACT, LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text


@parameters
class BuildToParameters:
    """Parameters of LINE-BUILD-TO."""

    layer: str = parameter(
        zh="贴线控制线图层；给出 roads 时为用地红线图层，控制线取其临路边",
        en="control lines to build to; with `roads` parcels, whose fronts are the lines",
        asset=Asset.LAYER,
    )
    limit: float = parameter(zh="贴线率下限", en="least share of the line", unit=Unit.PERCENT)
    tolerance: float = parameter(
        zh="街墙距控制线不超过此值计为贴线",
        en="a wall this near to the line is built to it",
        unit=Unit.METRE,
    )
    low: float = parameter(zh="街墙自地面以上此高度起", en="the street wall begins at this height above ground", unit=Unit.METRE)  # fmt: skip
    high: float = parameter(zh="街墙至地面以上此高度止", en="and ends at this one", unit=Unit.METRE)
    ground: OutlineGround = parameter(
        zh="地面高程取建筑外轮廓沿线的最低点（lowest）或平均值（mean）",
        en="ground is the lowest point along the building's outline, or the mean along it",
        default="lowest",
    )
    roads: str | None = parameter(
        zh="用来判定临路边的道路红线图层", en="layer of the roads that make an edge a front", asset=Asset.LAYER, default=None
    )  # fmt: skip
    adjacency: float | None = parameter(
        zh="边的大部分距道路不超过此值时为临路边",
        en="an edge is a front when most of it is no farther than this from a road",
        unit=Unit.METRE,
        default=None,
    )
    offset: float = parameter(
        zh="控制线自临路边向地块内退的距离", en="how far the line lies inside the front", unit=Unit.METRE, default=0.0
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse what cannot be measured.

        Raises:
            ValueError: says what.
        """
        if self.high <= self.low or self.tolerance <= 0.0:
            raise ValueError("high must be above low, and tolerance above 0")
        if (self.roads is None) != (self.adjacency is None):
            raise ValueError("roads and adjacency go together")


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """One line to build to: its name and straight pieces."""

    name: Text
    pieces: list[Piece]

    @property
    def length(self) -> float:
        return sum(piece.length for piece in self.pieces)


def check_build_to(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """LINE-BUILD-TO: length of street wall within the tolerance of the line / length of the line >= limit."""
    p: BuildToParameters = rule.parameters
    ground = ground_along(scheme.footprint, around.city.terrain, p.ground)
    if ground is None:
        return [no_ground()]
    lines = _fronts(p, scheme, around) if p.roads else _stated(p, scheme, around)
    if isinstance(lines, Judgement):
        return [lines]
    accuracy = around.city.layer(p.layer).accuracy
    return [_build_to(rule, scheme, line, ground, accuracy) for line in lines]


def _stated(p: BuildToParameters, scheme: Scheme, around: Surroundings) -> list[_Line] | Judgement:
    """What of the layer's lines runs along the site."""
    name = around.city.layer(p.layer).name
    if scheme.site.is_empty:
        return _no_site()
    found = []
    beside = scheme.site.buffer(p.tolerance)
    for feature in features_within(around, p.layer, scheme.site, p.tolerance):
        line = feature.geometry
        line = shapely.boundary(line) if line.area > 0.0 else line
        along = [
            part
            for part in shapely.get_parts(shapely.line_merge(shapely.intersection(line, beside)))
            if part.length > 2.0 * p.tolerance
        ]
        if along:
            found.append(_Line(feature.name, pieces_of(shapely.union_all(along), scheme.site)))
    return found or _no_line(name)


def _fronts(p: BuildToParameters, scheme: Scheme, around: Surroundings) -> list[_Line] | Judgement:
    """The fronts of the parcel, moved in."""
    name = around.city.layer(p.layer).name
    parcel = home_of(around, p.layer, scheme.footprint)
    if parcel is None or parcel.geometry.area == 0.0 or p.roads is None or p.adjacency is None:
        return _no_parcel(name)
    roads = features_within(around, p.roads, parcel.geometry, p.adjacency)
    sides = parcel_sides(parcel, roads, p.adjacency)
    fronts = [side for side in sides if side.kind == "front"]
    return [_Line(side.name, edge_pieces(side.line, p.offset)) for side in fronts] or _no_line(name)


def _build_to(rule: Rule, scheme: Scheme, line: _Line, ground: float, accuracy: float) -> Judgement:
    p: BuildToParameters = rule.parameters
    low, high = ground + p.low + CONTACT, ground + p.high
    edges = [street_edges(scheme, piece, low, high, p.tolerance + _doubt(scheme, accuracy)) for piece in line.pieces]  # fmt: skip
    walls = [found.wall(p.tolerance) for found in edges]
    built = sum(wall.length for wall in walls)
    share = 100.0 * built / line.length

    def spread(metres: float) -> float:
        """How much the share may change where walls stand nearer or farther by some metres, and begin and end so."""
        others = [_built(edges, p.tolerance + by) for by in (-metres, metres)]
        return 100.0 * (max(abs(o - built) for o in others) + metres) / line.length

    measurement = Measurement(
        measured=share,
        limit=p.limit,
        margin=share - p.limit,
        unit=Unit.PERCENT,
        uncertainty=Uncertainty(
            frame=spread(scheme.uncertainty.horizontal),
            mesh=spread(LENGTH_UNCERTAINTY),
            data=spread(accuracy),
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    kept = outcome is Outcome.PASS
    sentence = Text(
        zh="{name}长 {length:.2f} m，街墙贴线（±{tolerance:g} m）{built:.2f} m，贴线率 {share:.1f} %，"
        + ("满足要求的 {limit:g} %。" if kept else "低于要求的 {limit:g} %。"),
        en="{name} is {length:.2f} m long and {built:.2f} m of street wall stand within {tolerance:g} m of it, {share:.1f} %; "
        + ("{limit:g} % are required." if kept else "{limit:g} % are required, so it is too little."),
    ).format(
        name=line.name, length=line.length, tolerance=p.tolerance, built=built, share=share, limit=p.limit
    )  # fmt: skip
    fix = Text(
        zh="再将 {missing:.2f} m 街墙贴至控制线 {tolerance:g} m 以内（图中为未贴线段）。",
        en="Bring another {missing:.2f} m of street wall to within {tolerance:g} m of the line (shown where there is none).",
    ).format(
        missing=up_to_centimetre(max(p.limit / 100.0 * line.length - built, 0.0)),
        tolerance=p.tolerance,
    )
    return Judgement(
        outcome,
        sentence,
        fix=None if kept else fix,
        measurement=measurement,
        elements=_forming(scheme, walls),
        feature=line.name,
        geometry=_drawn(walls, low, built=kept),
        tables=(_stretches(walls),),
        basis=_again(line, p.tolerance, low, high),
    )


def _again(line: _Line, tolerance: float, low: float, high: float) -> BuiltTo:
    """What its second way of measuring looks at."""
    return BuiltTo(
        starts=np.array([piece.start for piece in line.pieces]),
        ends=np.array([piece.at(piece.length) for piece in line.pieces]),
        street=np.array([piece.street for piece in line.pieces]),
        tolerance=tolerance,
        low=low,
        high=high,
    )


def _doubt(scheme: Scheme, accuracy: float) -> float:
    return scheme.uncertainty.horizontal + LENGTH_UNCERTAINTY + accuracy


def _built(edges: list[StreetEdges], tolerance: float) -> float:
    return sum(found.wall(max(tolerance, 0.0)).length for found in edges)


def _forming(scheme: Scheme, walls: list[Wall]) -> tuple[str, ...]:
    ordered = [scheme.outlines[i].global_id for wall in walls for i in wall.indices]
    return tuple(dict.fromkeys(ordered))


def _drawn(walls: list[Wall], height: float, *, built: bool) -> BaseGeometry | None:
    """The stretches of the line that are built to, or those that are not, at a height."""
    lines = []
    for wall in walls:
        whole = np.array([[0.0, wall.piece.length]])
        shown = wall.stretches if built else without(whole, wall.stretches)
        lines += [[[*wall.piece.at(place), height] for place in ends] for ends in shown]
    return shapely.multilinestrings(shapely.linestrings(lines)) if lines else None


def _stretches(walls: list[Wall]) -> Table:
    rows = []
    before = 0.0
    for wall in walls:
        for low, high in wall.stretches:
            rows.append((before + float(low), before + float(high), float(high - low)))
        before += wall.piece.length
    return Table(
        Text(zh="贴线段", en="Stretches built to the line"),
        (
            Column("from", Text(zh="自起点", en="From"), Unit.METRE),
            Column("to", Text(zh="至", en="To"), Unit.METRE),
            Column("length", Text(zh="长度", en="Length"), Unit.METRE),
        ),
        tuple(rows),
    )


def _no_site() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="没有用地范围，无法确定哪段控制线属于本项目。",
            en="There is no outline of the site, so which stretch of the line is its own cannot be told.",
        ),
        fix=Text(
            zh="在 IfcSite 中导出用地范围面，或提交界址点。",
            en="Export the site boundary as a surface of IfcSite, or hand in the parcel.",
        ),
    )


def _no_parcel(name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="建筑不在任何{name}之内。", en="The building stands in no area of {name}.").format(name=name),
        fix=Text(zh="提交该建筑所在地块的用地红线。", en="Provide the line of the parcel the building stands on."),
    )  # fmt: skip


def _no_line(name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(zh="没有{name}沿本用地通过。", en="No line of {name} runs along the site.").format(name=name),
    )  # fmt: skip


RULE_TYPES = (
    RuleType(
        code="LINE-BUILD-TO",
        title=Text(zh="贴线率", en="Built to the line"),
        explanation=Text(
            zh="贴线率 = Σ 距控制线不超过容差 t 的街墙长度 / 控制线长度。街墙取两个高度之间、朝向街道且前面没有遮挡的外边，精确投影到控制线上；"
            "重叠部分只计一次，逐段列表。控制线取图层中沿用地的部分，或地块临路边（可向内退 offset）。",
            en="The sum of the lengths of street wall within the tolerance t of the control line, divided by the line's length. The street wall is "
            "made of the edges between two heights that face the street with nothing before them, projected on the line exactly; "
            "what overlaps counts once, and every stretch is listed. The line is what of the layer runs along the site, or the fronts of the parcel "
            "(moved in by `offset`).",
        ),
        parameters=BuildToParameters,
        check=check_build_to,
        recheck=recheck_wall,
    ),
)
