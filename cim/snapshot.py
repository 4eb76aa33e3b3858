"""A building model as one file, so that each stage of a review can be redone alone.

Layout: magic, format version, length of a JSON header, the header, then raw little-endian arrays,
each aligned to 16 bytes. No pickle: the file is written by a process that read hostile input.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, astuple, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from cim.association import Classification, MaterialComponent, MaterialDefinition, MaterialKind
from cim.building import (
    Address,
    Building,
    BuildingModel,
    Defect,
    DefectKind,
    Element,
    ElementType,
    FacilityPart,
    Georeference,
    Group,
    MapConversion,
    Material,
    Project,
    Representation,
    Site,
    Space,
    SpatialOrigin,
    Storey,
    Undrawn,
)
from cim.errors import SnapshotError
from cim.mesh import Mesh
from cim.properties import NO_SETS, BoundedValue, PropertySets, PropertyValue, TableValue
from cim.text import Text

MAGIC = b"CIMMODEL"
VERSION = 6
PREFIX = struct.Struct("<8sIQ")
ALIGNMENT = 16
ARRAYS: Mapping[str, str] = {
    "vertices": "<f8",
    "faces": "<i4",
    "materials": "<i4",
    "mesh_counts": "<i8",
    "placements": "<f8",
    "placed_meshes": "<i4",
    "ring_points": "<f8",
    "ring_counts": "<i8",
}

Record = TypeVar("Record")
SHARED = ("material", "classifications", "property_sets")
"""Fields that many parts have in common; each value is stored once, in a table of its own."""


def write_snapshot(model: BuildingModel, path: Path) -> None:
    """Write a model; the file appears whole or not at all."""
    parts = _PartWriter()
    header = _header(model, parts)
    arrays = _mesh_arrays(model.meshes) | parts.arrays()
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


class _PartWriter:
    """Turns parts of a model into rows of JSON values; what parts share and what is an array is gathered beside."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Any]] = {name: [] for name in (*SHARED, "values")}
        self._numbers: dict[str, dict[Any, int]] = {name: {} for name in self.tables}
        self._kept: list[Any] = []
        self._placements: list[NDArray[np.float64]] = []
        self._meshes: list[int] = []
        self._rings: list[NDArray[np.float64]] = []
        self._fields: Mapping[str, Callable[[Any], Any]] = {
            "representation": self._body,
            "parcel": self._ring_numbers,
            "property_sets": self._sets,
            "material": self._material,
            "classifications": self._classifications,
            "address": lambda address: None if address is None else astuple(address),
        }

    def rows(self, parts: Sequence[Any]) -> list[list[Any]]:
        """One row a part, its fields in their order."""
        if not parts:
            return []
        ways = [(f.name, self._fields.get(f.name)) for f in fields(parts[0])]
        return [
            [getattr(part, name) if way is None else way(getattr(part, name)) for name, way in ways]
            for part in parts
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        placements = np.array(self._placements, dtype=np.float64).reshape(-1, 4, 4)
        return {
            "placements": placements,
            "placed_meshes": np.array(self._meshes, dtype=np.int32),
            "ring_points": _joined(self._rings, np.float64),
            "ring_counts": np.array([len(ring) for ring in self._rings], dtype=np.int64),
        }

    def _body(self, body: Representation | None) -> int | None:
        """Number under which a body is stored; None for none."""
        if body is None:
            return None
        self._placements.append(body.placement)
        self._meshes.append(body.mesh)
        return len(self._meshes) - 1

    def _ring_numbers(self, rings: Sequence[NDArray[np.float64]]) -> list[int]:
        first = len(self._rings)
        self._rings.extend(rings)
        return list(range(first, len(self._rings)))

    def _sets(self, sets: PropertySets) -> int:
        """Number of a group of sets; sets and groups that are the same object are stored once."""

        def write() -> list[Any]:
            return [[name, self._values(values)] for name, values in sets.items()]

        return self._shared("property_sets", id(sets), sets, write)

    def _values(self, values: Mapping[str, PropertyValue]) -> int:
        def write() -> dict[str, Any]:
            return {name: _value_row(value) for name, value in values.items()}

        return self._shared("values", id(values), values, write)

    def _material(self, material: MaterialDefinition | None) -> int | None:
        if material is None:
            return None
        return self._shared("material", material, material, lambda: astuple(material))

    def _classifications(self, classes: tuple[Classification, ...]) -> int:
        def write() -> list[Any]:
            return [astuple(classification) for classification in classes]

        return self._shared("classifications", classes, classes, write)

    def _shared(self, table: str, key: Any, kept: Any, write: Callable[[], Any]) -> int:
        """Number of a value in a table; written at its first use and kept, so that no other object takes its id."""
        numbers = self._numbers[table]
        if key not in numbers:
            row = write()
            numbers[key] = len(self.tables[table])
            self.tables[table].append(row)
            self._kept.append(kept)
        return numbers[key]


def _value_row(value: PropertyValue) -> Any:
    """A property value as JSON: a list, or an object of one key for a range or a table."""
    if isinstance(value, BoundedValue):
        return {"bounds": astuple(value)}
    if isinstance(value, TableValue):
        return {"table": astuple(value)}
    return value


def _header(model: BuildingModel, parts: _PartWriter) -> dict[str, Any]:
    return {
        "sha256": model.sha256,
        "file_name": model.file_name,
        "schema": model.schema,
        "authoring_tool": model.authoring_tool,
        "project_name": model.project_name,
        "true_north": model.true_north,
        "map_conversion": asdict(model.map_conversion) if model.map_conversion else None,
        "project": parts.rows([model.project] if model.project is not None else []),
        "sites": parts.rows(model.sites),
        "buildings": parts.rows(model.buildings),
        "facility_parts": parts.rows(model.facility_parts),
        "storeys": parts.rows(model.storeys),
        "spaces": parts.rows(model.spaces),
        "elements": parts.rows(model.elements),
        "types": parts.rows(model.types),
        "zones": parts.rows(model.zones),
        "groups": parts.rows(model.groups),
        "tables": parts.tables,
        "materials": [[m.name, *m.colour] for m in model.materials],
        "undrawn": [[u.global_id, u.ifc_class, u.reason.to_json()] for u in model.undrawn],
        "length_unit": model.length_unit,
        "georeference": asdict(model.georeference),
        "warnings": [warning.to_json() for warning in model.warnings],
        "defects": [
            [d.kind.value, d.count, d.sentence.to_json(), *d.examples] for d in model.defects
        ],
    }


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
    parts = _PartReader(header["tables"], arrays, len(meshes))
    conversion = header["map_conversion"]
    return BuildingModel(
        sha256=header["sha256"],
        file_name=header["file_name"],
        schema=header["schema"],
        authoring_tool=header["authoring_tool"],
        project_name=header["project_name"],
        sites=parts.read(Site, header["sites"]),
        buildings=parts.read(Building, header["buildings"]),
        storeys=parts.read(Storey, header["storeys"]),
        spaces=parts.read(Space, header["spaces"]),
        elements=parts.read(Element, header["elements"]),
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
        project=next(iter(parts.read(Project, header["project"])), None),
        facility_parts=parts.read(FacilityPart, header["facility_parts"]),
        types=parts.read(ElementType, header["types"]),
        zones=parts.read(Group, header["zones"]),
        groups=parts.read(Group, header["groups"]),
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


class _PartReader:
    """The inverse of `_PartWriter`: what parts shared is one object again."""

    def __init__(
        self, tables: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]], meshes: int
    ) -> None:
        self._placements = arrays["placements"].reshape(-1, 4, 4)
        self._placed = arrays["placed_meshes"].tolist()
        if self._placed and not (
            min(self._placed) >= 0
            and max(self._placed) < meshes
            and len(self._placed) == len(self._placements)
        ):
            raise ValueError(len(self._placed))
        ends = np.cumsum(arrays["ring_counts"])
        if len(ends) and ends[-1] * 3 != len(arrays["ring_points"]):
            raise ValueError(len(ends))
        self._rings = np.split(arrays["ring_points"].reshape(-1, 3), ends[:-1])
        values = [{k: _value(v) for k, v in row.items()} for row in tables["values"]]
        self._sets: list[PropertySets] = [
            {name: values[number] for name, number in row} if row else NO_SETS
            for row in tables["property_sets"]
        ]
        self._materials = [_material_definition(row) for row in tables["material"]]
        self._classifications = [
            tuple(Classification(*row) for row in rows) for rows in tables["classifications"]
        ]
        self._fields: Mapping[str, Callable[[Any], Any]] = {
            "representation": self._body,
            "parcel": lambda numbers: tuple(self._rings[number] for number in numbers),
            "property_sets": self._sets.__getitem__,
            "material": lambda number: None if number is None else self._materials[number],
            "classifications": self._classifications.__getitem__,
            "address": lambda row: None if row is None else Address(tuple(row[0]), *row[1:]),
            "members": tuple,
        }

    def read(self, record: type[Record], rows: Sequence[Sequence[Any]]) -> tuple[Record, ...]:
        """Parts of one class from their rows."""
        names = [field.name for field in fields(record)]  # type: ignore[arg-type]
        ways = [(i, self._fields[name]) for i, name in enumerate(names) if name in self._fields]
        found = []
        for row in rows:
            values = list(row)
            if len(values) != len(names):
                raise ValueError(len(values))
            for place, way in ways:
                values[place] = way(values[place])
            found.append(record(*values))
        return tuple(found)

    def _body(self, number: int | None) -> Representation | None:
        if number is None:
            return None
        return Representation(self._placed[number], self._placements[number])


def _value(row: Any) -> PropertyValue:
    if isinstance(row, list):
        return tuple(row)
    if isinstance(row, dict):
        if "bounds" in row:
            return BoundedValue(*row["bounds"])
        defining, defined = row["table"]
        return TableValue(tuple(defining), tuple(defined))
    plain: PropertyValue = row
    return plain


def _material_definition(row: Sequence[Any]) -> MaterialDefinition:
    kind, name, components, *usage = row
    return MaterialDefinition(MaterialKind(kind), name, tuple(map(_component, components)), *usage)


def _component(row: Sequence[Any]) -> MaterialComponent:
    component = MaterialComponent(*row)
    if component.colour is None:
        return component
    red, green, blue, opacity = component.colour
    return replace(component, colour=(red, green, blue, opacity))


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
