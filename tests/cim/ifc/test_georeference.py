"""What a file says about its place, in every way it can say it."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest
from ifcopenshell import guid

from cim.frame import decide_frame
from cim.ifc import read_ifc
from tests.cim.ifc.author import Author
from tests.support.cities import FRAME, flat_terrain

PLACE = {"Eastings": 610_000.0, "Northings": 2_705_000.0, "OrthogonalHeight": 5.25}


def crs_of(author: Author, **changes: Any) -> Any:
    metre = author.file.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    values = {"Name": "EPSG:4548", "VerticalDatum": "EPSG:5737", "MapUnit": metre} | changes
    return author.file.create_entity("IfcProjectedCRS", **values)


def context_of(author: Author) -> Any:
    return author.body.ParentContext


def authored(length: float = 0.001, schema: str = "IFC4X3") -> Author:
    author = Author(length, schema)
    author.block((30.0, 20.0, 12.0), storey=author.storey("1F", 0.0))
    return author


def taken(author: Author, path: Path) -> Any:
    model = read_ifc(author.write(path / "a.ifc"))
    found = decide_frame(model, FRAME, flat_terrain()).taken
    assert found is not None
    at = [
        found.placement.eastings, found.placement.northings, found.placement.orthogonal_height
    ]  # fmt: skip
    assert at == pytest.approx([610_000.0, 2_705_000.0, 5.25], abs=1e-6)
    return found


def test_a_scaled_conversion(tmp_path: Path) -> None:
    author = authored()
    author.file.create_entity(
        "IfcMapConversionScaled", SourceCRS=context_of(author), TargetCRS=crs_of(author), **PLACE,
        Scale=1.0, FactorX=0.001, FactorY=0.001, FactorZ=0.001,
    )  # fmt: skip
    found = taken(author, tmp_path)
    assert (found.source, found.findings) == ("IfcMapConversionScaled", ())
    assert found.placement.scale == pytest.approx(1.0)


@pytest.mark.parametrize("length", [1.0, 0.001])
def test_a_rigid_operation(tmp_path: Path, length: float) -> None:
    author = authored(length)
    author.file.create_entity(
        "IfcRigidOperation", SourceCRS=context_of(author), TargetCRS=crs_of(author),
        FirstCoordinate=author.file.create_entity("IfcLengthMeasure", PLACE["Eastings"]),
        SecondCoordinate=author.file.create_entity("IfcLengthMeasure", PLACE["Northings"]),
        Height=PLACE["OrthogonalHeight"],
    )  # fmt: skip
    found = taken(author, tmp_path)
    assert (found.source, found.findings) == ("IfcRigidOperation", ())
    assert found.placement.rotation == 0.0


def test_a_rigid_operation_of_bare_numbers_is_one_of_lengths(tmp_path: Path) -> None:
    author = authored(1.0)
    author.file.create_entity(
        "IfcRigidOperation", SourceCRS=context_of(author), TargetCRS=crs_of(author),
        FirstCoordinate=author.file.create_entity("IfcLengthMeasure", 610_000.0),
        SecondCoordinate=author.file.create_entity("IfcLengthMeasure", 2_705_000.0), Height=5.0,
    )  # fmt: skip
    path = author.write(tmp_path / "a.ifc")
    text = path.read_text(encoding="ascii")
    bare = re.sub(r"IFCLENGTHMEASURE\((\d+\.)\)", r"\1", text)
    assert bare != text
    path.write_text(bare, encoding="ascii")
    found = read_ifc(path).map_conversion
    assert found is not None
    assert (found.eastings, found.northings, found.angular) == (610_000.0, 2_705_000.0, False)


def property_set(author: Author, name: str, values: dict[str, Any], kind: str, holder: Any) -> None:
    entries = [
        author.file.create_entity(
            "IfcPropertySingleValue",
            Name=key,
            NominalValue=author.file.create_entity(
                kind if isinstance(value, float) else "IfcLabel", value
            ),
        )
        for key, value in values.items()
    ]
    definition = author.file.create_entity(
        "IfcPropertySet",
        guid.new(),
        Name=name,
        HasProperties=entries,
    )
    author.file.create_entity(
        "IfcRelDefinesByProperties", guid.new(),
        RelatedObjects=[holder], RelatingPropertyDefinition=definition,
    )  # fmt: skip


@pytest.mark.parametrize("on", ["project", "site"])
@pytest.mark.parametrize(
    "name", ["ePset_MapConversion", "EPSET_MAPCONVERSION", "ePSet_MapConversion"]
)
@pytest.mark.parametrize(
    ("kind", "factor", "unit"),
    [
        ("IfcReal", 1.0, None),
        ("IfcLengthMeasure", 1.0, None),  # metres, though the type says project units
        ("IfcLengthMeasure", 1000.0, None),  # project units, as the type says
        ("IfcReal", 1000.0, "millimetre"),
        ("IfcLengthMeasure", 1.0, "METRE"),
    ],
)
def test_property_sets_in_any_case_unit_and_place(
    tmp_path: Path, on: str, name: str, kind: str, factor: float, unit: str | None
) -> None:
    author = authored(schema="IFC4")
    holder = getattr(author, on)
    crs = {"name": "EPSG:4548", "VERTICALDATUM": "EPSG:5737"} | ({"MapUnit": unit} if unit else {})
    property_set(author, "epset_ProjectedCRS", crs, kind, holder)
    values = {key: value * factor for key, value in PLACE.items()}
    property_set(author, name, values, kind, holder)
    property_set(author, "Pset_Other", {"Eastings": 1.0}, kind, holder)
    found = taken(author, tmp_path)
    assert (found.source, found.findings) == ("ePSet_MapConversion", ())
    assert found.as_read.eastings == pytest.approx(PLACE["Eastings"] * factor)
    assert any("map unit" in a.en for a in found.assumptions) == (unit is None)


def test_entity_and_property_set_beside_each_other_are_both_read(tmp_path: Path) -> None:
    author = authored(schema="IFC4")
    author.file.create_entity(
        "IfcMapConversion", SourceCRS=context_of(author), TargetCRS=crs_of(author), **PLACE,
        Scale=0.001,
    )  # fmt: skip
    moved = PLACE | {"Eastings": 610_010.0}
    property_set(author, "ePset_MapConversion", moved, "IfcReal", author.site)
    property_set(author, "ePset_ProjectedCRS", {"Name": "EPSG:4548"}, "IfcReal", author.site)
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert model.map_conversion is not None
    (other,) = model.georeference.other_conversions
    assert (model.map_conversion.source, other.source) == (
        "IfcMapConversion",
        "ePSet_MapConversion",
    )
    ledger = decide_frame(model, FRAME, flat_terrain())
    assert ledger.taken is None
    assert "disagree by 10.0" in ledger.candidates[0].refused.en


def test_placements_of_site_and_building_and_a_crs_without_conversion(tmp_path: Path) -> None:
    author = authored()
    author.place(author.site, (610_000.0, 2_705_000.0, 5.25))
    author.place(author.building, (610_001.0, 2_705_002.0, 5.25))
    crs_of(author)
    found = read_ifc(author.write(tmp_path / "a.ifc")).georeference
    assert found.declared_crs == "EPSG:4548"
    assert [(o.ifc_class, o.position) for o in found.origins] == [
        ("IfcSite", pytest.approx((610_000.0, 2_705_000.0, 5.25))),
        ("IfcBuilding", pytest.approx((610_001.0, 2_705_002.0, 5.25))),
    ]
    assert found.world is None


def test_a_world_coordinate_system_that_is_not_the_identity(tmp_path: Path) -> None:
    author = authored()
    turn = math.radians(30.0)
    create = author.file.create_entity
    context_of(author).WorldCoordinateSystem = create(
        "IfcAxis2Placement3D",
        create("IfcCartesianPoint", (100_000.0, -50_000.0, 4_000.0)),
        create("IfcDirection", (0.0, 0.0, 1.0)),
        create("IfcDirection", (math.cos(turn), math.sin(turn), 0.0)),
    )
    world = read_ifc(author.write(tmp_path / "a.ifc")).georeference.world
    assert world == pytest.approx((100.0, -50.0, 4.0, turn))


def test_numbers_that_are_none_do_not_place_anything(tmp_path: Path) -> None:
    author = authored(schema="IFC4")
    property_set(author, "ePset_ProjectedCRS", {"Name": "EPSG:4548"}, "IfcReal", author.site)
    property_set(
        author, "ePset_MapConversion", {"Eastings": "east", "Northings": "north"}, "IfcReal", author.site
    )  # fmt: skip
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    ledger = decide_frame(model, FRAME, flat_terrain())
    assert ledger.taken is None
    assert ledger.candidates[0].as_read.eastings == 0.0
    assert [f.code.value for f in ledger.candidates[0].findings] == ["FRAME-OUTSIDE"]


def test_a_placement_that_goes_in_a_circle_is_nowhere(tmp_path: Path) -> None:
    author = Author(1.0)
    author.block((1.0, 1.0, 1.0))
    author.place(author.site, (10.0, 20.0, 30.0))
    storey = author.storey("2F", 4.5)
    author.place(storey, (0.0, 0.0, 4.5))
    storey.ObjectPlacement.PlacementRelTo = storey.ObjectPlacement
    author.place(author.building, (0.0, 0.0, 1.0))
    author.building.ObjectPlacement.PlacementRelTo = author.building.ObjectPlacement
    model = read_ifc(author.write(tmp_path / "a.ifc"))
    assert [(o.ifc_class, o.position) for o in model.georeference.origins] == [
        ("IfcSite", (10.0, 20.0, 30.0))
    ]
    (found,) = (s for s in model.storeys if s.name == "2F")
    assert (found.level, found.elevation, found.estimated) == (None, 4.5, False)
