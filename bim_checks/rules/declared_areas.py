"""What the model says about its own areas, against what is drawn."""

from __future__ import annotations

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
from bim_checks.measures.area_ledger import space_faults
from bim_checks.measures.counting import SPACES, STOREYS, without_floors
from bim_checks.measures.declared import Declared, declared_areas
from bim_checks.measures.floor_parts import floors_of
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import outcome_of
from cim.text import Text

DRAWN_TO = (
    0.01  # %; areas of different tools agree no better: corners to the millimetre, faceted arcs
)
QUANTITIES = Need(
    entity="IfcBuilding",
    property_set="Qto_BuildingBaseQuantities",
    property_name="GrossFloorArea",
    data_type="IFCAREAMEASURE",
    why=Text(
        zh="申报的建筑面积，与量得面积核对", en="the declared floor area, held against the drawn"
    ),
    required=False,
)


@parameters
class DeclaredParameters:
    """Parameters of AREA-DECLARED."""

    tolerance: float = parameter(
        zh="申报与量得的允许差（占申报值）",
        en="allowed difference, of what is declared",
        unit=Unit.PERCENT,
    )
    least: float = parameter(
        zh="不大于此值的差不计", en="differences no larger do not matter", unit=Unit.SQUARE_METRE
    )
    duct_area: float = parameter(
        zh="楼板洞口不大于此面积者视为管井",
        en="holes in a floor no larger are ducts",
        unit=Unit.SQUARE_METRE,
    )


def check_declared(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-DECLARED: every area the model states differs from the drawn one by at most a tolerance."""
    parameters: DeclaredParameters = rule.parameters
    floors = floors_of(scheme, duct_area=parameters.duct_area, heights=())
    if scheme.is_site_alone:
        missing = without_floors(scheme, floors)
        return [missing] if missing is not None else []
    stated = declared_areas(scheme.model, floors)
    tables = _tables(stated, space_faults(floors))
    known = [entry for entry in stated if entry.measured is not None]
    if not known:
        return [_nothing_to_compare(stated, tables)]
    matter = [e for e in known if abs(e.difference or 0.0) > parameters.least]
    worst = max(matter or known, key=_percent)
    off = _percent(worst) if matter else 0.0
    measurement = Measurement(
        measured=off,
        limit=parameters.tolerance,
        margin=parameters.tolerance - off,
        unit=Unit.PERCENT,
        uncertainty=Uncertainty(mesh=DRAWN_TO),
    )
    outcome = outcome_of(measurement, rule.legal_effect)
    broken = sorted(
        (e for e in matter if _percent(e) > parameters.tolerance), key=lambda e: (-_percent(e), e.global_id)
    )  # fmt: skip
    words = {
        "count": len(known),
        "broken": len(broken),
        "tolerance": parameters.tolerance,
        "what": worst.what,
        "quantity": worst.quantity,
        "stated": worst.stated,
        "measured": worst.measured,
        "off": _percent(worst),
    }
    sentence = (
        Text(
            zh="申报面积 {count} 项，{broken} 项与量得相差超过 {tolerance:g} %；最大为{what} {quantity} 申报 {stated:.2f} m²，量得 {measured:.2f} m²，差 {off:.2f} %。",
            en="Of {count} declared areas {broken} differ from the drawn ones by more than {tolerance:g} %; most of all {quantity} of {what}: {stated:.2f} m² declared, {measured:.2f} m² drawn, {off:.2f} % apart.",
        )
        if broken
        else Text(
            zh="申报面积 {count} 项，与量得相差均不超过 {tolerance:g} %；最大为{what}，差 {off:.2f} %。",
            en="All {count} declared areas agree with the drawn ones to {tolerance:g} %; most apart is {quantity} of {what}, by {off:.2f} %.",
        )
    )
    return [
        Judgement(
            outcome,
            sentence.format(**words),
            fix=Text(
                zh="重新导出这些数量，或改正图形，使两者一致（见表）。",
                en="Export these quantities again, or mend what is drawn, so that both agree (see the table).",
            )
            if broken
            else None,
            measurement=measurement,
            elements=tuple(dict.fromkeys(entry.global_id for entry in broken)),
            tables=tables,
        )
    ]


def _percent(entry: Declared) -> float:
    return abs(entry.difference or 0.0) / entry.stated * 100.0


def _nothing_to_compare(stated: tuple[Declared, ...], tables: tuple[Table, ...]) -> Judgement:
    sentence = (
        Text(
            zh="模型申报了面积，但没有可量取的楼层或空间。",
            en="The model declares areas, but draws no floor or space to hold them against.",
        )
        if stated
        else Text(zh="模型没有申报任何面积。", en="The model declares no area.")
    )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        sentence,
        fix=Text(
            zh="提交 Qto_BuildingBaseQuantities.GrossFloorArea 及各空间的 Qto_SpaceBaseQuantities。",
            en="Deliver Qto_BuildingBaseQuantities.GrossFloorArea, and Qto_SpaceBaseQuantities of the spaces.",
        ),
        tables=tables,
    )


def _tables(stated: tuple[Declared, ...], faults: Table | None) -> tuple[Table, ...]:
    columns = (
        Column("what", Text(zh="对象", en="of")),
        Column("quantity", Text(zh="数量", en="quantity")),
        Column("declared", Text(zh="申报", en="declared"), Unit.SQUARE_METRE),
        Column("measured", Text(zh="量得", en="drawn"), Unit.SQUARE_METRE),
        Column("difference", Text(zh="量得 − 申报", en="drawn minus declared"), Unit.SQUARE_METRE),
        Column("meant", Text(zh="量得的是", en="what is drawn")),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (e.what, e.quantity, e.stated, e.measured, e.difference, e.meant) for e in stated
    )
    table = Table(Text(zh="申报与量得", en="Declared and drawn"), columns, rows)
    tables = (table,) if rows else ()
    return tables if faults is None else (*tables, faults)


RULE_TYPES = (
    RuleType(
        code="AREA-DECLARED",
        title=Text(zh="申报面积与量得面积", en="Declared against drawn areas"),
        explanation=Text(
            zh="|量得 − 申报| / 申报 × 100 % 不大于允许差。申报值取 Qto_BuildingBaseQuantities、Qto_BuildingStoreyBaseQuantities、Qto_SpaceBaseQuantities"
            "（或旧名 BaseQuantities）及 Pset_BuildingCommon；量得值为各层围护范围、首层外轮廓、空间底面。全部列表，重叠及超出的空间一并列出。",
            en="|drawn − declared| / declared, in percent, must not exceed the tolerance. Declared are Qto_BuildingBaseQuantities, "
            "Qto_BuildingStoreyBaseQuantities and Qto_SpaceBaseQuantities (or BaseQuantities, as they were called) and Pset_BuildingCommon; drawn are what walls enclose, "
            "the contour of the lowest floor, and the floors of spaces. All are listed, with spaces that overlap or stick out.",
        ),
        parameters=DeclaredParameters,
        check=check_declared,
        needs_bodies=False,
        needs=(QUANTITIES, STOREYS, SPACES),
    ),
)
