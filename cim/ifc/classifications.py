"""Which classes of which systems a part is given (IfcRelAssociatesClassification)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cim.association import Classification
from cim.ifc.attributes import Attributes

RELATED, RELATING = 4, 5  # places in IfcRelAssociatesClassification, in every schema
CHAIN_DEPTH = 64  # references above a reference; a file may go in a circle


class ClassificationReader:
    """Reads the classifications of one file.

    Args:
        model: the open file.
        attributes: of the file's schema.
    """

    def __init__(self, model: Any, attributes: Attributes) -> None:
        self._attributes = attributes
        self._associated: dict[int, list[Classification]] = {}
        self._known: dict[int, Classification] = {}
        for relation in model.by_type("IfcRelAssociatesClassification"):
            selected = relation.get_argument(RELATING)
            if selected is None:
                continue
            for part in relation.get_argument(RELATED) or ():
                self._associated.setdefault(part.id(), []).append(self._read(selected))
        self._answers: dict[tuple[Classification, ...], tuple[Classification, ...]] = {}

    def classes_of(self, part: Any, kind: Any = None) -> tuple[Classification, ...]:
        """A part's own classifications, then those of its type in systems it is not classified in itself."""
        own = self._associated.get(part.id(), ())
        theirs = () if kind is None else self._associated.get(kind.id(), ())
        systems = {classification.system for classification in own}
        inherited = (replace(c, inherited=True) for c in theirs if c.system not in systems)
        found = (*own, *inherited)
        return self._answers.setdefault(found, found)

    def _read(self, selected: Any) -> Classification:
        number = selected.id()
        if number not in self._known:
            self._known[number] = self._classification(selected)
        return self._known[number]

    def _classification(self, selected: Any) -> Classification:
        told = self._attributes
        if selected.is_a("IfcClassification"):
            return Classification(
                told.word(selected, "Name"), told.word(selected, "Edition"), None, None
            )
        if selected.is_a("IfcClassificationNotation"):  # IFC2X3: facets in a row, without a system
            facets = (told.word(facet, "NotationValue") for facet in selected.NotationFacets or ())
            return Classification(None, None, ".".join(f for f in facets if f) or None, None)
        system = self._system(selected)
        return Classification(
            system=None if system is None else told.word(system, "Name"),
            edition=None if system is None else told.word(system, "Edition"),
            identification=told.word(selected, "Identification")
            or told.word(selected, "ItemReference"),
            name=told.word(selected, "Name"),
        )

    def _system(self, reference: Any) -> Any:
        """The classification that a reference leads to, over the references in between; None when it leads nowhere."""
        here = reference
        for _ in range(CHAIN_DEPTH):
            here = self._attributes.get(here, "ReferencedSource")
            if here is None or here.is_a("IfcClassification"):
                return here
        return None
