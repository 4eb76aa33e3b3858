from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bim_checks.examples import run_scene
from bim_checks.finding import Finding, Outcome
from bim_checks.rulebook import read_rulebook
from bim_checks.scene import read_scene

CASES = Path(__file__).parents[2] / "cases" / "AIR-OLS"
WORDS = {"zh": "词", "en": "word"}


def findings(case: dict[str, Any], folder: Path, **changes: Any) -> tuple[Finding, ...]:
    path = folder / "rulebook.yaml"
    common = dict.fromkeys(("title", "clause", "source", "owner"), WORDS)
    rule = {"id": "R-1", "type": "AIR-OLS", **common, "legal_effect": "prohibit"}
    rule = {**rule, "status": "verified", **case["rule"], **changes}
    book = {"code": "case", "edition": "1", "title": WORDS, "rules": [rule]}
    path.write_text(yaml.safe_dump(book, allow_unicode=True), encoding="utf-8")
    return run_scene(read_scene(case), read_rulebook(path)).findings


@pytest.fixture
def case() -> dict[str, Any]:
    path = CASES / "fail-approach-limits-below-the-inner-horizontal.yaml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_a_table_tells_how_the_building_stands_to_each_surface_over_it(
    case: dict[str, Any], tmp_path: Path
) -> None:
    (finding,) = findings(case, tmp_path)
    table, _ = finding.to_json()["tables"]  # the other is how it was measured
    # The climb starts where the approach does and rises alike; 400 m2 and one storey are above each, from 3.2 m down to 2.8 m: 1,200 m3.
    rows = [[row[0]["en"], *row[1:6], row[-1]] for row in table["rows"]]
    assert rows == [
        ["the approach surface of 09, section 1", 24.8, 28.0, -3.2, 400.0, 1, 1],
        ["the take-off climb surface over 09", 24.8, 28.0, -3.2, 400.0, 1, 1],
        ["the inner horizontal surface", 50.0, 28.0, 22.0, 0.0, 0, None],
    ]
    keys = [column["key"] for column in table["columns"]]
    assert keys[6:9] == ["volume", "volume_half", "storeys_above"]
    assert [row[6] for row in table["rows"]] == pytest.approx([1200.0, 1200.0, 0.0], abs=1e-3)


def test_a_limit_nobody_has_verified_is_discussed(case: dict[str, Any], tmp_path: Path) -> None:
    (finding,) = findings(case, tmp_path, status="unverified")
    assert finding.outcome is Outcome.DISCUSS
    assert finding.judgement.measurement is not None
    assert finding.judgement.measurement.margin == pytest.approx(-3.2, abs=1e-6)


def test_another_edition_is_another_entry_and_nothing_else(
    case: dict[str, Any], tmp_path: Path
) -> None:
    # Inner edge 300 m, 60 m from the threshold as before, but steeper: 2.5 %, and no climb over this end.
    aerodrome = case["rule"]["aerodrome"]
    first = {**aerodrome["ends"][0], "take_off": False}
    approach = {**aerodrome["approach"], "inner_width": 300.0}
    approach["sections"] = [{"length": 3000.0, "slope": 0.025}]
    changed = {**aerodrome, "ends": [first, aerodrome["ends"][1]], "approach": approach}
    (finding,) = findings(
        case, tmp_path, aerodrome=changed, applicability={"zh": "另一版", "en": "another edition"}
    )
    assert finding.judgement.measurement is not None
    assert finding.judgement.measurement.limit == pytest.approx(5.0 + 0.025 * 990.0, abs=1e-6)
    assert finding.judgement.sentence.en.endswith("(another edition)")
