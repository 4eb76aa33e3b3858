"""How much of the space under a scheme's outer shape lies above a limit surface.

Looked at from above: over every cell of a raster the highest face, less the limit there. So rooms count as well as walls, faces that are missing
or turned the wrong way change nothing, and what hangs over open air counts down to the limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.measures.limit_surface import LimitSurface
from bim_checks.scheme import Scheme
from cim.compiled import compiled

CELLS = 250_000  # over the box around what is above
FINEST, COARSEST = 0.02, 0.5  # m, side of a cell


@dataclass(frozen=True, slots=True)
class VolumeAbove:
    """A volume and how well it is known, m3.

    Attributes:
        volume: between the limit and the highest faces above it.
        half: half-width; where the height leaps from one cell to the next, the leap may lie half a cell further.
        cell: side of a cell of the raster it was counted on, metres.
    """

    volume: float
    half: float
    cell: float


def volume_above(
    scheme: Scheme,
    surface: LimitSurface,
    elements: list[int],
    region: BaseGeometry | None = None,
) -> VolumeAbove:
    """The space above a surface under the highest faces of elements.

    Args:
        scheme: the placed building.
        surface: the limit.
        elements: indices of outlines.
        region: polygon in which the limit holds, projected frame; None for everywhere.
    """
    triangles = np.concatenate([np.zeros((0, 3, 3)), *(scheme.triangles(i) for i in elements)])
    corners = triangles[:, :, :2].reshape(-1, 2)
    if region is not None and len(corners):
        west, south, east, north = region.bounds
        low = np.maximum(corners.min(axis=0), (west, south))
        high = np.minimum(corners.max(axis=0), (east, north))
    elif len(corners):
        low, high = corners.min(axis=0), corners.max(axis=0)
    if not len(corners) or (high <= low).any():
        return VolumeAbove(0.0, 0.0, FINEST)
    cell = float(np.clip(np.sqrt(np.prod(high - low) / CELLS), FINEST, COARSEST))
    columns, rows = np.ceil((high - low) / cell).astype(int).tolist()
    wide, deep = ((high - low) / (columns, rows)).tolist()  # cells fill the box to its sides
    tops = _highest(triangles, (low[0], low[1], wide, deep), rows, columns)
    x = low[0] + (np.arange(columns) + 0.5) * wide
    y = low[1] + (np.arange(rows) + 0.5) * deep
    places = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1).reshape(-1, 2)
    heights = tops.reshape(-1)
    built = np.flatnonzero(heights > -np.inf)
    if region is not None:
        shapely.prepare(region)
        built = built[shapely.intersects_xy(region, *places[built].T)]
    excess = np.zeros(len(places))
    excess[built] = np.maximum(heights[built] - surface.at(places[built]), 0.0)
    framed = np.pad(excess.reshape(rows, columns), 1)
    leaps = sum(float(np.abs(np.diff(framed, axis=axis)).sum()) for axis in (0, 1))
    area = wide * deep
    return VolumeAbove(float(excess.sum()) * area, leaps * area / 2.0, max(wide, deep))


@compiled
def _highest(triangles, layout, rows, columns):  # type: ignore[no-untyped-def]
    """Height of the highest face over the middle of each cell, minus infinity where none is; row 0 is the southernmost."""
    west, south, wide, deep = layout
    found = np.full((rows, columns), -np.inf)
    for t in range(len(triangles)):
        x0, y0, z0 = triangles[t, 0]
        x1, y1, z1 = triangles[t, 1]
        x2, y2, z2 = triangles[t, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left = max(int(np.ceil((min(x0, x1, x2) - west) / wide - 0.5)), 0)
        right = min(int(np.floor((max(x0, x1, x2) - west) / wide - 0.5)), columns - 1)
        bottom = max(int(np.ceil((min(y0, y1, y2) - south) / deep - 0.5)), 0)
        top = min(int(np.floor((max(y0, y1, y2) - south) / deep - 0.5)), rows - 1)
        for r in range(bottom, top + 1):
            y = south + (r + 0.5) * deep
            for c in range(left, right + 1):
                x = west + (c + 0.5) * wide
                a = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
                b = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
                # A cell on the seam of two faces belongs to both, whatever the rounding.
                if a >= -1e-9 and b >= -1e-9 and a + b <= 1.0 + 1e-9:
                    height = z0 + b * (z1 - z0) + a * (z2 - z0)
                    found[r, c] = max(found[r, c], height)
    return found
