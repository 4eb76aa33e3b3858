"""Scanned points as 3D Tiles: an octree in which every tile adds points between those above it.

Each point stands once, in the coarsest tile with room for it. (py3dtiles tiles LAS too, but through a
pool of processes and pickled messages; this takes a fraction of its time, in one process, and its tiles pass the
same validation as all others here.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from cim.pointcloud import read_point_cloud
from tiles.bounding_volume import BOX_MARGIN, Box
from tiles.gltf import Material, Primitive, write_glb
from tiles.local_frame import LocalFrame
from tiles.tileset import Tile, TilesetSummary, replacing, summarize, write_tileset_json

LEAF_POINTS = 20_000
GRID = 64  # cells along a side of a tile; each holds one of its points
MAX_DEPTH = 16  # points that still coincide here are drawn together
# Viewers refine where the geometric error looks 16 pixels large. Points that stand for a surface must be
# closer than that: a tile states this many times the distance between its points.
SPACINGS = 4.0
PLAIN = Material((0.78, 0.76, 0.72, 1.0), unlit=True)
COLOURED = Material((1.0, 1.0, 1.0, 1.0), unlit=True)


def write_pointcloud_tileset(
    path: Path, frame: CityFrame, folder: Path, *, compressed: bool = True
) -> TilesetSummary:
    """Write ``folder/tileset.json`` and its tiles, replacing what was there in one step.

    Args:
        path: LAS or LAZ in the city's projected CRS, orthogonal heights.
        frame: the city's projected frame.
        folder: made anew.
        compressed: use EXT_meshopt_compression.

    Raises:
        CityError: the source cannot be read.
        FrameError: the city's projected CRS is unknown.
    """
    cloud = read_point_cloud(path)
    middle = cloud.positions.mean(axis=0) if len(cloud.positions) else np.zeros(3)
    local = LocalFrame.at(frame, middle)
    positions = local.from_projected(cloud.positions)
    with replacing(folder) as draft:
        writer = _Writer(positions, cloud.colours, draft, compressed)
        root = writer.write_root()
        write_tileset_json(draft, root, local.transform, refine="ADD")
        return summarize(draft, root, local.transform, frame, elements=0, triangles=len(positions))


@dataclass(frozen=True, slots=True, eq=False)
class _Cube:
    """One node of the octree: its lowest corner, shape (3,), and its side, metres."""

    low: NDArray[np.float64]
    side: float

    def octant(self, number: int) -> _Cube:
        offset = np.array([number >> 2 & 1, number >> 1 & 1, number & 1], dtype=np.float64)
        return _Cube(self.low + offset * self.side / 2.0, self.side / 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Writer:
    """Writes the tree, children before their parent."""

    positions: NDArray[np.float64]
    colours: NDArray[np.float64] | None
    folder: Path
    compressed: bool

    def write_root(self) -> Tile:
        if not len(self.positions):
            return Tile(Box((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), 0.0, None)
        low, high = self.positions.min(axis=0), self.positions.max(axis=0)
        return self._write(
            np.arange(len(self.positions)), _Cube(low, float((high - low).max())), "0", MAX_DEPTH
        )

    def _write(self, points: NDArray[np.int64], cube: _Cube, name: str, depth: int) -> Tile:
        if len(points) <= LEAF_POINTS or depth == 0 or cube.side == 0.0:
            return Tile(self._write_content(points, name), 0.0, f"{name}.glb")
        cells = self._cells(points, cube, GRID)
        _, first = np.unique(cells @ [GRID * GRID, GRID, 1], return_index=True)
        own = np.zeros(len(points), dtype=bool)
        own[first] = True
        rest = points[~own]
        octants = self._cells(rest, cube, 2) @ [4, 2, 1]
        children = tuple(
            self._write(rest[octants == i], cube.octant(i), f"{name}-{i}", depth - 1)
            for i in np.unique(octants).tolist()
        )
        box = self._write_content(points[own], name)
        boxes = [box, *(child.box for child in children)]
        error = SPACINGS * cube.side / GRID
        return Tile(Box.union(boxes), error, f"{name}.glb", children)

    def _cells(self, points: NDArray[np.int64], cube: _Cube, count: int) -> NDArray[np.int64]:
        """Cell of each point in a grid of `count` cells a side, shape (N, 3)."""
        places = np.floor((self.positions[points] - cube.low) / cube.side * count)
        return np.clip(places, 0, count - 1).astype(np.int64)

    def _write_content(self, points: NDArray[np.int64], name: str) -> Box:
        primitive = Primitive(
            positions=self.positions[points],
            triangles=None,
            material=PLAIN if self.colours is None else COLOURED,
            colours=None if self.colours is None else self.colours[points],
        )
        path = self.folder / f"{name}.glb"
        path.write_bytes(write_glb([primitive], compressed=self.compressed))
        return Box.around(primitive.positions, BOX_MARGIN)
