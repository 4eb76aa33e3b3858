from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from bim_checks.catalogue import RULE_TYPES
from bim_checks.exports.html import render
from bim_checks.finding import Judgement, Outcome, SecondOpinion
from bim_checks.report import Report
from bim_checks.rule import Need
from bim_checks.rulebook import Rulebook, read_rulebook
from bim_checks.runner import run_checks, run_site_checks
from cim.building import BuildingModel, Defect, DefectKind, Undrawn
from cim.control_lines.feature import ControlFeature
from cim.frame import ExplicitPlace, decide_frame
from cim.text import Text
from tests.bim_checks.test_rulebook import HEAD
from tests.support.cities import FRAME, ORIGIN, FlatCity, LinesInMemory
from tests.support.ids_documents import specification, wall, write_ids, write_ifc
from tests.support.models import boxes_model, model_of

RULES = """\
  - {id: F-1, type: FRAME-PROVEN, title: {zh: 位置, en: place}, clause: {zh: c, en: c}, source: {zh: s, en: s},
     owner: {zh: o, en: o}, legal_effect: prohibit, status: verified}
  - {id: G-1, type: LINE-OVERLAP, title: {zh: 绿线, en: green}, clause: {zh: <条>, en: <clause>}, source: {zh: s, en: s},
     owner: {zh: o, en: o}, legal_effect: prohibit, status: verified, layer: green, subject: footprint, limit: 0}
"""
GREEN = ControlFeature(
    1,
    "green",
    Text(zh="绿地", en="Park"),
    shapely.box(ORIGIN[0], ORIGIN[1], ORIGIN[0] + 2, ORIGIN[1] + 5),
    {},
)
REQUIRED = 'minOccurs="1" maxOccurs="unbounded"'
HERE = ExplicitPlace(*ORIGIN, 5.0, 0.0)


@pytest.fixture
def rulebook(tmp_path: Path) -> Rulebook:
    path = tmp_path / "rulebook.yaml"
    path.write_text(HEAD + RULES, encoding="utf-8")
    return read_rulebook(path)


def run(model: BuildingModel, rulebook: Rulebook, place: ExplicitPlace | None = HERE) -> Report:
    city = FlatCity(("green",))
    ledger = decide_frame(model, FRAME, city.terrain, place=place)
    return run_checks(model, city, ledger, LinesInMemory([GREEN]), rulebook)


def outcomes(report: Report) -> list[tuple[str, str]]:
    return [(finding.rule, finding.outcome.value) for finding in report.findings]


def model() -> BuildingModel:
    return boxes_model({"A": ((0, 0, 0), (10, 5, 3)), "B": ((20, 0, 0), (30, 5, 3))})


def test_findings_follow_the_rulebook_and_the_worst_is_the_verdict(rulebook: Rulebook) -> None:
    report = run(model(), rulebook)
    assert outcomes(report) == [("F-1", "pass"), ("G-1", "fail")]
    assert report.verdict.value == "fail"
    assert report.findings[1].judgement.measurement.measured == pytest.approx(10.0, abs=1e-6)
    assert report.findings[1].judgement.elements == ("A",)


def test_without_a_frame_nothing_is_judged_in_space(rulebook: Rulebook) -> None:
    report = run(model(), rulebook, place=None)
    assert outcomes(report) == [("F-1", "fail"), ("G-1", "not_checkable")]
    off = run(model(), rulebook, place=ExplicitPlace(0.0, 0.0, 0.0, 0.0))
    assert outcomes(off) == [("F-1", "fail"), ("G-1", "not_checkable")]
    assert "outside the city" in off.findings[0].judgement.sentence.en


def test_a_model_that_draws_nothing_is_not_passed(rulebook: Rulebook) -> None:
    assert outcomes(run(model_of([], []), rulebook))[1] == ("G-1", "not_checkable")


def test_elements_that_cannot_be_drawn_are_a_finding(rulebook: Rulebook) -> None:
    broken = replace(
        model(),
        elements=model().elements[1:],
        undrawn=(Undrawn("A", "IfcWall", Text(zh="没有面。", en="no faces")),),
    )
    report = run(broken, rulebook)
    assert outcomes(report) == [
        ("F-1", "pass"),
        ("G-1", "pass"),
        ("MODEL-UNDRAWN", "not_checkable"),
    ]
    assert report.verdict.value == "not_checkable"
    assert report.findings[2].judgement.elements == ("A",)


