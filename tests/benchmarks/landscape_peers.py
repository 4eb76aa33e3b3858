"""What others say of the same scene: rays of Embree on the skyline, GDAL's viewshed on the map of visibility."""

from __future__ import annotations

import resource
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
from numpy.typing import NDArray
from rasterio.transform import from_origin

from bim_checks.landscape.eye import Eye
from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.skyline import Skyline
from bim_checks.landscape.visibility import NOT_PUBLIC, VisibilityMap
from cim.existing import ExistingBuildings
from cim.terrain import Terrain

RAYS = 24  # a column: each halves 150 degrees, the last leaves 1e-5 degrees
LOWEST, HIGHEST = np.radians(-75.0), np.radians(75.0)
TOLERANCE = 0.001  # degrees
CAUSES = ("see-through gap", "float32 of the rays", "ours is not the highest")


@dataclass(frozen=True, slots=True, eq=False)
class Bisection:
    """The skyline by rays, held against ours.

    Attributes:
        median, most: of the difference over all columns, degrees.
        apart: columns that differ by more than `TOLERANCE`.
        causes: of those, by cause, in the order of `CAUSES`.
        blocked_above: columns where a ray `TOLERANCE` above ours meets something.
        wall, cpu: seconds for the rays alone.
    """

    median: float
    most: float
    apart: int
    causes: tuple[int, int, int]
    blocked_above: int
    wall: float
    cpu: float


def bisected(ours: Skyline, occluders: Occluders) -> Bisection:
    """Find the skyline by halving the angle in every column, as the usual tools do.

    Args:
        ours: to be held against it.
        occluders: the same triangles, as they appear from the eye, which stands at the origin.
    """
    azimuths = ours.columns.azimuths
    wall, cpu = time.perf_counter(), time.process_time()
    low, high = np.full(len(azimuths), LOWEST), np.full(len(azimuths), HIGHEST)
    for _ in range(RAYS):
        middle = (low + high) / 2.0
        blocked = _blocked(occluders, azimuths, middle)
        low, high = np.where(blocked, middle, low), np.where(blocked, high, middle)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    theirs, step = (low + high) / 2.0, np.radians(TOLERANCE)
    apart = np.degrees(np.abs(theirs - ours.elevations))
    differs = apart > TOLERANCE
    # What stands at our height is real where a ray just below it is stopped; halving that went below it fell into a gap.
    stopped = _blocked(occluders, azimuths, ours.elevations - step / 2.0)
    below = theirs < ours.elevations
    causes = (differs & below & stopped, differs & below & ~stopped, differs & ~below)
    above = _blocked(occluders, azimuths, ours.elevations + step)
    return Bisection(
        float(np.median(apart)),
        float(apart.max()),
        int(differs.sum()),
        (int(causes[0].sum()), int(causes[1].sum()), int(causes[2].sum())),
        int(above.sum()),
        wall,
        cpu,
    )


def _blocked(
    occluders: Occluders, azimuths: NDArray[np.float64], elevations: NDArray[np.float64]
) -> NDArray[np.bool_]:
    flat = np.cos(elevations)
    ways = [flat * np.sin(azimuths), flat * np.cos(azimuths), np.sin(elevations)]
    return occluders.blocked(np.zeros((len(azimuths), 3)), np.column_stack(ways))


@dataclass(frozen=True, slots=True)
class Viewshed:
    """GDAL's answer held against ours, over public ground.

    Attributes:
        wall, cpu: seconds, writing its answer included.
        visible, ours: share of the ground from which the point is seen.
        false_visible, false_hidden: share of the ground where GDAL alone says so.
        overlap: what both say is visible, of what either does.
    """

    wall: float
    cpu: float
    visible: float
    ours: float
    false_visible: float
    false_hidden: float
    overlap: float


def surface_raster(
    ground: Terrain, existing: ExistingBuildings, like: VisibilityMap
) -> NDArray[np.float32]:
    """Heights of ground and roofs at the cells of a map, shape (rows, columns), metres above datum: all that GDAL can be given."""
    rows, columns = like.seen.shape
    x = like.west + (np.arange(columns) + 0.5) * like.cell
    heights = np.zeros((rows, columns), dtype=np.float32)
    for row in range(rows):
        y = like.north - (row + 0.5) * like.cell
        heights[row] = ground.height_at(np.column_stack([x, np.full(columns, y)]))
    lowest_first = sorted(existing.all, key=lambda building: building.high)
    rasterio.features.rasterize(
        [(building.footprint, building.high) for building in lowest_first],
        out=heights,
        transform=from_origin(like.west, like.north, like.cell, like.cell),
    )
    return heights


def viewshed(
    heights: NDArray[np.float32], ours: VisibilityMap, folder: Path, crs: str
) -> Viewshed | None:
    """Run ``gdal_viewshed`` from the highest point of a map; None where it is not installed.

    Args:
        heights: of the surface, at the cells of the map.
        ours: the map, of one point.
        folder: for the rasters that are exchanged.
        crs: of the map.
    """
    program = shutil.which("gdal_viewshed")
    if program is None:
        return None
    given, answer = folder / "surface.tif", folder / "viewshed.tif"
    rows, columns = heights.shape
    transform = from_origin(ours.west, ours.north, ours.cell, ours.cell)
    with rasterio.open(given, "w", driver="GTiff", height=rows, width=columns, count=1, dtype="float32", crs=crs, transform=transform) as raster:  # fmt: skip
        raster.write(heights, 1)
    east, north, up = ours.targets[-1]
    row, column = int((ours.north - north) / ours.cell), int((east - ours.west) / ours.cell)
    above = up - float(heights[row, column])
    stated = {"ox": east, "oy": north, "oz": above, "tz": ours.eye_height, "cc": 1.0 - ours.refraction, "md": 0, "vv": 1, "iv": 0, "ov": 0}  # fmt: skip
    options = [part for key, value in stated.items() for part in (f"-{key}", str(value))]
    wall, cpu = time.perf_counter(), _children()
    subprocess.run([program, "-q", *options, str(given), str(answer)], check=True, timeout=600)
    wall, cpu = time.perf_counter() - wall, _children() - cpu
    with rasterio.open(answer) as raster:
        theirs = raster.read(1) == 1
    public = ours.seen != NOT_PUBLIC
    theirs, seen = theirs[public], ours.seen[public] == 1
    return Viewshed(
        wall,
        cpu,
        visible=float(theirs.mean()),
        ours=float(seen.mean()),
        false_visible=float((theirs & ~seen).mean()),
        false_hidden=float((seen & ~theirs).mean()),
        overlap=float((theirs & seen).sum() / max((theirs | seen).sum(), 1)),
    )


def appearing(eye: Eye, triangles: NDArray[np.float64]) -> Occluders:
    """Triangles as they appear from an eye, made ready for rays from the origin."""
    seen = eye.apparent(triangles.reshape(-1, 3)).reshape(-1, 3, 3)
    return Occluders(seen, np.zeros(3))


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
