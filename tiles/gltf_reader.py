"""Read back what `tiles.gltf` writes: decoded positions, triangles, feature ids and property tables."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles.compression import decode_triangles, decode_vertices
from tiles.property_table import decode_column

COMPONENTS: Mapping[int, Any] = {
    5120: np.int8,
    5121: np.uint8,
    5122: np.int16,
    5123: np.uint16,
    5125: np.uint32,
    5126: np.float32,
}
WIDTHS: Mapping[str, int] = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
POINTS = 0


@dataclass(frozen=True, slots=True, eq=False)
class DecodedPrimitive:
    """One primitive as a viewer sees it.

    Attributes:
        positions: shape (V, 3), metres, local east, north, up.
        triangles: shape (M, 3), or None for points.
        normals: shape (V, 3), local east, north, up, or None.
        features: shape (V,), or None.
        colours: shape (V, 4), linear, 0..1, or None.
        material: its glTF JSON.
    """

    positions: NDArray[np.float64]
    triangles: NDArray[np.int64] | None
    normals: NDArray[np.float64] | None
    features: NDArray[np.int64] | None
    colours: NDArray[np.float64] | None
    material: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class DecodedGlb:
    """One tile's content.

    Attributes:
        primitives: all of them.
        columns: the property table by name; empty without one.
        feature_count: its rows.
    """

    primitives: tuple[DecodedPrimitive, ...]
    columns: Mapping[str, list[str] | list[float] | list[int]]
    feature_count: int


def read_glb(data: bytes) -> DecodedGlb:
    """Decode a binary glTF.

    Raises:
        ValueError: not a binary glTF of the kind `tiles.gltf` writes.
    """
    try:
        document, binary = _split(data)
        buffers = _Buffers(document, binary)
        return _decode(document, buffers)
    except (KeyError, IndexError, TypeError, RuntimeError, struct.error) as error:
        message = f"not a tile of this program: {error!r}"
        raise ValueError(message) from error


def _decode(document: Mapping[str, Any], buffers: _Buffers) -> DecodedGlb:
    (node,) = document["nodes"]
    primitives = tuple(
        _decode_primitive(document, buffers, node, primitive)
        for primitive in document["meshes"][node["mesh"]]["primitives"]
    )
    metadata = document.get("extensions", {}).get("EXT_structural_metadata")
    if metadata is None:
        return DecodedGlb(primitives, {}, 0)
    (table,) = metadata["propertyTables"]
    properties = metadata["schema"]["classes"][table["class"]]["properties"]
    columns = {
        name: decode_column(
            properties[name],
            table["count"],
            buffers.view(column["values"]),
            buffers.view(column["stringOffsets"]) if "stringOffsets" in column else None,
        )
        for name, column in table["properties"].items()
    }
    return DecodedGlb(primitives, columns, table["count"])


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    magic, version, length = struct.unpack_from("<4sII", data)
    if magic != b"glTF" or version != 2 or length != len(data):
        raise ValueError("the header is not that of a whole binary glTF 2.0")
    text_length, _ = struct.unpack_from("<II", data, 12)
    document: dict[str, Any] = json.loads(data[20 : 20 + text_length])
    start = 20 + text_length
    binary_length, _ = struct.unpack_from("<II", data, start)
    return document, data[start + 8 : start + 8 + binary_length]


class _Buffers:
    """Bytes of buffer views and arrays of accessors."""

    def __init__(self, document: Mapping[str, Any], binary: bytes) -> None:
        self._document = document
        self._binary = binary

    def view(self, index: int) -> bytes:
        """The bytes of a buffer view, decoded when compressed."""
        view = self._document["bufferViews"][index]
        packed = view.get("extensions", {}).get("EXT_meshopt_compression")
        if packed is None:
            return self._slice(view)
        if packed["mode"] == "ATTRIBUTES":
            return decode_vertices(self._slice(packed), packed["count"], packed["byteStride"])
        kind = np.uint16 if packed["byteStride"] == 2 else np.uint32
        return decode_triangles(self._slice(packed), packed["count"]).astype(kind).tobytes()

    def accessor(self, index: int) -> NDArray[np.float64]:
        """The values of an accessor, shape (N, width); normalized ones scaled to -1..1."""
        accessor = self._document["accessors"][index]
        kind = np.dtype(COMPONENTS[accessor["componentType"]])
        width = WIDTHS[accessor["type"]]
        view = self._document["bufferViews"][accessor["bufferView"]]
        stride = view.get("byteStride", kind.itemsize * width)
        rows = np.frombuffer(self.view(accessor["bufferView"]), dtype=np.uint8)
        rows = rows.reshape(-1, stride)[: accessor["count"], : kind.itemsize * width]
        if len(rows) != accessor["count"]:
            raise ValueError("a buffer view is shorter than its accessor")
        values = np.ascontiguousarray(rows).view(kind).astype(np.float64)
        largest = float(np.iinfo(kind).max) if accessor.get("normalized") else 1.0
        scaled: NDArray[np.float64] = values / largest
        return scaled

    def _slice(self, view: Mapping[str, Any]) -> bytes:
        if view["buffer"] != 0:
            raise ValueError("bytes outside the container")
        start = view.get("byteOffset", 0)
        return self._binary[start : start + view["byteLength"]]


def _decode_primitive(
    document: Mapping[str, Any],
    buffers: _Buffers,
    node: Mapping[str, Any],
    primitive: Mapping[str, Any],
) -> DecodedPrimitive:
    attributes = primitive["attributes"]
    scale, shift = np.array(node.get("scale", [1.0] * 3)), np.array(node["translation"])
    positions = _z_up(buffers.accessor(attributes["POSITION"]) * scale + shift)
    return DecodedPrimitive(
        positions=positions,
        triangles=_triangles(buffers, primitive, len(positions)),
        normals=_z_up(buffers.accessor(attributes["NORMAL"])) if "NORMAL" in attributes else None,
        features=_features(buffers, primitive),
        colours=buffers.accessor(attributes["COLOR_0"]) if "COLOR_0" in attributes else None,
        material=document["materials"][primitive["material"]],
    )


def _triangles(
    buffers: _Buffers, primitive: Mapping[str, Any], vertex_count: int
) -> NDArray[np.int64] | None:
    if primitive.get("mode") == POINTS:
        return None
    triangles = buffers.accessor(primitive["indices"]).astype(np.int64).reshape(-1, 3)
    if triangles.max() >= vertex_count:
        raise ValueError("a triangle names a vertex that is not there")
    return triangles


def _features(buffers: _Buffers, primitive: Mapping[str, Any]) -> NDArray[np.int64] | None:
    features = primitive.get("extensions", {}).get("EXT_mesh_features")
    if features is None:
        return None
    attribute = features["featureIds"][0]["attribute"]
    ids = buffers.accessor(primitive["attributes"][f"_FEATURE_ID_{attribute}"])
    return ids[:, 0].astype(np.int64)


def _z_up(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """From glTF's x, y (up), z to east, north, up."""
    return np.column_stack([points[:, 0], -points[:, 2], points[:, 1]])
