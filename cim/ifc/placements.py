"""Where a product's local frame stands in the engineering CRS."""

from __future__ import annotations

from typing import Any

import numpy as np
from ifcopenshell.util import placement as placement_util
from numpy.typing import NDArray


def engineering_matrix(placement: Any, length_unit: float) -> NDArray[np.float64] | None:
    """Local frame -> engineering CRS.

    Args:
        placement: an IfcObjectPlacement, or None. Walked up step by step: chains of two thousand are legal, and
            a function that calls itself for each ends Python at a thousand.
        length_unit: metres per project length unit.

    Returns:
        Shape (4, 4), metres on both sides; None when there is no placement, it goes in a circle, or it stands on a grid
        or along an alignment, which only the kernel works out.
    """
    if placement is None:
        return None
    matrix: NDArray[np.float64] = np.eye(4)
    here = placement
    met: set[int] = set()
    while here is not None:
        if here.id() in met or not here.is_a("IfcLocalPlacement") or not _is_whole(here):
            return None
        met.add(here.id())
        matrix = placement_util.get_axis2placement(here.RelativePlacement) @ matrix
        here = here.PlacementRelTo
    matrix[:3, 3] *= length_unit
    return matrix


def _is_whole(placement: Any) -> bool:
    """Whether a placement has the point it stands on: a broken file may have lost it."""
    axes = placement.RelativePlacement
    return axes is not None and axes.Location is not None
