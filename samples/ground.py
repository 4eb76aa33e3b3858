"""The ground of the sample city as one formula: sea, island hill, level town, ridge.

The formula repeats every 3 km, so that larger cities for benchmarks are the same district side by side.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

from samples.plan import GROUND_LEVEL, NORTH, SIDE, SOUTH, WEST

CELL = 2.0  # m
ISLAND = (609_700.0, 2_704_290.0, 46.0, 95.0)  # easting, northing, height, spread; metres
ISLAND_RADIUS = 190.0
SHORE_SLOPE = 60.0  # m over which the shore rises to the town's level
RIDGE_SPREAD = 235.0  # m


def coast(easting: NDArray[np.float64]) -> NDArray[np.float64]:
    """Northing of the shore."""
    along = (easting - WEST) % SIDE
    return SOUTH + 640.0 + 45.0 * np.sin(along / SIDE * 2.0 * np.pi * 2.0 + 0.6)


def crest(easting: NDArray[np.float64]) -> NDArray[np.float64]:
    """Northing of the ridge's crest."""
    along = (easting - WEST) % SIDE
    return SOUTH + 2_450.0 + 60.0 * np.sin(along / SIDE * 2.0 * np.pi)


def crest_height(easting: NDArray[np.float64]) -> NDArray[np.float64]:
    """What the ridge adds to the town's level along its crest, metres."""
    phase = ((easting - WEST) % SIDE) / SIDE * 2.0 * np.pi
    return 306.0 + 24.0 * np.sin(phase + 0.4) + 13.0 * np.sin(3.0 * phase + 1.0)


def height(easting: NDArray[np.float64], northing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ground (or sea) level above datum, metres, at points of equal shape."""
    e = WEST + (easting - WEST) % SIDE
    n = SOUTH + (northing - SOUTH) % SIDE
    inland = n - coast(e)
    town = GROUND_LEVEL * -np.expm1(-np.maximum(inland, 0.0) / SHORE_SLOPE)
    ridge = crest_height(e) * np.exp(-(((n - crest(e)) / RIDGE_SPREAD) ** 2))
    # The tail of the ridge's bell would tilt the town; it is taken off below 1 m.
    ridge = np.maximum(ridge - 1.0, 0.0)
    x, y, top, spread = ISLAND
    away = np.hypot(e - x, n - y)
    island = np.where(away < ISLAND_RADIUS, top * np.exp(-((away / spread) ** 2)) - 0.84, 0.0)
    ground: NDArray[np.float64] = town + ridge + np.maximum(island, 0.0)
    return ground


def elevation(easting: float, northing: float) -> float:
    """Ground (or sea) level above datum at one point, metres."""
    return float(height(np.array([easting]), np.array([northing]))[0])


def ridge_line() -> list[tuple[float, float, float]]:
    """The ridge polyline on the crest, every 100 m; to the millimetre, as a city would store it."""
    easting = np.arange(WEST + 50.0, WEST + SIDE, 100.0).astype(np.float64)
    northing = crest(easting).round(3)
    heights = height(easting, northing).round(3)
    return [tuple(map(float, vertex)) for vertex in zip(easting, northing, heights, strict=True)]  # type: ignore[misc]


def write_terrain(path: Path, *, copies: int) -> None:
    """Write the ground as a GeoTIFF of float32 cells.

    Args:
        path: of the file.
        copies: districts side by side along each axis; cells grow with them beyond four.
    """
    cell = CELL * max(1, -(-copies // 4))
    count = int(SIDE * copies / cell)
    easting = WEST + cell * (np.arange(count) + 0.5)
    north = SOUTH + SIDE * copies
    profile = {
        "driver": "GTiff", "width": count, "height": count, "count": 1, "dtype": "float32",
        "crs": "EPSG:4548", "transform": from_origin(WEST, north, cell, cell), "nodata": -9999.0,
        "tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "predictor": 3,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        for top in range(0, count, 256):
            rows = np.arange(top, min(top + 256, count))
            northing = north - cell * (rows + 0.5)
            e, n = np.meshgrid(easting, northing)
            window = ((int(rows[0]), int(rows[-1]) + 1), (0, count))
            raster.write(height(e, n).astype(np.float32), 1, window=window)


__all__ = ["CELL", "NORTH", "coast", "crest", "elevation", "height", "ridge_line", "write_terrain"]
