from __future__ import annotations

from pathlib import Path
from typing import Any

import ifcopenshell.guid
import pytest

from cim.building import BuildingModel
from cim.ifc import read_ifc
from cim.properties import BoundedValue, PropertySets, TableValue
from tests.cim.ifc.author import Author

FOOT, INCH, PSI = 0.3048, 0.0254, 6894.757293168


class Properties:
    """One wall whose property set a test fills in."""

    def __init__(self, length: float = 0.001, schema: str = "IFC4") -> None:
        self.author = Author(length, schema)
        self.file = self.author.file
        self.wall = self.author.block((1.0, 1.0, 1.0), name="wall")

    def make(self, ifc_class: str, *values: Any, **named: Any) -> Any:
        return self.file.create_entity(ifc_class, *values, **named)

    def value(self, ifc_class: str, inner: Any) -> Any:
        return self.make(ifc_class, inner)

    def assign_units(self, *units: Any) -> None:
        (assignment,) = self.file.by_type("IfcUnitAssignment")
        assignment.Units = (*assignment.Units, *units)

    def single(self, name: str, ifc_class: str, inner: Any, unit: Any = None) -> Any:
        return self.make("IfcPropertySingleValue", name, None, self.value(ifc_class, inner), unit)

    def define(self, definition: Any, owner: Any = None) -> None:
        self.make(
            "IfcRelDefinesByProperties", ifcopenshell.guid.new(), *self._signed(), None, None, [owner or self.wall], definition
        )  # fmt: skip

    def pset(self, name: str, properties: list[Any]) -> Any:
        return self.make(
            "IfcPropertySet", ifcopenshell.guid.new(), *self._signed(), name, None, properties
        )

    def quantities(self, name: str, quantities: list[Any]) -> Any:
        return self.make(
            "IfcElementQuantity", ifcopenshell.guid.new(), *self._signed(), name, None, None, quantities
        )  # fmt: skip

    def read(self, folder: Path) -> BuildingModel:
        return read_ifc(self.author.write(folder / "a.ifc"))

    def sets(self, folder: Path) -> PropertySets:
        (wall,) = self.read(folder).elements
        return wall.property_sets

    def si(self, name: str, kind: str, prefix: str | None = None) -> Any:
        return self.make("IfcSIUnit", UnitType=kind, Prefix=prefix, Name=name)

    def derived(self, kind: str, *elements: tuple[Any, int]) -> Any:
        parts = [self.make("IfcDerivedUnitElement", unit, power) for unit, power in elements]
        return self.make("IfcDerivedUnit", parts, kind)

    def converted(self, name: str, kind: str, factor: float, base: Any) -> Any:
        measure = self.make("IfcMeasureWithUnit", self.value("IfcReal", factor), base)
        return self.make(
            "IfcConversionBasedUnit",
            self.make("IfcDimensionalExponents", 0, 0, 0, 0, 0, 0, 0),
            kind,
            name,
            measure,
        )

    def _signed(self) -> list[Any]:
        return [next(iter(self.file.by_type("IfcOwnerHistory")), None)]


