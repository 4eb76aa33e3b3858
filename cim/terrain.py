"""The ground: a raster of orthogonal heights in the city's projected frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError

from cim.errors import TerrainError
from cim.text import Text


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """Heights at the centres of square cells.

    Attributes:
        heights: shape (rows, columns), metres above the city's vertical datum; row 0 is the
            northernmost; NaN where nothing is known.
        west, north: easting and northing of the outer corner of the first cell, metres.
        cell: side of a cell, metres.
    """

    heights: NDArray[np.float64]
    west: float
    north: float
    cell: float

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the outer cell edges, metres."""
        rows, columns = self.heights.shape
        return (
            self.west,
            self.north - rows * self.cell,
            self.west + columns * self.cell,
            self.north,
        )

    def height_at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground height by bilinear interpolation between cell centres.

        Args:
            points: shape (N, 2) or (N, 3), easting and northing in metres; a height is ignored.

        Returns:
            Shape (N,), metres above datum; NaN outside the raster. Within half a cell of the edge the
            outermost centres are continued level.
        """
        rows, columns = self.heights.shape
        x = (points[:, 0] - self.west) / self.cell - 0.5
        y = (self.north - points[:, 1]) / self.cell - 0.5
        inside = (x >= -0.5) & (x <= columns - 0.5) & (y >= -0.5) & (y <= rows - 0.5)
        x, y = np.clip(x, 0.0, columns - 1.0), np.clip(y, 0.0, rows - 1.0)
        left = np.minimum(x.astype(np.int64), max(columns - 2, 0))
        top = np.minimum(y.astype(np.int64), max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        u, v = x - left, y - top
        h = self.heights
        upper = h[top, left] * (1.0 - u) + h[top, right] * u
        lower = h[bottom, left] * (1.0 - u) + h[bottom, right] * u
        return np.where(inside, upper * (1.0 - v) + lower * v, np.nan)


def read_terrain(path: Path) -> Terrain:
    """Read a single-band raster (GeoTIFF) in the city's projected CRS.

    Raises:
        TerrainError: not a raster, or its cells are not square and north-up.
    """
    try:
        with rasterio.open(path) as raster:
            heights = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
            matrix = raster.transform
    except RasterioIOError as error:
        raise TerrainError(
            Text(zh="无法读取地形栅格。", en="the terrain raster cannot be read."),
            path=path,
            remedy=Text(zh="请提供 GeoTIFF。", en="Provide a GeoTIFF."),
        ) from error
    if matrix.b or matrix.d or abs(matrix.a + matrix.e) > 1e-9 * matrix.a:
        raise TerrainError(
            Text(
                zh="地形栅格的单元不是正北向的正方形。",
                en="the terrain cells are not square and north-up.",
            ),
            path=path,
            remedy=Text(zh="请用 gdalwarp 重采样。", en="Resample it with gdalwarp."),
        )
    return Terrain(heights=heights, west=matrix.c, north=matrix.f, cell=matrix.a)
