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
        left, right, u, inside_x = _between((points[:, 0] - self.west) / self.cell - 0.5, columns)
        top, bottom, v, inside_y = _between((self.north - points[:, 1]) / self.cell - 0.5, rows)
        h = self.heights
        upper = h[top, left] * (1.0 - u) + h[top, right] * u
        lower = h[bottom, left] * (1.0 - u) + h[bottom, right] * u
        return np.where(inside_x & inside_y, upper * (1.0 - v) + lower * v, np.nan)

    def heights_over(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ground heights where columns and rows cross, the very numbers of `height_at` at a tenth of its time.

        Args:
            x: eastings, shape (C,), metres.
            y: northings, shape (R,).

        Returns:
            Shape (R, C), metres above datum; NaN outside the raster.
        """
        rows, columns = self.heights.shape
        left, right, u, inside_x = _between((x - self.west) / self.cell - 0.5, columns)
        top, bottom, v, inside_y = _between((self.north - y) / self.cell - 0.5, rows)
        first = int(top.min(initial=rows))
        band = self.heights[first : int(bottom.max(initial=-1)) + 1]
        across = band[:, left] * (1.0 - u) + band[:, right] * u
        v = v[:, None]
        found = across[top - first] * (1.0 - v) + across[bottom - first] * v
        return np.where(inside_y[:, None] & inside_x, found, np.nan)


def _between(
    places: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """The two of `count` centres beside each place, the share of the way from one to the other, and whether it lies on the raster."""
    inside = (places >= -0.5) & (places <= count - 0.5)
    places = np.clip(places, 0.0, count - 1.0)
    before = np.minimum(places.astype(np.int64), max(count - 2, 0))
    return before, np.minimum(before + 1, count - 1), places - before, inside


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
