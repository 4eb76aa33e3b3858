from __future__ import annotations

import math
from pathlib import Path

import ifcopenshell.api.aggregate as aggregate
import ifcopenshell.api.georeference as georeference
import ifcopenshell.api.pset as pset
import ifcopenshell.api.root as root
import ifcopenshell.api.spatial as spatial
import ifcopenshell.api.type as type_api
import numpy as np
import pytest

from cim.building import BuildingModel
from cim.ifc import read_ifc
from cim.mesh import transform_points
from tests.cim.ifc.author import Author


def volume_of(model: BuildingModel, name: str) -> float:
    """Volume of an element's closed mesh, m3, by the divergence theorem."""
    element = next(e for e in model.elements if e.name == name)
    assert element.representation is not None
    mesh = model.meshes[element.representation.mesh]
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


@pytest.mark.parametrize("length", [0.001, 1.0, 0.3048])
def test_a_box_has_the_same_corners_whatever_the_unit(tmp_path: Path, length: float) -> None:
    author = Author(length)
    author.block((3.0, 4.0, 5.0), at=(10.0, 20.0, 30.0))
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    bounds = model.bounds()
    assert bounds is not None
    low, high = bounds
    np.testing.assert_allclose(low, (10.0, 20.0, 30.0), atol=1e-9)
    np.testing.assert_allclose(high, (13.0, 24.0, 35.0), atol=1e-9)


def test_the_tree_and_the_storey_of_a_part_of_a_whole(tmp_path: Path) -> None:
    author = Author()
    ground, first = author.storey("1F", 0.0), author.storey("2F", 4.5)
    author.block((1.0, 1.0, 1.0), name="wall", storey=first)
    stair = root.create_entity(author.file, ifc_class="IfcStair", name="stair")
    spatial.assign_container(author.file, products=[stair], relating_structure=ground)
    flight = author.block((1.0, 3.0, 2.0), ifc_class="IfcStairFlight", name="flight")
    aggregate.assign_object(author.file, products=[flight], relating_object=stair)
    model = read_ifc(author.write(tmp_path / "a.ifc"))

    assert model.project_name == "project"
    assert [site.name for site in model.sites] == ["site"]
    assert [building.name for building in model.buildings] == ["building"]
    assert [(s.name, s.elevation) for s in model.storeys] == [("1F", 0.0), ("2F", 4.5)]
    storeys = {s.global_id: s.name for s in model.storeys}
    found = {e.name: storeys[e.storey] for e in model.elements if e.storey is not None}
    assert found == {"wall": "2F", "stair": "1F", "flight": "1F"}
    assert model.undrawn == ()


def test_an_opening_is_cut_and_is_no_element(tmp_path: Path) -> None:
    author = Author()
    wall = author.block((4.0, 0.2, 3.0), name="wall")
    author.opening(wall, (1.0, 0.2, 2.0), at=(1.5, 0.0, 0.5))
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert [e.ifc_class for e in model.elements] == ["IfcWall"]
    assert volume_of(model, "wall") == pytest.approx(4.0 * 0.2 * 3.0 - 1.0 * 0.2 * 2.0, rel=1e-9)


def test_ten_occurrences_of_a_type_share_one_mesh(tmp_path: Path) -> None:
    author = Author()
    kind = root.create_entity(author.file, ifc_class="IfcColumnType", name="square")
    shape = author.solid((0.5, 0.5, 3.0))
    kind.RepresentationMaps = [
        author.file.create_entity(
            "IfcRepresentationMap",
            author.file.create_entity("IfcAxis2Placement3D", author._point(0.0, 0.0, 0.0)),
            shape,
        )
    ]
    for number in range(10):
        column = root.create_entity(author.file, ifc_class="IfcColumn", name=f"column {number}")
        type_api.assign_type(author.file, related_objects=[column], relating_type=kind)
        author.place(column, (float(number), 0.0, 0.0))
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    bodies = [e.representation for e in model.elements]
    assert len(model.meshes) == 1
    assert {e.type_name for e in model.elements} == {"square"}
    lows = sorted(
        float(transform_points(b.placement, model.meshes[b.mesh].vertices)[:, 0].min())
        for b in bodies
        if b is not None
    )
    np.testing.assert_allclose(lows, np.arange(10.0), atol=1e-9)


