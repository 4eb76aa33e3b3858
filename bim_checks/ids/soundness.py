"""Whether what an IDS document asks can be asked of the IFC versions it is written for.

Valid XML may still speak of classes, attributes or types of value that no IFC file can hold; then every model would fail,
or none, for a slip of the author. IDS 1.0 calls such a document invalid (buildingSMART's audit tool).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import ifcopenshell

from bim_checks.errors import IdsError
from bim_checks.ids.document import Document, Specification
from bim_checks.ids.facets import Facet
from bim_checks.ids.values import Exactly, Restricted
from bim_checks.ids.writer import VERSIONS
from cim.text import Text

INTEGER = re.compile(r"\s*[-+]?\d+\s*")
DOUBLE = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*")
NUMBERS = {"integer": INTEGER, "real": DOUBLE, "number": DOUBLE}
NOT_COMPARABLE = ("list", "entity", "select")


def refuse_unsound(document: Document, path: Path) -> None:
    """Refuse a document that asks what cannot be asked.

    Raises:
        IdsError: names the specification, what is wrong with it, and what to write.
    """
    for specification in document.specifications:
        for reason in _faults(specification):
            raise IdsError(
                reason,
                path=path,
                place=specification.place,
                remedy=Text(
                    zh="请按所列 IFC 版本（{versions}）改正。",
                    en="Correct it for the IFC versions it names ({versions}).",
                ).format(versions=", ".join(specification.versions)),
            )


def versions_with(name: str, *, typed: bool) -> tuple[str, ...]:
    """The IFC versions that have a class, and a PredefinedType of it where one is asked for; oldest first."""
    return tuple(
        version
        for version in VERSIONS
        if (entity := _entity(version, name)) is not None and (not typed or _has_type(entity))
    )


def _faults(specification: Specification) -> Iterator[Text]:
    classes: tuple[str, ...] | None = None
    if specification.is_prohibited and specification.requirements:
        yield Text(
            zh="禁止出现的对象不能再有要求。",
            en="what is prohibited cannot have requirements as well.",
        )
    for kind, facet in specification.applicability:
        if kind == "entity":
            classes = _names(facet.name)
        yield from _faults_of(kind, facet, classes, specification.versions)
    for kind, facet in specification.requirements:
        if kind == "entity" and classes and not any(facet.name == name for name in classes):
            yield Text(
                zh="要求的类别 {asked} 不可能是适用的类别 {classes}。",
                en="the class asked for, {asked}, can never be one it applies to, {classes}.",
            ).format(asked=facet.name, classes=", ".join(classes))
        yield from _faults_of(kind, facet, classes, specification.versions)


def _faults_of(
    kind: str, facet: Facet, classes: tuple[str, ...] | None, versions: tuple[str, ...]
) -> Iterator[Text]:
    if kind in ("entity", "partOf"):
        yield from _class_faults(facet, versions)
    elif kind == "attribute":
        yield from _attribute_faults(facet, classes, versions)
    elif kind == "property" and getattr(facet, "dataType", None):
        yield from _property_faults(facet, versions)


def _class_faults(facet: Facet, versions: tuple[str, ...]) -> Iterator[Text]:
    for name in _names(facet.name):
        known = [found for version in versions if (found := _entity(version, name)) is not None]
        if not known or name != name.upper():
            yield Text(
                zh="{name} 不是 IFC 类（须全部大写）。",
                en="{name} is no IFC class (written in capitals).",
            ).format(name=name)
        elif facet.predefinedType and not all(_has_type(entity) for entity in known):
            yield Text(
                zh="{name} 并非在所列各版本中都有 PredefinedType。",
                en="{name} has no PredefinedType in every version named.",
            ).format(name=name)


def _attribute_faults(
    facet: Facet, classes: tuple[str, ...] | None, versions: tuple[str, ...]
) -> Iterator[Text]:
    """Only where the classes are named: elsewhere any attribute may be meant."""
    entities = [
        entity
        for name in classes or ()
        for version in versions
        if (entity := _entity(version, name)) is not None
    ]
    if not entities:
        return
    found = [
        attribute
        for entity in entities
        for attribute in entity.all_attributes()
        if attribute.name() == facet.name
    ]
    if not found:
        yield Text(
            zh="{classes} 没有属性 {name}。",
            en="{classes} has no attribute {name}.",
        ).format(classes=", ".join(classes or ()), name=facet.name)
        return
    kinds = {_kind(attribute.type_of_attribute()) for attribute in found}
    if facet.value is not None and not any(_can_be(facet.value, kind) for kind in kinds):
        yield _cannot_be(facet.name, facet.value, kinds)


def _property_faults(facet: Facet, versions: tuple[str, ...]) -> Iterator[Text]:
    declared = [
        found for version in versions if (found := _declared(version, facet.dataType)) is not None
    ]
    if not declared:
        yield Text(zh="{name} 不是 IFC 的数据类型。", en="{name} is no data type of IFC.").format(
            name=facet.dataType
        )
        return
    kinds = {_kind(found) for found in declared}
    if facet.value is not None and not any(_can_be(facet.value, kind) for kind in kinds):
        yield _cannot_be(facet.dataType, facet.value, kinds)


def _cannot_be(name: object, value: object, kinds: Iterable[str]) -> Text:
    return Text(
        zh="{name}（{kinds}）不可能是“{value}”。",
        en="{name} ({kinds}) can never be “{value}”.",
    ).format(name=name, kinds=", ".join(sorted(kinds)), value=value)


def _can_be(wanted: Exactly | Restricted, kind: str) -> bool:
    if kind in NOT_COMPARABLE:
        return False
    if kind not in NUMBERS:
        return True
    if isinstance(wanted, Exactly):
        return NUMBERS[kind].fullmatch(wanted.text) is not None
    if "pattern" in wanted.constraints:
        return False
    return all(NUMBERS[kind].fullmatch(text) for text in wanted.constraints.get("enumeration", ()))


def _names(name: str | Restricted) -> tuple[str, ...]:
    """The classes that are named; none where a pattern names them."""
    if isinstance(name, Restricted):
        return name.constraints.get("enumeration", ())
    return (name,)


@cache
def _schema(version: str) -> Any:
    return ifcopenshell.ifcopenshell_wrapper.schema_by_name(version)


@cache
def _declared(version: str, name: str) -> Any:
    try:
        return _schema(version).declaration_by_name(name)
    except RuntimeError:
        return None


def _entity(version: str, name: str) -> Any:
    found = _declared(version, name)
    return found.as_entity() if found is not None else None


def _has_type(entity: Any) -> bool:
    names = {attribute.name() for attribute in entity.all_attributes()}
    # A type object without an enumeration of its own says it in ElementType, an occurrence in ObjectType.
    return bool(names & {"PredefinedType", "ElementType"})


def _kind(found: Any) -> str:
    """``integer``, ``real``, ``number``, ``string``, ``boolean``, ``logical``, ``binary``, ``enumeration``; or one of `NOT_COMPARABLE`."""
    if found.as_named_type() if hasattr(found, "as_named_type") else None:
        return _kind(found.as_named_type().declared_type())
    if found.as_aggregation_type() if hasattr(found, "as_aggregation_type") else None:
        return "list"
    if found.as_simple_type() if hasattr(found, "as_simple_type") else None:
        return str(found.as_simple_type().declared_type())
    for kind, cast in (
        ("entity", "as_entity"),
        ("select", "as_select_type"),
        ("enumeration", "as_enumeration_type"),
    ):
        if getattr(found, cast)() is not None:
            return kind
    return _kind(found.as_type_declaration().declared_type())
