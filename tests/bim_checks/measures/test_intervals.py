from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.measures.intervals import joined, length, without

PAIRS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=12)


def made(pairs: list[tuple[int, int]]) -> np.ndarray:
    return np.array([[a, a + n] for a, n in pairs], dtype=np.float64).reshape(-1, 2)


def cells(pairs: list[tuple[int, int]]) -> set[int]:
    return {cell for a, n in pairs for cell in range(a, a + n)}


@given(taken=PAIRS, blocked=PAIRS)
def test_lengths_are_those_of_unit_cells_counted_once(
    taken: list[tuple[int, int]], blocked: list[tuple[int, int]]
) -> None:
    assert length(made(taken)) == len(cells(taken))
    left = without(made(taken), made(blocked))
    assert length(left) == len(cells(taken) - cells(blocked))
    assert (np.diff(left.reshape(-1)) >= 0.0).all()


@given(taken=PAIRS, gap=st.integers(1, 9))
def test_gaps_that_are_less_are_joined_and_every_interval_knows_its_stretch(
    taken: list[tuple[int, int]], gap: int
) -> None:
    stretches, member = joined(made(taken), gap=float(gap))
    assert (stretches[1:, 0] - stretches[:-1, 1] >= gap).all()
    for (start, end), which in zip(made(taken), member, strict=True):
        assert stretches[which, 0] <= start
        assert end <= stretches[which, 1]


def test_a_gap_as_wide_as_asked_parts() -> None:
    both = np.array([[0.0, 1.0], [3.0, 4.0]])
    assert len(joined(both, gap=2.0)[0]) == 2
    assert joined(both, gap=2.5)[0] == pytest.approx(np.array([[0.0, 4.0]]))
