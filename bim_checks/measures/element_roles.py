"""Which elements enclose a floor, carry it, cover it or lead through it; told by IFC class, type and name."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from cim.building import BuildingModel, Element, Space
from cim.recognition import roofs

ENCLOSING = ("IfcWall", "IfcCurtainWall", "IfcWindow", "IfcDoor")
IN_CURTAIN_WALLS = ("CURTAIN_PANEL", "MULLION")
CARRYING = ("IfcSlab", "IfcRoof", "IfcCovering")
COVERING = ("IfcSlab", "IfcRoof", "IfcCovering", "IfcPlate", "IfcCurtainWall", "IfcStair")
ROOFLIGHT_HOSTS = ("IfcSlab", "IfcRoof")
STANDING = ("IfcWall", "IfcColumn", "IfcCurtainWall")  # they stand on the floor they cover
VERTICAL_WAYS = ("IfcStair", "IfcRamp", "IfcTransportElement")
LEAST_PITCH = 0.03  # rise per run; what is flatter drains water and is no pitched roof
UPRIGHT = 0.05  # of a unit normal's z; steeper faces are edges of a roof
PITCHED_SHARE = 0.2  # of an element's surface

SHAFT = re.compile(
    r"楼梯|梯间|电梯|管井|管道井|风井|烟道|竖井|stair|treppe|\blift\b|elevator|shaft|schacht|aufzug",
    re.IGNORECASE,
)
BALCONY = re.compile(r"阳台|balcony|balkon|loggia|バルコニー", re.IGNORECASE)
CANOPY = re.compile(r"雨篷|雨棚|canopy|awning|vordach", re.IGNORECASE)
BAY_WINDOW = re.compile(r"凸窗|飘窗|bay\s*window|erker", re.IGNORECASE)


def narrowed(model: BuildingModel, classes: tuple[str, ...]) -> BuildingModel:
    """The model with the elements of some classes and their subclasses only."""
    named = _named(model, classes)
    return replace(model, elements=tuple(e for e in model.elements if e.ifc_class in named))


def enclosing_part(model: BuildingModel) -> BuildingModel:
    """The model with its walls, windows and doors only, and the plates and members of curtain walls."""
    enclosing, named = _named(model, ENCLOSING), _named(model, ("IfcCurtainWall",))
    curtains = {e.global_id for e in model.elements if e.ifc_class in named}
    return replace(
        model,
        elements=tuple(
            element
            for element in model.elements
            if element.ifc_class in enclosing
            or element.whole in curtains
            or element.predefined_type in IN_CURTAIN_WALLS
        ),
    )


def covering_part(model: BuildingModel) -> BuildingModel:
    """The model with what may cover a floor only: slabs, roofs, plates and the like, and windows in roofs."""
    covering, named = _named(model, COVERING), _named(model, ROOFLIGHT_HOSTS)
    windows = _named(model, ("IfcWindow",))
    hosts = {e.global_id for e in model.elements if e.ifc_class in named}
    return replace(
        model,
        elements=tuple(
            element
            for element in model.elements
            if element.ifc_class in covering
            or (element.ifc_class in windows and element.host in hosts)
            or element.predefined_type == "SKYLIGHT"
        ),
    )


def _named(model: BuildingModel, classes: tuple[str, ...]) -> frozenset[str]:
    """The names of the model's classes that are one of these, or begin so."""
    there = {element.ifc_class for element in model.elements}
    return frozenset(name for name in there if name.startswith(classes))


def is_of(element: Element, classes: tuple[str, ...]) -> bool:
    """Whether an element is of one of the classes, or of one whose name begins so (``IfcWallStandardCase``)."""
    return element.ifc_class.startswith(classes)


def is_called(thing: Element | Space, words: re.Pattern[str]) -> bool:
    """Whether a name or a type of an element or space contains one of the words."""
    said = [thing.name, thing.object_type, thing.predefined_type, thing.type_name]
    if isinstance(thing, Space):
        said.append(thing.long_name)
    return any(text and words.search(text) for text in said)


def pitched_roofs(model: BuildingModel) -> frozenset[str]:
    """GlobalIds of the roofs whose surface lies at a slope."""
    named = {found.global_id for found in roofs(model)}
    return frozenset(
        element.global_id
        for element, body in model.drawn()
        if element.global_id in named and slopes(model.body(body).triangles()) > PITCHED_SHARE
    )


def slopes(triangles: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Share of the surface that is neither level nor upright; shape (M, 3, 3), metres."""
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    areas = np.linalg.norm(normals, axis=1)
    up = np.abs(normals[:, 2])
    flat = np.hypot(normals[:, 0], normals[:, 1])
    sloping = (flat > LEAST_PITCH * up) & (up > UPRIGHT * areas)
    total = float(areas.sum())
    return float(areas[sloping].sum()) / total if total > 0.0 else 0.0
