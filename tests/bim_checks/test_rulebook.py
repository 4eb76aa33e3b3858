from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
import yaml

from bim_checks.entry import Entry
from bim_checks.errors import RulebookError
from bim_checks.finding import LegalEffect, Unit
from bim_checks.parameters import Asset, assets_of, parameter, parameters
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


def test_a_file_is_named_from_the_rulebooks_folder(tmp_path: Path) -> None:
    rule = RULE.replace("type: LINE-INSIDE", "type: DELIVERY-IDS")
    rule = re.sub(r"    (layer|subject|limit): .*\n", "", rule) + "    document: asked/city.ids\n"
    with pytest.raises(RulebookError, match=r"there is no file asked/city\.ids.*rulebook's folder"):
        read(tmp_path, HEAD + rule)
    asked = tmp_path / "asked" / "city.ids"
    asked.parent.mkdir()
    asked.write_text("", encoding="utf-8")
    (found,) = read(tmp_path, HEAD + rule).rules
    assert found.parameters.document == asked


@pytest.mark.parametrize(
    ("code", "parameter", "message"),
    [
        ("DELIVERY-NAMING", 'names: [{ifc_class: IfcSpace, pattern: "("}]', "pattern: missing"),
        ("DELIVERY-UNITS", "length: [furlong]", "length: furlong"),
        ("DELIVERY-SCHEMA", "accepted: []", "accepted"),
        ("DELIVERY-FILE-SIZE", "limit: 5 m", "wrong unit.*MB"),
    ],
)
def test_a_delivery_rule_that_cannot_be_kept_is_refused(
    tmp_path: Path, code: str, parameter: str, message: str
) -> None:
    rule = RULE.replace("type: LINE-INSIDE", f"type: {code}")
    rule = re.sub(r"    (layer|subject|limit): .*\n", "", rule) + f"    {parameter}\n"
    with pytest.raises(RulebookError, match=message):
        read(tmp_path, HEAD + rule)


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


@parameters
class Tier:
    above: float = parameter(zh="起", en="from", unit=Unit.METRE)
    kind: Literal["front", "rear"] = parameter(zh="边", en="edge", default="front")


@parameters
class Nested:
    limit: float = parameter(zh="限值", en="limit", unit=Unit.METRE)
    count: int = parameter(zh="数", en="count", unit=Unit.COUNT, default=1)
    tiers: tuple[Tier, ...] = parameter(zh="分级", en="tiers", default=())
    layers: tuple[str, ...] = parameter(zh="图层", en="layers", asset=Asset.LAYER, default=())
    point: tuple[float, float] | None = parameter(
        zh="点", en="point", unit=Unit.METRE, default=None
    )
    open_air: bool = parameter(zh="露天", en="open air", default=False)


def filled(text: str) -> Nested:
    return Entry(yaml.compose(text, Loader=yaml.SafeLoader), Path("x.yaml")).filled(Nested)


def test_nested_records_lists_and_units_are_read() -> None:
    read_back = filled(
        "limit: 8 m\ncount: 3\ntiers:\n  - {above: 0}\n  - {above: 24 米, kind: rear}\n"
        "layers: [a, b]\npoint: [1, 2 m]\nopen_air: true\n"
    )
    assert read_back == Nested(
        limit=8.0,
        count=3,
        tiers=(Tier(above=0.0), Tier(above=24.0, kind="rear")),
        layers=("a", "b"),
        point=(1.0, 2.0),
        open_air=True,
    )
    assert list(assets_of(read_back)) == [
        ("layers", Asset.LAYER, "a"),
        ("layers", Asset.LAYER, "b"),
    ]
    assert filled("limit: 1e1\npoint: null") == Nested(limit=10.0)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("limit: 8 ft", 1, "8 ft is in the wrong unit.*Write it in m"),
        ("limit: 8 m2", 1, "wrong unit"),
        ("count: 2 m\nlimit: 1", 1, "wrong unit"),
        ("limit: 1\ncount: 1.5", 2, "wrong kind.*a whole number"),
        ("limit: 1\ntiers:\n  - {above: 1, kind: left}", 3, "kind cannot be left.*front, rear"),
        ("limit: 1\ntiers:\n  - {above: 1, knd: front}", 3, "unknown key knd"),
        ("limit: 1\ntiers:\n  - {kind: front}", 3, "key above is missing"),
        ("limit: 1\ntiers: 5", 2, "wrong kind.*a list"),
        ("limit: 1\npoint: [1]", 2, "wrong kind.*2 values"),
        ("limit: 1\nopen_air: 1", 2, "wrong kind.*true or false"),
        ("limit: eight", 1, "wrong kind.*a number"),
    ],
)
def test_a_mistake_in_a_nested_record_is_named_with_its_line(
    text: str, line: int, message: str
) -> None:
    with pytest.raises(RulebookError, match=message) as caught:
        filled(text)
    assert caught.value.place == str(line)


def test_a_viewpoint_the_city_does_not_have_is_refused(tmp_path: Path) -> None:
    rule = RULE.replace("LINE-INSIDE", "VIEW-RIDGE-BAND").split("    layer:")[0]
    more = "    viewpoint: VP9\n    ridge: R\n    limit: 0.2\n    base_elevation: 0\n    refraction: 0.13\n"
    with pytest.raises(RulebookError, match="viewpoint VP9"):
        check_against_city(read(tmp_path, HEAD + rule + more), FlatCity(()))
