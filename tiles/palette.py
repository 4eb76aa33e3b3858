"""Colours of elements that bring none, by IFC class; sRGB red, green, blue and opacity."""

from __future__ import annotations

from collections.abc import Mapping

Colour = tuple[float, float, float, float]

WARM_GREY: Colour = (0.84, 0.81, 0.76, 1.0)
CONCRETE: Colour = (0.70, 0.70, 0.69, 1.0)
STEEL: Colour = (0.45, 0.48, 0.52, 1.0)
GLASS: Colour = (0.55, 0.72, 0.80, 0.45)
WOOD: Colour = (0.62, 0.48, 0.36, 1.0)
ROOF: Colour = (0.60, 0.42, 0.36, 1.0)
FURNITURE: Colour = (0.72, 0.63, 0.52, 1.0)
SERVICES: Colour = (0.50, 0.62, 0.66, 1.0)
GROUND: Colour = (0.56, 0.58, 0.44, 1.0)
OTHER: Colour = (0.76, 0.76, 0.76, 1.0)

CLASS_COLOURS: Mapping[str, Colour] = {
    "IfcWall": WARM_GREY,
    "IfcWallStandardCase": WARM_GREY,
    "IfcWallElementedCase": WARM_GREY,
    "IfcCovering": (0.90, 0.88, 0.84, 1.0),
    "IfcSlab": CONCRETE,
    "IfcSlabStandardCase": CONCRETE,
    "IfcSlabElementedCase": CONCRETE,
    "IfcFooting": CONCRETE,
    "IfcPile": CONCRETE,
    "IfcColumn": (0.66, 0.65, 0.63, 1.0),
    "IfcColumnStandardCase": (0.66, 0.65, 0.63, 1.0),
    "IfcBeam": STEEL,
    "IfcBeamStandardCase": STEEL,
    "IfcMember": STEEL,
    "IfcMemberStandardCase": STEEL,
    "IfcPlate": GLASS,
    "IfcPlateStandardCase": GLASS,
    "IfcCurtainWall": GLASS,
    "IfcWindow": GLASS,
    "IfcWindowStandardCase": GLASS,
    "IfcDoor": WOOD,
    "IfcDoorStandardCase": WOOD,
    "IfcRoof": ROOF,
    "IfcStair": CONCRETE,
    "IfcStairFlight": CONCRETE,
    "IfcRamp": CONCRETE,
    "IfcRampFlight": CONCRETE,
    "IfcRailing": STEEL,
    "IfcFurnishingElement": FURNITURE,
    "IfcFurniture": FURNITURE,
    "IfcSystemFurnitureElement": FURNITURE,
    "IfcFlowTerminal": SERVICES,
    "IfcFlowSegment": SERVICES,
    "IfcFlowFitting": SERVICES,
    "IfcPipeSegment": SERVICES,
    "IfcDuctSegment": SERVICES,
    "IfcSanitaryTerminal": (0.92, 0.93, 0.94, 1.0),
    "IfcGeographicElement": GROUND,
    "IfcEarthworksFill": GROUND,
    "IfcEarthworksCut": GROUND,
}


def class_colour(ifc_class: str) -> Colour:
    """The colour of an element without any of its own.

    >>> class_colour("IfcWindow") == GLASS, class_colour("IfcSomethingNew") == OTHER
    (True, True)
    """
    return CLASS_COLOURS.get(ifc_class, OTHER)
