"""The tree of a tileset, its `tileset.json`, and the folder it appears in all at once."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from tiles.bounding_volume import Box


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile.

    Attributes:
        box: around everything in it and below it, local frame of the tileset.
        geometric_error: metres; how far what is drawn here may be from the truth. 0 at a leaf.
        content: file name of its glb in the folder; None when nothing is drawn here.
        children: what replaces (or adds to) it when looked at closely.
    """

    box: Box
    geometric_error: float
    content: str | None
    children: tuple[Tile, ...] = ()

    def walk(self) -> Iterator[Tile]:
        """This tile and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class TilesetSummary:
    """What was written.

    Attributes:
        tiles: tiles with content.
        bytes: of all files.
        elements: features at the leaves: building elements, buildings; 0 where nothing is told apart.
        undrawn: elements of the input that have no body.
        triangles: at full detail; points for a point cloud.
        longitude_degrees, latitude_degrees: of the middle of the tileset.
        ellipsoidal_height: of the middle, metres.
        radius: of the sphere round everything, metres.
    """

    tiles: int
    bytes: int
    elements: int
    undrawn: int
    triangles: int
    longitude_degrees: float
    latitude_degrees: float
    ellipsoidal_height: float
    radius: float


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A fresh folder to write into that takes the place of `folder` when the block ends well.

    A writer that fails leaves `folder` as it was; one that is killed leaves at worst a hidden
    ``.<name>.<random>.partial`` beside it.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = uuid.uuid4().hex
    partial = folder.with_name(f".{folder.name}.{mark}.partial")
    partial.mkdir()
    try:
        yield partial
        if folder.exists():
            old = folder.with_name(f".{folder.name}.{mark}.old")
            folder.rename(old)
            partial.rename(folder)
            shutil.rmtree(old)
        else:
            partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_tileset_json(
    folder: Path, root: Tile, transform: NDArray[np.float64], *, refine: str = "REPLACE"
) -> None:
    """Write ``tileset.json``.

    Args:
        folder: where the contents are.
        root: the tree.
        transform: shape (4, 4), local frame -> EPSG:4978.
        refine: ``REPLACE`` or ``ADD``, of the whole tree.
    """
    document = {
        "asset": {"version": "1.1", "generator": "cim-review"},
        # Without any tile, all of it is missing; viewers skip the tileset where that is not seen.
        "geometricError": max(root.box.diagonal, 2.0 * root.geometric_error),
        "root": {"transform": transform.T.ravel().tolist(), "refine": refine} | _tile_json(root),
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (folder / "tileset.json").write_text(text, encoding="utf-8")


def summarize(
    folder: Path,
    root: Tile,
    transform: NDArray[np.float64],
    frame: CityFrame,
    *,
    elements: int,
    triangles: int,
    undrawn: int = 0,
) -> TilesetSummary:
    """Count what stands in a folder, and say where it is."""
    middle = transform[:3, :3] @ root.box.centre + transform[:3, 3]
    longitude, latitude, height = frame.to_geographic(frame.from_ecef(middle[None, :]))[0].tolist()
    return TilesetSummary(
        tiles=sum(tile.content is not None for tile in root.walk()),
        bytes=sum(path.stat().st_size for path in folder.iterdir()),
        elements=elements,
        undrawn=undrawn,
        triangles=triangles,
        longitude_degrees=longitude,
        latitude_degrees=latitude,
        ellipsoidal_height=height,
        radius=root.box.diagonal / 2.0,
    )


def above(errors: list[float], wanted: float) -> float:
    """A geometric error not below `wanted` and clearly above those of the children."""
    return max([wanted, *(1.01 * error + 1e-3 for error in errors)])


def _tile_json(tile: Tile) -> dict[str, Any]:
    document: dict[str, Any] = {
        "boundingVolume": {"box": tile.box.to_json()},
        "geometricError": tile.geometric_error,
    }
    if tile.content is not None:
        document["content"] = {"uri": tile.content}
    if tile.children:
        document["children"] = [_tile_json(child) for child in tile.children]
    return document
