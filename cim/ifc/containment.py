"""Where everything belongs: the storey, building and site above a product, its whole, and the wall it fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Places of attributes, the same in IFC2X3, IFC4 and IFC4X3.
CONTAINED, STRUCTURE = 4, 5  # IfcRelContainedInSpatialStructure
WHOLE, PARTS = 4, 5  # IfcRelAggregates, IfcRelNests
CUT, OPENING = 4, 5  # IfcRelVoidsElement
FILLED, FILLING = 4, 5  # IfcRelFillsElement

SPATIAL_KINDS = {
    "storey": ("IfcBuildingStorey",),
    "building": ("IfcBuilding", "IfcFacility"),
    "site": ("IfcSite",),
    "space": ("IfcSpace",),
    "part": ("IfcFacilityPart",),
}


@dataclass(frozen=True, slots=True)
class Place:
    """The nearest spatial parts at or above something: GlobalIds, None where there is none.

    Attributes:
        container: the nearest of any kind.
        storey, space, part, building, site: the nearest of each kind; `part` is a facility part.
    """

    container: str | None = None
    storey: str | None = None
    space: str | None = None
    part: str | None = None
    building: str | None = None
    site: str | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Filling:
    """What a window or door fills: GlobalIds of the opening and of the element that has it."""

    opening: str
    host: str | None


class Containment:
    """Finds what is above a product; every answer is kept, so that a whole is climbed once.

    Args:
        model: the open file.
    """

    def __init__(self, model: Any) -> None:
        self._above: dict[int, int] = {}
        self._whole: dict[int, Any] = {}
        self._fillings: dict[int, Filling] = {}
        self._kinds = _spatial_parts(model)
        for relation in model.by_type("IfcRelContainedInSpatialStructure"):
            self._point(relation.get_argument(CONTAINED), relation.get_argument(STRUCTURE))
        for ifc_class in ("IfcRelAggregates", "IfcRelNests"):
            for relation in model.by_type(ifc_class):
                parts, whole = relation.get_argument(PARTS), relation.get_argument(WHOLE)
                self._point(parts, whole)
                for part in parts or ():
                    self._whole.setdefault(part.id(), whole)
        self._point_fillings_to_hosts(model)
        self._known: dict[int, Place] = {}

    def place_of(self, product: Any) -> Place:
        """What holds a product, directly or through its whole; a spatial part is at its own place."""
        return self._climb(product.id())

    def above(self, product: Any) -> Place:
        """The place of what a spatial part belongs to."""
        number = self._above.get(product.id())
        return NOWHERE if number is None else self._climb(number)

    def whole_of(self, product: Any, ifc_class: str) -> str | None:
        """GlobalId of what a product is a part of, when that is of a class; else None."""
        whole = self._whole.get(product.id())
        return str(whole.GlobalId) if whole is not None and whole.is_a(ifc_class) else None

    def filling_of(self, product: Any) -> Filling | None:
        """The opening a product fills, or None."""
        return self._fillings.get(product.id())

    def _climb(self, number: int) -> Place:
        path: dict[int, None] = {}
        here: int | None = number
        while here is not None and here not in self._known and here not in path:
            path[here] = None
            here = self._above.get(here)
        # A file that goes in a circle ends nowhere.
        place = NOWHERE if here is None else self._known.get(here, NOWHERE)
        for step in reversed(path):
            spatial = self._kinds.get(step)
            if spatial is not None:
                place = _entered(place, *spatial)
            self._known[step] = place
        return place

    def _point(self, parts: Any, whole: Any) -> None:
        if whole is None:
            return
        number = whole.id()
        for part in parts or ():
            self._above.setdefault(part.id(), number)

    def _point_fillings_to_hosts(self, model: Any) -> None:
        """A window that is in no storey of its own is where the wall it fills is."""
        hosts = {
            opening.id(): relation.get_argument(CUT)
            for relation in model.by_type("IfcRelVoidsElement")
            if (opening := relation.get_argument(OPENING)) is not None
        }
        for relation in model.by_type("IfcRelFillsElement"):
            opening, filling = relation.get_argument(FILLED), relation.get_argument(FILLING)
            if opening is None or filling is None:
                continue
            host = hosts.get(opening.id())
            self._point((filling,), host)
            self._fillings.setdefault(
                filling.id(), Filling(opening.GlobalId, host.GlobalId if host is not None else None)
            )


def _spatial_parts(model: Any) -> dict[int, tuple[str, str]]:
    """Step number -> kind and GlobalId of every spatial part."""
    found = {}
    for kind, classes in SPATIAL_KINDS.items():
        for ifc_class in classes:
            if ifc_class == "IfcFacility" and not model.schema.startswith("IFC4X3"):
                continue
            if ifc_class == "IfcFacilityPart" and not model.schema.startswith("IFC4X3"):
                continue
            for entity in model.by_type(ifc_class):
                found[entity.id()] = (kind, entity.GlobalId)
    return found


def _entered(place: Place, kind: str, global_id: str) -> Place:
    """The place inside a spatial part that is itself at a place.

    A site or building starts anew: the storey of one building says nothing of a building beneath it.
    """
    if kind == "site":
        return Place(container=global_id, site=global_id)
    if kind == "building":
        return Place(container=global_id, building=global_id, site=place.site)
    inside = {
        "storey": place.storey,
        "space": place.space,
        "part": place.part,
        "building": place.building,
        "site": place.site,
    }
    return Place(container=global_id, **{**inside, kind: global_id})
