"""Floor area: how much is built, under which standard, and how high its storeys are.

The area of a storey is what its walls enclose, walls included (GB/T 50353-2013 3.0.1); which share of it counts is a
table of the rulebook for each standard, and all standards are counted side by side in one ledger.
"""

from __future__ import annotations

import math

from shapely.geometry.base import BaseGeometry

from bim_checks.finding import (
    Cell,
    Column,
    Judgement,
    Measurement,
    Outcome,
    Table,
    Uncertainty,
    Unit,
)
from bim_checks.measures.area_ledger import Ledger, ledger_table, space_faults
from bim_checks.measures.counting import (
    GROSS_SPACES,
    SPACES,
    STOREYS,
    CountingParameters,
    deciding,
    doubts_told,
    ledger_for,
    totals_told,
    without_floors,
)
from bim_checks.measures.declared import GROSS, declared_areas
from bim_checks.measures.floor_parts import FloorPart, floors_of
from bim_checks.measures.on_map import on_map
from bim_checks.measures.parcel_of import parcel_of
from bim_checks.measures.weights import TallStorey, height_limits
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.areas import floors_of_spaces, recheck_floors
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.text import Text


@parameters
class GrossAreaParameters(CountingParameters):
    """Parameters of AREA-GFA."""

    limit: float | None = parameter(
        zh="建筑面积上限；省略则读取地块属性",
        en="most floor area; read from the parcel where absent",
        unit=Unit.SQUARE_METRE,
        default=None,
    )
    layer: str | None = parameter(
        zh="地块图层", en="layer of parcels", asset=Asset.LAYER, default=None
    )
    attribute: str | None = parameter(
        zh="地块上记录面积上限的属性", en="attribute of the parcel that has the limit", default=None
    )

    def __post_init__(self) -> None:
        CountingParameters.__post_init__(self)
        if self.limit is None and (self.layer is None or self.attribute is None):
            raise ValueError("either limit, or layer and attribute")


@parameters
class StoreyHeightParameters:
    """Parameters of AREA-STOREY-HEIGHT."""

    tall: tuple[TallStorey, ...] = parameter(
        zh="各用途的层高限值，先列者先用", en="limits by use; the first that fits counts"
    )
    duct_area: float = parameter(
        zh="楼板洞口不大于此面积者视为管井",
        en="holes in a floor no larger are ducts",
        unit=Unit.SQUARE_METRE,
    )


