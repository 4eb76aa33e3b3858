"""The spatial structure: which storey holds an element, directly or through its whole."""

from __future__ import annotations

from typing import Any

from cim.building import Building, Storey


def read_storeys(model: Any, length_unit: float) -> tuple[Storey, ...]:
    """All storeys, lowest first, those without an elevation last."""
    storeys = []
    for entity in model.by_type("IfcBuildingStorey"):
        elevation = entity.Elevation
        building = _whole(entity)
        storeys.append(
            Storey(
                global_id=entity.GlobalId,
                name=entity.Name or entity.LongName,
                building=building.GlobalId if building and building.is_a("IfcBuilding") else None,
                elevation=None if elevation is None else float(elevation) * length_unit,
            )
        )
    return tuple(sorted(storeys, key=lambda s: (s.elevation is None, s.elevation or 0.0)))


def read_buildings(model: Any) -> tuple[Building, ...]:
    """All buildings, in the order of the file."""
    return tuple(Building(b.GlobalId, b.Name or b.LongName) for b in model.by_type("IfcBuilding"))


class StoreyFinder:
    """Finds the storey of a product; every answer is kept, so a whole is climbed once."""

    def __init__(self, model: Any) -> None:
        self._above: dict[int, int] = {}
        self._storeys = {
            entity.id(): entity.GlobalId for entity in model.by_type("IfcBuildingStorey")
        }
        for relation in model.by_type("IfcRelContainedInSpatialStructure"):
            self._point(relation.RelatedElements, relation.RelatingStructure)
        for relation in model.by_type("IfcRelAggregates"):
            self._point(relation.RelatedObjects, relation.RelatingObject)
        for relation in model.by_type("IfcRelNests") if model.schema != "IFC2X3" else ():
            self._point(relation.RelatedObjects, relation.RelatingObject)
        self._point_fillings_to_walls(model)
        self._known: dict[int, str | None] = {}

    def storey_of(self, product: Any) -> str | None:
        """GlobalId of the storey above a product; None when there is none (or the file goes in a circle)."""
        return self._climb(product.id())

    def _climb(self, number: int) -> str | None:
        path = []
        here: int | None = number
        while here is not None and here not in self._known and here not in self._storeys:
            if here in path:
                break
            path.append(here)
            here = self._above.get(here)
        answer = None if here is None else self._storeys.get(here, self._known.get(here))
        self._known.update(dict.fromkeys(path, answer))
        return answer

    def _point(self, parts: Any, whole: Any) -> None:
        if whole is None:
            return
        for part in parts or ():
            self._above.setdefault(part.id(), whole.id())

    def _point_fillings_to_walls(self, model: Any) -> None:
        """A window that is in no storey of its own is where the wall it fills is."""
        hosts = {
            relation.RelatedOpeningElement.id(): relation.RelatingBuildingElement
            for relation in model.by_type("IfcRelVoidsElement")
            if relation.RelatedOpeningElement is not None
        }
        for relation in model.by_type("IfcRelFillsElement"):
            opening, filling = relation.RelatingOpeningElement, relation.RelatedBuildingElement
            if opening is not None and filling is not None:
                self._point((filling,), hosts.get(opening.id()))


def _whole(entity: Any) -> Any:
    for relation in entity.Decomposes or ():
        return relation.RelatingObject
    return None
