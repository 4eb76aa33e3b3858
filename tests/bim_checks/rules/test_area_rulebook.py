"""What a rulebook may say about floor area and parking, and what it is told when it says something else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import samples
from bim_checks.errors import RulebookError
from bim_checks.examples import differences
from bim_checks.rulebook import read_rulebook
from tests.bim_checks.test_rulebook import HEAD

SAMPLE = Path(samples.__file__).with_name("rulebook.yaml")
KINDS = ("AREA-", "PARKING-")
COMMON = """\
  - id: R-1
    type: {code}
    title: {{zh: 题, en: title}}
    clause: {{zh: 条, en: clause}}
    source: {{zh: 源, en: source}}
    owner: {{zh: 局, en: bureau}}
    legal_effect: prohibit
    status: verified
"""
REGIMES = """\
    regimes:
      - {code: A, full_height: 2.20 m, full_clause: a, low_coefficient: 0.5, low_clause: a, pitched_full: 2.10 m,
         pitched_least: 1.20 m, pitched_coefficient: 0.5, pitched_clause: a}
    counted_by: A
    duct_area: 1 m2
"""


def read(tmp_path: Path, code: str, text: str) -> object:
    path = tmp_path / "rulebook.yaml"
    path.write_text(HEAD + COMMON.format(code=code) + text, encoding="utf-8")
    return read_rulebook(path)


def test_the_worked_examples_of_the_sample_city_hold() -> None:
    book = read_rulebook(SAMPLE)
    rules = tuple(rule for rule in book.rules if rule.rule_type.startswith(KINDS))
    assert {rule.rule_type for rule in rules} == {
        "AREA-GFA",
        "AREA-STOREY-HEIGHT",
        "AREA-FAR",
        "AREA-COVERAGE",
        "AREA-GREEN",
        "AREA-DECLARED",
        "PARKING-COUNT",
        "PARKING-SIZE",
    }
    assert differences(replace(book, rules=rules), SAMPLE) == []


@pytest.mark.parametrize(
    ("code", "text", "message"),
    [
        ("AREA-GFA", REGIMES, "either limit, or layer and attribute"),
        (
            "AREA-GFA",
            REGIMES.replace("counted_by: A", "counted_by: B") + "    limit: 1 m2\n",
            "counted_by must be the code of one of the regimes",
        ),
        (
            "AREA-GFA",
            REGIMES.replace("1.20 m", "2.20 m") + "    limit: 1 m2\n",
            "pitched_least must not exceed pitched_full",
        ),
        ("AREA-GFA", REGIMES + "    limit: 1 m\n", "limit: 1 m is in the wrong unit.*m2"),
        (
            "AREA-FAR",
            REGIMES
            + "    limit: 2\n    below_ground_share: 0.5\n"
            + "    exceptions: [{name: x, coefficient: 0.0, clause: c}]\n",
            "an exception without a condition",
        ),
        (
            "AREA-STOREY-HEIGHT",
            "    duct_area: 1 m2\n    tall: [{limit: 3 m, factor: 2.0, clause: c, space_name: '['}]\n",
            "unterminated character set",
        ),
        (
            "PARKING-COUNT",
            REGIMES + "    ratios: [{use: x, clause: c}]\n",
            "either per_100_m2 or per_dwelling",
        ),
        (
            "PARKING-SIZE",
            "    kinds: [{kind: x, width: 6 m, length: 5 m}]\n",
            "width must be above zero and at most length",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, code: str, text: str, message: str
) -> None:
    with pytest.raises(RulebookError, match=message) as caught:
        read(tmp_path, code, text)
    assert caught.value.place is not None
    assert int(caught.value.place) > 4
