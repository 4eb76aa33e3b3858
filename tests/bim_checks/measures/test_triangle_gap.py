from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.measures.triangle_gap import triangle_gap
from bim_checks.scene import prism
from cim.mesh import Mesh
from tests.support.solids import quartered, sphere, torus

SHARES = np.array([(i, j, 10 - i - j) for i in range(11) for j in range(11 - i)]) / 10.0
NUMBERS = st.floats(-20.0, 20.0)


def box(low: tuple[float, float, float], size: tuple[float, float, float]) -> Mesh:
    (x, y, z), (a, b, c) = low, size
    return prism([(x, y), (x + a, y), (x + a, y + b), (x, y + b)], z, z + c)


def moved(mesh: Mesh, turn: NDArray[np.float64], shift: NDArray[np.float64]) -> Mesh:
    return Mesh(mesh.vertices @ turn.T + shift, mesh.faces)


def rotation(seed: int) -> NDArray[np.float64]:
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return turn * np.sign(np.linalg.det(turn))


@given(
    low=st.tuples(NUMBERS, NUMBERS, NUMBERS),
    size=st.tuples(*[st.floats(0.5, 9.0)] * 3),
    seed=st.integers(0, 1000),
)
def test_boxes_are_as_far_apart_as_their_intervals(
    low: tuple[float, float, float], size: tuple[float, float, float], seed: int
) -> None:
    ours, theirs = box((0.0, 0.0, 0.0), (4.0, 3.0, 2.0)), box(low, size)
    apart = [max(low[i] - (4.0, 3.0, 2.0)[i], -low[i] - size[i], 0.0) for i in range(3)]
    gap = math.hypot(*apart)
    turn, shift = rotation(seed), np.array([610_000.0, 2_705_000.0, 50.0])
    # Boxes that overlap meet at their surfaces unless one holds the other.
    inside = all(low[i] > 0.0 and low[i] + size[i] < (4.0, 3.0, 2.0)[i] for i in range(3))
    outside = all(low[i] < 0.0 and low[i] + size[i] > (4.0, 3.0, 2.0)[i] for i in range(3))
    if inside or outside:
        return
    for a, b in ((ours, theirs), (moved(ours, turn, shift), moved(quartered(theirs), turn, shift))):
        found, ends = triangle_gap(a.triangles(), b.triangles())
        assert found == pytest.approx(gap, abs=1e-7)
        assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(gap, abs=1e-7)


@given(seed=st.integers(0, 10_000))
def test_a_sampled_distance_is_never_less_and_hardly_more(seed: int) -> None:
    random = np.random.default_rng(seed)
    a = random.normal(size=(4, 3, 3))
    b = random.normal(size=(5, 3, 3)) + random.normal(size=3) * 3.0
    gap, ends = triangle_gap(a, b)
    ours, theirs = ((SHARES[None] @ t).reshape(-1, 3) for t in (a, b))
    sampled = np.linalg.norm(ours[:, None] - theirs[None], axis=2).min()
    longest = max(np.linalg.norm(t - np.roll(t, 1, axis=1), axis=2).max() for t in (a, b))
    assert gap <= sampled + 1e-9
    assert sampled <= gap + 0.2 * longest
    assert np.linalg.norm(ends[1] - ends[0]) == pytest.approx(gap, abs=1e-9)
    assert triangle_gap(b, a)[0] == pytest.approx(gap, abs=1e-9)


def test_many_triangles_give_what_few_do() -> None:
    ring = torus(10.0, 2.0, 60, 40)
    ball = sphere(1.0, 40, 31)
    shifted = Mesh(ball.vertices + np.array([20.0, 0.0, 0.0]), ball.faces)
    # The torus reaches x = 12 and the ball begins at x = 19, both at a corner of theirs.
    gap, ends = triangle_gap(ring.triangles(), shifted.triangles())
    assert gap == pytest.approx(7.0, abs=1e-6)
    assert ends[:, 0] == pytest.approx([12.0, 19.0], abs=1e-6)


def test_one_that_goes_through_another_without_a_corner_in_it_meets_it() -> None:
    sheet = np.array([[[-5.0, -5.0, 0.0], [5.0, -5.0, 0.0], [0.0, 9.0, 0.0]]])
    needle = np.array([[[0.0, 0.0, -5.0], [0.1, 0.0, 5.0], [0.0, 0.1, 5.0]]])
    assert triangle_gap(sheet, needle)[0] == 0.0
