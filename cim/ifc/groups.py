"""Zones, systems and other groups, with their members."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cim.association import Classification
from cim.building import Group
from cim.ifc.attributes import Attributes
from cim.properties import PropertySets

# Places of attributes, the same in IFC2X3, IFC4 and IFC4X3.
ASSIGNED, GROUP = 4, 6  # IfcRelAssignsToGroup
REFERENCED, STRUCTURE = (
    4,
    5,
)  # IfcRelReferencedInSpatialStructure, IfcRelContainedInSpatialStructure
WHOLE, PARTS = 4, 5  # IfcRelAggregates


def read_groups(
    model: Any,
    *,
    attributes: Attributes,
    sets_of: Callable[[Any], PropertySets],
    classes_of: Callable[[Any], tuple[Classification, ...]],
) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Zones (IfcZone, IfcSpatialZone) and all other groups, each in the order of the file.

    Args:
        model: the open file.
        attributes: of the file's schema.
        sets_of: property sets of an entity.
        classes_of: classifications of an entity.
    """
    spatial = [] if model.schema == "IFC2X3" else list(model.by_type("IfcSpatialZone"))
    grouped = sorted(model.by_type("IfcGroup"), key=lambda group: int(group.id()))
    members = _members(model, {zone.id() for zone in spatial})
    zones: list[Group] = []
    others: list[Group] = []
    for entity in (*grouped, *spatial):
        group = Group(
            global_id=entity.GlobalId,
            ifc_class=entity.is_a(),
            name=entity.Name,
            long_name=attributes.word(entity, "LongName"),
            object_type=attributes.word(entity, "ObjectType"),
            predefined_type=attributes.predefined_type(entity, None),
            members=tuple(members.get(entity.id(), ())),
            property_sets=sets_of(entity),
            classifications=classes_of(entity),
        )
        is_zone = entity.is_a("IfcZone") or entity.is_a("IfcSpatialZone")
        (zones if is_zone else others).append(group)
    return tuple(zones), tuple(others)


def _members(model: Any, spatial_zones: set[int]) -> dict[int, list[str]]:
    """Step number of a group -> GlobalIds of its members, each once, in the order of the file."""
    found: dict[int, dict[str, None]] = {}

    def add(group: Any, members: Any) -> None:
        if group is not None:
            inside = found.setdefault(group.id(), {})
            inside.update((member.GlobalId, None) for member in members or ())

    for relation in model.by_type("IfcRelAssignsToGroup"):
        add(relation.get_argument(GROUP), relation.get_argument(ASSIGNED))
    # A spatial zone holds spaces by reference or by aggregation, and elements by containment.
    for ifc_class, whole, parts in (
        ("IfcRelReferencedInSpatialStructure", STRUCTURE, REFERENCED),
        ("IfcRelContainedInSpatialStructure", STRUCTURE, REFERENCED),
        ("IfcRelAggregates", WHOLE, PARTS),
    ):
        for relation in model.by_type(ifc_class) if spatial_zones else ():
            zone = relation.get_argument(whole)
            if zone is not None and zone.id() in spatial_zones:
                add(zone, relation.get_argument(parts))
    return {number: list(members) for number, members in found.items()}
