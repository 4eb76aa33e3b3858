"""The ground as 3D Tiles: a quadtree of height grids with skirts.

A tile draws 128 x 128 intervals of the raster, every one at the leaves, every second, fourth, ... above.
All vertices are raster cell centres. Neighbours of different fineness do not meet exactly; a skirt hangs from
every edge and closes the gap to the eye. (Edges kept at full detail would close it exactly, at twice the
vertices of a coarse tile.)
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cim.city_frame import CityFrame
from cim.terrain import Terrain
from tiles.bounding_volume import BOX_MARGIN, Box
from tiles.gltf import Material, Primitive, write_glb
from tiles.local_frame import LocalFrame, unit
from tiles.tileset import (
    Tile,
    TilesetSummary,
    above,
    replacing,
    summarize,
    write_tileset_json,
)

INTERVALS = 128  # a side of a tile: 16,641 vertices, which 16-bit indices count
# Where a coarse tile is this true to the raster, finer ones would show the same and are left out: half the
# tiles of a city by the sea. Well below the accuracy of any height datum.
TRUE_ENOUGH = 0.05  # m
MIN_SKIRT = 1.0  # m

# Colour by height above datum (m), sRGB; the sea ends where the ramp jumps.
SEA_LEVEL = 0.3
HEIGHT_STOPS = (-12.0, -2.0, SEA_LEVEL - 0.01, SEA_LEVEL, 3.0, 8.0, 40.0, 120.0, 220.0, 350.0)
HEIGHT_COLOURS = (
    (0.22, 0.42, 0.55),
    (0.36, 0.57, 0.67),
    (0.50, 0.69, 0.75),
    (0.86, 0.81, 0.67),
    (0.80, 0.79, 0.67),
    (0.73, 0.76, 0.63),
    (0.60, 0.69, 0.50),
    (0.46, 0.58, 0.39),
    (0.52, 0.54, 0.42),
    (0.60, 0.57, 0.51),
)
ROCK = (0.58, 0.54, 0.49)
ROCK_SLOPES = (0.6, 1.1)  # rise over run where rock begins to show, and where it is all rock
GROUND = Material((1.0, 1.0, 1.0, 1.0))  # tinted by each vertex


def write_terrain_tileset(
    terrain: Terrain, frame: CityFrame, folder: Path, *, compressed: bool = True
) -> TilesetSummary:
    """Write ``folder/tileset.json`` and its tiles, replacing what was there in one step.

    Args:
        terrain: heights above the city's datum; where none is known there is a hole.
        frame: the city's projected frame.
        folder: made anew.
        compressed: use EXT_meshopt_compression.

    Raises:
        FrameError: the city's projected CRS is unknown.
    """
    west, south, east, north = terrain.extent
    known = terrain.heights[np.isfinite(terrain.heights)]
    lowest = known.min() if len(known) else 0.0
    origin = np.array([(west + east) / 2.0, (south + north) / 2.0, lowest])
    ground = _Ground(terrain, LocalFrame.at(frame, origin))
    with replacing(folder) as draft:
        writer = _Writer(ground, draft, compressed, _error_limits(ground))
        root = writer.write(_Patch(len(writer.error_limits) - 1, 0, 0))
        root = root or Tile(Box((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)), 0.0, None)
        write_tileset_json(draft, root, ground.local.transform)
        return summarize(
            draft,
            root,
            ground.local.transform,
            frame,
            elements=0,
            triangles=writer.leaf_triangles,
        )


@dataclass(frozen=True, slots=True)
class _Patch:
    """One node of the quadtree: `INTERVALS` steps of ``2**level`` raster cells from a corner."""

    level: int
    row: int
    column: int

    @property
    def stride(self) -> int:
        return int(2**self.level)

    def samples(self, cells: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Raster rows and columns this patch draws; the last one of the raster always closes it."""
        rows, columns = (
            _steps(place * INTERVALS * self.stride, self.stride, count)
            for place, count in zip((self.row, self.column), cells, strict=True)
        )
        return rows, columns

    def children(self, cells: tuple[int, ...]) -> list[_Patch]:
        if self.level == 0:
            return []
        quarters = [
            _Patch(self.level - 1, 2 * self.row + i, 2 * self.column + j)
            for i in (0, 1)
            for j in (0, 1)
        ]
        return [patch for patch in quarters if all(len(s) > 1 for s in patch.samples(cells))]