def test_a_rule_that_crashes_is_not_a_pass(
    rulebook: Rulebook, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(LinesInMemory):
        def features(self, *_: object) -> list[ControlFeature]:
            raise ZeroDivisionError

        def around(self, *_: object) -> dict[str, list[ControlFeature]]:
            raise ZeroDivisionError

    city = FlatCity(("green",))
    ledger = decide_frame(model(), FRAME, city.terrain, place=HERE)
    report = run_checks(model(), city, ledger, Broken([]), rulebook)
    assert outcomes(report)[1] == ("G-1", "not_checkable")
    assert "rule G-1 crashed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" in report.findings[1].to_json()["trace"]


@pytest.mark.parametrize(
    ("other", "resolution", "outcome"),
    [(10.0, 0.1, "fail"), (9.95, 0.1, "fail"), (9.0, 0.1, "discuss")],
)
def test_two_ways_of_measuring_that_disagree_are_to_be_discussed(
    rulebook: Rulebook,
    monkeypatch: pytest.MonkeyPatch,
    other: float,
    resolution: float,
    outcome: str,
) -> None:
    second = SecondOpinion(Text(zh="数格", en="counting cells"), other, resolution)
    twice = replace(RULE_TYPES["LINE-OVERLAP"], recheck=lambda *_: second)
    monkeypatch.setattr("bim_checks.runner.RULE_TYPES", {**RULE_TYPES, "LINE-OVERLAP": twice})
    finding = run(model(), rulebook).findings[1]
    assert finding.outcome.value == outcome
    assert finding.to_json()["second"]["measured"] == other
    assert ("counting cells" in finding.judgement.sentence.en) == (outcome == "discuss")


def test_a_site_alone_is_judged_by_the_rules_about_sites_only(tmp_path: Path) -> None:
    rules = (
        RULES
        + RULES.splitlines(keepends=True)[2].replace("G-1", "S-1")
        + (RULES.splitlines(keepends=True)[3].replace("footprint", "site"))
    )
    path = tmp_path / "rulebook.yaml"
    path.write_text(HEAD + rules, encoding="utf-8")
    site = shapely.box(ORIGIN[0] - 5, ORIGIN[1], ORIGIN[0] + 1.5, ORIGIN[1] + 5)
    report = run_site_checks(
        "P-7", site, FlatCity(("green",)), LinesInMemory([GREEN]), read_rulebook(path)
    )
    assert outcomes(report) == [("F-1", "pass"), ("G-1", "not_applicable"), ("S-1", "fail")]
    assert report.findings[2].judgement.measurement.measured == pytest.approx(7.5, abs=1e-9)
    assert json.loads(report.to_json())["frame"] is None
    assert "P-7" in render(report, "zh")


def test_the_report_does_not_depend_on_the_order_of_elements(rulebook: Rulebook) -> None:
    turned = replace(model(), elements=model().elements[::-1])
    assert run(model(), rulebook).to_json() == run(turned, rulebook).to_json()


def test_the_report_is_json_with_every_outcome_counted(rulebook: Rulebook) -> None:
    document = json.loads(run(model(), rulebook).to_json())
    assert document["summary"] == {
        "pass": 1, "fail": 1, "procedure": 0, "discuss": 0, "not_applicable": 0, "not_checkable": 0,
    }  # fmt: skip
    assert document["frame"]["taken"] == 0
    assert document["findings"][1]["geometry"]["type"] == "Polygon"
    assert {point[2] for point in document["findings"][1]["geometry"]["coordinates"][0]} == {5.0}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("zh", "建筑占用绿地 10.0 m²。"), ("en", "The building occupies 10.0 m² of Park.")],
)
def test_the_page_speaks_one_language_and_escapes_what_it_quotes(
    rulebook: Rulebook, language: str, sentence: str
) -> None:
    page = render(run(model(), rulebook), language)
    assert sentence in page
    assert "&lt;" in page
    assert "<条>" not in page
    assert "<clause>" not in page
    assert "http" not in page


def flawed(kind: DefectKind) -> BuildingModel:
    told = Text(zh="文件缺了一半。", en="half of the file is missing.")
    return replace(model(), defects=(Defect(kind, 1, told, ("#7",)),))


