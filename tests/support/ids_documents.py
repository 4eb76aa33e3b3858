"""Small IDS documents and IFC files for the tests."""

from __future__ import annotations

from pathlib import Path

XMLNS = 'xmlns="http://standards.buildingsmart.org/IDS" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
HEADER = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
    "FILE_SCHEMA(('{schema}'));\nENDSEC;\nDATA;\n"
    "#1=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n#2=IFCUNITASSIGNMENT((#1));\n"
    "#3=IFCPROJECT('0000000000000000000000',$,$,$,$,$,$,$,#2);\n"
)


def simple(name: str, value: str) -> str:
    return f"<{name}><simpleValue>{value}</simpleValue></{name}>"


def restricted(name: str, facets: str, base: str = "string") -> str:
    return f'<{name}><xs:restriction base="xs:{base}">{facets}</xs:restriction></{name}>'


def specification(
    requirements: str = "",
    *,
    entity: str = "IFCWALL",
    occurs: str = 'minOccurs="0" maxOccurs="unbounded"',
    versions: str = "IFC4",
    name: str = "S",
    concerned: str = "",
) -> str:
    """One specification; `concerned` narrows the objects it applies to beside their class."""
    asked = f"<requirements>{requirements}</requirements>" if requirements else ""
    return (
        f'<specification name="{name}" ifcVersion="{versions}">'
        f"<applicability {occurs}><entity>{simple('name', entity)}</entity>{concerned}</applicability>"
        f"{asked}</specification>"
    )


def write_ids(folder: Path, *specifications: str, name: str = "asked.ids") -> Path:
    path = folder / name
    path.write_text(
        f"<ids {XMLNS}><info><title>T</title></info>"
        f"<specifications>{''.join(specifications)}</specifications></ids>",
        encoding="utf-8",
    )
    return path


def write_ifc(folder: Path, *instances: str, schema: str = "IFC4", name: str = "model.ifc") -> Path:
    """Instances are numbered from 10."""
    path = folder / name
    lines = "".join(f"#{number}={text};\n" for number, text in enumerate(instances, start=10))
    path.write_text(
        HEADER.format(schema=schema) + lines + "ENDSEC;\nEND-ISO-10303-21;\n", encoding="ascii"
    )
    return path


def wall(number: int, name: str) -> str:
    """An IfcWall of IFC4, whose GlobalId ends with its number."""
    return f"IFCWALL('{number:022d}',$,'{name}',$,$,$,$,$,$)"


def pattern(name: str, written: str) -> str:
    return restricted(name, f'<xs:pattern value="{written}"/>')
