from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from cim.building import Element, Representation
from cim.frame import Placement
from cim.mesh import Mesh
from tests.support.cities import FRAME, ORIGIN
from tests.support.models import box, element, model_of
from tests.tiles.houses import (
    PLACEMENT,
    Seen,
    globe,
    house,
    shift,
    tiles_of,
    to_ecef,
    vertices_of,
)
from tiles import building
from tiles.building import write_building_tileset
from tiles.validation import check_tileset

MILLIMETRE = 1e-3


def identities(seen: Seen) -> list[str]:
    return [str(v) for v in seen.glb.columns["global_id"]] if seen.glb else []


def ecef_by_hand(points: np.ndarray, placement: Placement) -> np.ndarray:
    """Engineering points to Earth-centred ones along another path of PROJ, with the separation added by hand."""
    c, s = np.cos(placement.rotation), np.sin(placement.rotation)
    east = placement.eastings + c * points[:, 0] - s * points[:, 1]
    north = placement.northings + s * points[:, 0] + c * points[:, 1]
    height = placement.orthogonal_height + points[:, 2] + 10.2
    lon, lat = Transformer.from_crs("EPSG:4548", "EPSG:4490", always_xy=True).transform(east, north)
    cartesian = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    return np.column_stack(cartesian.transform(lon, lat, height))


@pytest.mark.parametrize("compressed", [True, False])
def test_a_tileset_keeps_all_its_promises(tmp_path: Path, compressed: bool) -> None:
    write_building_tileset(house(balls=2), PLACEMENT, tmp_path / "t", compressed=compressed)
    assert check_tileset(tmp_path / "t") == []


def test_every_drawn_element_stands_exactly_once_at_the_leaves(tmp_path: Path) -> None:
    model = house(storeys=4, balls=3)
    summary = write_building_tileset(model, PLACEMENT, tmp_path / "t")
    drawn = {e.global_id for e in model.elements if e.representation is not None}
    found = Counter(i for s in tiles_of(tmp_path / "t") if s.is_leaf for i in identities(s))
    assert found == Counter(drawn)
    assert (summary.elements, summary.undrawn) == (len(drawn), 1)


def test_each_storey_has_its_own_tile_and_elements_on_none_have_theirs(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=3), PLACEMENT, tmp_path / "t")
    root, *storeys = tiles_of(tmp_path / "t")
    assert [set(identities(s)) for s in storeys] == [
        *({f"slab-{k}", f"wall-{k}", f"mirror-{k}", f"pane-{k}"} for k in range(3)),
        {"beam"},
    ]
    assert [s.glb.columns.get("storey") for s in storeys if s.glb] == [
        ["1层"] * 4,
        ["2层"] * 4,
        ["3层"] * 4,
        None,
    ]
    assert root.tile["geometricError"] > 0.0
    assert [s.tile["geometricError"] for s in storeys] == [0.0] * 4


def test_the_table_tells_class_and_name_of_each_element(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=1), PLACEMENT, tmp_path / "t")
    first = tiles_of(tmp_path / "t")[1].glb
    assert first is not None
    assert first.columns["ifc_class"] == ["IfcSlab", "IfcWall", "IfcWall", "IfcWindow"]
    assert first.columns["name"] == ["slab-0", "wall-0", "mirror-0", "pane-0"]


def test_the_coarse_whole_names_its_elements_and_leaves_out_small_ones(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=2), PLACEMENT, tmp_path / "t")
    root = tiles_of(tmp_path / "t")[0]
    error = root.tile["geometricError"]
    assert error > np.linalg.norm([0.1, 0.05, 0.12])
    assert set(identities(root)) == {
        *(f"{part}-{k}" for part in ("slab", "wall", "mirror") for k in range(2)),
        "beam",
    }


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("span", [1.0, 7.0])
def test_corners_stand_where_pyproj_puts_them_within_a_millimetre(
    tmp_path: Path, compressed: bool, span: float
) -> None:
    # span 7 makes the storey too wide for 16-bit steps, so both ways to store positions are seen
    far = element("far", 0, placement=shift(10.0 * span, 6.0 * span, 2.0))
    model = model_of([element("near", 0), far], [box((0.0, 0.0, 0.0), (4.0, 5.0, 6.0))])
    write_building_tileset(model, PLACEMENT, tmp_path / "t", compressed=compressed)
    leaf = tiles_of(tmp_path / "t")[1]
    corners = np.array(list(itertools.product((0.0, 4.0), (0.0, 5.0), (0.0, 6.0))))
    for row, name in enumerate(identities(leaf)):
        offset = [10.0 * span, 6.0 * span, 2.0] if name == "far" else [0.0, 0.0, 0.0]
        expected = ecef_by_hand(corners + offset, PLACEMENT)
        found = to_ecef(tmp_path / "t", vertices_of(leaf, row))
        distances = np.linalg.norm(expected[:, None] - found[None], axis=2)
        assert distances.min(axis=1).max() < MILLIMETRE
        assert distances.min(axis=0).max() < MILLIMETRE


