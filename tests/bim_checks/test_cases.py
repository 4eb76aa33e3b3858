"""Every case file, against exactly the findings it names.

A case is `cases/<RULE TYPE>/{pass,fail,procedure,discuss,na,unknown}-<what>.yaml`; its name states the
worst outcome, its content the exact list of findings. Coordinates are offsets in metres from the
engineering origin, which stands unrotated at the flat city's `ORIGIN`, 5 m above datum.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely
import yaml

from bim_checks.catalogue import SPATIAL_RULE_TYPES
from bim_checks.report import Report
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import run_checks
from cim.control_lines.feature import ControlFeature
from cim.frame import ExplicitPlace, decide_frame
from cim.text import Text
from tests.support.cities import FRAME, ORIGIN, FlatCity, LinesInMemory
from tests.support.models import boxes_model, polygon_surface

CASES = Path(__file__).parent.parent / "cases"
FILES = sorted(CASES.glob("*/*.yaml"))
OUTCOME_OF_PREFIX = {
    "pass": "pass",
    "fail": "fail",
    "procedure": "procedure",
    "discuss": "discuss",
    "na": "not_applicable",
    "unknown": "not_checkable",
}
GROUND = 5.0
WORDS = {"zh": "词", "en": "word"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_case_gives_exactly_its_findings(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    report = review(case, path.parent.name, tmp_path)
    found = [described(finding.to_json(), expected) for finding, expected in pair(report, case)]
    assert found == case["expect"]
    assert report.verdict.value == OUTCOME_OF_PREFIX[path.stem.split("-")[0]]


@pytest.mark.parametrize("code", sorted(SPATIAL_RULE_TYPES))
def test_every_rule_type_has_a_pass_and_a_case_that_is_not_one(code: str) -> None:
    prefixes = {path.stem.split("-")[0] for path in FILES if path.parent.name == code}
    assert "pass" in prefixes
    assert prefixes & {"fail", "procedure"}


def review(case: dict[str, Any], code: str, tmp_path: Path) -> Report:
    site = case["model"].get("site")
    model = boxes_model(
        case["model"]["boxes"],
        site=polygon_surface([tuple(point) for point in site]) if site else None,
    )
    features = [
        ControlFeature(
            identifier=number,
            layer=layer,
            name=Text(zh=zone["name"], en=zone["name"]),
            geometry=shapely.Polygon([(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in zone["polygon"]]),
            attributes=zone.get("attributes", {}),
        )
        for layer, zones in case.get("layers", {}).items()
        for number, zone in enumerate(zones)
    ]
    city = FlatCity(tuple(case.get("layers", {})), placed_views(case.get("views", {})))
    ledger = decide_frame(model, FRAME, city.terrain, place=ExplicitPlace(*ORIGIN, GROUND, 0.0))
    return run_checks(model, city, ledger, LinesInMemory(features), rulebook(case, code, tmp_path))


def rulebook(case: dict[str, Any], code: str, tmp_path: Path) -> Any:
    path = tmp_path / "rulebook.yaml"
    common = dict.fromkeys(("title", "clause", "source", "owner"), WORDS)
    rule = {"id": "R-1", "type": code, **common, "legal_effect": "prohibit", "status": "verified"}
    book = {"code": "case", "edition": "1", "title": WORDS, "rules": [rule | case["rule"]]}
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    return read_rulebook(path)


def placed_views(views: dict[str, Any]) -> dict[str, Any]:
    def placed(point: list[float]) -> list[float]:
        return [ORIGIN[0] + point[0], ORIGIN[1] + point[1], point[2]]

    return {
        "viewpoints": [
            v | {"position": placed(v["position"])} for v in views.get("viewpoints", [])
        ],
        "ridges": [
            r | {"vertices": [placed(vertex) for vertex in r["vertices"]]}
            for r in views.get("ridges", [])
        ],
    }


def pair(report: Report, case: dict[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    assert len(report.findings) == len(case["expect"])
    return list(zip(report.findings, case["expect"], strict=True))


def described(finding: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The parts of a finding that a case speaks of; geometry by its area or length."""
    told = {key: finding[key] for key in expected if key in finding}
    shape = shapely.geometry.shape(finding["geometry"]) if finding["geometry"] else None
    if "area" in expected:
        told["area"] = round(shape.area, 3) if shape else None
    if "length" in expected:
        told["length"] = round(shape.length, 3) if shape else None
    if "fix_en" in expected:
        told["fix_en"] = finding["fix"]["en"] if finding["fix"] else None
    if "sentence_en" in expected:
        told["sentence_en"] = finding["sentence"]["en"]
    return told
