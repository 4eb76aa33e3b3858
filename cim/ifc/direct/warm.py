"""Have all compiled code at hand before the first file comes."""

from __future__ import annotations

from cim.ifc.direct.body import DirectBodies
from cim.ifc.step import scan

# A wall cut by a half-space and an opening, a shell with a face of seven corners, and a tessellation.
SMALL_FILE = b"""ISO-10303-21;
HEADER;
ENDSEC;
DATA;
#1=IFCCARTESIANPOINT((0.,0.,0.));
#2=IFCAXIS2PLACEMENT3D(#1,$,$);
#3=IFCLOCALPLACEMENT($,#2);
#4=IFCDIRECTION((0.,0.,1.));
#5=IFCRECTANGLEPROFILEDEF(.AREA.,$,$,4.,0.2);
#6=IFCEXTRUDEDAREASOLID(#5,#2,#4,3.);
#7=IFCCARTESIANPOINT((0.,0.,2.));
#8=IFCAXIS2PLACEMENT3D(#7,$,$);
#9=IFCPLANE(#8);
#10=IFCHALFSPACESOLID(#9,.F.);
#11=IFCBOOLEANCLIPPINGRESULT(.DIFFERENCE.,#6,#10);
#12=IFCSHAPEREPRESENTATION($,'Body','Clipping',(#11));
#13=IFCPRODUCTDEFINITIONSHAPE($,$,(#12));
#14=IFCWALL($,$,$,$,$,#3,#13,$);
#15=IFCRECTANGLEPROFILEDEF(.AREA.,$,$,1.,0.4);
#16=IFCEXTRUDEDAREASOLID(#15,#2,#4,1.);
#17=IFCSHAPEREPRESENTATION($,'Body','SweptSolid',(#16));
#18=IFCPRODUCTDEFINITIONSHAPE($,$,(#17));
#19=IFCOPENINGELEMENT($,$,$,$,$,#3,#18,$);
#20=IFCRELVOIDSELEMENT($,$,$,$,#14,#19);
#21=IFCCARTESIANPOINT((1.,0.,0.));
#22=IFCCARTESIANPOINT((1.,1.,0.));
#23=IFCCARTESIANPOINT((0.5,0.5,0.));
#24=IFCCARTESIANPOINT((0.,1.,0.));
#25=IFCPOLYLOOP((#1,#21,#22,#23,#24));
#26=IFCFACEOUTERBOUND(#25,.T.);
#27=IFCFACE((#26));
#28=IFCOPENSHELL((#27));
#29=IFCSHELLBASEDSURFACEMODEL((#28));
#30=IFCCARTESIANPOINTLIST3D(((0.,0.,0.),(1.,0.,0.),(0.,1.,0.)));
#31=IFCTRIANGULATEDFACESET(#30,$,$,((1,2,3)),$);
#32=IFCSHAPEREPRESENTATION($,'Body','Tessellation',(#29,#31));
#33=IFCPRODUCTDEFINITIONSHAPE($,$,(#32));
#34=IFCWALL($,$,$,$,$,#3,#33,$);
#35=IFCPOLYLINE((#1,#21,#22,#23,#24,#1));
#36=IFCARBITRARYCLOSEDPROFILEDEF(.AREA.,$,#35);
#37=IFCEXTRUDEDAREASOLID(#36,#2,#4,1.);
#38=IFCSHAPEREPRESENTATION($,'Body','SweptSolid',(#37));
#39=IFCPRODUCTDEFINITIONSHAPE($,$,(#38));
#40=IFCWALL($,$,$,$,$,#3,#39,$);
#90000=IFCWALL($,$,$,$,$,#3,#39,$);
ENDSEC;
END-ISO-10303-21;
"""
PRODUCTS = (14, 34, 40, 90000)


def warm() -> None:
    """Draw a small file by every compiled function.

    Raises:
        NotDirectError: one of its bodies is no longer drawn here.
    """
    for content in (SMALL_FILE, SMALL_FILE.replace(b"#90000=", b"#41=")):
        bodies = DirectBodies(scan(content), 1.0, 1.0)
        for number in PRODUCTS[:-1]:
            bodies.draw(number)
