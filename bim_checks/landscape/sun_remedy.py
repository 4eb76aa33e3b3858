"""What gives neighbours back their sun: the scheme lower, or a little elsewhere; and from which height on a window of its own has enough.

A shadow shrinks as what throws it comes down, but shortest and longest intervals may jump; so whatever is found by halving is counted once more
over all points, and told only where that holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_doubt import Scenery, sun_minutes
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import Obstacles, SunPoints, hidden, in_front
from bim_checks.measures.wording import COMPASS, compass_way

LOWERED = 0.01  # m; to which the least lowering is found
MOVED = 0.1  # m; and the least move
LEADING = 40  # points with the least sun, that are tried before all the others
ROUNDS = 6  # in which others join them


def lowering(
    fallen: SunPoints, path: SunPath, terms: SunTerms, scenery: Scenery, most: float
) -> float | None:
    """By how many metres the scheme must come down for points to have enough sun, to a centimetre; None where nothing helps.

    Args:
        fallen: points that have too little because of the scheme.
        path: the sun's.
        terms: the rule's.
        scenery: what stands around them.
        most: metres, the height of the scheme.
    """

    def enough(points: SunPoints, metres: float) -> NDArray[np.bool_]:
        behind = (scenery.scheme.moved((0.0, 0.0, -metres)), *scenery.without_scheme)
        return sun_minutes(points, path, terms, behind) >= terms.limit

    return _least(fallen, enough, most, LOWERED)


def moving(
    fallen: SunPoints,
    everyone: SunPoints,
    path: SunPath,
    terms: SunTerms,
    scenery: Scenery,
    *,
    most: float,
    has_room: Callable[[float, float], bool],
) -> tuple[float, int] | None:
    """The least move that leaves nobody short of sun: metres, and the point of the compass it goes to; None where none within the bound does.

    Args:
        fallen: points that have too little because of the scheme.
        everyone: all points that are protected, for whom the moved scheme must do no harm either.
        path: the sun's.
        terms: the rule's.
        scenery: what stands around them.
        most: metres, the bound.
        has_room: whether the scheme may stand so many metres east and north of where it stands.
    """
    found: list[tuple[float, int]] = []
    for way in range(len(COMPASS) if most > 0.0 else 0):
        east, north = compass_way(way)

        def enough(
            points: SunPoints, metres: float, east: float = east, north: float = north
        ) -> NDArray[np.bool_]:
            moved = scenery.scheme.moved((metres * east, metres * north, 0.0))
            return sun_minutes(points, path, terms, (moved, *scenery.without_scheme)) >= terms.limit

        metres = _least(fallen, enough, most, MOVED)
        if metres is not None and has_room(metres * east, metres * north):
            found.append((metres, way))
    for metres, way in sorted(found):
        east, north = compass_way(way)
        moved = scenery.scheme.moved((metres * east, metres * north, 0.0))
        if not _falls(everyone, path, terms, scenery, moved):
            return metres, way
    return None


def enough_from(
    point: SunPoints, path: SunPath, terms: SunTerms, scenery: Scenery, most: float
) -> float | None:
    """How many metres above a point of the scheme itself there is enough sun, to a decimetre; None where there is not up to `most`."""

    def enough(points: SunPoints, metres: float) -> NDArray[np.bool_]:
        return sun_minutes(points.raised(metres), path, terms, scenery.all) >= terms.limit

    return _least(point, enough, most, MOVED)


def _least(
    points: SunPoints,
    enough: Callable[[SunPoints, float], NDArray[np.bool_]],
    most: float,
    exact: float,
) -> float | None:
    """The least of 0..most, rounded up to `exact`, that is enough for all points; found for a few of them, and for others where it is not for these."""
    chosen = np.arange(min(len(points), LEADING))
    for _ in range(ROUNDS):
        some = points[chosen]
        steps = math.ceil(most / exact)
        if not enough(some, steps * exact).all():
            return None
        low, high = 0, steps
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(some, middle * exact).all() else (middle, high)
        short = np.flatnonzero(~enough(points, high * exact))
        if not len(short):
            return high * exact
        chosen = np.union1d(chosen, short[:LEADING])
    return None


def _falls(
    everyone: SunPoints, path: SunPath, terms: SunTerms, scenery: Scenery, moved: Obstacles
) -> bool:
    """Whether the scheme, standing elsewhere, leaves anybody short who has enough without it."""
    seen = in_front(everyone, path, terms.sweep)
    struck = everyone[np.flatnonzero(hidden(everyone, path, moved, seen).any(axis=1))]
    if not len(struck):
        return False
    had = sun_minutes(struck, path, terms, scenery.without_scheme) >= terms.limit
    left = sun_minutes(struck[had], path, terms, (moved, *scenery.without_scheme))
    return bool((left < terms.limit).any())
