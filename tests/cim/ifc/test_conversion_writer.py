from __future__ import annotations

import hashlib
import math
from pathlib import Path

import ifcopenshell
import ifcopenshell.api.owner as owner
import numpy as np
import pytest

from cim.errors import UnreadableIfcError
from cim.frame import FrameCode, decide_frame
from cim.ifc import read_ifc
from cim.ifc.conversion_writer import WrittenConversion, write_conversion
from tests.cim.ifc.author import Author
from tests.support.cities import FRAME, flat_terrain

WANTED = WrittenConversion(
    610_123.4567, 2_705_321.7654, 5.3, math.radians(12.5), 1.0, "EPSG:4548", "EPSG:5737"
)


@pytest.fixture(autouse=True)
def _owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """IFC2X3 wants an owner for everything."""

    def user(file: ifcopenshell.file) -> ifcopenshell.entity_instance:
        for found in file.by_type("IfcPersonAndOrganization"):
            return found
        person = file.create_entity("IfcPerson", FamilyName="author")
        office = file.create_entity("IfcOrganization", Name="office")
        return file.create_entity("IfcPersonAndOrganization", person, office)

    def application(file: ifcopenshell.file) -> ifcopenshell.entity_instance:
        for found in file.by_type("IfcApplication"):
            return found
        office = user(file).TheOrganization
        return file.create_entity("IfcApplication", office, "1", "tests", "tests")

    monkeypatch.setattr(owner.settings, "get_user", user)
    monkeypatch.setattr(owner.settings, "get_application", application)


def written(
    tmp_path: Path, schema: str, length: float, world: tuple[float, float, float] | None = None
) -> Path:
    author = Author(length, schema)
    author.block((30.0, 20.0, 12.0), storey=author.storey("1F", 0.0))
    if world is not None:
        (context,) = author.file.by_type(
            "IfcGeometricRepresentationContext", include_subtypes=False
        )
        point = author.file.create_entity("IfcCartesianPoint", [x / length for x in world])
        context.WorldCoordinateSystem = author.file.create_entity("IfcAxis2Placement3D", point)
    return author.write(tmp_path / "in.ifc")


@pytest.mark.parametrize("length", [1.0, 0.001])
@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3"])
@pytest.mark.parametrize("world", [None, (100.0, -50.0, 4.0)])
def test_a_copy_states_the_place_and_stands_there(
    tmp_path: Path, schema: str, length: float, world: tuple[float, float, float] | None
) -> None:
    source = written(tmp_path, schema, length, world)
    for number in range(2):  # again from a copy that has a conversion already
        target = tmp_path / f"out-{number}.ifc"
        before = hashlib.sha256(source.read_bytes()).hexdigest()
        write_conversion(source, target, WANTED)
        assert hashlib.sha256(source.read_bytes()).hexdigest() == before
        source = target
        model = read_ifc(target)
        taken = decide_frame(model, FRAME, flat_terrain()).taken
        assert taken is not None
        expected = "ePSet_MapConversion" if schema == "IFC2X3" else "IfcMapConversion"
        assert taken.source == expected
        assert FrameCode.VERTICAL not in {f.code for f in taken.findings}
        assert not any("unit" in a.en for a in taken.assumptions)
        place = taken.placement
        found = [place.eastings, place.northings, place.orthogonal_height]
        stated = [WANTED.eastings, WANTED.northings, WANTED.orthogonal_height]
        assert found == pytest.approx(stated, abs=1e-6)
        assert place.rotation == pytest.approx(WANTED.rotation, abs=1e-12)
        assert np.abs(model.bounds() - [[0.0, 0.0, 0.0], [30.0, 20.0, 12.0]]).max() < 1e-6
        assert model.georeference.other_conversions == ()


def test_property_sets_are_on_project_and_site_once(tmp_path: Path) -> None:
    source, target = written(tmp_path, "IFC2X3", 0.001), tmp_path / "out.ifc"
    write_conversion(source, target, WANTED)
    write_conversion(target, target, WANTED)
    file = ifcopenshell.open(str(target))
    names = [s.Name for s in file.by_type("IfcPropertySet") if s.Name.startswith("ePset_")]
    assert sorted(names) == ["ePset_MapConversion", "ePset_ProjectedCRS"]
    for relation in file.by_type("IfcRelDefinesByProperties"):
        if relation.RelatingPropertyDefinition.Name in names:
            kinds = sorted(o.is_a() for o in relation.RelatedObjects)
            assert kinds == ["IfcProject", "IfcSite"]


def test_what_can_only_be_read_is_not_written(tmp_path: Path) -> None:
    path = written(tmp_path, "IFC4", 1.0)
    path.write_bytes(path.read_bytes().replace(b"'IFC4'", b"'IFC4X2'"))
    with pytest.raises(UnreadableIfcError, match="IFC4X2 can be read but not written"):
        write_conversion(path, tmp_path / "out.ifc", WANTED)
    assert not (tmp_path / "out.ifc").exists()
    with pytest.raises(UnreadableIfcError):
        write_conversion(Path(__file__), tmp_path / "out.ifc", WANTED)
