"""What a facet asks, and why an object does not meet it, in both languages; names and values of the IDS as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bim_checks.ids.facets import Facet
from cim.text import Text

LONGEST_VALUE = 200  # characters of a value that is quoted

REASONS: Mapping[tuple[str, str], Text] = {
    ("entity", "NAME"): Text(zh="类别是 {actual}。", en="its class is {actual}."),
    ("entity", "PREDEFINEDTYPE"): Text(
        zh="预定义类型是 {actual}。", en="its predefined type is {actual}."
    ),
    ("attribute", "NOVALUE"): Text(zh="没有这个属性。", en="it has no such attribute."),
    ("attribute", "FALSEY"): Text(zh="属性为空。", en="the attribute is empty."),
    ("attribute", "VALUE"): Text(zh="属性值是“{actual}”。", en="the value is “{actual}”."),
    ("classification", "NOVALUE"): Text(zh="没有分类。", en="it has no classification."),
    ("classification", "VALUE"): Text(
        zh="分类编码是 {actual}。", en="it is classified as {actual}."
    ),
    ("classification", "SYSTEM"): Text(
        zh="所属分类体系是 {actual}。", en="it is classified in {actual}."
    ),
    ("partOf", "NOVALUE"): Text(zh="没有这种关系。", en="it has no such relation."),
    ("partOf", "ENTITY"): Text(zh="它属于 {actual}。", en="it is a part of {actual}."),
    ("partOf", "PREDEFINEDTYPE"): Text(
        zh="所属对象的预定义类型是 {actual}。", en="what it is a part of has the type {actual}."
    ),
    ("property", "NOPSET"): Text(zh="没有这个属性集。", en="it has no such property set."),
    ("property", "NOVALUE"): Text(
        zh="属性集里没有这个属性或属性为空。", en="the set has no such property, or it is empty."
    ),
    ("property", "DATATYPE"): Text(
        zh="数据类型是 {actual}。", en="the value is of data type {actual}."
    ),
    ("property", "VALUE"): Text(zh="属性值是“{actual}”。", en="the value is “{actual}”."),
    ("material", "NOVALUE"): Text(zh="没有材料。", en="it has no material."),
    ("material", "VALUE"): Text(
        zh="材料的名称与类别是 {actual}。", en="its materials and categories are {actual}."
    ),
}
PROHIBITED = Text(zh="有所禁止的内容。", en="it has what is prohibited.")
OTHER = Text(zh="不符合要求。", en="it does not meet the requirement.")
CRASHED = Text(
    zh="无法判断：文件中的这一内容异常（{error}）。",
    en="it cannot be told: this part of the file is out of the ordinary ({error}).",
)
CARDINALITIES: Mapping[str, Text] = {
    "required": Text(zh="必须{what}", en="must have {what}"),
    "optional": Text(zh="如有则应为{what}", en="may have {what}"),
    "prohibited": Text(zh="不得{what}", en="must not have {what}"),
}


def why_not(kind: str, reason: Mapping[str, Any] | None) -> Text:
    """Why an object does not meet a facet, from the reason that ifctester gives."""
    told = reason or {}
    if told.get("type") == "PROHIBITED":
        return PROHIBITED
    sentence = REASONS.get((kind, str(told.get("type"))))
    return OTHER if sentence is None else sentence.format(actual=_quoted(told.get("actual")))


def crashed(error: Exception) -> Text:
    """What is told of an object on which a facet failed."""
    return CRASHED.format(error=type(error).__name__)


def asked_for(kind: str, facet: Facet) -> Text:
    """What a facet asks of an object."""
    return CARDINALITIES[facet.cardinality].format(what=_what(kind, facet))


def _what(kind: str, facet: Facet) -> Text:
    if kind == "entity":
        return Text(zh="类别 {name}{type}", en="the class {name}{type}").format(
            name=facet.name, type=_dotted(facet.predefinedType)
        )
    if kind == "attribute":
        return Text(zh="属性 {name}{value}", en="the attribute {name}{value}").format(
            name=facet.name, value=_valued(facet.value)
        )
    if kind == "property":
        return Text(
            zh="属性集 {set} 的属性 {name}{value}", en="the property {name} of {set}{value}"
        ).format(set=facet.propertySet, name=facet.baseName, value=_valued(facet.value))
    if kind == "classification":
        return Text(zh="{system} 分类{value}", en="a classification in {system}{value}").format(
            system=facet.system, value=_valued(facet.value)
        )
    if kind == "material":
        return Text(zh="材料{value}", en="a material{value}").format(value=_valued(facet.value))
    return Text(
        zh="上级 {name}{type}（{relation}）", en="a whole {name}{type} ({relation})"
    ).format(
        name=facet.name,
        type=_dotted(facet.predefinedType),
        relation=facet.relation or Text(zh="任一关系", en="any relation"),
    )


def _dotted(value: object) -> str:
    return "" if value is None else f".{value}"


def _valued(value: object) -> Text:
    if value is None:
        return Text(zh="", en="")
    return Text(zh="，值为 {value}", en=" with the value {value}").format(value=value)


def _quoted(actual: object) -> str:
    if isinstance(actual, set | list | tuple):
        told = ", ".join(sorted(str(value) for value in actual if value is not None))
    else:
        told = "—" if actual is None else str(actual)
    return told if len(told) <= LONGEST_VALUE else f"{told[:LONGEST_VALUE]}…"
