"""When the sun reaches points of walls and windows: intervals with both ends to half a second, and the minutes rules make of them.

The sun is looked for at instants a step apart; where a point is lit at one and not at the next, the moment between is halved until it is
known to `END`. Sun or shade that begins and ends between two instants is not seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.sun import SunPath
from cim.compiled import compiled

Count = Literal["cumulative", "longest"]
Below = Callable[[NDArray[np.float64]], NDArray[np.bool_]]

END = 0.5  # s; ends of intervals are known to this
NEAR = 1e-3  # m; a ray that passes the box round obstacles this close is asked of them
PAIRS = 4_000_000  # of points and instants looked at together


@dataclass(frozen=True, slots=True, eq=False)
class SunPoints:
    """Places the sun is looked for from.

    Attributes:
        places: shape (Q, N, 3), metres, projected frame, just in front of the wall; a point is lit when all its Q places are.
        normals: shape (N, 3), unit vectors away from the wall, or upward from a roof.
        owners: shape (N,), index of the building or window each belongs to.
        buried: shape (N,), those of which the ground says nothing, because they lie below it or none is known; it does not hide them.
    """

    places: NDArray[np.float64]
    normals: NDArray[np.float64]
    owners: NDArray[np.int64]
    buried: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.owners)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> SunPoints:
        """Some of them."""
        return SunPoints(
            self.places[:, chosen], self.normals[chosen], self.owners[chosen], self.buried[chosen]
        )

    def raised(self, metres: float) -> SunPoints:
        """The same, so much higher."""
        return replace(self, places=self.places + np.array([0.0, 0.0, metres]))


@dataclass(frozen=True, slots=True, eq=False)
class Obstacles:
    """What may stand between points and the sun.

    Attributes:
        triangles: shape (M, 3, 3), metres, projected frame.
        occluders: the same, to be asked by rays.
        box: shape (2, 3), lowest and highest corner of all of them; the lowest above the highest where there is none.
        begins: rays look only from so many metres in front of a point.
        shift: shape (3,), by which all of it is taken to stand elsewhere, metres.
        below: tells which points, shape (K, 3), lie below the ground; None where the obstacles are no ground.
    """

    triangles: NDArray[np.float64]
    occluders: Occluders
    box: NDArray[np.float64]
    begins: float
    shift: NDArray[np.float64]
    below: Below | None = None

    @property
    def any(self) -> bool:
        """Whether there is a single triangle."""
        return bool(self.box[0, 0] <= self.box[1, 0])

    def moved(self, shift: Sequence[float]) -> Obstacles:
        """The same, standing elsewhere."""
        return replace(self, shift=self.shift + np.asarray(shift, dtype=np.float64))

    def hide(
        self, places: NDArray[np.float64], directions: NDArray[np.float64]
    ) -> NDArray[np.bool_]:
        """Whether they stand on each ray; places and directions of shape (K, 3)."""
        starts = places - self.shift + self.begins * directions
        met = self.occluders.blocked(starts, directions)
        # A ray that is in the ground where it begins has passed the surface before, and may never meet it again.
        return met if self.below is None else met | self.below(starts)

    def struck(
        self, places: NDArray[np.float64], directions: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Index of the first triangle on each ray, shape (K,); -1 for none."""
        return self.occluders.first(places - self.shift + self.begins * directions, directions)


def obstacles(
    triangles: NDArray[np.float64],
    origin: NDArray[np.float64],
    *,
    begins: float = 0.0,
    below: Below | None = None,
) -> Obstacles:
    """Triangles as obstacles.

    Args:
        triangles: shape (M, 3, 3), metres, projected frame; possibly none.
        origin: shape (3,), near what is looked at, same frame.
        begins: rays look only from so many metres in front of a point.
        below: tells which points lie below the ground, where the triangles are ground; buried points are not hidden by it.
    """
    box = np.array([[math.inf] * 3, [-math.inf] * 3])
    if len(triangles):
        corners = triangles.reshape(-1, 3)
        box = np.stack([corners.min(axis=0) - NEAR, corners.max(axis=0) + NEAR])
    return Obstacles(triangles, Occluders(triangles, origin), box, begins, np.zeros(3), below)


@dataclass(frozen=True, slots=True, eq=False)
class Intervals:
    """When points are lit, point by point and in the order of time.

    Attributes:
        points: shape (K,), index of the point of each interval.
        starts, ends: shape (K,), seconds since the Unix epoch.
    """

    points: NDArray[np.int64]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]

    @property
    def lengths(self) -> NDArray[np.float64]:
        """Minutes of each, shape (K,)."""
        return (self.ends - self.starts) / 60.0

    def counted(self, shortest: float) -> NDArray[np.bool_]:
        """Which are long enough to count, shape (K,)."""
        return self.lengths >= shortest - 1e-9

    def minutes(self, count: int, kind: Count, shortest: float) -> NDArray[np.float64]:
        """Minutes of sun at each point, shape (count,).

        Args:
            count: how many points there are.
            kind: all intervals together, or the longest one.
            shortest: an interval shorter than this does not count, minutes.
        """
        lengths = np.where(self.counted(shortest), self.lengths, 0.0)
        if kind == "cumulative":
            return np.bincount(self.points, weights=lengths, minlength=count).astype(np.float64)
        longest = np.zeros(count)
        np.maximum.at(longest, self.points, lengths)
        return longest

    def of(self, point: int) -> list[tuple[float, float]]:
        """Start and end of the intervals of one point."""
        mine = np.flatnonzero(self.points == point)
        return [(float(self.starts[i]), float(self.ends[i])) for i in mine]


