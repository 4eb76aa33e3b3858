"""Shells made whole where only their triangles keep them from being closed; their shape stays what it is.

Authoring tools write a face beside two others as one straight edge, and the corner between the two beside it on no corner of
the first (a T-junction). And a diagonal that splits a face may fall on an edge that two other faces share already.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled

ON_EDGE = 1e-6  # m a corner may lie off the straight edge it is put on
SAME_PLANE = 1e-9  # m a corner may lie off the plane of the triangle next door for their shared edge to be turned
MOST_COMPARED = 20_000_000  # pairs of edge and corner; a shell with more stays open
PASSES = 8  # a triangle is split at one edge a pass


def mended(
    vertices: NDArray[np.float64], faces: NDArray[np.int32]
) -> tuple[NDArray[np.int32], bool]:
    """Triangles of the same surface, with edges that meet corner to corner.

    Args:
        vertices: shape (N, 3), metres.
        faces: shape (M, 3), indices into `vertices`.

    Returns:
        Triangles, shape (K, 3), and whether they close: every edge is passed once each way. Those that do not close are
        the given ones.
    """
    if is_closed(faces, len(vertices)):
        return faces, True
    found = faces
    for _ in range(PASSES):
        open_edges, are_hopeless = _open_edges(found, len(vertices))
        if are_hopeless:
            break
        if not len(open_edges):
            found = _turned(vertices, found)
            return (found, True) if is_closed(found, len(vertices)) else (faces, False)
        corners = np.unique(open_edges[:, :2])
        if len(open_edges) * len(corners) > MOST_COMPARED:
            break
        split = _split(vertices, found, open_edges, corners)
        if len(split) == len(found):
            break
        found = split
    return faces, False


@compiled
def is_closed(faces, count):  # type: ignore[no-untyped-def]
    """Whether triangles, shape (M, 3), over `count` corners pass every edge once each way."""
    edges, times = _passed(faces, count)
    for slot in range(len(edges)):
        edge = edges[slot]
        if edge < 0:
            continue
        if times[slot] != 1 or edges[_slot(edges, edge % count * count + edge // count)] < 0:
            return False
    return len(faces) > 0


@compiled
def _passed(faces, count):  # type: ignore[no-untyped-def]
    """A table of the edges that triangles pass, as ``start * count + end`` or -1, and how often each is passed."""
    slots = 16
    while slots < 6 * len(faces):
        slots *= 2
    edges = np.full(slots, -1, dtype=np.int64)
    times = np.zeros(slots, dtype=np.int32)
    for face in range(len(faces)):
        for side in range(3):
            edge = np.int64(faces[face, side]) * count + faces[face, (side + 1) % 3]
            slot = _slot(edges, edge)
            edges[slot] = edge
            times[slot] += 1
    return edges, times


@compiled
def _slot(edges, edge):  # type: ignore[no-untyped-def]
    """Where an edge is in a table, or is to be put."""
    last = len(edges) - 1
    key = np.uint64(edge) * np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(key >> np.uint64(32)) & last
    while edges[slot] >= 0 and edges[slot] != edge:
        slot = (slot + 1) & last
    return slot


@compiled
def _open_edges(faces, count):  # type: ignore[no-untyped-def]
    """Edges that nothing passes the other way, shape (E, 4): start, end, triangle and side (0 to 2).

    Beside them, whether one is passed twice: its faces disagree about which side is outside, so no split closes them.
    """
    edges, times = _passed(faces, count)
    found = np.zeros((16, 4), dtype=np.int64)
    size = 0
    for face in range(len(faces)):
        for side in range(3):
            start, end = np.int64(faces[face, side]), np.int64(faces[face, (side + 1) % 3])
            if edges[_slot(edges, end * count + start)] >= 0:
                continue
            if times[_slot(edges, start * count + end)] > 1:
                return found[:0], True
            if size == len(found):
                found = np.concatenate((found, np.zeros_like(found)))
            found[size, 0], found[size, 1], found[size, 2], found[size, 3] = start, end, face, side
            size += 1
    return found[:size], False


@compiled
def _split(vertices, faces, open_edges, corners):  # type: ignore[no-untyped-def]
    """Each triangle split at the corners that lie on one of its open edges."""
    cut = np.full(len(faces), -1, dtype=np.int64)  # the edge at which a triangle is split
    size = len(faces)
    for edge in range(len(open_edges)):
        start, end, face, _ = open_edges[edge]
        more = len(_between(vertices, start, end, corners)) - 2
        if more > 0 and cut[face] < 0:
            cut[face] = edge
            size += more
    split = np.zeros((size, 3), dtype=np.int32)
    made = 0
    for face in range(len(faces)):
        if cut[face] < 0:
            for corner in range(3):
                split[made, corner] = faces[face, corner]
            made += 1
            continue
        start, end, _, side = open_edges[cut[face]]
        chain = _between(vertices, start, end, corners)
        for place in range(len(chain) - 1):
            split[made, 0], split[made, 1] = chain[place], chain[place + 1]
            split[made, 2] = faces[face, (side + 2) % 3]
            made += 1
    return split


@compiled
def _between(vertices, start, end, corners):  # type: ignore[no-untyped-def]
    """The corners on an edge in their order along it, its ends among them."""
    a, b = vertices[start], vertices[end]
    x, y, z = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    length = max(np.sqrt(x * x + y * y + z * z), ON_EDGE)
    x, y, z = x / length, y / length, z / length
    chain = np.zeros(len(corners) + 2, dtype=np.int64)
    along = np.zeros(len(corners) + 2)
    chain[0], size = start, 1
    for corner in corners:
        p = vertices[corner]
        u, v, w = p[0] - a[0], p[1] - a[1], p[2] - a[2]
        there = u * x + v * y + w * z
        if not ON_EDGE < there < length - ON_EDGE:
            continue
        u, v, w = u - there * x, v - there * y, w - there * z
        if u * u + v * v + w * w > ON_EDGE * ON_EDGE:
            continue
        place = size
        while along[place - 1] > there:
            chain[place], along[place] = chain[place - 1], along[place - 1]
            place -= 1
        chain[place], along[place] = corner, there
        size += 1
    chain[size] = end
    return chain[: size + 1]


def _turned(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.int32]:
    """Triangles where the diagonals of flat four-sided parts that fall on another edge are the other diagonals."""
    starts, ends = faces.astype(np.int64), faces[:, (1, 2, 0)].astype(np.int64)
    forth, back = (starts * len(vertices) + ends).ravel(), (ends * len(vertices) + starts).ravel()
    known, counts = np.unique(forth, return_counts=True)
    repeated = known[counts > 1]
    if not len(repeated) or len(repeated) * len(faces) > MOST_COMPARED:
        return faces
    found = faces.copy()
    passed = set(known.tolist())
    for edge in repeated.tolist():
        ours = (np.flatnonzero(forth == edge) // 3).tolist()
        theirs = (np.flatnonzero(back == edge) // 3).tolist()
        pairs = ((one, other) for one in ours for other in theirs)
        for one, other in pairs:
            start, end = divmod(edge, len(vertices))
            left, right = _opposite(found[one], start, end), _opposite(found[other], end, start)
            if left is None or right is None or left == right:
                continue
            diagonal = left * len(vertices) + right, right * len(vertices) + left
            if passed.isdisjoint(diagonal) and _is_flat_and_convex(
                vertices[[start, right, end, left]]
            ):
                found[one], found[other] = (start, right, left), (right, end, left)
                passed.update(diagonal)
                break
    return found


def _opposite(face: NDArray[np.int32], start: int, end: int) -> int | None:
    """The third corner of a triangle with an edge; None when it has that edge no more."""
    a, b, c = face.tolist()
    for first, last, apex in ((a, b, c), (b, c, a), (c, a, b)):
        if (first, last) == (start, end):
            return int(apex)
    return None


@compiled
def _is_flat_and_convex(corners):  # type: ignore[no-untyped-def]
    """Whether four points in order, shape (4, 3), are the corners of a flat convex part of a face."""
    normal = _cross(corners[2] - corners[0], corners[3] - corners[1])
    length = np.sqrt((normal * normal).sum())
    if length <= 0.0:
        return False
    normal /= length
    for place in range(4):
        here, after = corners[(place + 1) % 4], corners[(place + 2) % 4]
        turn = _cross(here - corners[place], after - here)
        if (turn * normal).sum() <= 0.0:
            return False
        if abs(((here - corners[0]) * normal).sum()) >= SAME_PLANE:
            return False
    return True


@compiled
def _cross(a, b):  # type: ignore[no-untyped-def]
    return np.array(
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    )
