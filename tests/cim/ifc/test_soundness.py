from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.ifc.integrity import defects_of_bytes, mended
from cim.ifc.step import scan
from cim.ifc.step.soundness import (
    DEEPEST_NESTING,
    LARGEST_INSTANCE,
    MOST_MEMBERS,
    Oddity,
    StepScan,
    scan_step,
)
from tests.cim.ifc.hostile import HEAD, KINDS, TAIL, WORLD, Kind, step

STRUCTURAL = b"#=();'"
ODD_BYTES = b"#=();'$*.,/\"\\\0\n\r\t \xe5-+0129EAX_"


def scan_of(data: str, *, tail: str = TAIL) -> StepScan:
    return scan_step((HEAD.format(schema="IFC4") + data + tail).encode("ascii"))


def test_what_a_whole_file_holds() -> None:
    found = scan_step(step())
    assert found.instances == len(WORLD.splitlines())
    assert sum(found.classes.values()) == found.instances
    assert (found.classes["IFCRELAGGREGATES"], found.classes["IFCWALL"]) == (3, 1)
    assert found.arguments["IFCWALL"] == (9, 9)
    assert (found.missing, found.repeated, found.broken, found.odd) == ((), (), 0, {})
    assert found.is_ended
    assert found.end_byte == len(step()) - 1


@pytest.mark.parametrize(
    "line",
    [
        "#1=IFCLABEL('#9=IFCX();');",
        "#1=IFCLABEL('it''s #7');",
        "#1=IFCLABEL('a\nb');",
        "#1 = IFCLABEL /* #7 ; ' */ ( $ ) ;",
        "/* #1=IFCLABEL($); */ #1=IFCLABEL($);",
        "#1=IFCLABEL(.TRUE.);",
        '#1=IFCLABEL("0FF");',
        "#1=IFCLABEL(IFCREAL(-1.5E-3));",
        "#1=IFCLABEL((),(()));",
        "#1=IFCLABEL();",
        "#1=ifclabel(*,$,.U.);",
    ],
)
def test_strings_comments_and_values_are_understood(line: str) -> None:
    found = scan_of(line + "\n")
    assert (found.instances, found.broken, found.missing) == (1, 0, ())
    assert found.classes == {"IFCLABEL": 1}


@pytest.mark.parametrize(
    ("data", "arguments"),
    [("()", 0), ("($)", 1), ("((1,2))", 1), ("('a,b',(#1,#1),$)", 3), ("(IFCREAL(1.),2)", 2)],
)
def test_arguments_are_counted_at_the_top(data: str, arguments: int) -> None:
    assert scan_of(f"#1=IFCA{data};\n").arguments["IFCA"] == (arguments, arguments)


def test_fewest_and_most_arguments() -> None:
    assert scan_of("#1=IFCA(1,2);\n#2=IFCA(1);\n#3=ifca(1,2,3);\n").arguments == {"IFCA": (1, 3)}


def test_missing_and_repeated_numbers_near_and_far() -> None:
    far = LARGEST_INSTANCE
    found = scan_of(
        f"#1=IFCA(#2,#{far});\n#1=IFCA(#{far - 1});\n#{far - 2}=IFCA($);\n#{far - 2}=IFCA(#1);\n"
    )
    assert found.missing == (2, far - 1, far)
    assert found.repeated == (1, far - 2)


@pytest.mark.parametrize(
    "bad",
    [
        "#1=IFCA('abc);",
        "#1=IFCA((1);",
        "#1=IFCA(1));",
        "#1=IFCA(1)",
        "#1=IFCA;",
        "#1 IFCA(1);",
        "#1=(1);",
        "#1=IFCA(NAN);",
        "#1=IFCA(1.#IND);",
        "#1=IFCA(.U);",
        "#1=IFCA(1.E400);",
        "#1=IFCA(-);",
        "#1=IFCA(#);",
        f"#1=IFCA(#{LARGEST_INSTANCE + 1});",
        f"#{LARGEST_INSTANCE + 1}=IFCA(1);",
        "#1=IFCA(\0);",
        "\0\0\0",
        ")",
        "X1=IFCA(1);",
    ],
)
def test_a_broken_statement_costs_itself(bad: str) -> None:
    found = scan_of(f"#8=IFCGOOD(1);\n{bad}\n#9=IFCGOOD(2);\n")
    assert found.broken == 1
    assert found.classes == {"IFCGOOD": 2}
    assert found.is_ended
    start, behind = found.broken_ranges[0].tolist()
    text = HEAD.format(schema="IFC4") + f"#8=IFCGOOD(1);\n{bad}\n#9=IFCGOOD(2);\n" + TAIL
    assert bad in text[start:behind]
    assert "#9" not in text[start:behind]


