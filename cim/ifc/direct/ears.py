"""Triangles of a polygon without holes, ear by ear.

Earcut is faster on polygons of hundreds of points. On the faces of building parts, which have some ten, what it costs is the
way there and back; this runs among other compiled code.
"""

from __future__ import annotations

import numpy as np

from cim.compiled import compiled

MOST_POINTS = 64  # work grows with their square, and in odd shapes with their cube


@compiled
def clip_ears(x, y, triangles):  # type: ignore[no-untyped-def]
    """Triangles that use all points of a simple polygon, each counter-clockwise and with an area.

    Args:
        x: shape (N,).
        y: shape (N,), counter-clockwise with `x`.
        triangles: shape (N - 2, 3), filled in with indices into `x`.

    Returns:
        Whether that was done. It is not when the polygon has more than `MOST_POINTS`, touches or crosses itself, or when points
        on straight edges leave no ear with an area.
    """
    count = len(x)
    if not 3 <= count <= MOST_POINTS or not _is_simple(x, y):
        return False
    left = np.arange(count)
    made, place, waited = 0, 0, 0
    while count > 3:
        before, here, after = left[(place - 1) % count], left[place], left[(place + 1) % count]
        if _is_ear(x, y, left[:count], before, here, after):
            triangles[made, 0], triangles[made, 1], triangles[made, 2] = before, here, after
            made += 1
            count -= 1
            for later in range(place, count):
                left[later] = left[later + 1]
            # Not at once the next one, which would make a fan of slivers.
            place, waited = (place + 1) % count if place < count else 0, 0
            continue
        place, waited = (place + 1) % count, waited + 1
        if waited > count:
            return False
    triangles[made, 0], triangles[made, 1], triangles[made, 2] = left[0], left[1], left[2]
    return _turn(x, y, left[0], left[1], left[2]) > 0.0


@compiled
def _turn(x, y, a, b, c):  # type: ignore[no-untyped-def]
    """Twice the area of a triangle, positive counter-clockwise."""
    return (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a])


@compiled
def _is_ear(x, y, left, before, here, after):  # type: ignore[no-untyped-def]
    """Whether the triangle at a point has an area and no other point in it or on its edges."""
    if _turn(x, y, before, here, after) <= 0.0:
        return False
    for other in left:
        if other in (before, here, after):
            continue
        if (
            _turn(x, y, before, here, other) >= 0.0
            and _turn(x, y, here, after, other) >= 0.0
            and _turn(x, y, after, before, other) >= 0.0
        ):
            return False
    return True


@compiled
def _is_simple(x, y):  # type: ignore[no-untyped-def]
    """Whether edges that do not follow each other neither cross nor touch, and those that do are no spike."""
    count = len(x)
    for first in range(count):
        a, b = first, (first + 1) % count
        c = (first + 2) % count
        if _turn(x, y, a, b, c) == 0.0 and (
            (x[c] - x[b]) * (x[b] - x[a]) + (y[c] - y[b]) * (y[b] - y[a]) <= 0.0
        ):
            return False
        for second in range(first + 2, count):
            c, d = second, (second + 1) % count
            if d == a:
                continue
            if (
                max(x[a], x[b]) < min(x[c], x[d])
                or max(x[c], x[d]) < min(x[a], x[b])
                or max(y[a], y[b]) < min(y[c], y[d])
                or max(y[c], y[d]) < min(y[a], y[b])
            ):
                continue
            sides = _turn(x, y, a, b, c) * _turn(x, y, a, b, d)
            if sides <= 0.0 and _turn(x, y, c, d, a) * _turn(x, y, c, d, b) <= 0.0:
                return False
    return True
