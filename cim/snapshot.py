"""A building model as one file, so that each stage of a review can be redone alone.

Layout: magic, format version, lengths of two pieces of JSON, the pieces, then raw little-endian arrays, each aligned to 16 bytes. No
pickle: the file is written by a process that read hostile input.

The pieces are the *frame* (file, project, sites, buildings, storeys, place, warnings) and the *content* (elements, spaces, types, groups and all
they share). Bodies are arrays, one entry a part, so that neither a move nor another shape changes the content.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
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
VERSION = 7
PREFIX = struct.Struct("<8sIQQ")
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
BODY = "representation"
SHARED = ("material", "classifications", "property_sets")
"""Fields that many parts have in common; each value is stored once, in a table of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """A model as a snapshot holds it.

    Attributes:
        frame: file, project, sites, buildings, storeys, place and warnings, for JSON.
        content: elements, spaces, types, zones and groups, JSON.
        arrays: by the names of `ARRAYS`; `placed_meshes` has the mesh of each element, space and site, -1 for none, and `placements` the
            matrices of those that have one.
    """

    frame: Mapping[str, Any]
    content: bytes
    arrays: Mapping[str, NDArray[Any]]


def sections_of(model: BuildingModel) -> Sections:
    """Take a model apart."""
    parts = _PartWriter()
    frame = _frame(model, parts)
    bodies = [
        part.representation
        for parts_of_a_class in (model.elements, model.spaces, model.sites)
        for part in parts_of_a_class
    ]
    arrays = joined_meshes(model.meshes) | _body_arrays(bodies) | parts.arrays()
    return Sections(frame, _encoded(_content(model)), arrays)


def write_snapshot(model: BuildingModel, path: Path) -> None:
    """Write a model; the file appears whole or not at all."""
    write_sections(sections_of(model), path)


def write_sections(sections: Sections, path: Path) -> None:
    """The same for a model that is taken apart."""
    arrays = sections.arrays
    sizes = {name: int(arrays[name].size) for name in ARRAYS}
    frame = _encoded({**sections.frame, "arrays": sizes})
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as stream:
        stream.write(PREFIX.pack(MAGIC, VERSION, len(frame), len(sections.content)))
        stream.write(frame)
        stream.write(sections.content)
        for name, kind in ARRAYS.items():
            stream.write(b"\0" * (-stream.tell() % ALIGNMENT))
            stream.write(np.ascontiguousarray(arrays[name], dtype=kind).data)
    partial.replace(path)


def read_sections(path: Path) -> Sections:
    """Read a snapshot and leave it taken apart.

    Raises:
        SnapshotError: no such file, another version, or damaged.
    """
    try:
        content = path.read_bytes()
        magic, version, frame, inner = PREFIX.unpack_from(content)
        if magic != MAGIC or version != VERSION:
            raise _damaged(path)
        start = PREFIX.size + frame
        told = json.loads(content[PREFIX.size : start])
        arrays = _read_arrays(content, start + inner, told.pop("arrays"))
    except (OSError, struct.error, ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error
    return Sections(told, content[start : start + inner], arrays)


def read_snapshot(path: Path) -> BuildingModel:
    """Read a model that `write_snapshot` wrote.

    Raises:
        SnapshotError: no such file, another version, or damaged.
    """
    try:
        return _model(read_sections(path))
    except (ValueError, KeyError, TypeError, IndexError, StopIteration) as error:
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
        self._rings: list[NDArray[np.float64]] = []
        self._fields: Mapping[str, Callable[[Any], Any]] = {
            "parcel": self._ring_numbers,
            "property_sets": self._sets,
            "material": self._material,
            "classifications": self._classifications,
            "address": lambda address: None if address is None else astuple(address),
        }

    def rows(self, parts: Sequence[Any]) -> list[list[Any]]:
        """One row a part, its fields in their order but for the body, which is in the arrays."""
        if not parts:
            return []
        names = [f.name for f in fields(parts[0]) if f.name != BODY]
        ways = [(name, self._fields.get(name)) for name in names]
        return [
            [getattr(part, name) if way is None else way(getattr(part, name)) for name, way in ways]
            for part in parts
        ]

    def arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "ring_points": _joined(self._rings, np.float64),
            "ring_counts": np.array([len(ring) for ring in self._rings], dtype=np.int64),
        }

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


