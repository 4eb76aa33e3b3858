"""What stands around before a scheme does: terrain and buildings as an eye sees them, computed once and kept.

A skyline or picture from one eye is a few hundred kilobytes and belongs to the city, not to a submission: it is kept on disk
under the hash of everything it was made from, so that a submission only adds its own bodies to it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera
from bim_checks.landscape.eye import Columns, Eye
from bim_checks.landscape.gl_render import GlRenderer
from bim_checks.landscape.photo import FINE, Photo, photo_by_gl
from bim_checks.landscape.picture import Picture, Window, picture_of, picture_of_terrain
from bim_checks.landscape.skyline import Skyline, skyline_of, skyline_of_terrain
from bim_checks.landscape.surface import Surface, prepared
from cim.existing import ExistingBuildings
from cim.kept_files import trim
from cim.terrain import Terrain

KEPT_BYTES = 1 << 30  # of all skylines and pictures together; one for a plate has some 16 MB
VERSION = b"1"  # of how skylines and pictures are computed; another one makes the kept ones stale


class Context:
    """Terrain and existing buildings, looked at."""

    def __init__(
        self,
        terrain: Terrain,
        existing: Callable[[], ExistingBuildings],
        *,
        digest: str | None = None,
        folder: Path | None = None,
    ) -> None:
        """Prepare nothing yet.

        Args:
            terrain: the ground.
            existing: gives the buildings that stand; called when something is looked at that is not kept.
            digest: of the sources of both; None where nothing is to be kept.
            folder: where skylines and pictures are kept; None to keep them in memory only.
        """
        self._terrain = terrain
        self._existing = existing
        self._digest = digest
        self._folder = folder if digest is not None else None
        self._known: dict[str, dict[str, NDArray[Any]]] = {}

    @cached_property
    def buildings(self) -> Surface:
        """The buildings, prepared; the index of each is its place in `identifiers`."""
        return prepared([building.mesh for building in self._existing().all])

    @cached_property
    def identifiers(self) -> tuple[str, ...]:
        """Of the buildings, in the city's own source."""
        return tuple(building.identifier for building in self._existing().all)

    def skyline(
        self,
        eye: Eye,
        columns: Columns,
        *,
        nearer_than: NDArray[np.float64] | None = None,
        cleared: frozenset[str] = frozenset(),
    ) -> Skyline:
        """The skyline before the scheme.

        Args:
            eye: looked from.
            columns: looked along.
            nearer_than: shape (count,), only what is nearer than this counts, metres; None for everything.
            cleared: identifiers of buildings that will not stand any more.
        """

        def see() -> dict[str, NDArray[Any]]:
            ground = skyline_of_terrain(self._terrain, eye, columns, nearer_than=nearer_than)
            without = self._without(cleared)
            built = skyline_of(
                self.buildings, eye, columns, nearer_than=nearer_than, without=without
            )
            both = ground.with_(built)
            return {"tangents": both.tangents, "distances": both.distances, "owners": both.owners}

        far = b"" if nearer_than is None else nearer_than.tobytes()
        kept = self._kept(("skyline", eye, columns, far, sorted(cleared)), see)
        return Skyline(columns, kept["tangents"], kept["distances"], kept["owners"])

    def picture(
        self, eye: Eye, window: Window, *, cleared: frozenset[str] = frozenset()
    ) -> Picture:
        """What is seen in a window before the scheme; arguments as for `skyline`."""

        def see() -> dict[str, NDArray[Any]]:
            built = picture_of(self.buildings, eye, window, without=self._without(cleared))
            both = picture_of_terrain(self._terrain, eye, window).with_(built)
            return {"distances": both.distances, "owners": both.owners, "light": both.light}

        kept = self._kept(("picture", eye, window, b"", sorted(cleared)), see)
        return Picture(window, kept["distances"], kept["owners"], kept["light"])

    def photo(
        self,
        eye: Eye,
        camera: Camera,
        renderer: GlRenderer,
        *,
        cleared: frozenset[str] = frozenset(),
    ) -> Photo:
        """What a camera sees before the scheme.

        Args:
            eye: looked from.
            camera: looked through.
            renderer: draws what is not kept.
            cleared: as for `skyline`.

        Raises:
            GlError: it is not kept, and OpenGL cannot draw it.
        """

        def see() -> dict[str, NDArray[Any]]:
            photo = photo_by_gl(
                renderer,
                eye,
                camera,
                self.buildings,
                terrain=self._terrain,
                without=self._without(cleared),
            )
            return {"distances": photo.distances, "owners": photo.owners, "light": photo.light}

        kept = self._kept(("photo", eye, camera, b"", sorted(cleared)), see)
        return Photo(camera, FINE, kept["distances"], kept["owners"], kept["light"])

    def _without(self, cleared: frozenset[str]) -> NDArray[np.bool_] | None:
        if not cleared:
            return None
        return np.array([name in cleared for name in self.identifiers], dtype=np.bool_)

    def _kept(
        self, what: tuple[Any, ...], see: Callable[[], dict[str, NDArray[Any]]]
    ) -> dict[str, NDArray[Any]]:
        """What was seen, from memory, from disk, or by looking."""
        digest = hashlib.sha256(VERSION + (self._digest or "").encode())
        for part in what:
            digest.update(part if isinstance(part, bytes) else repr(part).encode())
        key = digest.hexdigest()[:32]
        if key not in self._known:
            self._known[key] = self._read(key) or self._written(key, see())
        return self._known[key]

    def _read(self, key: str) -> dict[str, NDArray[Any]] | None:
        if self._folder is None:
            return None
        path = self._folder / f"{key}.npz"
        try:
            with path.open("rb") as stream, np.load(stream) as stored:
                seen = {name: stored[name] for name in stored.files}
            os.utime(path)  # it was of use now
        except (OSError, ValueError, EOFError, BadZipFile):  # absent, or damaged
            return None
        return seen

    def _written(self, key: str, seen: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._folder / f".{key}.partial.npz"
            np.savez(partial, **seen)  # type: ignore[arg-type]  # numpy types the keyword allow_pickle
            partial.replace(self._folder / f"{key}.npz")
            trim(self._folder, suffixes=(".npz",), most_bytes=KEPT_BYTES)
        return seen
