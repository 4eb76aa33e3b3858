from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Proj, Transformer

from cim.city_frame import CityFrame
from cim.errors import FrameError
from tests.support.cities import FRAME, ORIGIN

offsets = st.floats(-50_000.0, 50_000.0)
heights = st.floats(-100.0, 2_000.0)


@given(offsets, offsets, heights)
def test_projected_to_earth_centred_and_back_within_a_tenth_of_a_millimetre(
    dx: float, dy: float, height: float
) -> None:
    point = np.array([[ORIGIN[0] + dx, ORIGIN[1] + dy, height]])
    assert np.abs(FRAME.from_ecef(FRAME.to_ecef(point)) - point).max() < 1e-4


@given(offsets, offsets, heights)
def test_earth_centred_position_is_pyproj_plus_the_separation(
    dx: float, dy: float, height: float
) -> None:
    easting, northing = ORIGIN[0] + dx, ORIGIN[1] + dy
    lon, lat = Transformer.from_crs("EPSG:4548", "EPSG:4490", always_xy=True).transform(
        easting, northing
    )
    expected = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True).transform(
        lon, lat, height + 10.2
    )
    # CGCS2000 and WGS 84 ellipsoids differ by 0.1 mm in the semi-minor axis.
    assert np.abs(FRAME.to_ecef(np.array([[easting, northing, height]]))[0] - expected).max() < 5e-4


def test_east_north_up_is_orthonormal_and_stands_on_its_origin() -> None:
    origin = np.array([*ORIGIN, 5.0])
    matrix = FRAME.east_north_up(origin)
    assert np.abs(matrix[:3, :3].T @ matrix[:3, :3] - np.eye(3)).max() < 1e-12
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.0)
    assert np.abs(matrix[:3, 3] - FRAME.to_ecef(origin[None])[0]).max() < 1e-9


def test_jacobian_carries_convergence_and_scale_of_the_place() -> None:
    origin = np.array([[*ORIGIN, 5.0]])
    local = FRAME.east_north_up(origin[0])[:3, :3].T @ FRAME.ecef_jacobian(origin)[0]
    lon, lat, _ = FRAME.to_geographic(origin)[0]
    factors = Proj(CRS.from_epsg(4548)).get_factors(lon, lat)
    # A grid metre is 1/k ground metres at the ellipsoid, and longer by (1 + h/R) at height h.
    rise = 1.0 + (5.0 + 10.2) / 6_371_000.0
    assert np.linalg.norm(local[:, 0]) == pytest.approx(rise / factors.meridional_scale, abs=5e-8)
    turn = np.degrees(np.arctan2(local[1, 0], local[0, 0]))
    assert abs(turn) == pytest.approx(abs(factors.meridian_convergence), abs=1e-5)
    assert local[:, 2] == pytest.approx([0.0, 0.0, 1.0], abs=1e-9)


def test_height_of_the_city_is_not_the_height_of_the_globe() -> None:
    assert FRAME.to_geographic(np.array([[*ORIGIN, 3.5]]))[0, 2] == pytest.approx(13.7, abs=1e-6)


@given(offsets, offsets, offsets)
def test_a_point_seen_on_the_globe_comes_back(dx: float, dy: float, height: float) -> None:
    point = np.array([[ORIGIN[0] + dx, ORIGIN[1] + dy, height]])
    assert np.abs(FRAME.from_geographic(FRAME.to_geographic(point)) - point).max() < 1e-5


def test_an_unknown_crs_is_named() -> None:
    frame = CityFrame("EPSG:999999", FRAME.vertical)
    with pytest.raises(FrameError, match="EPSG:999999"):
        frame.to_ecef(np.zeros((1, 3)))


@given(offsets, offsets)
def test_convergence_and_point_scale_are_pyprojs_and_those_of_the_ground(
    dx: float, dy: float
) -> None:
    point = np.array([ORIGIN[0] + dx, ORIGIN[1] + dy])
    convergence, scale = FRAME.grid_at(point)
    lon, lat = FRAME.degrees(point[None, :])[0]
    factors = Proj(CRS.from_epsg(4548)).get_factors(lon, lat)
    assert np.degrees(convergence) == pytest.approx(factors.meridian_convergence, abs=1e-12)
    assert scale == pytest.approx(factors.meridional_scale, abs=1e-12)
    # True north lies counter-clockwise of grid north by the convergence.
    step = 1e-5
    south, north = FRAME.from_degrees(np.array([[lon, lat - step], [lon, lat + step]]))
    east, up = north - south
    assert np.arctan2(-east, up) == pytest.approx(convergence, abs=1e-8)


def test_a_datum_proj_knows_no_way_from_is_refused() -> None:
    frame = CityFrame("EPSG:2384", FRAME.vertical)  # Xian 1980
    with pytest.raises(FrameError, match="ballpark"):
        frame.to_ecef(np.array([[610_000.0, 2_705_000.0, 0.0]]))
