from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cim.building import BuildingModel
from cim.errors import UnreadableIfcError
from cim.ifc import document
from cim.ifc.conformity import conforms
from cim.ifc.document import open_document
from cim.ifc.drawing import Plan
from cim.ifc.instances import Instances
from cim.ifc.kernel import FAST
from cim.ifc.precheck import find_undrawable
from cim.ifc.reader import read_open_file
from cim.ifc.step import scan
from cim.ifc.units import read_units
from cim.text import Text

LARGEST = 1_000_000  # bytes
HEAD = "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\nFILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n"
TAIL = "ENDSEC;\nEND-ISO-10303-21;\n"
SOUND = [
    "#1=IFCWALL('0123456789012345678901',$,'a',$,$,$,$,$,.STANDARD.);",
    "#2=IFCPROPERTYSINGLEVALUE('Load',$,IFCLOGICAL(.U.),$);",
    "#3=IFCCARTESIANPOINT((1,2.5));",
    "#4=IFCRELAGGREGATES('0123456789012345678902',$,$,$,#1,(#1));",
    "#5=IFCPROPERTYENUMERATEDVALUE('e',$,(IFCLABEL('x'),IFCREAL(2)),$);",
]


def content_of(path: Path, folder: Path) -> tuple[bool, dict[int, Text], BuildingModel]:
    """Whether a file was read from its records, what must not be drawn of it, and its content without bodies."""
    opened = open_document(path, folder, file_bytes=1 << 30)
    skip = find_undrawable(opened.model, opened.odd, read_units(opened.model).length)
    every = opened.model.by_type("IfcProduct")
    undrawn = Text(zh="不画", en="not drawn")
    plan = Plan(FAST, {product.id(): undrawn for product in every})
    model = read_open_file(
        opened, path, plan=plan, progress=lambda *_: None, when_drawn=lambda: None
    )
    return isinstance(opened.model, Instances), skip, model


def differences(ours: Any, theirs: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two values differ; a number may be one unit in the last place off, for the lexer rounds once more."""
    inside, there = parts(ours), parts(theirs)
    if inside is None or there is None:
        if not is_same(ours, theirs):
            yield place, ours, theirs
    elif [name for name, _ in inside] != [name for name, _ in there]:
        yield place, ours, theirs
    else:
        for (name, one), (_, other) in zip(inside, there, strict=True):
            yield from differences(one, other, f"{place}.{name}")


def parts(value: Any) -> list[tuple[Any, Any]] | None:
    """What a value is made of; None for a plain one."""
    if is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, tuple):
        return list(enumerate(value))
    return list(value.items()) if isinstance(value, dict) else None


def is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and np.allclose(one, other, rtol=1e-15, atol=1e-15)
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=2.3e-16)
    return type(one) is type(other) and bool(one == other)


def assert_same_both_ways(path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Read a file from its records and by IfcOpenShell; whether the first was possible."""
    ours = content_of(path, folder)
    monkeypatch.setattr(document, "conforms", lambda *_: False)
    theirs = content_of(path, folder)
    assert not theirs[0]
    assert ours[1] == theirs[1]
    assert list(differences(ours[2], theirs[2])) == []
    return ours[0]


def test_content_from_records_is_that_from_ifcopenshell(data_folder: Path, tmp_path: Path) -> None:
    from_records = 0
    for path in sorted((data_folder / "ifc").rglob("*.ifc")):
        if path.stat().st_size > LARGEST:
            continue
        with pytest.MonkeyPatch.context() as patch:
            try:
                from_records += assert_same_both_ways(path, tmp_path, patch)
            except UnreadableIfcError:
                continue  # either way; `test_third_party` tells which
    assert from_records >= 60


def test_a_tower_is_read_from_its_records_to_the_same_content(
    sample_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tower = sample_folder / "submissions" / "violating.ifc"
    assert assert_same_both_ways(tower, tmp_path, monkeypatch)


def test_sound_instances_are_as_their_classes_say() -> None:
    step = scan((HEAD + "\n".join(SOUND) + TAIL).encode())
    assert step.dangling == 0
    assert conforms(step, "IFC4")


@pytest.mark.parametrize(
    ("whole", "wrong"),
    [
        ("'0123456789012345678901'", "$"),  # no GlobalId
        ("'a'", "5"),  # a number for a name
        (".STANDARD.", ".FOO."),  # no word of the enumeration
        (".STANDARD.", "'STANDARD'"),
        (",.STANDARD.", ""),  # too few
        (".STANDARD.", ".STANDARD.,$"),  # too many
        ("IFCLOGICAL(.U.)", "'plain'"),  # without its type
        ("IFCLOGICAL(.U.)", "IFCFOO(1)"),  # a type that is none
        ("(1,2.5)", "1"),  # no list
        ("(1,2.5)", "(1,'2')"),  # a text in a list of numbers
        ("(#1)", "(1)"),
        ("IFCWALL", "IFCWAL"),  # a class that is none
    ],
)
def test_one_argument_of_another_kind_leaves_the_file_to_ifcopenshell(
    whole: str, wrong: str
) -> None:
    text = "\n".join(SOUND)
    assert text.count(whole) >= 1
    assert not conforms(scan((HEAD + text.replace(whole, wrong, 1) + TAIL).encode()), "IFC4")


def test_instances_answer_by_class_name_and_number() -> None:
    step = scan((HEAD + "\n".join(SOUND) + TAIL).encode())
    model = Instances(step, "IFC4", lambda: None)
    (wall,) = model.by_type("IfcElement")
    assert (wall.is_a(), wall.id(), wall.Name, wall.PredefinedType) == (
        "IfcWall", 1, "a", "STANDARD",
    )  # fmt: skip
    assert wall.is_a("IfcRoot")
    assert not wall.is_a("IfcSlab")
    assert model.by_id(3).Coordinates == (1.0, 2.5)
    assert model.by_id(2).NominalValue.wrappedValue == "UNKNOWN"
    assert [value.wrappedValue for value in model.by_id(5).EnumerationValues] == ["x", 2]
    assert [user.id() for user in model.get_inverse(wall)] == [4]
    assert model.referred("IfcRelAggregates", "RelatingObject") == {4: 1}
    with pytest.raises(RuntimeError):
        model.by_type("IfcFoo")
    with pytest.raises(RuntimeError):
        model.by_id(77)
    with pytest.raises(AttributeError):
        _ = wall.Coordinates


def test_a_repeated_global_id_is_told_apart() -> None:
    once = scan((HEAD + "\n".join(SOUND) + TAIL).encode())
    assert not Instances(once, "IFC4", lambda: None).repeats_global_id()
    text = (HEAD + "\n".join(SOUND) + TAIL).replace("8902'", "8901'")
    assert Instances(scan(text.encode()), "IFC4", lambda: None).repeats_global_id()
