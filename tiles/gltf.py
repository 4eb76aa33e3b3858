"""Write one tile's content: binary glTF 2.0 with feature ids, a property table and compression.

Positions come in as metres east, north, up in the tileset's local frame, and leave in glTF's y-up
axes, which every 3D Tiles reader turns back. One node carries the offset and, when the vertices are
quantized, the step.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiles.compression import encode_triangles, encode_vertices, order_for_compression
from tiles.property_table import PropertyTable, encode_columns

# Half a step along each axis, so that no vertex leaves its place by more than 0.5 mm in space.
QUANTIZATION_STEP = 2.0 * 0.5e-3 / math.sqrt(3.0)  # m
# Larger tiles keep float32, on a grid of about 0.25 mm whose trailing zero bits compress well.
FLOAT_GRID = 2.0**-12  # m
MAX_UINT16 = 65_535

UNSIGNED_SHORT, UNSIGNED_INT, FLOAT, BYTE, SHORT = 5123, 5125, 5126, 5120, 5122
ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 34962, 34963
POINTS = 0
JSON_CHUNK, BIN_CHUNK = 0x4E4F534A, 0x004E4942


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks.

    Attributes:
        colour: red, green, blue, opacity, each 0..1, sRGB as a person picks it.
        double_sided: drawn from behind too; for bodies that are not closed.
        unlit: shown in its own colour whatever the light; for points, which have no normals.
    """

    colour: tuple[float, float, float, float]
    double_sided: bool = False
    unlit: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """Triangles (or points) of one material.

    Attributes:
        positions: shape (V, 3), metres, local east, north, up.
        triangles: shape (M, 3), counter-clockwise seen from outside; None for points.
        material: its look.
        normals: shape (V, 3), unit; None for points.
        features: shape (V,), row of each vertex in the property table; None when nothing is to be told apart.
        colours: shape (V, 3), sRGB 0..1, multiplied with the material's; None for none.
        smooth: normals change gradually and are kept to 16 bits instead of 8, which would show as bands.
    """

    positions: NDArray[np.float64]
    triangles: NDArray[np.int64] | None
    material: Material
    normals: NDArray[np.float64] | None = None
    features: NDArray[np.int64] | None = None
    colours: NDArray[np.float64] | None = None
    smooth: bool = False


def write_glb(
    primitives: Sequence[Primitive], table: PropertyTable | None = None, *, compressed: bool = True
) -> bytes:
    """The bytes of one ``.glb``; the same input gives the same bytes.

    Args:
        primitives: at least one, none of them empty.
        table: the features that `Primitive.features` counts, or None.
        compressed: use EXT_meshopt_compression.
    """
    glb = _Glb(compressed)
    grid = _Grid.of(primitives)
    materials = list(dict.fromkeys(primitive.material for primitive in primitives))
    meshes = [
        _primitive_json(glb, grid, primitive, materials.index(primitive.material))
        for primitive in primitives
    ]
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "cim-review"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [grid.node_json()],
        "meshes": [{"primitives": meshes}],
        "materials": [_material_json(material) for material in materials],
    }
    if any(material.unlit for material in materials):
        glb.use("KHR_materials_unlit")
    if grid.quantized or any(p.normals is not None for p in primitives):
        glb.require("KHR_mesh_quantization")
    if table is not None and table.count:
        glb.use("EXT_mesh_features", "EXT_structural_metadata")
        document["extensions"] = {"EXT_structural_metadata": _metadata_json(glb, table)}
    return glb.to_bytes(document)


def linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Colours as people pick them (sRGB, 0..1) to linear light, which glTF counts in."""
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """Where the vertices of one tile are counted from, and in which steps.

    Attributes:
        origin: shape (3,), y-up metres.
        quantized: positions are uint16 multiples of `QUANTIZATION_STEP`.
    """

    origin: NDArray[np.float64]
    quantized: bool

    @staticmethod
    def of(primitives: Sequence[Primitive]) -> _Grid:
        low = np.min([_y_up(p.positions).min(axis=0) for p in primitives], axis=0)
        high = np.max([_y_up(p.positions).max(axis=0) for p in primitives], axis=0)
        if float((high - low).max()) <= QUANTIZATION_STEP * MAX_UINT16:
            return _Grid(low, quantized=True)
        return _Grid(np.round((low + high) / 2.0), quantized=False)

    def node_json(self) -> dict[str, Any]:
        node: dict[str, Any] = {"mesh": 0, "translation": self.origin.tolist()}
        return node | {"scale": [QUANTIZATION_STEP] * 3} if self.quantized else node

    def stored(self, positions: NDArray[np.float64]) -> NDArray[Any]:
        """Positions as they stand in the buffer, shape (V, 4) uint16 or (V, 3) float32."""
        offsets = _y_up(positions) - self.origin
        if not self.quantized:
            return (np.round(offsets / FLOAT_GRID) * FLOAT_GRID).astype(np.float32)
        padded = np.zeros((len(offsets), 4), dtype=np.uint16)
        padded[:, :3] = np.round(offsets / QUANTIZATION_STEP)
        return padded


class _Glb:
    """Buffer views and accessors as they accumulate."""

    def __init__(self, compressed: bool) -> None:
        self.compressed = compressed
        self.accessors: list[dict[str, Any]] = []
        self._binary = bytearray()
        self._views: list[dict[str, Any]] = []
        self._fallback_length = 0  # what the compressed views decode to; those bytes are not stored
        self._used: set[str] = set()
        self._required: set[str] = set()

    def use(self, *extensions: str) -> None:
        self._used.update(extensions)

    def require(self, extension: str) -> None:
        self._used.add(extension)
        self._required.add(extension)

    def add_view(self, data: bytes) -> int:
        """Store bytes as they are."""
        self._views.append({"buffer": 0, **self._append(data)})
        return len(self._views) - 1

    def add_vertices(self, rows: NDArray[Any], accessor: Mapping[str, Any]) -> int:
        """Store one vertex attribute, shape (V, K), rows padded to four bytes."""
        stride = rows.itemsize * rows.shape[1]
        layout = {"byteStride": stride, "target": ARRAY_BUFFER}
        if self.compressed:
            view = self._add_compressed(
                encode_vertices(rows), rows.nbytes, layout, "ATTRIBUTES", len(rows), stride
            )
        else:
            self._views.append({"buffer": 0, **self._append(rows.tobytes()), **layout})
            view = len(self._views) - 1
        return self._add_accessor({"bufferView": view, "count": len(rows), **accessor})

    def add_triangles(self, triangles: NDArray[np.uint32], vertex_count: int) -> int:
        """Store the triangle list, shape (M, 3)."""
        short = vertex_count <= MAX_UINT16
        flat = triangles.ravel().astype(np.uint16 if short else np.uint32)
        layout = {"target": ELEMENT_ARRAY_BUFFER}
        if self.compressed:
            encoded = encode_triangles(triangles, vertex_count)
            view = self._add_compressed(
                encoded, flat.nbytes, layout, "TRIANGLES", len(flat), flat.itemsize
            )
        else:
            self._views.append({"buffer": 0, **self._append(flat.tobytes()), **layout})
            view = len(self._views) - 1
        kind = UNSIGNED_SHORT if short else UNSIGNED_INT
        return self._add_accessor(
            {"bufferView": view, "count": len(flat), "componentType": kind, "type": "SCALAR"}
        )

    def to_bytes(self, document: dict[str, Any]) -> bytes:
        """Close the container round a document that names everything but buffers and extensions."""
        document = document | {
            "accessors": self.accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._binary)}],
        }
        if self._fallback_length:
            self.require("EXT_meshopt_compression")
            document["buffers"].append(
                {
                    "byteLength": self._fallback_length,
                    "extensions": {"EXT_meshopt_compression": {"fallback": True}},
                }
            )
        if self._used:
            document["extensionsUsed"] = sorted(self._used)
        if self._required:
            document["extensionsRequired"] = sorted(self._required)
        return _container(document, bytes(self._binary))

    def _add_compressed(
        self,
        encoded: bytes,
        length: int,
        layout: Mapping[str, Any],
        mode: str,
        count: int,
        stride: int,
    ) -> int:
        source = self._append(encoded)
        self._views.append(
            {
                "buffer": 1,
                "byteOffset": self._fallback_length,
                "byteLength": length,
                **layout,
                "extensions": {
                    "EXT_meshopt_compression": {
                        "buffer": 0,
                        **source,
                        "byteStride": stride,
                        "count": count,
                        "mode": mode,
                    }
                },
            }
        )
        self._fallback_length += _aligned(length)
        return len(self._views) - 1

    def _append(self, data: bytes) -> dict[str, int]:
        start = len(self._binary)
        self._binary += data + bytes(_aligned(len(data)) - len(data))
        return {"byteOffset": start, "byteLength": len(data)}

    def _add_accessor(self, accessor: dict[str, Any]) -> int:
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _primitive_json(glb: _Glb, grid: _Grid, primitive: Primitive, material: int) -> dict[str, Any]:
    document: dict[str, Any] = {"material": material}
    if primitive.triangles is None:
        order = np.arange(len(primitive.positions))
        document["mode"] = POINTS
    else:
        triangles, order = order_for_compression(primitive.triangles, len(primitive.positions))
        document["indices"] = glb.add_triangles(triangles, len(order))
    document["attributes"] = _attributes_json(glb, grid, primitive, order)
    if primitive.features is not None:
        document["extensions"] = {
            "EXT_mesh_features": {
                "featureIds": [
                    {
                        "featureCount": len(np.unique(primitive.features)),
                        "attribute": 0,
                        "propertyTable": 0,
                    }
                ]
            }
        }
    return document


def _attributes_json(
    glb: _Glb, grid: _Grid, primitive: Primitive, order: NDArray[np.int64]
) -> dict[str, int]:
    attributes = {"POSITION": _add_positions(glb, grid.stored(primitive.positions[order]))}
    if primitive.normals is not None:
        normals = _y_up(primitive.normals[order])
        attributes["NORMAL"] = _add_normals(glb, normals, primitive.smooth)
    if primitive.colours is not None:
        attributes["COLOR_0"] = _add_colours(glb, primitive.colours[order])
    if primitive.features is not None:
        attributes["_FEATURE_ID_0"] = _add_features(glb, primitive.features[order])
    return attributes


def _add_positions(glb: _Glb, stored: NDArray[Any]) -> int:
    kind = UNSIGNED_SHORT if stored.dtype == np.uint16 else FLOAT
    return glb.add_vertices(
        stored,
        {
            "componentType": kind,
            "type": "VEC3",
            "min": stored[:, :3].min(axis=0).tolist(),
            "max": stored[:, :3].max(axis=0).tolist(),
        },
    )


def _add_normals(glb: _Glb, normals: NDArray[np.float64], smooth: bool) -> int:
    kind, largest = (np.int16, 32_767) if smooth else (np.int8, 127)
    padded = np.zeros((len(normals), 4), dtype=kind)
    padded[:, :3] = np.round(normals * largest)
    return glb.add_vertices(
        padded,
        {"componentType": SHORT if smooth else BYTE, "type": "VEC3", "normalized": True},
    )


def _add_colours(glb: _Glb, colours: NDArray[np.float64]) -> int:
    stored = np.full((len(colours), 4), MAX_UINT16, dtype=np.uint16)
    stored[:, :3] = np.round(linear(colours) * MAX_UINT16)
    return glb.add_vertices(
        stored, {"componentType": UNSIGNED_SHORT, "type": "VEC4", "normalized": True}
    )


def _add_features(glb: _Glb, features: NDArray[np.int64]) -> int:
    if int(features.max()) <= MAX_UINT16:
        padded = np.zeros((len(features), 2), dtype=np.uint16)
        padded[:, 0] = features
        return glb.add_vertices(padded, {"componentType": UNSIGNED_SHORT, "type": "SCALAR"})
    # glTF has no 32-bit integer attributes; float32 counts exactly to 2^24.
    exact = features.astype(np.float32)[:, None]
    return glb.add_vertices(exact, {"componentType": FLOAT, "type": "SCALAR"})


def _material_json(material: Material) -> dict[str, Any]:
    red, green, blue = linear(np.array(material.colour[:3])).tolist()
    opacity = material.colour[3]
    document: dict[str, Any] = {
        "pbrMetallicRoughness": {
            "baseColorFactor": [red, green, blue, opacity],
            "metallicFactor": 0.0,
            "roughnessFactor": 1.0,
        }
    }
    if opacity < 1.0:
        document["alphaMode"] = "BLEND"
    if material.double_sided:
        document["doubleSided"] = True
    if material.unlit:
        document["extensions"] = {"KHR_materials_unlit": {}}
    return document


def _metadata_json(glb: _Glb, table: PropertyTable) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    for column in encode_columns(table):
        definitions[column.name] = dict(column.definition)
        properties[column.name] = {"values": glb.add_view(column.values)}
        if column.offsets is not None:
            properties[column.name]["stringOffsets"] = glb.add_view(column.offsets)
    return {
        "schema": {
            "id": "cim_review",
            "classes": {table.class_name: {"properties": definitions}},
        },
        "propertyTables": [
            {"class": table.class_name, "count": table.count, "properties": properties}
        ],
    }


def _container(document: Mapping[str, Any], binary: bytes) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    text += b" " * (_aligned(len(text)) - len(text))
    length = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, length),
            struct.pack("<II", len(text), JSON_CHUNK),
            text,
            struct.pack("<II", len(binary), BIN_CHUNK),
            binary,
        ]
    )


def _aligned(length: int) -> int:
    """Rounded up to the eight bytes EXT_structural_metadata asks for."""
    return -(-length // 8) * 8


def _y_up(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """East, north, up to glTF's x, y (up), z (towards the viewer): x = east, y = up, z = -north."""
    turned: NDArray[np.float64] = np.stack(
        [points[..., 0], points[..., 2], -points[..., 1]], axis=-1
    )
    return turned
