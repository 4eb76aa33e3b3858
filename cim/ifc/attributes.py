"""Attributes by name, for classes that have them in one schema and not in another."""

from __future__ import annotations

from typing import Any

import ifcopenshell


class Attributes:
    """Reads attributes that a class may not have.

    Never by ``getattr`` with a default: for a name that a class does not know, IfcOpenShell first compiles and imports all
    rules of the schema in search of a derived attribute (0.4 s, more than reading a house). Where each class keeps its
    attributes is looked up once instead.

    Args:
        model: the open file.
    """

    def __init__(self, model: Any) -> None:
        self._schema = ifcopenshell.ifcopenshell_wrapper.schema_by_name(model.schema_identifier)
        self._places: dict[str, dict[str, int]] = {}

    def get(self, entity: Any, name: str) -> Any:
        """The attribute's value; None when it is not set or the class has no such attribute."""
        place = self._of_class(entity.is_a()).get(name)
        return None if place is None else entity.get_argument(place)

    def word(self, entity: Any, name: str) -> str | None:
        """The same for text; an empty one is None."""
        value = self.get(entity, name)
        return None if value in (None, "") else str(value)

    def number(self, entity: Any, name: str, factor: float = 1.0) -> float | None:
        """The same for a number, times a factor.

        Raises:
            ValueError: the file has text there, against its schema.
            TypeError: it has a list or a reference.
        """
        value = self.get(entity, name)
        return None if value is None else float(value) * factor

    def predefined_type(self, entity: Any, kind: Any) -> str | None:
        """What kind of thing an object is.

        Args:
            entity: the object, or a type itself.
            kind: its type object, or None; what the type says is what its occurrences are (IFC4 5.1.3.35).

        Returns:
            PredefinedType; ObjectType or ElementType where that is USERDEFINED; None when not defined.
        """
        for asked in (kind, entity):
            said = None if asked is None else self.word(asked, "PredefinedType")
            if said == "USERDEFINED":
                own = self.word(entity, "ObjectType") or self.word(asked, "ElementType")
                return own or self.word(asked, "ObjectType") or "USERDEFINED"
            if said not in (None, "NOTDEFINED"):
                return said
        return None

    def _of_class(self, ifc_class: str) -> dict[str, int]:
        known = self._places.get(ifc_class)
        if known is None:
            entity = self._schema.declaration_by_name(ifc_class).as_entity()
            named = () if entity is None else entity.all_attributes()
            known = {attribute.name(): place for place, attribute in enumerate(named)}
            self._places[ifc_class] = known
        return known
