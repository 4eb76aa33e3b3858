"""How deep bodies reach beyond a line, from the corners of their triangles: between a depth certain to be reached and one certain not to be passed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.second.rings import distances, farthest, lie_inside
from bim_checks.second.slices import Slices, reaches, starts_of

TOUCHING = 1e-3  # m; the IFC kernel's linear deflection: what reaches over by less only touches
FINEST = 2.5e-4  # m; edges are halved until they can hide no more than this
MOST = 4_000  # pieces of edges at a time; with more the two depths stay as far apart as they are
AROUND_A_CORNER = 64  # directions looked at from a corner
NEARLY_STRAIGHT = 2  # of them, 11 degrees; a corner that turns less may lie amid a straight outline
LOOK = 2e-4  # m; how far
STRAIGHT = 0.2  # sine of 11 degrees
UPRIGHT = 1e-12  # m2 in plan, twice; of a face seen edge-on
BODIES = 128  # that may lie deepest; the others are known by their boxes
TRIED = 16  # corners, the deepest first, of which one is to be proven to be on the outline


@dataclass(frozen=True, slots=True, eq=False)
class Beyond:
    """What lies on the wrong side of a line.

    Attributes:
        border: sides of the area that is to be kept to, or kept out of, shape (K, 2, 2), metres.
        inside: whether it is to be kept to.
        edge: sides of the one edge of the area that counts, shape (L, 2, 2): what left it over another edge is not this one's.
            None where all do.
    """

    border: NDArray[np.float64]
    inside: bool
    edge: NDArray[np.float64] | None = None

    def depths(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """How deep each of some points, shape (N, 2), lies beyond, metres; zero where it does not."""
        nearest = distances(points, self.border)
        wrong = lie_inside(points, self.border) != self.inside
        if self.edge is None:
            return np.where(wrong, nearest, 0.0)
        own = distances(points, self.edge)
        return np.where(wrong & (own <= nearest + TOUCHING), own, 0.0)

    def at_most(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """What no point of each edge, shape (E, 2, 2), is deeper than, metres."""
        middle = edges.mean(axis=1)
        half = np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1) / 2.0
        nearest = distances(middle, self.border)
        may = (lie_inside(middle, self.border) != self.inside) | (nearest <= half)
        deepest = farthest(edges, self.border)
        if self.edge is not None:
            # Both distances change by no more than a point moves.
            may &= distances(middle, self.edge) - nearest <= TOUCHING + 2.0 * half
            deepest = np.minimum(deepest + TOUCHING, farthest(edges, self.edge))
        return np.where(may, deepest, 0.0)


def reach_beyond(slices: Slices, beyond: Beyond) -> tuple[float, float]:
    """A depth that some corner of an outline certainly reaches, and one that none passes, metres; both zero where nothing lies beyond.

    Args:
        slices: of bodies.
        beyond: the line.
    """
    if not len(slices.rings):
        return 0.0, 0.0
    origin = beyond.border.reshape(-1, 2).mean(axis=0)
    moved = Beyond(
        beyond.border - origin,
        beyond.inside,
        None if beyond.edge is None else beyond.edge - origin,
    )
    rings = slices.rings - np.array([*origin, 0.0])
    starts = starts_of(slices.owners)
    ends = np.append(starts[1:], len(rings))
    bounds = _bounds(rings, starts, moved)
    sure, most = 0.0, 0.0
    for number, i in enumerate(np.argsort(-bounds, kind="stable")):
        if bounds[i] <= most:
            break
        if number == BODIES:
            most = float(bounds[i])
            break
        sure, deepest = _of_body(rings[starts[i] : ends[i]], moved, sure)
        most = max(most, deepest)
    return min(sure, most), most


def _bounds(
    rings: NDArray[np.float64], starts: NDArray[np.int64], beyond: Beyond
) -> NDArray[np.float64]:
    """What no point of each body is deeper than, by its box; metres."""
    (west, east), (south, north) = (reaches(rings[:, :, k]) for k in (0, 1))
    west, south = (np.minimum.reduceat(side, starts) for side in (west, south))
    east, north = (np.maximum.reduceat(side, starts) for side in (east, north))
    corners = [[west, south], [east, south], [east, north], [west, north]]
    boxes = np.moveaxis(np.array(corners), 2, 0)
    found = farthest(boxes, beyond.border) + TOUCHING
    return found if beyond.edge is None else np.minimum(found, farthest(boxes, beyond.edge))


def _of_body(rings: NDArray[np.float64], beyond: Beyond, known: float) -> tuple[float, float]:
    """The two depths of one body's rings, shape (R, 5, 3); the first no less than a known one."""
    corners = rings[:, :, :2]
    wrong = lie_inside(corners.reshape(-1, 2), beyond.border) != beyond.inside
    wrong = wrong.reshape(rings.shape[:2])
    if not wrong.any():
        return known, 0.0
    crossing = wrong | np.roll(wrong, -1, axis=1)
    edges = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)[crossing]
    return _sure(corners[wrong], corners, beyond, known), _most_along(edges, beyond)


