from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tiles.bounding_volume import Box

clouds = arrays(
    np.float64,
    st.tuples(st.integers(1, 20), st.just(3)),
    elements=st.floats(-1e5, 1e5, allow_subnormal=False),
)


@given(clouds)
def test_a_box_around_points_contains_them_and_touches_them_on_every_side(
    points: NDArray[np.float64],
) -> None:
    box = Box.around(points)
    assert box.contains(points)
    assert box.low == tuple(points.min(axis=0))
    assert box.high == tuple(points.max(axis=0))


@given(clouds, st.floats(1e-3, 10.0))
def test_a_margin_widens_every_side(points: NDArray[np.float64], margin: float) -> None:
    wide, tight = Box.around(points, margin), Box.around(points)
    assert wide.encloses(tight)
    np.testing.assert_allclose(wide.size, tight.size + 2.0 * margin, atol=1e-9)


@given(clouds, clouds)
def test_a_union_is_the_box_around_everything(
    some: NDArray[np.float64], others: NDArray[np.float64]
) -> None:
    union = Box.union([Box.around(some), Box.around(others)])
    assert union == Box.around(np.concatenate([some, others]))


@given(clouds)
def test_a_box_returns_from_json(points: NDArray[np.float64]) -> None:
    box = Box.around(points)
    again = Box.from_json(box.to_json())
    np.testing.assert_allclose(again.low, box.low, atol=1e-9)
    np.testing.assert_allclose(again.high, box.high, atol=1e-9)


def test_a_point_outside_is_not_contained() -> None:
    box = Box((0.0, 0.0, 0.0), (1.0, 2.0, 3.0))
    assert not box.contains(np.array([[0.5, 0.5, 3.01]]))
    assert box.contains(np.array([[0.5, 0.5, 3.01]]), slack=0.02)
    assert not box.encloses(Box((0.0, -0.1, 0.0), (1.0, 1.0, 1.0)))


@pytest.mark.parametrize(
    "numbers",
    [
        [0.0] * 11,
        [0.0, 0.0, 0.0, 1.0, 0.2, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        [float("nan")] * 12,
    ],
)
def test_numbers_that_are_no_box_along_the_axes_are_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="box"):
        Box.from_json(numbers)
