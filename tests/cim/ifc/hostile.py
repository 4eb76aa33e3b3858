"""Hostile files, each with the outcome it must have.

Every file of a shape holds a good wall too, which must come out whatever the other does.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cim.building import DefectKind
from cim.errors import UnreadableIfcError

GOOD, BAD = "0good00000000000000001", "0bad000000000000000001"

HEAD = """\
ISO-10303-21;
HEADER;
FILE_DESCRIPTION((''),'2;1');
FILE_NAME('hostile.ifc','2026-01-01T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('{schema}'));
ENDSEC;
DATA;
"""
TAIL = "ENDSEC;\nEND-ISO-10303-21;\n"
WORLD = f"""\
#1=IFCPROJECT('0hut000000000000000000',$,'hostile',$,$,$,$,(#5),#3);
#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#3=IFCUNITASSIGNMENT((#2));
#4=IFCAXIS2PLACEMENT3D(#6,$,$);
#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#4,$);
#6=IFCCARTESIANPOINT((0.,0.,0.));
#9=IFCLOCALPLACEMENT($,#4);
#10=IFCSITE('0hut000000000000000001',$,'yard',$,$,#9,$,$,$,$,$,$,$,$);
#11=IFCBUILDING('0hut000000000000000002',$,'house',$,$,#9,$,$,$,$,$,$);
#12=IFCBUILDINGSTOREY('0hut000000000000000003',$,'1F',$,$,#9,$,$,$,0.);
#13=IFCRELAGGREGATES('0hut000000000000000005',$,$,$,#1,(#10));
#14=IFCRELAGGREGATES('0hut000000000000000006',$,$,$,#10,(#11));
#15=IFCRELAGGREGATES('0hut000000000000000007',$,$,$,#11,(#12));
#16=IFCCARTESIANPOINT((0.,0.));
#17=IFCAXIS2PLACEMENT2D(#16,$);
#18=IFCRECTANGLEPROFILEDEF(.AREA.,$,#17,6.,4.);
#19=IFCDIRECTION((0.,0.,1.));
#20=IFCEXTRUDEDAREASOLID(#18,#4,#19,3.);
#21=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#20));
#22=IFCPRODUCTDEFINITIONSHAPE($,$,(#21));
#23=IFCWALL('{GOOD}',$,'good',$,$,#9,#22,$,$);
#24=IFCRELCONTAINEDINSPATIALSTRUCTURE('0hut000000000000000008',$,$,$,(#23),#12);
"""


@dataclass(frozen=True, slots=True)
class Refused:
    """A typed error whose English reason holds a fragment."""

    fragment: str
    error: type[UnreadableIfcError] = UnreadableIfcError


@dataclass(frozen=True, slots=True)
class Undrawn:
    """The good wall is drawn; the bad one is not, for a reason that holds a fragment."""

    fragment: str


@dataclass(frozen=True, slots=True)
class Flawed:
    """The good wall is drawn, and the file has exactly these defects."""

    kinds: tuple[DefectKind, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The bad wall is not drawn, for a reason that holds a fragment, and the file has exactly these defects."""

    fragment: str
    kinds: tuple[DefectKind, ...]


@dataclass(frozen=True, slots=True)
class Harmless:
    """The good wall is drawn and the file has no defect; `drawn` tells whether the bad wall is."""

    drawn: bool


Outcome = Refused | Undrawn | Flawed | Lost | Harmless


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to be hostile.

    Attributes:
        name: what is done.
        content: of the file.
        outcome: what must come of it.
        suffix: of the file's name.
        slow: costs more than a second.
    """

    name: str
    content: Callable[[], bytes]
    outcome: Outcome
    suffix: str = ".ifc"
    slow: bool = False


def step(more: str = "", *, schema: str = "IFC4", world: str = WORLD) -> bytes:
    """A file with the good wall and more."""
    return (HEAD.format(schema=schema) + world + more + TAIL).encode("ascii")


def shaped(item: str, *, kind: str = "SweptSolid", placement: str = "#9") -> bytes:
    """A file with a bad wall whose shape is instance #100; `item` holds that and what it needs, from #100 on."""
    return step(
        f"{item}\n#90=IFCSHAPEREPRESENTATION(#5,'Body','{kind}',(#100));\n"
        "#91=IFCPRODUCTDEFINITIONSHAPE($,$,(#90));\n"
        f"#92=IFCWALL('{BAD}',$,'bad',$,$,{placement},#91,$,$);\n"
    )


def chained(count: int) -> str:
    """Boolean operations, each on the one before."""
    links = [f"#{100 + i}=IFCBOOLEANRESULT(.UNION.,#{101 + i},#50001);" for i in range(count)]
    return "\n".join([*links, f"#{100 + count}=IFCSPHERE(#4,1.);", "#50001=IFCSPHERE(#4,1.);"])


def subtracted(count: int) -> str:
    """A sphere, less many others."""
    lines = [f"#{100 + count}=IFCSPHERE(#4,9.);"]
    for i in range(count):
        x = 9.0 * ((i * 0.618034) % 1.0)
        lines += [
            f"#{100 + i}=IFCBOOLEANRESULT(.DIFFERENCE.,#{101 + i},#{2000 + i});",
            f"#{2000 + i}=IFCSPHERE(#{4000 + i},1.);",
            f"#{4000 + i}=IFCAXIS2PLACEMENT3D(#{6000 + i},$,$);",
            f"#{6000 + i}=IFCCARTESIANPOINT(({x:.6f},{9.0 - x:.6f},{(i * 0.414) % 3.0:.6f}));",
        ]
    return "\n".join(lines)


def laughing(levels: int) -> str:
    """Mapped items, ten of the next in each: ten to the power of levels in all."""
    lines = ["#100=IFCMAPPEDITEM(#1000,#99);"]
    lines.append("#99=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#6,$,$);")
    for level in range(levels):
        here = 1000 + 100 * level
        inside = ",".join(f"#{here + 10 + i}" for i in range(10))
        lines += [
            f"#{here}=IFCREPRESENTATIONMAP(#4,#{here + 1});",
            f"#{here + 1}=IFCSHAPEREPRESENTATION(#5,'Body','MappedRepresentation',({inside}));",
        ]
        lines += [f"#{here + 10 + i}=IFCMAPPEDITEM(#{here + 100},#99);" for i in range(10)]
    last = 1000 + 100 * levels
    lines += [
        f"#{last}=IFCREPRESENTATIONMAP(#4,#{last + 1});",
        f"#{last + 1}=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#20));",
    ]
    return "\n".join(lines)


def extruded(points: Iterable[tuple[object, object]], *, direction: str = "#19") -> str:
    """An extrusion of a closed polyline."""
    numbered = list(points)
    refs = ",".join(f"#{200 + i}" for i in range(len(numbered)))
    lines = [
        f"#100=IFCEXTRUDEDAREASOLID(#101,#4,{direction},3.);",
        "#101=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#102);",
        f"#102=IFCPOLYLINE(({refs},#200));",
    ]
    lines += [f"#{200 + i}=IFCCARTESIANPOINT(({x},{y}));" for i, (x, y) in enumerate(numbered)]
    return "\n".join(lines)


SQUARE = (("0.", "0."), ("1.", "0."), ("1.", "1."), ("0.", "1."))


def with_point(x: str) -> bytes:
    return shaped(extruded((SQUARE[0], (x, "0."), *SQUARE[2:])))


def triangulated(
    indices: str, points: str = "(0.,0.,0.),(1.,0.,0.),(0.,1.,0.),(0.,0.,1.)"
) -> bytes:
    return shaped(
        f"#100=IFCTRIANGULATEDFACESET(#101,$,$,({indices}),$);\n"
        f"#101=IFCCARTESIANPOINTLIST3D(({points}));",
        kind="Tessellation",
    )


def placed(count: int, *, closed: bool) -> bytes:
    """A bad wall below many placements; the last leads back to the first or to the world."""
    lines = [f"#{1000 + i}=IFCLOCALPLACEMENT(#{1001 + i},#4);" for i in range(count)]
    lines.append(f"#{1000 + count}=IFCLOCALPLACEMENT({'#1000' if closed else '$'},#4);")
    lines.append("#100=IFCBLOCK(#4,1.,1.,1.);")
    return shaped("\n".join(lines), kind="CSG", placement="#1000")


def opened(count: int) -> bytes:
    """A bad wall with many openings."""
    lines = ["#100=IFCBLOCK(#4,1.,1.,1.);"]
    for i in range(count):
        lines += [
            f"#{10000 + i}=IFCOPENINGELEMENT('o{i:021d}',$,$,$,$,#9,#22,$,$);",
            f"#{50000 + i}=IFCRELVOIDSELEMENT('r{i:021d}',$,$,$,#92,#{10000 + i});",
        ]
    return shaped("\n".join(lines), kind="CSG")


def zipped(
    entries: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED, flag: int = 0
) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, body in entries.items():
            archive.writestr(name, body)
    content = bytearray(made.getvalue())
    content[6] |= flag
    content[content.index(b"PK\x01\x02") + 8] |= flag
    return bytes(content)


def fuzzed(seed: int, count: int) -> bytes:
    """Random bytes in place of others, behind the header."""
    chance = random.Random(seed)
    content = bytearray(step())
    start = content.index(b"DATA;") + 6
    for _ in range(count):
        content[chance.randrange(start, len(content) - len(TAIL))] = chance.randrange(256)
    return bytes(content)


def without(line: str) -> bytes:
    kept = [other for other in WORLD.splitlines() if not other.startswith(line)]
    return step(world="\n".join(kept) + "\n")


CUT = DefectKind.CUT_OFF
BROKEN, MISSING = DefectKind.BROKEN_STATEMENT, DefectKind.MISSING_INSTANCE
REPEATED, UNKNOWN = DefectKind.REPEATED_INSTANCE, DefectKind.UNKNOWN_CLASS
WRONG = DefectKind.WRONG_ARGUMENTS

KINDS: tuple[Kind, ...] = (
    # The bytes.
    Kind("nothing", lambda: b"", Refused("the file is empty")),
    Kind("zeros", lambda: bytes(5000), Refused("nothing but zeros")),
    Kind("noise", lambda: random.Random(1).randbytes(5000), Refused("not an IFC file")),
    Kind("gzip", lambda: gzip.compress(step()), Refused("gzip archive")),
    Kind("UTF-16", lambda: step().decode().encode("utf-16"), Refused("STEP text in UTF-16")),
    Kind("machine part", lambda: step(schema="AUTOMOTIVE_DESIGN"), Refused("another application")),
    Kind("no such schema", lambda: step(schema="IFC9"), Refused("IFC9 is not supported")),
    Kind(
        "no schema", lambda: step().replace(b"FILE_SCHEMA", b"FILE_SCHEME"), Refused("FILE_SCHEMA")
    ),
    Kind("byte order mark", lambda: b"\xef\xbb\xbf" + step(), Harmless(drawn=False)),
    Kind("CR LF", lambda: step().replace(b"\n", b"\r\n"), Harmless(drawn=False)),
    Kind("CR only", lambda: step().replace(b"\n", b"\r"), Harmless(drawn=False)),
    Kind("one line", lambda: step().replace(b"\n", b""), Harmless(drawn=False)),
    Kind("zeros behind the end", lambda: step() + bytes(1000), Harmless(drawn=False)),
    Kind("zeros in the middle", lambda: step(bytes(600).decode()), Flawed((BROKEN,))),
    Kind("two files in one", lambda: step() * 2, Flawed((DefectKind.SECOND_FILE,))),
    # The end.
    Kind("cut in the header", lambda: step()[:150], Refused("cut off")),
    Kind("cut in the first instance", lambda: step()[:215], Refused("cut off")),
    Kind("cut in a statement", lambda: step("#100=IFCSPHERE(#4,")[: -len(TAIL)], Flawed((CUT,))),
    Kind("cut in a string", lambda: step("#100=IFCWALL('0b")[: -len(TAIL)], Flawed((CUT,))),
    Kind("cut before its end", lambda: step().removesuffix(TAIL.encode()), Flawed((CUT,))),
    Kind("cut in its last word", lambda: step()[:-8], Flawed((CUT,))),
    Kind(
        "no ENDSEC", lambda: step().replace(TAIL.encode(), TAIL[8:].encode()), Harmless(drawn=False)
    ),
    # Statements.
    Kind(
        "unterminated string",
        lambda: step("#100=IFCLABEL('abc);\n#101=IFCSPHERE(#4,1.);\n"),
        Flawed((BROKEN,)),
    ),
    Kind("unclosed bracket", lambda: step("#100=IFCDIRECTION((0.,0.,1.);\n"), Flawed((BROKEN,))),
    Kind("no semicolon", lambda: step("#100=IFCDIRECTION((0.,0.,1.))\n"), Flawed((BROKEN,))),
    Kind("no brackets", lambda: step("#100=IFCDIRECTION;\n"), Flawed((BROKEN,))),
    Kind("end inside a comment", lambda: step("/* END-ISO-10303-21; */\n"), Harmless(drawn=False)),
    Kind("unclosed comment", lambda: step("/* nothing follows\n"), Flawed((CUT,))),
    Kind(
        "instance in a string",
        lambda: step("#100=IFCPERSON($,'#9=IFCWALL();',$,$,$,$,$,$);\n"),
        Harmless(drawn=False),
    ),
    Kind(
        "missing reference",
        lambda: step("#100=IFCAXIS2PLACEMENT3D(#999,$,$);\n"),
        Flawed((MISSING,)),
    ),
    Kind("number used twice", lambda: step("#19=IFCDIRECTION((0.,1.,0.));\n"), Flawed((REPEATED,))),
    Kind(
        "number above 2^32",
        lambda: step("#99999999999=IFCDIRECTION((0.,1.,0.));\n"),
        Flawed((BROKEN,)),
    ),
    Kind(
        "reference above 2^32",
        lambda: step("#100=IFCAXIS2PLACEMENT3D(#99999999999,$,$);\n"),
        Flawed((BROKEN,)),
    ),
    Kind("unknown class", lambda: step("#100=IFCUNICORN(#6);\n"), Flawed((UNKNOWN,))),
    Kind("too few arguments", lambda: step("#100=IFCWALL('0x');\n"), Flawed((WRONG,))),
    Kind(
        "too many arguments",
        lambda: step("#100=IFCDIRECTION((0.,0.,1.),1,2,3);\n"),
        Flawed((WRONG,)),
    ),
    Kind(
        "wrong types",
        lambda: shaped("#100=IFCEXTRUDEDAREASOLID('a',.B.,3,(#6));"),
        Undrawn("no faces"),
    ),
    Kind(
        "no GlobalId",
        lambda: step("#100=IFCWALL($,$,'bad',$,$,#9,#22,$,$);\n"),
        Flawed((DefectKind.UNREAD_INSTANCE,)),
    ),
    Kind(
        "same GlobalId",
        lambda: step(f"#100=IFCWALL('{GOOD}',$,'bad',$,$,#9,#22,$,$);\n"),
        Flawed((DefectKind.REPEATED_GLOBAL_ID,)),
    ),
    Kind("no project", lambda: without("#1="), Flawed((MISSING,))),
    Kind("no units", lambda: without("#3="), Flawed((MISSING,))),
    Kind(
        "reference to itself",
        lambda: step("#100=IFCRELAGGREGATES('a',$,$,$,#100,(#100));\n"),
        Harmless(drawn=False),
    ),
    Kind(
        "storeys in a circle",
        lambda: step("#100=IFCRELAGGREGATES('a',$,$,$,#12,(#11));\n"),
        Harmless(drawn=False),
    ),
    # Lists.
    Kind(
        "200,000 brackets",
        lambda: shaped("#100=IFCPOLYLINE(" + "(" * 200_000 + "#6" + ")" * 200_000 + ");"),
        Undrawn("nested"),
    ),
    Kind(
        "list of 3 million",
        lambda: shaped("#100=IFCPOLYLINE((" + ",".join(["#6"] * 3_000_000) + "));"),
        Undrawn("too long"),
        slow=True,
    ),
    # Numbers.
    Kind("coordinate 1e300", lambda: with_point("1.E300"), Undrawn("out of range")),
    Kind("coordinate 1e999", lambda: with_point("1.E999"), Lost("missing", (BROKEN, MISSING))),
    Kind(
        "coordinate of 400 digits",
        lambda: with_point("9" * 400 + "."),
        Lost("missing", (BROKEN, MISSING)),
    ),
    Kind("coordinate 1e10", lambda: with_point("1.E10"), Undrawn("100,000 km")),
    Kind("coordinate NaN", lambda: with_point("NAN"), Lost("missing", (BROKEN, MISSING))),
    Kind("coordinate in words", lambda: with_point("'far'"), Undrawn("no faces")),
    Kind("coordinate left out", lambda: with_point("$"), Undrawn("left out")),
    # Shapes.
    Kind(
        "sphere of 1,000 km",
        lambda: shaped("#100=IFCSPHERE(#4,1.E6);", kind="CSG"),
        Undrawn("IfcSphere.Radius is 1e+06 m"),
    ),
    Kind(
        "negative radius",
        lambda: shaped("#100=IFCSPHERE(#4,-1.);", kind="CSG"),
        Undrawn("IfcSphere.Radius is -1 m"),
    ),
    Kind(
        "radius zero",
        lambda: shaped("#100=IFCSPHERE(#4,0.);", kind="CSG"),
        Undrawn("IfcSphere.Radius is 0 m"),
    ),
    Kind(
        "depth zero",
        lambda: shaped("#100=IFCEXTRUDEDAREASOLID(#18,#4,#19,0.);"),
        Undrawn("Depth is 0 m"),
    ),
    Kind(
        "direction zero",
        lambda: shaped(
            "#100=IFCEXTRUDEDAREASOLID(#18,#4,#101,1.);\n#101=IFCDIRECTION((0.,0.,0.));"
        ),
        Undrawn("no faces"),
    ),
    Kind(
        "extruded along itself",
        lambda: shaped(
            "#100=IFCEXTRUDEDAREASOLID(#18,#4,#101,1.);\n#101=IFCDIRECTION((1.,0.,0.));"
        ),
        Harmless(drawn=True),
    ),
    Kind(
        "profile crosses itself",
        lambda: shaped(extruded((SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]))),
        Harmless(drawn=True),
    ),
    Kind("profile of one point", lambda: shaped(extruded((SQUARE[0],))), Undrawn("no faces")),
    Kind("placement circle", lambda: placed(1, closed=True), Undrawn("leads back to itself")),
    Kind("placement 5,000 deep", lambda: placed(5000, closed=False), Undrawn("levels deep")),
    Kind(
        "mapped item in itself",
        lambda: shaped(
            "#100=IFCMAPPEDITEM(#101,#103);\n#101=IFCREPRESENTATIONMAP(#4,#90);\n#103=IFCCARTESIANTRANSFORMATIONOPERATOR3D($,$,#6,$,$);",
            kind="MappedRepresentation",
        ),
        Undrawn("leads back to itself"),
    ),
    Kind(
        "ten to the ninth mapped items",
        lambda: shaped(laughing(9), kind="MappedRepresentation"),
        Undrawn("unfolded"),
    ),
    Kind(
        "Boolean on itself",
        lambda: shaped("#100=IFCBOOLEANRESULT(.UNION.,#100,#20);", kind="CSG"),
        Undrawn("uses itself"),
    ),
    Kind(
        "Boolean 20,000 deep",
        lambda: shaped(chained(20_000), kind="CSG"),
        Undrawn("nested too deeply"),
    ),
    Kind(
        "Boolean doubled 40 times",
        lambda: shaped(
            "\n".join(
                f"#{100 + i}=IFCBOOLEANRESULT(.UNION.,#{101 + i},#{101 + i});" for i in range(40)
            )
            + "\n#140=IFCSPHERE(#4,1.);",
            kind="CSG",
        ),
        Undrawn("unfolded"),
    ),
    Kind(
        "300 subtractions",
        lambda: shaped(subtracted(300), kind="CSG"),
        Undrawn("no progress"),
        slow=True,
    ),
    Kind("3,000 openings", lambda: opened(3000), Undrawn("3000 openings")),
    Kind("triangle out of range", lambda: triangulated("(1,2,99)"), Undrawn("no faces")),
    Kind("negative triangle", lambda: triangulated("(1,2,-3)"), Undrawn("no faces")),
    Kind("triangle of 2^40", lambda: triangulated("(1,2,1099511627776)"), Undrawn("out of range")),
    Kind("no triangles", lambda: triangulated(""), Undrawn("no faces")),
    Kind(
        "points in two dimensions",
        lambda: triangulated("(1,2,3)", "(0.,0.),(1.,0.),(0.,1.)"),
        Harmless(drawn=True),
    ),
    Kind(
        "profile all on one spot", lambda: shaped(extruded([("1.", "1.")] * 4)), Undrawn("no faces")
    ),
    Kind(
        "bad placement of an opening",
        lambda: step(
            "#100=IFCLOCALPLACEMENT(#100,#4);\n"
            "#101=IFCOPENINGELEMENT('0open00000000000000001',$,$,$,$,#100,#22,$,$);\n"
            f"#92=IFCWALL('{BAD}',$,'bad',$,$,#9,#22,$,$);\n"
            "#102=IFCRELVOIDSELEMENT('0rel000000000000000001',$,$,$,#92,#101);\n"
        ),
        Undrawn("leads back to itself"),
    ),
    Kind(
        "cone of 10,000 km",
        lambda: shaped("#100=IFCRIGHTCIRCULARCONE(#4,3.,1.E7);", kind="CSG"),
        Undrawn("BottomRadius is 1e+07 m"),
    ),
    Kind(
        "unit defined by itself",
        lambda: step(
            world=WORLD.replace(
                "#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);",
                "#2=IFCCONVERSIONBASEDUNIT(#30,.LENGTHUNIT.,'ell',#31);\n"
                "#30=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);\n"
                "#31=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE(1.),#2);",
            )
        ),
        Flawed((DefectKind.UNKNOWN_UNIT,)),
    ),
    Kind(
        "missing point of a shape",
        lambda: shaped(extruded(SQUARE)).replace(b"#202=", b"#9202="),
        Lost("missing", (MISSING,)),
    ),
    Kind(
        "missing placement",
        lambda: shaped("#100=IFCBLOCK(#4,1.,1.,1.);", kind="CSG", placement="#999"),
        Lost("missing", (MISSING,)),
    ),
    Kind(
        "shape of an unknown class",
        lambda: shaped("#100=IFCUNICORN(#4);"),
        Lost("missing", (UNKNOWN,)),
    ),
    Kind(
        "missing owner of a wall",
        lambda: shaped("#100=IFCBLOCK(#4,1.,1.,1.);", kind="CSG").replace(
            f"'{BAD}',$".encode(), f"'{BAD}',#999".encode()
        ),
        Flawed((MISSING,)),
    ),
    # Archives.
    Kind(
        "bomb", lambda: zipped({"a.ifc": bytes(100 << 20)}), Refused("exceeds the limit"), ".ifczip"
    ),
    Kind("encrypted", lambda: zipped({"a.ifc": step()}, flag=1), Refused("encrypted"), ".ifczip"),
    Kind("archive cut", lambda: zipped({"a.ifc": step()})[:-30], Refused("damaged"), ".ifczip"),
    Kind(
        "archive in archive",
        lambda: zipped({"a.zip": zipped({"a.ifc": step()})}),
        Refused("another archive"),
        ".ifczip",
    ),
    Kind(
        "cut in an archive",
        lambda: zipped({"a.ifc": step().removesuffix(TAIL.encode())}),
        Flawed((CUT,)),
        ".ifczip",
    ),
)