def _most_along(edges: NDArray[np.float64], beyond: Beyond) -> float:
    """What no point of edges, shape (E, 2, 2), is deeper than, by halving those that may hide a deeper one."""
    best = float(beyond.depths(edges.reshape(-1, 2)).max(initial=0.0))
    while len(edges):
        middle = edges.mean(axis=1)
        best = max(best, float(beyond.depths(middle).max()))
        may = beyond.at_most(edges)
        left = may > best + FINEST
        if left.sum() > MOST:
            return float(may.max())
        edges, middle = edges[left], middle[left]
        edges = np.concatenate(
            [np.stack([edges[:, 0], middle], axis=1), np.stack([middle, edges[:, 1]], axis=1)]
        )
    return best + FINEST if best > 0.0 else 0.0


def _sure(
    corners: NDArray[np.float64], rings: NDArray[np.float64], beyond: Beyond, known: float
) -> float:
    """The depth of the deepest corner that is proven to be one of the body's outline, or a known depth where none is deeper."""
    depths = beyond.depths(corners)
    tried: list[NDArray[np.float64]] = []
    for i in np.argsort(-depths, kind="stable"):
        if depths[i] <= known or len(tried) == TRIED:
            break
        if any(np.abs(corners[i] - other).max() < LOOK for other in tried):
            continue
        if _is_corner(corners[i], rings):
            return float(depths[i])
        tried.append(corners[i])
    return known


def _is_corner(corner: NDArray[np.float64], rings: NDArray[np.float64]) -> bool:
    """Whether an outline turns here: what is free around the corner is neither nothing nor half."""
    turns = (np.arange(AROUND_A_CORNER) + 0.5) * 2.0 * np.pi / AROUND_A_CORNER
    around = corner + LOOK * np.stack([np.cos(turns), np.sin(turns)], axis=1)
    near = (rings.min(axis=1) <= around.max(axis=0)).all(axis=1)
    near &= (rings.max(axis=1) >= around.min(axis=0)).all(axis=1)
    rings = rings[near]
    x, y = rings[..., 0], rings[..., 1]
    twice = (x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1)).sum(axis=1)
    lying = np.abs(twice) > UPRIGHT
    if not lying.any():
        return _turns(corner, rings)
    rings, sense = rings[lying], np.sign(twice[lying])
    way, to = np.roll(rings, -1, axis=1) - rings, around[:, None, None] - rings[None]
    aside = way[None, ..., 0] * to[..., 1] - way[None, ..., 1] * to[..., 0]
    held = (aside * sense[None, :, None] >= 0.0).all(axis=2)
    free = int((~held.any(axis=1)).sum())
    return free > 0 and abs(free - AROUND_A_CORNER // 2) > NEARLY_STRAIGHT


def _turns(corner: NDArray[np.float64], walls: NDArray[np.float64]) -> bool:
    """Whether upright faces seen from above end here, or change their direction."""
    ways = walls.reshape(-1, 2) - corner
    run = np.linalg.norm(ways, axis=1)
    ways = ways[run > LOOK] / run[run > LOOK, None]
    if not len(ways):
        return False
    aside = ways[:, 0] * ways[0, 1] - ways[:, 1] * ways[0, 0]
    ahead = ways @ ways[0]
    straight = bool((np.abs(aside) < STRAIGHT).all()) and bool((ahead < 0.0).any())
    return not straight
