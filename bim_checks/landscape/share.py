"""How much of the sky, or of the ground in a region, is seen in a view, in solid angle, and how much of it a scheme hides.

The sky is exact in every column, from the skyline up. Ground, such as the sea or the hill of a ridge, is counted pixel by pixel: a
pixel knows how far off the ground in it is, hence where that lies in plan.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Columns, Eye, sector
from bim_checks.landscape.in_window import faces_in
from bim_checks.landscape.picture import Window, half_pixels, picture_of
from bim_checks.landscape.skyline import GROUND, Skyline, skyline_of
from bim_checks.landscape.surface import Surface
from cim.terrain import Terrain

SKY_STEP = math.radians(0.01)  # of a column
FINEST = math.radians(0.01)  # of a column of pixels
FINEST_ROW = math.radians(
    0.001
)  # of a row: far ground is a strip of half a degree, whose edges run along the rows
MOST_PIXELS = 2_000_000  # in a view; larger ones have coarser pixels
LOWEST = math.radians(-45.0)  # what lies steeper below the eye is at its feet and no view
MOST_CELLS = 200_000  # of the ground, looked at to find how high and low a region appears


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What is seen in a view and what a scheme hides of it.

    Attributes:
        before, hidden: solid angle seen before, and of that newly hidden, steradians.
        resolution: half-width of what `hidden` can be off by, steradians.
        step: of a column or pixel, radians.
        owners, weights: shape (N,), index of the scheme's body in each column or pixel that is hidden, and its solid angle.
        touched: azimuth of the middle of what is hidden, radians; NaN where nothing is.
    """

    before: float
    hidden: float
    resolution: float
    step: float
    owners: NDArray[np.int32]
    weights: NDArray[np.float64]
    touched: float

    @property
    def share(self) -> float:
        """Hidden of what was seen, 0..1; 0 when nothing was."""
        return self.hidden / self.before if self.before > 0.0 else 0.0


def sky_share(
    eye: Eye, view: tuple[float, float], top: float, context: Context, scheme: Surface
) -> Share:
    """The sky of a view, from the skyline up to a stated angle.

    Args:
        eye: looked from.
        view: azimuth of its left side, and its width, radians.
        top: elevation up to which the sky counts, radians.
        context: what stands around.
        scheme: prepared.
    """
    columns = sector(view[0] + view[1] / 2.0, view[1], SKY_STEP)
    before, built = context.skyline(eye, columns), skyline_of(scheme, eye, columns)
    low = np.sin(np.minimum(before.elevations, top))
    high = np.sin(np.minimum(np.maximum(built.elevations, before.elevations), top))
    taken = (high - low) * columns.step
    where = np.flatnonzero(taken > 0.0)
    return Share(
        before=float((math.sin(top) - low).sum() * columns.step),
        hidden=float(taken.sum()),
        resolution=_half_columns(before, built, where),
        step=columns.step,
        owners=built.owners[where],
        weights=taken[where],
        touched=_middle(columns, where),
    )


def _half_columns(before: Skyline, built: Skyline, where: NDArray[np.intp]) -> float:
    """Half a column at each side of what is hidden, as high as it is there."""
    if not len(where):
        return 0.0
    ends = where[[*(np.flatnonzero(np.diff(where) > 1) + 1), 0]], where[[*np.flatnonzero(np.diff(where) > 1), -1]]  # fmt: skip
    both = np.concatenate(ends)
    rise = np.sin(built.elevations[both]) - np.sin(before.elevations[both])
    return float(0.5 * built.columns.step * rise.sum())


@dataclass(frozen=True, slots=True, eq=False)
class SeenGround:
    """The ground of a region as it is seen in a view; it belongs to the city.

    Attributes:
        window: looked through.
        distances: shape (rows, columns), horizontal metres to what is seen.
        seen: shape (rows, columns), where that is ground of the region.
        solid_angle: of all of it, steradians.
        resolution: half-width of what that can be off by, steradians.
    """

    window: Window
    distances: NDArray[np.float64]
    seen: NDArray[np.bool_]
    solid_angle: float
    resolution: float


def seen_ground(
    eye: Eye,
    view: tuple[float, float],
    region: BaseGeometry,
    context: Context,
    terrain: Terrain,
    *,
    most_pixels: int = MOST_PIXELS,
) -> SeenGround | None:
    """The ground of a region in a view before the scheme; arguments as for `sky_share`.

    Args:
        eye: looked from.
        view: azimuth of its left side, and its width, radians.
        region: polygon, metres, projected frame.
        context: what stands around.
        terrain: the ground.
        most_pixels: in the view; where it would have more, they are coarser.

    Returns:
        None where the region has no ground that is known.
    """
    reach = _elevations(eye, region, terrain)
    if reach is None:
        return None
    low, high = max(reach[0], LOWEST), max(reach[1], LOWEST)
    window = _window(view, low, high, most_pixels)
    picture = context.picture(eye, window)
    azimuths = window.columns.azimuths
    row, column = np.nonzero(picture.owners == GROUND)
    away = picture.distances[row, column]
    east = eye.position[0] + away * np.sin(azimuths[column])
    north = eye.position[1] + away * np.cos(azimuths[column])
    shapely.prepare(region)
    inside = shapely.contains_xy(region, east, north)
    seen = np.zeros(picture.owners.shape, dtype=np.bool_)
    seen[row[inside], column[inside]] = True
    return SeenGround(
        window,
        picture.distances,
        seen,
        picture.solid_angle_of(seen),
        half_pixels(window, np.ones_like(seen), seen),
    )


