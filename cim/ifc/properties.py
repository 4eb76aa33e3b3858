"""Property sets and quantities of products, with those of their types underneath."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cim.building import PropertySets, PropertyValue
from cim.ifc.units import scale_of, unit_name

Factor = Callable[[str], float | None]


class PropertyReader:
    """Reads the sets of one file; a set shared by many products is read once.

    Args:
        model: the open file.
        factor: factor to SI for an IFC measure or quantity class name; None for a unit that is not known.

    Attributes:
        unknown_units: name of a unit that cannot be converted -> values in it; such a value is text, number and unit,
            so that nobody takes it for metres.
    """

    def __init__(self, model: Any, factor: Factor) -> None:
        self._factor = factor
        self.unknown_units: Counter[str] = Counter()
        self._sets: dict[int, Mapping[str, PropertyValue]] = {}
        self._types: dict[int, Any] = {}
        self._defined: dict[int, list[Any]] = {}
        for relation in model.by_type("IfcRelDefinesByProperties"):
            definition = relation.RelatingPropertyDefinition
            if definition is not None:
                for product in relation.RelatedObjects or ():
                    self._defined.setdefault(product.id(), []).append(definition)
        for relation in model.by_type("IfcRelDefinesByType"):
            for product in relation.RelatedObjects or ():
                self._types[product.id()] = relation.RelatingType

    def type_of(self, product: Any) -> Any:
        """The type object of a product, or None."""
        return self._types.get(product.id())

    def sets_of(self, product: Any) -> PropertySets:
        """Set name -> property name -> value; a product's own value outranks its type's."""
        found: dict[str, dict[str, PropertyValue]] = {}
        kind = self.type_of(product)
        inherited = (kind.HasPropertySets or ()) if kind is not None else ()
        for definition in (*inherited, *self._defined.get(product.id(), ())):
            name = getattr(definition, "Name", None)
            if name:
                found.setdefault(name, {}).update(self._values(definition))
        return found

    def _values(self, definition: Any) -> Mapping[str, PropertyValue]:
        number = definition.id()
        if number not in self._sets:
            if definition.is_a("IfcPropertySet"):
                self._sets[number] = self._properties(definition.HasProperties or ())
            elif definition.is_a("IfcElementQuantity"):
                self._sets[number] = self._quantities(definition.Quantities or ())
            else:
                self._sets[number] = {}
        return self._sets[number]

    def _properties(self, properties: Iterable[Any]) -> dict[str, PropertyValue]:
        values: dict[str, PropertyValue] = {}
        for entry in properties:
            if entry.is_a("IfcPropertySingleValue"):
                values[entry.Name] = self._plain(entry.NominalValue, entry.Unit)
            elif entry.is_a("IfcPropertyEnumeratedValue"):
                values[entry.Name] = self._listed(
                    entry.EnumerationValues, getattr(entry.EnumerationReference, "Unit", None)
                )
            elif entry.is_a("IfcPropertyListValue"):
                values[entry.Name] = self._listed(entry.ListValues, entry.Unit)
            elif entry.is_a("IfcPropertyBoundedValue"):
                values[entry.Name] = self._bounded(entry)
        return values

    def _quantities(self, quantities: Iterable[Any]) -> dict[str, PropertyValue]:
        values: dict[str, PropertyValue] = {}
        for entry in quantities:
            if entry.is_a("IfcPhysicalSimpleQuantity"):
                value = entry[3]
                values[entry.Name] = (
                    self._in_si(float(value), entry.is_a(), entry.Unit)
                    if isinstance(value, int | float)
                    else None
                )
        return values

    def _plain(self, value: Any, unit: Any = None) -> PropertyValue:
        if value is None:
            return None
        inner = value.wrappedValue
        if isinstance(inner, float):
            return self._in_si(inner, value.is_a(), unit)
        return inner if isinstance(inner, str | int | bool) else str(inner)

    def _in_si(self, value: float, ifc_type: str, unit: Any) -> PropertyValue:
        """A number in SI units; with its unit as text when that cannot be converted. A unit of its own outranks the project's."""
        factor = self._factor(ifc_type) if unit is None else scale_of(unit)
        if factor is not None:
            return value * factor
        name = "?" if unit is None else unit_name(unit)
        self.unknown_units[name] += 1
        return f"{value} {name}"

    def _listed(self, values: Iterable[Any] | None, unit: Any) -> PropertyValue:
        return ", ".join(str(self._plain(value, unit)) for value in values or ())

    def _bounded(self, entry: Any) -> PropertyValue:
        low, high = (
            self._plain(value, entry.Unit)
            for value in (entry.LowerBoundValue, entry.UpperBoundValue)
        )
        return f"{'' if low is None else low} .. {'' if high is None else high}"