def test_mirrored_elements_face_outward(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=1), PLACEMENT, tmp_path / "t")
    leaf = tiles_of(tmp_path / "t")[1]
    assert leaf.glb is not None
    volumes = Counter[str]()
    for primitive in leaf.glb.primitives:
        assert primitive.triangles is not None
        assert primitive.normals is not None
        assert primitive.features is not None
        p, q, r = (primitive.positions[primitive.triangles[:, i]] for i in range(3))
        across = np.cross(q - p, r - p)
        told = primitive.normals[primitive.triangles[:, 0]]
        assert np.einsum("ij,ij->i", across, told).min() > 0.0
        for row, six in zip(
            primitive.features[primitive.triangles[:, 0]],
            np.linalg.det(np.stack([p, q, r], axis=1)),
            strict=True,
        ):
            volumes[identities(leaf)[row]] += six / 6.0
    assert volumes["wall-0"] == pytest.approx(4.0 * 0.2 * 3.0, rel=0.01)
    assert volumes["mirror-0"] == pytest.approx(4.0 * 0.2 * 3.0, rel=0.01)


def test_closed_bodies_are_drawn_from_the_front_and_open_ones_from_both_sides(
    tmp_path: Path,
) -> None:
    block = box((0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    lidless = Mesh(block.vertices, block.faces[2:])
    model = model_of([element("closed", 0), element("open", 1)], [block, lidless])
    write_building_tileset(model, PLACEMENT, tmp_path / "t")
    leaf = tiles_of(tmp_path / "t")[1].glb
    assert leaf is not None
    sides = {
        int(p.features[0]): p.material.get("doubleSided", False)
        for p in leaf.primitives
        if p.features is not None
    }
    assert sides == {0: False, 1: True}


def test_glass_of_the_file_and_colours_of_the_class_are_told_apart(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=1), PLACEMENT, tmp_path / "t")
    leaf = tiles_of(tmp_path / "t")[1].glb
    assert leaf is not None
    opacities = {
        identities_of: p.material["pbrMetallicRoughness"]["baseColorFactor"][3]
        for p in leaf.primitives
        if p.features is not None
        for identities_of in {str(leaf.columns["global_id"][i]) for i in p.features.tolist()}
    }
    assert opacities == {"slab-0": 1.0, "wall-0": 1.0, "mirror-0": 1.0, "pane-0": 0.4}
    assert len(leaf.primitives) == 3  # slab grey, wall grey, glass: merged over elements


def test_a_storey_over_budget_is_divided_and_errors_fall_all_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "TRIANGLE_BUDGET", 1_200)
    model = house(storeys=2, balls=8)  # a ball has 528 triangles
    summary = write_building_tileset(model, PLACEMENT, tmp_path / "t")
    seen = tiles_of(tmp_path / "t")
    assert max(s.place.count("/") for s in seen) >= 3
    assert check_tileset(tmp_path / "t") == []
    leaves = [s for s in seen if s.is_leaf and s.glb]
    counts = [sum(len(p.triangles) for p in s.glb.primitives) for s in leaves]  # type: ignore[union-attr,arg-type]
    assert max(counts) <= 1_200
    assert sum(counts) == summary.triangles
    found = Counter(i for s in leaves for i in identities(s))
    assert set(found.values()) == {1}
    inner = next(s for s in seen if s.place == "root/0")
    assert inner.glb is not None
    kept = sum(len(p.triangles) for p in inner.glb.primitives if p.triangles is not None)
    full = sum(
        sum(len(p.triangles) for p in s.glb.primitives)  # type: ignore[union-attr,arg-type]
        for s in leaves
        if s.place.startswith("root/0/")
    )
    assert kept < full


