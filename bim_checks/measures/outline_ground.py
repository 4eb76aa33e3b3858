"""The ground that heights along a building's outline are counted from."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cim.terrain import Terrain

OutlineGround = Literal["lowest", "mean"]
STEP = 2.0  # m; terrain rasters are not finer, so nothing is missed between


def ground_along(outline: BaseGeometry, terrain: Terrain, by: OutlineGround) -> float | None:
    """Height of the ground along an outline, orthogonal, metres.

    Args:
        outline: polygons, projected frame.
        terrain: the city's ground.
        by: its lowest point, or its mean along the outline.

    Returns:
        None where the terrain is not known all along.
    """
    parts = shapely.get_parts(outline)
    flat = shapely.area(parts) > 0.0
    # A vertical sheet that stands alone has no area and is an outline itself.
    rings = np.concatenate([shapely.boundary(parts[flat]), parts[~flat]])
    lines = shapely.get_parts(shapely.segmentize(rings, STEP))
    points, owner = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return None
    heights = terrain.height_at(points)
    if np.isnan(heights).any():
        return None
    if by == "lowest":
        return float(heights.min())
    joined = owner[1:] == owner[:-1]
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)[joined]
    middles = ((heights[1:] + heights[:-1]) / 2.0)[joined]
    return float((lengths * middles).sum() / lengths.sum())
