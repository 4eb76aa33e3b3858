from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tiles.spatial_tree import Branch, divide

places = arrays(
    np.float64, st.tuples(st.integers(1, 60), st.just(2)), elements=st.floats(-1e4, 1e4)
)


def leaves(branch: Branch) -> list[Branch]:
    if not branch.children:
        return [branch]
    return [leaf for child in branch.children for leaf in leaves(child)]


@pytest.mark.parametrize("ways", [2, 4])
@given(places, st.integers(1, 20))
def test_every_item_is_in_exactly_one_leaf_and_no_leaf_is_too_heavy(
    ways: int, centres: NDArray[np.float64], budget: int
) -> None:
    tree = divide(centres, np.ones(len(centres)), budget, ways=ways)
    found = leaves(tree)
    assert np.sort(np.concatenate([leaf.items for leaf in found])).tolist() == list(
        range(len(centres))
    )
    assert all(0 < len(leaf.items) <= budget for leaf in found)


def test_items_in_one_spot_still_divide_and_a_heavy_one_stays_whole() -> None:
    tree = divide(np.zeros((5, 2)), np.array([1.0, 1.0, 99.0, 1.0, 1.0]), 2.0, ways=2)
    assert [leaf.items.tolist() for leaf in leaves(tree)] == [[0, 1], [2], [3, 4]]


def test_neighbours_stay_together() -> None:
    centres = np.array([[x, y] for x in (0.0, 1.0, 100.0, 101.0) for y in (0.0, 1.0, 100.0, 101.0)])
    for leaf in leaves(divide(centres, np.ones(16), 4)):
        assert np.ptp(centres[leaf.items], axis=0).max() == 1.0
