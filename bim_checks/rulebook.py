"""A rulebook: clauses, numbers and owners as data (YAML), checked on load.

Numbers live here and never in code. An unknown key, a missing one or a value of another kind is an
error that names file, line and remedy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml

from bim_checks.catalogue import SPATIAL_RULE_TYPES
from bim_checks.errors import RulebookError
from bim_checks.finding import LegalEffect
from bim_checks.rule import Rule, Status
from bim_checks.rules import frame
from cim.city import City
from cim.text import Text

PARAMETERS: Mapping[str, type] = {
    frame.CODE: frame.FrameParameters,
    **{code: rule_type.parameters for code, rule_type in SPATIAL_RULE_TYPES.items()},
}
TEXT_KEYS = ("title", "clause", "source", "owner")
COMMON_KEYS = ("id", "type", "legal_effect", "status", *TEXT_KEYS)


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
        node = yaml.compose(content, Loader=yaml.SafeLoader)
    except OSError as error:
        raise RulebookError(Text(zh="找不到规则库。", en="no such rulebook."), path=path) from error
    except yaml.YAMLError as error:
        raise RulebookError(
            Text(zh="不是有效的 YAML:{e}", en="not valid YAML: {e}").format(e=error), path=path
        ) from error
    book = _Entry(node, path)
    book.allow("code", "edition", "title", "rules")
    rules = tuple(_rule(entry) for entry in book.entries("rules"))
    _refuse_repeated(rules, path)
    return Rulebook(
        code=book.word("code"),
        edition=book.word("edition"),
        title=book.text("title"),
        sha256=hashlib.sha256(content).hexdigest(),
        rules=rules,
    )


def check_against_city(rulebook: Rulebook, city: City) -> None:
    """Refuse a rulebook that reads a layer the city does not have: its rule would pass in silence.

    Raises:
        RulebookError: names the rule and the layer.
    """
    known = {layer.code for layer in city.layers}
    for rule in rulebook.rules:
        if rule.layer is not None and rule.layer not in known:
            raise RulebookError(
                Text(
                    zh="规则使用的图层 {layer} 不在城市目录中。",
                    en="the rule reads layer {layer}, which the city does not have.",
                ).format(layer=rule.layer),
                path=city.rulebook_path,
                place=rule.identifier,
                remedy=Text(zh="可用图层：{known}。", en="Layers are: {known}.").format(
                    known=", ".join(sorted(known))
                ),
            )


class _Entry:
    """A YAML mapping that knows its lines."""

    def __init__(self, node: yaml.Node | None, path: Path) -> None:
        self._path = path
        self._line = node.start_mark.line + 1 if node else 1
        if not isinstance(node, yaml.MappingNode):
            raise self.error(Text(zh="应为键值结构。", en="must be a mapping."))
        self._nodes = {str(key.value): value for key, value in node.value}

    def allow(self, *keys: str) -> None:
        for key, node in self._nodes.items():
            if key not in keys:
                raise self.error(
                    Text(zh="未知的键 {key}。", en="unknown key {key}.").format(key=key),
                    remedy=Text(zh="可用的键：{keys}。", en="Keys are: {keys}.").format(
                        keys=", ".join(keys)
                    ),
                    line=node.start_mark.line + 1,
                )

    def has(self, key: str) -> bool:
        return key in self._nodes

    def value(self, key: str) -> Any:
        if key not in self._nodes:
            raise self.error(Text(zh="缺少键 {key}。", en="key {key} is missing.").format(key=key))
        return yaml.SafeLoader("").construct_object(self._nodes[key], deep=True)

    def word(self, key: str) -> str:
        return str(self.of_kind(key, str))

    def text(self, key: str) -> Text:
        value = self.value(key)
        if not isinstance(value, dict) or set(value) != {"zh", "en"}:
            raise self.error(
                Text(zh="{key} 应有 zh 与 en 两种文字。", en="{key} must have zh and en.").format(
                    key=key
                ),
                line=self._nodes[key].start_mark.line + 1,
            )
        return Text(zh=str(value["zh"]), en=str(value["en"]))

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        value = self.value(key)
        if value not in choices:
            raise self.error(
                Text(zh="{key} 不能是 {value}。", en="{key} cannot be {value}.").format(
                    key=key, value=value
                ),
                remedy=Text(zh="可选：{choices}。", en="Choose one of: {choices}.").format(
                    choices=", ".join(choices)
                ),
                line=self._nodes[key].start_mark.line + 1,
            )
        return str(value)

    def of_kind(self, key: str, kind: Any) -> Any:
        """The value as `float`, `str` or one of a `Literal`'s words."""
        if get_origin(kind) is Literal:
            return self.one_of(key, get_args(kind))
        value = self.value(key)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if (kind is float and not number) or (kind is str and not isinstance(value, str)):
            raise self.error(
                Text(
                    zh="{key} 的值 {value} 类型不对。", en="{key}: {value} is of the wrong kind."
                ).format(key=key, value=value),
                remedy=Text(zh="应为 {kind}。", en="Write a {kind}.").format(
                    kind="number" if kind is float else "string"
                ),
                line=self._nodes[key].start_mark.line + 1,
            )
        return kind(value)

    def entries(self, key: str) -> Iterator[_Entry]:
        self.value(key)
        for node in self._nodes[key].value:
            yield _Entry(node, self._path)

    def error(
        self, reason: Text, *, remedy: Text | None = None, line: int | None = None
    ) -> RulebookError:
        return RulebookError(reason, path=self._path, place=str(line or self._line), remedy=remedy)


def _rule(entry: _Entry) -> Rule:
    code = entry.one_of("type", tuple(PARAMETERS))
    kind = PARAMETERS[code]
    hints = get_type_hints(kind)
    entry.allow(*COMMON_KEYS, *hints)
    parameters = {
        field.name: entry.of_kind(field.name, hints[field.name])
        for field in fields(kind)
        if entry.has(field.name) or field.default is MISSING
    }
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
        parameters=kind(**parameters),
    )


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
