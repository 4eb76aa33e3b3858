"""Plates in a large city: what a picture costs by OpenGL and by the column rasteriser, and where the two differ.

    python tests/benchmarks/landscape_plates.py [--cell 10]

Ground of 10 x 10 km, 50,000 buildings, a tower of 50,000 triangles. Wall beside processor time of this process; what OpenGL
takes in its child is in the wall time only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bim_checks.landscape.eye import REFRACTION
from bim_checks.landscape.gl_render import RENDERER
from bim_checks.landscape.photo import (
    FINE,
    photo_by_gl,
    photo_from_columns,
    window_about,
)
from bim_checks.landscape.picture import picture_of, picture_of_terrain
from bim_checks.landscape.scheme_view import context_of, surface_of
from bim_checks.landscape.study import study
from bim_checks.landscape.view_plates import plates, view_camera

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.landscape_scene import big_scene
from tests.benchmarks.tables import say, show

Result = TypeVar("Result")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cell", type=float, default=10.0)
    stated = parser.parse_args()
    scheme, around = big_scene(stated.cell)
    context, surface = context_of(around), surface_of(scheme)
    terrain, buildings = around.city.terrain, context.buildings
    count = 2 * terrain.heights.size + len(buildings.faces) + len(surface.faces)
    say(f"{count:,} triangles; camera pictures of 1,500 px, OpenGL {FINE} x {FINE} to a pixel")
    rows = []
    for viewpoint in around.city.viewpoints:
        found = study(scheme, around, viewpoint, refraction=REFRACTION)
        camera, eye = view_camera(scheme, found), found.eye
        photo_by_gl(RENDERER, eye, camera, surface)  # loads compiled code
        by_gl, of_gl = timed(
            lambda e=eye, c=camera: photo_by_gl(RENDERER, e, c, buildings, terrain=terrain)
        )
        window = window_about(camera)
        picture, of_columns = timed(
            lambda e=eye, w=window: picture_of_terrain(terrain, e, w).with_(
                picture_of(buildings, e, w)
            )
        )
        coarse = photo_from_columns(camera, picture)
        same = (by_gl.owners[::FINE, ::FINE] == coarse.owners).mean()
        list(plates(scheme, around, found, ("zh", "en")))
        _, of_plates = timed(lambda f=found: list(plates(scheme, around, f, ("zh", "en"))))
        size = f"{camera.columns} x {camera.rows}"
        rows.append([viewpoint.code, size, of_gl, of_columns, f"{100.0 * same:.2f}", of_plates])
    show(
        ["eye", "px", "city by OpenGL", "city by columns", "same owner %", "six plates, city kept"],
        rows,
    )


def timed(what: Callable[[], Result]) -> tuple[Result, str]:
    """What it gives, and wall / processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = what()
    spent = time.perf_counter() - wall, time.process_time() - cpu
    return found, f"{spent[0]:.2f} / {spent[1]:.2f} s"


if __name__ == "__main__":
    main()
