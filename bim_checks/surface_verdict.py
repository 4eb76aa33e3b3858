"""What is said of a scheme that is held against a limit surface; rule types of heights share it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Column, Judgement, Measurement, Outcome, Table, Uncertainty, Unit
from bim_checks.measures.floors import floors_to_remove, lower
from bim_checks.measures.limit_surface import InclinedPlane, LimitSurface
from bim_checks.measures.penetration import Penetration, penetration, plan_above
from bim_checks.measures.volume_above import VolumeAbove, volume_above
from bim_checks.rule import Rule
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text

ABOVE = Text(
    zh="建筑在最不利处高程 {top:.2f} m，高出{name}在该处的限值 {limit:.2f} m 达 {over:.2f} m；超出部分平面 {area:.1f} m²，涉及 {count} 个构件。",
    en="Where it breaks the limit of {name} most, the building reaches {top:.2f} m above datum, {over:.2f} m above the {limit:.2f} m allowed there; "
    "{area:.1f} m² in plan and {count} elements are above it.",
)
BELOW = Text(
    zh="建筑未超过{name}的限值：最接近处高程 {top:.2f} m，该处限值 {limit:.2f} m，余 {room:.2f} m。",
    en="The building keeps the limit of {name}: where it comes nearest it reaches {top:.2f} m above datum, {room:.2f} m below the {limit:.2f} m allowed there.",
)
UNCERTAIN = Text(
    zh="{sentence}（差值在 ±{half:.3f} m 的不确定度之内，须会商。）",
    en="{sentence} (The difference lies within the uncertainty of ±{half:.3f} m; to be discussed.)",
)

LEDGER = Text(zh="各限制面", en="The surfaces")
COLUMNS = (
    Column("surface", Text(zh="限制面", en="surface")),
    Column(
        "limit", Text(zh="最不利处限值", en="limit where it is nearest or broken most"), Unit.METRE
    ),
    Column("top", Text(zh="该处建筑高程", en="elevation of the building there"), Unit.METRE),
    Column("margin", Text(zh="余量", en="margin"), Unit.METRE),
    Column("area", Text(zh="超出部分平面", en="plan above it"), Unit.SQUARE_METRE),
    Column("elements", Text(zh="超出构件", en="elements above it"), Unit.COUNT),
    Column("volume", Text(zh="超出部分体积", en="volume above it"), Unit.CUBIC_METRE),
    Column("volume_half", Text(zh="体积不确定度 ±", en="volume known to ±"), Unit.CUBIC_METRE),
    Column(
        "storeys_above", Text(zh="超出涉及层数", en="storeys with something above it"), Unit.COUNT
    ),
    Column("storeys", Text(zh="应减层数", en="storeys to remove"), Unit.COUNT),
)


def judge_surface(
    rule: Rule,
    scheme: Scheme,
    surface: LimitSurface,
    region: BaseGeometry | None,
    *,
    name: Text,
    accuracy: float = 0.0,
    height: float = 0.0,
    drawn: bool = True,
) -> Judgement | None:
    """Hold a scheme against a limit surface.

    Args:
        rule: for its legal effect.
        scheme: the placed building.
        surface: the limit.
        region: where it holds, polygon, projected frame; None for everywhere.
        name: of what limits, for people.
        accuracy: half-width of what is known of where that stands in plan, metres.
        height: half-width of what is known of its own height, metres.
        drawn: whether what is above is drawn and measured in plan; not where only the outcome is asked for.

    Returns:
        None where nothing of the scheme stands in the region.
    """
    return judge_surfaces(
        rule,
        scheme,
        [LimitPart(surface, region)],
        name=name,
        accuracy=accuracy,
        height=height,
        drawn=drawn,
    )


@dataclass(frozen=True, slots=True, eq=False)
class LimitPart:
    """A surface and where it holds.

    Attributes:
        surface: the limit.
        region: polygon, projected frame; None for everywhere.
        name: of this one of several surfaces; None where all have one name.
    """

    surface: LimitSurface
    region: BaseGeometry | None
    name: Text | None = None


def judge_surfaces(
    rule: Rule,
    scheme: Scheme,
    parts: Sequence[LimitPart],
    *,
    name: Text,
    accuracy: float = 0.0,
    height: float = 0.0,
    drawn: bool = True,
) -> Judgement | None:
    """The same for several surfaces, each where it holds; what is broken most decides.

    Where the surfaces have names of their own, the one that decides is named, and a table tells how the scheme stands to each.
    """
    each: list[Penetration] = []
    best = -math.inf
    for part in parts:
        # A surface that is to be told of by name is looked at even where another is broken more.
        known = best if part.name is None else -math.inf
        each.append(penetration(scheme, part.surface, part.region, known=known))
        best = max(best, _most(each[-1]))
    found = _worst_of(each)
    if found.is_empty:
        return None
    name = parts[int(np.argmax([_most(p) for p in each]))].name or name
    steepness = max(part.surface.steepness for part in parts)
    over, point = float(found.excess[found.worst]), found.points[found.worst]
    measurement = Measurement(
        measured=float(point[2]),
        limit=float(point[2]) - over,
        margin=-over,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.vertical + steepness * scheme.uncertainty.horizontal,
            mesh=LENGTH_UNCERTAINTY,
            data=steepness * accuracy + height,
        ),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    plans = [
        plan_above(scheme, part.surface, p.above, part.region)
        if p.above and drawn
        else shapely.Polygon()
        for part, p in zip(parts, each, strict=True)
    ]
    shown = [(part, plan) for part, plan, p in zip(parts, plans, each, strict=True) if p.above]
    sentence = (ABOVE if found.above else BELOW).format(
        name=name,
        top=measurement.measured,
        limit=measurement.limit,
        over=over,
        room=-over,
        area=shapely.union_all([shape for _, shape in shown]).area,
        count=len(found.above),
    )
    return Judgement(
        outcome,
        with_doubt(sentence, measurement, outcome),
        fix=lower(scheme, measurement.measured, over) if found.above else None,
        measurement=measurement,
        elements=tuple(scheme.outlines[i].global_id for i in _deciding(found)),
        feature=name,
        geometry=None if outcome is Outcome.PASS else _drawn(shown, point),
        tables=_ledger(scheme, parts, each, plans, name=name) if drawn else (),
    )


def with_doubt(sentence: Text, measurement: Measurement, outcome: Outcome) -> Text:
    """A sentence that says so where the margin lies within the uncertainty."""
    if outcome is not Outcome.DISCUSS:
        return sentence
    return UNCERTAIN.format(sentence=sentence, half=measurement.uncertainty.total)


def _most(found: Penetration) -> float:
    return float(np.nanmax(found.excess, initial=-math.inf))


def _ledger(
    scheme: Scheme,
    parts: Sequence[LimitPart],
    each: Sequence[Penetration],
    plans: Sequence[BaseGeometry],
    *,
    name: Text,
) -> tuple[Table, ...]:
    """How the scheme stands to each surface that has a name of its own, the worst first; pieces of one name are one surface.

    Surfaces without one are told of, under `name`, where something is above them.
    """
    named: dict[Text, list[int]] = {}
    for i in sorted(range(len(parts)), key=lambda i: -_most(each[i])):
        if each[i].above or (parts[i].name is not None and not each[i].is_empty):
            named.setdefault(parts[i].name or name, []).append(i)
    rows = []
    for told, pieces in named.items():
        worst = each[pieces[0]]
        over, top = _most(worst), float(worst.points[worst.worst][2])
        area = float(shapely.union_all([plans[i] for i in pieces]).area)
        above = {element for i in pieces for element in each[i].above}
        volumes = [
            volume_above(scheme, parts[i].surface, each[i].above, parts[i].region) for i in pieces
        ]
        rows.append(_row(scheme, told, top, over, area=area, above=above, volumes=volumes))
    return (Table(LEDGER, COLUMNS, tuple(rows)),) if rows else ()


def above_level(
    scheme: Scheme, name: Text, level: float, region: BaseGeometry, above: list[int], *, top: float
) -> Table:
    """What rises above a level in a region, as the table of other surfaces tells it.

    Args:
        scheme: the placed building.
        name: of the level, for people.
        level: orthogonal height, metres.
        region: polygon, projected frame.
        above: indices of the outlines that are above it.
        top: the highest point, orthogonal height, metres.
    """
    surface = InclinedPlane((0.0, 0.0, level))
    area = float(plan_above(scheme, surface, above, region).area)
    volumes = [volume_above(scheme, surface, above, region)]
    row = _row(scheme, name, top, top - level, area=area, above=set(above), volumes=volumes)
    return Table(LEDGER, COLUMNS, (row,))


def _row(
    scheme: Scheme,
    name: Text,
    top: float,
    over: float,
    *,
    area: float,
    above: set[int],
    volumes: Sequence[VolumeAbove],
) -> tuple[Text | float | int | None, ...]:
    """A row of `COLUMNS`."""
    return (
        name,
        top - over,
        top,
        -over,
        area,
        len(above),
        sum(each.volume for each in volumes),
        sum(each.half for each in volumes),
        _storeys_of(scheme, above),
        floors_to_remove(scheme, top, over),
    )


def _storeys_of(scheme: Scheme, elements: Iterable[int]) -> int:
    """On how many storeys elements, indices of outlines, are."""
    names = {scheme.outlines[i].global_id for i in elements}
    return len({e.storey for e in scheme.model.elements if e.global_id in names and e.storey})


def _deciding(found: Penetration) -> list[int]:
    """The elements above the limit; else those that come nearest, as far as can be told."""
    nearest = found.excess[found.worst] - LENGTH_UNCERTAINTY
    return found.above or [int(i) for i in found.order if found.excess[i] >= nearest]


def _worst_of(each: Sequence[Penetration]) -> Penetration:
    """Of several penetrations, for every element the one that is worst."""
    found = each[0]
    for other in each[1:]:
        worse = np.fmax(found.excess, other.excess) != found.excess
        worse &= np.isfinite(other.excess)
        found = Penetration(
            np.where(worse, other.excess, found.excess),
            np.where(worse[:, None], other.points, found.points),
        )
    return found


def _drawn(
    above: Sequence[tuple[LimitPart, BaseGeometry]], worst: NDArray[np.float64]
) -> BaseGeometry:
    """What is above, drawn on the surfaces; the worst point where nothing of it has an extent."""
    shapes = [(part, shape) for part, shape in above if not shape.is_empty]
    if not shapes:
        return shapely.Point(worst)
    return shapely.union_all([_lifted(shape, part.surface) for part, shape in shapes])


def _lifted(shape: BaseGeometry, surface: LimitSurface) -> BaseGeometry:
    flat = shapely.force_3d(shapely.force_2d(shape))
    corners = shapely.get_coordinates(flat, include_z=True)
    corners[:, 2] = surface.at(corners)
    return shapely.set_coordinates(flat, corners)
