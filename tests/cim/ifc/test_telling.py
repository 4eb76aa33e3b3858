from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cim.ifc.step import Links, StepFile, Telling, scan, tell

TEXT = st.text(st.characters(codec="ascii"), max_size=6)
VALUE = st.one_of(
    TEXT.map(lambda text: "'" + text.replace("'", "''") + "'"),
    st.sampled_from([".T.", ".AREA.", "$", "*", "1", "1.", "2.5", '"0F"', "#2", "#3", "B('x')"]),
)
LIST = st.lists(VALUE, max_size=4).map(lambda values: "(" + ",".join(values) + ")")
BODY = st.lists(st.one_of(VALUE, LIST), max_size=4).map(",".join)


def read(body: str) -> StepFile:
    step = scan(f"DATA;\n#1=A({body});\n#2=B('x');\n#3=C();\n#4=D(1.);\nENDSEC;".encode("ascii"))
    assert step.malformed == 0
    return step


def told(step: StepFile, *, skipped: int = 0, roots: tuple[int, ...] = (0,)) -> list[bytes]:
    codes = np.array([float(ord(name)) for name in step.names])
    out = np.full(len(step.names), skipped, dtype=np.uint64)
    found = tell(step, Telling(codes, out, Links.of(len(step.numbers), [])), np.array(roots))
    assert found is not None
    return [bytes(group) for group in found]


@given(BODY, BODY)
def test_two_instances_are_told_the_same_just_when_they_are(one: str, other: str) -> None:
    assert (told(read(one)) == told(read(other))) == (meaning(one) == meaning(other))


def meaning(body: str) -> object:
    """Kinds and values of an instance and of what it refers to, in another way: as Python values."""
    step = read(body)
    first, end = step.firsts[0], step.firsts[1]
    found: list[object] = []
    met: dict[int, int] = {}
    for kind, value in zip(
        step.kinds[first:end].tolist(), step.values[first:end].tolist(), strict=True
    ):
        found.append((kind, _value(step, kind, value, met)))
    return found


def _value(step: StepFile, kind: int, value: float, met: dict[int, int]) -> object:
    if kind in (4, 5, 10):
        ending = {4: b"'", 5: b".", 10: b'"'}[kind]
        start = int(value)
        end = step.content.index(ending, start)
        while kind == 4 and step.content[end : end + 2] == b"''":
            end = step.content.index(ending, end + 2)
        return step.content[start:end]
    if kind == 9:
        return step.names[int(value)]
    if kind == 6:
        return (met.setdefault(int(value), len(met)), step.names[step.types[int(value)]])
    return value if kind in (2, 3) else None


def test_a_string_with_a_zero_in_it_is_not_two() -> None:
    assert told(read("('a\0\x04b')")) != told(read("('a','b')"))


def test_what_is_left_out_does_not_matter() -> None:
    assert told(read("1.,'a'"), skipped=2) == told(read("1.,('b',#3)"), skipped=2)
    assert told(read("1.,'a'"), skipped=2) != told(read("2.,'a'"), skipped=2)


def test_minus_zero_is_zero_and_order_of_meeting_is_not_number() -> None:
    assert told(read("-0.")) == told(read("0."))
    one, other = read("#2,#3"), read("#3,#2")
    assert told(one) != told(other)


def test_a_group_does_not_depend_on_those_before_it() -> None:
    step = read("#2,'text',#4,2.")
    together = told(step, roots=(0, 1, 2, 3, 0))
    assert together == [told(step, roots=(row,))[0] for row in (0, 1, 2, 3, 0)]
    assert len(set(together)) == 4


def test_much_told_of_a_little_file_finds_room_or_is_none() -> None:
    step = read("(" + ",".join(["#4"] * 50) + ")")
    few = told(step, roots=(0,) * 500)
    assert set(few) == {told(step)[0]}
    codes, out = (
        np.arange(len(step.names), dtype=np.float64),
        np.zeros(len(step.names), dtype=np.uint64),
    )
    telling = Telling(codes, out, Links.of(len(step.numbers), []))
    assert tell(step, telling, np.zeros(100_000, dtype=np.int64)) is None
