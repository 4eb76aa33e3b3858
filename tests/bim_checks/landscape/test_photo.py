"""What a camera sees by OpenGL, against the column rasteriser, the exact skyline and closed forms; and what is done without OpenGL."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera
from bim_checks.landscape.eye import Columns, Eye
from bim_checks.landscape.gl_render import RENDERER, GlError, GlRenderer
from bim_checks.landscape.photo import (
    FINE,
    Photo,
    photo_by_gl,
    photo_from_columns,
    window_about,
)
from bim_checks.landscape.picture import picture_of, picture_of_terrain
from bim_checks.landscape.skyline import GROUND, NOTHING, skyline_of, skyline_of_terrain
from bim_checks.landscape.surface import Surface, prepared
from cim.terrain import Terrain
from tests.support.models import box

EYE = Eye((500_000.0, 2_700_000.0, 31.6))
CAMERA = Camera(math.radians(40.0), math.radians(30.0), 600, 160, 110.0)


@pytest.fixture(scope="module")
def renderer() -> GlRenderer:
    """The process's own; a desk without OpenGL leaves the tests of it out, those of what is done then are not."""
    try:
        photo_by_gl(RENDERER, EYE, CAMERA, town())
    except GlError as error:
        if os.environ.get("CI"):
            pytest.fail(f"OpenGL must draw in CI: {error.reason.en}")
        pytest.skip(error.reason.en)
    return RENDERER


def town() -> Surface:
    """Towers from 200 m to 12 km away; the last stands 8 m lower by the Earth's curve."""
    boxes = []
    rng = np.random.default_rng(7)
    for distance in (200.0, 600.0, 1_500.0, 4_000.0, 12_000.0):
        for turn in np.radians([26.0, 33.0, 38.0, 44.0, 52.0]):
            wide, high = rng.uniform(0.01, 0.03) * distance, 10.0 + 0.05 * distance
            east = EYE.position[0] + distance * math.sin(turn)
            north = EYE.position[1] + distance * math.cos(turn)
            boxes.append(box((east, north, 0.0), (east + wide, north + wide, high)))
    return prepared(boxes)


def hills() -> Terrain:
    """Rolling ground of 4 km, and a hole in it."""
    x, y = np.meshgrid(np.linspace(0.0, 9.0, 200), np.linspace(0.0, 9.0, 200))
    heights = 20.0 + 14.0 * np.sin(x) * np.cos(0.7 * y)
    heights[60:64, 120:125] = np.nan
    return Terrain(heights, EYE.position[0] - 500.0, EYE.position[1] + 3_600.0, 20.0)


def by_columns(camera: Camera, surface: Surface, terrain: Terrain | None) -> Photo:
    window = window_about(camera)
    picture = picture_of(surface, EYE, window)
    if terrain is not None:
        picture = picture_of_terrain(terrain, EYE, window).with_(picture)
    return photo_from_columns(camera, picture)


def test_opengl_and_the_column_rasteriser_see_the_same_within_a_pixel(renderer: GlRenderer) -> None:
    surface, terrain = town(), hills()
    fine = photo_by_gl(renderer, EYE, CAMERA, surface, terrain=terrain)
    coarse = by_columns(CAMERA, surface, terrain)
    assert {GROUND, NOTHING} < set(np.unique(fine.owners).tolist())
    assert len(np.unique(fine.owners)) > 15
    # Every pixel of the one is, within a pixel, something the other shows.
    found = np.zeros(coarse.owners.shape, dtype=np.bool_)
    padded = np.pad(fine.owners, FINE, mode="edge")
    rows, columns = fine.owners.shape
    for down in range(2 * FINE + FINE):
        for across in range(2 * FINE + FINE):
            part = padded[down : down + rows : FINE, across : across + columns : FINE]
            found |= part == coarse.owners
    assert found.all()
    same = fine.owners[::FINE, ::FINE] == coarse.owners
    assert same.mean() > 0.97


def test_the_skyline_falls_on_the_edge_of_the_picture(renderer: GlRenderer) -> None:
    surface, terrain = town(), hills()
    photo = photo_by_gl(renderer, EYE, CAMERA, surface, terrain=terrain)
    azimuths, _ = CAMERA.directions(FINE)
    worst = 0.0
    bent = 0
    for column in range(0, len(azimuths), 17):
        one = Columns(azimuths[column] - 5e-7, 1e-6, 1)
        line = skyline_of_terrain(terrain, EYE, one).with_(skyline_of(surface, EYE, one))
        _, y = CAMERA.place(one.azimuths, line.tangents)
        seen = np.flatnonzero(photo.owners[:, column] != NOTHING)
        worst = max(worst, abs(seen[0] / FINE - float(y[0])))
        # Without the Earth's curve the far towers would stand more than a pixel higher.
        drop = float(EYE.drop(line.distances)[0]) / float(line.distances[0])
        bent += drop * CAMERA.focal_length > 0.7
    assert worst <= 1.0
    assert bent > 0


