"""``cim ids``: requirements written from a rulebook, and held against a model, with the exit codes of all commands."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import bim_checks.requirements
import samples
from bim_checks.catalogue import RULE_TYPES
from bim_checks.rule import Need
from cim.text import Text
from tests.support.ids_documents import (
    pattern,
    simple,
    specification,
    wall,
    write_ids,
    write_ifc,
)
from viewer.cli import app

SAMPLE = Path(samples.__file__).parent / "rulebook.yaml"
NAMED = f"<attribute>{simple('name', 'Name')}{pattern('value', 'W[0-9]+')}</attribute>"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["ids", *map(str, arguments)])


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (specification(NAMED), 1),
        (specification(), 0),
        (specification(entity="IFCDOOR"), 0),
        (specification(versions="IFC2X3"), 3),
    ],
)
def test_exit_codes(tmp_path: Path, asked: str, code: int) -> None:
    ifc = write_ifc(tmp_path, wall(1, "W1"), wall(2, "wall"))
    assert run("check", ifc, write_ids(tmp_path, asked)).exit_code == code


def test_an_object_at_fault_is_named_in_each_language(tmp_path: Path) -> None:
    ifc = write_ifc(tmp_path, wall(1, "W1"), wall(2, "[wall]"))
    ids = write_ids(tmp_path, specification(NAMED, name="Wall names"))
    for language, words in (("en", "failed"), ("zh", "不通过")):
        told = run("check", ifc, ids, "--lang", language).output
        flat = "".join(told.split())
        assert words in told
        assert f"{2:022d}" in flat
        assert "[wall]" in flat
    document = json.loads(run("check", ifc, ids, "--json").output)
    (found,) = document["specifications"]
    assert (found["name"], found["status"], found["applicable"]) == ("Wall names", "failed", 2)
    assert found["requirements"][0]["passed"] == [f"{1:022d}"]


def test_inputs_at_fault_are_one_line_with_file_and_place(tmp_path: Path) -> None:
    ids = tmp_path / "asked.ids"
    ids.write_text("<ids", encoding="utf-8")
    told = run("check", write_ifc(tmp_path), ids, "--lang", "en")
    assert told.exit_code == 3
    assert "asked.ids:1: not a valid IDS 1.0 document" in told.stderr
    assert run("check", tmp_path / "absent.ifc", ids).exit_code == 3
    assert run(tmp_path / "absent.yaml").exit_code == 3


def test_the_ids_of_a_rulebook_can_be_held_against_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = Need("IfcSpace", Text(zh="计算面积", en="for areas"))
    types = {code: replace(kind, needs=(need,)) for code, kind in RULE_TYPES.items()}
    monkeypatch.setattr(bim_checks.requirements, "RULE_TYPES", types)
    ids = tmp_path / "needed.ids"
    written = run(SAMPLE, "-o", ids, "--lang", "en")
    assert written.exit_code == 0, written.output
    assert run(SAMPLE).output == ids.read_text(encoding="utf-8")
    told = run("check", write_ifc(tmp_path), ids, "--lang", "en")
    assert told.exit_code == 1
    assert "There must be some." in told.output