@pytest.mark.parametrize("kind", [kind for kind in DefectKind if kind.bars_verdicts])
def test_a_file_that_is_not_whole_is_not_judged(rulebook: Rulebook, kind: DefectKind) -> None:
    report = run(flawed(kind), rulebook)
    assert outcomes(report) == [("F-1", "not_checkable"), ("G-1", "not_checkable")]
    for finding in report.findings:
        assert "half of the file is missing." in finding.judgement.sentence.en
        assert "文件缺了一半。" in finding.judgement.sentence.zh
        assert finding.judgement.fix is not None
    told = report.to_document()["model"]
    assert told["complete"] is False
    assert told["defects"] == [
        {
            "kind": kind.value,
            "count": 1,
            "bars_verdicts": True,
            "sentence": {"zh": "文件缺了一半。", "en": "half of the file is missing."},
            "examples": ["#7"],
        }
    ]


@pytest.mark.parametrize("kind", [kind for kind in DefectKind if not kind.bars_verdicts])
def test_a_defect_that_hides_nothing_bars_nothing(rulebook: Rulebook, kind: DefectKind) -> None:
    report = run(flawed(kind), rulebook)
    assert outcomes(report) == outcomes(run(model(), rulebook))
    assert report.to_document()["model"]["complete"] is True


def test_missing_data_names_the_rules_it_blocks(
    tmp_path: Path, rulebook: Rulebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rules that need the same and could not be answered; not those that were, nor those that need other things."""
    text = "".join(
        f"  - {{id: {name}, type: {code}, title: {{zh: t, en: t}}, clause: {{zh: c, en: c}}, source: {{zh: s, en: s}},\n"
        f"     owner: {{zh: o, en: o}}, legal_effect: prohibit, status: verified, {more}}}\n"
        for name, code, more in (
            ("D-1", "DELIVERY-SPACES", "limit: 80"),
            (
                "D-2",
                "DELIVERY-DECLARED",
                "indicators: [{holder: site, property_set: P, property_name: FAR}]",
            ),
            ("D-3", "DELIVERY-IDS", "document: city.ids"),
            ("G-1", "LINE-OVERLAP", "layer: green, subject: footprint, limit: 0"),
            ("H-1", "HEIGHT-ZONE", "layer: green"),
            ("I-1", "LINE-INSIDE", "layer: green, subject: site, limit: 0"),
        )
    )
    write_ids(tmp_path, specification(entity="IFCSPACE", occurs=REQUIRED), name="city.ids")
    book = tmp_path / "needing.yaml"
    book.write_text(HEAD + text, encoding="utf-8")
    why = Text(zh="w", en="w")
    needs = {
        "LINE-OVERLAP": (Need("IfcSpace", why),),
        "HEIGHT-ZONE": (Need("IfcSpace", why),),
        "LINE-INSIDE": (Need("IfcSite", why, property_set="P"),),
    }
    for code, needed in needs.items():
        answer = unanswered if code != "HEIGHT-ZONE" else passed
        changed = replace(RULE_TYPES[code], needs=needed, check=answer)
        monkeypatch.setitem(RULE_TYPES, code, changed)  # type: ignore[arg-type]
    city = FlatCity(("green",))
    ledger = decide_frame(model(), FRAME, city.terrain, place=HERE)
    file = write_ifc(tmp_path, wall(1, "W1"))
    report = run_checks(
        model(), city, ledger, LinesInMemory([GREEN]), read_rulebook(book), file=file
    )
    assert [(f.rule, f.outcome.value, f.judgement.blocks) for f in report.findings] == [
        ("D-1", "fail", ("G-1",)),
        ("D-2", "fail", ("I-1",)),
        ("D-3", "fail", ("G-1",)),
        ("G-1", "not_checkable", ()),
        ("H-1", "pass", ()),
        ("I-1", "not_checkable", ()),
    ]


def unanswered(*_: object) -> list[Judgement]:
    return [Judgement(Outcome.NOT_CHECKABLE, Text(zh="缺", en="missing"))]


def passed(*_: object) -> list[Judgement]:
    return [Judgement(Outcome.PASS, Text(zh="好", en="fine"))]
