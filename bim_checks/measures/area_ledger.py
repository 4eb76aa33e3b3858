"""The ledger of floor areas: every part of every floor, what each standard makes of it, and sums that add up."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bim_checks.finding import Cell, Column, Table, Unit
from bim_checks.measures.area_regime import (
    Regime,
    Share,
    pitched_heights,
    share_of_kind,
    share_of_storey,
    share_under_pitched_roof,
)
from bim_checks.measures.floor_parts import FloorPart, Floors, floors_of
from bim_checks.scheme import Scheme
from bim_checks.tolerance import CONTACT
from cim.text import Text

Weight = Callable[[FloorPart], tuple[float, str]]
"""Factor by which a part's counted area enters a sum, and the entry of the rulebook that says so (empty: none)."""

KINDS = {
    "enclosed": Text(zh="围护范围", en="enclosed"),
    "void": Text(zh="挑空", en="void"),
    "unfloored": Text(zh="围护范围内未见楼板", en="enclosed, no floor drawn"),
    "open_to_sky": Text(zh="无顶盖", en="open to the sky"),
    "covered_open": Text(zh="有顶盖无围护", en="covered, not enclosed"),
    "balcony": Text(zh="挑阳台（未封闭）", en="balcony, projecting, not closed"),
    "recessed_balcony": Text(zh="凹阳台（未封闭）", en="balcony, recessed, not closed"),
    "canopy": Text(zh="雨篷", en="canopy"),
    "bay_window": Text(zh="凸窗", en="bay window"),
}
WALLS = Text(zh="墙体、井道及未划分部分", en="walls, shafts and what no space claims")


