"""The parameters that every rule about floor area shares, and the words in which it tells what it counted."""

from __future__ import annotations

from bim_checks.finding import Judgement, Outcome, Unit
from bim_checks.measures.area_ledger import Ledger, Weight, ledger_of
from bim_checks.measures.area_regime import Regime
from bim_checks.measures.floor_parts import FloorPart, Floors
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Need
from bim_checks.scheme import Scheme
from cim.text import Text

BASES = {
    "gfa_spaces": Text(
        zh="按 IfcSpace（GFA）", en="from the spaces for gross areas (IfcSpace GFA)"
    ),
    "storeys": Text(
        zh="按各层围护结构外围（楼层剖切）",
        en="from what walls enclose on each storey (sections of the storeys)",
    ),
    "spaces": Text(
        zh="文件没有墙体，按各空间净面积（不含墙体）",
        en="from the net areas of spaces, for the file draws no walls",
    ),
}
STOREYS = Need(
    entity="IfcBuildingStorey",
    why=Text(zh="逐层计算面积与层高", en="areas and storey heights are taken storey by storey"),
)
GROSS_SPACES = Need(
    entity="IfcSpace",
    predefined_type="GFA",
    why=Text(
        zh="各层建筑面积；没有时按围护结构外围计算",
        en="gross area of each storey; without them it is taken from what walls enclose",
    ),
    required=False,
)
SPACES = Need(
    entity="IfcSpace",
    why=Text(zh="按用途分列面积", en="areas are listed by use"),
    required=False,
)


@parameters
class CountingParameters:
    """How floor area is counted."""

    regimes: tuple[Regime, ...] = parameter(
        zh="并列计算的标准", en="the standards counted side by side"
    )
    counted_by: str = parameter(zh="以哪个标准（code）判定", en="code of the standard that decides")
    duct_area: float = parameter(
        zh="楼板洞口不大于此面积者视为管井，并入自然层",
        en="holes in a floor no larger are ducts and belong to their storey",
        unit=Unit.SQUARE_METRE,
    )

    def __post_init__(self) -> None:
        codes = [regime.code for regime in self.regimes]
        if self.counted_by not in codes or len(set(codes)) != len(codes):
            raise ValueError("counted_by must be the code of one of the regimes, each code once")


def ledger_for(
    parameters: CountingParameters, scheme: Scheme, weight: Weight | None = None
) -> Ledger:
    """The ledger of a scheme as parameters say."""
    if weight is None:
        return ledger_of(scheme, parameters.regimes, duct_area=parameters.duct_area)
    return ledger_of(scheme, parameters.regimes, duct_area=parameters.duct_area, weight=weight)


def without_floors(scheme: Scheme, floors: Floors) -> Judgement | None:
    """What a rule says where no floor can be measured; None where some can."""
    if scheme.is_site_alone:
        return Judgement(
            Outcome.NOT_APPLICABLE,
            Text(
                zh="只提交了用地范围，没有建筑。",
                en="Only the outline of a site was submitted, no building.",
            ),
        )
    if any(part.kind != "open_to_sky" for part in floors.parts):
        return None
    if not floors.plans:
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(
                zh="文件没有带标高的楼层，无法计算建筑面积。",
                en="No storey has an elevation, so no floor area can be measured.",
            ),
            fix=Text(
                zh="提交带标高的 IfcBuildingStorey，并最好附 GFA 类型的 IfcSpace。",
                en="Deliver IfcBuildingStorey with elevations, and best with an IfcSpace of type GFA on each.",
            ),
        )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="各楼层标高处没有墙体围合的范围，也没有空间，无法计算建筑面积。",
            en="At no storey do walls enclose a covered floor, and there are no spaces; no floor area can be measured.",
        ),
        fix=Text(
            zh="提交墙体、楼板和屋面，或每层一个 GFA 类型的 IfcSpace。",
            en="Deliver walls, slabs and roof, or an IfcSpace of type GFA on each storey.",
        ),
    )


def totals_told(ledger: Ledger) -> Text:
    """All sums side by side, what they were taken from, and what is in doubt."""
    parts = [
        Text(zh="{code} 计 {area:.2f} m²", en="{area:.2f} m² by {code}").format(
            code=regime.code, area=ledger.counted(i)
        )
        for i, regime in enumerate(ledger.regimes)
    ]
    sums = Text(zh="，".join(part.zh for part in parts), en=", ".join(part.en for part in parts))
    return Text(zh="{sums}，{basis}", en="{sums}, {basis}").format(
        sums=sums, basis=BASES[ledger.floors.basis]
    )


def doubts_told(ledger: Ledger, regime: int) -> Text:
    """What the model does not tell, and what is wrong with its spaces; empty where nothing is."""
    zh, en = "", ""
    doubtful = ledger.doubtful(regime)
    if doubtful > 0.0:
        zh += f"另有 {doubtful:.2f} m² 模型未说明，见台账存疑列。"
        en += f" Of another {doubtful:.2f} m² the model does not tell; see what is in doubt in the ledger."
    floors = ledger.floors
    if floors.overlaps:
        zh += f"{len(floors.overlaps)} 对空间互相重叠。"
        en += f" {len(floors.overlaps)} pairs of spaces overlap."
    if floors.outside:
        zh += f"{len(floors.outside)} 个空间超出围护范围。"
        en += f" {len(floors.outside)} spaces reach out of the walls."
    return Text(zh=zh, en=en)


def deciding(ledger: Ledger, regime: int) -> tuple[str, ...]:
    """GlobalIds of the spaces, or of the elements where there is no space, by the area they bring, largest first."""
    brought: dict[str, float] = {}
    for row in ledger.rows:
        for name in _names(row.part):
            brought[name] = brought.get(name, 0.0) + row.counted(regime)
    found = [(area, name) for name, area in brought.items() if area > 0.0]
    return tuple(name for _, name in sorted(found, key=lambda f: (-f[0], f[1])))


def _names(part: FloorPart) -> tuple[str, ...]:
    return (part.space.global_id,) if part.space is not None else part.elements
