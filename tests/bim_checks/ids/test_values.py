"""When a value is the one asked for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.ids.values import Exactly, Restricted, compiled, equals, fulfils

NUMBERS = st.floats(-1e9, 1e9)


def restricted(base: str = "string", **constraints: tuple[str, ...]) -> Restricted:
    return Restricted(base, constraints)


@given(NUMBERS)
def test_a_number_is_equal_within_a_millionth_of_it_and_a_millionth_more_and_no_further(
    wanted: float,
) -> None:
    reach = abs(wanted) * 1e-6 + 1e-6
    for side in (-1.0, 1.0):
        assert equals(wanted + side * reach * (1.0 - 1e-6), wanted)
        assert not equals(wanted + side * (reach * (1.0 + 1e-6) + 64.0 * math.ulp(wanted)), wanted)


@given(NUMBERS, NUMBERS)
def test_inclusive_and_exclusive_bounds_differ_on_the_bound_alone(
    value: float, bound: float
) -> None:
    for least in ("min", "max"):
        inside = restricted("double", **{f"{least}Exclusive": (repr(bound),)}) == value
        with_bound = restricted("double", **{f"{least}Inclusive": (repr(bound),)}) == value
        assert with_bound == (inside or equals(value, bound))
        assert not (inside and equals(value, bound))


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (True, "true", True),
        (True, "1", True),
        (True, "True", False),
        (False, "true", False),
        (42, "42", True),
        (42, "42.3", False),
        (42.0, "42", True),
        (42.0, "42,0", False),
        ("42", "42", True),
        ("42", "42.0", False),
        (None, "None", False),
        ((1.0,), "1.0", False),
    ],
)
def test_simple_values(value: object, text: str, expected: bool) -> None:
    assert fulfils(value, text) is expected
    assert (Exactly(text) == value) is expected
    assert (value != Exactly(text)) is not expected


def test_patterns_are_alternatives_and_cover_the_whole_value() -> None:
    doors = restricted(pattern=("DT[0-9]{2}", "WD[0-9]"))
    assert [name for name in ("DT01", "WD7", "DT1", "xDT01", "DT012", "") if doors == name] == [
        "DT01",
        "WD7",
    ]
    assert doors != 1.0
    # Escapes of XML Schema that other dialects do not know: a letter that may begin a name.
    assert restricted(pattern=(r"\i\c*",)) == "a-1"


def test_digits_are_counted() -> None:
    assert restricted("decimal", fractionDigits=("2",)) == 1.25
    assert restricted("decimal", fractionDigits=("2",)) != 1.255
    assert restricted("decimal", totalDigits=("4",)) == 1234
    assert restricted("decimal", totalDigits=("4",)) != 123.45


def test_lengths_are_of_texts_and_dates_are_in_order() -> None:
    assert restricted(minLength=("2",), maxLength=("3",)) == "ab"
    assert restricted(minLength=("2",), maxLength=("3",)) != "abcd"
    assert restricted(length=("3",)) != 123.0
    assert restricted("date", minInclusive=("2026-01-01",)) == "2026-01-01"
    assert restricted("date", minExclusive=("2026-01-01",)) != "2025-12-31"


@pytest.mark.parametrize(
    "node",
    [
        {"@base": "xs:string", "pattern": {"@value": "("}},
        {"@base": "xs:string", "pattern": {"@value": "a" * 3000}},
        {"@base": "xs:double", "minInclusive": {"@value": "low"}},
        {"@base": "xs:string", "length": {"@value": "three"}},
        {"@base": "xs:string", "assertion": {"@value": "1"}},
    ],
)
def test_what_cannot_be_compared_is_refused(node: dict[str, object]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the document's reader says where
        Restricted.read(node)


def test_a_pattern_is_compiled_once() -> None:
    assert compiled("[A-Z]+") is compiled("[A-Z]+")
