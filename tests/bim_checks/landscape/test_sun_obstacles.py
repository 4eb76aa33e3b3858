"""Shade by terrain and by what stands, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from bim_checks.landscape.eye import Eye, all_round
from bim_checks.landscape.skyline import skyline_of_terrain
from bim_checks.landscape.sun_obstacles import ground, standing
from bim_checks.landscape.sunshine import hidden, in_front
from bim_checks.scene import ORIGIN, flat_terrain, prism
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.mesh import Mesh
from cim.terrain import Terrain
from tests.support.sunlight import ORIGIN_3D, facing_south, lit_behind, path_of

CELL = 10.0


def ridge(distance: float, height: float, *, side: float = 12_000.0) -> Terrain:
    """Flat ground, and south of a distance a wall of hills: one row of centres and all beyond it at a height."""
    cells = round(side / CELL)
    north = side / 2.0 - (np.arange(cells) + 0.5) * CELL
    heights = np.zeros((cells, cells))
    heights[north <= -distance] = height
    return Terrain(heights, ORIGIN[0] - side / 2.0, ORIGIN[1] + side / 2.0, CELL)


@pytest.mark.parametrize(
    ("distance", "height"), [(795.0, 500.0), (1495.0, 900.0), (2495.0, 1600.0)]
)
@pytest.mark.parametrize("k", [1.0, 0.13])  # a flat Earth, and the one there is
def test_a_ridge_to_the_south_hides_the_sun_that_is_lower_than_it(
    distance: float, height: float, k: float
) -> None:
    path, points = path_of(), facing_south(1.0)
    found = ground(ridge(distance, height), points, path, refraction=k)
    lit = lit_behind(found.points, path, found.obstacles)
    fine = path_of(step=0.1)
    east, north, up = fine.directions.T
    # Along the ray the ridge is farther than straight south, and so much lower: (1 - k) d^2 / 2R.
    far = distance * np.hypot(east, north) / np.maximum(-north, 1e-9)
    over = (
        up / np.hypot(east, north) - (height - 1.0 - (1.0 - k) / (2.0 * 6_371_000.0) * far**2) / far
    )
    free = np.flatnonzero(over > 0.0)
    # The ridge ends 6 km east and west, at a bearing the sun does not stand at while it is so low.
    assert 0 < free[0] < free[-1] < len(over) - 1
    start = np.interp(0.0, over[free[0] - 1 : free[0] + 1], fine.seconds[free[0] - 1 : free[0] + 1])
    end = np.interp(0.0, over[free[-1] : free[-1] + 2][::-1], fine.seconds[free[-1] : free[-1] + 2][::-1])  # fmt: skip
    assert lit.starts == pytest.approx([start], abs=1.0)
    assert lit.ends == pytest.approx([end], abs=1.0)


def test_the_ground_hides_what_its_skyline_hides() -> None:
    random = np.random.default_rng(5)
    x, y = np.meshgrid(np.arange(300) * CELL, np.arange(300) * CELL)
    heights = 20.0 + 420.0 * np.exp(-(((y - 2500.0) / 250.0) ** 2)) * (1.2 + np.sin(x / 180.0))
    heights += random.uniform(0.0, 8.0, heights.shape)
    terrain = Terrain(heights, ORIGIN[0] - 1500.0, ORIGIN[1] + 1500.0, CELL)
    path = path_of(step=2.0)
    at = terrain.height_at(np.array([ORIGIN]))[0]
    points = facing_south(float(at) + 2.0)
    found = ground(terrain, points, path)
    seen = in_front(points, path)
    shaded = hidden(points, path, found.obstacles, seen)[0]
    assert 0 < shaded.sum() < len(shaded)
    columns = all_round(36_000)
    line = skyline_of_terrain(terrain, Eye((*ORIGIN, float(at) + 2.0)), columns)
    azimuth = np.arctan2(path.directions[:, 0], path.directions[:, 1]) % (2.0 * np.pi)
    horizon = line.elevations[(azimuth / columns.step).astype(int)]
    sun = np.arcsin(path.directions[:, 2])
    clear = np.abs(sun - horizon) > np.radians(0.02)  # half a column of a rough horizon
    assert clear.sum() > 0.9 * len(clear)
    assert (shaded == (sun < horizon))[clear].all()


def test_flat_ground_hides_nothing_and_is_not_even_looked_at() -> None:
    path, points = path_of(), facing_south(6.0)
    found = ground(flat_terrain(5.0), points, path)
    assert not found.obstacles.any
    assert not found.points.buried.any()


def test_points_below_the_ground_or_beyond_it_are_marked_and_not_hidden_by_it() -> None:
    path, points = path_of(), facing_south(4.0, 6.0, 4.99)
    steep = flat_terrain(5.0, slope=(0.0, -0.6))
    found = ground(steep, points, path)
    assert found.points.buried.tolist() == [True, False, True]
    lit = lit_behind(found.points, path, found.obstacles)
    minutes = lit.minutes(3, "cumulative", 0.0)
    assert minutes[0] == minutes[2] == pytest.approx(480.0)
    assert minutes[1] < 470.0
    elsewhere = Terrain(steep.heights, 0.0, 0.0, CELL)
    assert ground(elsewhere, points, path).points.buried.all()


def test_holes_in_the_ground_hide_nothing() -> None:
    path, points = path_of(), facing_south(1.0)
    whole = ridge(795.0, 500.0)
    heights = whole.heights.copy()
    heights[heights > 0.0] = np.nan
    holed = Terrain(heights, whole.west, whole.north, CELL)
    lit = lit_behind(points, path, ground(holed, points, path).obstacles)
    assert lit.lengths.sum() == pytest.approx(480.0)


def test_only_buildings_that_reach_the_sun_are_asked_and_no_shade_is_missed() -> None:
    random = np.random.default_rng(3)
    path, points = path_of(), facing_south(0.0, 2.0)
    buildings = []
    for number, (x, y) in enumerate(random.uniform(-600.0, 600.0, (300, 2))):
        if abs(x) < 8.0 and abs(y) < 8.0:
            continue
        mesh = prism([(x, y), (x + 12, y), (x + 12, y + 12), (x, y + 12)], 0.0, random.uniform(3, 60))  # fmt: skip
        buildings.append(ExistingBuilding(f"B{number}", {}, Mesh(mesh.vertices + ORIGIN_3D, mesh.faces)))  # fmt: skip
    every = np.concatenate([b.mesh.triangles() for b in buildings])
    found = standing(ExistingBuildings(buildings), points, path, without={"B1"}, ground_rise=0.0)
    assert 0 < len(found.buildings) < len(buildings) - 1
    assert "B1" not in {b.identifier for b in found.buildings}
    lit, all_of_them = lit_behind(points, path, found.obstacles), lit_behind(points, path, every)
    ones = [b for b in buildings if b.identifier != "B1"]
    without = lit_behind(points, path, np.concatenate([b.mesh.triangles() for b in ones]))
    assert lit.starts.tolist() == without.starts.tolist()
    assert lit.ends.tolist() == without.ends.tolist()
    assert len(all_of_them.starts) > 0
    for index, building in enumerate(found.buildings):
        assert found.building(int(found.first[index])) is building
        assert found.building(int(found.first[index]) + 11) is building
