"""A model read before, kept by what its parts say: a resubmission takes from it what is the same and reads the rest.

Kept is one model a project, the last that was read. Nothing is taken from it by name or number, only by digests of everything that decides it
(`cim.ifc.marks`): the content of elements as a whole, each body by itself. The frame (storeys, buildings, place, warnings) is read anew from every
file, and so is where each body stands. Whatever is out of the ordinary is read in full.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import ifcopenshell
import numpy as np
from numpy.typing import NDArray

import cim
from cim.building import Material
from cim.errors import SnapshotError
from cim.ifc.direct import DirectBodies
from cim.ifc.document import Document
from cim.ifc.drawing import Plan, draw
from cim.ifc.geometry_cache import KEPT_SUFFIX, GeometryCache
from cim.ifc.instances import Instances
from cim.ifc.marks import Marks, take_marks
from cim.ifc.reader import read_frame
from cim.ifc.step import DIGEST_BYTES, StepFile
from cim.ifc.tessellation import FAR, Tessellation
from cim.ifc.units import ProjectUnits, read_units
from cim.snapshot import Sections, joined_meshes, read_sections, sections_of, write_sections

REKEPT = 0.05  # share of bodies that changed above which the revision is kept in place of the model; fewer are drawn again faster
MARKS = "marks"  # key of what a kept model's frame holds beside


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """A file that may be a revision of a model read before.

    Attributes:
        document: the file, open.
        step: the same as arrays.
        path: where it lies.
        units: of the file.
        marks: what decides it.
        name: of the kept model, relative to the folder of the cache.
    """

    document: Document
    step: StepFile
    path: Path
    units: ProjectUnits
    marks: Marks
    name: Path


def find_revision(document: Document, path: Path) -> Revision | None:
    """What is to be compared; None for a file that is read in full, whatever was read before.

    Args:
        document: the file, open.
        path: where it lies.
    """
    model, step = document.model, document.step
    if not isinstance(model, Instances) or step is None or document.complaints:
        return None
    projects = model.by_type("IfcProject")
    if len(projects) != 1:
        return None
    units = read_units(model)
    marks = take_marks(model, step, units.length, units.angle)
    if marks is None:
        return None
    told = " ".join((edition(), document.schema, model.schema_identifier, projects[0].GlobalId))
    name = hashlib.blake2b(told.encode(), digest_size=20).hexdigest()
    return Revision(document, step, path, units, marks, Path(name[:2]) / f"{name}{KEPT_SUFFIX}")


def keep(revision: Revision, sections: Sections, fresh: Path) -> None:
    """Leave a model that was read in full, if nothing in it was out of the ordinary.

    Args:
        revision: the file it was read from.
        sections: of the model.
        fresh: folder of what is new for the cache.
    """
    alone = sections_of(read_frame(revision.document, revision.path))
    # Reasons for bodies not drawn, and values not read, are told by the whole only.
    if sections.frame["undrawn"] or any(
        sections.frame[key] != told for key, told in alone.frame.items() if key != "materials"
    ):
        return
    _write(revision, sections, fresh)


def _write(revision: Revision, sections: Sections, fresh: Path) -> None:
    marks = revision.marks
    told = {
        "content": marks.content.hex(),
        "bodies": base64.b64encode(b"".join(marks.bodies)).decode("ascii"),
        "frames": base64.b64encode(marks.frames.tobytes()).decode("ascii"),
    }
    path = fresh / revision.name
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sections(replace(sections, frame={**sections.frame, MARKS: told}), path)


def revise(
    revision: Revision,
    folder: Path,
    fresh: Path,
    *,
    plan: Plan,
    progress: Callable[[float, int], None],
    when_drawn: Callable[[], None],
    when_taken: Callable[[list[int]], None],
    cache: GeometryCache | None = None,
) -> Sections | None:
    """The model of a file, as far as possible from the model kept of its project; None when it is to be read in full.

    Args:
        revision: the file.
        folder: of kept models.
        fresh: folder of what is new for the cache.
        plan: how the bodies that changed are drawn.
        progress: see `draw`.
        when_drawn: called when nothing more is drawn.
        when_taken: called with the numbers of the products whose bodies are taken over, before another is drawn.
        cache: of bodies a kernel drew before.
    """
    try:
        kept = _read_kept(folder / revision.name)
    except (SnapshotError, KeyError, ValueError, TypeError):
        return None  # none, or damaged
    marks = revision.marks
    if kept.content != marks.content:
        return None
    bodies = _Bodies.of(kept, marks)
    changed = np.flatnonzero(bodies.sources < 0)
    when_taken(revision.step.numbers[marks.rows[bodies.sources >= 0]].tolist())
    if len(changed):
        drawn = _draw(revision, marks.rows[changed], plan, progress, cache)
        if drawn.refused:
            return None
        bodies.add(drawn, changed, revision)
    when_drawn()
    if not np.abs(bodies.worlds).max(initial=0.0) < FAR:
        return None
    alone = sections_of(read_frame(revision.document, revision.path))
    arrays = {**alone.arrays, **bodies.arrays()}
    frame = {**alone.frame, "materials": bodies.materials}
    sections = Sections(frame, kept.sections.content, arrays)
    if len(changed) > REKEPT * len(marks.bodies) or len(kept.bodies) != len(marks.bodies):
        _write(revision, sections, fresh)
    return sections


def _draw(
    revision: Revision,
    rows: NDArray[np.int64],
    plan: Plan,
    progress: Callable[[float, int], None],
    cache: GeometryCache | None,
) -> Tessellation:
    model, units = revision.document.model, revision.units
    direct = DirectBodies(revision.step, units.length, units.angle)
    products = [model.at(row) for row in rows.tolist()]
    return draw(model, products, plan, progress, direct=direct, cache=cache)


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """A kept model: its sections, and its marks as of `Marks`."""

    sections: Sections
    content: bytes
    bodies: list[bytes]
    frames: NDArray[np.float64]


def _read_kept(path: Path) -> _Kept:
    sections = read_sections(path)
    told = sections.frame[MARKS]
    joined = base64.b64decode(told["bodies"])
    bodies = [joined[at : at + DIGEST_BYTES] for at in range(0, len(joined), DIGEST_BYTES)]
    frames = np.frombuffer(base64.b64decode(told["frames"]), dtype=np.float64).reshape(-1, 4, 4)
    arrays = sections.arrays
    placed = arrays["placed_meshes"]
    meshes = len(arrays["mesh_counts"]) // 3
    if not (
        len(bodies) == len(frames) == len(placed)
        and np.count_nonzero(placed >= 0) * 16 == len(arrays["placements"])
        and placed.min(initial=-1) >= -1
        and placed.max(initial=-1) < meshes
    ):
        raise ValueError(path)
    return _Kept(sections, bytes.fromhex(told["content"]), bodies, frames)


class _Bodies:
    """Bodies taken from a kept model, and those drawn anew.

    Attributes:
        sources: shape (N,), which kept body each product has, -1 for one that changed.
        worlds: shape (N, 4, 4), mesh frame -> engineering CRS.
        materials: as in the frame.
    """

    def __init__(self, kept: _Kept, marks: Marks, sources: NDArray[np.int64]) -> None:
        arrays = kept.sections.arrays
        self.sources = sources
        self.materials: list[Any] = list(kept.sections.frame["materials"])
        self._arrays: Mapping[str, NDArray[Any]] = {name: arrays[name] for name in MESHES}
        placed = arrays["placed_meshes"]
        self._meshes = np.where(sources >= 0, placed[sources], -1).astype(np.int32)
        matrices = np.zeros((len(placed), 4, 4))
        matrices[placed >= 0] = arrays["placements"].reshape(-1, 4, 4)
        self.worlds = matrices[sources]
        before = kept.frames[sources]
        moved = np.flatnonzero((self._meshes >= 0) & (before != marks.frames).any(axis=(1, 2)))
        self.worlds[moved] = marks.frames[moved] @ np.linalg.inv(before[moved]) @ self.worlds[moved]
        self.worlds[self._meshes < 0] = 0.0

    @staticmethod
    def of(kept: _Kept, marks: Marks) -> _Bodies:
        """Take what is kept."""
        first: dict[bytes, int] = {}
        for number, digest in enumerate(kept.bodies):
            first.setdefault(digest, number)
        same_place = zip(marks.bodies, kept.bodies, strict=False)
        sources = [n if one == other else -1 for n, (one, other) in enumerate(same_place)]
        sources += [-1] * (len(marks.bodies) - len(sources))
        for number, source in enumerate(sources):
            if source < 0:
                sources[number] = first.get(marks.bodies[number], -1)
        return _Bodies(kept, marks, np.array(sources, dtype=np.int64))

    def add(self, drawn: Tessellation, changed: NDArray[np.int64], revision: Revision) -> None:
        """Take bodies that were drawn.

        Args:
            drawn: the bodies.
            changed: whose they are, among the products.
            revision: the file.
        """
        looks = self._looks(drawn.materials)
        new = joined_meshes(drawn.meshes)
        new["materials"] = looks[new["materials"]]
        joined = {n: np.concatenate([self._arrays[n], new[n].ravel()]) for n in MESHES}
        # A body that became like another shares its mesh, as it does when all are drawn.
        first = len(self._arrays["mesh_counts"]) // 3
        number_of = _firsts_of_alike(joined)
        self._arrays = joined
        numbers = revision.step.numbers[revision.marks.rows[changed]].tolist()
        for place, number in zip(changed.tolist(), numbers, strict=True):
            body = drawn.bodies.get(number)
            if body is not None:
                self._meshes[place] = number_of[first + body.mesh]
                self.worlds[place] = body.placement

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays of a snapshot, without the meshes that no product has any more."""
        self._let_go()
        there = self._meshes >= 0
        return {
            **self._arrays,
            "placed_meshes": self._meshes,
            "placements": self.worlds[there],
        }

    def _looks(self, materials: list[Material]) -> NDArray[np.int32]:
        """Index of each drawn material among all; the last is of no material."""
        known = {tuple(row): number for number, row in enumerate(self.materials)}
        found = []
        for material in materials:
            row = (material.name, *material.colour)
            if row not in known:
                known[row] = len(self.materials)
                self.materials.append(list(row))
            found.append(known[row])
        return np.array([*found, -1], dtype=np.int32)

    def _let_go(self) -> None:
        counts = self._arrays["mesh_counts"].reshape(-1, 3)
        used = np.zeros(len(counts), dtype=bool)
        used[self._meshes[self._meshes >= 0]] = True
        if used.all():
            return
        faces = self._arrays["materials"][np.repeat(used, counts[:, 2])]
        seen = np.unique(faces[faces >= 0])
        table = np.full(len(self.materials) + 1, -1, dtype=np.int32)
        table[seen] = np.arange(len(seen))
        self.materials = [self.materials[number] for number in seen.tolist()]
        self._arrays = {
            "vertices": self._arrays["vertices"][np.repeat(used, 3 * counts[:, 0])],
            "faces": self._arrays["faces"][np.repeat(used, 3 * counts[:, 1])],
            "materials": table[faces],
            "mesh_counts": counts[used].ravel(),
        }
        renumbered = np.append(np.cumsum(used) - 1, -1)
        self._meshes = renumbered[self._meshes].astype(np.int32)


def _firsts_of_alike(arrays: Mapping[str, NDArray[Any]]) -> list[int]:
    """The first mesh that each is the same as."""
    counts = arrays["mesh_counts"].reshape(-1, 3)
    vertices, faces, looks = (np.cumsum(counts, axis=0) - counts).T.tolist()
    known: dict[bytes, int] = {}
    found = []
    for number, (points, triangles, told) in enumerate(counts.tolist()):
        v, f, m = 3 * vertices[number], 3 * faces[number], looks[number]
        digest = hashlib.blake2b(arrays["vertices"][v : v + 3 * points].data, digest_size=20)
        digest.update(arrays["faces"][f : f + 3 * triangles].data)
        digest.update(arrays["materials"][m : m + told].data)
        found.append(known.setdefault(digest.digest(), number))
    return found


MESHES = ("vertices", "faces", "materials", "mesh_counts")


@cache
def edition() -> str:
    """A digest of the program that reads: what another edition drew is not taken over."""
    told = hashlib.blake2b(ifcopenshell.version.encode(), digest_size=20)
    for source in sorted(Path(cim.__file__).parent.rglob("*.py")):
        told.update(source.read_bytes())
    return told.hexdigest()
