from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.landscape.eye import EARTH_RADIUS, Columns, Eye, all_round, sector
from bim_checks.landscape.skyline import GROUND, NOTHING, Skyline, skyline_of, skyline_of_terrain
from bim_checks.landscape.surface import OPEN, Surface, of_triangles, prepared
from bim_checks.scene import prism
from cim.mesh import Mesh
from cim.terrain import Terrain
from tests.support.models import box

EYE = Eye((0.0, 0.0, 1.6), refraction=0.13)
NORTH = sector(0.0, np.radians(0.02), np.radians(0.01))


def highest_by_hand(surface: Surface, eye: Eye, columns: Columns) -> NDArray[np.float64]:
    """Every triangle cut by every half-plane, nothing left out, shape (columns,)."""
    points = eye.apparent(surface.vertices)[surface.faces]
    found = np.full(columns.count, -np.inf)
    for c, azimuth in enumerate(columns.azimuths):
        ahead = points[:, :, 0] * np.sin(azimuth) + points[:, :, 1] * np.cos(azimuth)
        aside = points[:, :, 0] * np.cos(azimuth) - points[:, :, 1] * np.sin(azimuth)
        for i in range(3):
            j = (i + 1) % 3
            with np.errstate(divide="ignore", invalid="ignore"):
                share = aside[:, i] / (aside[:, i] - aside[:, j])
            ok = (aside[:, i] < 0.0) != (aside[:, j] < 0.0)
            far = ahead[ok, i] + share[ok] * (ahead[ok, j] - ahead[ok, i])
            up = points[ok, i, 2] + share[ok] * (points[ok, j, 2] - points[ok, i, 2])
            seen = far > 0.5
            if seen.any():
                found[c] = max(found[c], (up[seen] / far[seen]).max())
    return found


def test_a_box_stands_as_high_as_its_nearer_upper_edge() -> None:
    found = skyline_of(prepared([box((-5, 100, 0), (5, 110, 31.6))]), EYE, NORTH)
    drop = 0.87 * 100.0**2 / (2.0 * EARTH_RADIUS)
    # The edge runs straight across, so a column off the middle meets it farther away.
    for azimuth, tangent, distance in zip(
        NORTH.azimuths, found.tangents, found.distances, strict=True
    ):
        assert distance == pytest.approx(100.0 / np.cos(azimuth), abs=1e-9)
        assert tangent * distance == pytest.approx(30.0 - drop, abs=2e-6)
    assert found.owners.tolist() == [0, 0]


def test_curvature_hides_what_is_low_and_far() -> None:
    # At 16 km the Earth falls away by 17.48 m (k = 0.13): a wall of 19.08 m shows its top at eye height.
    drop = 0.87 * 16_000.0**2 / (2.0 * EARTH_RADIUS)
    assert drop == pytest.approx(17.479, abs=1e-3)
    wall = box((-50, 16_000, 0), (50, 16_001, drop + 1.6))
    assert skyline_of(prepared([wall]), EYE, NORTH).tangents == pytest.approx(
        0.0, abs=2e-8
    )  # the middle of a straight edge of 100 m hangs 0.2 mm below its curve


def test_what_is_behind_lower_or_beside_does_not_count() -> None:
    meshes = [
        box((-5, 100, 0), (5, 110, 31.6)),
        box((-5, 300, 0), (5, 310, 60.0)),  # lower in angle: 58.4 / 300 < 30 / 100
        box((-5, -110, 0), (5, -100, 200.0)),  # behind the eye
        box((50, 100, 0), (60, 110, 200.0)),  # beside
    ]
    assert skyline_of(prepared(meshes), EYE, NORTH).owners.tolist() == [0, 0]
    cleared = np.array([True, False, False, False])
    without = skyline_of(prepared(meshes), EYE, NORTH, without=cleared)
    assert without.owners.tolist() == [1, 1]
    near = skyline_of(prepared(meshes[1:]), EYE, NORTH, nearer_than=np.full(2, 299.0))
    assert near.owners.tolist() == [NOTHING, NOTHING]
    assert np.isneginf(near.tangents).all()


def test_two_skylines_joined_are_the_skyline_of_both() -> None:
    near, far = box((-20, 100, 0), (0, 110, 30)), box((-10, 400, 0), (40, 420, 90))
    columns = sector(0.0, np.radians(30), np.radians(0.1))
    both = skyline_of(prepared([near, far]), EYE, columns)
    one = skyline_of(prepared([near]), EYE, columns)
    joined = one.with_(skyline_of(prepared([far]), EYE, columns), offset=1)
    same(joined, both)
    assert set(both.owners) == {NOTHING, 0, 1}


