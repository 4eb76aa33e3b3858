"""Every case file, against exactly the findings it names.

A case is `cases/<RULE TYPE>/{pass,fail,procedure,discuss,na,unchecked}-<what>.yaml`; its name states the
worst outcome, its content the scene (see `bim_checks.scene`), the rule, and the exact list of findings.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene, told
from bim_checks.rulebook import Rulebook, read_rulebook
from bim_checks.scene import SCENE_KEYS, read_scene

CASES = Path(__file__).parent.parent / "cases"
FILES = sorted(CASES.glob("*/*.yaml"))
OUTCOME_OF_PREFIX = {
    "pass": "pass",
    "fail": "fail",
    "procedure": "procedure",
    "discuss": "discuss",
    "na": "not_applicable",
    "unchecked": "not_checkable",
}
WORDS = {"zh": "词", "en": "word"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case_gives_exactly_its_findings(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) <= {*SCENE_KEYS, "rule", "expect"}
    for beside in path.parent.glob("*.i*"):  # the IFC and IDS files it speaks of
        shutil.copy(beside, tmp_path)
    scene = read_scene(case, tmp_path)
    report = run_scene(scene, rulebook(case, path.parent.name, tmp_path))
    assert case["expect"]
    found = [finding.to_json() for finding in report.findings]
    assert len(found) == len(case["expect"]), [finding["sentence"] for finding in found]
    assert [told(f, e) for f, e in zip(found, case["expect"], strict=True)] == case["expect"]
    assert report.verdict.value == OUTCOME_OF_PREFIX[path.stem.split("-")[0]]


@pytest.mark.parametrize("code", sorted(RULE_TYPES))
def test_every_rule_type_has_a_pass_a_break_and_a_case_it_cannot_judge(code: str) -> None:
    prefixes = {path.stem.split("-")[0] for path in FILES if path.parent.name == code}
    assert "pass" in prefixes
    assert prefixes & {"fail", "procedure", "discuss"}
    assert prefixes & {"na", "unchecked"}


def test_every_case_folder_is_a_rule_type() -> None:
    assert {path.parent.name for path in FILES} <= set(RULE_TYPES)


def rulebook(case: dict[str, Any], code: str, tmp_path: Path) -> Rulebook:
    path = tmp_path / "rulebook.yaml"
    common = dict.fromkeys(("title", "clause", "source", "owner"), WORDS)
    rule = {"id": "R-1", "type": code, **common, "legal_effect": "prohibit", "status": "verified"}
    book = {"code": "case", "edition": "1", "title": WORDS, "rules": [rule | case["rule"]]}
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    return read_rulebook(path)
