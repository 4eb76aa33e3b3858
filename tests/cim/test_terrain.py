from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine

from cim.errors import TerrainError
from cim.terrain import Terrain, read_terrain


def sloped() -> Terrain:
    """z = x + 2 y at cell centres of a 10 x 8 grid with 2 m cells."""
    x = 1.0 + 2.0 * np.arange(10)
    y = 15.0 - 2.0 * np.arange(8)
    return Terrain(x[None, :] + 2.0 * y[:, None], west=0.0, north=16.0, cell=2.0)


def test_a_plane_is_reproduced_exactly_between_cell_centres() -> None:
    points = np.random.default_rng(1).uniform([1.0, 1.0], [19.0, 15.0], (500, 2))
    expected = points[:, 0] + 2.0 * points[:, 1]
    assert np.abs(sloped().height_at(points) - expected).max() < 1e-12


def test_outside_is_not_a_number_and_the_edge_is_inside() -> None:
    heights = sloped().height_at(
        np.array([[-0.01, 5.0], [20.01, 5.0], [5.0, -0.01], [5.0, 16.01], [0.0, 16.0], [20.0, 0.0]])
    )
    assert np.isnan(heights).tolist() == [True, True, True, True, False, False]


def test_read_terrain_gives_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "terrain.tif"
    write(path, Affine(2.0, 0.0, 0.0, 0.0, -2.0, 16.0))
    terrain = read_terrain(path)
    assert terrain.extent == (0.0, 0.0, 20.0, 16.0)
    assert np.nanmax(np.abs(terrain.heights - sloped().heights)) == 0.0
    assert np.isnan(terrain.heights[0, 0])


def test_a_turned_raster_and_a_text_file_are_refused(tmp_path: Path) -> None:
    turned = tmp_path / "turned.tif"
    write(turned, Affine(2.0, 0.1, 0.0, 0.0, -2.0, 16.0))
    with pytest.raises(TerrainError, match="north-up"):
        read_terrain(turned)
    text = tmp_path / "text.tif"
    text.write_text("not a raster")
    with pytest.raises(TerrainError, match="cannot be read"):
        read_terrain(text)


def write(path: Path, transform: Affine) -> None:
    heights = sloped().heights.astype(np.float32)
    heights[0, 0] = -9999.0
    with rasterio.open(
        path, "w", driver="GTiff", width=10, height=8, count=1, dtype="float32", nodata=-9999.0,
        crs="EPSG:4548", transform=transform,
    ) as raster:  # fmt: skip
        raster.write(heights, 1)


def test_heights_over_rows_and_columns_are_the_very_numbers_of_single_points() -> None:
    random = np.random.default_rng(3)
    heights = random.random((9, 7)) * 100.0
    heights[4, 2] = np.nan
    terrain = Terrain(heights, west=600_000.0, north=2_700_000.0, cell=2.5)
    x = np.sort(random.uniform(-1.0, 19.0, 40)) + 600_000.0
    y = 2_700_000.0 - np.sort(random.uniform(-1.0, 24.0, 30))
    plan = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1).reshape(-1, 2)
    np.testing.assert_array_equal(
        terrain.heights_over(x, y), terrain.height_at(plan).reshape(30, 40)
    )
    assert terrain.heights_over(x, np.zeros(0)).shape == (0, 40)