@dataclass(frozen=True, slots=True)
class Row:
    """One part with what each standard makes of it.

    Attributes:
        part: of a floor.
        shares: one for each regime, in their order.
        factor: by which the rulebook weighs it.
        reason: the rulebook's entry for that; empty when it is 1 by default.
    """

    part: FloorPart
    shares: tuple[Share, ...]
    factor: float
    reason: str

    def counted(self, regime: int) -> float:
        """m2 that enter the sum."""
        return self.part.area * self.shares[regime].coefficient * self.factor

    def doubtful(self, regime: int) -> float:
        """m2 that might enter the sum as well, or might not."""
        share = self.shares[regime]
        told = self.part.doubt * max(share.coefficient, 1.0 if self.part.kind == "void" else 0.0)
        return self.part.area * max(share.doubt, told) * max(self.factor, 0.0)


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows of a building.

    Attributes:
        floors: what they are made of.
        regimes: the standards side by side.
        rows: storey by storey, lowest first.
    """

    floors: Floors
    regimes: tuple[Regime, ...]
    rows: tuple[Row, ...]

    def index(self, code: str) -> int:
        """Position of a standard by its code."""
        return [regime.code for regime in self.regimes].index(code)

    def counted(self, regime: int) -> float:
        """Sum of a standard, m2: of its rows, and nothing else."""
        return math.fsum(row.counted(regime) for row in self.rows)

    def doubtful(self, regime: int) -> float:
        """m2 by which that sum is in doubt because the model does not tell."""
        return math.fsum(row.doubtful(regime) for row in self.rows)

    def drawn_to(self, regime: int) -> float:
        """Half-width of that sum from how exactly bodies are drawn, m2: half a band along the outline of every storey."""
        outlines: dict[tuple[str, ...], float] = {}
        for plan in self.floors.plans:
            outlines[plan.identifiers] = float(plan.contour.length)
        for row in self.rows:
            if row.part.kind != "enclosed" and row.counted(regime) > 0.0:
                key = row.part.storey_ids
                outlines[key] = outlines.get(key, 0.0) + float(row.part.geometry.length)
        counting = {row.part.storey_ids for row in self.rows if row.counted(regime) > 0.0}
        if self.floors.basis != "storeys":
            return math.fsum(
                row.part.geometry.length / 2.0 * CONTACT
                for row in self.rows
                if row.counted(regime) > 0.0
            )
        return math.fsum(outlines[key] / 2.0 * CONTACT for key in sorted(counting))


def ledger_of(
    scheme: Scheme,
    regimes: Sequence[Regime],
    *,
    duct_area: float,
    weight: Weight = lambda part: (1.0, ""),
) -> Ledger:
    """The ledger of a scheme.

    Args:
        scheme: placed or not.
        regimes: the standards, at least one.
        duct_area: holes in a floor no larger are ducts, m2.
        weight: how the rulebook weighs a part.
    """
    heights = pitched_heights(tuple(regimes))
    floors = floors_of(scheme, duct_area=duct_area, heights=heights)
    rows = tuple(
        Row(part, tuple(_share(regime, part) for regime in regimes), *weight(part))
        for part in floors.parts
    )
    return Ledger(floors, tuple(regimes), rows)


def ledger_table(ledger: Ledger) -> Table:
    """The ledger as a table; its last row has the sums."""
    columns = [
        Column("storey", Text(zh="楼层", en="storey")),
        Column("part", Text(zh="部位", en="part")),
        Column("space", Text(zh="空间", en="space")),
        Column("area", Text(zh="量得面积", en="measured area"), Unit.SQUARE_METRE),
        Column("storey_height", Text(zh="层高", en="storey height"), Unit.METRE),
        Column("clear_height", Text(zh="坡屋顶下净高不小于", en="clear height under a pitched roof, at least"), Unit.METRE),
        Column("factor", Text(zh="规则系数", en="factor of the rulebook"), Unit.RATIO),
        Column("reason", Text(zh="系数依据", en="by which entry")),
    ]  # fmt: skip
    for i, regime in enumerate(ledger.regimes):
        said = {"code": regime.code}
        columns += [
            Column(f"coefficient_{i}", Text(zh="{code} 系数", en="{code}: share").format(**said), Unit.RATIO),
            Column(f"clause_{i}", Text(zh="{code} 条款", en="{code}: clause").format(**said)),
            Column(f"counted_{i}", Text(zh="{code} 计入", en="{code}: counted").format(**said), Unit.SQUARE_METRE),
            Column(f"doubtful_{i}", Text(zh="{code} 存疑", en="{code}: in doubt").format(**said), Unit.SQUARE_METRE),
        ]  # fmt: skip
    rows = [_cells(row) for row in ledger.rows]
    sums: list[Cell] = [Text(zh="合计", en="sum"), None, None, _sum_of_areas(ledger), *[None] * 4]
    for i in range(len(ledger.regimes)):
        sums += [None, None, ledger.counted(i), ledger.doubtful(i)]
    title = Text(zh="建筑面积台账", en="Ledger of floor areas")
    return Table(title, tuple(columns), (*rows, tuple(sums)))


def space_faults(floors: Floors) -> Table | None:
    """Spaces that overlap, stick out of the building or have no body; None where there are none."""
    rows: list[tuple[Cell, ...]] = [
        (Text(zh="两空间重叠", en="two spaces overlap"), o.first, o.second, o.area)
        for o in floors.overlaps
    ]
    rows += [
        (Text(zh="超出围护范围", en="reaches out of the walls"), found, None, area)
        for found, area in floors.outside
    ]
    rows += [
        (Text(zh="没有几何体", en="has no body"), found, None, None)
        for found in floors.undrawn_spaces
    ]
    if not rows:
        return None
    columns = (
        Column("fault", Text(zh="问题", en="fault")),
        Column("space", Text(zh="空间", en="space")),
        Column("other", Text(zh="另一空间", en="other space")),
        Column("area", Text(zh="面积", en="area"), Unit.SQUARE_METRE),
    )
    return Table(Text(zh="空间的问题", en="Faults of spaces"), columns, tuple(rows))


def _share(regime: Regime, part: FloorPart) -> Share:
    if part.kind == "enclosed":
        if part.clear_height is not None:
            return share_under_pitched_roof(regime, part.clear_height)
        return share_of_storey(regime, part.storey_height)
    if part.kind == "unfloored":
        if_floor = share_of_storey(regime, part.storey_height)
        return Share(0.0, "", doubt=max(if_floor.coefficient, if_floor.doubt))
    share = share_of_kind(regime, part.kind, depth=part.depth, height=part.height, sill=part.sill)
    if part.clear_height is None or share.coefficient == 0.0:
        return share
    # What lies under a pitched roof and is not even enclosed never counts more than if it were.
    inside = share_under_pitched_roof(regime, part.clear_height)
    return share if inside.coefficient >= share.coefficient else inside


def _cells(row: Row) -> tuple[Cell, ...]:
    part = row.part
    kind = KINDS[part.kind]
    space: Cell = None
    if part.space is not None:
        space = part.space.long_name or part.space.name or part.space.global_id
    elif part.kind == "enclosed":
        space = WALLS
    cells: list[Cell] = [part.storey, kind, space, part.area, part.storey_height, part.clear_height, row.factor, row.reason or None]  # fmt: skip
    for i, share in enumerate(row.shares):
        cells += [share.coefficient, share.clause or None, row.counted(i), row.doubtful(i)]
    return tuple(cells)


def _sum_of_areas(ledger: Ledger) -> float:
    return math.fsum(row.part.area for row in ledger.rows)