def check_gross_area(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-GFA: counted floor area <= limit."""
    parameters: GrossAreaParameters = rule.parameters
    ledger = ledger_for(parameters, scheme)
    missing = without_floors(scheme, ledger.floors)
    if missing is not None:
        return [missing]
    tables = _tables(ledger)
    limit = _limit(parameters, scheme, around)
    if limit is None:
        return [_without_limit(parameters, ledger, tables)]
    index = ledger.index(parameters.counted_by)
    counted = ledger.counted(index)
    measurement = Measurement(
        measured=counted,
        limit=limit,
        margin=limit - counted,
        unit=Unit.SQUARE_METRE,
        uncertainty=Uncertainty(mesh=ledger.drawn_to(index), data=ledger.doubtful(index)),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    over = measurement.margin < 0.0
    sentence = Text(
        zh="按 {code} 建筑面积 {area:.2f} m²，" + ("超过" if over else "不超过") + "{limit:.2f} m²（{totals}）。{declared}{doubts}",
        en="The floor area by {code} is {area:.2f} m²; " + ("more than" if over else "it keeps") + " the limit of {limit:.2f} m² ({totals}).{declared}{doubts}",
    )  # fmt: skip
    return [
        Judgement(
            outcome,
            sentence.format(
                code=parameters.counted_by,
                area=counted,
                limit=limit,
                totals=totals_told(ledger),
                declared=_declared_told(scheme, ledger),
                doubts=doubts_told(ledger, index),
            ),
            fix=_less_area(ledger, index, -measurement.margin) if over else None,
            measurement=measurement,
            elements=deciding(ledger, index),
            geometry=_largest_floor(scheme, ledger) if over else None,
            tables=tables,
            basis=floors_of_spaces(ledger, index),
        )
    ]


def _limit(parameters: GrossAreaParameters, scheme: Scheme, around: Surroundings) -> float | None:
    if parameters.limit is not None:
        return parameters.limit
    if parameters.attribute is None:
        return None
    parcel = parcel_of(scheme, around, parameters.layer)
    stated = parcel.attributes.get(parameters.attribute) if parcel is not None else None
    return float(stated) if isinstance(stated, int | float) and stated is not True else None


def _without_limit(
    parameters: GrossAreaParameters, ledger: Ledger, tables: tuple[Table, ...]
) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="建筑面积已算出（{totals}），但所在地块没有上限（属性 {key}）。",
            en="The floor area is known ({totals}), but no parcel it stands on states a limit (attribute {key}).",
        ).format(totals=totals_told(ledger), key=parameters.attribute),
        fix=Text(
            zh="在地块图层补充该属性，或在规则中写明 limit。",
            en="Add the attribute to the parcel, or write the limit into the rule.",
        ),
        tables=tables,
    )


def _declared_told(scheme: Scheme, ledger: Ledger) -> Text:
    """What the building itself states as its gross area, and by how much the drawn one differs; empty where it states none."""
    for entry in declared_areas(scheme.model, ledger.floors):
        if entry.quantity.endswith(".GrossFloorArea") and entry.meant is GROSS:
            return Text(
                zh="模型申报 {stated:.2f} m²（{quantity}），围护范围合计与之相差 {difference:+.2f} m²。",
                en=" The model declares {stated:.2f} m² ({quantity}); what walls enclose differs by {difference:+.2f} m².",
            ).format(
                stated=entry.stated, quantity=entry.quantity, difference=entry.difference or 0.0
            )
    return Text(zh="", en="")


def _largest_floor(scheme: Scheme, ledger: Ledger) -> BaseGeometry | None:
    """The largest enclosed part of any storey where it stands, 3D; None where spaces alone tell of floors."""
    plan = max(ledger.floors.plans, key=lambda p: float(p.enclosed.area))
    if plan.enclosed.is_empty:
        return None
    return on_map(plan.enclosed, plan.floor, scheme.placement)


def _less_area(ledger: Ledger, regime: int, square_metres: float) -> Text:
    """How much to take away, and where most of it lies."""
    by_storey: dict[str, float] = {}
    for row in ledger.rows:
        by_storey[row.part.storey] = by_storey.get(row.part.storey, 0.0) + row.counted(regime)
    largest = max(by_storey, key=lambda name: by_storey[name])
    return Text(
        zh="减少 {area:.2f} m²；面积最大的楼层为 {storey}（{most:.2f} m²）。",
        en="Take {area:.2f} m² away; the largest storey is {storey} ({most:.2f} m²).",
    ).format(
        area=math.ceil(round(square_metres * 100.0, 6)) / 100.0,
        storey=largest,
        most=by_storey[largest],
    )


def _tables(ledger: Ledger) -> tuple[Table, ...]:
    faults = space_faults(ledger.floors)
    return (ledger_table(ledger),) if faults is None else (ledger_table(ledger), faults)


def check_storey_height(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-STOREY-HEIGHT: every storey is at most as high as its use allows; higher ones count more than once."""
    parameters: StoreyHeightParameters = rule.parameters
    floors = floors_of(scheme, duct_area=parameters.duct_area, heights=())
    missing = without_floors(scheme, floors)
    if missing is not None:
        return [missing]
    highest = floors.plans[-1].identifiers
    concerned: dict[TallStorey, list[FloorPart]] = {}
    for part, entry in height_limits(floors.parts, parameters.tall).items():
        if part.kind == "enclosed" and part.clear_height is None:
            concerned.setdefault(entry, []).append(part)
    if not concerned:
        return [
            Judgement(
                Outcome.NOT_APPLICABLE,
                Text(
                    zh="没有规则所列用途的楼层。", en="No storey is of a use that the rule limits."
                ),
            )
        ]
    return [
        _storeys_of_use(rule, entry, concerned[entry], highest)
        for entry in parameters.tall
        if entry in concerned
    ]


def _storeys_of_use(
    rule: Rule, entry: TallStorey, parts: list[FloorPart], highest: tuple[str, ...]
) -> Judgement:
    known = [part for part in parts if part.storey_height is not None]
    if not known:
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(zh="层高不明。", en="The storey height is not known."),
            fix=Text(
                zh="提交屋面或其上楼层的标高。",
                en="Deliver the roof, or the elevation of the storey above.",
            ),
        )
    # Elevations are written, not drawn: equal to the limit is not above it, and rounding is no excess.
    tallest = max(known, key=lambda part: part.storey_height or 0.0)
    height = round(tallest.storey_height or 0.0, 6)
    measurement = Measurement(
        measured=height,
        limit=entry.limit,
        margin=round(entry.limit - height, 6),
        unit=Unit.METRE,
        uncertainty=Uncertainty(mesh=LENGTH_UNCERTAINTY if tallest.storey_ids == highest else 0.0),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    over = [p for p in known if round((p.storey_height or 0.0) - entry.limit, 6) > 0.0]
    area = sum(part.area for part in over)
    words = {
        "use": entry.space_name or "*",
        "height": height,
        "limit": entry.limit,
        "storeys": ", ".join(dict.fromkeys(part.storey for part in over)),
        "area": area,
        "factor": entry.factor,
        "extra": area * (entry.factor - 1.0),
        "cut": math.ceil(round(-measurement.margin * 100.0, 6)) / 100.0,
    }
    sentence = (
        Text(
            zh="{storeys} 层高最大 {height:.2f} m，超过 {limit:.2f} m（用途 {use}）；这些楼层 {area:.2f} m² 应按 {factor:g} 倍计容，多计 {extra:.2f} m²。",
            en="{storeys}: up to {height:.2f} m high, above {limit:.2f} m (use {use}); their {area:.2f} m² count {factor:g} times, {extra:.2f} m² more.",
        )
        if over
        else Text(
            zh="层高最大 {height:.2f} m，不超过 {limit:.2f} m（用途 {use}）。",
            en="The highest storey is {height:.2f} m, within {limit:.2f} m (use {use}).",
        )
    )
    return Judgement(
        outcome,
        sentence.format(**words),
        fix=Text(
            zh="将层高降低 {cut:.2f} m，或按 {factor:g} 倍计容。",
            en="Lower the storeys by {cut:.2f} m, or count them {factor:g} times.",
        ).format(**words)
        if over
        else None,
        measurement=measurement,
        elements=tuple(
            dict.fromkeys(
                identifier
                for part in sorted(over, key=lambda p: (-(p.storey_height or 0.0), p.floor))
                for identifier in part.storey_ids
            )
        ),
        tables=(_heights(parts, entry),),
    )


def _heights(parts: list[FloorPart], entry: TallStorey) -> Table:
    area: dict[tuple[str, float | None], float] = {}
    for part in parts:
        key = (part.storey, part.storey_height)
        area[key] = area.get(key, 0.0) + part.area
    rows: list[tuple[Cell, ...]] = [
        (storey, height, entry.limit, total) for (storey, height), total in area.items()
    ]
    columns = (
        Column("storey", Text(zh="楼层", en="storey")),
        Column("height", Text(zh="层高", en="storey height"), Unit.METRE),
        Column("limit", Text(zh="限值", en="limit"), Unit.METRE),
        Column("area", Text(zh="面积", en="area"), Unit.SQUARE_METRE),
    )
    return Table(Text(zh="层高", en="Storey heights"), columns, tuple(rows))


RULE_TYPES = (
    RuleType(
        code="AREA-GFA",
        title=Text(zh="建筑面积", en="Gross floor area"),
        explanation=Text(
            zh="Σ 面积 × 系数。每层面积为墙体外围所围、有楼板且有顶盖的范围（GB/T 50353-2013 3.0.1），或 GFA 类型的 IfcSpace；楼梯、电梯、管井并入自然层（3.0.19），"
            "挑空不计（3.0.8）。系数由规则库按标准列表：层高、坡屋顶下净高（由屋面实际几何截取）、阳台、雨篷、凸窗。各标准并列，逐部位台账，行合计即总数。模型未说明者列为存疑，作为不确定度。",
            en="Sum of area times share. The area of a storey is what its walls enclose, with a floor and a cover (GB/T 50353-2013 3.0.1), or its "
            "IfcSpace of type GFA; stairs, lifts and ducts belong to their storey (3.0.19), voids do not (3.0.8). Shares are tables of the rulebook for each "
            "standard: storey height, clear height under a pitched roof (cut from the roof's real shape), balconies, canopies, bay windows. All standards are "
            "counted side by side in a ledger whose rows add up to the sum. What the model does not tell is listed, and is the uncertainty of the sum.",
        ),
        parameters=GrossAreaParameters,
        check=check_gross_area,
        recheck=recheck_floors,
        needs_bodies=False,
        needs=(STOREYS, GROSS_SPACES),
    ),
    RuleType(
        code="AREA-STOREY-HEIGHT",
        title=Text(zh="层高限值", en="Storey height by use"),
        explanation=Text(
            zh="层高为本层楼面到上一层楼面（最高层到屋面顶）的高差；超过该用途限值的楼层按规则库的倍数计容。坡屋顶下不适用。限值为地方规定。",
            en="The storey height is the rise from a floor to the floor above (to the top of the roof for the highest); storeys above the limit of their use "
            "count as often as the rulebook says. Not asked under pitched roofs. The limits are local.",
        ),
        parameters=StoreyHeightParameters,
        check=check_storey_height,
        needs_bodies=False,
        needs=(STOREYS, SPACES),
    ),
)
