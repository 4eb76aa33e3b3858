"""Green and floor areas, measured again by counting points: on the triangles of what is green, and on the floors of spaces."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.measures.area_ledger import Ledger
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.bodies import triangles_of
from bim_checks.second.raster import SPREAD, Lattice, covered, inside_rings, lattice_over
from bim_checks.second.rings import sides_of
from cim.building import Space
from cim.compiled import compiled
from cim.text import Text

COUNTED = Text(
    zh="在三角面上按 {step:.3f} m 格点计数",
    en="counting points {step:.3f} m apart on the triangles",
)
POINTS_OF_A_STOREY = 4_000
LEVEL = 1e-6  # m; corners of a floor this close in height are level

Weights = Sequence[tuple[float, float]]
"""From which clear height on, metres, which share of a floor counts; highest first. One from minus infinity where heights do not matter."""


@dataclass(frozen=True, slots=True, eq=False)
class Green:
    """What counts as green.

    Attributes:
        elements: indices of the outlines that are green.
        spaces: that are.
        roofs: indices of the outlines on and below which nothing counts.
        walls: indices of the outlines near which nothing counts.
        distance: how near, metres.
        parcel: the land, metres.
    """

    elements: tuple[int, ...]
    spaces: tuple[Space, ...]
    roofs: tuple[int, ...]
    walls: tuple[int, ...]
    distance: float
    parcel: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class FloorsOfSpaces:
    """Floor area that is told by spaces alone.

    Attributes:
        storeys: for each its spaces, the first of two that overlap first, each with what of it counts.
        land: that it is divided by, metres; None where it is not.
    """

    storeys: tuple[tuple[tuple[Space, Weights], ...], ...]
    land: BaseGeometry | None = None


def floors_of_spaces(
    ledger: Ledger, regime: int, land: BaseGeometry | None = None
) -> FloorsOfSpaces | None:
    """What a ledger says of every space, storey by storey, without its areas; None where walls tell of floors.

    Args:
        ledger: of a scheme.
        regime: index of the standard that decides.
        land: that the area is divided by; None where it is not.
    """
    if ledger.floors.basis == "storeys":
        return None
    storeys: dict[tuple[str, ...], dict[str, tuple[Space, list[tuple[float, float]]]]] = {}
    for row in ledger.rows:
        space, clear = row.part.space, row.part.clear_height
        if space is not None:
            held = storeys.setdefault(row.part.storey_ids, {})
            _, weights = held.setdefault(space.global_id, (space, []))
            share = row.shares[regime].coefficient * row.factor
            weights.append((-math.inf if clear is None else clear, share))
    return FloorsOfSpaces(
        tuple(
            tuple((space, tuple(sorted(weights, reverse=True))) for space, weights in held.values())
            for held in storeys.values()
        ),
        land,
    )


def recheck_green(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The green area as a share of the land, percent."""
    green = judgement.basis
    if not isinstance(green, Green):
        return None
    land = sides_of(green.parcel)
    parts = [triangles_of(scheme, np.array(green.elements, dtype=np.int64))[0]]
    matrix = scheme.placement.matrix
    for space in green.spaces:
        floor = _floor(_body(scheme, space))
        parts.append(floor @ matrix[:3, :3].T + matrix[:3, 3])
    triangles = np.concatenate(parts)
    lattice = _over(triangles, land)
    if lattice is None:
        return None
    points = lattice.points()
    roofs, _ = triangles_of(scheme, np.array(green.roofs, dtype=np.int64))
    walls, _ = triangles_of(scheme, np.array(green.walls, dtype=np.int64))
    free = ~_on(points, walls)
    edges = np.stack([walls, np.roll(walls, -1, axis=1)], axis=2)[..., :2].reshape(-1, 2, 2)
    if len(edges):
        _clear(points, edges, green.distance, free)
    told = (inside_rings(points, land), _on(points, triangles), ~_on(points, roofs), free)
    counts = np.logical_and.reduce(told)
    # What is left between two of these borders may be too narrow for any point.
    labels = sum(part.astype(np.int64) << k for k, part in enumerate(told))
    share = 100.0 / _area(land)
    return SecondOpinion(
        COUNTED.format(step=lattice.step),
        share * lattice.step**2 * float(counts.sum()),
        share * _resolution(np.asarray(labels), lattice.step),
    )


