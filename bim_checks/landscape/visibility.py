"""From where a scheme is seen: rays from its heights to the eyes of people on public ground.

Rays start at the scheme, so one search tree serves every place; what stands around is lowered by Earth curvature and refraction as
seen from the scheme. The scheme's own bodies hide nothing. Ground under a roof is nobody's public place and is left out.

Of the ground only what falls away from the scheme is searched, and its rim. A ray that the ground stops before an eye that stands above it must come out of the
ground again, through a triangle that is turned away: three quarters of the benchmark's 2 million triangles need neither be built into the tree nor asked by any ray.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.features
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_origin
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.eye import Eye
from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.surface import Surface
from cim.compiled import compiled
from cim.terrain import Terrain

NOT_PUBLIC = 255  # of a cell under a roof, or without known ground
SHORT = 0.2  # m; rays end this far before the eye, so that the ground it stands on does not count
SAFE = 0.1  # m; an eye is taken to stand above the ground's triangles where it does so by more than this
BATCH_ROWS = 200  # of the map at once; 100 MB of rays with 5,000 columns
WORKERS = 2  # threads that share the batches


@dataclass(frozen=True, slots=True, eq=False)
class VisibilityMap:
    """How many of the looked-for points are seen from each cell.

    Attributes:
        seen: shape (rows, columns), uint8: how many points are seen by an eye over the cell; `NOT_PUBLIC` where nobody stands.
            Row 0 is the northernmost.
        targets: shape (K, 3), the points, easting, northing, orthogonal height, metres, lowest first.
        west, north: outer corner of the first cell, metres, projected frame.
        cell: side, metres.
        eye_height: metres above the ground.
        refraction: coefficient k.
    """

    seen: NDArray[np.uint8]
    targets: NDArray[np.float64]
    west: float
    north: float
    cell: float
    eye_height: float
    refraction: float

    def share(self, at_least: int = 1) -> float:
        """Of the public ground, from where at least so many points are seen, 0..1."""
        public = self.seen != NOT_PUBLIC
        count = int(public.sum())
        return float(((self.seen >= at_least) & public).sum()) / count if count else 0.0

    def write(self, path: Path, projected_crs: str) -> None:
        """Write a GeoTIFF, one band, no-data `NOT_PUBLIC`."""
        rows, columns = self.seen.shape
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            height=rows,
            width=columns,
            count=1,
            dtype="uint8",
            crs=projected_crs,
            transform=from_origin(self.west, self.north, self.cell, self.cell),
            nodata=NOT_PUBLIC,
            compress="deflate",
        ) as raster:
            raster.write(self.seen, 1)

    def contours(self) -> list[tuple[int, BaseGeometry]]:
        """For 1..K points: the ground from where at least so many are seen, metres, projected frame; empty ones are left out."""
        transform = from_origin(self.west, self.north, self.cell, self.cell)
        found: list[tuple[int, BaseGeometry]] = []
        for count in range(1, len(self.targets) + 1):
            mask = (self.seen >= count) & (self.seen != NOT_PUBLIC)
            shapes: Any = rasterio.features.shapes(
                mask.astype(np.uint8), mask=mask, transform=transform
            )
            polygons = [shapely.geometry.shape(shape) for shape, _ in shapes]
            if polygons:
                found.append((count, shapely.multipolygons(polygons)))
        return found


def visibility_map(
    targets: Sequence[Sequence[float]],
    terrain: Terrain,
    buildings: Surface,
    bounds: tuple[float, float, float, float],
    *,
    cell: float,
    eye_height: float,
    refraction: float,
    without: NDArray[np.bool_] | None = None,
) -> VisibilityMap:
    """Where on public ground points of a scheme are seen.

    Args:
        targets: easting, northing, orthogonal height of each, metres; all near one place in plan.
        terrain: the ground.
        buildings: what stands on it, prepared.
        bounds: west, south, east, north of the map, metres, projected frame.
        cell: side of its cells, metres.
        eye_height: above the ground, metres.
        refraction: coefficient k.
        without: shape (buildings,), True for those that make way for the scheme.
    """
    points = np.array(targets, dtype=np.float64)
    points = points[np.argsort(points[:, 2], kind="stable")]
    centre = Eye((float(points[:, 0].mean()), float(points[:, 1].mean()), 0.0), refraction)
    built = buildings.vertices[_faces(buildings, without)]
    west, south, east, north = bounds
    crossed = shapely.box(*bounds).union(shapely.multipoints(points[:, :2])).bounds
    start = centre.apparent(points)
    ground = _turned_away(_cut(terrain, crossed), centre, start, eye_height)
    lowered = centre.apparent(built.reshape(-1, 3)).reshape(-1, 3, 3)
    occluders = Occluders(np.concatenate([ground, lowered]), np.zeros(3))
    x: NDArray[np.float64] = np.arange(west + cell / 2.0, east, cell, dtype=np.float64)
    y: NDArray[np.float64] = np.arange(north - cell / 2.0, south, -cell, dtype=np.float64)
    roofs = _roofed(built[:, :, :2], (float(west), float(north), float(cell)), len(y), len(x))
    seen = np.full((len(y), len(x)), NOT_PUBLIC, dtype=np.uint8)

    def look(rows: slice) -> None:
        seen[rows] = _seen_in(
            rows,
            (x, y),
            terrain,
            roofs,
            eye=centre,
            eye_height=eye_height,
            start=start,
            occluders=occluders,
        )

    with ThreadPoolExecutor(WORKERS) as pool:
        slices = (slice(first, first + BATCH_ROWS) for first in range(0, len(y), BATCH_ROWS))
        list(pool.map(look, slices))  # raises here what went wrong there
    return VisibilityMap(seen, points, float(west), float(north), cell, eye_height, refraction)


def _seen_in(
    rows: slice,
    grid: tuple[NDArray[np.float64], NDArray[np.float64]],
    terrain: Terrain,
    roofs: NDArray[np.bool_],
    *,
    eye: Eye,
    eye_height: float,
    start: NDArray[np.float64],
    occluders: Occluders,
) -> NDArray[np.uint8]:
    x, y = grid[0], grid[1][rows]
    heights = terrain.heights_over(x, y) + eye_height
    public = np.isfinite(heights) & ~roofs[rows]
    found = np.full(heights.shape, NOT_PUBLIC, dtype=np.uint8)
    found[public] = 0
    bend = float(eye.drop(np.ones(1))[0])
    for target in start:
        ways, lengths = _ways(target, (x, y, heights), public, eye.position, bend)
        found[public] += ~occluders.blocked(target[None, :], ways, nearer_than=lengths)
    return found


def _faces(buildings: Surface, without: NDArray[np.bool_] | None) -> NDArray[np.int32]:
    return buildings.faces if without is None else buildings.faces[~without[buildings.owners]]


def _cut(terrain: Terrain, bounds: tuple[float, float, float, float]) -> Terrain:
    """The ground that rays inside `bounds` (west, south, east, north) can cross, with the squares they begin and end in."""
    rows, columns = terrain.heights.shape
    west, south, east, north = bounds
    left = min(max(int((west - terrain.west) // terrain.cell) - 1, 0), columns)
    right = max(int((east - terrain.west) // terrain.cell) + 2, left)
    top = min(max(int((terrain.north - north) // terrain.cell) - 1, 0), rows)
    bottom = max(int((terrain.north - south) // terrain.cell) + 2, top)
    return Terrain(
        terrain.heights[top:bottom, left:right],
        terrain.west + left * terrain.cell,
        terrain.north - top * terrain.cell,
        terrain.cell,
    )


def _turned_away(
    terrain: Terrain, eye: Eye, start: NDArray[np.float64], eye_height: float
) -> NDArray[np.float64]:
    """The ground's triangles that any of the points sees from behind, shape (M, 3, 3), as they appear.

    Squares so rough that a ray may end below their triangles are taken whole. Where ground is not known everywhere a ray may
    come out of it where there is none, and all triangles are taken.

    Args:
        terrain: the ground.
        eye: over the scheme; things appear lowered as seen from there.
        start: shape (K, 3), the points, as they appear.
        eye_height: metres; eyes stand so far above the ground between its cell centres.
    """
    if not np.isfinite(terrain.heights).all():
        triangles = ground_triangles(terrain)
        return eye.apparent(triangles.reshape(-1, 3)).reshape(-1, 3, 3)
    rows, across = terrain.heights.shape
    x: NDArray[np.float64] = np.arange(across, dtype=np.float64)
    y: NDArray[np.float64] = np.arange(rows, dtype=np.float64)
    east = np.asarray(terrain.west + (x + 0.5) * terrain.cell - eye.position[0], dtype=np.float64)
    north = np.asarray(terrain.north - (y + 0.5) * terrain.cell - eye.position[1], dtype=np.float64)
    up = terrain.heights - eye.position[2] - eye.drop(np.hypot(east[None, :], north[:, None]))
    rough = _rough(up, terrain.cell, eye_height)
    return np.concatenate([_hiding((east, north, up), start, rough), _walls(east, north, up)])


def _rough(up: NDArray[np.float64], cell: float, eye_height: float) -> NDArray[np.bool_]:
    """Squares over which, or beside which, a ray may end below the ground's triangles, shape (rows - 1, columns - 1).

    Between its corners a square's triangles are off what eyes stand on by a quarter of its twist at most, and in the `SHORT` metres that a ray
    ends before its eye, the ground may rise by as much as its slope.
    """
    nw, ne, sw, se = up[:-1, :-1], up[:-1, 1:], up[1:, :-1], up[1:, 1:]
    steep = np.hypot(
        np.maximum(np.abs(ne - nw), np.abs(se - sw)), np.maximum(np.abs(sw - nw), np.abs(se - ne))
    )
    off = np.abs(nw - ne - sw + se) / 4.0 + SHORT * np.hypot(1.0, steep / cell)
    rough = np.pad(off > eye_height - SAFE, 1)
    rows, columns = off.shape
    beside = [rough[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    found: NDArray[np.bool_] = np.any(beside, axis=0)
    return found


def _walls(
    east: NDArray[np.float64], north: NDArray[np.float64], up: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Walls below the rim of the ground: what comes out there, to an eye in the outermost half cell, was stopped before."""
    grid = np.stack(np.broadcast_arrays(east[None, :], north[:, None], up), axis=-1)
    rims = [rim for rim in (grid[0], grid[-1], grid[:, 0], grid[:, -1]) if len(rim) > 1]
    tops = [np.stack([rim[:-1], rim[1:]], axis=1) for rim in rims]
    top = np.concatenate([*tops, np.zeros((0, 2, 3))])
    foot = top.copy()
    foot[:, :, 2] = up.min(initial=0.0) - 1.0
    upper = np.stack([top[:, 0], top[:, 1], foot[:, 0]], axis=1)
    lower = np.stack([top[:, 1], foot[:, 1], foot[:, 0]], axis=1)
    return np.concatenate([upper, lower])


