from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiles.property_table import PropertyTable, decode_column, encode_columns

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.lists(texts | st.sampled_from(["", "二层", "围护墙-200", "𠮷"]), min_size=1, max_size=30))
def test_strings_return_as_they_were_or_the_column_is_left_out_when_all_are_empty(
    strings: list[str],
) -> None:
    columns = encode_columns(PropertyTable("element", {"name": strings}))
    if not any(strings):
        assert columns == []
        return
    (column,) = columns
    assert len(column.values) > 0
    assert decode_column(column.definition, len(strings), column.values, column.offsets) == strings


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=30))
def test_numbers_return_exactly(numbers: list[float]) -> None:
    (column,) = encode_columns(PropertyTable("building", {"height": np.array(numbers)}))
    assert decode_column(column.definition, len(numbers), column.values, None) == numbers


def test_integers_return_and_minus_one_means_unknown() -> None:
    (column,) = encode_columns(
        PropertyTable("building", {"storeys": np.array([3, -1, 26], dtype=np.int32)})
    )
    assert column.definition["noData"] == -1
    assert decode_column(column.definition, 3, column.values, None) == [3, -1, 26]


def test_a_broken_character_of_a_broken_file_becomes_a_question_mark() -> None:
    (column,) = encode_columns(PropertyTable("element", {"name": ["墙\ud800"]}))
    assert decode_column(column.definition, 1, column.values, column.offsets) == ["墙?"]


def test_offsets_that_do_not_fit_are_refused() -> None:
    (column,) = encode_columns(PropertyTable("element", {"name": ["a", "bc"]}))
    with pytest.raises(ValueError, match="3 strings"):
        decode_column(column.definition, 3, column.values, column.offsets)
    with pytest.raises(ValueError, match="2 strings"):
        decode_column(column.definition, 2, column.values[:-1], column.offsets)


def test_a_column_of_another_number_type_is_refused() -> None:
    with pytest.raises(TypeError, match="float32"):
        encode_columns(PropertyTable("element", {"x": np.zeros(2, np.float32)}))  # type: ignore[dict-item]
