from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cim.cityjson import read_cityjson_sequence, triangulate
from cim.errors import CityError

HEADER = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [0.001, 0.001, 0.01], "translate": [610_000.0, 2_705_000.0, 5.0]},
    "CityObjects": {},
    "vertices": [],
}
CUBE = [[x, y, z] for z in (0, 100) for x, y in ((0, 0), (1000, 0), (1000, 1000), (0, 1000))]
CUBE_SURFACES = [
    [[0, 3, 2, 1]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]


def area(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> NDArray[np.float64]:
    """The sum of the face vectors: area along the normal, turned-over triangles count against it."""
    p, q, r = (vertices[faces[:, i]] for i in range(3))
    return np.cross(q - p, r - p).sum(axis=0) / 2.0


def total_area(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    p, q, r = (vertices[faces[:, i]] for i in range(3))
    return float(np.linalg.norm(np.cross(q - p, r - p), axis=1).sum() / 2.0)


def volume(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> float:
    p, q, r = (vertices[faces[:, i]] - vertices[0] for i in range(3))
    return float(np.einsum("ij,ij->i", p, np.cross(q, r)).sum() / 6.0)


def feature(
    geometries: list[dict[str, Any]], vertices: Sequence[Sequence[int]] = CUBE, **more: Any
) -> dict[str, Any]:
    body = {"type": "Building", "geometry": geometries, **more}
    return {
        "type": "CityJSONFeature",
        "id": "one",
        "CityObjects": {"one": body},
        "vertices": vertices,
    }


def written(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return path


def cube(lod: str) -> dict[str, Any]:
    return {"type": "Solid", "lod": lod, "boundaries": [CUBE_SURFACES]}


def test_a_cube_is_a_closed_metre_of_space_at_its_place(tmp_path: Path) -> None:
    path = written(
        tmp_path / "c.jsonl",
        HEADER,
        feature([cube("1")], attributes={"name": "骑楼", "storeys": 3}),
    )
    (found,) = read_cityjson_sequence(path)
    assert (found.id, found.kind, found.lod) == ("one", "Building", "1")
    assert found.attributes == {"name": "骑楼", "storeys": 3}
    assert found.mesh.vertices.min(axis=0).tolist() == [610_000.0, 2_705_000.0, 5.0]
    assert found.mesh.vertices.max(axis=0).tolist() == [610_001.0, 2_705_001.0, 6.0]
    assert len(found.mesh.faces) == 12
    assert volume(found.mesh.vertices, found.mesh.faces) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("kind", "boundaries"),
    [
        ("MultiSurface", CUBE_SURFACES),
        ("CompositeSurface", CUBE_SURFACES),
        ("Solid", [CUBE_SURFACES]),
        ("MultiSolid", [[CUBE_SURFACES]]),
        ("CompositeSolid", [[CUBE_SURFACES]]),
    ],
)
def test_every_way_to_group_surfaces_is_understood(
    tmp_path: Path, kind: str, boundaries: list[Any]
) -> None:
    geometry = {"type": kind, "lod": "2", "boundaries": boundaries}
    (found,) = read_cityjson_sequence(written(tmp_path / "c.jsonl", HEADER, feature([geometry])))
    assert volume(found.mesh.vertices, found.mesh.faces) == pytest.approx(1.0)


def test_the_highest_level_of_detail_is_drawn(tmp_path: Path) -> None:
    footprint = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    path = written(tmp_path / "c.jsonl", HEADER, feature([footprint, cube("2.2"), cube("1.3")]))
    (found,) = read_cityjson_sequence(path)
    assert (found.lod, len(found.mesh.faces)) == ("2.2", 12)


def test_parts_stand_for_their_building_when_they_show_as_much(tmp_path: Path) -> None:
    line = feature([cube("1.2")], children=["part"])
    line["CityObjects"]["part"] = {
        "type": "BuildingPart",
        "parents": ["one"],
        "geometry": [cube("2.2")],
    }
    (found,) = read_cityjson_sequence(written(tmp_path / "c.jsonl", HEADER, line))
    assert (found.id, found.lod, len(found.mesh.faces)) == ("one", "2.2", 12)


def test_a_template_is_not_drawn_but_its_feature_is_read(tmp_path: Path) -> None:
    tree = {"type": "GeometryInstance", "template": 0, "boundaries": [0]}
    (found,) = read_cityjson_sequence(written(tmp_path / "c.jsonl", HEADER, feature([tree])))
    assert (found.lod, len(found.mesh.faces)) == (None, 0)


def test_a_feature_without_geometry_is_reported_with_no_faces(tmp_path: Path) -> None:
    (found,) = read_cityjson_sequence(written(tmp_path / "c.jsonl", HEADER, feature([], [])))
    assert (found.lod, found.mesh.faces.shape) == (None, (0, 3))


# an arrowhead whose reflex corner is 1, or 2, ...: only one diagonal lies inside
@given(st.integers(0, 3), st.booleans())
def test_an_arrowhead_is_cut_along_the_diagonal_that_lies_inside(turn: int, upright: bool) -> None:
    flat = np.roll(np.array([[0.0, 0.0], [2.0, 1.0], [4.0, 0.0], [2.0, 4.0]]), turn, axis=0)
    columns = (flat[:, 0], np.zeros(4), flat[:, 1]) if upright else (*flat.T, np.zeros(4))
    vertices = np.column_stack(columns)
    faces = triangulate(vertices, [[[0, 1, 2, 3]]])
    assert total_area(vertices, faces) == pytest.approx(6.0)
    assert np.linalg.norm(area(vertices, faces)) == pytest.approx(6.0)


@given(
    st.integers(5, 12),
    st.floats(0.0, 6.0),
    st.floats(0.0, 3.0),
    st.booleans(),
    st.floats(-1e6, 1e6),
)
def test_a_polygon_anywhere_in_space_keeps_its_area_and_its_side(
    sides: int, yaw: float, pitch: float, backwards: bool, far: float
) -> None:
    angles = np.arange(sides) * 2.0 * np.pi / sides
    radii = np.where(np.arange(sides) % 2 == 0, 10.0, 6.0)  # a star: concave
    ring = np.column_stack([radii * np.cos(angles), radii * np.sin(angles), np.zeros(sides)])
    c, s, k, m = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch)
    turned = ring @ np.array([[1, 0, 0], [0, k, -m], [0, m, k]]).T
    vertices = turned @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + [far, -far, 5.0]
    order = list(range(sides))[:: -1 if backwards else 1]
    local = vertices - vertices[0]
    expected = np.cross(local[order], np.roll(local[order], -1, axis=0)).sum(axis=0) / 2.0
    faces = triangulate(vertices, [[order]])
    assert len(faces) == sides - 2
    np.testing.assert_allclose(area(local, faces), expected, atol=1e-6)
    assert total_area(local, faces) == pytest.approx(np.linalg.norm(expected), rel=1e-6)


def test_a_courtyard_is_left_open() -> None:
    outer = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    inner = [(3.0, 3.0), (3.0, 6.0), (7.0, 6.0), (7.0, 3.0)]
    vertices = np.array([(x, y, 12.0) for x, y in outer + inner])
    faces = triangulate(vertices, [[[0, 1, 2, 3], [4, 5, 6, 7]]])
    np.testing.assert_allclose(area(vertices, faces), [0.0, 0.0, 88.0])
    assert total_area(vertices, faces) == pytest.approx(88.0)


def test_a_triangle_with_a_hole_is_cut_too() -> None:
    outer = [(0.0, 0.0), (10.0, 0.0), (0.0, 10.0)]
    inner = [(2.0, 2.0), (2.0, 3.0), (3.0, 2.0)]
    vertices = np.array([(x, y, 0.0) for x, y in outer + inner])
    faces = triangulate(vertices, [[[0, 1, 2], [3, 4, 5]]])
    assert total_area(vertices, faces) == pytest.approx(49.5)


def test_polygons_without_area_have_no_triangles() -> None:
    vertices = np.array([[x, 0.0, 0.0] for x in (0.0, 1.0, 2.0, 3.0, 4.0)])
    assert triangulate(vertices, [[[0, 1, 2, 3, 4]], [[0, 1]], []]).shape == (0, 3)


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([], "line 1"),
        ([{"type": "FeatureCollection"}], "line 1"),
        ([HEADER | {"version": "1.0"}], "line 1"),
        ([{k: v for k, v in HEADER.items() if k != "transform"}], "line 1"),
        ([HEADER, {"type": "Feature"}], "line 2"),
        ([HEADER, feature([cube("1")], CUBE[:5])], "line 2"),
        ([HEADER, feature([cube("high")])], "line 2"),
        (
            [HEADER, feature([{"type": "Cloud", "lod": "1", "boundaries": [0]}])],
            "line 2",
        ),
        ([HEADER, feature([cube("1")]), [1, 2]], "line 3"),
    ],
)
def test_what_cannot_be_understood_names_file_and_line(
    tmp_path: Path, lines: list[Any], place: str
) -> None:
    path = written(tmp_path / "c.jsonl", *lines)
    with pytest.raises(CityError) as caught:
        list(read_cityjson_sequence(path))
    assert (caught.value.path, caught.value.place) == (path, place)
    assert caught.value.remedy is not None


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_a_city_error(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CityError) as caught:
        list(read_cityjson_sequence(path))
    assert caught.value.path == path


def test_features_are_read_one_by_one(tmp_path: Path) -> None:
    path = written(tmp_path / "c.jsonl", HEADER, feature([cube("1")]), {"type": "broken"})
    features = read_cityjson_sequence(path)
    assert next(features).id == "one"
    with pytest.raises(CityError):
        next(features)


@pytest.mark.parametrize(
    ("name", "features", "undrawn", "lods"),
    [
        ("bertt__cityjson/paris_tower.city.jsonl", 1, 0, {"2.2"}),
        ("citygml4j__citygml4j/lod2_buildings_as_CityJSON_features.jsonl", 100, 0, {"2"}),
        ("cityjson__flatcitybuf/small.city.jsonl", 3, 0, {"2.2"}),
        ("cityjson__flatcitybuf/geom_temp.city.jsonl", 4, 2, {"3"}),
    ],
)
def test_sequences_of_other_programs_are_read_whole(
    data_folder: Path, name: str, features: int, undrawn: int, lods: set[str]
) -> None:
    objects = list(read_cityjson_sequence(data_folder / "city" / name))
    drawn = [found for found in objects if len(found.mesh.faces)]
    assert (len(objects), len(objects) - len(drawn)) == (features, undrawn)
    assert {found.lod for found in drawn} == lods
    assert all(np.isfinite(found.mesh.vertices).all() for found in objects)


def test_a_feature_without_its_sequence_is_refused(data_folder: Path) -> None:
    with pytest.raises(CityError) as caught:
        list(
            read_cityjson_sequence(
                data_folder / "city" / "3DGI__tyler" / "3dbag_feature_x71.city.jsonl"
            )
        )
    assert caught.value.place == "line 1"
