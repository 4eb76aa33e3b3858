"""What a click on a model answers, and on a part that a finding names: by its GlobalId."""

from __future__ import annotations

from cim.building import Building, BuildingModel, Element, Group, Site, Space, Storey
from cim.properties import PropertySets, Scalar, plain
from viewer.server.schemas.submissions import ElementInfo


def find_part(model: BuildingModel, global_id: str) -> ElementInfo | None:
    """The part of that GlobalId; None when the model has none."""
    parts: tuple[Element | Site | Space | Storey | Building | Group, ...] = (
        *model.elements,
        *model.sites,
        *model.spaces,
        *model.storeys,
        *model.buildings,
        *model.zones,
    )
    found = next((part for part in parts if part.global_id == global_id), None)
    if isinstance(found, Element):
        return _element(model, found)
    if isinstance(found, Space):
        return _space(model, found)
    return None if found is None else _of_structure(found)


def _element(model: BuildingModel, element: Element) -> ElementInfo:
    return ElementInfo(
        global_id=element.global_id,
        ifc_class=element.ifc_class,
        name=element.name,
        storey=_storey(model, element.storey),
        predefined_type=element.predefined_type,
        type_name=element.type_name,
        property_sets=_plain(element.property_sets),
    )


def _space(model: BuildingModel, space: Space) -> ElementInfo:
    return ElementInfo(
        global_id=space.global_id,
        ifc_class="IfcSpace",
        name=space.long_name or space.name,
        storey=_storey(model, space.storey),
        predefined_type=space.predefined_type,
        type_name=None,
        property_sets=_plain(space.property_sets),
    )


def _of_structure(part: Site | Storey | Building | Group) -> ElementInfo:
    """A part of the spatial structure, or a zone."""
    if isinstance(part, Building | Group):
        ifc_class = part.ifc_class
    else:
        ifc_class = "IfcSite" if isinstance(part, Site) else "IfcBuildingStorey"
    return ElementInfo(
        global_id=part.global_id,
        ifc_class=ifc_class,
        name=part.name,
        storey=None,
        predefined_type=None,
        type_name=None,
        property_sets=_plain(part.property_sets),
    )


def _storey(model: BuildingModel, global_id: str | None) -> str | None:
    return next((s.name for s in model.storeys if s.global_id == global_id), None)


def _plain(sets: PropertySets) -> dict[str, dict[str, Scalar]]:
    return {
        name: {key: plain(value) for key, value in values.items()} for name, values in sets.items()
    }
