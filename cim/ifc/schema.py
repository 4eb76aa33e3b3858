"""What an IFC schema says of its classes, looked up once for each schema: asking IfcOpenShell costs a call for each answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import ifcopenshell


@dataclass(frozen=True, slots=True)
class EntityClass:
    """A class of a schema.

    Attributes:
        name: as the standard writes it, e.g. ``IfcWall``.
        places: attribute -> its place among the arguments of an instance.
        kinds: names of the class itself and of all above it.
    """

    name: str
    places: Mapping[str, int]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Schema:
    """The classes of one schema.

    Attributes:
        identifier: e.g. ``IFC4X3_ADD2``.
        classes: name in capitals -> class.
        types: name in capitals -> name of a type of values, e.g. ``IFCLABEL`` -> ``IfcLabel``.
        numbers: name of a class or type in capitals -> a number of its own.
    """

    identifier: str
    classes: Mapping[str, EntityClass]
    types: Mapping[str, str]
    numbers: Mapping[str, int]
    _below: Mapping[str, tuple[str, ...]]

    def below(self, name: str) -> tuple[str, ...]:
        """A class and all below it, in capitals, each before those below it, as IfcOpenShell lists them.

        Raises:
            RuntimeError: the schema has no such class; the error IfcOpenShell has for it.
        """
        found = self._below.get(name)
        if found is None:
            raise RuntimeError(self.identifier, name)
        return found

    def declaration(self, name: str) -> Any:
        """IfcOpenShell's declaration of a class or type."""
        return _declared(self.identifier).declaration_by_name(name)


@cache
def schema_of(identifier: str) -> Schema:
    """The schema of a name, e.g. ``IFC2X3``."""
    classes: dict[str, EntityClass] = {}
    types: dict[str, str] = {}
    below: dict[str, tuple[str, ...]] = {}
    for declaration in _declared(identifier).declarations():
        entity = declaration.as_entity()
        name = declaration.name()
        if entity is None:
            types[name.upper()] = name
            continue
        attributes = entity.all_attributes()
        places = {attribute.name(): place for place, attribute in enumerate(attributes)}
        classes[name.upper()] = EntityClass(name, places, frozenset(_above(entity)))
        below[name] = tuple(_preorder(entity))
    numbers = {name: number for number, name in enumerate([*classes, *types])}
    return Schema(identifier, classes, types, numbers, below)


def _declared(identifier: str) -> Any:
    return ifcopenshell.ifcopenshell_wrapper.schema_by_name(identifier)


def _above(entity: Any) -> Iterator[str]:
    while entity is not None:
        yield entity.name()
        entity = entity.supertype()


def _preorder(entity: Any) -> Iterator[str]:
    yield entity.name().upper()
    for lower in entity.subtypes():
        yield from _preorder(lower)
