"""Floor area ratio (容积率): counted floor area over the area of the parcel."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bim_checks.finding import (
    Judgement,
    Uncertainty,
    Unit,
)
from bim_checks.measures.area_ledger import Ledger, ledger_table, space_faults
from bim_checks.measures.below_ground import below_ground
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
from bim_checks.measures.parcel_of import parcel_of
from bim_checks.measures.parcel_share import (
    SITE,
    drawn_flat,
    limit_of,
    refuse_unstated,
    share_of,
    stated_maximum,
    without_limit,
    without_parcel,
)
from bim_checks.measures.weights import CountingException, TallStorey, height_limits, weight_of
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.areas import floors_of_spaces, recheck_floors
from bim_checks.tolerance import outcome_of
from cim.text import Text


@parameters
class FloorAreaRatioParameters(CountingParameters):
    """Parameters of AREA-FAR."""

    layer: str | None = parameter(
        zh="地块图层（用地红线）", en="layer of parcels", asset=Asset.LAYER, default=None
    )
    limit: float | None = parameter(
        zh="容积率上限；省略则读取地块属性",
        en="highest ratio; read from the parcel where absent",
        unit=Unit.RATIO,
        default=None,
    )
    attribute: str | None = parameter(
        zh="地块上记录容积率上限的属性",
        en="attribute of the parcel that has the limit",
        default=None,
    )
    below_ground_share: float = parameter(
        zh="楼面低于室外地面超过层高的这一比例即为地下层",
        en="a floor that lies deeper than this share of its storey's height is below ground",
        unit=Unit.RATIO,
    )
    exceptions: tuple[CountingException, ...] = parameter(
        zh="不计容或折减的面积，先列者先用",
        en="area that counts otherwise; the first entry that fits counts",
        default=(),
    )
    tall: tuple[TallStorey, ...] = parameter(
        zh="层高超标时加倍计容", en="storeys too high, which count more than once", default=()
    )

    def __post_init__(self) -> None:
        CountingParameters.__post_init__(self)
        refuse_unstated(self.limit, self.layer, self.attribute)


def check_floor_area_ratio(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """AREA-FAR: counted floor area over parcel area <= limit."""
    parameters: FloorAreaRatioParameters = rule.parameters
    plain = ledger_for(parameters, scheme)
    missing = without_floors(scheme, plain.floors)
    if missing is not None:
        return [missing]
    parcel = parcel_of(scheme, around, parameters.layer)
    if parcel is None:
        return [without_parcel()]
    limit = limit_of(parameters.limit, parameters.attribute, parcel)
    if limit is None:
        return [without_limit(parcel, parameters.attribute)]
    depth = below_ground(plain.floors.plans, scheme, around, share=parameters.below_ground_share)
    limits = height_limits(plain.floors.parts, parameters.tall)
    ledger = ledger_for(
        parameters, scheme, lambda part: weight_of(part, parameters.exceptions, limits, depth)
    )
    index = ledger.index(parameters.counted_by)
    counted = ledger.counted(index)
    measurement = share_of(
        counted,
        Uncertainty(mesh=ledger.drawn_to(index), data=ledger.doubtful(index)),
        parcel,
        limit,
        unit=Unit.RATIO,
    )
    over = measurement.margin < 0.0
    sentence = Text(
        zh="容积率 {ratio:.3f}（计容 {counted:.2f} m² / 用地 {land:.2f} m²，{parcel}），" + ("超过" if over else "不超过") + "{limit:g}。不计例外时{totals}。{declared}{depths}{doubts}",
        en="The floor area ratio is {ratio:.3f} ({counted:.2f} m² counted on {land:.2f} m² of {parcel}); " + ("above" if over else "within") + " the limit of {limit:g}. Without exceptions: {totals}.{declared}{depths}{doubts}",
    )  # fmt: skip
    tables = [ledger_table(ledger)]
    faults = space_faults(ledger.floors)
    return [
        Judgement(
            outcome_of(measurement, rule.legal_effect),
            sentence.format(
                ratio=measurement.measured,
                counted=counted,
                land=parcel.area,
                parcel=parcel.name,
                limit=limit,
                totals=totals_told(plain),
                declared=stated_maximum(scheme, "FloorAreaRatio"),
                depths=_unknown_depths(ledger, depth, parameters),
                doubts=doubts_told(ledger, index),
            ),
            fix=_less_floor(-measurement.margin * parcel.area) if over else None,
            measurement=measurement,
            elements=deciding(ledger, index),
            feature=parcel.name,
            geometry=drawn_flat(parcel.geometry, scheme) if over else None,
            tables=tuple(tables if faults is None else [*tables, faults]),
            basis=floors_of_spaces(ledger, index, parcel.geometry),
        )
    ]


def _unknown_depths(
    ledger: Ledger,
    depth: Mapping[tuple[str, ...], bool | None],
    parameters: FloorAreaRatioParameters,
) -> Text:
    """Which storeys could not be told to lie below ground or not, where an exception asks."""
    asked = any(entry.below_ground is not None for entry in parameters.exceptions)
    unknown = [
        plan.name
        for plan in ledger.floors.plans
        if depth.get(plan.identifiers) is None and not plan.enclosed.is_empty
    ]
    if not asked or not unknown:
        return Text(zh="", en="")
    return Text(
        zh="{storeys} 是否在地下不明，按地上计。",
        en=" Whether {storeys} lies below ground is not known; it is counted as above.",
    ).format(storeys=", ".join(unknown))


def _less_floor(square_metres: float) -> Text:
    return Text(
        zh="计容面积减少 {area:.2f} m²。", en="Take {area:.2f} m² of counted floor away."
    ).format(area=math.ceil(round(square_metres * 100.0, 6)) / 100.0)


RULE_TYPES = (
    RuleType(
        code="AREA-FAR",
        title=Text(zh="容积率", en="Floor area ratio"),
        explanation=Text(
            zh="容积率 = Σ 计容建筑面积 / 用地面积。计容面积为台账面积乘以规则库的系数（车库、地下层、架空层等地方规定；层高超标加倍）。用地面积取包含建筑的地块，"
            "否则取测绘用地范围或 IfcSite，并注明。地下层：楼面低于室外地面（该层轮廓处地形平均高）超过层高的给定比例（GB 50352-2019 2.0）。",
            en="Sum of counted floor area over parcel area. Counted area is that of the ledger times the rulebook's factors (garages, storeys below ground, "
            "storeys on columns: local; storeys too high count more than once). The parcel is the one that holds the building, else the surveyed outline, else the "
            "IfcSite; the sentence says which. A storey lies below ground where its floor is deeper under the ground outside (the terrain's mean along its outline) than "
            "a given share of its height (GB 50352-2019 2.0).",
        ),
        parameters=FloorAreaRatioParameters,
        check=check_floor_area_ratio,
        recheck=recheck_floors,
        needs=(STOREYS, GROSS_SPACES, SPACES, SITE),
    ),
)
