"""What a camera sees: for every pixel which body, how far, and how much the face there is turned to the sun.

Which face a pixel shows is found by OpenGL (`bim_checks.landscape.gl_render`); where the ray through the pixel's middle meets
that face is computed from the face itself in float64, so that distances are as exact as those of the column rasteriser, whose buffers
the same picture can be taken from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera
from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.gl_render import GlRenderer
from bim_checks.landscape.picture import LIGHT, Picture, Window
from bim_checks.landscape.skyline import GROUND, NEAREST, NOTHING
from bim_checks.landscape.surface import Surface
from cim.compiled import compiled
from cim.terrain import Terrain

FINE = 2  # columns and rows a pixel is cut into where OpenGL draws
COARSE = 1  # where the column rasteriser does


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """What is seen of something.

    Attributes:
        camera: looked through.
        times: columns and rows each of its pixels is cut into.
        distances: shape (rows * times, columns * times), float32, horizontal metres from the eye, the topmost row first;
            infinite where there is sky.
        owners: the same shape, int32: index of the body, `GROUND`, or `NOTHING` for the sky.
        light: the same shape, float32, cosine between the face there, the side the eye sees, and the sun; 0 in the sky.
    """

    camera: Camera
    times: int
    distances: NDArray[np.float32]
    owners: NDArray[np.int32]
    light: NDArray[np.float32]


def photo_by_gl(
    renderer: GlRenderer,
    eye: Eye,
    camera: Camera,
    surface: Surface,
    *,
    terrain: Terrain | None = None,
    without: NDArray[np.bool_] | None = None,
) -> Photo:
    """What is seen of bodies and of the ground.

    Args:
        renderer: finds which face each pixel shows.
        eye: looked from.
        camera: looked through.
        surface: the bodies, metres, projected frame.
        terrain: the ground, its cell centres joined as for `bim_checks.landscape.picture`; None for none.
        without: shape (owners,), True for bodies that are left out; None for none.

    Raises:
        GlError: OpenGL cannot tell.
    """
    points = camera.seen(eye.apparent(surface.vertices))
    faces, owners = surface.faces, surface.owners
    if without is not None:
        faces, owners = faces[~without[owners]], owners[~without[owners]]
    inside = _in_sight(points, faces, camera)
    points, faces = _compact(points, faces[inside])
    owners = owners[inside]
    if terrain is not None:
        ground, squares = _ground_in_sight(terrain, eye, camera)
        faces = np.concatenate([faces, squares + np.int32(len(points))])
        points = np.concatenate([points, ground])
        owners = np.concatenate([owners, np.full(len(squares), GROUND, dtype=np.int32)])
    seen = renderer.faces_seen(points, faces, camera, nearest=NEAREST, times=FINE)
    across, down = _quotients(camera, FINE)
    toward = camera.seen(LIGHT[None, :])[0]
    distances, light = _met(points, faces, seen, across, down, toward)
    sky = seen < 0
    named = owners[np.where(sky, 0, seen)] if len(owners) else np.zeros_like(seen)
    photo = Photo(camera, FINE, distances, np.where(sky, NOTHING, named).astype(np.int32), light)
    return photo if terrain is None else with_smooth_ground(photo, eye, terrain)


def window_about(camera: Camera) -> Window:
    """A window of equal angles that holds all a camera shows, in steps of its pixels."""
    low, top = camera.tangents_of_edges
    step = camera.pixel
    least, most = np.arctan(min(low, 0.0)), np.arctan(max(top, 0.0))
    rows = int(np.ceil((most - least) / step)) + 1
    columns = sector(camera.bearing, camera.field_of_view, step)
    return Window(columns, float(least), step, rows)


def photo_from_columns(camera: Camera, picture: Picture) -> Photo:
    """The same picture from the column rasteriser's buffers: for every pixel what stands nearest to its middle.

    Args:
        camera: looked through.
        picture: of `window_about` that camera.
    """
    window = picture.window
    azimuths, tangents = camera.directions(COARSE)
    column = np.floor((azimuths - window.columns.start) / window.columns.step).astype(np.int64)
    column = np.clip(column, 0, window.columns.count - 1)
    row = np.floor((np.arctan(tangents) - window.low) / window.step).astype(np.int64)
    at = np.clip(row, 0, window.rows - 1), np.broadcast_to(column, row.shape)
    owners = picture.owners[at]
    cosines = np.where(owners == NOTHING, 0.0, 2.0 * picture.light[at] - 1.0)
    return Photo(
        camera,
        COARSE,
        picture.distances[at].astype(np.float32),
        owners,
        cosines.astype(np.float32),
    )


def with_smooth_ground(photo: Photo, eye: Eye, terrain: Terrain) -> Photo:
    """The same with the ground lit as the slope between its cells, so that triangles do not show."""
    azimuths, _ = photo.camera.directions(photo.times)
    light = photo.light.copy()
    _light_ground(
        light,
        photo.distances,
        photo.owners == GROUND,
        (np.sin(azimuths), np.cos(azimuths)),
        (eye.position[0] - terrain.west, terrain.north - eye.position[1], terrain.cell),
        terrain.heights,
        LIGHT,
    )
    return Photo(photo.camera, photo.times, photo.distances, photo.owners, light)


def _quotients(camera: Camera, times: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``aside / forward`` of columns and ``up / forward`` of rows."""
    across = (np.arange(camera.columns * times) + 0.5) / times - camera.columns / 2.0
    down = camera.horizon - (np.arange(camera.rows * times) + 0.5) / times
    return across / camera.focal_length, down / camera.focal_length


