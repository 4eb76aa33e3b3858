"""A ledger adds up, whatever is built; and what it adds up to is what a formula gives."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.measures.area_ledger import Ledger, ledger_of, ledger_table
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from tests.support.houses import house
from tests.support.regimes import HALVES, NOTHINGS

lengths = st.floats(2.0, 12.0).map(lambda value: round(value, 2))


@st.composite
def rooms(draw: st.DrawFn, storeys: int) -> list[dict[str, Any]]:
    """Spaces anywhere in and around a house of 3 m storeys: apart, overlapping, sticking out."""
    found = []
    for number in range(draw(st.integers(0, 6))):
        x, y = round(draw(st.floats(-3.0, 9.0)), 3), round(draw(st.floats(-3.0, 7.0)), 3)
        floor = 3.0 * draw(st.integers(0, storeys - 1))
        high = [x + draw(lengths), y + draw(lengths), floor + 2.8]
        kind = draw(st.sampled_from(["INTERNAL", "EXTERNAL", "PARKING", None]))
        found.append({"id": f"R{number}", "type": kind, "box": [[x, y, floor], high]})
    return found


def ledger(model: dict[str, Any]) -> Ledger:
    scheme = Scheme(read_scene({"model": model}).model, None)
    return ledger_of(scheme, [HALVES, NOTHINGS], duct_area=1.0)


@given(st.data())
def test_the_rows_of_the_table_are_its_sums_exactly(data: st.DataObject) -> None:
    storeys = data.draw(st.integers(1, 3))
    found = ledger(house([3.0] * storeys, spaces=data.draw(rooms(storeys))))
    table = ledger_table(found)
    keys = [column.key for column in table.columns]
    *rows, sums = table.rows
    for key in ("area", "counted_0", "counted_1", "doubtful_0", "doubtful_1"):
        at = keys.index(key)
        assert sums[at] == math.fsum(float(str(row[at])) for row in rows)
    for i in (0, 1):
        area, share, counted = (keys.index(k) for k in ("area", f"coefficient_{i}", f"counted_{i}"))
        assert all(row[counted] == row[area] * row[share] for row in rows)  # type: ignore[operator]


@given(st.data())
def test_spaces_share_floors_out_and_never_change_their_sum(data: st.DataObject) -> None:
    storeys = data.draw(st.integers(1, 3))
    found = ledger(house([3.0] * storeys, spaces=data.draw(rooms(storeys))))
    floors = [row.part for row in found.rows if row.part.kind == "enclosed"]
    assert found.counted(0) == pytest.approx(80.0 * storeys, abs=1e-5)
    for name in {part.storey for part in floors}:
        own = [part for part in floors if part.storey == name]
        assert sum(part.area for part in own) == pytest.approx(80.0, abs=1e-5)
        shared = [
            a.geometry.intersection(b.geometry).area
            for i, a in enumerate(own)
            for b in own[i + 1 :]
        ]
        assert max(shared, default=0.0) < 1e-6


@given(
    heights=st.lists(
        st.floats(1.3, 5.0).map(lambda value: round(value, 2)), min_size=1, max_size=6
    ),
    width=lengths,
    depth=lengths,
)
def test_storeys_count_by_their_height(heights: list[float], width: float, depth: float) -> None:
    found = ledger(house(heights, (width, depth)))
    high = sum(1 for height in heights if height >= 2.2)
    low = len(heights) - high
    assert found.counted(0) == pytest.approx(width * depth * (high + 0.5 * low), abs=1e-4)
    assert found.counted(1) == pytest.approx(width * depth * high, abs=1e-4)
    assert found.doubtful(0) == found.doubtful(1) == 0.0


@given(
    eaves=st.floats(0.3, 2.5).map(lambda value: round(value, 3)),
    rise=st.floats(0.5, 5.0).map(lambda value: round(value, 3)),
)
def test_an_attic_is_cut_where_its_roof_comes_down(eaves: float, rise: float) -> None:
    """A space of 10 m x 8 m whose roof rises evenly from both eaves to the ridge above its middle."""
    attic = {"box": [[0, 0, 3], [10, 8, 3 + eaves]], "ridge": 3 + eaves + rise, "along": "x"}
    spaces = [{"id": "A", "type": "GFA", "gable": attic}]
    found = ledger({"storeys": [{"id": "ATTIC", "elevation": 3}], "spaces": spaces})

    def above(height: float) -> float:
        return 80.0 * min(max(1.0 - (height - eaves) / rise, 0.0), 1.0)

    halves = above(2.1) + 0.5 * (above(1.2) - above(2.1))
    nothings = above(2.0) + 0.25 * (above(1.0) - above(2.0))
    assert found.counted(0) == pytest.approx(halves, abs=0.01)
    assert found.counted(1) == pytest.approx(nothings, abs=0.01)
    assert sum(row.part.area for row in found.rows) == pytest.approx(80.0, abs=1e-6)


def test_each_row_names_the_clause_that_decides() -> None:
    found = ledger(house([2.19, 3.0]))
    clauses = [(row.part.storey, row.shares[0].clause, row.shares[1].coefficient) for row in found.rows if row.part.kind == "enclosed"]  # fmt: skip
    assert clauses == [("1F", "2", 0.0), ("2F", "1", 1.0)]
