"""Plans of the engineering CRS where they stand in the city."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cim.frame import Placement


def on_map(shape: BaseGeometry, height: float, placement: Placement) -> BaseGeometry:
    """A plan of the engineering CRS in the projected frame, 3D.

    Args:
        shape: metres, engineering CRS.
        height: engineering CRS, metres.
        placement: of the model.
    """
    flat = shapely.force_3d(shapely.force_2d(shape), height)
    placed: BaseGeometry = shapely.transform(
        flat, lambda points: placement.to_projected(np.asarray(points)), include_z=True
    )
    return placed