def recheck_floors(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The floor area that counts, m2, or its share of the land; None where walls and not spaces tell of floors."""
    floors = judgement.basis
    if not isinstance(floors, FloorsOfSpaces):
        return None
    found, doubt, coarsest = 0.0, 0.0, 0.0
    for spaces in floors.storeys:
        bodies = [(_body(scheme, space), weights) for space, weights in spaces]
        plan = np.concatenate([body for body, _ in bodies])[:, :, :2].reshape(-1, 2)
        (west, south), (east, north) = plan.min(axis=0).tolist(), plan.max(axis=0).tolist()
        lattice = lattice_over((west, south, east, north), POINTS_OF_A_STOREY)
        shares, labels = _shares(lattice.points(), bodies)
        found += lattice.step**2 * float(shares.sum())
        coarsest = max(coarsest, lattice.step)
        doubt += float(shares.max(initial=0.0)) * _resolution(labels, lattice.step)
    land = 1.0 if floors.land is None else _area(sides_of(floors.land))
    return SecondOpinion(COUNTED.format(step=coarsest), found / land, doubt / land)


def _shares(
    points: NDArray[np.float64], bodies: Sequence[tuple[NDArray[np.float64], Weights]]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """What counts at every point, shape (rows, columns): that of the first space whose floor it lies on; and a number for each part."""
    shares = np.zeros(points.shape[:2])
    labels = np.zeros(points.shape[:2], dtype=np.int64)
    number = 0
    for body, weights in bodies:
        left = (labels == 0) & _on(points, _floor(body))
        bottom = float(body[:, :, 2].min())
        labels[left] = number = number + 1
        for clear, weight in weights:
            high = left & _reaches(points, body, bottom + clear) if clear > 0.0 else left
            labels[high] = number = number + 1
            shares[high] = weight
            left = left & ~high
    return shares, labels


def _reaches(
    points: NDArray[np.float64], body: NDArray[np.float64], height: float
) -> NDArray[np.bool_]:
    """Over which points a body reaches a height."""
    low, high = np.full(points.shape[:2], height - LEVEL), np.full(points.shape[:2], math.inf)
    owners = np.zeros(len(body), dtype=np.int64)
    return covered(points, body, owners, low, high, count_inside=False)


def _resolution(labels: NDArray[np.int64], step: float) -> float:
    """As `raster.resolution`, along the borders of all parts."""
    framed = np.pad(labels, 1)
    rim = int((framed[1:] != framed[:-1]).sum() + (framed[:, 1:] != framed[:, :-1]).sum())
    return step * step * (1.0 + SPREAD * math.sqrt(max(rim, 1)))


def _body(scheme: Scheme, space: Space) -> NDArray[np.float64]:
    """Triangles of a space, shape (M, 3, 3), engineering CRS, metres."""
    if space.representation is None:
        return np.zeros((0, 3, 3))
    return scheme.model.body(space.representation).triangles()


def _floor(body: NDArray[np.float64]) -> NDArray[np.float64]:
    """The level triangles at the foot of a body; all of them where it stands on none."""
    heights = body[:, :, 2]
    level = (heights <= heights.min(initial=math.inf) + LEVEL).all(axis=1)
    u, v = body[:, 1] - body[:, 0], body[:, 2] - body[:, 0]
    flat = level & (np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) > LEVEL)
    return body[flat] if flat.any() else body


def _on(points: NDArray[np.float64], triangles: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points triangles cover, seen from above."""
    low, high = np.full(points.shape[:2], -math.inf), np.full(points.shape[:2], math.inf)
    owners = np.zeros(len(triangles), dtype=np.int64)
    return covered(points, triangles, owners, low, high, count_inside=False)


def _over(triangles: NDArray[np.float64], land: NDArray[np.float64]) -> Lattice | None:
    """A lattice over what of some triangles' box lies in that of the land; None where nothing does."""
    plan = triangles[:, :, :2].reshape(-1, 2)
    if not len(plan):
        return None
    west, south = np.maximum(plan.min(axis=0), land.min(axis=(0, 1))).tolist()
    east, north = np.minimum(plan.max(axis=0), land.max(axis=(0, 1))).tolist()
    return lattice_over((west, south, east, north)) if west < east and south < north else None


def _area(sides: NDArray[np.float64]) -> float:
    """Area that rings enclose, outer ones one way round and holes the other, m2."""
    moved = sides - sides[0, 0]
    (x0, y0), (x1, y1) = moved[:, 0].T, moved[:, 1].T
    return abs(float((x0 * y1 - x1 * y0).sum())) / 2.0


@compiled
def _clear(
    points: NDArray[np.float64],
    edges: NDArray[np.float64],
    distance: float,
    counts: NDArray[np.bool_],
) -> None:
    """Take out the points of a lattice that are nearer to an edge than a distance."""
    rows, columns = counts.shape
    west, south = points[0, 0, 0], points[0, 0, 1]
    step = points[0, 1, 0] - west if columns > 1 else points[1, 0, 1] - south if rows > 1 else 1.0
    for e in range(edges.shape[0]):
        px, py, qx, qy = edges[e, 0, 0], edges[e, 0, 1], edges[e, 1, 0], edges[e, 1, 1]
        first = max(0, math.floor((min(px, qx) - distance - west) / step) - 1)
        last = min(columns - 1, math.ceil((max(px, qx) + distance - west) / step))
        bottom = max(0, math.floor((min(py, qy) - distance - south) / step) - 1)
        top = min(rows - 1, math.ceil((max(py, qy) + distance - south) / step))
        dx, dy = qx - px, qy - py
        squared = dx * dx + dy * dy
        for j in range(bottom, top + 1):
            for i in range(first, last + 1):
                if counts[j, i]:
                    x, y = points[j, i, 0] - px, points[j, i, 1] - py
                    along = 0.0 if squared == 0.0 else (x * dx + y * dy) / squared
                    along = min(max(along, 0.0), 1.0)
                    if math.hypot(x - along * dx, y - along * dy) < distance:
                        counts[j, i] = False
