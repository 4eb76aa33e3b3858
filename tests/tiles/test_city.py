from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from cim.errors import CityError
from tests.support.cities import FRAME, ORIGIN
from tests.tiles.houses import tiles_of, to_ecef, vertices_of
from tiles import city
from tiles.city import write_buildings_tileset
from tiles.validation import check_tileset

BOX_SURFACES = [
    [[0, 3, 2, 1]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]


def block(
    name: str, x: float, y: float, height: float, attributes: dict[str, object] | None = None
) -> dict[str, object]:
    """A block of 20 x 10 m, coordinates in millimetres from `ORIGIN`."""
    ring = [(x, y), (x + 20.0, y), (x + 20.0, y + 10.0), (x, y + 10.0)]
    vertices = [
        [round(1e3 * a), round(1e3 * b), z]
        for z in (5_000, 5_000 + round(1e3 * height))
        for a, b in ring
    ]
    geometry = {"type": "Solid", "lod": "1", "boundaries": [BOX_SURFACES]}
    body = {"type": "Building", "attributes": attributes or {}, "geometry": [geometry]}
    return {
        "type": "CityJSONFeature",
        "id": name,
        "CityObjects": {name: body},
        "vertices": vertices,
    }


def sequence(path: Path, features: list[dict[str, object]]) -> Path:
    header = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001] * 3, "translate": [*ORIGIN, 0.0]},
        "CityObjects": {},
        "vertices": [],
    }
    path.write_text(
        "\n".join(json.dumps(d, ensure_ascii=False) for d in [header, *features]), "utf-8"
    )
    return path


def town(path: Path, count: int) -> Path:
    random = np.random.default_rng(4)
    places = random.random((count, 2)) * 2_000.0
    heights = 4.0 + random.exponential(20.0, count)
    return sequence(
        path,
        [
            block(f"B{i}", x, y, h)
            for i, ((x, y), h) in enumerate(zip(places.tolist(), heights.tolist(), strict=True))
        ],
    )


def test_every_building_stands_exactly_once_at_the_leaves_and_all_promises_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city, "TRIANGLE_BUDGET", 300)
    summary = write_buildings_tileset(town(tmp_path / "c.jsonl", 400), FRAME, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []
    seen = tiles_of(tmp_path / "t")
    found = Counter(i for s in seen if s.is_leaf and s.glb for i in s.glb.columns["id"])
    assert found == Counter(f"B{i}" for i in range(400))
    assert (summary.elements, summary.undrawn, summary.triangles) == (400, 0, 4_800)
    assert max(s.place.count("/") for s in seen) >= 2


def test_from_afar_only_buildings_larger_than_the_geometric_error_are_missing_nothing_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(city, "TRIANGLE_BUDGET", 600)
    write_buildings_tileset(town(tmp_path / "c.jsonl", 300), FRAME, tmp_path / "t")
    seen = tiles_of(tmp_path / "t")
    every = {
        name: float(np.hypot(np.hypot(20.0, 10.0), height))
        for s in seen
        if s.is_leaf and s.glb
        for name, height in zip(s.glb.columns["id"], s.glb.columns["height"], strict=True)
    }
    root = seen[0]
    assert root.glb is not None
    kept = set(root.glb.columns["id"])
    assert len(kept) == 100
    left_out = max(size for name, size in every.items() if name not in kept)
    assert left_out <= root.tile["geometricError"] + 0.02
    assert min(every[str(name)] for name in kept) >= left_out - 0.02


def test_corners_stand_where_the_city_frame_puts_them(tmp_path: Path) -> None:
    write_buildings_tileset(
        sequence(tmp_path / "c.jsonl", [block("a", 0, 0, 30.0), block("b", 1500.0, 900.0, 12.0)]),
        FRAME,
        tmp_path / "t",
    )
    (only,) = tiles_of(tmp_path / "t")
    corners = [(x, y, z) for x in (0.0, 20.0) for y in (0.0, 10.0) for z in (5.0, 35.0)]
    expected = FRAME.to_ecef(np.add(corners, [*ORIGIN, 0.0]))
    found = to_ecef(tmp_path / "t", vertices_of(only, 0))
    distances = np.linalg.norm(expected[:, None] - found[None], axis=2).min(axis=1)
    assert distances.max() < 1e-3


def test_the_table_tells_name_height_and_storeys_where_known(tmp_path: Path) -> None:
    features = [
        block("a", 0, 0, 30.0, {"name": "鼓浪屿别墅", "storeysAboveGround": 9}),
        block("b", 50, 0, 12.5, {"storeys": 4}),
        block("c", 90, 0, 6.0),
    ]
    write_buildings_tileset(sequence(tmp_path / "c.jsonl", features), FRAME, tmp_path / "t")
    glb = tiles_of(tmp_path / "t")[0].glb
    assert glb is not None
    assert glb.columns == {
        "id": ["a", "b", "c"],
        "name": ["鼓浪屿别墅", "", ""],
        "height": [30.0, 12.5, 6.0],
        "storeys": [9, 4, -1],
    }


def test_roofs_and_walls_have_their_own_colour_and_blocks_are_single_sided(tmp_path: Path) -> None:
    write_buildings_tileset(
        sequence(tmp_path / "c.jsonl", [block("a", 0, 0, 30.0)]), FRAME, tmp_path / "t"
    )
    glb = tiles_of(tmp_path / "t")[0].glb
    assert glb is not None
    triangles = sorted(len(p.triangles) for p in glb.primitives if p.triangles is not None)
    assert triangles == [2, 10]
    assert not any(p.material.get("doubleSided") for p in glb.primitives)


def test_a_building_without_geometry_is_counted(tmp_path: Path) -> None:
    bare = {
        "type": "CityJSONFeature",
        "id": "bare",
        "CityObjects": {"bare": {"type": "Building"}},
        "vertices": [],
    }
    path = sequence(tmp_path / "c.jsonl", [block("a", 0, 0, 30.0), bare])
    summary = write_buildings_tileset(path, FRAME, tmp_path / "t")
    assert (summary.elements, summary.undrawn) == (1, 1)


def test_a_city_without_buildings_gives_an_empty_but_valid_tileset(tmp_path: Path) -> None:
    summary = write_buildings_tileset(sequence(tmp_path / "c.jsonl", []), FRAME, tmp_path / "t")
    assert (summary.tiles, summary.elements) == (0, 0)
    assert check_tileset(tmp_path / "t") == []


def test_a_source_that_cannot_be_read_is_a_city_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CityError):
        write_buildings_tileset(tmp_path / "none.jsonl", FRAME, tmp_path / "t")
    assert list(tmp_path.iterdir()) == []
