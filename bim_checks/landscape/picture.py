"""What an eye sees in a window, pixel by pixel: which body, and how far; and the solid angle each body fills.

Columns are vertical half-planes, rows are elevation angles. In a column a triangle is a segment, and a segment covers the
rows between its ends, so a pixel knows exactly what lies on the ray through its middle: no ray is cast, and the answer is
that of a ray through every pixel's middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Columns, Eye
from bim_checks.landscape.skyline import GROUND, NEAREST, NOTHING
from bim_checks.landscape.surface import Surface
from cim.compiled import compiled
from cim.terrain import Terrain

NO_FACE = -1  # of a pixel of the sky
LIGHT = np.array(
    [-0.5, -0.6, 0.62]
)  # unit-like vector to a light in the south-west, as on maps turned to face the sun


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the view.

    Attributes:
        columns: in azimuth.
        low: elevation angle of the lower edge of the lowest row, radians.
        step: from one row to the next, radians.
        rows: how many, from below.
    """

    columns: Columns
    low: float
    step: float
    rows: int

    @property
    def elevations(self) -> NDArray[np.float64]:
        """Of the middle of each row, shape (rows,), radians, from below."""
        return np.asarray(self.low + (np.arange(self.rows) + 0.5) * self.step, dtype=np.float64)

    @property
    def solid_angles(self) -> NDArray[np.float64]:
        """Of a pixel of each row, shape (rows,), steradians: (sin e1 - sin e0) times the width in azimuth."""
        edges = self.low + np.arange(self.rows + 1) * self.step
        return np.diff(np.sin(edges)) * self.columns.step


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What is seen in a window.

    Attributes:
        window: where.
        distances: shape (rows, columns), horizontal metres from the eye; infinite where there is sky.
        owners: shape (rows, columns), int32: index of the body, `GROUND`, or `NOTHING` for the sky.
        light: shape (rows, columns), float32, 0..1: how much the face there is turned to the light of `LIGHT`; 0 in the sky.
    """

    window: Window
    distances: NDArray[np.float64]
    owners: NDArray[np.int32]
    light: NDArray[np.float32]

    def solid_angle_of(self, mask: NDArray[np.bool_]) -> float:
        """Of the pixels of a mask, shape (rows, columns), steradians."""
        return float(mask.sum(axis=1) @ self.window.solid_angles)

    def solid_angles(self) -> dict[int, float]:
        """Of every owner that is seen, steradians."""
        weights = np.broadcast_to(self.window.solid_angles[:, None], self.owners.shape)
        names, found = np.unique(self.owners, return_inverse=True)
        sums = np.bincount(found.reshape(-1), weights=weights.reshape(-1))
        return {int(name): float(total) for name, total in zip(names, sums, strict=True)}

    def with_(self, other: Picture, *, offset: int = 0) -> Picture:
        """The picture of both: what is nearer hides the rest.

        Args:
            other: of the same window.
            offset: added to the indices of the other's bodies.
        """
        nearer = other.distances < self.distances
        owners = np.where(other.owners >= 0, other.owners + offset, other.owners)
        return Picture(
            self.window,
            np.where(nearer, other.distances, self.distances),
            np.where(nearer, owners, self.owners).astype(np.int32),
            np.where(nearer, other.light, self.light),
        )


def half_pixels(window: Window, seen: NDArray[np.bool_], hidden: NDArray[np.bool_]) -> float:
    """Half a pixel all along the line between what is hidden and what is still seen: an upright edge may be off so everywhere.

    Args:
        window: of the masks.
        seen: shape (rows, columns), before.
        hidden: shape (rows, columns), of that.

    Returns:
        Steradians.
    """
    left = seen & ~hidden
    beside = (hidden[:, 1:] & left[:, :-1]) | (left[:, 1:] & hidden[:, :-1])
    above = (hidden[1:] & left[:-1]) | (left[1:] & hidden[:-1])
    edge = int(beside.sum()) + int(above.sum())
    return 0.5 * edge * float(window.solid_angles.max())


def picture_of(
    surface: Surface, eye: Eye, window: Window, *, without: NDArray[np.bool_] | None = None
) -> Picture:
    """What is seen of triangles.

    Args:
        surface: prepared, metres, projected frame.
        eye: looked from.
        window: looked through.
        without: shape (owners,), True for bodies that are left out; None for none.
    """
    points = eye.apparent(surface.vertices)
    faces, owners = surface.faces, surface.owners
    if without is not None:
        left = ~without[owners]
        faces, owners = faces[left], owners[left]
    return _painted(points, faces, owners, window)


def picture_of_terrain(terrain: Terrain, eye: Eye, window: Window) -> Picture:
    """What is seen of the ground, triangles as in `bim_checks.landscape.skyline`."""
    rows, across = terrain.heights.shape
    east = terrain.west + (np.arange(across) + 0.5) * terrain.cell - eye.position[0]
    north = terrain.north - (np.arange(rows) + 0.5) * terrain.cell - eye.position[1]
    up = terrain.heights - eye.position[2]
    up -= eye.drop(np.hypot(east[None, :], north[:, None]))
    shape = (window.rows, window.columns.count)
    distances, seen = np.full(shape, np.inf), np.full(shape, NO_FACE, dtype=np.int32)
    _paint_ground((east, north, up), *_tables(window), distances, seen)
    number = np.where(seen == NO_FACE, 0, seen)
    r, c = np.divmod(number // 2, max(across - 1, 1))
    second = number % 2 == 1
    x, y = east[c], north[r]
    nw = np.stack([x, y, up[r, c]], axis=-1)
    se = np.stack([east[c + 1], north[r + 1], up[r + 1, c + 1]], axis=-1)
    third = np.where(
        second[..., None],
        np.stack([x, north[r + 1], up[r + 1, c]], axis=-1),
        np.stack([east[c + 1], y, up[r, c + 1]], axis=-1),
    )
    sky = seen == NO_FACE
    return Picture(
        window,
        distances,
        np.where(sky, NOTHING, GROUND).astype(np.int32),
        np.where(sky, 0.0, _light_on(nw, se, third)).astype(np.float32),
    )


def _tables(window: Window) -> tuple[Any, Any]:
    """Sines, cosines and tangents of the window's middles, and how it is laid out, for compiled code."""
    azimuths, columns = window.columns.azimuths, window.columns
    return (
        (np.sin(azimuths), np.cos(azimuths), np.tan(window.elevations)),
        (columns.start, columns.step, columns.is_circle, window.low, window.step),
    )