def ground_triangles(terrain: Terrain) -> NDArray[np.float64]:
    """The raster's cell centres joined by triangles, shape (M, 3, 3), as `bim_checks.landscape.skyline` sees it."""
    rows, across = terrain.heights.shape
    x = terrain.west + (np.arange(across) + 0.5) * terrain.cell
    y = terrain.north - (np.arange(rows) + 0.5) * terrain.cell
    grid = np.stack(np.broadcast_arrays(x[None, :], y[:, None], terrain.heights), axis=-1)
    nw, ne, sw, se = grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]
    triangles: NDArray[np.float64] = np.concatenate(
        [np.stack(parts, axis=2).reshape(-1, 3, 3) for parts in ((nw, se, ne), (nw, sw, se))]
    )
    return triangles[np.isfinite(triangles[:, :, 2]).all(axis=1)]


@compiled
def _hiding(ground, start, rough):  # type: ignore[no-untyped-def]
    """Triangles of the ground with a point of `start` not above their plane, and those of rough squares."""
    east, north, up = ground
    rows, across = up.shape
    count = 0
    taken = np.zeros((2, max(rows - 1, 0), max(across - 1, 0)), dtype=np.bool_)
    for r in range(rows - 1):
        for c in range(across - 1):
            nw, ne, sw, se = up[r, c], up[r, c + 1], up[r + 1, c], up[r + 1, c + 1]
            # Rise per metre east and north of the triangle north-east of the cut, and of the one south-west of it.
            wide, high = east[c + 1] - east[c], north[r] - north[r + 1]
            for side in range(2):
                a = (ne - nw) / wide if side == 0 else (se - sw) / wide
                b = (ne - se) / high if side == 0 else (nw - sw) / high
                hides = rough[r, c]
                for k in range(len(start)):
                    plane = nw + a * (start[k, 0] - east[c]) + b * (start[k, 1] - north[r])
                    hides |= start[k, 2] <= plane
                taken[side, r, c] = hides
                count += hides
    found = np.zeros((count, 3, 3))
    i = 0
    for side in range(2):
        for r in range(rows - 1):
            for c in range(across - 1):
                if not taken[side, r, c]:
                    continue
                # As in `ground_triangles`: nw, se, ne and nw, sw, se.
                for corner in range(3):
                    down = 1 if corner == 1 or (side == 1 and corner == 2) else 0
                    right = (1 if corner > 0 else 0) if side == 0 else (1 if corner == 2 else 0)
                    found[i, corner, 0] = east[c + right]
                    found[i, corner, 1] = north[r + down]
                    found[i, corner, 2] = up[r + down, c + right]
                i += 1
    return found


