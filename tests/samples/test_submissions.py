"""The submitted towers are believable buildings, and break exactly the rules they are meant to break."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.util.element
import ifcopenshell.util.unit
import pytest

import samples
from cim.ifc import read_ifc
from samples.city import eye_elevation
from samples.ground import ridge_line
from samples.plan import DESIGNS, STOREYS, VIOLATING, Design, planted
from samples.tower import write_tower
from viewer.pipeline import check_model

README = Path(samples.__file__).with_name("README.md")
NAMES = [design.name for design in DESIGNS]
BY_HAND = {"RES-01": 0.05, "ROD-01": 0.005, "HGT-01": 0.01, "VIW-01": 0.02, "RAI-01": 0.005}
"""How closely each planted figure must be met, in the unit of its finding."""


@pytest.fixture(scope="module")
def reports(sample_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Report of each submission in a copy of the city."""
    city = tmp_path_factory.mktemp("samples") / "city"
    shutil.copytree(sample_folder / "city", city)
    found = {}
    for name in NAMES:
        model = read_ifc(sample_folder / "submissions" / f"{name}.ifc")
        found[name] = check_model(model, city, None).to_document()
    return found


def outcomes(report: dict[str, Any], *wanted: str) -> dict[str, dict[str, Any]]:
    return {f["rule"]: f for f in report["findings"] if f["outcome"] in wanted}


def figures(design: Design) -> dict[str, float]:
    """Planted figures as the measured values of their rules."""
    plan = planted(design, ridge_line(), eye_elevation())
    return {
        "RES-01": plan.restricted_m2,
        "ROD-01": plan.road_distance_m,
        "HGT-01": plan.above_limit_m,
        "VIW-01": plan.ridge_intrusion_m,
        "RAI-01": plan.rail_m2,
    }


def shown(finding: dict[str, Any]) -> float:
    """The figure of a finding that a plan speaks of: how far above, or how much."""
    above = finding["rule"] in ("HGT-01", "VIW-01")
    value: float = -finding["margin"] if above else finding["measured"]
    return value


@pytest.mark.slow
def test_the_violating_tower_has_exactly_its_planted_findings(reports: dict[str, Any]) -> None:
    found = outcomes(reports["violating"], "fail", "procedure", "discuss", "not_checkable")
    assert {rule: f["outcome"] for rule, f in found.items()} == {
        "RES-01": "fail",
        "ROD-01": "fail",
        "HGT-01": "fail",
        "VIW-01": "fail",
        "RAI-01": "procedure",
    }
    wanted = figures(VIOLATING)
    assert wanted["RES-01"] == pytest.approx(62.0, abs=1e-9)
    assert wanted["HGT-01"] == pytest.approx(4.80, abs=1e-9)
    for rule, finding in found.items():
        assert shown(finding) == pytest.approx(wanted[rule], abs=BY_HAND[rule]), rule


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "zh",
            {
                "RES-01": "用地占用限制建设区 62.0 m²。",
                "HGT-01": "建筑最高点高程 104.80 m，超过滨海中心限高区限高 100.00 m 达 4.80 m。",
            },
        ),
        (
            "en",
            {
                "RES-01": "The site occupies 62.0 m² of the restricted construction zone.",
                "HGT-01": "The highest point, 104.80 m above datum, exceeds the limit 100.00 m of "
                "the coastal centre height zone by 4.80 m.",
            },
        ),
    ],
)
def test_the_planted_findings_are_told_in_both_languages(
    reports: dict[str, Any], language: str, sentences: dict[str, str]
) -> None:
    found = outcomes(reports["violating"], "fail")
    told = {rule: found[rule]["sentence"][language] for rule in sentences}
    assert told == sentences


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compliant", "revision"])
def test_a_tower_that_keeps_the_rules_has_only_passes(reports: dict[str, Any], name: str) -> None:
    summary = Counter(finding["outcome"] for finding in reports[name]["findings"])
    assert set(summary) == {"pass"}
    assert reports[name]["verdict"] == "pass"


@pytest.mark.slow
def test_the_misplaced_tower_is_judged_by_nothing_but_its_frame(reports: dict[str, Any]) -> None:
    report = reports["misplaced"]
    assert report["frame"]["taken"] is None
    assert set(outcomes(report, "fail")) == {"FRM-01"}
    rest = {f["outcome"] for f in report["findings"] if f["rule"] != "FRM-01"}
    assert rest == {"not_checkable"}


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_tower_is_a_believable_building(sample_folder: Path, name: str) -> None:
    file = ifcopenshell.open(str(sample_folder / "submissions" / f"{name}.ifc"))
    assert ifcopenshell.util.unit.calculate_unit_scale(file) == pytest.approx(0.001)
    assert len(file.by_type("IfcBuildingStorey")) in (STOREYS, STOREYS + 1)
    for ifc_class in ("IfcSlab", "IfcColumn", "IfcStair", "IfcWindow", "IfcDoor", "IfcRoof"):
        assert file.by_type(ifc_class), ifc_class
    assert any(wall.HasOpenings for wall in file.by_type("IfcWall"))
    assert any(wall.PredefinedType == "PARAPET" for wall in file.by_type("IfcWall"))
    assert file.by_type("IfcMapConversion")[0].TargetCRS.Name == "EPSG:4548"
    assert file.by_type("IfcMaterial")
    spaces = file.by_type("IfcSpace")
    assert len(spaces) >= STOREYS
    for space in spaces:
        quantities = ifcopenshell.util.element.get_psets(space, qtos_only=True)
        areas = [v for q in quantities.values() for k, v in q.items() if k.endswith("Area")]
        assert areas, space
        assert min(areas) > 0.0
        assert space.PredefinedType
    assert all(
        ifcopenshell.util.element.get_psets(w, psets_only=True) for w in file.by_type("IfcWall")
    )


@pytest.mark.slow
def test_a_tower_is_written_the_same_every_time(sample_folder: Path, tmp_path: Path) -> None:
    write_tower(VIOLATING, tmp_path / "violating.ifc")
    stored = sample_folder / "submissions" / "violating.ifc"
    again = (tmp_path / "violating.ifc").read_text(encoding="utf-8").splitlines()
    pairs = zip(stored.read_text(encoding="utf-8").splitlines(), again, strict=True)
    assert next(((was, now) for was, now in pairs if was != now), None) is None


def test_the_readme_states_the_planted_figures() -> None:
    rows = re.findall(
        r"^\| (\w{3}-\d\d) \|.*\| ([-−+\d.]+) (m²|m) \|$", README.read_text("utf-8"), re.MULTILINE
    )
    stated = {rule: float(figure.replace("−", "-")) for rule, figure, _ in rows}
    wanted = figures(VIOLATING)
    assert set(stated) == set(wanted)
    for rule, figure in stated.items():
        assert figure == pytest.approx(wanted[rule], abs=0.005), rule
