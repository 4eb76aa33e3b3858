"""The facets of ifctester, corrected where they and IDS 1.0 differ.

They are made anew for every run and asked one object at a time; what ifctester keeps in them of a run is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ifcopenshell.util.element
from ifctester import facet as ifctester

from bim_checks.ids.values import Exactly, Restricted

Facet = Any  # of ifctester, which publishes no types
Instance = Any  # of IfcOpenShell


def read_facet(kind: str, node: Mapping[str, Any] | None) -> Facet:
    """A facet from the decoded XML.

    Args:
        kind: the name of its XML element.
        node: its content.

    Raises:
        ValueError: a restriction in it cannot be used.
    """
    facet = FACETS[kind]()
    facet.cardinality = "required"
    _fill(facet, node or {})
    return facet


def _fill(facet: Facet, node: Mapping[str, Any]) -> None:
    for key, value in node.items():
        if key == "entity":  # of partOf
            _fill(facet, value)
        elif key.startswith("@"):
            setattr(facet, key[1:], value)
        else:
            setattr(facet, key, _value(value, simple=Exactly if key == "value" else str))


def _value(node: Mapping[str, Any], *, simple: type) -> Any:
    if "restriction" in node:
        return Restricted.read(node["restriction"])
    return simple(node.get("simpleValue") or "")


class Entity(ifctester.Entity):  # type: ignore[misc]
    """A restricted predefined type is compared as it is, also where it would allow ``USERDEFINED``."""

    predefinedType: Any  # noqa: N815  # named by ifctester

    def __call__(self, inst: Instance, logger: Any = None) -> Any:
        """Whether an object is of the class and type."""
        restriction = self.predefinedType
        if not isinstance(restriction, Restricted):
            return super().__call__(inst, logger)
        self.predefinedType = None
        try:
            of_class = super().__call__(inst, logger)
        finally:
            self.predefinedType = restriction
        if not of_class:
            return of_class
        actual = ifcopenshell.util.element.get_predefined_type(inst)
        return ifctester.EntityResult(
            restriction == actual, {"type": "PREDEFINEDTYPE", "actual": actual}
        )


class Attribute(ifctester.Attribute):  # type: ignore[misc]
    """An optional attribute may be null, though not empty."""

    def __call__(self, inst: Instance, logger: Any = None) -> Any:
        """Whether an object has the attribute."""
        result = super().__call__(inst, logger)
        is_null = (
            not result and result.reason.get("type") == "FALSEY" and result.reason["actual"] is None
        )
        if self.cardinality == "optional" and is_null:
            return ifctester.AttributeResult(True)
        return result


class PartOf(ifctester.PartOf):  # type: ignore[misc]
    """An object may be in several groups; one that is asked for is enough."""

    def __call__(self, inst: Instance, logger: Any = None) -> Any:
        """Whether an object is a part of what is asked for."""
        if self.relation != "IFCRELASSIGNSTOGROUP":
            return super().__call__(inst, logger)
        groups = [
            relation.RelatingGroup
            for relation in getattr(inst, "HasAssignments", None) or ()
            if relation.is_a("IfcRelAssignsToGroup")
        ]
        is_part = any(self._is_asked_for(group) for group in groups)
        if self.cardinality == "prohibited":
            return ifctester.PartOfResult(not is_part, {"type": "PROHIBITED"})
        if groups:
            reason = {"type": "ENTITY", "actual": [group.is_a().upper() for group in groups]}
        else:
            reason = {"type": "NOVALUE"}
        return ifctester.PartOfResult(is_part, reason)

    def _is_asked_for(self, group: Instance) -> bool:
        if group.is_a().upper() != self.name:
            return False
        if not self.predefinedType:
            return True
        actual = ifcopenshell.util.element.get_predefined_type(group)
        return bool(self.predefinedType == actual)


FACETS: Mapping[str, type] = {
    "entity": Entity,
    "partOf": PartOf,
    "classification": ifctester.Classification,
    "attribute": Attribute,
    "property": ifctester.Property,
    "material": ifctester.Material,
}
"""In the order in which IDS writes them."""


def forget() -> None:
    """Empty ifctester's caches of property sets, whose keys are addresses of open files and may come to mean others."""
    ifctester.get_pset.cache_clear()
    ifctester.get_psets.cache_clear()
