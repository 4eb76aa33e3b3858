"""Whatever unit a file is in, metres and radians come out; closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import ifcopenshell
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cim.building import BuildingModel, DefectKind
from cim.ifc import read_ifc
from cim.ifc.measures import Measures
from cim.ifc.units import PREFIXES, read_units, scale_of, unit_name
from tests.cim.ifc.hostile import WORLD, step

METRE = "#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n"
FOOT = """\
#2=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'FOOT',#31);
#30=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);
#31=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(0.3048),#32);
#32=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
"""
YARD = """\
#2=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'YARD',#40);
#40=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(3.),#41);
#41=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'FOOT',#31);
#30=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);
#31=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(12.),#42);
#42=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'INCH',#43);
#43=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(25.4),#44);
#44=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
"""
INCH = """\
#2=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'INCH',#31);
#30=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);
#31=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(25.4),#32);
#32=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
"""
LENGTHS = {
    "metre": (METRE, 1.0),
    "millimetre": (METRE.replace("$", ".MILLI."), 1e-3),
    "centimetre": (METRE.replace("$", ".CENTI."), 1e-2),
    "kilometre": (METRE.replace("$", ".KILO."), 1e3),
    "foot": (FOOT, 0.3048),
    "inch of millimetres": (INCH, 0.0254),
    "yard of feet of inches of millimetres": (YARD, 0.9144),
}


def read(tmp_path: Path, content: bytes) -> BuildingModel:
    path = tmp_path / "a.ifc"
    path.write_bytes(content)
    return read_ifc(path)


def in_unit(lines: str, more: str = "") -> bytes:
    return step(more, world=WORLD.replace(METRE, lines))


@pytest.mark.parametrize("name", LENGTHS)
def test_bodies_storeys_and_quantities_come_in_metres(tmp_path: Path, name: str) -> None:
    lines, metres = LENGTHS[name]
    more = (
        "#70=IFCBUILDINGSTOREY('0hut0000000000000000s2',$,'2F',$,$,#9,$,$,$,3.);\n"
        "#71=IFCQUANTITYLENGTH('Width',$,$,7.,$);\n"
        "#72=IFCELEMENTQUANTITY('0hut0000000000000000q1',$,'Qto',$,$,(#71));\n"
        "#73=IFCRELDEFINESBYPROPERTIES('0hut0000000000000000q2',$,$,$,(#23),#72);\n"
    )
    model = read(tmp_path, in_unit(lines, more))
    assert model.defects == ()
    assert model.length_unit == pytest.approx(metres, rel=1e-12)
    bounds = model.bounds()
    assert bounds is not None
    size = (bounds[1] - bounds[0]).tolist()
    assert size == pytest.approx([6.0 * metres, 4.0 * metres, 3.0 * metres], rel=1e-9)
    assert max(s.elevation or 0.0 for s in model.storeys) == pytest.approx(3.0 * metres)
    (wall,) = model.elements
    assert wall.property_sets["Qto"]["Width"] == pytest.approx(7.0 * metres)


ANGLES = {
    "radian": ("#51=IFCSIUNIT(*,.PLANEANGLEUNIT.,$,.RADIAN.);\n", math.pi / 2),
    "degree": (
        "#50=IFCSIUNIT(*,.PLANEANGLEUNIT.,$,.RADIAN.);\n"
        "#51=IFCCONVERSIONBASEDUNIT(#53,.PLANEANGLEUNIT.,'DEGREE',#52);\n"
        f"#52=IFCMEASUREWITHUNIT(IFCPLANEANGLEMEASURE({math.pi / 180!r}),#50);\n"
        "#53=IFCDIMENSIONALEXPONENTS(0,0,0,0,0,0,0);\n",
        90.0,
    ),
    "gon": (
        "#50=IFCSIUNIT(*,.PLANEANGLEUNIT.,$,.RADIAN.);\n"
        "#51=IFCCONVERSIONBASEDUNIT(#53,.PLANEANGLEUNIT.,'GON',#52);\n"
        f"#52=IFCMEASUREWITHUNIT(IFCPLANEANGLEMEASURE({math.pi / 200!r}),#50);\n"
        "#53=IFCDIMENSIONALEXPONENTS(0,0,0,0,0,0,0);\n",
        100.0,
    ),
}


@pytest.mark.parametrize("name", ANGLES)
def test_angles_come_in_radians(tmp_path: Path, name: str) -> None:
    lines, right_angle = ANGLES[name]
    # The kernel too must turn by the unit: a quarter of a wheel of radius 1 around its axis.
    more = (
        lines + f"#100=IFCREVOLVEDAREASOLID(#110,#4,#111,{right_angle!r});\n"
        "#110=IFCRECTANGLEPROFILEDEF(.AREA.,$,#112,1.,1.);\n"
        "#111=IFCAXIS1PLACEMENT(#6,#113);\n"
        "#112=IFCAXIS2PLACEMENT2D(#114,$);\n"
        "#113=IFCDIRECTION((0.,1.,0.));\n"
        "#114=IFCCARTESIANPOINT((0.5,0.5));\n"
        "#90=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#100));\n"
        "#91=IFCPRODUCTDEFINITIONSHAPE($,$,(#90));\n"
        "#92=IFCWALL('0turn0000000000000001',$,'turned',$,$,#9,#91,$,$);\n"
        f"#71=IFCPROPERTYSINGLEVALUE('Slope',$,IFCPLANEANGLEMEASURE({right_angle!r}),$);\n"
        "#72=IFCPROPERTYSET('0hut0000000000000000q1',$,'Pset',$,(#71));\n"
        "#73=IFCRELDEFINESBYPROPERTIES('0hut0000000000000000q2',$,$,$,(#23),#72);\n"
    )
    world = WORLD.replace("#3=IFCUNITASSIGNMENT((#2));", "#3=IFCUNITASSIGNMENT((#2,#51));")
    model = read(tmp_path, step(more, world=world))
    assert model.defects == ()
    slopes = [e.property_sets["Pset"]["Slope"] for e in model.elements if e.property_sets]
    assert slopes == pytest.approx([math.pi / 2])
    turned = next(e for e in model.elements if e.name == "turned")
    assert turned.representation is not None
    vertices = model.body(turned.representation).vertices
    assert vertices.min(axis=0).tolist() == pytest.approx([0.0, 0.0, -1.0], abs=1e-6)
    assert vertices.max(axis=0).tolist() == pytest.approx([1.0, 1.0, 0.0], abs=1e-6)


def properties(tmp_path: Path, value: str, unit: str, *, lines: str = METRE) -> BuildingModel:
    """A file whose wall has one property of its own unit, #60."""
    more = (
        f"{unit}\n#71=IFCPROPERTYSINGLEVALUE('P',$,{value},#60);\n"
        "#72=IFCPROPERTYSET('0hut0000000000000000q1',$,'Pset',$,(#71));\n"
        "#73=IFCRELDEFINESBYPROPERTIES('0hut0000000000000000q2',$,$,$,(#23),#72);\n"
    )
    return read(tmp_path, in_unit(lines, more))


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("IFCLENGTHMEASURE(5.)", "#60=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);", 0.005),
        ("IFCAREAMEASURE(5.)", "#60=IFCSIUNIT(*,.AREAUNIT.,.CENTI.,.SQUARE_METRE.);", 5e-4),
        ("IFCVOLUMEMEASURE(5.)", "#60=IFCSIUNIT(*,.VOLUMEUNIT.,.DECI.,.CUBIC_METRE.);", 5e-3),
        ("IFCMASSMEASURE(5.)", "#60=IFCSIUNIT(*,.MASSUNIT.,.KILO.,.GRAM.);", 5.0),
        (
            "IFCLINEARVELOCITYMEASURE(36.)",
            "#60=IFCDERIVEDUNIT((#61,#62),.LINEARVELOCITYUNIT.,$);\n"
            "#61=IFCDERIVEDUNITELEMENT(#63,1);\n#62=IFCDERIVEDUNITELEMENT(#64,-1);\n"
            "#63=IFCSIUNIT(*,.LENGTHUNIT.,.KILO.,.METRE.);\n"
            "#64=IFCCONVERSIONBASEDUNIT(#65,.TIMEUNIT.,'HOUR',#66);\n"
            "#65=IFCDIMENSIONALEXPONENTS(0,0,1,0,0,0,0);\n"
            "#66=IFCMEASUREWITHUNIT(IFCTIMEMEASURE(3600.),#67);\n"
            "#67=IFCSIUNIT(*,.TIMEUNIT.,$,.SECOND.);",
            10.0,
        ),
    ],
)
def test_a_property_may_have_a_unit_of_its_own(
    tmp_path: Path, value: str, unit: str, expected: float
) -> None:
    # The project is in feet, which must not be applied on top.
    model = properties(tmp_path, value, unit, lines=FOOT)
    assert model.elements[0].property_sets["Pset"]["P"] == pytest.approx(expected, rel=1e-12)
    assert model.warnings == ()


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("#60=IFCCONTEXTDEPENDENTUNIT(#61,.LENGTHUNIT.,'chi');", "chi"),
        ("#60=IFCMONETARYUNIT('CNY');", "CNY"),
        (
            "#60=IFCCONVERSIONBASEDUNIT(#61,.LENGTHUNIT.,'nought',#62);\n"
            "#62=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(0.),#2);",
            "nought",
        ),
    ],
)
def test_a_value_in_a_unit_nobody_knows_is_text_and_told(
    tmp_path: Path, unit: str, name: str
) -> None:
    exponents = "\n#61=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);"
    model = properties(tmp_path, "IFCLENGTHMEASURE(5.)", unit + exponents)
    assert model.elements[0].property_sets["Pset"]["P"] == f"5.0 {name}"
    (told,) = model.warnings
    assert told.en == (
        f"the units of 1 property values cannot be converted ({name}); they are kept as text."
    )
    assert model.is_complete


