"""How far a building rises above limit surfaces, found again: triangles quartered until no piece can hide a higher point.

A piece is done with where it cannot rise above what is found, or lies outside of the region; what is left at the end is how well the height
is known.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.limits import Surface
from bim_checks.second.rings import distances, farthest, lie_inside, sides_of
from cim.text import Text

QUARTERED = Text(
    zh="逐级四分三角面，至其间不可能再有更高点",
    en="quartering triangles until no piece can hide a higher point",
)
RESOLUTION = 2e-4  # m; rounding of map coordinates, and of regions drawn in them
FINEST = 1e-4  # m; pieces that may hide no more than this are not quartered
MOST = 6_000  # pieces at a time; with more the height is known as well as it is by then
TOUCHING = 1e-3  # m; what reaches into a region by less than this does not lie in it
CERTAIN = 5e-3  # m; at a sharp corner of a region that strip is up to five times as wide
FIRST = 256  # triangles that may rise highest, whose corners are looked at before all else
CORNERS = ((0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5))  # of the quarters, among corners and middles


@dataclass(frozen=True, slots=True, eq=False)
class Below:
    """A limit and where it holds.

    Attributes:
        surface: written anew.
        region: polygon, metres; None for everywhere.
    """

    surface: Surface
    region: BaseGeometry | None


def recheck_surfaces(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The height that is as far above the limit where the first way is worst as the building rises anywhere; None where it only touches a region."""
    parts, measurement = judgement.basis, judgement.measurement
    if measurement is None or not isinstance(parts, tuple):
        return None
    least, most = -math.inf, -math.inf
    for part in parts:
        low, high = highest_above(scheme.all_triangles[0], part, least)
        least, most = max(least, low), max(most, high)
    if not math.isfinite(least):
        return None
    middle, half = (least + most) / 2.0, (most - least) / 2.0
    return SecondOpinion(QUARTERED, measurement.limit + middle, half + RESOLUTION)


def highest_above(
    triangles: NDArray[np.float64], limit: Below, known: float = -math.inf
) -> tuple[float, float]:
    """What triangles certainly rise above a surface by in its region, and what they do not rise above it by more than, metres.

    Args:
        triangles: shape (M, 3, 3), metres.
        limit: the surface and its region.
        known: metres; what rises less does not matter. Handed back where nothing rises more.
    """
    sides = None if limit.region is None else sides_of(limit.region)
    pieces = triangles if sides is None else triangles[_touch(triangles, sides)]
    bounds = limit.surface.roughly(pieces)
    first = pieces[np.argsort(-bounds, kind="stable")[:FIRST]]
    least = max(known, _at_points(first.reshape(-1, 3), limit, sides))
    pieces = pieces[bounds > least + FINEST]
    least = max(least, _at_points(pieces.reshape(-1, 3), limit, sides))
    while True:
        bounds = limit.surface.closely(pieces)
        left = bounds > least + FINEST
        pieces, bounds = pieces[left], bounds[left]
        inside = _may_lie_in(pieces, sides)
        pieces, bounds = pieces[inside], bounds[inside]
        if not len(pieces):
            return least, least + FINEST if math.isfinite(least) else least
        if len(pieces) > MOST or _widest(pieces) < FINEST:
            return least, float(bounds.max())
        middles = (pieces + np.roll(pieces, -1, axis=1)) / 2.0
        points = np.concatenate([pieces, middles], axis=1)
        pieces = np.concatenate([points[:, quarter] for quarter in CORNERS])
        least = max(
            least,
            _at_points(np.concatenate([middles.reshape(-1, 3), pieces.mean(axis=1)]), limit, sides),
        )


def _at_points(
    points: NDArray[np.float64], limit: Below, sides: NDArray[np.float64] | None
) -> float:
    """The most that points certainly inside the region rise above the surface."""
    if sides is not None:
        points = points[lie_inside(points[:, :2], sides)]
        points = points[distances(points[:, :2], sides) >= CERTAIN]
    return float((points[:, 2] - limit.surface.at(points)).max(initial=-math.inf))


def _touch(triangles: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whose boxes touch that of a region."""
    low, high = sides.min(axis=(0, 1)), sides.max(axis=(0, 1))
    plan = triangles[:, :, :2]
    return np.asarray(
        (plan.min(axis=1) <= high).all(axis=1) & (plan.max(axis=1) >= low).all(axis=1)
    )


def _may_lie_in(
    pieces: NDArray[np.float64], sides: NDArray[np.float64] | None
) -> NDArray[np.bool_]:
    """Which pieces have a point that may lie in a region, and not only touch it."""
    if sides is None or not len(pieces):
        return np.ones(len(pieces), dtype=np.bool_)
    middles = pieces[:, :, :2].mean(axis=1)
    reach = np.linalg.norm(pieces[:, :, :2] - middles[:, None], axis=2).max(axis=1)
    away = distances(middles, sides)
    within = np.where(lie_inside(middles, sides), away, -away)
    may = within + reach >= TOUCHING
    # A wall along the border has corners far apart, all of them near one side.
    may[may] = farthest(pieces[may][:, :, :2], sides) >= TOUCHING
    return np.asarray(may)


def _widest(pieces: NDArray[np.float64]) -> float:
    return float((pieces.max(axis=1) - pieces.min(axis=1)).max())
