from __future__ import annotations

from dataclasses import replace

import pytest

from cim.building import BuildingModel, Element, Group, Space, Storey
from cim.recognition import dwellings, entrance_storeys, main_entrances, parapets, roofs, terrains
from tests.support.models import element, model_of

EXTERNAL = {"Pset_DoorCommon": {"IsExternal": True}}
ENTRANCE_LEVEL = {"Pset_BuildingStoreyCommon": {"EntranceLevel": True}}


def part(ifc_class: str, global_id: str, **said: object) -> Element:
    return replace(element(global_id, None, ifc_class=ifc_class), **said)  # type: ignore[arg-type]


def model(*elements: Element, **parts: object) -> BuildingModel:
    return replace(model_of(list(elements), []), **parts)  # type: ignore[arg-type]


def found(recognised: object) -> list[tuple[str, str, bool]]:
    return [(r.global_id, r.evidence.en, r.assumed) for r in recognised]  # type: ignore[attr-defined]


def test_roofs_are_told_by_class_type_and_whole() -> None:
    built = model(
        part("IfcRoof", "roof"),
        part("IfcSlab", "slab", predefined_type="ROOF", whole="roof"),
        part("IfcMember", "rafter", whole="roof"),
        part("IfcSlab", "floor", predefined_type="FLOOR", name="roof"),
    )
    assert found(roofs(built)) == [
        ("roof", "its class is IfcRoof", False),
        ("slab", "its PredefinedType is ROOF", False),
        ("rafter", "it is a part of an IfcRoof", False),
    ]


def test_parapets_by_name_are_assumed() -> None:
    built = model(
        part("IfcWall", "a", predefined_type="PARAPET"),
        part("IfcWallStandardCase", "b", name="石材女儿墙"),
        part("IfcWall", "c", name="wall", type_name="Parapet 200"),
        part("IfcRailing", "d", name="Parapet rail"),
        part("IfcWall", "e", name="wall"),
    )
    assert found(parapets(built)) == [
        ("a", "its PredefinedType is PARAPET", False),
        ("b", 'it is named "石材女儿墙"', True),
        ("c", 'it is named "Parapet 200"', True),
    ]


@pytest.mark.parametrize(
    ("level", "name", "expected"),
    [
        ("1F", "主入口", [("front", "an external door on the entrance level 1F", False)]),
        (None, "主入口", [("inner", 'it is named "主入口"', True)]),
        (None, "door", [("front", "an external door on 1F, the storey nearest to zero", True)]),
    ],
)
def test_the_main_entrance_is_told_by_the_best_evidence(
    level: str | None, name: str, expected: object
) -> None:
    storeys = tuple(
        Storey(f, f, None, z, property_sets=ENTRANCE_LEVEL if f == level else {})
        for f, z in (("B1", -3.0), ("1F", 0.0), ("2F", 4.0))
    )
    built = model(
        part("IfcDoor", "inner", storey="1F", name=name),
        part("IfcDoor", "front", storey="1F", property_sets=EXTERNAL),
        part("IfcDoor", "balcony", storey="2F", property_sets=EXTERNAL),
        storeys=storeys,
    )
    assert found(main_entrances(built)) == expected
    assert [r.global_id for r in entrance_storeys(built)] == ([level] if level else [])


def test_no_door_is_an_entrance_when_nothing_says_so() -> None:
    assert main_entrances(model(part("IfcDoor", "door", storey="1F"))) == ()


def room(global_id: str, long_name: str | None = None, **said: object) -> Space:
    return replace(Space(global_id, global_id, long_name, None, None, None, {}), **said)  # type: ignore[arg-type]


def test_dwellings_are_zones_or_else_spaces() -> None:
    rooms = (room("living", "住宅"), room("bath"), room("shop", "商业"))
    flat = Group(
        "Z1", "IfcZone", "0101", object_type="dwelling", members=("living", "bath", "pipe")
    )
    named = Group("Z2", "IfcZone", "Apartment 2", members=("shop",))
    block = Group("Z3", "IfcZone", "all apartments", members=("Z1", "Z2"))
    with_zones = dwellings(model(spaces=rooms, zones=(flat, named, block)))
    assert [(d.global_id, d.spaces, d.evidence.en, d.assumed) for d in with_zones] == [
        ("Z1", ("living", "bath"), 'its ObjectType is "dwelling"', False),
        ("Z2", ("shop",), 'it is named "Apartment 2"', True),
    ]
    alone = dwellings(model(spaces=rooms))
    assert [(d.global_id, d.spaces, d.evidence.en, d.assumed) for d in alone] == [
        ("living", ("living",), 'it is named "住宅"', True)
    ]


def test_terrain_is_a_site_with_a_body_or_said_to_be() -> None:
    built = model(
        part("IfcGeographicElement", "ground", predefined_type="TERRAIN"),
        part("IfcGeographicElement", "tree", predefined_type="VEGETATION"),
    )
    assert found(terrains(built)) == [("ground", "its PredefinedType is TERRAIN", False)]
