from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cim.terrain import Terrain
from tests.support.cities import FRAME, ORIGIN
from tests.tiles.houses import Seen, tiles_of, to_ecef
from tiles.gltf import linear
from tiles.gltf_reader import DecodedPrimitive
from tiles.terrain import write_terrain_tileset
from tiles.validation import check_tileset

CELL = 2.0


def hills(rows: int, columns: int) -> Terrain:
    """Rough ground from -5 to about 60 m, every cell its own height."""
    y, x = np.mgrid[0:rows, 0:columns] * CELL
    heights = 30.0 + 25.0 * np.sin(x / 60.0) * np.cos(y / 45.0) + 0.4 * np.sin(x * 1.7 + y * 2.3)
    heights = np.where(x < 60.0, -5.0, heights)
    return Terrain(heights, ORIGIN[0], ORIGIN[1], CELL)


def projected(folder: Path, primitive: DecodedPrimitive) -> NDArray[np.float64]:
    return FRAME.from_ecef(to_ecef(folder, primitive.positions))


def ground(seen: Seen) -> DecodedPrimitive:
    assert seen.glb is not None
    (primitive,) = seen.glb.primitives
    return primitive


def on_raster(points: NDArray[np.float64], terrain: Terrain) -> NDArray[np.bool_]:
    """Which points are raster cell centres at their height, within a millimetre."""
    column = (points[:, 0] - terrain.west) / terrain.cell - 0.5
    row = (terrain.north - points[:, 1]) / terrain.cell - 0.5
    i, j = np.round(row).astype(int), np.round(column).astype(int)
    offsets = np.column_stack(
        [
            (column - j) * terrain.cell,
            (row - i) * terrain.cell,
            points[:, 2] - terrain.heights[i, j],
        ]
    )
    return np.linalg.norm(offsets, axis=1) < 1e-3


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("shape", [(2, 2), (129, 129), (130, 257), (300, 411)])
def test_a_terrain_keeps_all_its_promises(
    tmp_path: Path, shape: tuple[int, int], compressed: bool
) -> None:
    write_terrain_tileset(hills(*shape), FRAME, tmp_path / "t", compressed=compressed)
    assert check_tileset(tmp_path / "t") == []


def test_every_vertex_is_a_raster_cell_or_hangs_below_one(tmp_path: Path) -> None:
    terrain = hills(300, 411)
    write_terrain_tileset(terrain, FRAME, tmp_path / "t")
    for seen in tiles_of(tmp_path / "t"):
        points = projected(tmp_path / "t", ground(seen))
        exact = on_raster(points, terrain)
        assert exact.sum() > 0
        skirt = points[~exact]
        assert np.all(skirt[:, 2] < terrain.height_at(skirt) - 0.99)


def test_the_leaves_hold_every_cell_where_the_ground_is_rough(tmp_path: Path) -> None:
    terrain = hills(300, 411)
    summary = write_terrain_tileset(terrain, FRAME, tmp_path / "t")
    cells = set()
    for seen in tiles_of(tmp_path / "t"):
        if seen.is_leaf:
            points = projected(tmp_path / "t", ground(seen))
            points = points[on_raster(points, terrain)]
            cells |= {tuple(p) for p in np.floor((points[:, :2] - ORIGIN) / CELL).tolist()}
    assert len(cells) == 300 * 411
    assert summary.triangles == 2 * 299 * 410


def test_the_geometric_error_is_the_measured_height_difference(tmp_path: Path) -> None:
    # a single spike between the samples of the coarse tile
    heights = np.zeros((200, 200))
    heights[33, 51] = 7.0
    write_terrain_tileset(Terrain(heights, *ORIGIN, CELL), FRAME, tmp_path / "t")
    root = tiles_of(tmp_path / "t")[0]
    assert root.tile["geometricError"] == pytest.approx(7.0)


