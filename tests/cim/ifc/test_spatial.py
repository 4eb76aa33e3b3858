from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ifcopenshell.api.aggregate as aggregate
import ifcopenshell.api.nest as nest
import ifcopenshell.api.root as root
import ifcopenshell.api.spatial as spatial
import pytest

from cim.building import Address, BuildingModel
from cim.ifc import read_ifc
from tests.cim.ifc.author import Author

SCHEMAS = ["IFC2X3", "IFC4", "IFC4X3"]


def part(author: Author, ifc_class: str, name: str, whole: Any) -> Any:
    found = root.create_entity(author.file, ifc_class=ifc_class, name=name)
    aggregate.assign_object(author.file, products=[found], relating_object=whole)
    return found


def hold(author: Author, product: Any, where: Any) -> Any:
    spatial.assign_container(author.file, products=[product], relating_structure=where)
    return product


def read(author: Author, folder: Path) -> BuildingModel:
    return read_ifc(author.write(folder / "a.ifc"))


def names_of(model: BuildingModel) -> Callable[[str | None], str | None]:
    parts = (
        *model.sites, *model.buildings, *model.facility_parts, *model.storeys, *model.spaces,
        *model.elements,
    )  # fmt: skip
    names = {p.global_id: p.name for p in parts}
    return lambda global_id: None if global_id is None else names[global_id]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_two_sites_three_buildings_and_a_part_hold_what_is_theirs(
    tmp_path: Path, schema: str
) -> None:
    author = Author(schema=schema)
    other_site = part(author, "IfcSite", "site 2", author.project)
    plot = part(author, "IfcSite", "plot", other_site)
    tower = part(author, "IfcBuilding", "tower", other_site)
    wing = part(author, "IfcBuilding", "wing", tower)
    ground = author.storey("1F", 0.0)
    floors = [part(author, "IfcBuildingStorey", name, b) for name, b in (("T1", tower), ("W1", wing))]  # fmt: skip
    room = part(author, "IfcSpace", "room", floors[0])
    corner = part(author, "IfcSpace", "corner", room)
    hold(author, author.block((1, 1, 1), name="wall"), ground)
    hold(author, author.block((1, 1, 1), name="wing wall"), floors[1])
    hold(author, author.block((1, 1, 1), name="chair", ifc_class="IfcFurnishingElement"), corner)
    hold(author, author.block((1, 1, 1), name="lamp", ifc_class="IfcBuildingElementProxy"), tower)
    hold(author, author.block((1, 1, 1), name="tree", ifc_class="IfcBuildingElementProxy"), plot)
    author.block((1, 1, 1), name="lost")
    model = read(author, tmp_path)
    name = names_of(model)

    assert [(s.name, name(s.whole)) for s in model.sites] == [
        ("site", None),
        ("site 2", None),
        ("plot", "site 2"),
    ]
    assert [(b.name, name(b.site), name(b.whole)) for b in model.buildings] == [
        ("building", "site", None),
        ("tower", "site 2", None),
        ("wing", "site 2", "tower"),
    ]
    assert [(s.name, name(s.building)) for s in model.storeys] == [
        ("1F", "building"),
        ("T1", "tower"),
        ("W1", "wing"),
    ]
    assert [(s.name, name(s.storey), name(s.building), name(s.whole)) for s in model.spaces] == [
        ("room", "T1", "tower", None),
        ("corner", "T1", "tower", "room"),
    ]
    found = {e.name: (name(e.container), name(e.storey), name(e.building)) for e in model.elements}
    assert found == {
        "wall": ("1F", "1F", "building"),
        "wing wall": ("W1", "W1", "wing"),
        "chair": ("corner", "T1", "tower"),
        "lamp": ("tower", None, "tower"),
        "tree": ("plot", None, None),
        "lost": (None, None, None),
    }


