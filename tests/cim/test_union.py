from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cim.union import SEAM, Unions, components, distinct, unite

MAP = (480_000.0, 2_710_000.0)  # m; where a corner has ten digits before the millionth of a metre
boxes = st.lists(
    st.tuples(*[st.integers(0, 12)] * 2, *[st.integers(1, 5)] * 2).map(
        lambda b: shapely.box(
            MAP[0] + b[0], MAP[1] + b[1], MAP[0] + b[0] + b[2], MAP[1] + b[1] + b[3]
        )
    ),
    min_size=1,
    max_size=14,
)


@given(boxes, st.randoms(use_true_random=False))
def test_the_union_covers_the_cells_of_its_boxes_whatever_their_order_and_repetitions(
    parts: list[shapely.Polygon], chance: object
) -> None:
    cells = {
        (x, y)
        for part in parts
        for x in range(int(part.bounds[0]), int(part.bounds[2]))
        for y in range(int(part.bounds[1]), int(part.bounds[3]))
    }
    covered = unite(parts)
    assert covered.is_valid
    assert covered.area == pytest.approx(len(cells), abs=1e-4)
    more = [*parts, *parts]
    chance.shuffle(more)  # type: ignore[attr-defined]
    assert unite(more).wkb == covered.wkb


@given(boxes)
def test_a_kept_union_is_the_union(parts: list[shapely.Polygon]) -> None:
    unions = Unions()
    first = unions.of(parts)
    assert first.wkb == unite(parts).wkb
    assert unions.of(parts[::-1]) is first
    assert unions.of([*parts, shapely.box(0, 0, 1, 1)]).area > first.area


def test_slits_are_closed_up_to_two_seams_and_no_farther() -> None:
    for gap, pieces in ((1.9 * SEAM, 1), (2.5 * SEAM, 2), (1e-3, 2)):
        x, y = MAP
        pair = [shapely.box(x, y, x + 3, y + 4), shapely.box(x + 3 + gap, y, x + 6, y + 4)]
        assert len(shapely.get_parts(unite(pair))) == pieces


def test_shapes_within_the_box_of_another_that_do_not_touch_it_stay_as_they_are() -> None:
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(1, 1, 9, 9))
    inner = shapely.box(3, 3, 5, 5)
    found = unite([ring, inner])
    assert found.area == pytest.approx(36.0 + 4.0, abs=1e-9)
    assert len(shapely.get_parts(found)) == 2


def test_lines_stand_beside_what_has_area_and_not_on_it() -> None:
    box = shapely.box(0, 0, 2, 2)
    found = unite(
        [box, shapely.LineString([(-1, 1), (3, 1)]), shapely.LineString([(0, 0), (2, 0)])]
    )
    assert found.area == pytest.approx(4.0)
    lines = [part for part in shapely.get_parts(found) if part.area == 0.0]
    assert sum(line.length for line in lines) == pytest.approx(2.0, abs=1e-5)
    assert unite([shapely.Polygon()]).is_empty
    assert unite([]).is_empty


def test_distinct_shapes_are_each_there_once_without_the_empty_ones() -> None:
    one, other = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    found = distinct([one, shapely.Polygon(), other, shapely.box(0, 0, 1, 1)])
    assert {shape.wkb for shape in found} == {one.wkb, other.wkb}
    assert len(found) == 2


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))  # fmt: skip
def test_components_are_those_of_a_walk_along_the_pairs(
    graph: tuple[int, list[tuple[int, int]]],
) -> None:
    count, pairs = graph
    found = components(count, np.array(pairs, dtype=np.int64).reshape(-1, 2))
    for start in range(count):
        reached, ahead = {start}, [start]
        while ahead:
            here = ahead.pop()
            for pair in pairs:
                if here in pair:
                    there = pair[0] + pair[1] - here
                    if there not in reached:
                        reached.add(there)
                        ahead.append(there)
        assert found[start] == min(reached)


def test_a_chain_longer_than_any_doubling_is_one_component() -> None:
    count = 5000
    order = np.random.default_rng(2).permutation(count)
    pairs = np.stack([order[:-1], order[1:]], axis=1)
    assert (components(count, pairs) == 0).all()
    assert math.isclose(components(3, np.zeros((0, 2), np.int64)).sum(), 3)
