"""The highest point in a zone, found again: from corners, edges and the zone's own corners, without cutting a polygon.

What lies over a polygon is highest at a corner of a face inside it, where an edge of a face crosses its border, or at one of its
own corners under a face. The three are taken from the triangles alone.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, SecondOpinion
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from cim.text import Text

METHOD = Text(
    zh="由三角面角点、棱与区界交点及区界角点求最高点",
    en="the highest of corners inside, of edges where they cross the border, and of faces over the border's corners",
)
RESOLUTION = 1e-3  # m; rounding where edges run along the border
UPRIGHT = 1e-9  # m2 in plan, twice; of a face seen edge-on
BATCH = 4_000_000  # pairs of a point and a side at once; 100 MB
FIRST = 256  # corners looked at first, then four times as many


def recheck_highest(
    rule: Rule,
    scheme: Scheme,
    around: Surroundings,
    judgement: Judgement,
) -> SecondOpinion | None:
    """The highest point of the scheme over the polygon that the judgement is based on; None where it names none."""
    zone = judgement.basis
    if not isinstance(zone, BaseGeometry):
        return None
    triangles, _ = scheme.all_triangles
    return SecondOpinion(METHOD, highest_over(triangles, zone), RESOLUTION)


def highest_over(triangles: NDArray[np.float64], zone: BaseGeometry) -> float:
    """Highest point of triangles over a polygon; NaN when none lies over it.

    Args:
        triangles: shape (M, 3, 3), metres.
        zone: polygons, metres, same frame.
    """
    origin = np.array(zone.bounds[:2])  # map coordinates leave too few digits for products
    sides = _sides(zone) - origin
    faces = _near(triangles, zone.bounds) - np.array([*origin, 0.0])
    best = _highest_corner(faces.reshape(-1, 3), sides)
    faces = faces[faces[:, :, 2].max(axis=1) > best]  # no other can be higher
    for start, end in sides:
        best = max(best, _where_edges_cross(faces, start, end), _over(faces, start))
    return best if np.isfinite(best) else float("nan")


def _near(
    triangles: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.float64]:
    """Triangles whose boxes in plan meet a box: none of their sides has it beyond all three corners."""
    west, south, east, north = box
    near = np.ones(len(triangles), dtype=np.bool_)
    for axis, low, high in ((0, west, east), (1, south, north)):
        a, b, c = (triangles[:, corner, axis] for corner in range(3))
        near &= (a >= low) | (b >= low) | (c >= low)
        near &= (a <= high) | (b <= high) | (c <= high)
    return np.asarray(triangles[near])


def _highest_corner(corners: NDArray[np.float64], sides: NDArray[np.float64]) -> float:
    """Height of the highest corner inside, from the top down, for nothing below the first one found can be higher."""
    order = np.argsort(-corners[:, 2], kind="stable")
    count, start = FIRST, 0
    while start < len(order):
        part = corners[order[start : start + count]]
        inside = np.flatnonzero(_inside(part[:, :2], sides))
        if len(inside):
            return float(part[inside[0], 2])
        start, count = start + count, min(count * 4, max(BATCH // len(sides), 1))
    return -np.inf


def _sides(zone: BaseGeometry) -> NDArray[np.float64]:
    """Of all rings, shape (K, 2, 2)."""
    rings = [
        np.asarray(ring.coords)[:, :2]
        for polygon in shapely.get_parts(zone)
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in rings])


def _inside(points: NDArray[np.float64], sides: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule, shape (N,)."""
    x, y = points[:, 0, None], points[:, 1, None]
    (x0, y0), (x1, y1) = sides[:, 0].T, sides[:, 1].T
    spans = (y0 <= y) != (y1 <= y)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
    return np.asarray((spans & beyond).sum(axis=1) % 2 == 1)


def _where_edges_cross(
    faces: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> float:
    """Highest point at which an edge of a face crosses one side of the border, ends included."""
    p, q = faces.reshape(-1, 3), np.roll(faces, -1, axis=1).reshape(-1, 3)
    way, side = q - p, end - start
    across = way[:, 0] * side[1] - way[:, 1] * side[0]
    offset = start - p[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        along = (offset[:, 0] * side[1] - offset[:, 1] * side[0]) / across
        there = (offset[:, 0] * way[:, 1] - offset[:, 1] * way[:, 0]) / across
    crossing = (along >= 0.0) & (along <= 1.0) & (there >= 0.0) & (there <= 1.0)
    return float((p[crossing, 2] + along[crossing] * way[crossing, 2]).max(initial=-np.inf))


def _over(faces: NDArray[np.float64], corner: NDArray[np.float64]) -> float:
    """Highest face over one corner of the border."""
    a, b, c = (faces[:, i] for i in range(3))
    u, v, w = b - a, c - a, corner - a[:, :2]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    flat = np.abs(area) > UPRIGHT  # the rest is highest on its edges
    a, u, v, w, area = a[flat], u[flat], v[flat], w[flat], area[flat]
    s = (w[:, 0] * v[:, 1] - w[:, 1] * v[:, 0]) / area
    t = (u[:, 0] * w[:, 1] - u[:, 1] * w[:, 0]) / area
    over = (s >= 0.0) & (t >= 0.0) & (s + t <= 1.0)
    return float((a[over, 2] + s[over] * u[over, 2] + t[over] * v[over, 2]).max(initial=-np.inf))