def _in_sight(
    points: NDArray[np.float64], faces: NDArray[np.int32], camera: Camera
) -> NDArray[np.bool_]:
    """Faces that are not wholly on the outer side of one of the planes that bound the picture."""
    aside, up, forward = points.T
    low, top = camera.tangents_of_edges
    half = np.tan(camera.field_of_view / 2.0)
    outside = np.zeros(len(faces), dtype=np.bool_)
    for beyond in (
        forward < NEAREST,
        aside > half * forward,
        -aside > half * forward,
        up > top * forward,
        up < low * forward,
    ):
        outside |= beyond[faces].all(axis=1)
    return ~outside


def _compact(
    points: NDArray[np.float64], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Only the points that faces use."""
    used = np.zeros(len(points), dtype=np.bool_)
    used[faces] = True
    return points[used], (np.cumsum(used) - 1).astype(np.int32)[faces]


def _ground_in_sight(
    terrain: Terrain, eye: Eye, camera: Camera
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Points and faces of the ground that the picture may show."""
    rows, across = terrain.heights.shape
    east = terrain.west + (np.arange(across) + 0.5) * terrain.cell - eye.position[0]
    north = terrain.north - (np.arange(rows) + 0.5) * terrain.cell - eye.position[1]
    low, top = camera.tangents_of_edges
    half = float(np.tan(camera.field_of_view / 2.0))
    bends = eye.drop(np.ones(1))[0]
    squares = np.argwhere(
        _squares_in_sight(
            (east, north, terrain.heights, eye.position[2], bends),
            (np.sin(camera.bearing), np.cos(camera.bearing), half, low, top),
        )
    )
    r, c = squares.T
    nw = r * across + c
    corners = np.stack([nw, nw + across + 1, nw + 1, nw, nw + across, nw + across + 1], axis=1)
    used, faces = np.unique(corners.reshape(-1, 3), return_inverse=True)
    r, c = np.divmod(used, across)
    points = np.stack([east[c], north[r], terrain.heights[r, c] - eye.position[2]], axis=1)
    points[:, 2] -= eye.drop(np.hypot(points[:, 0], points[:, 1]))
    faces = faces.reshape(-1, 3).astype(np.int32)
    known = ~np.isnan(points[:, 2])[faces].any(axis=1)
    return camera.seen(points), faces[known]


@compiled
def _squares_in_sight(grid, frustum):  # type: ignore[no-untyped-def]
    """Which squares between cell centres are not wholly on the outer side of a plane that bounds the picture."""
    east, north, heights, eye_height, bends = grid
    sine, cosine, half, low, top = frustum
    rows, across = heights.shape
    outside = np.zeros((rows, across), dtype=np.uint8)
    for r in range(rows):
        for c in range(across):
            aside = east[c] * cosine - north[r] * sine
            forward = east[c] * sine + north[r] * cosine
            up = heights[r, c] - eye_height - bends * (east[c] ** 2 + north[r] ** 2)
            code = 0
            if forward < 0.5:
                code |= 1
            if aside > half * forward:
                code |= 2
            if -aside > half * forward:
                code |= 4
            if up > top * forward:
                code |= 8
            if up < low * forward:
                code |= 16
            outside[r, c] = code
    kept = np.zeros((rows - 1, across - 1), dtype=np.bool_)
    for r in range(rows - 1):
        for c in range(across - 1):
            kept[r, c] = (
                outside[r, c] & outside[r, c + 1] & outside[r + 1, c] & outside[r + 1, c + 1]
            ) == 0
    return kept


@compiled
def _met(points, faces, seen, across, down, toward):  # type: ignore[no-untyped-def]
    """Where the ray through every pixel's middle meets the plane of the face it shows, and how that is turned to the sun."""
    rows, columns = seen.shape
    distances = np.full((rows, columns), np.float32(np.inf), dtype=np.float32)
    light = np.zeros((rows, columns), dtype=np.float32)
    for r in range(rows):
        for c in range(columns):
            if seen[r, c] < 0:
                continue
            face = faces[seen[r, c]]
            p, q, s = points[face[0]], points[face[1]], points[face[2]]
            ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
            bx, by, bz = s[0] - p[0], s[1] - p[1], s[2] - p[2]
            nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
            to_plane = nx * p[0] + ny * p[1] + nz * p[2]
            along = nx * across[c] + ny * down[r] + nz
            nearest, farthest = min(p[2], q[2], s[2]), max(p[2], q[2], s[2])
            # A pixel at the rim of a face seen edge-on may look past it: no farther than its corners.
            forward = nearest if along == 0.0 else to_plane / along
            forward = min(max(forward, nearest, 1e-3), max(farthest, 1e-3))
            distances[r, c] = forward * np.sqrt(1.0 + across[c] ** 2)
            length = np.sqrt(nx**2 + ny**2 + nz**2)
            if length > 0.0:
                turned = (nx * toward[0] + ny * toward[1] + nz * toward[2]) / length
                light[r, c] = -turned if to_plane > 0.0 else turned
    return distances, light


@compiled
def _light_ground(light, distances, is_ground, table, place, heights, toward):  # type: ignore[no-untyped-def]
    sines, cosines = table
    from_west, from_north, cell = place
    rows, across = heights.shape
    for r in range(light.shape[0]):
        for c in range(light.shape[1]):
            if not is_ground[r, c]:
                continue
            x = (from_west + distances[r, c] * sines[c]) / cell - 0.5
            y = (from_north - distances[r, c] * cosines[c]) / cell - 0.5
            # The slope at the four centres about the place, each from its own neighbours, and between them.
            i, j = int(np.floor(y)), int(np.floor(x))
            if i < 1 or j < 1 or i > rows - 3 or j > across - 3:
                continue
            v, u = y - i, x - j
            to_east, to_north = 0.0, 0.0
            for k in range(4):
                a, b = i + k // 2, j + k % 2
                weight = (v if k // 2 else 1.0 - v) * (u if k % 2 else 1.0 - u)
                to_east += weight * (heights[a, b + 1] - heights[a, b - 1])
                to_north += weight * (heights[a - 1, b] - heights[a + 1, b])
            to_east, to_north = to_east / (2.0 * cell), to_north / (2.0 * cell)
            turned = toward[2] - to_east * toward[0] - to_north * toward[1]
            if not np.isnan(turned):
                light[r, c] = turned / np.sqrt(1.0 + to_east**2 + to_north**2)
