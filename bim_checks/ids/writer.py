"""Write an IDS 1.0 document from what must be in a model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

IDS = "http://standards.buildingsmart.org/IDS"
XS = "http://www.w3.org/2001/XMLSchema"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
LOCATION = f"{IDS} http://standards.buildingsmart.org/IDS/1.0/ids.xsd"
VERSIONS = ("IFC2X3", "IFC4", "IFC4X3_ADD2")


@dataclass(frozen=True, slots=True)
class WrittenProperty:
    """A property that objects must have; `name` is None where any property of the set will do, `data_type` for any."""

    property_set: str
    name: str | None
    data_type: str | None = None


@dataclass(frozen=True, slots=True)
class WrittenSpecification:
    """A specification to write.

    Attributes:
        name, description: for people.
        identifier: for machines.
        entity: IFC class of what it applies to.
        predefined_type: of what it applies to, or None for any.
        cardinality: whether such an object must be there, or only those that are must comply.
        properties: what each must have.
        versions: IFC schemas it is for; each must have the class and, where one is named, its type.
    """

    name: str
    identifier: str
    entity: str
    description: str = ""
    predefined_type: str | None = None
    cardinality: Literal["required", "optional"] = "required"
    properties: tuple[WrittenProperty, ...] = ()
    versions: tuple[str, ...] = VERSIONS


def written(title: str, version: str, specifications: Iterable[WrittenSpecification]) -> str:
    """The XML of a document.

    Args:
        title: of the document.
        version: of the document.
        specifications: at least one; IDS knows no empty document.
    """
    root = ET.Element(
        "ids", {"xmlns": IDS, "xmlns:xs": XS, "xmlns:xsi": XSI, "xsi:schemaLocation": LOCATION}
    )
    info = ET.SubElement(root, "info")
    ET.SubElement(info, "title").text = title
    ET.SubElement(info, "version").text = version
    entries = ET.SubElement(root, "specifications")
    for specification in specifications:
        _add(entries, specification)
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _add(entries: ET.Element, specification: WrittenSpecification) -> None:
    entry = ET.SubElement(
        entries,
        "specification",
        {
            "name": specification.name,
            "ifcVersion": " ".join(specification.versions),
            "identifier": specification.identifier,
            "description": specification.description,
        },
    )
    least = "1" if specification.cardinality == "required" else "0"
    applicability = ET.SubElement(
        entry, "applicability", {"minOccurs": least, "maxOccurs": "unbounded"}
    )
    entity = ET.SubElement(applicability, "entity")
    _simple(entity, "name", specification.entity.upper())
    if specification.predefined_type is not None:
        _simple(entity, "predefinedType", specification.predefined_type)
    if not specification.properties:
        return
    requirements = ET.SubElement(entry, "requirements")
    for wanted in specification.properties:
        stated = {} if wanted.data_type is None else {"dataType": wanted.data_type.upper()}
        found = ET.SubElement(requirements, "property", stated)
        _simple(found, "propertySet", wanted.property_set)
        if wanted.name is None:
            restriction = ET.SubElement(
                ET.SubElement(found, "baseName"), "xs:restriction", {"base": "xs:string"}
            )
            ET.SubElement(restriction, "xs:pattern", {"value": ".*"})
        else:
            _simple(found, "baseName", wanted.name)


def _simple(parent: ET.Element, name: str, value: str) -> None:
    ET.SubElement(ET.SubElement(parent, name), "simpleValue").text = value