def test_parts_of_parts_and_nested_parts_are_where_their_whole_is(tmp_path: Path) -> None:
    author = Author()
    first = author.storey("2F", 3.0)
    stair = hold(author, root.create_entity(author.file, ifc_class="IfcStair", name="stair"), first)
    flight = part(author, "IfcStairFlight", "flight", stair)
    step = author.block((1, 1, 1), name="step", ifc_class="IfcMember")
    aggregate.assign_object(author.file, products=[step], relating_object=flight)
    bolt = author.block((1, 1, 1), name="bolt", ifc_class="IfcMechanicalFastener")
    nest.assign_object(author.file, related_objects=[bolt], relating_object=step)
    model = read(author, tmp_path)
    name = names_of(model)
    assert {e.name: (name(e.whole), name(e.storey)) for e in model.elements} == {
        "stair": (None, "2F"),
        "flight": ("stair", "2F"),
        "step": ("flight", "2F"),
        "bolt": ("step", "2F"),
    }


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_window_knows_its_wall_and_opening_and_is_on_its_storey(
    tmp_path: Path, schema: str
) -> None:
    author = Author(schema=schema)
    wall = author.block((4.0, 0.2, 3.0), name="wall", storey=author.storey("1F", 0.0))
    author.opening(wall, (1.0, 0.2, 2.0), at=(1.5, 0.0, 0.5))
    (opening,) = author.file.by_type("IfcOpeningElement")
    window = author.block((1.0, 0.1, 2.0), ifc_class="IfcWindow", name="window")
    author.file.create_entity(
        "IfcRelFillsElement", "0" * 22, wall.OwnerHistory, None, None, opening, window
    )
    author.block((1.0, 0.1, 2.0), ifc_class="IfcDoor", name="door in the air")
    model = read(author, tmp_path)
    name = names_of(model)
    found = {e.name: (name(e.host), e.opening, name(e.storey)) for e in model.elements}
    assert found == {
        "wall": (None, None, "1F"),
        "window": ("wall", opening.GlobalId, "1F"),
        "door in the air": (None, None, None),
    }


@pytest.mark.parametrize("length", [0.001, 1.0, 0.3048])
def test_a_storey_without_elevation_is_estimated_and_said(tmp_path: Path, length: float) -> None:
    author = Author(length)
    author.place(author.building, (0.0, 0.0, 10.0))
    for storey, height in ((author.storey("1F", 0.0), 10.0), (author.storey("2F", 0.0), 14.5)):
        author.place(storey, (0.0, 0.0, height))
        storey.Elevation = None
    nowhere = author.storey("attic", 0.0)
    nowhere.Elevation = None
    nowhere.ObjectPlacement = None
    model = read(author, tmp_path)
    assert [(s.name, s.elevation, s.level, s.estimated) for s in model.storeys] == [
        ("1F", pytest.approx(0.0, abs=1e-12), pytest.approx(10.0), True),
        ("2F", pytest.approx(4.5), pytest.approx(14.5), True),
        ("attic", None, None, False),
    ]
    assert [warning.en for warning in model.warnings] == [
        "2 storeys have no elevation; it was estimated from their placement: 1F, 2F.",
        "1 storeys have neither an elevation nor a placement: attic.",
    ]


def test_the_order_of_storeys_and_what_is_doubtful_about_it(tmp_path: Path) -> None:
    author = Author()
    other = part(author, "IfcBuilding", "other", author.site)
    for name, elevation, building in (
        ("3F", 6.0, author.building),
        ("1F", 0.0, author.building),
        ("ground", 0.0004, author.building),
        ("B1", -3.0, author.building),
        ("3F", 9.0, author.building),
        ("1F", 0.0, other),
    ):
        storey = part(author, "IfcBuildingStorey", name, building)
        storey.Elevation = elevation * 1000.0
        author.place(storey, (0.0, 0.0, elevation if name != "B1" else -2.5))
    homeless = root.create_entity(author.file, ifc_class="IfcBuildingStorey", name="homeless")
    homeless.Elevation = 1000.0
    model = read(author, tmp_path)
    assert [(s.name, s.elevation) for s in model.storeys] == [
        ("B1", -3.0),
        ("1F", 0.0),
        ("ground", 0.0004),
        ("3F", 6.0),
        ("3F", 9.0),
        ("1F", 0.0),
        ("homeless", 1.0),
    ]
    assert [warning.en for warning in model.warnings] == [
        "storeys 1F and ground have the same elevation (+0.000 m); their order is that of the file.",
        "2 storeys have the same name: 3F.",
        "1 storeys are placed elsewhere than their elevation says, e.g. B1: elevation -3.000 m, placed -2.500 m above the building's zero.",
        "1 storeys belong to no building: homeless.",
    ]


def test_bridges_and_roads_and_their_parts_do_not_vanish(tmp_path: Path) -> None:
    author = Author(schema="IFC4X3")
    bridge = part(author, "IfcBridge", "bridge", author.site)
    bridge.PredefinedType = "ARCHED"
    deck = part(author, "IfcBridgePart", "deck", bridge)
    deck.PredefinedType = "DECK"
    segment = part(author, "IfcBridgePart", "segment", deck)
    road = part(author, "IfcRoad", "road", author.site)
    lane = part(author, "IfcRoadPart", "lane", road)
    hold(author, author.block((1, 1, 1), name="girder", ifc_class="IfcBeam"), segment)
    hold(author, author.block((1, 1, 1), name="kerb", ifc_class="IfcKerb"), lane)
    model = read(author, tmp_path)
    name = names_of(model)
    assert [(b.name, b.ifc_class, b.predefined_type, name(b.site)) for b in model.buildings] == [
        ("building", "IfcBuilding", None, "site"),
        ("bridge", "IfcBridge", "ARCHED", "site"),
        ("road", "IfcRoad", None, "site"),
    ]
    found = [
        (p.name, p.ifc_class, p.predefined_type, name(p.facility), name(p.whole))
        for p in model.facility_parts
    ]
    assert found == [
        ("deck", "IfcBridgePart", "DECK", "bridge", None),
        ("segment", "IfcBridgePart", None, "bridge", "deck"),
        ("lane", "IfcRoadPart", None, "road", None),
    ]
    assert {e.name: (name(e.container), name(e.building)) for e in model.elements} == {
        "girder": ("segment", "bridge"),
        "kerb": ("lane", "road"),
    }