@dataclass(frozen=True, slots=True, eq=False)
class _Ground:
    """The raster and where it stands."""

    terrain: Terrain
    local: LocalFrame

    @property
    def cells(self) -> tuple[int, ...]:
        return self.terrain.heights.shape

    def error(self, patch: _Patch) -> float:
        """Largest height difference between the raster and the triangles of a patch, metres.

        Where the raster knows a height but the patch has a hole, the hole is as wide as a step.
        """
        if patch.level == 0:
            return 0.0
        rows, columns = patch.samples(self.cells)
        heights = self.terrain.heights
        truth = heights[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        drawn = _interpolated(heights[np.ix_(rows, columns)], rows, columns)
        missing = np.isnan(drawn) & ~np.isnan(truth)
        gaps = np.where(missing, patch.stride * self.terrain.cell, np.abs(drawn - truth))
        return float(np.nan_to_num(gaps).max())

    def projected(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cell centres, shape (rows, columns, 3)."""
        terrain = self.terrain
        points = np.zeros((len(rows), len(columns), 3))
        points[..., 0] = terrain.west + (columns + 0.5) * terrain.cell
        points[..., 1] = (terrain.north - (rows + 0.5) * terrain.cell)[:, None]
        points[..., 2] = terrain.heights[np.ix_(rows, columns)]
        return points

    def gradients(
        self, patch: _Patch, rows: NDArray[np.int64], columns: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Rise to the east and to the north at cell centres, shape (rows, columns, 2), by central differences.

        Taken in the steps of the patch, so that neighbours of one level agree at their common edge.
        """
        heights, cell = self.terrain.heights, self.terrain.cell
        slopes = np.zeros((len(rows), len(columns), 2))
        for axis, (places, sign) in enumerate(((columns, 1.0), (rows, -1.0))):
            count = self.cells[1 - axis]
            ahead = np.minimum(places + patch.stride, count - 1)
            back = np.maximum(places - patch.stride, 0)
            run = sign * (ahead - back) * cell
            if axis == 0:
                rise = heights[np.ix_(rows, ahead)] - heights[np.ix_(rows, back)]
                slopes[..., 0] = rise / run
            else:
                rise = heights[np.ix_(ahead, columns)] - heights[np.ix_(back, columns)]
                slopes[..., 1] = rise / run[:, None]
        return np.nan_to_num(slopes)


@dataclass(slots=True)
class _Writer:
    """Writes the tree, children before their parent.

    Attributes:
        error_limits: largest error of any patch, by level.
        leaf_triangles: counted as written.
    """

    ground: _Ground
    folder: Path
    compressed: bool
    error_limits: list[float]
    leaf_triangles: int = 0

    def write(self, patch: _Patch) -> Tile | None:
        """The tile of a patch and all below it; None where the raster knows nothing."""
        error = self.ground.error(patch)
        parts = patch.children(self.ground.cells) if error > TRUE_ENOUGH else []
        children = tuple(tile for tile in map(self.write, parts) if tile is not None)
        primitive = self._primitive(patch, is_leaf=not children)
        if primitive is None:
            return None
        name = f"{patch.level}-{patch.row}-{patch.column}.glb"
        (self.folder / name).write_bytes(write_glb([primitive], compressed=self.compressed))
        box = Box.around(primitive.positions, BOX_MARGIN)
        if not children:
            return Tile(box, error, name)
        error = above([child.geometric_error for child in children], error)
        return Tile(Box.union([box, *(child.box for child in children)]), error, name, children)

    def _primitive(self, patch: _Patch, *, is_leaf: bool) -> Primitive | None:
        rows, columns = patch.samples(self.ground.cells)
        points = self.ground.projected(rows, columns)
        shape = points.shape[:2]
        points = points.reshape(-1, 3)
        triangles = _whole(_grid_triangles(*shape), points)
        if not len(triangles):
            return None
        self.leaf_triangles += len(triangles) if is_leaf else 0
        slopes = self.ground.gradients(patch, rows, columns).reshape(-1, 2)
        rim = _rim(*shape)
        skirt = _whole(_skirt_triangles(rim, len(points)), np.concatenate([points, points[rim]]))
        used, flat = np.unique(np.concatenate([triangles, skirt]), return_inverse=True)
        # The skirt repeats the rim lower down.
        top = np.concatenate([np.arange(len(points)), rim])[used]
        positions = self.ground.local.from_projected(points[top])
        positions[used >= len(points), 2] -= self._skirt(patch.level)
        ascent = np.column_stack([-slopes, np.ones(len(slopes))])
        return Primitive(
            positions=positions,
            triangles=flat.reshape(-1, 3),
            material=GROUND,
            normals=self.ground.local.directions(unit(ascent[top])),
            colours=_colours(points[top, 2], np.linalg.norm(slopes[top], axis=1)),
            smooth=True,
        )

    def _skirt(self, level: int) -> float:
        """Metres: as deep as the ground of a neighbour two levels coarser may be off."""
        coarser = self.error_limits[min(level + 2, len(self.error_limits) - 1)]
        return max(MIN_SKIRT, coarser)


def _error_limits(ground: _Ground) -> list[float]:
    """The largest error of each level, up to the one that draws the raster in a single patch."""
    level, limits = 0, [0.0]
    while INTERVALS * 2**level < max(ground.cells) - 1:
        level += 1
        across = [-(-(count - 1) // (INTERVALS * 2**level)) for count in ground.cells]
        patches = (_Patch(level, i, j) for i in range(across[0]) for j in range(across[1]))
        limits.append(max(ground.error(patch) for patch in patches))
    return limits


def _steps(start: int, stride: int, count: int) -> NDArray[np.int64]:
    """From `start` in strides, at most `INTERVALS` of them, closed by the raster's last index."""
    end = min(start + INTERVALS * stride, count - 1)
    return np.append(np.arange(start, end, stride), end) if end >= start else np.zeros(0, np.int64)


def _interpolated(
    coarse: NDArray[np.float64], rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Heights at every raster cell from the two triangles of each coarse interval (see `_grid_triangles`)."""
    all_rows = np.arange(rows[0], rows[-1] + 1)
    all_columns = np.arange(columns[0], columns[-1] + 1)
    i = np.clip(np.searchsorted(rows, all_rows, side="right") - 1, 0, len(rows) - 2)
    j = np.clip(np.searchsorted(columns, all_columns, side="right") - 1, 0, len(columns) - 2)
    v = ((all_rows - rows[i]) / (rows[i + 1] - rows[i]))[:, None]
    u = ((all_columns - columns[j]) / (columns[j + 1] - columns[j]))[None, :]
    north_west, north_east = coarse[np.ix_(i, j)], coarse[np.ix_(i, j + 1)]
    south_west, south_east = coarse[np.ix_(i + 1, j)], coarse[np.ix_(i + 1, j + 1)]
    upper = north_west + u * (north_east - north_west) + v * (south_west - north_west)
    lower = (
        south_east + (1.0 - u) * (south_west - south_east) + (1.0 - v) * (north_east - south_east)
    )
    return np.where(u + v <= 1.0, upper, lower)


def _grid_triangles(rows: int, columns: int) -> NDArray[np.int64]:
    """Two triangles a cell, cut from south-west to north-east, counter-clockwise seen from above."""
    index = np.arange(rows * columns).reshape(rows, columns)
    north_west, north_east = index[:-1, :-1].ravel(), index[:-1, 1:].ravel()
    south_west, south_east = index[1:, :-1].ravel(), index[1:, 1:].ravel()
    return np.concatenate(
        [
            np.column_stack([north_west, south_west, north_east]),
            np.column_stack([north_east, south_west, south_east]),
        ]
    )


def _rim(rows: int, columns: int) -> NDArray[np.int64]:
    """Indices of the outermost grid vertices, counter-clockwise, the first repeated at the end."""
    index = np.arange(rows * columns).reshape(rows, columns)
    sides = [index[:-1, 0], index[-1, :-1], index[:0:-1, -1], index[0, :0:-1], index[:1, 0]]
    return np.concatenate(sides)


def _skirt_triangles(rim: NDArray[np.int64], first: int) -> NDArray[np.int64]:
    """A wall hanging from a rim, facing outward; the lower vertices count from `first`."""
    a, b = rim[:-1], rim[1:]
    low = first + np.arange(len(rim))
    low_a, low_b = low[:-1], low[1:]
    return np.concatenate([np.column_stack([low_a, low_b, b]), np.column_stack([low_a, b, a])])


def _whole(triangles: NDArray[np.int64], points: NDArray[np.float64]) -> NDArray[np.int64]:
    """Only triangles whose corners all have a height."""
    known = np.isfinite(points[:, 2])
    return triangles[known[triangles].all(axis=1)]


def _colours(heights: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shape (N, 3), sRGB, from height above datum and rise over run."""
    ramp = np.column_stack(
        [np.interp(heights, HEIGHT_STOPS, channel) for channel in zip(*HEIGHT_COLOURS, strict=True)]
    )
    rock = np.interp(slopes, ROCK_SLOPES, (0.0, 1.0))[:, None]
    rock = np.where(heights[:, None] < SEA_LEVEL, 0.0, rock)
    return ramp * (1.0 - rock) + np.array(ROCK) * rock
