"""How well minutes of sun are known: counted again with everything where it may stand as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Uncertainty
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import END, Obstacles, SunPoints, minutes
from bim_checks.tolerance import LENGTH_UNCERTAINTY
from cim.frame import FrameUncertainty

SUN_ACCURACY = 0.0003  # degrees; of the algorithm, by its authors (Reda and Andreas, 2004)
SUN_SPEED = 0.25  # degrees a minute: how fast the sun moves
FINER = 10  # times as often the sun is looked at to learn what was missed
LEVEL = ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """All that stands between points and the sun.

    Attributes:
        scheme, standing, ground: the three kinds of it.
    """

    scheme: Obstacles
    standing: Obstacles
    ground: Obstacles

    @property
    def all(self) -> tuple[Obstacles, ...]:
        """What is nearest and cheapest to ask first."""
        return (self.scheme, self.standing, self.ground)

    @property
    def without_scheme(self) -> tuple[Obstacles, ...]:
        """What stands already."""
        return (self.standing, self.ground)


def sun_minutes(
    points: SunPoints, path: SunPath, terms: SunTerms, behind: Sequence[Obstacles]
) -> NDArray[np.float64]:
    """Minutes of sun behind obstacles as a rule counts them, shape (N,)."""
    return minutes(
        points,
        path,
        behind,
        count=terms.count,
        shortest=terms.shortest,
        sweep_degrees=terms.sweep,
    )


def doubt(
    point: SunPoints,
    path: SunPath,
    terms: SunTerms,
    scenery: Scenery,
    *,
    place: FrameUncertainty,
    ends: int,
    is_own: bool,
) -> Uncertainty:
    """Half-widths of the minutes at one point.

    What may be missed between two looks at the sun is told by looking ten times as often. Each kind of obstacle is moved east, west, north, south, up and down by what it may be off, and the minutes are counted again: a shadow's edge that
    grazes the sun's way is uncertain by far more than the angle over the sun's speed, and this tells.

    Args:
        point: one.
        path: the sun's.
        terms: the rule's.
        scenery: what stands around it.
        place: how well the scheme's place is known.
        ends: how many ends of intervals its minutes are made of.
        is_own: whether the point is the scheme's; then the frame moves all else.
    """
    now = float(sun_minutes(point, path, terms, scenery.all)[0])

    def spread(which: Sequence[int], level: float, up: float) -> float:
        return _spread(point, path, terms, scenery, which, level=level, up=up, now=now)

    others, exact = ((1, 2) if is_own else (0,)), LENGTH_UNCERTAINTY
    often = float(sun_minutes(point, path.finer(FINER), terms, scenery.all)[0])
    neighbours = spread((1,), terms.accuracy, terms.accuracy)
    if not is_own:  # the wall that is looked from may itself stand elsewhere
        neighbours += spread((0,), terms.accuracy, terms.accuracy)
    return Uncertainty(
        frame=spread(others, place.horizontal, place.vertical),
        mesh=spread((0,), exact, exact)
        + abs(often - now)
        + ends * (END / 60.0 + SUN_ACCURACY / SUN_SPEED),
        data=neighbours + spread((2,), 0.0, terms.ground_accuracy),
    )


def _spread(
    point: SunPoints,
    path: SunPath,
    terms: SunTerms,
    scenery: Scenery,
    which: Sequence[int],
    *,
    level: float,
    up: float,
    now: float,
) -> float:
    """By how much the minutes change at most when some obstacles stand elsewhere, in plan and in height."""

    def most(shifts: Sequence[tuple[float, float, float]]) -> float:
        changes = [0.0]
        for shift in shifts:
            moved = [by.moved(shift) if i in which else by for i, by in enumerate(scenery.all)]
            changes.append(abs(float(sun_minutes(point, path, terms, moved)[0]) - now))
        return max(changes)

    beside = [(east * level, north * level, 0.0) for east, north in LEVEL] if level > 0.0 else []
    over = [(0.0, 0.0, up), (0.0, 0.0, -up)] if up > 0.0 else []
    return most(beside) + most(over)