@pytest.mark.parametrize(
    "lines",
    [
        "#2=IFCCONTEXTDEPENDENTUNIT(#30,.LENGTHUNIT.,'chi');\n"
        "#30=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);\n",
        "#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.SQUARE_METRE.);\n",
        FOOT.replace("0.3048", "-1."),
    ],
    ids=["context", "area for length", "negative"],
)
def test_a_length_unit_nobody_knows_bars_verdicts(tmp_path: Path, lines: str) -> None:
    model = read(tmp_path, in_unit(lines))
    (defect,) = model.defects
    assert (defect.kind, defect.examples) == (DefectKind.UNKNOWN_UNIT, ("LENGTHUNIT",))
    assert not model.is_complete


def test_an_area_unit_nobody_knows_bars_nothing_and_guesses_nothing(tmp_path: Path) -> None:
    more = (
        "#55=IFCCONTEXTDEPENDENTUNIT(#56,.AREAUNIT.,'mu');\n"
        "#56=IFCDIMENSIONALEXPONENTS(2,0,0,0,0,0,0);\n"
        "#71=IFCQUANTITYAREA('Net',$,$,7.,$);\n"
        "#72=IFCELEMENTQUANTITY('0hut0000000000000000q1',$,'Qto',$,$,(#71));\n"
        "#73=IFCRELDEFINESBYPROPERTIES('0hut0000000000000000q2',$,$,$,(#23),#72);\n"
    )
    world = WORLD.replace("#3=IFCUNITASSIGNMENT((#2));", "#3=IFCUNITASSIGNMENT((#2,#55));")
    model = read(tmp_path, step(more, world=world))
    assert model.is_complete
    assert model.elements[0].property_sets["Qto"]["Net"] == "7.0 ?"


