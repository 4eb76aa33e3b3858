from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.picture import Window, picture_of, picture_of_terrain
from bim_checks.landscape.skyline import GROUND, NOTHING, skyline_of
from bim_checks.landscape.surface import Surface, prepared
from bim_checks.scene import flat_terrain
from cim.mesh import Mesh
from tests.support.models import box

STRAIGHT = Eye((0.0, 0.0, 0.0), refraction=1.0)  # light that follows the Earth: a flat world


def window(
    width: float = 40.0, low: float = -20.0, high: float = 20.0, step: float = 0.05
) -> Window:
    return Window(
        sector(0.0, np.radians(width), np.radians(step)),
        np.radians(low),
        np.radians(step),
        round((high - low) / step),
    )


def plate(half_width: float, half_height: float, distance: float) -> Mesh:
    corners = [
        (x, distance, z) for z in (-half_height, half_height) for x in (-half_width, half_width)
    ]
    return Mesh(np.array(corners), np.array([[0, 1, 2], [1, 3, 2]], dtype=np.int32))


def test_a_plate_fills_its_solid_angle() -> None:
    a, b, d = 20.0, 10.0, 100.0
    exact = 4.0 * np.arcsin(a * b / np.sqrt((a**2 + d**2) * (b**2 + d**2)))
    picture = picture_of(prepared([plate(a, b, d)]), STRAIGHT, window(step=0.02))
    assert picture.solid_angles()[0] == pytest.approx(exact, rel=2e-3)
    total = picture.window.solid_angles.sum() * picture.window.columns.count
    assert sum(picture.solid_angles().values()) == pytest.approx(total, rel=1e-12)


def test_what_is_nearer_hides_and_distances_are_those_of_the_plates() -> None:
    near = Mesh(plate(10.0, 10.0, 50.0).vertices + np.array([10.0, 0.0, 0.0]), plate(1, 1, 1).faces)
    picture = picture_of(prepared([plate(20.0, 10.0, 100.0), near]), STRAIGHT, window())
    middle = picture.window.rows // 2
    assert set(picture.owners[middle]) == {NOTHING, 0, 1}
    for column, owner in enumerate(picture.owners[middle]):
        azimuth = picture.window.columns.azimuths[column]
        if owner >= 0:
            expected = (100.0, 50.0)[owner] / np.cos(azimuth)
            assert picture.distances[middle, column] == pytest.approx(expected, abs=1e-9)
        # The near plate spans 0 to 20 m at 50 m, the far one -20 to 20 m at 100 m.
        across = np.tan(azimuth)
        assert owner == (1 if 0.0 < across < 0.4 else 0 if -0.2 < across < 0.2 else NOTHING)


def test_pictures_joined_are_the_picture_of_both() -> None:
    one, other = box((-20, 100, -30), (0, 110, 10)), box((-10, 60, -30), (15, 80, -5))
    both = picture_of(prepared([one, other]), STRAIGHT, window())
    joined = picture_of(prepared([one]), STRAIGHT, window()).with_(
        picture_of(prepared([other]), STRAIGHT, window()), offset=1
    )
    np.testing.assert_array_equal(joined.owners, both.owners)
    np.testing.assert_array_equal(joined.distances, both.distances)
    cleared = picture_of(
        prepared([one, other]), STRAIGHT, window(), without=np.array([False, True])
    )
    assert set(np.unique(cleared.owners)) == {NOTHING, 0}


def test_level_ground_fills_everything_below_the_horizon() -> None:
    eye = Eye((610_000.0, 2_705_000.0, 7.0), refraction=1.0)
    picture = picture_of_terrain(flat_terrain(5.0), eye, window(step=0.5))
    # The ground ends at 1,995 m: the last 0.06 degrees below the horizon are sky.
    assert (picture.owners[picture.window.elevations < np.radians(-0.1)] == GROUND).all()
    assert (picture.owners[picture.window.elevations > 0.0] == NOTHING).all()
    row = 10
    depth = 2.0 / np.tan(-picture.window.elevations[row])
    assert picture.distances[row] == pytest.approx(depth, rel=1e-9)


def first_hit(surface: Surface, azimuth: float, elevation: float) -> tuple[int, float]:
    """The owner of the nearest triangle a ray meets, and its horizontal distance, by solving each triangle."""
    ray = np.array([np.sin(azimuth), np.cos(azimuth), np.tan(elevation)])
    best = (NOTHING, np.inf)
    for face, owner in zip(surface.faces, surface.owners, strict=True):
        a, b, c = surface.vertices[face]
        matrix = np.column_stack([b - a, c - a, -ray])
        if abs(np.linalg.det(matrix)) < 1e-12:
            continue
        u, v, distance = np.linalg.solve(matrix, -a)
        if u >= 0 and v >= 0 and u + v <= 1 and 0.5 < distance < best[1]:
            best = (int(owner), distance)
    return best


@given(st.integers(0, 10_000))
def test_a_pixel_is_what_a_ray_through_its_middle_meets(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = []
    for _ in range(4):
        x, y, w, d, h = rng.uniform((-60, 30, 5, 5, 5), (60, 150, 40, 40, 60))
        boxes.append(box((x, y, -20.0), (x + w, y + d, h - 20.0)))
    surface = prepared(boxes)
    picture = picture_of(surface, STRAIGHT, window(step=0.5))
    rows = rng.integers(0, picture.window.rows, 25)
    columns = rng.integers(0, picture.window.columns.count, 25)
    wrong = 0
    for row, column in zip(rows, columns, strict=True):
        azimuth = picture.window.columns.azimuths[column]
        owner, distance = first_hit(surface, azimuth, picture.window.elevations[row])
        if owner != picture.owners[row, column] or not np.isclose(
            distance, picture.distances[row, column], rtol=1e-9
        ):
            wrong += 1
    assert wrong == 0


def test_the_skyline_lies_within_the_highest_pixel_of_a_column() -> None:
    surface = prepared([box((-30, 80, -10), (-5, 120, 12)), box((2, 60, -10), (20, 90, 9))])
    view = window()
    picture = picture_of(surface, STRAIGHT, view)
    elevations = skyline_of(surface, STRAIGHT, view.columns).elevations
    for column, elevation in enumerate(elevations):
        covered = np.flatnonzero(picture.owners[:, column] >= 0)
        if np.isfinite(elevation) and len(covered):
            above = elevation - view.elevations[covered[-1]]
            assert 0.0 <= above < view.step
