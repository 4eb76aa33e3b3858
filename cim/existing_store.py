"""A city's buildings on disk, ready to be asked: boxes, triangles and footprints in one memory-mapped file.

Reading 50,000 buildings from CityJSON takes seconds and a rule needs a dozen of them, so they are read once,
when the city is built. Layout: magic, format version, length of a JSON header, the header, then raw
little-endian arrays, each aligned to 16 bytes.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import shapely
from numpy.typing import NDArray

from cim.city import City
from cim.existing import ExistingBuilding, ExistingBuildings, box_of, stream_existing
from cim.mesh import Mesh

MAGIC = b"CIMBUILT"
VERSION = 2
PREFIX = struct.Struct("<8sIQ")
ALIGNMENT = 16
ARRAYS: Mapping[str, tuple[str, int]] = {
    "boxes": ("<f8", 6),
    "vertices": ("<f8", 3),
    "faces": ("<i4", 3),
    "vertex_starts": ("<i8", 1),
    "face_starts": ("<i8", 1),
    "words": ("<u1", 1),
    "word_starts": ("<i8", 1),
    "footprints": ("<u1", 1),
    "footprint_starts": ("<i8", 1),
}
"""Type and columns of each array; ``words`` is identifier and attributes as JSON, ``footprints`` WKB."""


def existing_of(city: City) -> ExistingBuildings:
    """The buildings of a city, from its store; the store is made anew where it is of another source.

    Raises:
        CityError: the city's buildings cannot be read.
    """
    return open_existing(build_existing(city))


def consented_of(city: City) -> ExistingBuildings:
    """The buildings of all consented schemes of a city, in its order; each identifier begins with the code of its scheme.

    They are few, so they are read from their sources.

    Raises:
        CityError: a source cannot be read.
    """
    return ExistingBuildings(
        replace(building, identifier=f"{scheme.code}/{building.identifier}")
        for scheme in city.consented
        for building in stream_existing(scheme.path)
    )


def build_existing(city: City) -> Path:
    """Read all buildings of a city into its store, unless the store already holds exactly them.

    Returns:
        The store's path, inside the city's build folder. It is written aside and renamed, so a
        process that is killed leaves no half-filled store.

    Raises:
        CityError: the buildings cannot be read.
    """
    path = city.build_folder / "existing.cim"
    if _holds(path, city.buildings_path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp = _stamp(city.buildings_path) | {"sha256": _sha256(city.buildings_path)}
    arrays = _arrays(stream_existing(city.buildings_path))
    partial = path.with_suffix(".partial")
    _write(partial, stamp, arrays)
    partial.replace(path)
    return path


def open_existing(path: Path) -> ExistingBuildings:
    """Open a store that `build_existing` wrote; nothing is read before it is asked for."""
    with path.open("rb") as stream:
        header, start = _header(stream.read(PREFIX.size), stream)
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    arrays = {
        name: np.frombuffer(content, kind, count=count, offset=start + offset).reshape(
            (-1, ARRAYS[name][1]) if ARRAYS[name][1] > 1 else (-1,)
        )
        for name, kind, offset, count in header["arrays"]
    }
    return ExistingBuildings.of_boxes(_Stored(arrays), arrays["boxes"])


class _Stored(Sequence[ExistingBuilding]):
    """Buildings made from the arrays when they are asked for, each once."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self._made: dict[int, ExistingBuilding] = {}

    def __len__(self) -> int:
        return len(self._arrays["boxes"])

    @overload
    def __getitem__(self, index: int) -> ExistingBuilding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ExistingBuilding]: ...
    def __getitem__(self, index: int | slice) -> ExistingBuilding | Sequence[ExistingBuilding]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        if position not in self._made:
            self._made[position] = self._make(position)
        return self._made[position]

    def _make(self, i: int) -> ExistingBuilding:
        said = json.loads(self._slice("words", "word_starts", i).tobytes())
        return ExistingBuilding(
            identifier=said["id"],
            attributes=said["attributes"],
            mesh=Mesh(
                self._slice("vertices", "vertex_starts", i),
                self._slice("faces", "face_starts", i),
            ),
            outline=shapely.from_wkb(self._slice("footprints", "footprint_starts", i).tobytes()),
        )

    def _slice(self, name: str, starts: str, i: int) -> NDArray[Any]:
        first, last = self._arrays[starts][i : i + 2]
        return self._arrays[name][first:last]


def _arrays(buildings: Iterator[ExistingBuilding]) -> dict[str, NDArray[Any]]:
    parts: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("boxes", "vertices", "faces", "words", "footprints")
    }
    for building in buildings:
        if not len(building.mesh.faces):
            continue
        said = {"id": building.identifier, "attributes": building.attributes}
        words = json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
        parts["boxes"].append(np.array([box_of(building)]))
        parts["vertices"].append(building.mesh.vertices)
        parts["faces"].append(building.mesh.faces)
        parts["words"].append(np.frombuffer(words, dtype=np.uint8))
        footprint = shapely.to_wkb(building.footprint)
        parts["footprints"].append(np.frombuffer(footprint, dtype=np.uint8))
    arrays = {name: _joined(name, found) for name, found in parts.items()}
    for name in ("vertex", "face", "word", "footprint"):
        many = "vertices" if name == "vertex" else f"{name}s"
        arrays[f"{name}_starts"] = np.cumsum([0, *map(len, parts[many])])
    return arrays


def _joined(name: str, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    kind, columns = ARRAYS[name]
    empty = np.zeros((0, columns) if columns > 1 else 0, dtype=kind)
    return np.concatenate([empty, *parts])


def _write(path: Path, stamp: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    listed, offset = [], 0
    for name, (kind, _) in ARRAYS.items():
        listed.append((name, kind, offset, int(arrays[name].size)))
        offset += -(-arrays[name].size * np.dtype(kind).itemsize // ALIGNMENT) * ALIGNMENT
    header = json.dumps({"source": stamp, "arrays": listed}).encode()
    header += b" " * (-(PREFIX.size + len(header)) % ALIGNMENT)
    with path.open("wb") as stream:
        stream.write(PREFIX.pack(MAGIC, VERSION, len(header)) + header)
        for name, kind, offset, _ in listed:
            stream.seek(PREFIX.size + len(header) + offset)
            stream.write(np.ascontiguousarray(arrays[name], dtype=kind).tobytes())
        # An empty last array still ends where the file ends.
        stream.truncate(max(stream.tell(), PREFIX.size + len(header) + ALIGNMENT))


def _header(prefix: bytes, stream: Any) -> tuple[dict[str, Any], int]:
    """The header, and where arrays begin.

    Raises:
        ValueError: no store of this version.
    """
    if len(prefix) < PREFIX.size:
        raise ValueError("no store")
    magic, version, length = PREFIX.unpack(prefix)
    if (magic, version) != (MAGIC, VERSION):
        raise ValueError("no store of this version")
    header: dict[str, Any] = json.loads(stream.read(length))
    return header, PREFIX.size + length


def _holds(path: Path, source: Path) -> bool:
    """Whether a store was made from a source: by size and time of change, else by content."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            header, _ = _header(stream.read(PREFIX.size), stream)
        made_from = header["source"]
    except (ValueError, KeyError, OSError):
        return False
    if {key: made_from[key] for key in ("size", "changed")} == _stamp(source):
        return True
    return bool(made_from["sha256"] == _sha256(source))


def _stamp(source: Path) -> dict[str, Any]:
    found = source.stat()
    return {"size": found.st_size, "changed": found.st_mtime_ns}


def _sha256(source: Path) -> str:
    with source.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