def test_a_file_without_a_unit_of_length_is_told_so(tmp_path: Path) -> None:
    world = WORLD.replace("#3=IFCUNITASSIGNMENT((#2));", "").replace("(#5),#3)", "(#5),$)")
    model = read(tmp_path, step(world=world))
    assert [told.en for told in model.warnings] == [
        "the file assigns no unit of length; it was read in metres."
    ]
    assert model.length_unit == 1.0


@given(
    prefix=st.sampled_from(sorted(PREFIXES)),
    power=st.sampled_from([("METRE", 1), ("SQUARE_METRE", 2), ("CUBIC_METRE", 3)]),
    factors=st.lists(st.floats(1e-3, 1e3), max_size=5),
)
def test_nested_units_multiply(prefix: str, power: tuple[str, int], factors: list[float]) -> None:
    file = ifcopenshell.file(schema="IFC4")
    name, exponent = power
    unit = file.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Prefix=prefix, Name=name)
    for factor in factors:
        measure = file.create_entity(
            "IfcMeasureWithUnit", file.create_entity("IfcLengthMeasure", factor), unit
        )
        unit = file.create_entity(
            "IfcConversionBasedUnit", UnitType="LENGTHUNIT", Name="x", ConversionFactor=measure
        )
    expected = math.prod(factors) * PREFIXES[prefix] ** exponent
    assert scale_of(unit) == pytest.approx(expected, rel=1e-12)


def test_what_the_project_says_outranks_what_lies_in_the_file() -> None:
    file = ifcopenshell.file(schema="IFC4")
    stray = file.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Prefix="MILLI", Name="METRE")
    file.create_entity("IfcUnitAssignment", [stray])
    own = file.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    file.create_entity(
        "IfcProject",
        GlobalId="0hut000000000000000000",
        UnitsInContext=file.create_entity("IfcUnitAssignment", [own]),
    )
    units = read_units(file)
    assert (units.length, units.unknown) == (1.0, frozenset())
    assert Measures(file).si(2.0, "IfcLengthMeasure") == 2.0
    assert unit_name(stray) == "METRE"
