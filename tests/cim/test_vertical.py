from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from cim.city_frame import CityFrame
from cim.errors import CityError, FrameError
from cim.vertical import SeparationGrid, VerticalSeparation, read_separation_grid
from tests.support.cities import FRAME, ORIGIN

WEST, NORTH, STEP = 117.0, 26.0, 0.25
NODES = 13  # to 120 E, 23 N


def plane(longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """A separation bilinear interpolation meets exactly."""
    return 10.0 + 0.4 * (longitude - 118.0) - 0.3 * (latitude - 24.0)


def node_values() -> NDArray[np.float64]:
    longitude = WEST + STEP * np.arange(NODES)
    latitude = NORTH - STEP * np.arange(NODES)
    return plane(longitude[None, :], latitude[:, None])


def write(path: Path, driver: str, **changes: object) -> Path:
    corner = rasterio.Affine(STEP, 0.0, WEST - STEP / 2, 0.0, -STEP, NORTH + STEP / 2)
    profile = {
        "driver": driver, "width": NODES, "height": NODES, "count": 1, "dtype": "float32",
        "crs": "EPSG:4326", "transform": corner, **changes,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(node_values().astype(np.float32), 1)
    return path


@pytest.fixture
def grid(tmp_path: Path) -> SeparationGrid:
    path = write(tmp_path / "city.tif", "GTiff")
    return read_separation_grid(path, datum="EPSG:5737", accuracy=0.05)


@pytest.mark.parametrize(("name", "driver"), [("city.gtx", "GTX"), ("city.tif", "GTiff")])
def test_a_grid_gives_its_nodes_and_what_lies_between(
    tmp_path: Path, name: str, driver: str
) -> None:
    grid = read_separation_grid(write(tmp_path / name, driver), datum="EPSG:5737", accuracy=0.05)
    assert (grid.datum, grid.accuracy, grid.method) == ("EPSG:5737", 0.05, f"grid {name}")
    positions = np.array([[WEST, NORTH], [118.1, 24.47], [120.0, 23.0], [118.0, 24.0]])
    assert grid.at(positions) == pytest.approx(plane(*positions.T), abs=2e-6)


def test_outside_the_grid_there_is_no_height(grid: SeparationGrid) -> None:
    with pytest.raises(FrameError, match=r"city\.tif does not cover 116.90000, 24.00000"):
        grid.at(np.array([[118.0, 24.0], [116.9, 24.0]]))


def test_a_grid_on_the_map_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "map.tif", "GTiff", crs="EPSG:4548")
    with pytest.raises(CityError, match="longitude and latitude"):
        read_separation_grid(path, datum="EPSG:5737", accuracy=0.05)
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(CityError, match="cannot be read"):
        read_separation_grid(tmp_path / "text.tif", datum="EPSG:5737", accuracy=0.05)


offsets = st.floats(-50_000.0, 50_000.0)


@given(offsets, offsets, st.floats(-100.0, 2_000.0))
def test_with_a_grid_projected_to_earth_centred_and_back_within_a_tenth_of_a_millimetre(
    dx: float, dy: float, height: float
) -> None:
    grid = SeparationGrid("EPSG:5737", 0.05, "plane", node_values(), WEST, NORTH, (STEP, STEP))
    frame = CityFrame("EPSG:4548", grid)
    point = np.array([[ORIGIN[0] + dx, ORIGIN[1] + dy, height]])
    assert np.abs(frame.from_ecef(frame.to_ecef(point)) - point).max() < 1e-4
    lon, lat, up = frame.to_geographic(point)[0]
    separation = plane(np.array([lon]), np.array([lat]))[0]
    assert up - height == pytest.approx(separation, abs=1e-6)


def test_proj_alone_would_change_nothing_and_we_do() -> None:
    """The trap this module exists for: EPSG:4548+5737 to EPSG:4979 leaves the height as it is."""
    proj = Transformer.from_crs("EPSG:4548+5737", "EPSG:4979", always_xy=True)
    assert proj.transform(*ORIGIN, 10.0)[2] == pytest.approx(10.0, abs=1e-6)
    assert FRAME.to_geographic(np.array([[*ORIGIN, 10.0]]))[0, 2] == pytest.approx(20.2, abs=1e-6)


def test_a_constant_is_the_same_everywhere() -> None:
    constant = VerticalSeparation("EPSG:5737", 10.2, 0.3)
    assert constant.at(np.zeros((3, 2))).tolist() == [10.2] * 3
    assert constant.method == "constant +10.200 m"
