"""Have everything at hand before the first file comes: schemas, kernels and compiled code are used once on files of our own.

A process forked afterwards starts where this one stands, and spends its first millisecond on its file.
"""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ifcopenshell
import ifcopenshell.guid

from cim.ifc.document import KNOWN, open_document
from cim.ifc.drawing import Plan
from cim.ifc.geometry_cache import GeometryCache
from cim.ifc.kernel import FAST
from cim.ifc.precheck import find_undrawable
from cim.ifc.reader import read_open_file
from cim.ifc.revision import find_revision, keep, revise
from cim.ifc.step.soundness import scan_step
from cim.snapshot import sections_of, write_sections

# A pyramid and a wedge whose edge lies on the only diagonal that splits the pyramid's floor into triangles as it is first tried.
FLOOR = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0))
TIP, LEFT, RIGHT = (0.5, 0.5, -1.0), (0.4, 0.6, 1.0), (0.6, 0.4, 1.0)
SIDES = (
    *((FLOOR[(k + 1) % 4], FLOOR[k], TIP) for k in range(4)),
    (FLOOR[0], FLOOR[2], LEFT),
    (FLOOR[2], FLOOR[0], RIGHT),
    (FLOOR[0], LEFT, RIGHT),
    (FLOOR[2], RIGHT, LEFT),
)
HOLE = ((0.2, 0.2), (0.2, 0.4), (0.4, 0.2))
FILE_BYTES = 1 << 20
SPARSE = 1 << 20  # an instance number so high that numbers are searched, not looked up


ENCODINGS = ("utf-16-be", "utf-32-be", "gb2312", "gb18030", "cp932", "cp1252")


def warm() -> None:
    """Read a small file of each schema."""
    for encoding in ENCODINGS:
        codecs.lookup(encoding)
    with tempfile.TemporaryDirectory(prefix="cim-warm-") as folder:
        for schema in KNOWN:
            path = Path(folder) / "small.ifc"
            _small_file(schema).write(str(path))
            _read(path)
        text = path.read_text(encoding="ascii")
        path.write_text(
            text.replace("ENDSEC;\nEND", f"#{SPARSE}=IFCCARTESIANPOINT((0.,0.));\nENDSEC;\nEND")
        )
        _read(path)
    scan_step(text.encode("ascii"))  # of files that are not plain


def _read(path: Path) -> None:
    document = open_document(path, path.parent, file_bytes=FILE_BYTES)
    cache = GeometryCache(path.parent, path.parent)
    revision = find_revision(document, path)
    model = read_open_file(
        document,
        path,
        plan=Plan(FAST),
        progress=lambda *_: None,
        when_drawn=lambda: None,
        cache=cache,
    )
    find_undrawable(document.model, document.odd, model.length_unit)
    sections = sections_of(model)
    write_sections(sections, path.with_suffix(".cim"))
    if revision is not None:
        keep(revision, sections, path.parent)
        revise(
            revision,
            path.parent,
            path.parent,
            plan=Plan(FAST),
            progress=lambda *_: None,
            when_drawn=lambda: None,
            when_taken=lambda _: None,
        )