def test_properties_of_an_occurrence_outrank_those_of_its_type(tmp_path: Path) -> None:
    author = Author()
    wall = author.block((1.0, 1.0, 1.0), name="wall")
    kind = root.create_entity(author.file, ifc_class="IfcWallType", name="kind")
    type_api.assign_type(author.file, related_objects=[wall], relating_type=kind)
    for owner, values in (
        (kind, {"IsExternal": True, "FireRating": "60"}),
        (wall, {"IsExternal": False}),
    ):
        found = pset.add_pset(author.file, product=owner, name="Pset_WallCommon")
        pset.edit_pset(author.file, pset=found, properties=values)
    (element,) = read_ifc(author.write(tmp_path / "a.ifc")).elements
    assert dict(element.property_sets["Pset_WallCommon"]) == {
        "IsExternal": False,
        "FireRating": "60",
    }


def test_quantities_and_lengths_come_in_metres(tmp_path: Path) -> None:
    author = Author(0.001)
    space = root.create_entity(author.file, ifc_class="IfcSpace", name="101")
    aggregate.assign_object(author.file, products=[space], relating_object=author.storey("1F", 0.0))
    sizes = pset.add_qto(author.file, product=space, name="Qto_SpaceBaseQuantities")
    pset.edit_qto(author.file, qto=sizes, properties={"NetFloorArea": 12.5, "Height": 2800.0})
    (found,) = read_ifc(author.write(tmp_path / "a.ifc")).spaces
    assert found.name == "101"
    quantities = found.property_sets["Qto_SpaceBaseQuantities"]
    assert quantities["Height"] == pytest.approx(2.8)
    # Square metres stay what they are: only the length unit has a prefix here.
    assert quantities["NetFloorArea"] == pytest.approx(12.5)


def test_a_body_in_a_context_for_plans_is_drawn_all_the_same(tmp_path: Path) -> None:
    author = Author()
    wall = author.block((4.0, 0.2, 3.0), name="wall")
    author.body.ParentContext.ContextType = "Plan"
    wall.Representation.Representations[0].ContextOfItems = author.body.ParentContext
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert model.undrawn == ()
    assert volume_of(model, "wall") == pytest.approx(2.4, rel=1e-9)


def test_a_map_conversion_says_its_units_and_axes(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0))
    georeference.add_georeferencing(author.file)
    angle = math.radians(12.0)
    georeference.edit_georeferencing(
        author.file,
        projected_crs={"Name": "EPSG:4548", "VerticalDatum": "EPSG:5737"},
        coordinate_operation={
            "Eastings": 610_500_000.0,
            "Northings": 2_705_500_000.0,
            "OrthogonalHeight": 5_300.0,
            "XAxisAbscissa": math.cos(angle),
            "XAxisOrdinate": math.sin(angle),
        },
    )
    conversion = read_ifc(author.write(tmp_path / "a.ifc")).map_conversion
    assert conversion is not None
    assert conversion.source == "IfcMapConversion"
    assert conversion.projected_crs == "EPSG:4548"
    assert conversion.length_unit == pytest.approx(0.001)
    assert conversion.eastings == pytest.approx(610_500_000.0)
    assert math.atan2(conversion.x_axis_ordinate or 0.0, conversion.x_axis_abscissa or 0.0) == (
        pytest.approx(angle)
    )


def test_a_model_without_a_place_says_so(tmp_path: Path) -> None:
    author = Author()
    author.block((1.0, 1.0, 1.0))
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert model.map_conversion is None
    assert model.sites[0].ref_latitude is None


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    author = Author()
    for number in range(30):
        author.block((1.0, 1.0, 1.0), at=(2.0 * number, 0.0, 0.0))
    told: list[float] = []
    read_ifc(author.write(tmp_path / "a.ifc"), progress=told.append)
    assert told
    assert told == sorted(told)
    assert 0.0 <= told[0] <= told[-1] <= 1.0