def test_what_project_building_and_site_say_of_themselves(tmp_path: Path) -> None:
    author = Author(0.001)
    author.project.LongName, author.project.Phase = "the long name", "scheme"
    address = author.file.create_entity(
        "IfcPostalAddress", AddressLines=["环岛路 1 号", ""], Town="厦门", Region="福建", PostalCode="361000", Country="CN"
    )  # fmt: skip
    author.building.BuildingAddress = address
    author.building.ElevationOfRefHeight = 5_300.0
    author.building.ElevationOfTerrain = 5_000.0
    author.building.CompositionType = "ELEMENT"
    author.site.SiteAddress = author.file.create_entity("IfcPostalAddress", Town="厦门")
    author.site.LandTitleNumber = "2026-018"
    author.site.RefElevation = 4_200.0
    model = read(author, tmp_path)
    project, (building,), (site,) = model.project, model.buildings, model.sites
    assert project is not None
    assert (project.name, project.long_name, project.phase) == (
        "project",
        "the long name",
        "scheme",
    )
    assert building.address == Address(
        ("环岛路 1 号",), town="厦门", region="福建", postal_code="361000", country="CN"
    )
    assert str(building.address) == "环岛路 1 号, 厦门, 福建, 361000, CN"
    assert (building.zero_elevation, building.terrain_elevation) == (5.3, 5.0)
    assert building.composition == "ELEMENT"
    assert site.address == Address(town="厦门")
    assert (site.land_title_number, site.ref_elevation) == ("2026-018", 4.2)


def test_kinds_of_spaces(tmp_path: Path) -> None:
    author = Author(0.001)
    ground = author.storey("1F", 0.0)
    for name, predefined, own in (
        ("flat", "INTERNAL", None),
        ("terrace", "EXTERNAL", None),
        ("P1", "PARKING", None),
        ("whole floor", "GFA", None),
        ("refuge", "USERDEFINED", "避难层"),
        ("empty", "USERDEFINED", None),
        ("unknown", "NOTDEFINED", "note"),
        ("silent", None, None),
    ):
        space = part(author, "IfcSpace", name, ground)
        space.PredefinedType, space.ObjectType = predefined, own
        space.ElevationWithFlooring = 50.0
    model = read(author, tmp_path)
    assert [(s.name, s.predefined_type, s.object_type) for s in model.spaces] == [
        ("flat", "INTERNAL", None),
        ("terrace", "EXTERNAL", None),
        ("P1", "PARKING", None),
        ("whole floor", "GFA", None),
        ("refuge", "避难层", "避难层"),
        ("empty", "USERDEFINED", None),
        ("unknown", None, "note"),
        ("silent", None, None),
    ]
    assert {s.floor_level for s in model.spaces} == {0.05}


def test_spaces_of_the_older_schema_say_inside_or_outside(tmp_path: Path) -> None:
    author = Author(schema="IFC2X3")
    ground = author.storey("1F", 0.0)
    for where in ("INTERNAL", "EXTERNAL", "NOTDEFINED"):
        part(author, "IfcSpace", where, ground).InteriorOrExteriorSpace = where
    found = [(s.name, s.predefined_type) for s in read(author, tmp_path).spaces]
    assert found == [("INTERNAL", "INTERNAL"), ("EXTERNAL", "EXTERNAL"), ("NOTDEFINED", None)]


def test_a_file_whose_wholes_go_in_a_circle_ends_nowhere(tmp_path: Path) -> None:
    author = Author()
    # Without bodies: the kernel itself never comes back from such a circle.
    a, b = (
        root.create_entity(author.file, ifc_class="IfcElementAssembly", name=name) for name in "ab"
    )
    for whole, inner in ((a, b), (b, a)):
        author.file.create_entity(
            "IfcRelAggregates", f"{whole.Name}{inner.Name}" + "0" * 20, None, None, None, whole, [inner]
        )  # fmt: skip
    model = read(author, tmp_path)
    assert {e.name: (e.storey, e.building, e.container) for e in model.elements} == {
        "a": (None, None, None),
        "b": (None, None, None),
    }
