"""Minutes of sun on points of facades, before and after a scheme.

After is before and not hit by the scheme alone, so what the scheme takes is attributed to it and to nothing else.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.sun import SunPath

Count = Literal["cumulative", "longest"]

OFF_WALL = 0.05  # m; rays begin this far in front of the facade, so that it does not shade itself


@dataclass(frozen=True, slots=True, eq=False)
class FacadePoints:
    """Points on walls.

    Attributes:
        positions: shape (N, 3), metres, projected frame, just in front of the wall.
        normals: shape (N, 2), unit vectors away from the wall, in plan.
        owners: shape (N,), index of the building or window each belongs to.
    """

    positions: NDArray[np.float64]
    normals: NDArray[np.float64]
    owners: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sunshine:
    """Minutes of sun.

    Attributes:
        before, after: shape (N,), minutes at each point, counted as the rule says.
        lost: shape (N, T), where in time the scheme alone takes the sun.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    lost: NDArray[np.bool_]


def facade_points(
    footprint: BaseGeometry, height: float, spacing: float, owner: int
) -> FacadePoints:
    """Points along the outline of a building at one height, in the middle of equal pieces of each edge.

    Args:
        footprint: polygons, metres, projected frame.
        height: orthogonal height, metres.
        spacing: pieces are at most this long, metres.
        owner: index given to the points.
    """
    positions, normals = [], []
    for polygon in shapely.get_parts(footprint):
        if polygon.geom_type != "Polygon":
            continue
        ring = np.asarray(shapely.geometry.polygon.orient(polygon).exterior.coords)[:, :2]
        for start, end in itertools.pairwise(ring):
            along = end - start
            length = float(np.hypot(*along))
            if length == 0.0:
                continue
            outward = np.array([along[1], -along[0]]) / length
            pieces = max(int(np.ceil(length / spacing)), 1)
            shares = (np.arange(pieces) + 0.5) / pieces
            plan = start + shares[:, None] * along + OFF_WALL * outward
            positions.append(np.column_stack([plan, np.full(pieces, height)]))
            normals.append(np.repeat(outward[None, :], pieces, axis=0))
    if not positions:
        return FacadePoints(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
    found = np.concatenate(positions)
    return FacadePoints(found, np.concatenate(normals), np.full(len(found), owner, dtype=np.int64))


def joined(parts: list[FacadePoints]) -> FacadePoints:
    """The points of several buildings."""
    if not parts:
        return FacadePoints(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0, dtype=np.int64))
    return FacadePoints(
        np.concatenate([part.positions for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.owners for part in parts]),
    )


def shaded_by(points: FacadePoints, path: SunPath, scheme: Occluders) -> NDArray[np.bool_]:
    """When the scheme stands between points and the sun, shape (N, T); False where the sun is behind the wall or down."""
    return _blocked(points, path, scheme, _facing(points, path))


def sunshine(
    points: FacadePoints,
    path: SunPath,
    around: Occluders,
    shaded: NDArray[np.bool_],
    *,
    count: Count,
    shortest: float,
) -> Sunshine:
    """Minutes of sun before and after a scheme.

    Args:
        points: on facades.
        path: the sun's.
        around: what stands before the scheme and stays.
        shaded: shape (N, T), when the scheme stands in the way (`shaded_by`).
        count: all intervals together, or the longest one.
        shortest: an interval shorter than this does not count, minutes.
    """
    facing = _facing(points, path)
    lit = facing & ~_blocked(points, path, around, facing)
    return Sunshine(
        before=_minutes(lit, path.step, count, shortest),
        after=_minutes(lit & ~shaded, path.step, count, shortest),
        lost=lit & shaded,
    )


def _facing(points: FacadePoints, path: SunPath) -> NDArray[np.bool_]:
    up = path.directions[:, 2] > 0.0
    return (points.normals @ path.directions[:, :2].T > 0.0) & up[None, :]


def _blocked(
    points: FacadePoints, path: SunPath, occluders: Occluders, where: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    point, moment = np.nonzero(where)
    found = np.zeros(where.shape, dtype=np.bool_)
    found[point, moment] = occluders.blocked(points.positions[point], path.directions[moment])
    return found


def _minutes(
    lit: NDArray[np.bool_], step: float, count: Count, shortest: float
) -> NDArray[np.float64]:
    """Minutes of each row of a timetable, its intervals taken one by one."""
    framed = np.zeros((len(lit), lit.shape[1] + 2), dtype=np.int8)
    framed[:, 1:-1] = lit
    change = np.diff(framed, axis=1)
    row, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    length = (end - start) * step
    length = np.where(length >= shortest - 1e-9, length, 0.0)
    if count == "cumulative":
        return np.bincount(row, weights=length, minlength=len(lit)).astype(np.float64)
    longest = np.zeros(len(lit))
    np.maximum.at(longest, row, length)
    return longest
