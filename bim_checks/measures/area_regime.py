"""How a standard counts floor area: its numbers as a rulebook states them, and what they make of one part of a floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bim_checks.finding import Unit
from bim_checks.parameters import parameter, parameters

PartKind = Literal[
    "enclosed",
    "void",
    "unfloored",
    "open_to_sky",
    "covered_open",
    "balcony",
    "recessed_balcony",
    "canopy",
    "bay_window",
]
REACHED = 1e-6  # m; heights that differ by rounding are equal


@parameters
class KindCoefficient:
    """How a standard counts one kind of part that is not plainly enclosed."""

    kind: PartKind = parameter(
        zh="部位：balcony 挑阳台，recessed_balcony 凹阳台，covered_open 有顶盖无围护，open_to_sky 无顶盖，canopy 雨篷，bay_window 凸窗，void 挑空",
        en="the part: a projecting or a recessed balcony, a covered open floor, a floor open to the sky, a canopy, a bay window, a void",
    )
    coefficient: float = parameter(zh="计入系数", en="share that counts", unit=Unit.RATIO)
    clause: str = parameter(zh="条款", en="the clause")
    least_depth: float = parameter(
        zh="挑出不小于此值才计入", en="counted from this depth on", unit=Unit.METRE, default=0.0
    )
    least_height: float = parameter(
        zh="净高不小于此值才计入", en="counted from this height on", unit=Unit.METRE, default=0.0
    )
    most_sill: float | None = parameter(
        zh="窗台高低于此值才计入",
        en="counted below this height of the sill",
        unit=Unit.METRE,
        default=None,
    )


@parameters
class Regime:
    """How a standard counts floor area."""

    code: str = parameter(zh="标准编号", en="the standard, e.g. GB/T 50353-2013")
    full_height: float = parameter(
        zh="计全面积的最小层高", en="storey height from which all counts", unit=Unit.METRE
    )
    full_clause: str = parameter(zh="计全面积的条款", en="the clause by which all counts")
    low_coefficient: float = parameter(
        zh="层高不足时的系数", en="share that counts below that height", unit=Unit.RATIO
    )
    low_clause: str = parameter(zh="层高不足时的条款", en="the clause for less height")
    pitched_full: float = parameter(
        zh="坡屋顶下计全面积的最小净高",
        en="clear height under a pitched roof from which all counts",
        unit=Unit.METRE,
    )
    pitched_least: float = parameter(
        zh="坡屋顶下计入的最小净高",
        en="clear height under a pitched roof from which some counts",
        unit=Unit.METRE,
    )
    pitched_coefficient: float = parameter(
        zh="两者之间的系数", en="share that counts between the two", unit=Unit.RATIO
    )
    pitched_clause: str = parameter(zh="坡屋顶条款", en="the clause for pitched roofs")
    kinds: tuple[KindCoefficient, ...] = parameter(
        zh="其他部位的系数", en="how other parts count", default=()
    )

    def __post_init__(self) -> None:
        if self.pitched_least > self.pitched_full:
            raise ValueError("pitched_least must not exceed pitched_full")
        kinds = [stated.kind for stated in self.kinds]
        if len(kinds) != len(set(kinds)) or {"enclosed", "unfloored"} & set(kinds):
            raise ValueError("kinds: each at most once, and neither enclosed nor unfloored")


@dataclass(frozen=True, slots=True)
class Share:
    """What of a part counts.

    Attributes:
        coefficient: 0 to 1; what is not told counts nothing here.
        clause: that decides; empty where the standard as stated says nothing.
        doubt: share that might count as well or might not, because the model or the standard does not tell.
    """

    coefficient: float
    clause: str
    doubt: float = 0.0


def share_of_storey(regime: Regime, height: float | None) -> Share:
    """What counts of an enclosed floor by its storey height, metres; None where that is not known."""
    if height is None:
        return Share(0.0, "", doubt=1.0)
    if height >= regime.full_height - REACHED:
        return Share(1.0, regime.full_clause)
    return Share(regime.low_coefficient, regime.low_clause)


def share_under_pitched_roof(regime: Regime, clear_height: float) -> Share:
    """What counts of a floor under a pitched roof where the clear height is at least so many metres."""
    if clear_height >= regime.pitched_full - REACHED:
        return Share(1.0, regime.pitched_clause)
    if clear_height >= regime.pitched_least - REACHED:
        return Share(regime.pitched_coefficient, regime.pitched_clause)
    return Share(0.0, regime.pitched_clause)


def share_of_kind(
    regime: Regime, kind: PartKind, *, depth: float, height: float, sill: float
) -> Share:
    """What counts of a part that is not plainly enclosed.

    Args:
        regime: the standard.
        kind: of the part.
        depth: how far it reaches out of the walls, metres.
        height: clear height, metres.
        sill: of its lower edge above the floor, metres.
    """
    stated = next((entry for entry in regime.kinds if entry.kind == kind), None)
    if stated is None:
        # A void and what lies open to the sky are no floor area in any standard; of all else silence is doubt.
        return Share(0.0, "", doubt=0.0 if kind in ("void", "open_to_sky") else 1.0)
    counts = (
        depth >= stated.least_depth - REACHED
        and height >= stated.least_height - REACHED
        and (stated.most_sill is None or sill < stated.most_sill - REACHED)
    )
    return Share(stated.coefficient if counts else 0.0, stated.clause)


def pitched_heights(regimes: tuple[Regime, ...]) -> tuple[float, ...]:
    """Clear heights at which any of the standards changes its share, highest first, metres."""
    found = {height for regime in regimes for height in (regime.pitched_full, regime.pitched_least)}
    return tuple(sorted(found, reverse=True))
