"""What rules ask for and IFC does not name outright: roofs, parapets, the main entrance, dwellings, terrain.

Each answer comes with its evidence. It is *assumed* where only a name or a position speaks for it; a report that leans on such an
answer must say so, and a person may overrule it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cim.building import BuildingModel, Element, Group, Space
from cim.text import Text

PARAPET = re.compile(r"女儿墙|parapet|attika|パラペット", re.IGNORECASE)
ENTRANCE = re.compile(r"主入口|main\s*entrance|haupteingang|entrée\s*principale", re.IGNORECASE)
DWELLING = re.compile(
    r"住宅|套型|dwelling|apartment|\bflat\b|wohnung|residential\s*unit", re.IGNORECASE
)
BY_CLASS = Text(zh="类为 {said}", en="its class is {said}")
BY_TYPE = Text(zh="PredefinedType 为 {said}", en="its PredefinedType is {said}")
BY_WHOLE = Text(zh="是 IfcRoof 的组成部分", en="it is a part of an IfcRoof")
BY_NAME = Text(zh="名称为“{said}”", en='it is named "{said}"')
BY_OBJECT_TYPE = Text(zh="ObjectType 为“{said}”", en='its ObjectType is "{said}"')
BY_ENTRANCE_LEVEL = Text(
    zh="Pset_BuildingStoreyCommon.EntranceLevel 为真",
    en="Pset_BuildingStoreyCommon.EntranceLevel is true",
)
EXTERNAL_ON_ENTRANCE_LEVEL = Text(
    zh="外门，位于入口层 {said}", en="an external door on the entrance level {said}"
)
EXTERNAL_NEAR_ZERO = Text(
    zh="外门，位于最接近 ±0.000 的楼层 {said}",
    en="an external door on {said}, the storey nearest to zero",
)


@dataclass(frozen=True, slots=True)
class Recognised:
    """One part that is taken for something.

    Attributes:
        global_id: of the element, space, storey or site.
        evidence: what speaks for it.
        assumed: whether that is a name or a position only.
    """

    global_id: str
    evidence: Text
    assumed: bool


@dataclass(frozen=True, slots=True)
class Dwelling:
    """One dwelling.

    Attributes:
        global_id: of its zone, or of the one space that it is.
        name: of that, or None.
        spaces: GlobalIds of its spaces, in the order of the zone.
        evidence, assumed: as for `Recognised`.
    """

    global_id: str
    name: str | None
    spaces: tuple[str, ...]
    evidence: Text
    assumed: bool


def roofs(model: BuildingModel) -> tuple[Recognised, ...]:
    """IfcRoof, its parts, and slabs that are ROOF, in the order of the model."""
    whole = {element.global_id for element in model.elements if element.ifc_class == "IfcRoof"}
    found = []
    for element in model.elements:
        if element.ifc_class == "IfcRoof":
            found.append(_stated(element, BY_CLASS.format(said="IfcRoof")))
        elif element.ifc_class.startswith("IfcSlab") and element.predefined_type == "ROOF":
            found.append(_stated(element, BY_TYPE.format(said="ROOF")))
        elif element.whole in whole:
            found.append(_stated(element, BY_WHOLE))
    return tuple(found)


def parapets(model: BuildingModel) -> tuple[Recognised, ...]:
    """Walls that are PARAPET, and walls that are only called so, in the order of the model."""
    found = []
    for element in model.elements:
        if not element.ifc_class.startswith("IfcWall"):
            continue
        if element.predefined_type == "PARAPET":
            found.append(_stated(element, BY_TYPE.format(said="PARAPET")))
            continue
        said = _first_match(PARAPET, element.name, element.object_type, element.type_name)
        if said is not None:
            found.append(Recognised(element.global_id, BY_NAME.format(said=said), assumed=True))
    return tuple(found)


def entrance_storeys(model: BuildingModel) -> tuple[Recognised, ...]:
    """Storeys that say they are an entrance level."""
    return tuple(
        Recognised(storey.global_id, BY_ENTRANCE_LEVEL, assumed=False)
        for storey in model.storeys
        if storey.property_sets.get("Pset_BuildingStoreyCommon", {}).get("EntranceLevel") is True
    )


def main_entrances(model: BuildingModel) -> tuple[Recognised, ...]:
    """Doors that may be the main entrance, by the best kind of evidence that finds any.

    External doors on a storey that says it is an entrance level; else doors called main entrance; else external doors on the storey
    nearest to zero. None when nothing speaks for any door.
    """
    doors = [element for element in model.elements if element.ifc_class.startswith("IfcDoor")]
    external = [door for door in doors if _is_external(door)]
    names = {storey.global_id: storey.name or storey.global_id for storey in model.storeys}
    level = {found.global_id for found in entrance_storeys(model)}
    for found in (
        [_on_storey(d, EXTERNAL_ON_ENTRANCE_LEVEL, names) for d in external if d.storey in level],
        list(_named_entrances(doors)),
        [_on_storey(d, EXTERNAL_NEAR_ZERO, names) for d in external if d.storey == _zero(model)],
    ):
        if found:
            return tuple(found)
    return ()


def dwellings(model: BuildingModel) -> tuple[Dwelling, ...]:
    """Zones that are dwellings; where there are none, spaces that are each a dwelling."""
    zones = tuple(_dwelling_zones(model))
    return zones or tuple(_dwelling_spaces(model))


def terrains(model: BuildingModel) -> tuple[Recognised, ...]:
    """Sites with a body, and geographic elements that are TERRAIN."""
    sites = [
        Recognised(site.global_id, BY_CLASS.format(said="IfcSite"), assumed=False)
        for site in model.sites
        if site.representation is not None
    ]
    elements = [
        _stated(element, BY_TYPE.format(said="TERRAIN"))
        for element in model.elements
        if element.ifc_class == "IfcGeographicElement" and element.predefined_type == "TERRAIN"
    ]
    return (*sites, *elements)


def _stated(element: Element, evidence: Text) -> Recognised:
    return Recognised(element.global_id, evidence, assumed=False)


def _first_match(words: re.Pattern[str], *said: str | None) -> str | None:
    return next((text for text in said if text and words.search(text)), None)


def _is_external(door: Element) -> bool:
    return door.property_sets.get("Pset_DoorCommon", {}).get("IsExternal") is True


def _on_storey(door: Element, evidence: Text, names: dict[str, str]) -> Recognised:
    told = evidence.format(said=names.get(door.storey or "", "?"))
    return Recognised(door.global_id, told, assumed=evidence is EXTERNAL_NEAR_ZERO)


def _named_entrances(doors: list[Element]) -> Iterator[Recognised]:
    for door in doors:
        said = _first_match(ENTRANCE, door.name, door.object_type, door.type_name)
        if said is not None:
            yield Recognised(door.global_id, BY_NAME.format(said=said), assumed=True)


def _zero(model: BuildingModel) -> str | None:
    """GlobalId of the storey nearest to zero that has an external door; None when no storey has an elevation."""
    held = {
        e.storey for e in model.elements if e.ifc_class.startswith("IfcDoor") and _is_external(e)
    }
    known = [s for s in model.storeys if s.elevation is not None and s.global_id in held]
    nearest = min(known, key=lambda s: abs(s.elevation or 0.0), default=None)
    return None if nearest is None else nearest.global_id


def _dwelling_zones(model: BuildingModel) -> Iterator[Dwelling]:
    zones = {zone.global_id: zone for zone in model.zones}
    spaces = {space.global_id for space in model.spaces}
    for zone in model.zones:
        # What the author says it is outranks what it is called; a zone of dwellings is none itself.
        kind = _first_match(DWELLING, zone.object_type, zone.predefined_type)
        said = kind or _first_match(DWELLING, zone.name, zone.long_name)
        if said is None or any(member in zones for member in zone.members):
            continue
        evidence = (BY_OBJECT_TYPE if kind else BY_NAME).format(said=said)
        yield Dwelling(
            zone.global_id, zone.name, _inside(zone, spaces), evidence, assumed=kind is None
        )


def _inside(zone: Group, spaces: set[str]) -> tuple[str, ...]:
    return tuple(member for member in zone.members if member in spaces)


def _dwelling_spaces(model: BuildingModel) -> Iterator[Dwelling]:
    for space in model.spaces:
        kind, said = _said_of(space)
        if said is not None:
            evidence = (BY_OBJECT_TYPE if kind else BY_NAME).format(said=said)
            yield Dwelling(
                space.global_id, space.name, (space.global_id,), evidence, assumed=not kind
            )


def _said_of(space: Space) -> tuple[bool, str | None]:
    """Whether a space's kind says it is a dwelling, and the word for it."""
    kind = _first_match(DWELLING, space.object_type, space.predefined_type)
    return kind is not None, kind or _first_match(DWELLING, space.long_name, space.name)
