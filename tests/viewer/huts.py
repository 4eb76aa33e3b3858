"""A hut written by hand: a wall of 6 m x 4 m x 3 m that is read in a moment, standing in the tower's parcel."""

from __future__ import annotations

EASTINGS, NORTHINGS, ZERO = 610_500.0, 2_705_500.0, 5.0
SIZE = (6.0, 4.0, 3.0)  # m
SITE, WALL = "0hut000000000000000001", "0hut000000000000000004"


def hut(*, project: str = "hut", eastings: float = EASTINGS, northings: float = NORTHINGS) -> bytes:
    """An IFC file; project is its name in STEP's own encoding."""
    return TEMPLATE.format(
        project=project, eastings=eastings, northings=northings, zero=ZERO, site=SITE, wall=WALL
    ).encode("ascii")


def cut_hut() -> bytes:
    """The same without its end: all of the hut is there, and nobody can know it."""
    return hut().removesuffix(b"ENDSEC;\nEND-ISO-10303-21;\n")


TEMPLATE = """\
ISO-10303-21;
HEADER;
FILE_DESCRIPTION((''),'2;1');
FILE_NAME('hut.ifc','2026-01-01T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCPROJECT('0hut000000000000000000',$,'{project}',$,$,$,$,(#5),#3);
#2=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#3=IFCUNITASSIGNMENT((#2));
#4=IFCAXIS2PLACEMENT3D(#6,$,$);
#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#4,$);
#6=IFCCARTESIANPOINT((0.,0.,0.));
#7=IFCPROJECTEDCRS('EPSG:4548',$,$,'EPSG:5737',$,$,#2);
#8=IFCMAPCONVERSION(#5,#7,{eastings},{northings},{zero},1.,0.,1.);
#9=IFCLOCALPLACEMENT($,#4);
#10=IFCSITE('{site}',$,'yard',$,$,#9,$,$,$,$,$,$,$,$);
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
#23=IFCWALL('{wall}',$,'block',$,$,#9,#22,$,$);
#24=IFCRELCONTAINEDINSPATIALSTRUCTURE('0hut000000000000000008',$,$,$,(#23),#12);
ENDSEC;
END-ISO-10303-21;
"""
