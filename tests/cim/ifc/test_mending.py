from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.ifc.direct.mending import is_closed, mended
from cim.ifc.direct.solid import enclosed_volume

BOX = np.array([(x, y, z) for z in (0.0, 1.0) for y in (0.0, 2.0) for x in (0.0, 4.0)])
QUADS = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


def fanned(*loops: tuple[int, ...]) -> NDArray[np.int32]:
    found = [(loop[0], a, b) for loop in loops for a, b in itertools.pairwise(loop[1:])]
    return np.array(found, dtype=np.int32)


def area(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2.0)


def sides_in_strips(
    shares: list[float], off: float
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """A box whose front is strips; the corners between them lie `off` above the edges of floor and ceiling."""
    low = [(4.0 * share, 0.0, off) for share in shares]
    high = [(4.0 * share, 0.0, 1.0 + off) for share in shares]
    count = len(shares)
    bottom = [0, *range(8, 8 + count), 1]
    top = [4, *range(8 + count, 8 + 2 * count), 5]
    strips = [
        (a, b, d, c)
        for (a, b), (c, d) in zip(itertools.pairwise(bottom), itertools.pairwise(top), strict=True)
    ]
    loops = [*QUADS[:2], *strips, *QUADS[3:]]
    return np.array([*BOX.tolist(), *low, *high]), fanned(*loops)


@given(st.lists(st.integers(1, 999), min_size=1, max_size=20, unique=True))
def test_corners_on_an_edge_split_the_triangle_beside_it(places: list[int]) -> None:
    vertices, faces = sides_in_strips([place / 1000 for place in sorted(places)], 0.0)
    assert enclosed_volume(vertices, faces) is None
    found, closed = mended(vertices, faces)
    assert closed
    assert enclosed_volume(vertices, found) == pytest.approx(8.0, rel=1e-12)
    assert area(vertices, found) == pytest.approx(28.0, rel=1e-12)
    assert len(found) == len(faces) + 2 * len(places)


@pytest.mark.parametrize(("off", "closes"), [(5e-7, True), (5e-6, False)])
def test_a_corner_is_put_on_an_edge_within_a_micrometre(off: float, closes: bool) -> None:
    vertices, faces = sides_in_strips([0.5], off)
    found, closed = mended(vertices, faces)
    assert closed is closes
    if not closes:
        assert found is faces


def test_a_hole_stays_a_hole() -> None:
    faces = fanned(*QUADS[1:])
    found, closed = mended(BOX, faces)
    assert not closed
    assert found is faces


def test_faces_that_disagree_about_outside_are_left_as_they_are() -> None:
    faces = fanned(*QUADS[:2], (0, 8, 9, 4), (8, 1, 5, 9), QUADS[3][::-1], *QUADS[4:])
    vertices = np.array([*BOX.tolist(), (1.0, 0.0, 0.0), (1.0, 0.0, 1.0)])
    found, closed = mended(vertices, faces)
    assert not closed
    assert found is faces


def test_a_closed_surface_is_left_alone() -> None:
    faces = fanned(*QUADS)
    found, closed = mended(BOX, faces)
    assert closed
    assert found is faces


def test_a_diagonal_on_an_edge_of_two_other_faces_is_the_other_diagonal() -> None:
    # Two boxes one on the other across a square, which neither has as a face; the corners 0, 1, 2, 3 lie in one plane and a
    # ridge runs from 0 to 2 below it, so that the square may be split from 1 to 3 only.
    vertices = np.array(
        [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0), (0.5, 0.5, -1.0)]
    )
    below = [(1, 0, 4), (2, 1, 4), (3, 2, 4), (0, 3, 4)]
    pyramid = np.array([*below, (0, 1, 2), (0, 2, 3)], dtype=np.int32)
    # A second pyramid on the ridge 0-2 of the first, upright, whose base is one with it.
    ridge = np.array([(0.4, 0.6, 1.0), (0.6, 0.4, 1.0)])
    wedge = np.array([(0, 2, 5), (2, 0, 6), (0, 5, 6), (2, 6, 5)], dtype=np.int32)
    both = np.concatenate([pyramid, wedge])
    points = np.concatenate([vertices, ridge])
    assert not is_closed(both, len(points))
    found, closed = mended(points, both)
    assert closed
    assert {tuple(sorted(face)) for face in found.tolist()} >= {(0, 1, 3), (1, 2, 3)}
    volumes = (enclosed_volume(vertices, pyramid), enclosed_volume(points, wedge))
    assert None not in volumes
    assert enclosed_volume(points, found) == pytest.approx(sum(filter(None, volumes)), rel=1e-12)


def test_no_shell_takes_more_than_its_share_of_comparisons() -> None:
    """Sheets side by side: every edge is open, and no corner lies on one."""
    count = 60_000
    vertices = np.random.default_rng(3).uniform(size=(3 * count, 3))
    faces = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
    found, closed = mended(vertices, faces)
    assert not closed
    assert found is faces