def _small_file(schema: str) -> Any:
    """A clipped wall with an opening, shells, a repeated body, and one that only the kernel draws; in IFC4 tessellations too."""
    file = ifcopenshell.file(schema=schema)  # type: ignore[arg-type]
    new = file.create_entity
    origin = new("IfcCartesianPoint", (0.0, 0.0, 0.0))
    axes = new("IfcAxis2Placement3D", origin)
    placement = new("IfcLocalPlacement", None, axes)
    up = new("IfcDirection", (0.0, 0.0, 1.0))
    context = new("IfcGeometricRepresentationContext", None, "Model", 3, 1e-5, axes)
    unit = new("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    new(
        "IfcProject",
        GlobalId=ifcopenshell.guid.new(),
        RepresentationContexts=[context],
        UnitsInContext=new("IfcUnitAssignment", [unit]),
    )

    def product(kind: str, *items: Any) -> Any:
        shape = new("IfcShapeRepresentation", context, "Body", "SweptSolid", list(items))
        return new(
            kind,
            GlobalId=ifcopenshell.guid.new(),
            ObjectPlacement=placement,
            Representation=new("IfcProductDefinitionShape", None, None, [shape]),
        )

    def box(x: float, y: float, z: float) -> Any:
        profile = new("IfcRectangleProfileDef", "AREA", None, _flat(new), x, y)
        return new("IfcExtrudedAreaSolid", profile, axes, up, z)

    roof = new(
        "IfcPlane", new("IfcAxis2Placement3D", new("IfcCartesianPoint", (0.0, 0.0, 2.0)), up)
    )
    half = new("IfcHalfSpaceSolid", roof, False)
    wall = product(
        "IfcWall", new("IfcBooleanClippingResult", "DIFFERENCE", box(4.0, 0.2, 3.0), half)
    )
    opening = product("IfcOpeningElement", box(1.0, 0.4, 1.0))
    new(
        "IfcRelVoidsElement",
        GlobalId=ifcopenshell.guid.new(),
        RelatingBuildingElement=wall,
        RelatedOpeningElement=opening,
    )
    corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.5), (0.0, 1.0))
    loop = new("IfcPolyLoop", [new("IfcCartesianPoint", (*c, 0.0)) for c in corners])
    face = new("IfcFace", [new("IfcFaceOuterBound", loop, True)])
    inner = new("IfcPolyLoop", [new("IfcCartesianPoint", (*c, 0.0)) for c in HOLE])
    holed = new("IfcFace", [*_face(new, FLOOR).Bounds, new("IfcFaceBound", inner, True)])
    product("IfcSlab", new("IfcShellBasedSurfaceModel", [new("IfcOpenShell", [face, holed])]))
    shell = new("IfcClosedShell", [_face(new, corners) for corners in (FLOOR, *SIDES)])
    product("IfcFooting", new("IfcFacetedBrep", shell))
    line = new("IfcPolyline", [new("IfcCartesianPoint", c) for c in (*corners, corners[0])])
    profile = new("IfcArbitraryClosedProfileDef", "AREA", None, line)
    column = new("IfcExtrudedAreaSolid", profile, axes, up, 1.0)
    product("IfcColumn", column)
    shape = new("IfcShapeRepresentation", context, "Body", "SweptSolid", [column])
    zero = new("IfcCartesianPoint", (0.0, 0.0, 0.0))
    target = new("IfcCartesianTransformationOperator3D", LocalOrigin=zero)
    product("IfcColumn", new("IfcMappedItem", new("IfcRepresentationMap", axes, shape), target))
    circle = new("IfcCircleProfileDef", "AREA", None, _flat(new), 0.01)
    turned = new("IfcAxis1Placement", new("IfcCartesianPoint", (0.05, 0.0, 0.0)), up)
    product("IfcBeam", new("IfcRevolvedAreaSolid", circle, axes, turned, 0.5))
    if schema != "IFC2X3":
        points = new("IfcCartesianPointList3D", ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
        product(
            "IfcPlate", new("IfcTriangulatedFaceSet", Coordinates=points, CoordIndex=((1, 2, 3),))
        )
        face = new("IfcIndexedPolygonalFace", (1, 2, 3))
        product("IfcPlate", new("IfcPolygonalFaceSet", Coordinates=points, Faces=[face]))
    return file


def _face(new: Any, corners: Sequence[tuple[float, float, float]]) -> Any:
    loop = new("IfcPolyLoop", [new("IfcCartesianPoint", corner) for corner in corners])
    return new("IfcFace", [new("IfcFaceOuterBound", loop, True)])


def _flat(new: Any) -> Any:
    return new("IfcAxis2Placement2D", new("IfcCartesianPoint", (0.0, 0.0)))