def test_shared_meshes_are_baked_into_each_place_with_grid_scale_and_convergence(
    tmp_path: Path,
) -> None:
    # 3 km apart, one affine transform for both would be centimetres off
    model = model_of(
        [element("a", 0), element("b", 0, placement=shift(3_000.0, -500.0, 40.0))],
        [globe(6)],
    )
    write_building_tileset(model, PLACEMENT, tmp_path / "t")
    leaf = tiles_of(tmp_path / "t")[1]
    for row, body in enumerate(e.representation for e in model.elements):
        assert body is not None
        expected = ecef_by_hand(model.body(body).vertices, PLACEMENT)
        found = to_ecef(tmp_path / "t", vertices_of(leaf, row))
        distances = np.linalg.norm(expected[:, None] - found[None], axis=2).min(axis=1)
        assert distances.max() < MILLIMETRE


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_building_tileset(house(balls=2), PLACEMENT, tmp_path / name)
    files = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir()}
    assert files == {p.name: p.read_bytes() for p in (tmp_path / "b").iterdir()}


def test_a_model_that_draws_nothing_gives_an_empty_but_valid_tileset(tmp_path: Path) -> None:
    summary = write_building_tileset(
        model_of([element("thought", None)], []), PLACEMENT, tmp_path / "t"
    )
    assert (summary.tiles, summary.elements, summary.undrawn) == (0, 0, 1)
    assert check_tileset(tmp_path / "t") == []
    assert [p.name for p in (tmp_path / "t").iterdir()] == ["tileset.json"]


def test_an_element_whose_mesh_has_no_triangles_counts_as_undrawn(tmp_path: Path) -> None:
    empty = Mesh(np.zeros((0, 3)), np.zeros((0, 3), dtype=np.int32))
    model = model_of([element("body", 0), element("empty", 1)], [box((0, 0, 0), (1, 1, 1)), empty])
    summary = write_building_tileset(model, PLACEMENT, tmp_path / "t")
    assert (summary.elements, summary.undrawn) == (1, 1)


def test_a_face_flattened_to_nothing_does_no_harm(tmp_path: Path) -> None:
    flat = np.diag([1.0, 1.0, 0.0, 1.0])
    model = model_of(
        [element("flat", 0, placement=flat), element("body", 0)], [box((0, 0, 0), (1, 1, 1))]
    )
    write_building_tileset(model, PLACEMENT, tmp_path / "t")
    assert check_tileset(tmp_path / "t") == []


def test_a_second_writing_replaces_the_first_entirely(tmp_path: Path) -> None:
    write_building_tileset(house(storeys=5), PLACEMENT, tmp_path / "t")
    write_building_tileset(house(storeys=1), PLACEMENT, tmp_path / "t")
    assert len(list((tmp_path / "t").glob("*.glb"))) == 3  # the whole, one storey, the beam
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_a_writer_that_fails_leaves_the_old_tileset_and_nothing_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_building_tileset(house(storeys=1), PLACEMENT, tmp_path / "t")
    before = {p.name: p.read_bytes() for p in (tmp_path / "t").iterdir()}

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "write_tileset_json", fail)
    with pytest.raises(KeyboardInterrupt):
        write_building_tileset(house(storeys=5), PLACEMENT, tmp_path / "t")
    assert {p.name: p.read_bytes() for p in (tmp_path / "t").iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["t"]


def test_the_summary_says_where_the_building_is(tmp_path: Path) -> None:
    summary = write_building_tileset(house(storeys=3), PLACEMENT, tmp_path / "t")
    middle = PLACEMENT.to_projected(np.array([[5.0, 4.0, 4.6]]))
    lon, lat, height = FRAME.to_geographic(middle)[0]
    assert summary.longitude_degrees == pytest.approx(lon, abs=2e-5)
    assert summary.latitude_degrees == pytest.approx(lat, abs=2e-5)
    assert summary.ellipsoidal_height == pytest.approx(height, abs=0.3)
    assert 5.0 < summary.radius < 15.0
    assert summary.bytes == sum(p.stat().st_size for p in (tmp_path / "t").iterdir())


def test_storeys_unknown_to_the_model_do_not_lose_their_elements(tmp_path: Path) -> None:
    model = house(storeys=1)
    stray = Element(
        "stray", "IfcWall", None, "not-a-storey", Representation(1, np.eye(4)), None, None, {}
    )
    model = dataclasses.replace(model, elements=(*model.elements, stray))
    write_building_tileset(model, PLACEMENT, tmp_path / "t")
    assert "stray" in identities(tiles_of(tmp_path / "t")[-1])


def test_origin_of_the_local_frame_is_at_the_building(tmp_path: Path) -> None:
    write_building_tileset(house(), PLACEMENT, tmp_path / "t")
    (origin,) = to_ecef(tmp_path / "t", np.zeros((1, 3)))
    here = FRAME.to_ecef(np.array([[*ORIGIN, 20.0]]))[0]
    assert np.linalg.norm(origin - here) < 10.0
