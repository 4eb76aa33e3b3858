"""The page of rules, written from the rule types themselves: ``python -m bim_checks.reference``.

A rule type that does not explain itself, or a page that is not the one its code says, fails a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from bim_checks.catalogue import RULE_TYPES
from bim_checks.parameters import Parameter, parameters_of
from bim_checks.rule import Need, RuleType
from bim_checks.rulebook import Rulebook
from cim.text import Language, Text

PAGES: dict[Language, Path] = {
    "en": Path(__file__).parent / "RULES.md",
    "zh": Path(__file__).parent / "RULES.zh-CN.md",
}
HEADING = Text(
    zh="# 规则类型\n\n本页由程序生成（`python -m bim_checks.reference`），数值在规则库 YAML 中。",
    en="# Rule types\n\nThis page is written by the program (`python -m bim_checks.reference`); the numbers are in rulebooks (YAML).",
)
PARAMETERS = Text(
    zh="| 参数 | 含义 | 单位 | 缺省 |\n|---|---|---|---|",
    en="| parameter | meaning | unit | default |\n|---|---|---|---|",
)
NO_PARAMETERS = Text(zh="没有参数。", en="It has no parameters.")
NEEDS = Text(zh="模型须提供：", en="The model must deliver:")
WITHOUT_PLACE = Text(
    zh="位置未经证实时也作检查。", en="It is answered even where no place is proven."
)
SECOND = Text(
    zh="量值另以独立算法复核，不符时改为会商。",
    en="The measured value is computed a second time in another way; where the two differ, the outcome is `discuss`.",
)
REQUIRED = Text(zh="必填", en="required")
USED_BY = Text(zh="本规则库中的规则", en="Rules of this rulebook")


def page(language: Language) -> str:
    """The page of all rule types as Markdown."""
    parts = [HEADING.in_language(language)]
    parts += [explained(RULE_TYPES[code], language) for code in sorted(RULE_TYPES)]
    return "\n\n".join(parts) + "\n"


def explained(rule_type: RuleType, language: Language, rulebook: Rulebook | None = None) -> str:
    """One rule type as Markdown.

    Args:
        rule_type: any.
        language: of the text.
        rulebook: its rules of this type are listed; None for none.
    """
    parts = [
        f"## {rule_type.code}: {rule_type.title.in_language(language)}",
        rule_type.explanation.in_language(language),
        "\n".join(_parameters(rule_type.parameters, language)),
    ]
    if not rule_type.needs_place:
        parts.append(WITHOUT_PLACE.in_language(language))
    if rule_type.recheck is not None:
        parts.append(SECOND.in_language(language))
    if rule_type.needs:
        told = [NEEDS.in_language(language), *(_need(need, language) for need in rule_type.needs)]
        parts.append("\n".join(told))
    if rulebook is not None:
        parts += _rules(rule_type, rulebook, language)
    return "\n\n".join(parts)


def _parameters(kind: type, language: Language) -> Iterator[str]:
    stated = list(_flattened(parameters_of(kind)))
    if not stated:
        yield NO_PARAMETERS.in_language(language)
        return
    yield PARAMETERS.in_language(language)
    for name, parameter in stated:
        meaning = parameter.meaning.in_language(language)
        words = _words(parameter.kind)
        if words:
            meaning += f" ({' / '.join(f'`{word}`' for word in words)})"
        unit = parameter.unit.value if parameter.unit else ""
        default = REQUIRED.in_language(language) if parameter.required else _said(parameter.default)
        yield f"| `{name}` | {meaning} | {unit} | {default} |"


def _flattened(stated: Iterable[Parameter], prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Parameters with those of nested entries behind them, ``tiers[].distance``."""
    for parameter in stated:
        name = f"{prefix}{parameter.name}"
        yield name, parameter
        if parameter.parts is not None:
            several = tuple in {get_origin(kind) for kind in _alternatives(parameter.kind)}
            inside = f"{name}[]." if several else f"{name}."
            yield from _flattened(parameters_of(parameter.parts), inside)


def _words(kind: Any) -> tuple[str, ...]:
    """The words a parameter may be, where it is one, or a list, of some words."""
    for alternative in _alternatives(kind):
        if get_origin(alternative) is Literal:
            return tuple(map(str, get_args(alternative)))
        if get_origin(alternative) is tuple and get_args(alternative):
            return _words(get_args(alternative)[0])
    return ()


def _alternatives(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _said(default: Any) -> str:
    if default is None or default == ():
        return "—"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return ", ".join(f"`{value}`" for value in default)
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def _need(need: Need, language: Language) -> str:
    what = [need.entity, need.predefined_type, need.property_set]
    named = ".".join(part for part in what if part)
    if need.property_name:
        named += f".{need.property_name}"
    return f"- `{named}`: {need.why.in_language(language)}"


def _rules(rule_type: RuleType, rulebook: Rulebook, language: Language) -> list[str]:
    mine = [rule for rule in rulebook.rules if rule.rule_type == rule_type.code]
    if not mine:
        return []
    lines = [f"### {USED_BY.in_language(language)}"]
    for rule in mine:
        clause, source = rule.clause.in_language(language), rule.source.in_language(language)
        lines.append(
            f"- **{rule.identifier}** {rule.title.in_language(language)}: {clause} ({source}; {rule.status})"
        )
    return ["\n".join(lines)]


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
