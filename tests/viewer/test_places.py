"""A place as text: what is written is what is read, and nothing else is a place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.errors import FrameError
from cim.frame import ExplicitPlace
from viewer.place_text import format_place, parse_place

metres = st.floats(-1e8, 1e8)
places = st.builds(
    ExplicitPlace, metres, metres, metres, st.floats(-360.0, 360.0), st.floats(0.0, 10.0),
    st.floats(0.0, 10.0), st.sampled_from([None, "pairs", "parcel"]),
)  # fmt: skip
LONGEST = 200  # characters of the record


@given(places)
def test_what_is_written_is_read_again_and_written_the_same(place: ExplicitPlace) -> None:
    text = format_place(place)
    read = parse_place(text)
    assert format_place(read) == text
    assert len(text) <= LONGEST
    assert read.basis == place.basis
    assert read.eastings == pytest.approx(place.eastings, abs=6e-5)
    assert read.angle_degrees == pytest.approx(place.angle_degrees, abs=6e-10)
    assert read.horizontal_uncertainty == pytest.approx(place.horizontal_uncertainty, abs=6e-5)


@pytest.mark.parametrize(
    "text",
    [
        "", "1,2,3", "1,2,3,4,5", "a,2,3,4", "1,2,3,nan", "1,2,3,inf", "1,2,3,4;uh", "1,2,3,4;uh=x",
        "1,2,3,4;basis=guess", "1,2,3,4;scale=2", "1,2,3,4;uh=inf",
    ],
)  # fmt: skip
def test_nothing_else_is_a_place(text: str) -> None:
    with pytest.raises(FrameError, match="cannot be understood"):
        parse_place(text)