def same(one: Skyline, other: Skyline) -> None:
    np.testing.assert_array_equal(one.tangents, other.tangents)
    np.testing.assert_array_equal(one.distances, other.distances)
    np.testing.assert_array_equal(one.owners, other.owners)


solids = st.lists(
    st.tuples(
        st.floats(-300, 300), st.floats(-300, 300), st.floats(2, 60), st.floats(2, 60), st.floats(1, 80)
    ).filter(lambda b: abs(b[0]) + abs(b[1]) > 90),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(solids, st.floats(0.0, 6.2))
def test_leaving_out_all_but_outline_edges_changes_nothing(
    boxes: list[tuple[float, ...]], start: float
) -> None:
    surface = prepared([box((x, y, 0.0), (x + w, y + d, h)) for x, y, w, d, h in boxes])
    columns = Columns(start, 2.0 * np.pi / 720, 720)
    found = skyline_of(surface, EYE, columns).tangents
    np.testing.assert_allclose(found, highest_by_hand(surface, EYE, columns), atol=1e-9)


@given(st.integers(0, 10_000))
def test_loose_triangles_facing_either_way_give_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    triangles = rng.uniform(-100, 100, (30, 1, 3)) + rng.uniform(-20, 20, (30, 3, 3))
    triangles = triangles[np.hypot(*triangles.mean(axis=1)[:, :2].T) > 50.0]
    surface = of_triangles(triangles, np.arange(len(triangles)))
    columns = all_round(360)
    found = skyline_of(surface, EYE, columns).tangents
    np.testing.assert_allclose(found, highest_by_hand(surface, EYE, columns), atol=1e-9)


@given(st.floats(0.0, 6.28), st.integers(0, 100))
def test_turning_everything_turns_the_skyline(angle: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ring = rng.uniform(-30, 30, (5, 2))
    ring = ring[np.argsort(np.arctan2(*(ring - ring.mean(axis=0)).T))] + np.array([150.0, 80.0])
    tower = prism(ring.tolist(), 0.0, 75.0)
    turn = np.array(
        [[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
    )
    turned = Mesh(tower.vertices @ turn.T, tower.faces)  # clockwise by the angle
    before = skyline_of(prepared([tower]), EYE, Columns(0.3, 0.001, 2000))
    after = skyline_of(prepared([turned]), EYE, Columns(0.3 + angle, 0.001, 2000))
    seen = np.isfinite(before.tangents) & np.isfinite(after.tangents)
    assert (np.isfinite(before.tangents) != np.isfinite(after.tangents)).sum() <= 2
    np.testing.assert_allclose(after.tangents[seen], before.tangents[seen], atol=1e-9)


def hills(rows: int = 40, across: int = 60) -> Terrain:
    rng = np.random.default_rng(5)
    heights = rng.uniform(0.0, 30.0, (rows, across))
    heights[7, 11] = np.nan
    return Terrain(heights, -300.0, 200.0, 10.0)


def as_triangles(terrain: Terrain) -> Surface:
    rows, across = terrain.heights.shape
    x = terrain.west + (np.arange(across) + 0.5) * terrain.cell
    y = terrain.north - (np.arange(rows) + 0.5) * terrain.cell
    grid = np.stack(np.broadcast_arrays(x[None, :], y[:, None], terrain.heights), axis=-1)
    nw, ne, sw, se = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    triangles = np.concatenate(
        [np.stack(t, axis=2).reshape(-1, 3, 3) for t in ((nw, se, ne), (nw, sw, se))]
    )
    triangles = triangles[np.isfinite(triangles).all(axis=(1, 2))]
    return of_triangles(triangles, np.zeros(len(triangles), dtype=np.int64))


@pytest.mark.parametrize(
    "position", [(3.0, 2.0, 60.0), (-120.5, 77.0, 35.0), (900.0, -500.0, 10.0)]
)
def test_the_ground_is_the_triangles_of_its_raster(position: tuple[float, float, float]) -> None:
    terrain, eye, columns = hills(), Eye(position), all_round(1440)
    found = skyline_of_terrain(terrain, eye, columns)
    by_hand = highest_by_hand(as_triangles(terrain), eye, columns)
    np.testing.assert_allclose(found.tangents, by_hand, atol=1e-9)
    assert set(found.owners) <= {GROUND, NOTHING}


def test_edges_know_their_faces() -> None:
    closed = prepared([box((0, 0, 0), (1, 1, 1))])
    assert len(closed.edges) == 18
    assert (closed.beside >= 0).all()
    torn = Mesh(box((0, 0, 0), (1, 1, 1)).vertices, box((0, 0, 0), (1, 1, 1)).faces[1:])
    assert (prepared([torn]).beside[:, 1] == OPEN).sum() == 3
    assert len(prepared([]).edges) == 0
