from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st

from bim_checks.landscape.eye import EARTH_RADIUS, Eye
from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.surface import prepared
from bim_checks.landscape.visibility import (
    NOT_PUBLIC,
    SHORT,
    VisibilityMap,
    ground_triangles,
    visibility_map,
)
from bim_checks.scene import FRAME, ORIGIN, flat_terrain
from cim.mesh import Mesh
from cim.terrain import Terrain
from tests.support.models import box


def placed(mesh: Mesh) -> Mesh:
    return Mesh(mesh.vertices + np.array([*ORIGIN, 5.0]), mesh.faces)


def seen(
    buildings: list[Mesh], heights: list[float], *, half: float = 400.0, **more: object
) -> VisibilityMap:
    east, north = ORIGIN
    return visibility_map(
        [(east, north, 5.0 + height) for height in heights],
        flat_terrain(),
        prepared([placed(mesh) for mesh in buildings]),
        (east - half, north - half, east + half, north + half),
        **{"cell": 5.0, "eye_height": 1.6, "refraction": 0.13, **more},
    )


def at(found: VisibilityMap, x: float, y: float) -> int:
    row = int((found.north - (ORIGIN[1] + y)) // found.cell)
    column = int((ORIGIN[0] + x - found.west) // found.cell)
    return int(found.seen[row, column])


def test_on_open_ground_everything_is_seen_from_everywhere() -> None:
    found = seen([], [20.0, 60.0, 100.0])
    assert (found.seen == 3).all()
    assert found.share(3) == 1.0


def test_a_wall_hides_what_its_shadow_reaches() -> None:
    # The wall, 40 m high, stands 100 m east of a point 100 m high: it hides eyes of 1.6 m as far as
    # 100 x (100 - 1.6) / (100 - 40) = 164.0 m, and of a point 60 m high as far as 100 x 58.4 / 20 = 292 m.
    found = seen([box((100, -300, 0), (101, 300, 40))], [60.0, 100.0])
    profile = [at(found, x, 2.5) for x in (50, 97, 130, 160, 170, 280, 300)]
    assert profile == [2, 2, 0, 0, 1, 1, 2]
    assert at(found, -200, 0) == 2


def test_ground_under_a_roof_is_no_public_place() -> None:
    found = seen([box((20, 20, 0), (60, 50, 12))], [100.0])
    east, north = ORIGIN
    rows, columns = np.nonzero(found.seen == NOT_PUBLIC)
    x = found.west + (columns + 0.5) * found.cell - east
    y = found.north - (rows + 0.5) * found.cell - north
    assert len(rows) == 8 * 6
    assert (x.min(), x.max(), y.min(), y.max()) == (22.5, 57.5, 22.5, 47.5)


def test_what_makes_way_hides_nothing() -> None:
    wall = box((100, -300, 0), (101, 300, 40))
    assert (seen([wall], [60.0], without=np.array([True])).seen == 1).all()


def test_far_away_the_earth_hides_what_is_low() -> None:
    # Over level sea, an eye of 1.6 m and a point h high see each other up to sqrt(2 R h / (1 - k)) + sqrt(2 R 1.6 / (1 - k)).
    heights = np.zeros((3, 2400))
    sea = Terrain(heights, 0.0, 30.0, 10.0)
    found = visibility_map(
        [(5.0, 15.0, 10.0)],
        sea,
        prepared([]),
        (0.0, 10.0, 24_000.0, 20.0),
        cell=10.0,
        eye_height=1.6,
        refraction=0.13,
    )
    radius = EARTH_RADIUS / 0.87
    horizon = np.sqrt(2 * radius * 10.0) + np.sqrt(2 * radius * 1.6)
    last = found.west + (np.flatnonzero(found.seen[0] == 1)[-1] + 0.5) * found.cell
    assert last == pytest.approx(horizon, rel=0.01)
    assert (found.seen[0][:1500] == 1).all()


def test_the_map_is_written_and_drawn(tmp_path: Path) -> None:
    found = seen([box((100, -300, 0), (101, 300, 40))], [60.0, 100.0])
    path = tmp_path / "ztv.tif"
    found.write(path, FRAME.projected_crs)
    with rasterio.open(path) as raster:
        np.testing.assert_array_equal(raster.read(1), found.seen)
        assert raster.crs.to_epsg() == 4548
        assert raster.transform.c == found.west
    (one, any_seen), (two, both_seen) = found.contours()
    assert (one, two) == (1, 2)
    assert any_seen.area == pytest.approx(25.0 * ((found.seen >= 1) & (found.seen < 255)).sum())
    assert both_seen.area == pytest.approx(25.0 * (found.seen == 2).sum())


@given(
    seed=st.integers(0, 2**16),
    relief=st.sampled_from([2.0, 30.0, 150.0]),
    heights=st.lists(st.floats(1.0, 120.0), min_size=1, max_size=3, unique=True),
    holes=st.booleans(),
)
def test_ground_that_is_not_searched_would_have_hidden_nothing_else(
    seed: int, relief: float, heights: list[float], holes: bool
) -> None:
    """Against rays into every triangle of rough ground, cliffs and holes included."""
    random = np.random.default_rng(seed)
    ground = random.random((24, 24)).cumsum(axis=0).cumsum(axis=1) / 60.0
    ground += relief * random.random((24, 24)) * (random.random((24, 24)) < 0.2)
    if holes:
        ground[random.random((24, 24)) < 0.03] = np.nan
    terrain = Terrain(ground, 0.0, 240.0, 10.0)
    foot = float(terrain.height_at(np.array([[113.0, 127.0]]))[0])
    if not np.isfinite(foot):
        return
    targets = [(113.0, 127.0, foot + height) for height in heights]
    found = visibility_map(
        targets,
        terrain,
        prepared([]),
        (0.0, 0.0, 240.0, 240.0),
        cell=4.0,
        eye_height=1.6,
        refraction=0.13,
    )
    eye = Eye((113.0, 127.0, 0.0), 0.13)
    everything = Occluders(
        eye.apparent(ground_triangles(terrain).reshape(-1, 3)).reshape(-1, 3, 3), np.zeros(3)
    )
    x, y = (np.arange(60) + 0.5) * 4.0, 240.0 - (np.arange(60) + 0.5) * 4.0
    plan = np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1).reshape(-1, 2)
    eyes = np.column_stack([plan, terrain.height_at(plan) + 1.6])
    public = np.isfinite(eyes[:, 2])
    count = np.zeros(len(plan), dtype=np.int64)
    for target in eye.apparent(np.array(targets)):
        ways = eye.apparent(eyes[public]) - target
        lengths = np.linalg.norm(ways, axis=1)
        hit = everything.blocked(
            target[None, :], ways / lengths[:, None], nearer_than=lengths - SHORT
        )
        count[public] += ~hit
    expected = np.where(public, count, NOT_PUBLIC).reshape(60, 60)
    # Rays that graze an edge in float32 may be told apart by the last digit.
    assert (found.seen != expected).sum() <= 2
