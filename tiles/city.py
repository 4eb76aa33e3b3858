"""The existing buildings of a city as 3D Tiles: far away only the large ones, near all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from cim.cityjson import CityObject, read_cityjson_sequence
from tiles.batch import Batch
from tiles.bounding_volume import Box
from tiles.gltf import Material
from tiles.level_of_detail import simplify, sorted_by_material
from tiles.local_frame import LocalFrame
from tiles.property_table import NO_INTEGER, PropertyTable
from tiles.spatial_tree import Branch, divide
from tiles.surface import Soup, closed, crease, weld
from tiles.tileset import (
    Tile,
    TilesetSummary,
    above,
    replacing,
    summarize,
    write_tileset_json,
)

TRIANGLE_BUDGET = 8_000  # a leaf: some 600 plain blocks
# A coarse tile keeps the largest third of its buildings, and never more than this.
COARSE_SHARE = 1 / 3
COARSE_COUNT = 1_500
SIMPLIFY_SHARE = 0.1  # of the geometric error; about a pixel where the tile is shown

WALL, ROOF = 0, 1
ROOF_COSINE = 0.3  # faces that look up more than this are roof
COLOURS = {WALL: (0.87, 0.85, 0.81, 1.0), ROOF: (0.74, 0.68, 0.63, 1.0)}
MATERIALS = [Material(COLOURS[part], double) for part in (WALL, ROOF) for double in (False, True)]


def write_buildings_tileset(
    path: Path, frame: CityFrame, folder: Path, *, compressed: bool = True
) -> TilesetSummary:
    """Write ``folder/tileset.json`` and its tiles, replacing what was there in one step.

    Args:
        path: CityJSONSeq in the city's projected CRS, orthogonal heights.
        frame: the city's projected frame.
        folder: made anew.
        compressed: use EXT_meshopt_compression.

    Raises:
        CityError: the source cannot be read.
        FrameError: the city's projected CRS is unknown.
    """
    objects = list(read_cityjson_sequence(path))
    drawn = [city_object for city_object in objects if len(city_object.mesh.faces)]
    town = _Town.of(drawn, frame)
    with replacing(folder) as draft:
        root = _Writer(town, draft, compressed).write_root()
        write_tileset_json(draft, root, town.local.transform)
        return summarize(
            draft,
            root,
            town.local.transform,
            frame,
            elements=len(drawn),
            triangles=len(town.soup.faces),
            undrawn=len(objects) - len(drawn),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Town:
    """All buildings in place.

    Attributes:
        objects: those with geometry; owners in `soup`.
        soup: local frame, walls and roofs told apart.
        closed: which may be drawn from the front alone.
        centres: shape (B, 3), of their boxes.
        sizes: diagonal of their boxes, shape (B,), metres.
        heights: of their boxes, shape (B,), metres.
        weights: triangles, shape (B,).
    """

    objects: Sequence[CityObject]
    local: LocalFrame
    soup: Soup
    closed: NDArray[np.bool_]
    centres: NDArray[np.float64]
    sizes: NDArray[np.float64]
    heights: NDArray[np.float64]
    weights: NDArray[np.float64]

    @staticmethod
    def of(objects: Sequence[CityObject], frame: CityFrame) -> _Town:
        soup = weld([city_object.mesh for city_object in objects])
        low, high = _boxes(soup)
        middle = (low.min(axis=0) + high.max(axis=0)) / 2.0 if objects else np.zeros(3)
        local = LocalFrame.at(frame, np.append(middle[:2], 0.0))
        placed = replace(soup, positions=local.from_projected(soup.positions))
        placed = sorted_by_material(replace(placed, materials=_parts(placed)))
        return _Town(
            objects=objects,
            local=local,
            soup=placed,
            closed=closed(placed),
            centres=(low + high) / 2.0,
            sizes=np.linalg.norm(high - low, axis=1),
            heights=(high - low)[:, 2],
            weights=np.bincount(soup.owners, minlength=soup.owner_count).astype(np.float64),
        )

    def batch(self, members: NDArray[np.int64], error: float) -> Batch:
        """The triangles of some buildings, surfaces moved by no more than an error."""
        soup = self.soup.picked(np.isin(self.soup.owners, members))
        surface = crease(simplify(soup, error) if error else soup)
        row = np.zeros(soup.owner_count, dtype=np.int64)
        row[members] = np.arange(len(members))
        owners = np.repeat(np.arange(soup.owner_count), np.diff(surface.vertex_starts))
        return Batch(
            positions=surface.positions,
            normals=surface.normals,
            features=row[owners],
            faces=surface.faces,
            looks=2 * surface.materials + ~self.closed[surface.owners],
        )

    def table(self, members: NDArray[np.int64]) -> PropertyTable:
        """The property table of some buildings."""
        chosen = [self.objects[i] for i in members.tolist()]
        return PropertyTable(
            "building",
            {
                "id": [city_object.id for city_object in chosen],
                "name": [str(o.attributes.get("name") or "") for o in chosen],
                "height": np.round(self.heights[members], 2),
                "storeys": np.array([_storeys(o) for o in chosen], dtype=np.int32),
            },
        )


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes the tree, children before their parent."""

    town: _Town
    folder: Path
    compressed: bool

    def write_root(self) -> Tile:
        if not self.town.objects:
            return Tile(Box((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), 0.0, None)
        tree = divide(self.town.centres[:, :2], self.town.weights, TRIANGLE_BUDGET)
        return self._write(tree, "0")

    def _write(self, branch: Branch, name: str) -> Tile:
        if not branch.children:
            content, box = self._write_content(branch.items, name, 0.0)
            return Tile(box, 0.0, content)
        children = tuple(
            self._write(child, f"{name}-{i}") for i, child in enumerate(branch.children)
        )
        large, error = _largest(branch.items, self.town.sizes)
        error = above([child.geometric_error for child in children], error)
        content, box = self._write_content(large, name, error * SIMPLIFY_SHARE)
        boxes = [box, *(child.box for child in children)]
        return Tile(Box.union(boxes), error, content, children)

    def _write_content(
        self, members: NDArray[np.int64], name: str, error: float
    ) -> tuple[str, Box]:
        path = self.folder / f"{name}.glb"
        table = self.town.table(members)
        batch = self.town.batch(members, error)
        return path.name, batch.write(path, MATERIALS, table, compressed=self.compressed)


def _largest(
    items: NDArray[np.int64], sizes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], float]:
    """The buildings a coarse tile keeps, and the size of the largest it leaves out."""
    count = max(1, min(COARSE_COUNT, int(len(items) * COARSE_SHARE)))
    order = items[np.argsort(-sizes[items], kind="stable")]
    left_out = sizes[order[count:]]
    return np.sort(order[:count]), float(left_out[0]) if len(left_out) else 0.0


def _boxes(soup: Soup) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest corner of each owner, shape (B, 3) each; every owner has a face."""
    corners = soup.positions[soup.faces].reshape(-1, 3)
    starts = 3 * np.searchsorted(soup.owners, np.arange(soup.owner_count))
    if not len(starts):
        return np.zeros((0, 3)), np.zeros((0, 3))
    return np.minimum.reduceat(corners, starts), np.maximum.reduceat(corners, starts)


def _parts(soup: Soup) -> NDArray[np.int64]:
    """`WALL` or `ROOF` for each face, by where it looks."""
    p, q, r = (soup.positions[soup.faces[:, i]] for i in range(3))
    normals = np.cross(q - p, r - p)
    lengths = np.linalg.norm(normals, axis=1)
    return np.where(normals[:, 2] > ROOF_COSINE * lengths, ROOF, WALL)


def _storeys(city_object: CityObject) -> int:
    """CityJSON's ``storeysAboveGround``, or the plain ``storeys`` many exports write."""
    for key in ("storeysAboveGround", "storeys"):
        value = city_object.attributes.get(key)
        if isinstance(value, int | float):
            return int(value)
    return NO_INTEGER
