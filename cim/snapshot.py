"""A building model as one file, so that each stage of a review can be redone alone.

Layout: magic, format version, length of a JSON header, the header, then raw little-endian arrays,
each aligned to 16 bytes. No pickle: the file is written by a process that read hostile input.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.building import (
    Building,
    BuildingModel,
    Defect,
    DefectKind,
    Element,
    Georeference,
    MapConversion,
    Material,
    Representation,
    Site,
    Space,
    SpatialOrigin,
    Storey,
    Undrawn,
)
from cim.errors import SnapshotError
from cim.mesh import Mesh
from cim.text import Text

MAGIC = b"CIMMODEL"
VERSION = 5
PREFIX = struct.Struct("<8sIQ")
ALIGNMENT = 16
ARRAYS: Mapping[str, str] = {
    "vertices": "<f8",
    "faces": "<i4",
    "materials": "<i4",
    "mesh_counts": "<i8",
    "placements": "<f8",
    "placed_meshes": "<i4",
}

Body = Callable[[int | None], Representation | None]


def write_snapshot(model: BuildingModel, path: Path) -> None:
    """Write a model; the file appears whole or not at all."""
    bodies = _Bodies()
    header = _header(model, bodies)
    arrays = _mesh_arrays(model.meshes) | bodies.arrays()
    header["arrays"] = {name: int(array.size) for name, array in arrays.items()}
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as stream:
        stream.write(PREFIX.pack(MAGIC, VERSION, len(encoded)))
        stream.write(encoded)
        for name, kind in ARRAYS.items():
            stream.write(b"\0" * (-stream.tell() % ALIGNMENT))
            stream.write(np.ascontiguousarray(arrays[name], dtype=kind).tobytes())
    partial.replace(path)


def read_snapshot(path: Path) -> BuildingModel:
    """Read a model that `write_snapshot` wrote.

    Raises:
        SnapshotError: no such file, another version, or damaged.
    """
    try:
        content = path.read_bytes()
        magic, version, length = PREFIX.unpack_from(content)
        if magic != MAGIC or version != VERSION:
            raise _damaged(path)
        header = json.loads(content[PREFIX.size : PREFIX.size + length])
        arrays = _read_arrays(content, PREFIX.size + length, header["arrays"])
        return _model(header, arrays)
    except (OSError, struct.error, ValueError, KeyError, TypeError, IndexError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> SnapshotError:
    return SnapshotError(
        Text(
            zh="模型快照缺失、损坏或来自其他版本。",
            en="the model snapshot is missing, damaged or of another version.",
        ),
        path=path,
        remedy=Text(zh="请重新读取 IFC 文件。", en="Read the IFC file again."),
    )


class _Bodies:
    """All placements of a model, gathered so that they are stored as two arrays."""

    def __init__(self) -> None:
        self._placements: list[NDArray[np.float64]] = []
        self._meshes: list[int] = []

    def add(self, body: Representation | None) -> int | None:
        """Number under which a body is stored; None for none."""
        if body is None:
            return None
        self._placements.append(body.placement)
        self._meshes.append(body.mesh)
        return len(self._meshes) - 1

    def arrays(self) -> dict[str, NDArray[Any]]:
        placements = np.array(self._placements, dtype=np.float64).reshape(-1, 4, 4)
        return {"placements": placements, "placed_meshes": np.array(self._meshes, dtype=np.int32)}


def _header(model: BuildingModel, bodies: _Bodies) -> dict[str, Any]:
    return {
        "sha256": model.sha256,
        "file_name": model.file_name,
        "schema": model.schema,
        "authoring_tool": model.authoring_tool,
        "project_name": model.project_name,
        "true_north": model.true_north,
        "map_conversion": asdict(model.map_conversion) if model.map_conversion else None,
        "buildings": [[b.global_id, b.name] for b in model.buildings],
        "storeys": [[s.global_id, s.name, s.building, s.elevation] for s in model.storeys],
        "sites": [
            [
                s.global_id,
                s.name,
                s.ref_latitude,
                s.ref_longitude,
                s.ref_elevation,
                bodies.add(s.representation),
            ]
            for s in model.sites
        ],
        "spaces": [
            [
                s.global_id,
                s.name,
                s.long_name,
                s.storey,
                s.predefined_type,
                bodies.add(s.representation),
                _plain(s.property_sets),
            ]
            for s in model.spaces
        ],
        "elements": [
            [
                e.global_id,
                e.ifc_class,
                e.name,
                e.storey,
                bodies.add(e.representation),
                e.predefined_type,
                e.type_name,
                _plain(e.property_sets),
            ]
            for e in model.elements
        ],
        "materials": [[m.name, *m.colour] for m in model.materials],
        "undrawn": [[u.global_id, u.ifc_class, u.reason.to_json()] for u in model.undrawn],
        "length_unit": model.length_unit,
        "georeference": asdict(model.georeference),
        "warnings": [warning.to_json() for warning in model.warnings],
        "defects": [
            [d.kind.value, d.count, d.sentence.to_json(), *d.examples] for d in model.defects
        ],
    }


def _plain(sets: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: dict(values) for name, values in sets.items()}


def _mesh_arrays(meshes: Sequence[Mesh]) -> dict[str, NDArray[Any]]:
    counts = [[len(m.vertices), len(m.faces), len(m.materials)] for m in meshes]
    return {
        "vertices": _joined([m.vertices for m in meshes], np.float64),
        "faces": _joined([m.faces for m in meshes], np.int32),
        "materials": _joined([m.materials for m in meshes], np.int32),
        "mesh_counts": np.array(counts, dtype=np.int64).reshape(-1, 3),
    }


def _joined(parts: Sequence[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0, dtype=kind)


def _read_arrays(content: bytes, start: int, sizes: Mapping[str, int]) -> dict[str, NDArray[Any]]:
    arrays = {}
    for name, kind in ARRAYS.items():
        start += -start % ALIGNMENT
        arrays[name] = np.frombuffer(content, dtype=kind, count=sizes[name], offset=start)
        start += arrays[name].nbytes
    if start != len(content):
        raise ValueError(start)
    return arrays


def _model(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> BuildingModel:
    meshes = _meshes(arrays)
    placements = arrays["placements"].reshape(-1, 4, 4)
    placed = arrays["placed_meshes"].tolist()
    if placed and not (
        min(placed) >= 0 and max(placed) < len(meshes) and len(placed) == len(placements)
    ):
        raise ValueError(len(placed))

    def body(number: int | None) -> Representation | None:
        return None if number is None else Representation(placed[number], placements[number])

    conversion = header["map_conversion"]
    return BuildingModel(
        sha256=header["sha256"],
        file_name=header["file_name"],
        schema=header["schema"],
        authoring_tool=header["authoring_tool"],
        project_name=header["project_name"],
        sites=tuple(_site(row, body) for row in header["sites"]),
        buildings=tuple(Building(*row) for row in header["buildings"]),
        storeys=tuple(Storey(*row) for row in header["storeys"]),
        spaces=tuple(_space(row, body) for row in header["spaces"]),
        elements=tuple(_element(row, body) for row in header["elements"]),
        meshes=meshes,
        materials=tuple(Material(row[0], tuple(row[1:])) for row in header["materials"]),
        map_conversion=_conversion(conversion) if conversion else None,
        true_north=header["true_north"],
        undrawn=tuple(Undrawn(i, c, Text(**why)) for i, c, why in header["undrawn"]),
        warnings=tuple(Text(**warning) for warning in header["warnings"]),
        length_unit=header["length_unit"],
        defects=tuple(
            Defect(DefectKind(kind), count, Text(**told), tuple(examples))
            for kind, count, told, *examples in header["defects"]
        ),
        georeference=_georeference(header["georeference"]),
    )


def _conversion(values: Mapping[str, Any]) -> MapConversion:
    return MapConversion(**{**values, "factors": tuple(values["factors"])})


def _georeference(values: Mapping[str, Any]) -> Georeference:
    world = values["world"]
    return Georeference(
        other_conversions=tuple(_conversion(other) for other in values["other_conversions"]),
        declared_crs=values["declared_crs"],
        world=tuple(world) if world else None,
        origins=tuple(
            SpatialOrigin(o["ifc_class"], o["global_id"], tuple(o["position"]))
            for o in values["origins"]
        ),
    )


def _site(row: Sequence[Any], body: Body) -> Site:
    global_id, name, latitude, longitude, elevation, number = row
    return Site(global_id, name, latitude, longitude, elevation, body(number))


def _space(row: Sequence[Any], body: Body) -> Space:
    global_id, name, long_name, storey, predefined_type, number, sets = row
    return Space(global_id, name, long_name, storey, predefined_type, body(number), sets)


def _element(row: Sequence[Any], body: Body) -> Element:
    global_id, ifc_class, name, storey, number, predefined_type, type_name, sets = row
    return Element(
        global_id, ifc_class, name, storey, body(number), predefined_type, type_name, sets
    )


def _meshes(arrays: Mapping[str, NDArray[Any]]) -> tuple[Mesh, ...]:
    counts = arrays["mesh_counts"].reshape(-1, 3)
    vertices = arrays["vertices"].reshape(-1, 3)
    faces = arrays["faces"].reshape(-1, 3)
    ends = np.cumsum(counts, axis=0)
    if len(ends) and ends[-1].tolist() != [len(vertices), len(faces), len(arrays["materials"])]:
        raise ValueError(len(ends))
    meshes = []
    for (v0, f0, m0), (v1, f1, m1) in zip((ends - counts).tolist(), ends.tolist(), strict=True):
        part = faces[f0:f1]
        if len(part) and not (part.min() >= 0 and part.max() < v1 - v0):
            raise ValueError(f0)
        meshes.append(Mesh(vertices[v0:v1], part, arrays["materials"][m0:m1]))
    return tuple(meshes)