def _window(view: tuple[float, float], low: float, high: float, most_pixels: int) -> Window:
    """Pixels as fine as there may be so many of, a row and more beyond the elevations on both sides."""
    height = max(high - low, FINEST)
    across = max(FINEST, math.sqrt(view[1] * height / most_pixels))
    columns = sector(view[0] + view[1] / 2.0, view[1], across)
    step = min(across, max(FINEST_ROW, height * columns.count / most_pixels))
    return Window(columns, low - step, step, math.ceil((high - low) / step) + 2)


def _elevations(eye: Eye, region: BaseGeometry, terrain: Terrain) -> tuple[float, float] | None:
    """How low and how high the ground of a region appears, radians."""
    west, south, east, north = region.bounds
    cells = (east - west) * (north - south) / terrain.cell**2
    every = max(1, math.ceil(math.sqrt(cells / MOST_CELLS)))
    # Two steps beyond its border all round: the ground there may be what appears lowest in a pixel of the border.
    beside = region.buffer(2.0 * every * terrain.cell)
    r, c = _cells(terrain, beside.bounds, every)
    grid_c, grid_r = np.meshgrid(c, r)
    points = np.column_stack(
        [
            terrain.west + (grid_c.ravel() + 0.5) * terrain.cell,
            terrain.north - (grid_r.ravel() + 0.5) * terrain.cell,
            terrain.heights[grid_r.ravel(), grid_c.ravel()],
        ]
    )
    shapely.prepare(beside)
    points = points[shapely.contains_xy(beside, points[:, 0], points[:, 1])]
    points = points[np.isfinite(points[:, 2])]
    if not len(points):
        return None
    seen = eye.apparent(points)
    found = np.arctan2(seen[:, 2], np.hypot(seen[:, 0], seen[:, 1]))
    return float(found.min()), float(found.max())


def _cells(
    terrain: Terrain, bounds: tuple[float, float, float, float], every: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the cells in a box, every so many of them; the outermost are always among them."""
    rows, across = terrain.heights.shape
    west, south, east, north = bounds
    spans = (
        ((terrain.north - north) / terrain.cell, (terrain.north - south) / terrain.cell, rows),
        ((west - terrain.west) / terrain.cell, (east - terrain.west) / terrain.cell, across),
    )
    r, c = (
        np.arange(max(math.floor(first), 0), min(math.ceil(last), count), dtype=np.intp)
        for first, last, count in spans
    )
    return np.unique(np.r_[r[::every], r[-1:]]), np.unique(np.r_[c[::every], c[-1:]])


def ground_share(eye: Eye, ground: SeenGround, scheme: Surface) -> Share:
    """What a scheme hides of the ground of a region.

    Args:
        eye: looked from.
        ground: as seen before.
        scheme: prepared.
    """
    first, last = _columns_of(eye, ground.window.columns, scheme)
    rows = np.flatnonzero(ground.seen[:, first:last].any(axis=1))
    step = ground.window.columns.step
    if not len(rows):
        nothing = np.zeros(0)
        return Share(ground.solid_angle, 0.0, 0.0, step, nothing.astype(np.int32), nothing, math.nan)  # fmt: skip
    # Only where something is to be hidden: most faces of a tower stand below or beside it.
    part, where = _part(ground.window, rows, slice(first, last))
    built = picture_of(faces_in(scheme, eye, part), eye, part)
    hidden = ground.seen[where] & (built.distances < ground.distances[where])
    row, column = np.nonzero(hidden)
    return Share(
        before=ground.solid_angle,
        hidden=built.solid_angle_of(hidden),
        # Of its whole outline, also where it is that of the region; and what the whole is off by moves the share likewise.
        resolution=half_pixels(part, np.ones_like(hidden), hidden)
        + ground.resolution * built.solid_angle_of(hidden) / ground.solid_angle,
        step=step,
        owners=built.owners[row, column],
        weights=part.solid_angles[row],
        touched=_middle(part.columns, column),
    )


def _part(
    window: Window, rows: NDArray[np.intp], columns: slice
) -> tuple[Window, tuple[slice, slice]]:
    """Some columns of a window and the rows from the first to the last of some, with a row more on both sides."""
    low, high = max(int(rows[0]) - 1, 0), min(int(rows[-1]) + 2, window.rows)
    step = window.columns.step
    part = Columns(window.columns.start + columns.start * step, step, columns.stop - columns.start)
    return (
        Window(part, window.low + low * window.step, window.step, high - low),
        (slice(low, high), columns),
    )


def _columns_of(eye: Eye, columns: Columns, scheme: Surface) -> tuple[int, int]:
    """First column a scheme may be in, and the one behind its last; all where it stands round the eye."""
    if not len(scheme.vertices):
        return 0, 0
    points = eye.apparent(scheme.vertices)
    middle = columns.start + columns.count * columns.step / 2.0
    turned = np.angle(np.exp(1j * (np.arctan2(points[:, 0], points[:, 1]) - middle)))
    if float(np.ptp(turned)) > math.pi:  # over the seam behind, or round the eye
        return 0, columns.count
    low, high = (float(v) / columns.step + columns.count / 2.0 for v in (turned.min(), turned.max()))  # fmt: skip
    first = max(math.floor(low), 0)
    return first, max(min(math.ceil(high) + 1, columns.count), first)


def _middle(columns: Columns, where: NDArray[np.intp]) -> float:
    return float(columns.azimuths[where].mean()) if len(where) else math.nan
