"""``cim rules``: the rules as a person at a terminal looks them up, and a rulebook as its author checks it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import samples
from bim_checks.catalogue import RULE_TYPES
from bim_checks.rulebook import read_rulebook
from viewer.cli import app

SAMPLE = Path(samples.__file__).parent / "rulebook.yaml"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["rules", *map(str, arguments)])


def test_the_list_names_every_rule_type_in_each_language() -> None:
    for language in ("zh", "en"):
        listed = run("list", "--lang", language).output
        for code, rule_type in RULE_TYPES.items():
            assert code in listed
            assert rule_type.title.in_language(language).split()[0] in listed
    document = json.loads(run("list", "--json").output)
    assert [entry["code"] for entry in document] == sorted(RULE_TYPES)


def test_the_list_of_a_rulebook_names_its_rules_and_their_owners() -> None:
    document = json.loads(run("list", "--rulebook", SAMPLE, "--json").output)
    assert [entry["id"] for entry in document] == [
        rule.identifier for rule in read_rulebook(SAMPLE).rules
    ]
    assert "RES-01" in run("list", "--rulebook", SAMPLE, "--lang", "en").output


def test_a_rule_type_is_explained_with_its_parameters_and_the_rules_made_of_it() -> None:
    told = run("explain", "line-inside", "--rulebook", SAMPLE, "--lang", "en")
    assert told.exit_code == 0
    for word in ("LINE-INSIDE", "within", "area allowed outside", "m2", "PAR-01"):
        assert word in told.output
    assert (
        "用地位于用地红线内"
        in run("explain", "LINE-INSIDE", "--rulebook", SAMPLE, "--lang", "zh").output
    )
    unknown = run("explain", "LINE-OUTSIDE")
    assert unknown.exit_code == 2
    assert "LINE-INSIDE" in unknown.output


def test_a_rulebook_that_holds_and_one_whose_example_does_not(tmp_path: Path) -> None:
    good = run("check", SAMPLE, "--lang", "en")
    assert good.exit_code == 0
    assert "0 that do not hold" in good.output
    wrong = beside(tmp_path)
    text = SAMPLE.read_text(encoding="utf-8")
    assert "measured: 62.0" in text
    wrong.write_text(text.replace("measured: 62.0", "measured: 61.0", 1), encoding="utf-8")
    told = run("check", wrong, "--lang", "en")
    assert told.exit_code == 1
    assert "RES-01" in told.output
    assert "62.0" in told.output


@pytest.mark.parametrize("change", ["limit: 8.0 ft", "limit: eight"])
def test_a_mistake_in_a_rulebook_is_told_with_file_and_line(tmp_path: Path, change: str) -> None:
    path = beside(tmp_path)
    text = SAMPLE.read_text(encoding="utf-8")
    number = next(n for n, row in enumerate(text.splitlines(), 1) if row == "    limit: 8.0")
    path.write_text(text.replace("    limit: 8.0\n", f"    {change}\n", 1), encoding="utf-8")
    told = run("check", path, "--lang", "en")
    assert told.exit_code == 3
    assert f"rulebook.yaml:{number}:" in told.output.replace("\n", "")


def beside(folder: Path) -> Path:
    """Where a rulebook may stand: beside the files that the sample's names."""
    for name in ("delivery.ids", "delivery_example.ifc"):
        shutil.copy(SAMPLE.with_name(name), folder)
    return folder / "rulebook.yaml"
