from __future__ import annotations

import numpy as np
import pygltflib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import box
from tiles.gltf import Material, Primitive, linear, write_glb
from tiles.gltf_reader import read_glb
from tiles.property_table import PropertyTable

GREY = Material((0.5, 0.5, 0.5, 1.0))
GLASS = Material((0.5, 0.7, 0.8, 0.4), double_sided=True)


def block(side: float, material: Material = GREY, feature: int = 0) -> Primitive:
    """The upper half of a box: enough to tell its axes apart."""
    mesh = box((1.0, 2.0, 3.0), (1.0 + side, 2.0 + side / 2.0, 3.0 + side / 4.0))
    normals = np.tile([0.6, 0.0, 0.8], (8, 1))
    return Primitive(
        positions=mesh.vertices,
        triangles=mesh.faces.astype(np.int64),
        material=material,
        normals=normals,
        features=np.full(8, feature),
    )


def triangle_set(positions: np.ndarray, triangles: np.ndarray) -> set[tuple]:
    """Triangles as cycles of rounded corners, free of where a cycle starts and of their order."""
    corners = np.round(positions[triangles], 2) + 0.0
    cycles = [[tuple(corner) for corner in triangle] for triangle in corners.tolist()]
    return {tuple(c[c.index(min(c)) :] + c[: c.index(min(c))]) for c in cycles}


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("side", [0.3, 12.0, 36.0, 60.0, 900.0])
def test_positions_return_within_half_a_millimetre_and_triangles_keep_their_side(
    side: float, compressed: bool
) -> None:
    before = block(side)
    (after,) = read_glb(
        write_glb([before], PropertyTable("e", {"id": ["a"]}), compressed=compressed)
    ).primitives
    assert after.triangles is not None
    distance = np.linalg.norm(before.positions[:, None] - after.positions[None], axis=2).min(axis=1)
    assert distance.max() <= 0.5e-3
    assert triangle_set(after.positions, after.triangles) == triangle_set(
        before.positions, before.triangles
    )
    assert after.normals is not None
    np.testing.assert_allclose(after.normals, np.tile([0.6, 0.0, 0.8], (8, 1)), atol=1 / 127)


def test_the_same_input_gives_the_same_bytes() -> None:
    table = PropertyTable("e", {"id": ["a", "b"], "name": ["墙", ""]})
    parts = [block(3.0), block(5.0, GLASS, feature=1)]
    assert write_glb(parts, table) == write_glb(parts, table)


@pytest.mark.parametrize("compressed", [True, False])
def test_another_reader_finds_materials_feature_ids_and_the_table(compressed: bool) -> None:
    table = PropertyTable("element", {"global_id": ["墙一", "窗二"], "storey": ["", ""]})
    data = write_glb([block(3.0), block(5.0, GLASS, 1)], table, compressed=compressed)
    gltf = pygltflib.GLTF2.load_from_bytes(data)
    opaque, glass = gltf.materials
    assert (opaque.alphaMode, opaque.doubleSided) == ("OPAQUE", False)
    assert (glass.alphaMode, glass.doubleSided) == ("BLEND", True)
    assert opaque.pbrMetallicRoughness.metallicFactor == 0.0
    assert opaque.pbrMetallicRoughness.roughnessFactor == 1.0
    assert opaque.pbrMetallicRoughness.baseColorFactor[0] == pytest.approx(0.2140, abs=1e-4)
    metadata = gltf.extensions["EXT_structural_metadata"]
    assert list(metadata["schema"]["classes"]["element"]["properties"]) == ["global_id"]
    assert metadata["propertyTables"][0]["count"] == 2
    for primitive in gltf.meshes[0].primitives:
        assert primitive.extensions["EXT_mesh_features"]["featureIds"] == [
            {"featureCount": 1, "attribute": 0, "propertyTable": 0}
        ]
        accessor = gltf.accessors[primitive.attributes.POSITION]
        assert accessor.componentType == 5123  # 5 m need no float
        assert len(accessor.min) == len(accessor.max) == 3
    assert ("EXT_meshopt_compression" in gltf.extensionsRequired) == compressed
    assert len(gltf.buffers) == (2 if compressed else 1)
    assert gltf.buffers[0].byteLength == len(gltf.binary_blob())
    assert all(view.byteOffset % 8 == 0 for view in gltf.bufferViews)


def test_more_features_than_sixteen_bits_count_are_kept_exactly() -> None:
    count = 70_000
    positions = np.random.default_rng(1).random((count, 3)) * 30.0
    triangles = np.arange(count // 4 * 3).reshape(-1, 3)
    primitive = Primitive(
        positions=positions[: triangles.size],
        triangles=triangles,
        material=GREY,
        normals=np.tile([0.0, 0.0, 1.0], (triangles.size, 1)),
        features=np.arange(triangles.size) + count - triangles.size,
    )
    table = PropertyTable("e", {"id": [str(i) for i in range(count)]})
    (after,) = read_glb(write_glb([primitive], table)).primitives
    assert after.features is not None
    np.testing.assert_array_equal(np.sort(after.features), primitive.features)


def test_points_keep_their_colours_and_need_no_light() -> None:
    colours = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.2]])
    material = Material((1.0, 1.0, 1.0, 1.0), unlit=True)
    points = Primitive(
        np.array([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]]), None, material, colours=colours
    )
    (after,) = read_glb(write_glb([points])).primitives
    assert after.triangles is None
    assert after.material["extensions"] == {"KHR_materials_unlit": {}}
    assert after.colours is not None
    np.testing.assert_allclose(after.colours[:, :3], linear(colours), atol=1 / 65_535)


@given(st.binary(max_size=64))
def test_bytes_that_are_no_glb_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a tile|header"):
        read_glb(data)


def test_a_glb_cut_short_is_refused() -> None:
    data = write_glb([block(3.0)], PropertyTable("e", {"id": ["a"]}))
    with pytest.raises(ValueError, match="header"):
        read_glb(data[:-8])