def in_front(points: SunPoints, path: SunPath, sweep_degrees: float = 0.0) -> NDArray[np.bool_]:
    """At which instants the sun is up and before the wall of each point, shape (N, T).

    Args:
        points: on walls and roofs.
        path: the sun's.
        sweep_degrees: less than this between ray and wall, in plan, does not count.
    """
    found: NDArray[np.bool_] = _in_front(points.normals, path.directions, _sine(sweep_degrees))
    return found


def hidden(
    points: SunPoints, path: SunPath, by: Obstacles, where: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """At which instants obstacles stand between a point, or one of its places, and the sun.

    Args:
        points: on walls and roofs.
        path: the sun's.
        by: the obstacles.
        where: shape (N, T), the instants that are asked for; False at all others.
    """
    found = np.zeros(where.shape, dtype=np.bool_)
    if not by.any:
        return found
    rows = max(PAIRS // max(where.shape[1], 1), 1)
    for first in range(0, len(points), rows):
        some = slice(first, first + rows)
        for places in points.places:
            asked = where[some] & ~found[some]
            if by.below is not None:
                asked &= ~points.buried[some, None]
            _keep_toward(places[some] - by.shift, path.directions, by.box, asked)
            point, moment = np.nonzero(asked)
            found[point + first, moment] = by.hide(places[point + first], path.directions[moment])
    return found


def intervals(
    points: SunPoints,
    path: SunPath,
    lit: NDArray[np.bool_],
    behind: Sequence[Obstacles],
    sweep_degrees: float = 0.0,
) -> Intervals:
    """When points are lit.

    Args:
        points: on walls and roofs.
        path: the sun's.
        lit: shape (N, T), whether they are at each instant.
        behind: all that makes them otherwise beside the wall itself.
        sweep_degrees: as for `in_front`.
    """
    framed = np.zeros((len(lit), lit.shape[1] + 2), dtype=np.int8)
    framed[:, 1:-1] = lit
    change = np.diff(framed, axis=1)
    owner, begin = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    both = np.concatenate([owner, owner])
    right = np.concatenate([begin, end])  # instant after the change; the band's own ends have none
    is_end = np.arange(len(both)) >= len(owner)
    last = len(path.seconds) - 1
    inside = (right > 0) & (right <= last)
    at = path.seconds[np.clip(right - is_end * ~inside, 0, last)]
    at[inside] = _changes(
        points[both[inside]], path, right[inside], is_end[inside], behind, sweep_degrees
    )
    return Intervals(owner.astype(np.int64), at[: len(owner)], at[len(owner) :])


def minutes(
    points: SunPoints,
    path: SunPath,
    behind: Sequence[Obstacles],
    *,
    count: Count,
    shortest: float,
    sweep_degrees: float,
) -> NDArray[np.float64]:
    """Minutes of sun behind obstacles, shape (N,); arguments as above."""
    lit = in_front(points, path, sweep_degrees)
    for by in behind:
        lit &= ~hidden(points, path, by, lit)
    found = intervals(points, path, lit, behind, sweep_degrees)
    return found.minutes(len(points), count, shortest)


def _changes(
    points: SunPoints,
    path: SunPath,
    right: NDArray[np.intp],
    is_end: NDArray[np.bool_],
    behind: Sequence[Obstacles],
    sweep_degrees: float,
) -> NDArray[np.float64]:
    """The moments at which points begin or cease to be lit between an instant and the one before it, by halving."""
    low, high = path.seconds[right - 1].copy(), path.seconds[right].copy()
    for _ in range(max(math.ceil(math.log2(60.0 * path.step / (2.0 * END))), 0)):
        middle = (low + high) / 2.0
        later = _lit(points, path.directions_at(middle), behind, sweep_degrees) == is_end
        low, high = np.where(later, middle, low), np.where(later, high, middle)
    return (low + high) / 2.0


def _lit(
    points: SunPoints,
    directions: NDArray[np.float64],
    behind: Sequence[Obstacles],
    sweep_degrees: float,
) -> NDArray[np.bool_]:
    """Whether each point is lit when the sun stands in its own direction, shape (N,)."""
    level = np.hypot(points.normals[:, 0], points.normals[:, 1])
    level *= _sine(sweep_degrees) * np.hypot(directions[:, 0], directions[:, 1])
    lit: NDArray[np.bool_] = np.einsum("ij,ij->i", points.normals, directions) > level
    lit &= directions[:, 2] > 0.0
    for by in behind:
        for places in points.places:
            which = np.flatnonzero(lit & ~points.buried if by.below is not None else lit)
            lit[which] = ~by.hide(places[which], directions[which])
    return lit


def _sine(degrees: float) -> float:
    return math.sin(math.radians(degrees))


@compiled
def _in_front(normals, directions, sine):  # type: ignore[no-untyped-def]
    found = np.zeros((len(normals), len(directions)), dtype=np.bool_)
    for t in range(len(directions)):
        x, y, z = directions[t]
        if z <= 0.0:
            continue
        level = sine * np.sqrt(x * x + y * y)
        for n in range(len(normals)):
            a, b, c = normals[n]
            found[n, t] = a * x + b * y + c * z > level * np.sqrt(a * a + b * b)
    return found


@compiled
def _keep_toward(places, directions, box, asked):  # type: ignore[no-untyped-def]
    """Strike out of `asked` the instants at which the ray to the sun passes the box by."""
    for n in range(asked.shape[0]):
        for t in range(asked.shape[1]):
            if not asked[n, t]:
                continue
            near, far = 0.0, np.inf
            for k in range(3):
                d = directions[t, k]
                low, high = box[0, k] - places[n, k], box[1, k] - places[n, k]
                if d == 0.0:
                    if low > 0.0 or high < 0.0:
                        far = -1.0
                    continue
                a, b = low / d, high / d
                near, far = max(near, min(a, b)), min(far, max(a, b))
            asked[n, t] = near <= far