def _painted(
    points: NDArray[np.float64],
    faces: NDArray[np.int32],
    owners: NDArray[np.int32],
    window: Window,
) -> Picture:
    shape = (window.rows, window.columns.count)
    distances = np.full(shape, np.inf)
    seen = np.full(shape, NO_FACE, dtype=np.int32)
    azimuths = np.arctan2(points[:, 0], points[:, 1])
    _paint(points, azimuths, faces, *_tables(window), distances, seen)
    sky = seen == NO_FACE
    if sky.all():
        return Picture(
            window, distances, np.full(shape, NOTHING, np.int32), np.zeros(shape, np.float32)
        )
    number = np.where(sky, seen[~sky][0], seen)
    is_shown = np.zeros(len(faces), dtype=np.bool_)
    is_shown[number] = True
    shown = np.flatnonzero(is_shown)
    place = (np.cumsum(is_shown) - 1)[number]  # of each pixel's face among those shown
    light = _light_on(*np.moveaxis(points[faces[shown]], 1, 0)).astype(np.float32)
    return Picture(
        window,
        distances,
        np.where(sky, np.int32(NOTHING), owners[number]),
        np.where(sky, np.float32(0.0), light[place]),
    )


def _light_on(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much triangles, the side of each the eye sees, are turned to the light, 0..1; corners shape (..., 3)."""
    normals = np.cross(b - a, c - a)
    length = np.linalg.norm(normals, axis=-1)
    toward = (normals * a).sum(axis=-1)  # the eye is at the origin
    turned: NDArray[np.float64] = (normals @ LIGHT) / np.maximum(length, 1e-12)
    return (np.where(toward > 0.0, -turned, turned) + 1.0) / 2.0


@compiled
def _paint(points, azimuths, faces, table, layout, distances, seen):  # type: ignore[no-untyped-def]
    sines, cosines, tangents = table
    start, step, circle, low, rise = layout
    count = seen.shape[1]
    ahead, up = np.zeros(3), np.zeros(3)
    for f in range(len(faces)):
        first, last = _columns_of(azimuths, faces[f], points, start, step, count, circle)
        for k in range(first, last + 1):
            c = k % count
            crossings = _crossings(points, faces[f], sines[c], cosines[c], ahead, up)
            if crossings < 2:
                continue
            _paint_segment(
                ahead[0],
                up[0],
                ahead[1],
                up[1],
                f,
                (tangents, low, rise),
                distances[:, c],
                seen[:, c],
            )


@compiled
def _paint_ground(grid, table, layout, distances, seen):  # type: ignore[no-untyped-def]
    """Both triangles of every square of the raster; face 2 n is north-east of the cut of square n, 2 n + 1 south-west."""
    east, north, up = grid
    sines, cosines, tangents = table
    start, step, circle, low, rise = layout
    rows, across = up.shape
    count = seen.shape[1]
    points, azimuths = np.zeros((4, 3)), np.zeros(4)
    faces = np.array([[0, 3, 1], [0, 2, 3]])
    ahead, height = np.zeros(3), np.zeros(3)
    for r in range(rows - 1):
        for c in range(across - 1):
            for k in range(4):
                points[k, 0], points[k, 1] = east[c + k % 2], north[r + k // 2]
                points[k, 2] = up[r + k // 2, c + k % 2]
                azimuths[k] = np.arctan2(points[k, 0], points[k, 1])
            for side in range(2):
                face = faces[side]
                if np.isnan(points[face[0], 2] + points[face[1], 2] + points[face[2], 2]):
                    continue
                first, last = _columns_of(azimuths, face, points, start, step, count, circle)
                for k in range(first, last + 1):
                    column = k % count
                    ends = _crossings(points, face, sines[column], cosines[column], ahead, height)
                    if ends == 2:
                        _paint_segment(
                            ahead[0],
                            height[0],
                            ahead[1],
                            height[1],
                            2 * (r * (across - 1) + c) + side,
                            (tangents, low, rise),
                            distances[:, column],
                            seen[:, column],
                        )


@compiled
def _columns_of(azimuths, face, points, start, step, count, circle):  # type: ignore[no-untyped-def]
    """First and last column a triangle reaches; may run over the seam of a circle."""
    a = azimuths[face[0]]
    least, most = 0.0, 0.0
    for i in range(1, 3):
        turn = azimuths[face[i]] - a
        if turn > np.pi:
            turn -= 2.0 * np.pi
        elif turn < -np.pi:
            turn += 2.0 * np.pi
        least, most = min(least, turn), max(most, turn)
    if most - least > np.pi:  # the eye stands above or below it: it is all round
        return 0, count - 1
    low = a + least
    low += 2.0 * np.pi * np.ceil((start - low) / (2.0 * np.pi))
    if not circle and low - start > count * step:
        low -= 2.0 * np.pi
    first = int(np.ceil((low - start) / step - 0.5 - 1e-9))
    last = int(np.floor((low + most - least - start) / step - 0.5 + 1e-9))
    if not circle:
        first, last = max(first, 0), min(last, count - 1)
    return first, last


@compiled
def _crossings(points, face, sine, cosine, ahead, up):  # type: ignore[no-untyped-def]
    """Where a half-plane cuts a triangle: the two ends of the segment, into `ahead` and `up`; how many ends there are."""
    found = 0
    for i in range(3):
        p, q = points[face[i]], points[face[(i + 1) % 3]]
        aside_p = p[0] * cosine - p[1] * sine
        aside_q = q[0] * cosine - q[1] * sine
        if (aside_p < 0.0) == (aside_q < 0.0):
            continue
        share = aside_p / (aside_p - aside_q)
        ahead_p = p[0] * sine + p[1] * cosine
        ahead_q = q[0] * sine + q[1] * cosine
        ahead[found] = ahead_p + share * (ahead_q - ahead_p)
        up[found] = p[2] + share * (q[2] - p[2])
        found += 1
        if found == 2:
            break
    return found


@compiled
def _paint_segment(r0, z0, r1, z1, face, scale, distances, seen):  # type: ignore[no-untyped-def]
    """Paint the rows of one column that a segment of its half-plane covers and nothing nearer does."""
    tangents, low, rise = scale
    if r0 > r1:
        r0, z0, r1, z1 = r1, z1, r0, z0
    if r1 <= NEAREST:
        return
    if r0 < NEAREST:  # the part behind the eye or at it is not looked at
        share = (NEAREST - r0) / (r1 - r0)
        r0, z0 = NEAREST, z0 + share * (z1 - z0)
    e0, e1 = np.arctan2(z0, r0), np.arctan2(z1, r1)
    first = max(int(np.ceil((min(e0, e1) - low) / rise - 0.5)), 0)
    last = min(int(np.floor((max(e0, e1) - low) / rise - 0.5)), len(seen) - 1)
    for row in range(first, last + 1):
        slope = tangents[row]
        # z0 + t (z1 - z0) = slope (r0 + t (r1 - r0)): where the ray meets the segment.
        across = (z1 - z0) - slope * (r1 - r0)
        t = 0.0 if across == 0.0 else (slope * r0 - z0) / across
        distance = r0 + min(max(t, 0.0), 1.0) * (r1 - r0)
        if distance < distances[row]:
            distances[row] = distance
            seen[row] = face
