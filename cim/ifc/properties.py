"""Property sets and quantities of products, with those of their types underneath."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cim.ifc.attributes import Attributes
from cim.ifc.measures import Measures
from cim.properties import NO_SETS, BoundedValue, PropertySets, PropertyValue, Scalar, TableValue

Values = dict[str, PropertyValue]
COMPLEX_DEPTH = 8  # levels of properties in properties; a file may go in a circle

# Places of attributes, the same in IFC2X3, IFC4 and IFC4X3: by name they cost twice the time of all reading.
RELATED, RELATING = 4, 5  # IfcRelDefinesByProperties, IfcRelDefinesByType
SET_NAME, SET_PROPERTIES, SET_QUANTITIES = 2, 4, 5  # IfcPropertySet, IfcElementQuantity
NAME, SINGLE_VALUE, SINGLE_UNIT = 0, 2, 3  # IfcPropertySingleValue
QUANTITY_UNIT, QUANTITY_VALUE = 2, 3  # IfcPhysicalSimpleQuantity


class PropertyReader:
    """Reads the sets of one file; a set shared by many products is read once.

    Args:
        model: the open file.
        measures: its units.
        attributes: of its schema.
    """

    def __init__(self, model: Any, *, measures: Measures, attributes: Attributes) -> None:
        self._measures, self._attributes = measures, attributes
        self.unreadable = 0
        """Values that ought to be numbers and are none, or are not finite; they are None."""
        self._sets: dict[int, tuple[str | None, Mapping[str, PropertyValue]]] = {}
        self._merged: dict[tuple[int, ...], PropertySets] = {}
        self._types: dict[int, Any] = {}
        self._of_type: dict[int, tuple[Any, ...]] = {}
        self._defined: dict[int, list[Any]] = {}
        for relation in model.by_type("IfcRelDefinesByProperties"):
            for definition in _definitions(relation.get_argument(RELATING)):
                for product in relation.get_argument(RELATED) or ():
                    self._defined.setdefault(product.id(), []).append(definition)
        for relation in model.by_type("IfcRelDefinesByType"):
            for product in relation.get_argument(RELATED) or ():
                self._types[product.id()] = relation.get_argument(RELATING)
        self._read_as = {
            "IfcPropertySingleValue": self._single,
            "IfcPropertyEnumeratedValue": self._enumerated,
            "IfcPropertyListValue": self._list,
            "IfcPropertyBoundedValue": self._bounded,
            "IfcPropertyTableValue": self._table,
            "IfcPropertyReferenceValue": self._reference,
        }

    def type_of(self, product: Any) -> Any:
        """The type object of a product, or None."""
        return self._types.get(product.id())

    def sets_of(self, product: Any) -> PropertySets:
        """Set name -> property name -> value; a product's own value outranks its type's."""
        number = product.id()
        kind = self._types.get(number)
        inherited = () if kind is None else self._sets_of_type(kind)
        return self._merge((*inherited, *self._defined.get(number, ())))

    def own_sets_of_type(self, kind: Any) -> PropertySets:
        """The sets of a type object itself."""
        return self._merge(self._sets_of_type(kind))

    def _sets_of_type(self, kind: Any) -> tuple[Any, ...]:
        number = kind.id()
        if number not in self._of_type:
            self._of_type[number] = tuple(kind.HasPropertySets or ())
        return self._of_type[number]

    def _merge(self, definitions: tuple[Any, ...]) -> PropertySets:
        """Sets by name, the later over the earlier; products with the same definitions share the answer."""
        if not definitions:
            return NO_SETS
        key = tuple(definition.id() for definition in definitions)
        found = self._merged.get(key)
        if found is None:
            sets: dict[str, Mapping[str, PropertyValue]] = {}
            for definition in definitions:
                name, values = self._set(definition)
                if name is not None:
                    sets[name] = {**sets[name], **values} if name in sets else values
            found = self._merged[key] = sets
        return found

    def _set(self, definition: Any) -> tuple[str | None, Mapping[str, PropertyValue]]:
        """Name and values of a set; None for the name of what is no such set (door linings)."""
        number = definition.id()
        if number not in self._sets:
            values: Values = {}
            name: str | None = None
            if definition.is_a("IfcPropertySet"):
                name = definition.get_argument(SET_NAME) or ""
                self._add_properties(definition.get_argument(SET_PROPERTIES), values)
            elif definition.is_a("IfcElementQuantity"):
                name = definition.get_argument(SET_NAME) or ""
                self._add_quantities(definition.get_argument(SET_QUANTITIES), values)
            self._sets[number] = (name, values)
        return self._sets[number]

    def _add_properties(
        self, properties: Iterable[Any] | None, values: Values, before: str = "", depth: int = 0
    ) -> None:
        for entry in properties or ():
            ifc_class = entry.is_a()
            name = f"{before}{entry.get_argument(NAME)}"
            read: Callable[[Any], PropertyValue] | None = self._read_as.get(ifc_class)
            if read is not None:
                values[name] = read(entry)
            elif ifc_class == "IfcComplexProperty" and depth < COMPLEX_DEPTH:
                self._add_properties(entry.HasProperties, values, f"{name}.", depth + 1)

    def _add_quantities(
        self, quantities: Iterable[Any] | None, values: Values, before: str = "", depth: int = 0
    ) -> None:
        """Quantities in SI; a formula beside one only tells how its author came to it."""
        for entry in quantities or ():
            ifc_class = entry.is_a()
            name = f"{before}{entry.get_argument(NAME)}"
            if ifc_class != "IfcPhysicalComplexQuantity":
                value = entry.get_argument(QUANTITY_VALUE)
                unit = entry.get_argument(QUANTITY_UNIT)
                values[name] = self._number(value, ifc_class, unit)
            elif depth < COMPLEX_DEPTH:
                self._add_quantities(entry.HasQuantities, values, f"{name}.", depth + 1)

    def _number(self, value: Any, ifc_class: str, unit: Any) -> float | str | None:
        """A number in SI, as text when its unit has no way there; None, and counted, for what is no finite number."""
        if value is None:
            return None
        if isinstance(value, int | float) and math.isfinite(value):
            told = self._measures.si(float(value), ifc_class, unit)
            if isinstance(told, str) or math.isfinite(told):
                return told
        self.unreadable += 1
        return None

    def _single(self, entry: Any) -> PropertyValue:
        value = entry.get_argument(SINGLE_VALUE)
        return None if value is None else self._value(value, entry.get_argument(SINGLE_UNIT))

    def _enumerated(self, entry: Any) -> PropertyValue:
        reference = entry.EnumerationReference
        unit = reference.Unit if reference is not None else None
        return self._column(entry.EnumerationValues, unit)

    def _list(self, entry: Any) -> PropertyValue:
        return self._column(entry.ListValues, entry.Unit)

    def _bounded(self, entry: Any) -> PropertyValue:
        unit = entry.Unit
        return BoundedValue(
            lower=self._scalar(entry.LowerBoundValue, unit),
            upper=self._scalar(entry.UpperBoundValue, unit),
            set_point=self._scalar(self._attributes.get(entry, "SetPointValue"), unit),
        )

    def _table(self, entry: Any) -> PropertyValue:
        defining = self._column(entry.DefiningValues, entry.DefiningUnit)
        defined = self._column(entry.DefinedValues, entry.DefinedUnit)
        length = min(len(defining), len(defined))
        return TableValue(defining[:length], defined[:length])

    def _column(self, values: Iterable[Any] | None, unit: Any) -> tuple[Scalar, ...]:
        return tuple(self._scalar(value, unit) for value in values or ())

    def _scalar(self, value: Any, unit: Any) -> Scalar:
        told = None if value is None else self._value(value, unit)
        return told if not isinstance(told, tuple) else ", ".join(map(str, told))

    def _value(self, value: Any, unit: Any) -> Scalar | tuple[Scalar, ...]:
        """An IfcValue in SI; UNKNOWN of an IfcLogical is None."""
        inner = value.get_argument(0)
        ifc_class = value.is_a()
        if isinstance(inner, bool):
            return inner
        if isinstance(inner, float):
            return self._number(inner, ifc_class, unit)
        if isinstance(inner, int):
            # A whole number stays one unless it is a measure that must be scaled.
            told = self._number(inner, ifc_class, unit)
            return inner if told == inner else told
        if isinstance(inner, tuple):
            return tuple(
                part if isinstance(part, str | int | float) else str(part) for part in inner
            )
        if ifc_class == "IfcLogical" and inner == "UNKNOWN":
            return None
        return inner if isinstance(inner, str) else str(inner)

    def _reference(self, entry: Any) -> Scalar:
        """What a property refers to, by its name."""
        target = entry.PropertyReference
        if target is None:
            return None
        names = ("Name", "Identification", "Identifier", "Id", "Location", "Description")
        said = (self._attributes.word(target, name) for name in names)
        return next((word for word in said if word), str(target.is_a()))


def _definitions(relating: Any) -> Iterator[Any]:
    """One definition, or those of an IfcPropertySetDefinitionSet."""
    if relating is None:
        return
    if relating.is_a("IfcPropertySetDefinitionSet"):
        yield from relating.get_argument(0)
    else:
        yield relating
