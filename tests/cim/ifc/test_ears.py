from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.ifc.direct.ears import MOST_POINTS, clip_ears

COMB = [
    (0, 0),
    (9, 0),
    (9, 4),
    (8, 4),
    (8, 1),
    (6, 1),
    (6, 4),
    (5, 4),
    (5, 1),
    (3, 1),
    (3, 4),
    (0, 4),
]


def clipped(ring: NDArray[np.float64]) -> NDArray[np.int32] | None:
    found = np.zeros((max(len(ring) - 2, 1), 3), dtype=np.int32)
    done = clip_ears(np.array(ring[:, 0]), np.array(ring[:, 1]), found)
    return found if done else None


def doubled_areas(ring: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    a, b, c = (ring[faces[:, corner]] for corner in range(3))
    u, v = b - a, c - a
    return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])


def check(ring: NDArray[np.float64], faces: NDArray[np.int32]) -> None:
    """Triangles with an area that fill the ring once: what is left of their edges is the ring's own."""
    assert (doubled_areas(ring, faces) > 0.0).all()
    edges = Counter((int(f[i]), int(f[(i + 1) % 3])) for f in faces for i in range(3))
    assert set(edges.values()) == {1}
    outer = {edge for edge in edges if edge[::-1] not in edges}
    assert outer == {(place, (place + 1) % len(ring)) for place in range(len(ring))}


@given(
    st.lists(st.integers(1, 50), min_size=4, max_size=MOST_POINTS),
    st.floats(0.0, 2.0 * math.pi),
)
def test_a_star_is_filled_with_all_its_points(radii: list[int], turned: float) -> None:
    angles = turned + np.arange(len(radii)) * (2.0 * math.pi / len(radii))
    reach = np.array(radii, dtype=np.float64)
    ring = np.stack([reach * np.cos(angles), reach * np.sin(angles)], axis=1)
    faces = clipped(ring)
    if faces is not None:  # points in line by chance may leave no ear
        check(ring, faces)


@given(st.lists(st.integers(0, 11), max_size=24), st.integers(0, 11))
def test_points_on_straight_edges_are_used(split: list[int], first: int) -> None:
    ring: list[tuple[float, float]] = []
    for place, (x, y) in enumerate(COMB):
        (u, v), parts = COMB[(place + 1) % len(COMB)], split.count(place) + 1
        ring += [(x + (u - x) * k / parts, y + (v - y) * k / parts) for k in range(parts)]
    points = np.roll(np.array(ring, dtype=np.float64), first, axis=0)
    faces = clipped(points)
    assert faces is not None
    check(points, faces)
    assert doubled_areas(points, faces).sum() / 2.0 == pytest.approx(24.0, rel=1e-12)


@pytest.mark.parametrize(
    "ring",
    [
        [(0, 0), (2, 2), (2, 0), (0, 2)],  # crosses itself
        [(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)],  # a corner on an edge
        [(0, 0), (4, 0), (2, 0), (0, 4)],  # a spike
        [(0, 0), (0, 4), (1, 1), (4, 0)],  # clockwise
        [(0, 0), (1, 0), (2, 0)],  # no area
        [(math.cos(k), math.sin(k)) for k in np.arange(65) / 65 * 2.0 * math.pi],  # too many points
    ],
)
def test_what_is_not_a_small_simple_polygon_is_left_to_others(
    ring: list[tuple[float, float]],
) -> None:
    assert clipped(np.array(ring, dtype=np.float64)) is None