@given(st.data())
def test_no_structural_byte_is_lost_unseen(data: st.DataObject) -> None:
    content = bytearray(step())
    start = content.index(b"DATA;") + 6
    places = [at for at in range(start, len(content) - len(TAIL)) if content[at] in STRUCTURAL]
    at = data.draw(st.sampled_from(places))
    content[at : at + 1] = b"X"
    found = scan_step(bytes(content))
    assert found.broken or found.missing or not found.is_ended


@given(st.integers(1, len(WORLD)))
def test_a_cut_is_seen_wherever_it_is(cut: int) -> None:
    whole = (HEAD.format(schema="IFC4") + WORLD).encode("ascii")
    found = scan_step(whole[: len(whole) - cut])
    assert not found.is_ended
    kept = whole[: found.complete_bytes]
    assert kept.endswith(b";")
    assert found.instances == kept.count(b"\n#")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("(" + ",".join("1" * (MOST_MEMBERS + 2)) + ")", Oddity.MEMBERS),
        ("(" * DEEPEST_NESTING + "1" + ")" * DEEPEST_NESTING, Oddity.NESTING),
        ("1.E12", Oddity.NUMBER),
        ("-1234567890123.", Oddity.NUMBER),
        ("(1.,$)", Oddity.ABSENT),
        ("($,1.)", Oddity.ABSENT),
        ("1.E11", None),
        ("99999999999.9999", None),
        ("1.E-300", None),
        ("0.000000000000001", None),
        ("IFCLABEL($)", None),
        ("$,$", None),
    ],
)
def test_what_would_be_dangerous_to_draw(data: str, why: Oddity | None) -> None:
    assert scan_of(f"#7=IFCA({data});\n").odd == ({} if why is None else {7: why})


@given(st.binary(max_size=300))
def test_any_bytes_are_scanned(content: bytes) -> None:
    found = scan_step(content)
    assert 0 <= found.complete_bytes <= found.end_byte <= len(content)
    ranges = found.broken_ranges.tolist()
    assert len(ranges) == found.broken
    assert all(start < behind <= len(content) for start, behind in ranges)
    assert ranges == sorted(ranges)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", " "])
def test_line_ends_do_not_matter(end: str) -> None:
    text = step().decode().replace("\n", end)
    assert scan_step(text.encode()).classes == scan_step(step()).classes


def assert_nothing_to_say(content: bytes) -> None:
    """The full pass finds no flaw in a file, and counts as many instances as the lexer."""
    found, read = scan_step(content), scan(content)
    assert (found.missing, found.repeated, found.broken, found.odd) == ((), (), 0, {})
    assert found.is_ended
    assert found.instances == len(read.numbers)
    assert mended(content, found) is content
    assert list(defects_of_bytes(content, found)) == []
    assert read.malformed == 0
    assert found.classes == dict(sorted(read.counts().items()))


def test_a_whole_file_is_plain() -> None:
    for end in ("\n", "\r\n", "\r"):
        content = step().replace(b"\n", end.encode())
        assert scan(content).is_plain
        assert_nothing_to_say(content)


@pytest.mark.parametrize(
    "data",
    [
        "IFCLABEL('a'),IFCREAL(1.5E-3)",
        "'it''s #7;'",
        "'a\n;b'",
        "(),(())",
        "",
        '$,*,.T.,"0FF"',
        "IFCLABEL($)",
        "-1.E11",
        "/* #9=IFCX(; */ 1",
        "99999999999.9999",
    ],
)
def test_what_is_usual_is_plain(data: str) -> None:
    content = (HEAD.format(schema="IFC4") + f"#1=IFCA({data});\n" + TAIL).encode("ascii")
    assert scan(content).is_plain
    assert_nothing_to_say(content)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_what_is_plain_has_no_flaw_that_is_told(kind: Kind) -> None:
    content = kind.content()
    if len(content) < 10_000_000 and scan(content).is_plain:
        assert_nothing_to_say(content)


@given(
    st.lists(st.tuples(st.floats(0.0, 1.0), st.sampled_from(ODD_BYTES), st.integers(0, 2))),
    st.sampled_from([step(), step("#77=IFCA((1.,$),IFCLABEL($),-.5,1.E3,\"0F\",'x\r#y');\n")]),
)
def test_no_damage_is_plain_that_the_full_pass_finds(
    damage: list[tuple[float, int, int]], whole: bytes
) -> None:
    content = bytearray(whole)
    for share, byte, removed in damage:
        at = int(share * len(content))
        content[at : at + removed] = bytes([byte])
    if scan(bytes(content)).is_plain:
        assert_nothing_to_say(bytes(content))


@given(st.data())
def test_no_structural_byte_is_lost_in_what_is_plain(data: st.DataObject) -> None:
    content = bytearray(step())
    start = content.index(b"DATA;") + 6
    places = [at for at in range(start, len(content) - len(TAIL)) if content[at] in STRUCTURAL]
    content[data.draw(st.sampled_from(places))] = ord("X")
    assert not scan(bytes(content)).is_plain