def test_level_ground_is_one_tile(tmp_path: Path) -> None:
    level = Terrain(np.full((500, 500), 4.0), *ORIGIN, CELL)
    write_terrain_tileset(level, FRAME, tmp_path / "t")
    (only,) = tiles_of(tmp_path / "t")
    assert only.tile["geometricError"] == 0.0


def test_triangles_face_up_and_skirts_face_outward(tmp_path: Path) -> None:
    terrain = hills(130, 130)
    write_terrain_tileset(terrain, FRAME, tmp_path / "t")
    for seen in tiles_of(tmp_path / "t"):
        primitive = ground(seen)
        assert primitive.triangles is not None
        p, q, r = (primitive.positions[primitive.triangles[:, i]] for i in range(3))
        across = np.cross(q - p, r - p)
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        wall = np.abs(across[:, 2]) < 1e-3
        assert across[~wall, 2].min() > 0.0
        middle = primitive.positions[:, :2].mean(axis=0)
        outward = (p + q + r)[:, :2] / 3.0 - middle
        assert np.einsum("ij,ij->i", across[wall, :2], outward[wall]).min() > 0.0


def test_normals_are_those_of_the_plane(tmp_path: Path) -> None:
    y, x = np.mgrid[0:60, 0:60] * CELL
    plane = Terrain(
        5.0 + 0.3 * x + 0.1 * y, *ORIGIN, CELL
    )  # rises east and, as rows run south, south
    write_terrain_tileset(plane, FRAME, tmp_path / "t")
    primitive = ground(tiles_of(tmp_path / "t")[0])
    expected = np.array([-0.3, 0.1, 1.0]) / np.linalg.norm([-0.3, 0.1, 1.0])
    assert primitive.normals is not None
    # grid north and true north differ by the convergence, 0.45 degrees
    np.testing.assert_allclose(
        primitive.normals, np.tile(expected, (len(primitive.normals), 1)), atol=3e-3
    )


def test_unknown_heights_are_holes(tmp_path: Path) -> None:
    terrain = hills(200, 200)
    heights = terrain.heights.copy()
    heights[40:60, 70:90] = np.nan
    holed = Terrain(heights, *ORIGIN, CELL)
    write_terrain_tileset(holed, FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    for seen in tiles_of(tmp_path / "t"):
        primitive = ground(seen)
        assert primitive.triangles is not None
        middles = projected(tmp_path / "t", primitive)[primitive.triangles].mean(axis=1)
        column = (middles[:, 0] - ORIGIN[0]) / CELL - 0.5
        row = (ORIGIN[1] - middles[:, 1]) / CELL - 0.5
        inside = (column > 70) & (column < 89) & (row > 40) & (row < 59)
        assert not inside.any()


def test_nothing_known_gives_an_empty_but_valid_tileset(tmp_path: Path) -> None:
    summary = write_terrain_tileset(
        Terrain(np.full((10, 10), np.nan), *ORIGIN, CELL), FRAME, tmp_path / "t"
    )
    assert summary.tiles == 0
    assert check_tileset(tmp_path / "t") == []


def test_sea_is_bluer_than_land_and_nothing_shines(tmp_path: Path) -> None:
    write_terrain_tileset(hills(130, 130), FRAME, tmp_path / "t")
    for seen in tiles_of(tmp_path / "t"):
        primitive = ground(seen)
        surface = primitive.material["pbrMetallicRoughness"]
        assert (surface["metallicFactor"], surface["roughnessFactor"]) == (0.0, 1.0)
        heights = projected(tmp_path / "t", primitive)[:, 2]
        assert primitive.colours is not None
        red, _, blue, _ = primitive.colours.T
        sea, land = heights < -4.9, heights > 10.0
        assert np.all(blue[sea & (heights > -5.1)] > red[sea & (heights > -5.1)])
        assert not land.any() or np.all(blue[land] < linear(np.array([0.7]))[0])


def test_the_same_ground_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_terrain_tileset(hills(150, 140), FRAME, tmp_path / name)
    files = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}
