"""The tables behind a legal height: every regime side by side, and the roof forms they come from."""

from __future__ import annotations

from collections.abc import Mapping

from bim_checks.finding import Column, Table, Unit
from bim_checks.measures.legal_height import LegalTops, Regime
from bim_checks.scheme import Scheme
from cim.text import Text

REGIME_NAMES: Mapping[Regime, Text] = {
    "highest_point": Text(
        zh="最高点（GB 50352-2019 4.5.2 第 1 款）", en="highest point (GB 50352-2019 4.5.2 (1))"
    ),
    "parapet_or_mean": Text(
        zh="女儿墙顶或檐口屋脊平均（GB 50352-2019 4.5.2 第 2 款）",
        en="parapet, or mean of eave and ridge (GB 50352-2019 4.5.2 (2))",
    ),
    "eave": Text(zh="檐口（GB 55031-2022，未核实）", en="eave (GB 55031-2022, unverified)"),
    "ridge": Text(zh="屋脊（GB 55031-2022，未核实）", en="ridge (GB 55031-2022, unverified)"),
    "roof_surface": Text(
        zh="屋面（GB 50016 附录 A，未核实）", en="roof surface (GB 50016 appendix A, unverified)"
    ),
}
KINDS = {"flat": Text(zh="平屋面", en="flat"), "pitched": Text(zh="坡屋面", en="pitched")}
SHOWN = 3  # GlobalIds named in a cell; the finding has them all


def tables(scheme: Scheme, found: LegalTops, ground: float | None) -> tuple[Table, ...]:
    """The tables.

    Args:
        scheme: the placed building.
        found: its tops.
        ground: orthogonal height the heights count from, metres; None to show elevations alone.
    """
    return (_regimes(found, ground), _forms(scheme, found))


def _regimes(found: LegalTops, ground: float | None) -> Table:
    return Table(
        Text(zh="各种计算方法的建筑高度", en="Building height by regime"),
        (
            Column("regime", Text(zh="计算方法", en="regime")),
            Column("height", Text(zh="高度", en="height"), Unit.METRE),
            Column("elevation", Text(zh="高程", en="elevation"), Unit.METRE),
            Column("measured_to", Text(zh="算至", en="measured to")),
            Column("elements", Text(zh="构件", en="elements")),
        ),
        tuple(
            (
                REGIME_NAMES[regime],
                None if ground is None else top.elevation - ground,
                top.elevation,
                top.basis,
                _named(top.elements),
            )
            for regime, top in found.tops.items()
        ),
    )


def _forms(scheme: Scheme, found: LegalTops) -> Table:
    return Table(
        Text(zh="屋面形式", en="Roof forms"),
        (
            Column("kind", Text(zh="形式", en="form")),
            Column("area", Text(zh="平面面积", en="plan area"), Unit.SQUARE_METRE),
            Column("slope", Text(zh="最大坡度", en="steepest slope"), Unit.DEGREE),
            Column("eave", Text(zh="檐口高程", en="eave elevation"), Unit.METRE),
            Column(
                "high", Text(zh="屋面最高或屋脊高程", en="surface or ridge elevation"), Unit.METRE
            ),
            Column("parapet", Text(zh="女儿墙顶高程", en="parapet elevation"), Unit.METRE),
            Column("elements", Text(zh="构件", en="elements")),
        ),
        tuple(
            (
                KINDS[form.kind],
                form.plan.area,
                form.slope,
                form.eave,
                form.high,
                form.parapet,
                _named(tuple(scheme.outlines[i].global_id for i in form.elements)),
            )
            for form in found.forms
        ),
    )


def _named(elements: tuple[str, ...]) -> str:
    more = f" +{len(elements) - SHOWN}" if len(elements) > SHOWN else ""
    return ", ".join(elements[:SHOWN]) + more
