from __future__ import annotations

from pathlib import Path
from typing import Any

import ifcopenshell.guid
import pytest

from cim.association import Classification, MaterialComponent, MaterialDefinition, MaterialKind
from cim.building import Element
from cim.ifc import read_ifc
from tests.cim.ifc.author import Author


class Wall:
    """One wall that a test associates things with."""

    def __init__(self, length: float = 0.001, schema: str = "IFC4") -> None:
        self.author = Author(length, schema)
        self.make = self.author.file.create_entity
        self.wall = self.author.block((1.0, 1.0, 1.0), name="wall")

    def associate(self, what: Any, *owners: Any) -> None:
        kind = "Material" if "Material" in what.is_a() else "Classification"
        self.make(
            f"IfcRelAssociates{kind}", ifcopenshell.guid.new(), self.wall.OwnerHistory, None, None, list(owners or (self.wall,)), what
        )  # fmt: skip

    def of_type(self, *walls: Any) -> Any:
        kind = self.make(
            "IfcWallType", GlobalId=ifcopenshell.guid.new(), Name="kind", PredefinedType="STANDARD"
        )
        self.make(
            "IfcRelDefinesByType", ifcopenshell.guid.new(), None, None, None, list(walls or (self.wall,)), kind
        )  # fmt: skip
        return kind

    def read(self, folder: Path) -> Element:
        (wall,) = read_ifc(self.author.write(folder / "a.ifc")).elements
        return wall


def layers(w: Wall) -> Any:
    brick, wool = w.make("IfcMaterial", "brick"), w.make("IfcMaterial", "wool", None, "insulation")
    parts = [
        w.make("IfcMaterialLayer", brick, 0.115 / w.author.length, None, "outer"),
        w.make("IfcMaterialLayer", None, 0.04 / w.author.length, True),
        w.make("IfcMaterialLayer", wool, 0.14 / w.author.length, False, None, None, "Thermal"),
    ]
    return w.make("IfcMaterialLayerSet", parts, "cavity wall")


CAVITY = (
    MaterialComponent("brick", "outer", thickness=pytest.approx(0.115)),
    MaterialComponent(None, thickness=pytest.approx(0.04), ventilated=True),
    MaterialComponent("wool", category="Thermal", thickness=pytest.approx(0.14), ventilated=False),
)


@pytest.mark.parametrize("length", [0.001, 1.0, 0.3048])
def test_layers_come_with_their_thickness_in_metres(tmp_path: Path, length: float) -> None:
    w = Wall(length)
    usage = w.make("IfcMaterialLayerSetUsage", layers(w), "AXIS2", "POSITIVE", -0.1 / length)
    w.associate(usage)
    material = w.read(tmp_path).material
    assert material == MaterialDefinition(
        MaterialKind.LAYERS, "cavity wall", CAVITY, "AXIS2", pytest.approx(-0.1)
    )
    assert material is not None
    assert material.thickness == pytest.approx(0.295)


def test_the_older_schema_has_layers_without_names(tmp_path: Path) -> None:
    w = Wall(schema="IFC2X3")
    layer = w.make("IfcMaterialLayer", w.make("IfcMaterial", "brick"), 240.0, None)
    w.associate(w.make("IfcMaterialLayerSet", [layer], "solid"))
    assert w.read(tmp_path).material == MaterialDefinition(
        MaterialKind.LAYERS, "solid", (MaterialComponent("brick", thickness=0.24),)
    )


def test_single_materials_lists_constituents_and_profiles(tmp_path: Path) -> None:
    w = Wall()
    concrete, steel = (w.make("IfcMaterial", name) for name in ("concrete", "steel"))
    profile = w.make("IfcRectangleProfileDef", "AREA", "300x300", None, 300.0, 300.0)
    for material in (
        w.make("IfcMaterial", "wood", None, "timber"),
        w.make("IfcMaterialList", [concrete, steel]),
        w.make("IfcMaterialConstituentSet", "rc", None, [w.make("IfcMaterialConstituent", "bars", None, steel, 0.02, "rebar")]),
        w.make("IfcMaterialProfileSet", "columns", None, [w.make("IfcMaterialProfile", "core", None, concrete, profile)]),
    ):  # fmt: skip
        wall = w.author.block((1.0, 1.0, 1.0), name=material.is_a(), ifc_class="IfcColumn")
        w.associate(material, wall)
    model = read_ifc(w.author.write(tmp_path / "a.ifc"))
    assert {e.name: e.material for e in model.elements} == {
        "wall": None,
        "IfcMaterial": MaterialDefinition(
            MaterialKind.SINGLE, "wood", (MaterialComponent("wood", category="timber"),)
        ),
        "IfcMaterialList": MaterialDefinition(
            MaterialKind.LIST, None, (MaterialComponent("concrete"), MaterialComponent("steel"))
        ),
        "IfcMaterialConstituentSet": MaterialDefinition(
            MaterialKind.CONSTITUENTS, "rc", (MaterialComponent("steel", "bars", "rebar", fraction=0.02),)
        ),
        "IfcMaterialProfileSet": MaterialDefinition(
            MaterialKind.PROFILES, "columns", (MaterialComponent("concrete", "core", profile="300x300"),)
        ),
    }  # fmt: skip


