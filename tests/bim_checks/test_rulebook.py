from __future__ import annotations

from pathlib import Path

import pytest

from bim_checks.errors import RulebookError
from bim_checks.finding import LegalEffect
from bim_checks.rulebook import check_against_city, read_rulebook
from bim_checks.rules.lines import InsideParameters
from tests.support.cities import FlatCity

HEAD = """\
code: test
edition: "1"
title: {zh: 规则, en: rules}
rules:
"""
RULE = """\
  - id: R-1
    type: LINE-INSIDE
    title: {zh: 题, en: title}
    clause: {zh: 条, en: clause}
    source: {zh: 源, en: source}
    owner: {zh: 局, en: bureau}
    legal_effect: prohibit
    status: verified
    layer: parcel
    subject: site
    limit: 0
"""


def read(tmp_path: Path, text: str) -> object:
    path = tmp_path / "rulebook.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rulebook(path)


def test_a_rule_is_read_with_its_defaults(tmp_path: Path) -> None:
    (rule,) = read(tmp_path, HEAD + RULE).rules
    assert rule.parameters == InsideParameters(
        layer="parcel", subject="site", limit=0.0, within="union"
    )
    assert rule.legal_effect is LegalEffect.PROHIBIT
    assert rule.owner.zh == "局"


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        (("subject: site", "subject: garden"), 14, "subject cannot be garden.*site"),
        (("limit: 0", "limit: none"), 15, "limit: none is of the wrong kind.*a number"),
        (("limit: 0", "limit: yes"), 15, "limit: True is of the wrong kind"),
        (("layer: parcel", "layr: parcel"), 13, "unknown key layr.*layer"),
        (("type: LINE-INSIDE", "type: LINE-INSIDES"), 6, "type cannot be LINE-INSIDES"),
        (("status: verified", "status: sure"), 12, "status cannot be sure"),
        (("clause: {zh: 条, en: clause}", "clause: {zh: 条}"), 8, "clause must have zh and en"),
        (("    owner: {zh: 局, en: bureau}\n", ""), 5, "owner is missing"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, message: str
) -> None:
    with pytest.raises(RulebookError, match=message) as caught:
        read(tmp_path, (HEAD + RULE).replace(*change))
    assert caught.value.place == str(line)


def test_what_is_not_a_rulebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulebookError, match="must be a mapping"):
        read(tmp_path, "- a list")
    with pytest.raises(RulebookError, match="not valid YAML"):
        read(tmp_path, "a: [")
    with pytest.raises(RulebookError, match="no such rulebook"):
        read_rulebook(tmp_path / "absent.yaml")
    with pytest.raises(RulebookError, match="R-1 appears twice"):
        read(tmp_path, HEAD + RULE + RULE)


def test_a_layer_the_city_does_not_have_is_refused(tmp_path: Path) -> None:
    book = read(tmp_path, HEAD + RULE)
    check_against_city(book, FlatCity(("parcel",)))
    with pytest.raises(RulebookError, match=r"layer parcel.*The city has: green"):
        check_against_city(book, FlatCity(("green",)))