@compiled
def _ways(target, grid, public, eye, bend):  # type: ignore[no-untyped-def]
    """Unit vectors from a point to public places and how far to look, as Embree takes them: float32, found in float64."""
    east, north, heights = grid
    count = public.sum()
    ways = np.zeros((count, 3), dtype=np.float32)
    lengths = np.zeros(count, dtype=np.float32)
    i = 0
    for r in range(len(north)):
        for c in range(len(east)):
            if not public[r, c]:
                continue
            x, y = east[c] - eye[0], north[r] - eye[1]
            away = np.hypot(x, y)
            z = heights[r, c] - eye[2] - bend * away * away - target[2]
            x, y = x - target[0], y - target[1]
            length = np.sqrt(x * x + y * y + z * z)
            scale = 1.0 / max(length, 1e-9)
            ways[i, 0], ways[i, 1], ways[i, 2] = x * scale, y * scale, z * scale
            lengths[i] = max(length - SHORT, 0.0)
            i += 1
    return ways, lengths


@compiled
def _roofed(triangles, layout, rows, columns):  # type: ignore[no-untyped-def]
    """Cells whose centre lies under a triangle."""
    west, north, cell = layout
    found = np.zeros((rows, columns), dtype=np.bool_)
    for t in range(len(triangles)):
        x0, y0 = triangles[t, 0]
        x1, y1 = triangles[t, 1]
        x2, y2 = triangles[t, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0.0:
            continue
        left = max(int(np.ceil((min(x0, x1, x2) - west) / cell - 0.5)), 0)
        right = min(int(np.floor((max(x0, x1, x2) - west) / cell - 0.5)), columns - 1)
        top = max(int(np.ceil((north - max(y0, y1, y2)) / cell - 0.5)), 0)
        bottom = min(int(np.floor((north - min(y0, y1, y2)) / cell - 0.5)), rows - 1)
        for r in range(top, bottom + 1):
            y = north - (r + 0.5) * cell
            for c in range(left, right + 1):
                x = west + (c + 0.5) * cell
                a = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) / area
                b = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) / area
                if a >= 0.0 and b >= 0.0 and a + b <= 1.0:
                    found[r, c] = True
    return found
