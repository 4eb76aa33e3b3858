"""What a file says about its place beside its map conversion: competing ones, placements, the world coordinate system."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from ifcopenshell.util import placement as placement_util

from cim.building import Georeference, MapConversion, SpatialOrigin
from cim.ifc.placements import engineering_matrix

SMALLEST_SHIFT = (
    1e-6  # m and radians; a world coordinate system nearer to the identity than this is it
)


def read_georeference(
    model: Any, length_unit: float, other_conversions: Sequence[MapConversion]
) -> Georeference:
    """Everything but the first map conversion.

    Args:
        model: the open file.
        length_unit: metres per project length unit.
        other_conversions: those beside the first.
    """
    return Georeference(
        other_conversions=tuple(other_conversions),
        declared_crs=_declared_crs(model),
        world=_world(model, length_unit),
        origins=tuple(
            SpatialOrigin(ifc_class, entity.GlobalId, origin)
            for ifc_class in ("IfcSite", "IfcBuilding")
            for entity in model.by_type(ifc_class)
            if (origin := _origin(entity, length_unit)) is not None
        ),
    )


def _declared_crs(model: Any) -> str | None:
    if model.schema == "IFC2X3":
        for definition in model.by_type("IfcPropertySet"):
            if (definition.Name or "").lower() == "epset_projectedcrs":
                for entry in definition.HasProperties or ():
                    if entry.Name.lower() == "name" and getattr(entry, "NominalValue", None):
                        return str(entry.NominalValue.wrappedValue)
        return None
    return next((crs.Name for crs in model.by_type("IfcProjectedCRS") if crs.Name), None)


def _origin(entity: Any, length_unit: float) -> tuple[float, float, float] | None:
    matrix = engineering_matrix(entity.ObjectPlacement, length_unit)
    if matrix is None:
        return None
    x, y, z = matrix[:3, 3].tolist()
    return x, y, z


def _world(model: Any, length_unit: float) -> tuple[float, float, float, float] | None:
    """The world coordinate system of the model context; IfcOpenShell's kernel draws without it."""
    for context in model.by_type("IfcGeometricRepresentationContext", include_subtypes=False):
        system = context.WorldCoordinateSystem
        if context.ContextType not in (None, "Model") or system is None:
            continue
        matrix = placement_util.get_axis2placement(system)
        x, y, z = (float(part) * length_unit for part in matrix[:3, 3])
        turn = math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))
        if np.abs([x, y, z, turn]).max() > SMALLEST_SHIFT:
            return x, y, z, turn
    return None
