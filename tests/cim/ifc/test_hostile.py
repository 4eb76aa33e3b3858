from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cim.errors import IfcLimitError, UnreadableIfcError
from cim.ifc import DEFAULT_LIMITS, read_ifc
from cim.text import Text
from tests.cim.ifc.author import Author
from tests.cim.ifc.hostile import (
    BAD,
    GOOD,
    KINDS,
    Flawed,
    Harmless,
    Kind,
    Lost,
    Refused,
    Undrawn,
    fuzzed,
)

# Tight, so that what hangs does not hold up the suite.
LIMITS = replace(
    DEFAULT_LIMITS,
    memory_bytes=3 << 30,
    cpu_seconds=20,
    stall_seconds=6.0,
    element_seconds=2.0,
    wall_seconds=40.0,
    file_bytes=200 << 20,
)
HEADER = "ISO-10303-21;\nHEADER;FILE_DESCRIPTION((''),'2;1');FILE_NAME('','',(''),(''),'','','');FILE_SCHEMA(('{schema}'));ENDSEC;\nDATA;\n{data}ENDSEC;\nEND-ISO-10303-21;\n"


def refused(path: Path) -> UnreadableIfcError:
    with pytest.raises(UnreadableIfcError) as caught:
        read_ifc(path)
    error = caught.value
    assert error.path == path
    for language in ("zh", "en"):
        assert path.name in error.sentence(language)  # type: ignore[arg-type]
        assert "Traceback" not in error.sentence(language)  # type: ignore[arg-type]
    return error


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, id=kind.name, marks=[pytest.mark.slow] if kind.slow else [])
        for kind in KINDS
    ],
)
def test_a_hostile_file_ends_as_it_must(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"hostile{kind.suffix}"
    path.write_bytes(kind.content())
    if isinstance(kind.outcome, Refused):
        with pytest.raises(kind.outcome.error) as caught:
            read_ifc(path, limits=LIMITS)
        assert kind.outcome.fragment in caught.value.reason.en
        assert caught.value.path == path
        assert caught.value.remedy is not None
        return
    model = read_ifc(path, limits=LIMITS)
    drawn = {element.global_id for element in model.elements if element.representation}
    undrawn = {
        (found.global_id, found.ifc_class): found.reason.en
        for found in model.undrawn
        if found.global_id != "0open00000000000000001"
    }
    assert GOOD in drawn
    told = tuple(defect.kind for defect in model.defects)
    if isinstance(kind.outcome, Undrawn | Lost):
        assert list(undrawn) == [(BAD, "IfcWall")]
        assert kind.outcome.fragment in undrawn[BAD, "IfcWall"]
    if isinstance(kind.outcome, Undrawn):
        assert told == ()
    elif isinstance(kind.outcome, Flawed | Lost):
        assert told == kind.outcome.kinds
        assert model.is_complete == (not any(found.bars_verdicts for found in told))
        assert {defect.sentence for defect in model.defects} <= set(model.warnings)
    else:
        assert told == ()
        assert undrawn == {}
        assert (BAD in drawn) == kind.outcome.drawn


def test_there_are_hostile_kinds_enough_and_each_has_its_own_name() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names) >= 40
    assert {type(kind.outcome) for kind in KINDS} == {Refused, Undrawn, Flawed, Lost, Harmless}


@given(seed=st.integers(0, 2**32), count=st.integers(1, 200))
@settings(max_examples=25, deadline=None)
def test_random_damage_ends_in_a_model_or_a_typed_error(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    content = fuzzed(seed, count)
    path = tmp_path_factory.getbasetemp() / "fuzzed.ifc"
    path.write_bytes(content)
    remedy, digest = ending(path)
    assert remedy if digest is None else digest == hashlib.sha256(content).hexdigest()


def ending(path: Path) -> tuple[Text | None, str | None]:
    """The remedy of a typed error, or the digest of the model; any other end is an error of ours."""
    try:
        return None, read_ifc(path, limits=LIMITS).sha256
    except UnreadableIfcError as error:
        return error.remedy, None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty."),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs pointer"),
        (b"PK\x03\x04" + bytes(100), "archive is damaged"),
        (b"%PDF-1.7\n", "PDF"),
        (b"AC1032" + bytes(100), "DWG drawing"),
        (b'{"header": {}}', "JSON"),
        (b"\xff\xfe\x00garbage" * 100, "not an IFC file"),
        (b"ISO-10303-21;\nHEADER;\nENDSEC;\nDATA;\n#1=IFCWALL(", "cut off"),
    ],
)
def test_what_is_no_model_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(content)
    error = refused(path)
    assert reason in error.reason.en
    assert error.remedy is not None


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "none.ifc").reason.en
    assert "folder" in refused(tmp_path).reason.en


def test_an_unknown_schema_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.ifc"
    path.write_text(HEADER.format(schema="IFC9", data=""), encoding="utf-8")
    assert "IFC9" in refused(path).reason.en