def test_a_type_lends_its_material_and_an_own_one_outranks_it(tmp_path: Path) -> None:
    w = Wall()
    other = w.author.block((1.0, 1.0, 1.0), name="other")
    w.associate(w.make("IfcMaterial", "of the type"), w.of_type(w.wall, other))
    w.associate(w.make("IfcMaterial", "own"), other)
    model = read_ifc(w.author.write(tmp_path / "a.ifc"))
    made_of = {e.name: e.material.name for e in model.elements if e.material is not None}
    assert made_of == {"wall": "of the type", "other": "own"}


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4"])
def test_a_material_has_the_colour_of_its_style(tmp_path: Path, schema: str) -> None:
    w = Wall(schema=schema)
    red = w.make("IfcColourRgb", None, 0.8, 0.2, 0.1)
    rendering = w.make("IfcSurfaceStyleRendering", red, 0.25, ReflectanceMethod="NOTDEFINED")
    style = w.make("IfcSurfaceStyle", "red", "BOTH", [rendering])
    if schema == "IFC2X3":
        style = w.make("IfcPresentationStyleAssignment", [style])
    item = w.make("IfcStyledItem", None, [style], None)
    context = w.author.body
    shape = w.make("IfcStyledRepresentation", context, None, None, [item])
    brick = w.make("IfcMaterial", "brick")
    w.make("IfcMaterialDefinitionRepresentation", None, None, [shape], brick)
    w.associate(brick)
    material = w.read(tmp_path).material
    assert material is not None
    assert material.components == (MaterialComponent("brick", colour=(0.8, 0.2, 0.1, 0.75)),)


def test_classifications_lead_to_their_system_and_are_inherited(tmp_path: Path) -> None:
    w = Wall()
    uniclass, own = (
        w.make("IfcClassification", "NBS", edition, None, name)
        for edition, name in (("2015", "Uniclass"), (None, "GB/T 51269"))
    )
    above = w.make("IfcClassificationReference", None, "EF_25", "Walls", uniclass)
    kind = w.of_type()
    for owner, reference in (
        (kind, w.make("IfcClassificationReference", None, "EF_25_10", "Wall elements", above)),
        (kind, w.make("IfcClassificationReference", None, "30-01", "墙 (type)", own)),
        (w.wall, w.make("IfcClassificationReference", None, "30-01.10", "外墙", own)),
        (w.wall, w.make("IfcClassificationReference", None, "loose", None, None)),
    ):
        w.associate(reference, owner)
    assert w.read(tmp_path).classifications == (
        Classification("GB/T 51269", None, "30-01.10", "外墙"),
        Classification(None, None, "loose", None),
        Classification("Uniclass", "2015", "EF_25_10", "Wall elements", inherited=True),
    )


def test_the_older_schema_calls_a_code_item_reference(tmp_path: Path) -> None:
    w = Wall(schema="IFC2X3")
    system = w.make("IfcClassification", "CSI", "1995", None, "Uniformat")
    w.associate(w.make("IfcClassificationReference", None, "B2010", "Exterior Walls", system))
    w.associate(w.make("IfcClassificationNotation", [w.make("IfcClassificationNotationFacet", f) for f in "AB"]))  # fmt: skip
    assert w.read(tmp_path).classifications == (
        Classification("Uniformat", "1995", "B2010", "Exterior Walls"),
        Classification(None, None, "A.B", None),
    )


def test_references_in_a_circle_lead_to_no_system(tmp_path: Path) -> None:
    w = Wall()
    reference = w.make("IfcClassificationReference", None, "A", "a", None)
    reference.ReferencedSource = w.make("IfcClassificationReference", None, "B", "b", reference)
    w.associate(reference)
    assert w.read(tmp_path).classifications == (Classification(None, None, "A", "a"),)


def test_zones_systems_and_their_members(tmp_path: Path) -> None:
    w = Wall()
    ground = w.author.storey("1F", 0.0)
    rooms = [w.author._part("IfcSpace", name, ground) for name in ("living", "bath", "lobby")]
    zones = {
        name: w.make(ifc_class, ifcopenshell.guid.new(), Name=name, ObjectType=kind)
        for ifc_class, name, kind in (
            ("IfcZone", "flat 1", "dwelling"),
            ("IfcZone", "all flats", None),
            ("IfcSpatialZone", "fire 1", None),
            ("IfcSystem", "water", None),
        )
    }
    zones["fire 1"].PredefinedType = "FIRESAFETY"
    for name, members in (
        ("flat 1", rooms[:2]),
        ("all flats", [zones["flat 1"]]),
        ("water", [w.wall]),
    ):
        w.make("IfcRelAssignsToGroup", ifcopenshell.guid.new(), None, None, None, members, None, zones[name])  # fmt: skip
    w.make("IfcRelReferencedInSpatialStructure", ifcopenshell.guid.new(), None, None, None, [rooms[2]], zones["fire 1"])  # fmt: skip
    model = read_ifc(w.author.write(tmp_path / "a.ifc"))
    identity = {p.global_id: p.name for p in (*model.spaces, *model.elements, *model.zones)}
    found = [
        (g.name, g.ifc_class, g.object_type, g.predefined_type, [identity[m] for m in g.members])
        for g in (*model.zones, *model.groups)
    ]
    assert found == [
        ("flat 1", "IfcZone", "dwelling", None, ["living", "bath"]),
        ("all flats", "IfcZone", None, None, ["flat 1"]),
        ("fire 1", "IfcSpatialZone", None, "FIRESAFETY", ["lobby"]),
        ("water", "IfcSystem", None, None, ["wall"]),
    ]