def test_distances_are_those_of_the_faces_themselves(renderer: GlRenderer) -> None:
    straight = Eye((0.0, 0.0, 0.0), refraction=1.0)  # light that follows the Earth: a flat world
    camera = Camera(0.0, math.radians(40.0), 120, 80, 40.0)
    wall = prepared([box((-400.0, 5_000.0, -400.0), (400.0, 5_010.0, 400.0))])
    photo = photo_by_gl(renderer, straight, camera, wall)
    azimuths, _ = camera.directions(FINE)
    across = 5_000.0 * np.tan(azimuths)
    row = photo.distances[camera.rows * FINE // 2]
    on_wall = np.abs(across) < 399.0
    assert row[on_wall] == pytest.approx(5_000.0 / np.cos(azimuths[on_wall]), rel=1e-7)
    assert (row[np.abs(across) > 401.0] == np.inf).all()
    # It looks south, into the light of the south-west.
    assert photo.light[camera.rows * FINE // 2][on_wall] == pytest.approx(0.6, abs=0.01)


def test_the_same_scene_gives_the_same_bytes(renderer: GlRenderer) -> None:
    surface, terrain = town(), hills()
    first, again = (photo_by_gl(renderer, EYE, CAMERA, surface, terrain=terrain) for _ in range(2))
    for name in ("distances", "owners", "light"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()


def test_what_is_left_out_is_not_seen_and_nothing_is_sky(renderer: GlRenderer) -> None:
    surface = town()
    owners = np.unique(photo_by_gl(renderer, EYE, CAMERA, surface).owners)
    gone = np.zeros(25, dtype=np.bool_)
    gone[owners.max()] = True
    left = photo_by_gl(renderer, EYE, CAMERA, surface, without=gone)
    assert owners.max() not in left.owners
    away = Camera(CAMERA.bearing + math.pi, CAMERA.field_of_view, 60, 20, 10.0)
    assert (photo_by_gl(renderer, EYE, away, surface).owners == NOTHING).all()


# A VTK that cannot be imported, one whose driver crashes, and one that never comes back.
FAULTS = {
    "absent": ("raise ImportError('libGL.so.1')", "", 30.0, "no OpenGL"),
    "crash": ("", "import os\nos.abort()", 30.0, "no OpenGL"),
    "hang": ("", "import time\ntime.sleep(60)", 1.5, "too long"),
}


@pytest.fixture(params=sorted(FAULTS))
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[GlRenderer, str]]:
    on_import, on_use, seconds, told = FAULTS[request.param]
    package = tmp_path / "vtkmodules"
    (package / "util").mkdir(parents=True)
    names = ("numpy_to_vtk", "numpy_to_vtkIdTypeArray", "vtk_to_numpy")
    (package / "__init__.py").write_text("")
    (package / "util" / "__init__.py").write_text("")
    (package / "util" / "numpy_support.py").write_text(
        "".join(f"{name} = None\n" for name in names)
    )
    (package / "vtkRenderingOpenGL2.py").write_text(on_import)
    (package / "vtkCommonCore.py").write_text(on_use)
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *(p for p in sys.path if p)])
    made = GlRenderer(environment, wall_seconds=seconds)
    yield made, told
    made.close()


def test_without_opengl_it_says_why_once_and_asks_no_more(
    broken: tuple[GlRenderer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    renderer, told = broken
    points = np.array([[-1.0, 0.0, 10.0], [1.0, 0.0, 10.0], [0.0, 1.0, 10.0]])
    faces = np.array([[0, 1, 2]], dtype=np.int32)

    def ask() -> NDArray[np.int32]:
        return renderer.faces_seen(points, faces, CAMERA, nearest=0.5, times=1)

    with pytest.raises(GlError) as first:
        ask()
    assert told in first.value.reason.en
    monkeypatch.setattr(renderer, "_asked", lambda folder: pytest.fail("asked again"))
    with pytest.raises(GlError) as again:
        ask()
    assert again.value.reason == first.value.reason
