"""Bodies that a kernel drew, kept by what they were drawn from, so that a resubmission draws only what changed.

An entry's name is a digest of everything that decides the body (`DirectBodies.identify`) and of the kernel. Entries are read by the guarded child and
written by it into a folder of its own; whoever started the child takes them over. What a child wrote is believed for the files of those who share
the cache, so give each party that must not trust the others its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ifcopenshell
import numpy as np
from numpy.typing import NDArray

from cim.building import Material
from cim.kept_files import trim

SUFFIX = ".body"
KEPT_SUFFIX = ".kept"  # of whole models, see `cim.ifc.revision`
SUFFIXES = (SUFFIX, KEPT_SUFFIX)
LAYOUT = 1  # of an entry


@dataclass(frozen=True, slots=True, eq=False)
class KeptBody:
    """A body as a kernel drew it.

    Attributes:
        vertices: shape (N, 3), metres.
        faces: shape (M, 3).
        looks: shape (M,), index into `materials`, -1 for none.
        materials: of the faces.
        matrix: shape (4, 4), frame of the vertices -> frame of the product's placement.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    looks: NDArray[np.int32]
    materials: tuple[Material, ...]
    matrix: NDArray[np.float64]


class GeometryCache:
    """Entries in one folder, and new ones in another.

    Args:
        folder: read only.
        fresh: where new entries are written.
    """

    def __init__(self, folder: Path, fresh: Path) -> None:
        self._folder = folder
        self._fresh = fresh

    def get(self, digest: str, kernel: str) -> KeptBody | None:
        """The body of an entry; None when there is none, or it is damaged."""
        path = self._folder / _name(digest, kernel)
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as entry:
                body = KeptBody(
                    entry["vertices"],
                    entry["faces"],
                    entry["looks"],
                    tuple(Material(n, tuple(c)) for n, c in json.loads(str(entry["materials"]))),
                    entry["matrix"],
                )
            os.utime(path)  # it was of use now
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None  # damaged, or of a folder that cannot be written: drawn again
        return body if _is_sound(body) else None

    def put(self, digest: str, kernel: str, body: KeptBody) -> None:
        """Write an entry."""
        path = self._fresh / _name(digest, kernel)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            np.savez(
                stream,
                vertices=body.vertices,
                faces=body.faces,
                looks=body.looks,
                materials=json.dumps([[m.name, m.colour] for m in body.materials]),
                matrix=body.matrix,
            )


def take_over(fresh: Path, folder: Path, *, most_bytes: int) -> None:
    """Move new entries into a cache, and let go of those longest without use until it is small enough.

    Args:
        fresh: folder of new entries; need not exist.
        folder: of the cache; made when absent.
        most_bytes: of all entries together.
    """
    if not fresh.is_dir():
        return
    for path in _entries(fresh):
        target = folder / path.relative_to(fresh)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)
    trim(folder, suffixes=SUFFIXES, most_bytes=most_bytes)


def _entries(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in SUFFIXES)


def _name(digest: str, kernel: str) -> Path:
    told = f"{digest} {kernel} {ifcopenshell.version} {LAYOUT}".encode()
    name = hashlib.blake2b(told, digest_size=20).hexdigest()
    return Path(name[:2]) / f"{name}{SUFFIX}"


def _is_sound(body: KeptBody) -> bool:
    """Whether an entry is a mesh: a cut-off or altered one is drawn again."""
    shapes: Sequence[bool] = (
        body.vertices.ndim == 2 and body.vertices.shape[1] == 3,
        body.faces.ndim == 2 and body.faces.shape[1] == 3,
        body.looks.shape == body.faces.shape[:1],
        body.matrix.shape == (4, 4),
    )
    if not all(shapes) or not len(body.faces):
        return False
    return bool(
        body.faces.min() >= 0
        and body.faces.max() < len(body.vertices)
        and body.looks.min() >= -1
        and body.looks.max() < len(body.materials)
    )