def test_a_model_of_nothing_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "a.ifc"
    path.write_text(HEADER.format(schema="IFC4", data=""), encoding="utf-8")
    model = read_ifc(path)
    assert (model.elements, model.sites, model.undrawn) == ((), (), ())
    assert model.bounds() is None


def test_a_broken_body_costs_itself_and_nothing_else(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0), name="good")
    flat = author.block((1.0, 1.0, 1.0), name="flat")
    solid = flat.Representation.Representations[0].Items[0]
    solid.SweptArea = author.file.create_entity(
        "IfcArbitraryClosedProfileDef",
        ProfileType="AREA",
        OuterCurve=author.file.create_entity(
            "IfcPolyline", [author._point(0.0, 0.0), author._point(0.0, 0.0)]
        ),
    )
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert {e.name for e in model.elements} == {"good", "flat"}
    assert [e.name for e in model.elements if e.representation] == ["good"]
    (undrawn,) = model.undrawn
    assert (undrawn.global_id, undrawn.ifc_class) == (flat.GlobalId, "IfcWall")
    assert undrawn.reason.en
    assert undrawn.reason.zh


def test_a_body_on_the_moon_is_counted_not_placed(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0), name="here")
    author.block((1.0, 1.0, 1.0), at=(4e8, 0.0, 0.0), name="there")
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    (undrawn,) = model.undrawn
    assert undrawn.global_id == next(e.global_id for e in model.elements if e.name == "there")
    assert "100,000 km" in undrawn.reason.en


def test_map_coordinates_with_a_zone_prefix_are_drawn(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0), at=(39_610_500.0, 2_705_500.0, 5.0))
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert model.undrawn == ()


def test_content_that_contradicts_its_schema_is_said_to(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0), storey=author.storey("2F", 4.5))
    path = author.write(tmp_path / "a.ifc")
    text = path.read_text(encoding="utf-8")
    assert "4500.)" in text
    path.write_text(text.replace("4500.)", "'high up')"), encoding="utf-8")
    error = refused(path)
    assert error.reason.en == "its content contradicts its own IFC version and cannot be read."
    assert error.remedy is not None


def test_a_file_without_units_is_read_in_metres(tmp_path: Path) -> None:
    author = Author(1.0)
    author.block((2.0, 2.0, 2.0))
    author.project.UnitsInContext = None
    bounds = read_ifc(author.write(tmp_path / "a.ifc")).bounds()
    assert bounds is not None
    low, high = bounds
    assert (high - low).tolist() == pytest.approx([2.0, 2.0, 2.0])


def test_the_same_globalid_twice_is_told(tmp_path: Path) -> None:
    author = Author()
    first, second = author.block((1.0, 1.0, 1.0)), author.block((1.0, 1.0, 1.0), at=(5.0, 0.0, 0.0))
    second.GlobalId = first.GlobalId
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert len(model.elements) == 2
    (defect,) = model.defects
    assert defect.examples == (first.GlobalId,)
    assert defect.sentence.en == f"GlobalIds used more than once: 1 ({first.GlobalId})."
    assert model.is_complete


def test_a_file_over_the_size_limit_is_not_opened(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0))
    path = author.write(tmp_path / "a.ifc")
    with pytest.raises(UnreadableIfcError, match="limit"):
        read_ifc(path, limits=replace(DEFAULT_LIMITS, file_bytes=100))


@pytest.mark.parametrize(
    "limits",
    [
        replace(DEFAULT_LIMITS, wall_seconds=0.001),
        replace(DEFAULT_LIMITS, memory_bytes=64 << 20),
        replace(DEFAULT_LIMITS, written_bytes=1000),
    ],
    ids=["wall clock", "memory", "output"],
)
def test_a_limit_that_is_hit_is_a_readable_error(tmp_path: Path, limits: object) -> None:
    author = Author()
    for number in range(20):
        author.block((1.0, 1.0, 1.0), at=(2.0 * number, 0.0, 0.0))
    path = author.write(tmp_path / "a.ifc")
    points = "".join(f"#{10**6 + n}=IFCCARTESIANPOINT((0.,0.,{n}.));\n" for n in range(500_000))
    text = path.read_text(encoding="ascii")
    path.write_text(text.replace("ENDSEC;\nEND-ISO", f"{points}ENDSEC;\nEND-ISO"), encoding="ascii")
    with pytest.raises(IfcLimitError) as caught:
        read_ifc(path, limits=limits)  # type: ignore[arg-type]
    assert caught.value.path == path
    assert caught.value.remedy is not None


def test_reading_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    author = Author()
    author.block((1.0, 1.0, 1.0))
    read_ifc(author.write(tmp_path / "a.ifc"))
    assert list(scratch.iterdir()) == []
    monkeypatch.setattr("tempfile.tempdir", None)