def units_of_all_kinds(p: Properties) -> list[Any]:
    """A project in millimetres with US and derived units beside."""
    metre = p.si("METRE", "LENGTHUNIT")
    gram, kilogram = p.si("GRAM", "MASSUNIT"), p.si("GRAM", "MASSUNIT", "KILO")
    watt, kelvin = p.si("WATT", "POWERUNIT", "KILO"), p.si("KELVIN", "THERMODYNAMICTEMPERATUREUNIT")
    second = p.si("SECOND", "TIMEUNIT")
    square_metre = p.si("SQUARE_METRE", "AREAUNIT", "CENTI")
    return [
        square_metre,
        p.si("CUBIC_METRE", "VOLUMEUNIT", "DECI"),
        gram,
        p.converted("hour", "TIMEUNIT", 3600.0, second),
        p.converted("degree", "PLANEANGLEUNIT", 0.017453292519943295, p.si("RADIAN", "PLANEANGLEUNIT")),
        p.si("DEGREE_CELSIUS", "THERMODYNAMICTEMPERATUREUNIT"),
        p.derived("THERMALTRANSMITTANCEUNIT", (watt, 1), (square_metre, -1), (kelvin, -1)),
        p.derived("MASSDENSITYUNIT", (kilogram, 1), (metre, -3)),
        p.derived("VOLUMETRICFLOWRATEUNIT", (p.si("CUBIC_METRE", "VOLUMEUNIT", "DECI"), 1), (second, -1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ifc_class", "written", "si"),
    [
        ("IfcLengthMeasure", 2500.0, 2.5),
        ("IfcPositiveLengthMeasure", 2500.0, 2.5),
        ("IfcNonNegativeLengthMeasure", 2500.0, 2.5),
        ("IfcAreaMeasure", 20_000.0, 2.0),  # square centimetres
        ("IfcVolumeMeasure", 3000.0, 3.0),  # cubic decimetres
        ("IfcMassMeasure", 1500.0, 1.5),  # grams
        ("IfcTimeMeasure", 1.5, 5400.0),  # hours
        ("IfcPlaneAngleMeasure", 180.0, 3.141592653589793),
        ("IfcPositivePlaneAngleMeasure", 90.0, 1.5707963267948966),
        ("IfcThermodynamicTemperatureMeasure", 20.0, 293.15),
        ("IfcThermalTransmittanceMeasure", 0.00024, 2400.0),  # kW/(cm2 K)
        ("IfcMassDensityMeasure", 2400.0, 2400.0),
        ("IfcVolumetricFlowRateMeasure", 30.0, 0.03),
        ("IfcPressureMeasure", 101_325.0, 101_325.0),  # assigned no unit: SI
        ("IfcRatioMeasure", 0.25, 0.25),
        ("IfcReal", 7.5, 7.5),
        ("IfcCountMeasure", 12.0, 12.0),
        ("IfcInteger", 3, 3),
        ("IfcLabel", "text", "text"),
        ("IfcBoolean", True, True),
        ("IfcLogical", "UNKNOWN", None),
    ],
)
def test_every_measure_comes_in_si(
    tmp_path: Path, ifc_class: str, written: object, si: object
) -> None:
    p = Properties()
    p.assign_units(*units_of_all_kinds(p))
    p.define(p.pset("Pset", [p.single("X", ifc_class, written)]))
    model = p.read(tmp_path)
    found = model.elements[0].property_sets["Pset"]["X"]
    assert type(found) is type(si)
    assert found == (pytest.approx(si, rel=1e-12) if isinstance(si, float) else si)
    assert model.warnings == ()


def test_the_unit_of_a_property_outranks_that_of_the_project(tmp_path: Path) -> None:
    p = Properties()
    metre, pascal = p.si("METRE", "LENGTHUNIT"), p.si("PASCAL", "PRESSUREUNIT")
    inch = p.converted("inch", "LENGTHUNIT", INCH, metre)
    newton = p.si("NEWTON", "FORCEUNIT")
    p.define(
        p.pset(
            "Pset",
            [
                p.single("Width", "IfcLengthMeasure", 10.0, inch),
                p.single("Here", "IfcLengthMeasure", 10.0),
                p.single(
                    "Stress",
                    "IfcPressureMeasure",
                    1.0,
                    p.converted("psi", "PRESSUREUNIT", PSI, pascal),
                ),
                p.single(
                    "Load",
                    "IfcReal",
                    3.0,
                    p.derived("MODULUSOFELASTICITYUNIT", (newton, 1), (inch, -2)),
                ),
                p.make(
                    "IfcPropertyListValue", "Steps", None, [p.value("IfcLengthMeasure", 1.0)], inch
                ),
            ],
        )
    )
    p.define(
        p.quantities(
            "Qto", [p.make("IfcQuantityLength", "Height", None, inch, 100.0, "Width * 10")]
        )
    )
    sets = p.sets(tmp_path)
    assert sets["Pset"] == {
        "Width": pytest.approx(0.254),
        "Here": pytest.approx(0.01),
        "Stress": pytest.approx(PSI),
        "Load": pytest.approx(3.0 / INCH**2),
        "Steps": (pytest.approx(INCH),),
    }
    assert sets["Qto"] == {"Height": pytest.approx(2.54)}


def test_a_value_in_a_unit_that_has_no_way_to_si_is_text_and_told(tmp_path: Path) -> None:
    p = Properties()
    nothing = p.make("IfcDimensionalExponents", 0, 0, 0, 0, 0, 0, 0)
    piece = p.make("IfcContextDependentUnit", nothing, "USERDEFINED", "barleycorn")
    rate = p.derived("USERDEFINED", (piece, 1), (p.si("SECOND", "TIMEUNIT"), -1))
    rate.UserDefinedType = "barleycorn/s"
    money = p.make("IfcMonetaryUnit", "CNY")
    p.define(
        p.pset(
            "Pset",
            [
                p.single("A", "IfcLengthMeasure", 12.0, piece),
                p.single("B", "IfcReal", 3.0, rate),
                p.single("C", "IfcLengthMeasure", 4.0, piece),
                p.single("D", "IfcMonetaryMeasure", 99.5, money),
            ],
        )
    )
    model = p.read(tmp_path)
    assert model.elements[0].property_sets["Pset"] == {
        "A": "12.0 barleycorn",
        "B": "3.0 barleycorn/s",
        "C": "4.0 barleycorn",
        "D": "99.5 CNY",
    }
    assert [warning.en for warning in model.warnings] == [
        "the units of 4 property values cannot be converted (CNY, barleycorn, barleycorn/s); they are kept as text."
    ]


def test_degrees_fahrenheit_have_an_offset(tmp_path: Path) -> None:
    p = Properties()
    kelvin = p.si("KELVIN", "THERMODYNAMICTEMPERATUREUNIT")
    fahrenheit = p.make(
        "IfcConversionBasedUnitWithOffset",
        p.make("IfcDimensionalExponents", 0, 0, 0, 0, 1, 0, 0),
        "THERMODYNAMICTEMPERATUREUNIT",
        "fahrenheit",
        p.make("IfcMeasureWithUnit", p.value("IfcReal", 5.0 / 9.0), kelvin),
        459.67 * 5.0 / 9.0,
    )
    p.assign_units(fahrenheit)
    p.define(p.pset("Pset", [p.single("Boils", "IfcThermodynamicTemperatureMeasure", 212.0)]))
    assert p.sets(tmp_path)["Pset"]["Boils"] == pytest.approx(373.15)


def test_values_of_every_shape(tmp_path: Path) -> None:
    p = Properties()

    def lengths(*values: float) -> list[Any]:
        return [p.value("IfcLengthMeasure", value) for value in values]

    low, high, aim = lengths(1000.0, 3000.0, 2000.0)
    p.define(
        p.pset(
            "Pset",
            [
                p.make("IfcPropertyBoundedValue", "Range", None, high, low, None, aim),
                p.make("IfcPropertyBoundedValue", "AtLeast", None, None, low),
                p.make("IfcPropertyListValue", "List", None, lengths(1.0, 2.0), None),
                p.make("IfcPropertyEnumeratedValue", "Enumerated", None, [p.value("IfcLabel", "NEW"), p.value("IfcLabel", "OLD")], None),
                p.make("IfcPropertyTableValue", "Table", None, lengths(1000.0, 2000.0), [p.value("IfcLabel", "a"), p.value("IfcLabel", "b")], None, None, None, None),
                p.make("IfcPropertyReferenceValue", "Reference", None, None, p.make("IfcMaterial", "Concrete")),
                p.make("IfcPropertySingleValue", "Nothing", None, None, None),
                p.make("IfcComplexProperty", "Whole", None, "usage", [
                    p.single("Part", "IfcLengthMeasure", 500.0),
                    p.make("IfcComplexProperty", "Inner", None, "usage", [p.single("Deep", "IfcLabel", "x")]),
                ]),
            ],
        )
    )  # fmt: skip
    assert p.sets(tmp_path)["Pset"] == {
        "Range": BoundedValue(1.0, 3.0, 2.0),
        "AtLeast": BoundedValue(1.0, None, None),
        "List": (0.001, 0.002),
        "Enumerated": ("NEW", "OLD"),
        "Table": TableValue((1.0, 2.0), ("a", "b")),
        "Reference": "Concrete",
        "Nothing": None,
        "Whole.Part": 0.5,
        "Whole.Inner.Deep": "x",
    }


def test_quantities_of_every_kind_and_within_quantities(tmp_path: Path) -> None:
    p = Properties()
    p.assign_units(*units_of_all_kinds(p))
    length = p.make("IfcQuantityLength", "Width", None, None, 365.0, None)
    p.define(
        p.quantities(
            "Qto",
            [
                p.make("IfcQuantityLength", "Length", None, None, 4000.0, "a formula that says 5000"),
                p.make("IfcQuantityArea", "Area", None, None, 10_000.0, None),
                p.make("IfcQuantityVolume", "Volume", None, None, 10.0, None),
                p.make("IfcQuantityWeight", "Weight", None, None, 250.0, None),
                p.make("IfcQuantityCount", "Count", None, None, 4.0, None),
                p.make("IfcQuantityTime", "Time", None, None, 2.0, None),
                p.make("IfcPhysicalComplexQuantity", "Layer 1", None, [length], "layer", None, None),
            ],
        )
    )  # fmt: skip
    assert p.sets(tmp_path)["Qto"] == {
        "Length": pytest.approx(4.0),
        "Area": pytest.approx(1.0),
        "Volume": pytest.approx(0.01),
        "Weight": pytest.approx(0.25),
        "Count": 4.0,
        "Time": pytest.approx(7200.0),
        "Layer 1.Width": pytest.approx(0.365),
    }


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3"])
def test_a_type_lends_what_its_occurrence_does_not_say(tmp_path: Path, schema: str) -> None:
    p = Properties(schema=schema)
    (history,) = p._signed()
    label = [p.single(name, "IfcLabel", f"type's {name}") for name in ("A", "B")]
    kind = p.make(
        "IfcWallType",
        GlobalId=ifcopenshell.guid.new(),
        OwnerHistory=history,
        Name="kind",
        PredefinedType="STANDARD",
        HasPropertySets=[
            p.pset("Pset", label),
            p.pset("Pset_Type", [p.single("C", "IfcLabel", "c")]),
        ],
    )
    p.make("IfcRelDefinesByType", ifcopenshell.guid.new(), history, None, None, [p.wall], kind)
    p.define(p.pset("Pset", [p.single("B", "IfcLabel", "own B")]))
    model = p.read(tmp_path)
    (wall,), (found,) = model.elements, model.types
    assert wall.property_sets == {
        "Pset": {"A": "type's A", "B": "own B"},
        "Pset_Type": {"C": "c"},
    }
    assert found.property_sets["Pset"] == {"A": "type's A", "B": "type's B"}
    assert (wall.type_id, wall.type_name, wall.predefined_type) == (
        found.global_id,
        "kind",
        "STANDARD",
    )


def test_sets_given_as_one_set_of_sets_are_all_read(tmp_path: Path) -> None:
    p = Properties()
    sets = [p.pset(name, [p.single("X", "IfcLabel", name)]) for name in ("Pset_A", "Pset_B")]
    p.define(sets[0])
    path = p.author.write(tmp_path / "a.ifc")
    one, both = (",".join(f"#{s.id()}" for s in some) for some in (sets[:1], sets))
    content = path.read_text(encoding="utf-8")
    assert content.count(f",{one});") == 1
    changed = content.replace(f",{one});", f",IFCPROPERTYSETDEFINITIONSET(({both})));")
    path.write_text(changed, encoding="utf-8")
    (wall,) = read_ifc(path).elements
    assert wall.property_sets == {"Pset_A": {"X": "Pset_A"}, "Pset_B": {"X": "Pset_B"}}


def test_elements_with_the_same_sets_share_them(tmp_path: Path) -> None:
    p = Properties()
    walls = [p.wall, *(p.author.block((1.0, 1.0, 1.0), name=f"{i}") for i in range(20))]
    shared = p.pset("Pset", [p.single("X", "IfcLabel", "x")])
    for wall in walls:
        p.define(shared, wall)
    elements = p.read(tmp_path).elements
    assert len(elements) == 21
    assert len({id(element.property_sets) for element in elements}) == 1


def test_a_number_that_is_none_is_absent_and_told(tmp_path: Path) -> None:
    p = Properties()
    p.define(p.quantities("Qto", [p.make("IfcQuantityLength", "Width", None, None, 12345.0, None)]))
    p.define(
        p.pset(
            "Pset", [p.single("X", "IfcLengthMeasure", 1e307, p.si("METRE", "LENGTHUNIT", "KILO"))]
        )
    )
    path = p.author.write(tmp_path / "a.ifc")
    content = path.read_text(encoding="utf-8")
    assert content.count("12345.") == 1
    path.write_text(content.replace("12345.", "'wide'"), encoding="utf-8")
    model = read_ifc(path)
    assert model.elements[0].property_sets == {"Qto": {"Width": None}, "Pset": {"X": None}}
    assert "2 values of properties are no finite numbers and count as absent." in [
        warning.en for warning in model.warnings
    ]