def _encoded(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _content(model: BuildingModel) -> dict[str, Any]:
    parts = _PartWriter()
    return {
        "spaces": parts.rows(model.spaces),
        "elements": parts.rows(model.elements),
        "types": parts.rows(model.types),
        "zones": parts.rows(model.zones),
        "groups": parts.rows(model.groups),
        "tables": parts.tables,
    }


def _frame(model: BuildingModel, parts: _PartWriter) -> dict[str, Any]:
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


def _body_arrays(bodies: Sequence[Representation | None]) -> dict[str, NDArray[Any]]:
    placements = [body.placement for body in bodies if body is not None]
    return {
        "placements": np.array(placements, dtype=np.float64).reshape(-1, 4, 4),
        "placed_meshes": np.array([-1 if b is None else b.mesh for b in bodies], dtype=np.int32),
    }


def joined_meshes(meshes: Sequence[Mesh]) -> dict[str, NDArray[Any]]:
    """Meshes as the arrays of a snapshot."""
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


def _model(sections: Sections) -> BuildingModel:
    frame, content, arrays = sections.frame, json.loads(sections.content), sections.arrays
    meshes = _meshes(arrays)
    bodies = _bodies(arrays, len(meshes))
    parts = _PartReader(frame["tables"], arrays)
    inner = _PartReader(content["tables"], arrays)
    conversion = frame["map_conversion"]
    model = BuildingModel(
        sha256=frame["sha256"],
        file_name=frame["file_name"],
        schema=frame["schema"],
        authoring_tool=frame["authoring_tool"],
        project_name=frame["project_name"],
        elements=inner.read(Element, content["elements"], bodies),
        spaces=inner.read(Space, content["spaces"], bodies),
        sites=parts.read(Site, frame["sites"], bodies),
        buildings=parts.read(Building, frame["buildings"]),
        storeys=parts.read(Storey, frame["storeys"]),
        meshes=meshes,
        materials=tuple(Material(row[0], tuple(row[1:])) for row in frame["materials"]),
        map_conversion=_conversion(conversion) if conversion else None,
        true_north=frame["true_north"],
        undrawn=tuple(Undrawn(i, c, Text(**why)) for i, c, why in frame["undrawn"]),
        warnings=tuple(Text(**warning) for warning in frame["warnings"]),
        length_unit=frame["length_unit"],
        defects=tuple(
            Defect(DefectKind(kind), count, Text(**told), tuple(examples))
            for kind, count, told, *examples in frame["defects"]
        ),
        georeference=_georeference(frame["georeference"]),
        project=next(iter(parts.read(Project, frame["project"])), None),
        facility_parts=parts.read(FacilityPart, frame["facility_parts"]),
        types=inner.read(ElementType, content["types"]),
        zones=inner.read(Group, content["zones"]),
        groups=inner.read(Group, content["groups"]),
    )
    if next(bodies, BODY) != BODY:
        raise ValueError(len(arrays["placed_meshes"]))
    return model


def _bodies(arrays: Mapping[str, NDArray[Any]], meshes: int) -> Iterator[Representation | None]:
    """The body of each element, space and site, in this order."""
    placed, placements = arrays["placed_meshes"], arrays["placements"].reshape(-1, 4, 4)
    if len(placed) and not (placed.min() >= -1 and placed.max() < meshes):
        raise ValueError(len(placed))
    if np.count_nonzero(placed >= 0) != len(placements):
        raise ValueError(len(placements))
    matrices = iter(placements)
    return iter(
        [None if mesh < 0 else Representation(mesh, next(matrices)) for mesh in placed.tolist()]
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

    def __init__(self, tables: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
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
            "parcel": lambda numbers: tuple(self._rings[number] for number in numbers),
            "property_sets": self._sets.__getitem__,
            "material": lambda number: None if number is None else self._materials[number],
            "classifications": self._classifications.__getitem__,
            "address": lambda row: None if row is None else Address(tuple(row[0]), *row[1:]),
            "members": tuple,
        }

    def read(
        self,
        record: type[Record],
        rows: Sequence[Sequence[Any]],
        bodies: Iterator[Representation | None] | None = None,
    ) -> tuple[Record, ...]:
        """Parts of one class from their rows; each takes the next body when the class has one."""
        names = [field.name for field in fields(record)]  # type: ignore[arg-type]
        place_of_body = names.index(BODY) if BODY in names else None
        ways = [(i, self._fields[name]) for i, name in enumerate(names) if name in self._fields]
        found = []
        for row in rows:
            values = list(row)
            if place_of_body is not None and bodies is not None:
                values.insert(place_of_body, next(bodies))
            if len(values) != len(names):
                raise ValueError(len(values))
            for place, way in ways:
                values[place] = way(values[place])
            found.append(record(*values))
        return tuple(found)


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
