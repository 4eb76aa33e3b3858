"""Triangles of polygons with holes, and what makes a polygon one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import mapbox_earcut
import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.direct.ears import MOST_POINTS, clip_ears
from cim.ifc.direct.records import NotDirectError

SAME_POINT = 1e-9  # m; closer points are one
NEAR_POINT = 1e-5  # m; between these two the kernel decides whether they are one
AREA_AGREES = 1e-9  # relative; triangles of a simple polygon cover it exactly

Rings = Sequence[NDArray[np.float64]]


def cleaned(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """A ring without its closing point and without points that repeat the one before.

    Args:
        ring: shape (N, 2), metres.

    Raises:
        NotDirectError: fewer than three points are left, or some lie so near that it is not clear whether they are one.
    """
    kept = _kept(ring)
    if len(kept) < 3:
        raise NotDirectError("ring")
    return ring if len(kept) == len(ring) else ring[kept]


@compiled
def _kept(ring):  # type: ignore[no-untyped-def]
    """Points of a ring that differ from the one before; none when it is not clear which do."""
    count = len(ring)
    kept = np.zeros(count, dtype=np.int64)
    made = 0
    for place in range(count):
        before = place - 1 if place > 0 else count - 1
        apart = max(abs(ring[place, 0] - ring[before, 0]), abs(ring[place, 1] - ring[before, 1]))
        if apart > NEAR_POINT:
            kept[made] = place
            made += 1
        elif apart > SAME_POINT:
            return kept[:0]
    return kept[:made]


@compiled
def signed_area(ring):  # type: ignore[no-untyped-def]
    """Area of a ring of shape (N, 2), positive counter-clockwise."""
    doubled = 0.0
    for place in range(1, len(ring) - 1):
        ax, ay = ring[place, 0] - ring[0, 0], ring[place, 1] - ring[0, 1]
        bx, by = ring[place + 1, 0] - ring[0, 0], ring[place + 1, 1] - ring[0, 1]
        doubled += ax * by - ay * bx
    return doubled / 2.0


def oriented(rings: Rings) -> list[NDArray[np.float64]]:
    """The first ring counter-clockwise, the others clockwise.

    Raises:
        NotDirectError: one has no area.
    """
    found = []
    for place, ring in enumerate(rings):
        area = signed_area(ring)
        if area == 0.0:
            raise NotDirectError("ring")
        # Compiled code is made anew for arrays that are read backwards, hence the copy.
        right = (area > 0.0) == (place == 0)
        found.append(ring if right else np.ascontiguousarray(ring[::-1]))
    return found


def triangulated(rings: Rings) -> NDArray[np.int32]:
    """Counter-clockwise triangles of a polygon.

    Args:
        rings: the outer one counter-clockwise, then holes clockwise; each of shape (N, 2).

    Returns:
        Shape (M, 3), indices into the points of all rings in their order.

    Raises:
        NotDirectError: it crosses itself, so that no set of triangles covers it.
    """
    if len(rings) == 1 and is_convex(rings[0]):
        whole: NDArray[np.int32] = fan(len(rings[0]))
        return whole
    if len(rings) == 1 and len(rings[0]) <= MOST_POINTS:
        whole = np.zeros((len(rings[0]) - 2, 3), dtype=np.int32)
        x, y = np.ascontiguousarray(rings[0].T)
        if clip_ears(x, y, whole):
            return whole
    points = np.ascontiguousarray(np.concatenate(rings))
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.uint32)
    faces = mapbox_earcut.triangulate_float64(points, ends).reshape(-1, 3).astype(np.int32)
    if not len(faces):
        raise NotDirectError("polygon")
    areas = _doubled_areas(points, faces)
    wanted = 2.0 * sum(signed_area(ring) for ring in rings)
    if abs(np.abs(areas).sum() - wanted) > AREA_AGREES * abs(wanted):
        raise NotDirectError("polygon")
    turned = areas < 0.0
    faces[turned] = faces[turned, ::-1]
    whole = _with_all_points(faces[areas != 0.0], [len(ring) for ring in rings])
    if abs(np.abs(_doubled_areas(points, whole)).sum() - wanted) > AREA_AGREES * abs(wanted):
        raise NotDirectError("polygon")  # a point left out was no point of a straight edge
    return whole


def _with_all_points(faces: NDArray[np.int32], lengths: Sequence[int]) -> NDArray[np.int32]:
    """Triangles that use every point of their rings.

    Earcut leaves out points on a straight edge. The faces next door have them, so without them a closed body would not be.
    """
    used = np.zeros(sum(lengths), dtype=bool)
    used[faces] = True
    if used.all():
        return faces
    triangles = [tuple(face) for face in faces.tolist()]
    start = 0
    for length in lengths:
        ring = np.arange(start, start + length)
        start += length
        kept = np.flatnonzero(used[ring])
        if not len(kept):
            raise NotDirectError("polygon")
        for place, here in enumerate(kept.tolist()):
            steps = (kept[(place + 1) % len(kept)] - here) % length or length
            chain = ring[(here + np.arange(steps + 1)) % length].tolist()
            if len(chain) > 2:
                _split_edge(triangles, chain)
    return np.array(triangles, dtype=np.int32)


def _split_edge(triangles: list[tuple[int, ...]], chain: list[int]) -> None:
    """Split the triangle that has an edge from the first to the last point of a chain at the points between, in place."""
    for place, (a, b, c) in enumerate(triangles):
        for first, last, apex in ((a, b, c), (b, c, a), (c, a, b)):
            if (first, last) == (chain[0], chain[-1]):
                triangles[place : place + 1] = [
                    (one, other, apex) for one, other in itertools.pairwise(chain)
                ]
                return
    raise NotDirectError("polygon")


@compiled
def is_convex(ring):  # type: ignore[no-untyped-def]
    """Whether a counter-clockwise ring of shape (N, 2) turns left at every point, once round."""
    count = len(ring)
    turns = 0
    for place in range(count):
        ax = ring[(place + 1) % count, 0] - ring[place, 0]
        ay = ring[(place + 1) % count, 1] - ring[place, 1]
        bx = ring[(place + 2) % count, 0] - ring[(place + 1) % count, 0]
        by = ring[(place + 2) % count, 1] - ring[(place + 1) % count, 1]
        if ax * by - ay * bx <= 0.0:
            return False
        # A ring that goes round twice turns left everywhere too; its edges change from down to up more than once.
        if (ay < 0.0 or (ay == 0.0 and ax < 0.0)) and not (by < 0.0 or (by == 0.0 and bx < 0.0)):
            turns += 1
    return turns == 1


@compiled
def fan(count):  # type: ignore[no-untyped-def]
    """Triangles of a convex polygon of `count` points, shape (count - 2, 3)."""
    faces = np.zeros((count - 2, 3), dtype=np.int32)
    for place in range(count - 2):
        faces[place, 1] = place + 1
        faces[place, 2] = place + 2
    return faces


def _doubled_areas(points: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    doubled: NDArray[np.float64] = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (
        b[:, 1] - a[:, 1]
    ) * (c[:, 0] - a[:, 0])
    return doubled
