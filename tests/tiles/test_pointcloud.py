from __future__ import annotations

from pathlib import Path

import laspy
import numpy as np
import pytest

from cim.errors import CityError
from tests.support.cities import FRAME, ORIGIN
from tests.tiles.houses import tiles_of, to_ecef, vertices_of
from tiles import pointcloud
from tiles.pointcloud import write_pointcloud_tileset
from tiles.validation import check_tileset


def scan(path: Path, points: np.ndarray, colours: np.ndarray | None = None) -> Path:
    header = laspy.LasHeader(point_format=7 if colours is not None else 6, version="1.4")
    header.scales, header.offsets = [0.001] * 3, [*ORIGIN, 0.0]
    las = laspy.LasData(header)
    las.x, las.y, las.z = points.T
    if colours is not None:
        las.red, las.green, las.blue = colours.T
    las.write(path)
    return path


def cloud(count: int) -> np.ndarray:
    places = np.random.default_rng(3).random((count, 3)) * [120.0, 80.0, 15.0]
    return np.add(np.round(places, 3), [*ORIGIN, 5.0])


@pytest.mark.parametrize("suffix", [".laz", ".las"])
def test_every_point_stands_once_where_the_city_frame_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(pointcloud, "LEAF_POINTS", 300)
    monkeypatch.setattr(pointcloud, "GRID", 8)
    points = cloud(4_000)
    path = scan(tmp_path / f"p{suffix}", points)
    summary = write_pointcloud_tileset(path, FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    seen = tiles_of(tmp_path / "t")
    assert len(seen) > 9
    found = to_ecef(tmp_path / "t", np.concatenate([vertices_of(s) for s in seen]))
    back = FRAME.from_ecef(found)
    assert len(back) == summary.triangles == 4_000
    distances = np.array([np.linalg.norm(back - point, axis=1) for point in points])
    assert distances.min(axis=1).max() < 1e-3  # a centimetre is asked for
    assert len(set(distances.argmin(axis=1).tolist())) == 4_000


def test_colours_return_whether_written_with_eight_or_sixteen_bits(tmp_path: Path) -> None:
    points = cloud(3)
    for name, largest in (("eight", 255), ("sixteen", 65_535)):
        colours = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]) * largest
        path = scan(tmp_path / f"{name}.las", points, colours.astype(np.uint16))
        write_pointcloud_tileset(path, FRAME, tmp_path / name)
        glb = tiles_of(tmp_path / name)[0].glb
        assert glb is not None
        np.testing.assert_allclose(glb.primitives[0].colours[:, :3], np.eye(3))  # type: ignore[index]


def test_points_in_one_spot_are_drawn_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pointcloud, "LEAF_POINTS", 10)
    path = scan(tmp_path / "p.las", np.tile([*ORIGIN, 5.0], (50, 1)))
    assert write_pointcloud_tileset(path, FRAME, tmp_path / "t").triangles == 50
    assert check_tileset(tmp_path / "t") == []


def test_a_scan_without_points_gives_an_empty_but_valid_tileset(tmp_path: Path) -> None:
    path = scan(tmp_path / "p.las", np.zeros((0, 3)))
    assert write_pointcloud_tileset(path, FRAME, tmp_path / "t").tiles == 0
    assert check_tileset(tmp_path / "t") == []


@pytest.mark.parametrize("content", [b"", b"LASF", b"not a scan at all" * 40])
def test_what_is_no_scan_is_a_city_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.laz"
    path.write_bytes(content)
    with pytest.raises(CityError) as caught:
        write_pointcloud_tileset(path, FRAME, tmp_path / "t")
    assert caught.value.path == path


def test_a_laz_cut_short_is_a_city_error(tmp_path: Path) -> None:
    path = scan(tmp_path / "p.laz", cloud(5_000))
    path.write_bytes(path.read_bytes()[:-4_000])
    with pytest.raises(CityError):
        write_pointcloud_tileset(path, FRAME, tmp_path / "t")
