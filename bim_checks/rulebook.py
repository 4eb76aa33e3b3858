"""A rulebook: clauses, numbers and owners as data (YAML), checked on load.

Numbers live here and never in code. An unknown key, a missing one or a value of another kind is an
error that names file, line and remedy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import yaml

from bim_checks.catalogue import RULE_TYPES
from bim_checks.entry import Entry
from bim_checks.errors import RulebookError
from bim_checks.finding import LegalEffect
from bim_checks.parameters import Asset, assets_of
from bim_checks.rule import Example, Rule, Status
from cim.city import City
from cim.text import Text
from cim.yaml_text import parse_yaml

TEXT_KEYS = ("title", "clause", "source", "owner")
COMMON_KEYS = ("id", "type", "legal_effect", "status", *TEXT_KEYS)
OPTIONAL_KEYS = ("edition", "examples")
ASSETS: Mapping[Asset, Text] = {
    Asset.LAYER: Text(zh="图层", en="layer"),
    Asset.VIEWPOINT: Text(zh="视点", en="viewpoint"),
    Asset.RIDGE: Text(zh="山脊线", en="ridge"),
    Asset.LANDMARK: Text(zh="地标", en="landmark"),
    Asset.HEIGHT_GRID: Text(zh="限高栅格", en="height grid"),
}


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules a city is reviewed by.

    Attributes:
        code, edition, title: identity.
        sha256: of the file.
        rules: in the order of the file; identifiers are unique.
    """

    code: str
    edition: str
    title: Text
    sha256: str
    rules: tuple[Rule, ...]


def read_rulebook(path: Path) -> Rulebook:
    """Read and check a rulebook.

    Raises:
        RulebookError: it cannot be used; says where and what to write instead.
    """
    try:
        content = path.read_bytes()
        node = parse_yaml(content)
    except OSError as error:
        raise RulebookError(Text(zh="找不到规则库。", en="no such rulebook."), path=path) from error
    except yaml.YAMLError as error:
        raise RulebookError(
            Text(zh="不是有效的 YAML:{e}", en="not valid YAML: {e}").format(e=error), path=path
        ) from error
    book = Entry(node, path)
    book.allow("code", "edition", "title", "rules")
    edition = book.word("edition")
    rules = tuple(_rule(entry, edition) for entry in book.entries("rules"))
    _refuse_repeated(rules, path)
    return Rulebook(
        code=book.word("code"),
        edition=edition,
        title=book.text("title"),
        sha256=hashlib.sha256(content).hexdigest(),
        rules=rules,
    )


def check_against_city(rulebook: Rulebook, city: City) -> None:
    """Refuse a rulebook that names a layer, viewpoint or ridge the city does not have: its rule would pass in silence.

    Raises:
        RulebookError: names the rule and what is missing.
    """
    known: Mapping[Asset, set[str]] = {
        Asset.LAYER: {layer.code for layer in city.layers},
        Asset.VIEWPOINT: {viewpoint.code for viewpoint in city.viewpoints},
        Asset.RIDGE: {ridge.code for ridge in city.ridges},
        Asset.LANDMARK: {landmark.code for landmark in city.landmarks},
        Asset.HEIGHT_GRID: {grid.code for grid in city.height_grids},
    }
    for rule in rulebook.rules:
        for name, asset, code in assets_of(rule.parameters):
            if code not in known[asset]:
                raise RulebookError(
                    Text(
                        zh="{name} 所指的{kind} {code} 不在城市目录中。",
                        en="the rule reads {kind} {code} ({name}), which the city does not have.",
                    ).format(name=name, kind=ASSETS[asset], code=code),
                    path=city.rulebook_path,
                    place=rule.identifier,
                    remedy=Text(zh="可用的有：{known}。", en="The city has: {known}.").format(
                        known=", ".join(sorted(known[asset])) or "—"
                    ),
                )


def _rule(entry: Entry, edition: str) -> Rule:
    code = entry.one_of("type", tuple(RULE_TYPES))
    kind = RULE_TYPES[code].parameters
    entry.allow(*COMMON_KEYS, *OPTIONAL_KEYS, *entry.keys_of(kind))
    status: Status = (
        "verified" if entry.one_of("status", get_args(Status)) == "verified" else "unverified"
    )
    return Rule(
        identifier=entry.word("id"),
        rule_type=code,
        title=entry.text("title"),
        clause=entry.text("clause"),
        source=entry.text("source"),
        owner=entry.text("owner"),
        legal_effect=LegalEffect(entry.one_of("legal_effect", tuple(LegalEffect))),
        status=status,
        parameters=entry.filled(kind),
        edition=entry.word("edition") if entry.has("edition") else edition,
        examples=_examples(entry),
    )


def _examples(entry: Entry) -> tuple[Example, ...]:
    if not entry.has("examples"):
        return ()
    return tuple(Example(found.line, found.content()) for found in entry.entries("examples"))


def _refuse_repeated(rules: tuple[Rule, ...], path: Path) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.identifier in seen:
            raise RulebookError(
                Text(zh="规则编号 {id} 重复。", en="rule {id} appears twice.").format(
                    id=rule.identifier
                ),
                path=path,
                place=rule.identifier,
            )
        seen.add(rule.identifier)
