"""Parking: enough bays for what is built, and each large enough to park in."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

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
from bim_checks.measures.area_ledger import Ledger
from bim_checks.measures.bays import Bay, ParkingSpace, bays, parking_spaces
from bim_checks.measures.counting import (
    SPACES,
    STOREYS,
    CountingParameters,
    ledger_for,
    without_floors,
)
from bim_checks.measures.weights import matches
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import LENGTH_UNCERTAINTY, outcome_of
from cim.recognition import dwellings
from cim.text import Text

BAYS = Need(
    entity="IfcSpace",
    predefined_type="PARKING",
    why=Text(zh="停车位数量与尺寸", en="number and size of parking bays"),
)
BAY_UNITS = Need(
    entity="IfcSpace",
    predefined_type="PARKING",
    property_set="Pset_SpaceParking",
    property_name="ParkingUnits",
    data_type="IFCCOUNTMEASURE",
    why=Text(zh="一个空间含多个车位时的数量", en="how many bays a space of several holds"),
    required=False,
)
WHOLE = 1e-9  # of a bay; sums of rounded parts are not rounded up for it


@parameters
class ParkingRatio:
    """How many bays a use needs."""

    use: str = parameter(zh="用途名称", en="name of the use")
    clause: str = parameter(zh="条款", en="the clause")
    per_100_m2: float = parameter(
        zh="每 100 m² 建筑面积的车位数", en="bays for each 100 m² of floor area", default=0.0
    )
    per_dwelling: float = parameter(zh="每户车位数", en="bays for each dwelling", default=0.0)
    space_name: str | None = parameter(
        zh="空间名称（正则表达式）；省略则为其余全部计入面积（车位除外）",
        en="pattern of the space's name; all other counted area, parking left out, where absent",
        default=None,
    )

    def __post_init__(self) -> None:
        if self.per_100_m2 <= 0.0 and self.per_dwelling <= 0.0:
            raise ValueError("either per_100_m2 or per_dwelling must be above zero")
        _is_pattern(self.space_name)


@parameters
class ParkingCountParameters(CountingParameters):
    """Parameters of PARKING-COUNT."""

    ratios: tuple[ParkingRatio, ...] = parameter(
        zh="各用途配建指标，先列者先用", en="ratios by use; the first that fits counts"
    )


@parameters
class BayKind:
    """How large bays of a kind must be."""

    kind: str = parameter(zh="车位种类", en="name of the kind")
    width: float = parameter(zh="最小宽度", en="least width", unit=Unit.METRE)
    length: float = parameter(zh="最小长度", en="least length", unit=Unit.METRE)
    space_name: str | None = parameter(
        zh="空间名称（正则表达式）；省略则为其余车位",
        en="pattern of the space's name; all other bays where absent",
        default=None,
    )

    def __post_init__(self) -> None:
        if not 0.0 < self.width <= self.length:
            raise ValueError("width must be above zero and at most length")
        _is_pattern(self.space_name)


@parameters
class BaySizeParameters:
    """Parameters of PARKING-SIZE."""

    kinds: tuple[BayKind, ...] = parameter(
        zh="各类车位的最小尺寸，先列者先用", en="least sizes by kind; the first that fits counts"
    )


@dataclass(frozen=True, slots=True)
class Demand:
    """What one ratio asks for: the area it is of, the dwellings, the bays (not rounded), and those in doubt."""

    ratio: ParkingRatio
    area: float
    dwellings: int
    bays: float
    doubt: float


def check_count(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """PARKING-COUNT: number of bays >= what floor area and dwellings ask for, rounded up."""
    parameters: ParkingCountParameters = rule.parameters
    if scheme.is_site_alone:
        return [_without_building()]
    ledger = ledger_for(parameters, scheme)
    missing = without_floors(scheme, ledger.floors)
    if missing is not None and any(ratio.per_100_m2 > 0.0 for ratio in parameters.ratios):
        return [missing]
    demands = _demands(parameters, ledger, scheme)
    asked = math.fsum(demand.bays for demand in demands)
    needed = math.ceil(asked - WHOLE)
    if needed == 0:
        return [_nothing_asked()]
    found = parking_spaces(scheme.model)
    if not found:
        return [_without_bays(needed, demands)]
    count = sum(space.bays for space in found)
    measurement = Measurement(
        measured=float(count),
        limit=float(needed),
        margin=float(count - needed),
        unit=Unit.COUNT,
        uncertainty=Uncertainty(data=_in_doubt(asked, demands)),
    )
    short = count < needed
    assumed = sum(1 for space in found if not space.is_stated)
    names = _assumed_dwellings(demands, scheme)
    sentence = Text(
        zh="停车位 {count} 个，" + ("少于" if short else "不少于") + "应配 {needed} 个。{assumed}{names}",
        en="There are {count} parking bays; " + ("fewer than" if short else "at least") + " the {needed} required.{assumed}{names}",
    )  # fmt: skip
    return [
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence.format(
                count=count,
                needed=needed,
                assumed=Text(
                    zh="{n} 个空间未注明车位数，各按 1 个计。",
                    en=" {n} spaces do not say how many bays they hold; each is taken for one.",
                ).format(n=assumed)
                if assumed
                else Text(zh="", en=""),
                names=names,
            ),
            fix=Text(zh="增加 {n} 个停车位。", en="Add {n} parking bays.").format(n=needed - count)
            if short
            else None,
            measurement=measurement,
            elements=tuple(space.space.global_id for space in found if space.bays),
            tables=(_demand_table(demands), _supply_table(found)),
        )
    ]


def _demands(parameters: ParkingCountParameters, ledger: Ledger, scheme: Scheme) -> list[Demand]:
    """What each ratio asks for; an area is counted under the first ratio by area that fits it, and under no other."""
    index = ledger.index(parameters.counted_by)
    by_area = [ratio for ratio in parameters.ratios if ratio.per_100_m2 > 0.0]
    areas: dict[str, list[float]] = {ratio.use: [] for ratio in by_area}
    doubts: dict[str, list[float]] = {ratio.use: [] for ratio in by_area}
    for row in ledger.rows:
        space = row.part.space
        if space is not None and space.predefined_type == "PARKING":
            continue
        ratio = next(
            (r for r in by_area if r.space_name is None or matches(r.space_name, space)), None
        )
        if ratio is not None:
            areas[ratio.use].append(row.counted(index))
            doubts[ratio.use].append(row.doubtful(index))
    homes = len(dwellings(scheme.model))
    demands = []
    for ratio in parameters.ratios:
        area = math.fsum(areas.get(ratio.use, ()))
        doubt = math.fsum(doubts.get(ratio.use, ())) * ratio.per_100_m2 / 100.0
        count = homes if ratio.per_dwelling > 0.0 else 0
        asked = area / 100.0 * ratio.per_100_m2 + count * ratio.per_dwelling
        demands.append(Demand(ratio, area, count, asked, doubt))
    return demands


def _in_doubt(asked: float, demands: list[Demand]) -> float:
    """By how many whole bays the number required may be off, because floor area is in doubt."""
    doubt = math.fsum(demand.doubt for demand in demands)
    return float(math.ceil(asked + doubt - WHOLE) - math.ceil(asked - WHOLE))


def _assumed_dwellings(demands: list[Demand], scheme: Scheme) -> Text:
    homes = dwellings(scheme.model)
    if not any(demand.dwellings for demand in demands) or not any(h.assumed for h in homes):
        return Text(zh="", en="")
    return Text(
        zh="户数按名称认定（如{evidence}）。",
        en=" Dwellings are told by their names only (such as: {evidence}).",
    ).format(evidence=next(home.evidence for home in homes if home.assumed))


def check_size(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """PARKING-SIZE: every bay holds a rectangle of the least width and length."""
    parameters: BaySizeParameters = rule.parameters
    if scheme.is_site_alone:
        return [_without_building()]
    found = bays(scheme)
    if not found:
        return [_without_bodies(parking_spaces(scheme.model))]
    judgements = []
    left = list(found)
    for kind in parameters.kinds:
        own = [b for b in left if kind.space_name is None or matches(kind.space_name, b.space)]
        left = [bay for bay in left if bay not in own]
        plain = [bay for bay in own if bay.is_convex]
        if plain:
            judgements.append(_sizes(rule, kind, plain))
        if len(plain) < len(own):
            judgements.append(_notched([bay for bay in own if not bay.is_convex]))
    undrawn = [
        space.space.global_id
        for space in parking_spaces(scheme.model)
        if space.bays == 1 and space.space.representation is None
    ]
    if undrawn:
        judgements.append(_undrawn(undrawn))
    return judgements or [_of_no_kind()]


def _sizes(rule: Rule, kind: BayKind, found: list[Bay]) -> Judgement:
    sizes = {bay.space.global_id: (bay.width_for(kind.length), bay.length_for(kind.width)) for bay in found}  # fmt: skip
    margins = {
        name: (width - kind.width, length - kind.length) for name, (width, length) in sizes.items()
    }
    worst = min(margins, key=lambda name: (min(margins[name]), name))
    across = margins[worst][0] <= margins[worst][1]
    measured = sizes[worst][0 if across else 1]
    limit = kind.width if across else kind.length
    measurement = Measurement(
        measured=measured,
        limit=limit,
        margin=measured - limit,
        unit=Unit.METRE,
        uncertainty=Uncertainty(mesh=LENGTH_UNCERTAINTY),
    )
    small = sorted((name for name in margins if min(margins[name]) < 0.0), key=lambda n: (min(margins[n]), n))  # fmt: skip
    words = {
        "kind": kind.kind,
        "count": len(found),
        "small": len(small),
        "width": kind.width,
        "length": kind.length,
        "side": Text(zh="宽", en="wide") if across else Text(zh="长", en="long"),
        "measured": measured,
        "short": math.ceil(round(-measurement.margin * 1000.0, 6)) / 1000.0,
    }
    sentence = (
        Text(
            zh="{kind} {count} 个，{small} 个小于 {width:g} m × {length:g} m；最小者{side} {measured:.3f} m。",
            en="Of {count} bays ({kind}) {small} are smaller than {width:g} m by {length:g} m; the smallest is {measured:.3f} m {side}.",
        )
        if small
        else Text(
            zh="{kind} {count} 个，均不小于 {width:g} m × {length:g} m；最紧者{side} {measured:.3f} m。",
            en="All {count} bays ({kind}) are at least {width:g} m by {length:g} m; the tightest is {measured:.3f} m {side}.",
        )
    )
    return Judgement(
        outcome_of(measurement, rule.legal_effect),
        sentence.format(**words),
        fix=Text(
            zh="最小者加{side} {short:.3f} m（见表中各车位）。",
            en="Make the smallest {short:.3f} m more {side} (each bay is in the table).",
        ).format(**words)
        if small
        else None,
        measurement=measurement,
        elements=tuple(small) if small else (worst,),
        tables=(_size_table(sizes),),
    )


def _demand_table(demands: list[Demand]) -> Table:
    columns = (
        Column("use", Text(zh="用途", en="use")),
        Column("clause", Text(zh="条款", en="clause")),
        Column("area", Text(zh="计入面积", en="counted area"), Unit.SQUARE_METRE),
        Column("per_100_m2", Text(zh="每 100 m² 车位", en="bays per 100 m²")),
        Column("dwellings", Text(zh="户数", en="dwellings"), Unit.COUNT),
        Column("per_dwelling", Text(zh="每户车位", en="bays per dwelling")),
        Column("bays", Text(zh="应配", en="required")),
    )
    rows: list[tuple[Cell, ...]] = [
        (d.ratio.use, d.ratio.clause, d.area, d.ratio.per_100_m2, d.dwellings, d.ratio.per_dwelling, d.bays)
        for d in demands
    ]  # fmt: skip
    total = math.fsum(demand.bays for demand in demands)
    rows.append((Text(zh="合计", en="sum"), None, None, None, None, None, total))
    return Table(Text(zh="应配车位", en="Bays required"), columns, tuple(rows))


def _supply_table(found: tuple[ParkingSpace, ...]) -> Table:
    columns = (
        Column("space", Text(zh="空间", en="space")),
        Column("bays", Text(zh="车位数", en="bays"), Unit.COUNT),
        Column("stated", Text(zh="文件注明", en="stated in the file")),
    )
    rows = tuple((s.space.name or s.space.global_id, s.bays, s.is_stated) for s in found)
    return Table(Text(zh="车位", en="Bays there are"), columns, rows)


def _size_table(sizes: dict[str, tuple[float, float]]) -> Table:
    columns = (
        Column("space", Text(zh="车位", en="bay")),
        Column("width", Text(zh="宽", en="width"), Unit.METRE),
        Column("length", Text(zh="长", en="length"), Unit.METRE),
    )
    rows = tuple((name, *size) for name, size in sizes.items())
    return Table(Text(zh="车位尺寸", en="Sizes of bays"), columns, rows)


def _is_pattern(pattern: str | None) -> None:
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(str(error)) from error


def _without_building() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="只提交了用地范围，没有建筑。",
            en="Only the outline of a site was submitted, no building.",
        ),
    )


def _nothing_asked() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(
            zh="没有规则所列用途的面积或住户，无需配建车位。",
            en="There is no floor area and no dwelling of the uses that need bays.",
        ),
    )


def _without_bays(needed: int, demands: list[Demand]) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="应配停车位 {needed} 个，但文件没有车位空间（IfcSpace PARKING）。",
            en="{needed} parking bays are required, and the file has no parking space (IfcSpace PARKING).",
        ).format(needed=needed),
        fix=Text(
            zh="为每个车位提交一个 IfcSpace，PredefinedType 为 PARKING；一个空间含多个车位时写明 Pset_SpaceParking.ParkingUnits。",
            en="Deliver an IfcSpace of type PARKING for each bay; where one holds several, write Pset_SpaceParking.ParkingUnits.",
        ),
        tables=(_demand_table(demands),),
    )


def _without_bodies(found: tuple[ParkingSpace, ...]) -> Judgement:
    if not any(space.bays == 1 for space in found):
        return Judgement(
            Outcome.NOT_APPLICABLE,
            Text(
                zh="文件没有单个车位的空间。",
                en="The file has no space that is one parking bay (IfcSpace PARKING).",
            ),
        )
    return _undrawn([space.space.global_id for space in found if space.bays == 1])


def _undrawn(names: list[str]) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{n} 个车位没有几何体，尺寸不明。",
            en="{n} parking bays have no body; their size is not known.",
        ).format(n=len(names)),
        fix=Text(
            zh="为车位空间导出几何体。", en="Export the spaces of the bays with their bodies."
        ),
        elements=tuple(names),
    )


def _notched(found: list[Bay]) -> Judgement:
    return Judgement(
        Outcome.DISCUSS,
        Text(
            zh="{n} 个车位平面有凹口（如柱占位），能否停放须人工核对。",
            en="The plans of {n} bays have notches (a column, say); whether a car fits is to be looked at.",
        ).format(n=len(found)),
        fix=Text(
            zh="车位空间只画可停放的矩形。", en="Draw only the rectangle a car may take as the bay."
        ),
        elements=tuple(bay.space.global_id for bay in found),
    )


def _of_no_kind() -> Judgement:
    return Judgement(
        Outcome.NOT_APPLICABLE,
        Text(zh="没有规则所列种类的车位。", en="No bay is of a kind that the rule limits."),
    )


RULE_TYPES = (
    RuleType(
        code="PARKING-COUNT",
        title=Text(zh="停车位数量", en="Number of parking bays"),
        explanation=Text(
            zh="应配数 = ⌈Σ 计入面积 / 100 × 每 100 m² 指标 + 户数 × 每户指标⌉；每部分面积只按最先适用的指标计一次，车位本身不计。"
            "车位为 IfcSpace PARKING，数量取 Pset_SpaceParking.ParkingUnits，未注明者按 1 个，通道（IsAisle）不计。指标为地方规定。",
            en="Required = the sum of counted area / 100 times the ratio per 100 m², plus dwellings times the ratio per dwelling, rounded up; each area counts under the "
            "first ratio that fits it, parking itself under none. Bays are IfcSpace PARKING, as many as Pset_SpaceParking.ParkingUnits says, one where it says nothing, none "
            "for an aisle (IsAisle). The ratios are local.",
        ),
        parameters=ParkingCountParameters,
        check=check_count,
        needs_bodies=False,
        needs=(BAYS, BAY_UNITS, STOREYS, SPACES),
    ),
    RuleType(
        code="PARKING-SIZE",
        title=Text(zh="停车位尺寸", en="Size of parking bays"),
        explanation=Text(
            zh="每个单车位空间的平面内，沿其最小外接矩形方向须能放下宽 × 长的矩形；量得值为给定长度下的最大宽度与给定宽度下的最大长度，以最紧者判定。平面有凹口者须人工核对。",
            en="The plan of every space that is one bay must hold a rectangle of width by length along the sides of the smallest rectangle around it; measured are the widest one "
            "of that length and the longest of that width, and the tightest decides. Plans with notches are to be looked at.",
        ),
        parameters=BaySizeParameters,
        check=check_size,
        needs_bodies=False,
        needs=(BAYS,),
    ),
)
