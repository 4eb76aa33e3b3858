"""Minutes of sun a second way: every triangle as the corner of a cone from the point, no tree of boxes and no ray of single precision.

A direction d lies in the cone of a triangle a, b, c seen from the point when d = s a + t b + u c with none of s, t, u negative (Cramer's
rule); the triangle is met at the distance 1 / (s + t + u).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.landscape.sun import SunPath
from bim_checks.landscape.sun_doubt import Scenery
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import Intervals, Obstacles, SunPoints, in_front
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from cim.compiled import compiled
from cim.text import Text

LOOK = 15.0  # s between two looks at the sun, at most
FLAT = 1e-9  # m3; a triangle whose plane holds the point hides nothing
METHOD = Text(
    zh="逐三角形视锥（双精度），每 {seconds:g} s 一次",
    en="the cone of every triangle in double precision, every {seconds:g} s",
)


@dataclass(frozen=True, slots=True, eq=False)
class SunBasis:
    """What minutes were counted of.

    Attributes:
        point: one.
        path, terms: the sun's way and the rule's terms.
        scenery: what stands around.
    """

    point: SunPoints
    path: SunPath
    terms: SunTerms
    scenery: Scenery


def recount(
    _rule: Rule, _scheme: Scheme, _around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The minutes of the deciding point once more; None where none decides."""
    basis = judgement.basis
    if not isinstance(basis, SunBasis):
        return None
    path = basis.path.finer(max(math.ceil(60.0 * basis.path.step / LOOK - 1e-9), 1))
    lit = in_front(basis.point, path, basis.terms.sweep)[0]
    for by in basis.scenery.all:
        lit &= ~_hidden(basis.point, path, by)
    found = _intervals(lit, path)
    shortest, count = basis.terms.shortest, basis.terms.count
    # An interval as long as the shortest that counts may come out on either side of it.
    fewest, minutes, most = (
        float(found.minutes(1, count, shortest + by)[0]) for by in (path.step, 0.0, -path.step)
    )
    ends = max(2 * len(found.points), 1)
    resolution = ends * path.step / 2.0 + most - fewest
    return SecondOpinion(METHOD.format(seconds=60.0 * path.step), minutes, resolution)


def _hidden(point: SunPoints, path: SunPath, by: Obstacles) -> NDArray[np.bool_]:
    """At which instants obstacles stand between a point, or one of its places, and the sun, shape (T,)."""
    hidden = np.zeros(len(path.seconds), dtype=np.bool_)
    if by.below is not None and point.buried[0]:
        return hidden
    for place in point.places[:, 0]:
        hidden |= _in_cones(
            by.triangles + by.shift - place, path.directions, by.begins, math.tan(path.lowest)
        )
        if by.below is not None:
            hidden |= by.below(place - by.shift + by.begins * path.directions)
    return hidden


def _intervals(lit: NDArray[np.bool_], path: SunPath) -> Intervals:
    """From the middle between a dark look and a lit one to the middle between a lit one and a dark one."""
    change = np.diff(np.concatenate([[0], lit.astype(np.int8), [0]]))
    half, first, last = 30.0 * path.step, path.seconds[0], path.seconds[-1]
    begin, end = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    return Intervals(
        np.zeros(len(begin), dtype=np.int64),
        np.maximum(path.seconds[begin] - half, first),
        np.minimum(path.seconds[end] + half, last),
    )


@compiled
def _in_cones(triangles, directions, begins, tangent):  # type: ignore[no-untyped-def]
    """Which directions meet a triangle farther than `begins`; triangles are metres from the point, those below the lowest sun are skipped."""
    hidden = np.zeros(len(directions), dtype=np.bool_)
    for m in range(len(triangles)):
        a, b, c = triangles[m, 0], triangles[m, 1], triangles[m, 2]
        east = max(max(min(a[0], b[0], c[0]), 0.0), -max(a[0], b[0], c[0]))
        north = max(max(min(a[1], b[1], c[1]), 0.0), -max(a[1], b[1], c[1]))
        if max(a[2], b[2], c[2]) < tangent * np.sqrt(east * east + north * north):
            continue
        over_a, over_b, over_c = np.cross(b, c), np.cross(c, a), np.cross(a, b)
        volume = np.dot(a, over_a)
        if abs(volume) <= FLAT:
            continue
        for t in range(len(directions)):
            if hidden[t]:
                continue
            x, y, z = directions[t]
            s = (x * over_a[0] + y * over_a[1] + z * over_a[2]) / volume
            if s < 0.0:
                continue
            u = (x * over_b[0] + y * over_b[1] + z * over_b[2]) / volume
            if u < 0.0:
                continue
            v = (x * over_c[0] + y * over_c[1] + z * over_c[2]) / volume
            hidden[t] = v >= 0.0 and (s + u + v) * begins <= 1.0
    return hidden
