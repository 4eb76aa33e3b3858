"""What change of a whole scheme clears a rule of sight or airspace: how far down, how many storeys fewer, or which way aside.

A change is only named after the rule has been asked about the scheme changed so. Lower is taken to be never worse, so the least
lowering is found by halving; aside nothing of the kind holds, so eight directions are tried in rings, and the nearest ring in which
one of them clears is halved. What other rules say of the new place is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Judgement, Outcome, Remedy, Unit
from bim_checks.landscape.scheme_view import shifted, surface_of
from bim_checks.measures.floors import floors_to_remove
from bim_checks.measures.wording import COMPASS, compass_way, towards, up_to_centimetre
from bim_checks.rule import Check, Rule, Surroundings
from bim_checks.scheme import Scheme
from cim.text import Text

KEPT = (Outcome.PASS, Outcome.NOT_APPLICABLE)
LEFT = 3.0  # m of a scheme's height that a lowering must leave; what is to go wholly is not lowered
LEAST_LOWERING = 0.01  # m; a lowering is told in whole centimetres
RINGS = (4.0, 8.0, 16.0, 30.0)  # m; a scheme that must move further than the last is another scheme
LEAST_MOVE = 0.1  # m; a move is told in whole decimetres

LOWER = Text(
    zh="降低 {metres:.2f} m{storeys}{move}。", en="Lower it by {metres:.2f} m{storeys}{move}."
)
STOREYS = Text(zh="，或减少 {storeys} 层", en=", or remove {storeys} of its upper storeys")
MOVE = Text(
    zh="，或向{way}平移 {metres:.1f} m（仅就本条而言）",
    en=", or move it {metres:.1f} m {way} (as far as this rule goes)",
)
OR_MOVE = Text(
    zh="{fix}或将建筑向{way}平移 {metres:.1f} m（仅就本条而言）。",
    en="{fix} Or move the building {metres:.1f} m {way} (as far as this rule goes).",
)
NOTHING_SAID = Text(zh="", en="")

Clears = Callable[[NDArray[np.float64]], bool]


def with_remedies(
    judgements: Sequence[Judgement],
    check: Check,
    rule: Rule,
    scheme: Scheme,
    around: Surroundings,
) -> list[Judgement]:
    """Judgements of a rule with the changes of the whole scheme that would clear them.

    Args:
        judgements: what the rule says of the scheme; those that ask for nothing to be done are left as they are.
        check: what is asked of the changed schemes, as `RuleType.mended_by`.
        rule: asked.
        scheme: as submitted, placed.
        around: the city.
    """
    broken = [j for j in judgements if _is_to_mend(j)]
    if not broken:
        return list(judgements)
    # What is broken and asks for nothing, such as what is only to be studied, is not to be cleared.
    left = {j.feature for j in judgements if j.outcome not in KEPT and j.fix is None}

    def clears(shift: NDArray[np.float64]) -> bool:
        found = check(rule, shifted(scheme, shift), around)
        return all(j.outcome in KEPT or j.feature in left for j in found)

    remedy = _remedy(broken, scheme, clears)
    return [_mended(j, remedy) if _is_to_mend(j) else j for j in judgements]


def _is_to_mend(judgement: Judgement) -> bool:
    is_broken = judgement.outcome in (Outcome.FAIL, Outcome.PROCEDURE, Outcome.DISCUSS)
    return is_broken and judgement.fix is not None


def _remedy(broken: Sequence[Judgement], scheme: Scheme, clears: Clears) -> Remedy:
    lower, top = least_lowering(broken, scheme, clears), _top(broken, scheme)
    return Remedy(
        lower=lower,
        storeys=None if lower is None else floors_to_remove(scheme, top, lower),
        move=least_move(clears),
    )


def _top(broken: Sequence[Judgement], scheme: Scheme) -> float:
    """Orthogonal height of the highest of the points that are too high; of the scheme where no point is named."""
    heights = [
        j.measurement.measured for j in broken if j.measurement and j.measurement.unit is Unit.METRE
    ]
    if len(heights) == len(broken):
        return max(heights)
    return float(surface_of(scheme).vertices[:, 2].max())


def least_lowering(broken: Sequence[Judgement], scheme: Scheme, clears: Clears) -> float | None:
    """The least lowering that clears, in whole centimetres, metres.

    Where the rules measure heights it is known beforehand, and only asked about.

    Returns:
        None where no lowering that leaves anything standing clears.
    """
    heights = surface_of(scheme).vertices[:, 2]
    most = float(heights.max() - heights.min()) - LEFT

    def down(metres: float) -> bool:
        return clears(np.array([0.0, 0.0, -metres]))

    known = _known(broken)
    if known is not None and known <= most and down(known):
        return known
    if most <= 0.0 or not down(most):
        return None
    low, high = 0, math.floor(most / LEAST_LOWERING)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if down(middle * LEAST_LOWERING) else (middle, high)
    return high * LEAST_LOWERING


def _known(broken: Sequence[Judgement]) -> float | None:
    """By how much points are too high, with what is uncertain of it; None where a rule measures no height."""
    found = 0.0
    for judgement in broken:
        measurement = judgement.measurement
        if measurement is None or measurement.unit is not Unit.METRE:
            return None
        found = max(found, measurement.uncertainty.total - measurement.margin)
    return up_to_centimetre(found)


def least_move(clears: Clears) -> tuple[float, float] | None:
    """The least move in one of eight directions that clears, in whole decimetres: metres east and north.

    Returns:
        None where there is none within the last ring.
    """
    inner = 0.0
    for ring in RINGS:
        ways = [way for way in range(len(COMPASS)) if clears(_shift(way, ring))]
        if ways:
            east, north, _ = _nearest(ways, inner, ring, clears).tolist()
            return east, north
        inner = ring
    return None


def _shift(way: int, metres: float) -> NDArray[np.float64]:
    return metres * np.array([*compass_way(way), 0.0])


def _nearest(
    ways: Sequence[int], inner: float, outer: float, clears: Clears
) -> NDArray[np.float64]:
    """Of ways that clear at the outer distance, the one that does soonest beyond the inner one."""
    best, most = ways[0], round(outer / LEAST_MOVE)
    for way in ways:
        low, high = round(inner / LEAST_MOVE), most
        if way != ways[0] and not clears(_shift(way, (most - 1) * LEAST_MOVE)):
            continue  # no nearer than what is known
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (
                (low, middle) if clears(_shift(way, middle * LEAST_MOVE)) else (middle, high)
            )
        if high < most or way == ways[0]:
            best, most = way, high
    return _shift(best, most * LEAST_MOVE)


def _mended(judgement: Judgement, remedy: Remedy) -> Judgement:
    """The judgement with its remedy, told; a rule's own words stay where nothing lower clears it."""
    if remedy.lower is None and remedy.move is None:
        return judgement
    return replace(judgement, fix=_told(judgement.fix, remedy), remedy=remedy)


def _told(fix: Text | None, remedy: Remedy) -> Text | None:
    aside: dict[str, object] = {}
    if remedy.move is not None:
        east, north = remedy.move
        aside = {"way": towards(east, north), "metres": math.hypot(east, north)}
    if remedy.lower is None:
        return OR_MOVE.format(fix=fix, **aside)
    storeys = remedy.storeys
    return LOWER.format(
        metres=remedy.lower,
        storeys=NOTHING_SAID if storeys is None else STOREYS.format(storeys=storeys),
        move=MOVE.format(**aside) if aside else NOTHING_SAID,
    )
