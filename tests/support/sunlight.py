"""Sun paths, points and walls for tests of sunlight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.sun import Clock, Day, SunPath, sun_path
from bim_checks.landscape.sunshine import (
    Intervals,
    Obstacles,
    SunPoints,
    hidden,
    in_front,
    intervals,
    obstacles,
)
from bim_checks.scene import FRAME, ORIGIN
from cim.mesh import Mesh
from tests.support.models import box

ORIGIN_3D = np.array([*ORIGIN, 0.0])


def path_of(
    clock: Clock = "solar",
    hours: tuple[float, float] = (8.0, 16.0),
    *,
    day: Day = "great_cold",
    step: float = 1.0,
) -> SunPath:
    return sun_path(
        FRAME,
        np.array(ORIGIN),
        day=day,
        year=2026,
        hours=hours,
        clock=clock,
        utc_offset=8.0,
        step=step,
    )


def wall(distance: float, height: float, *, half: float = 2000.0) -> NDArray[np.float64]:
    """Triangles of a wall from east to west, 4 km long, that far south of the origin and that high above it."""
    return placed(box((-half, -distance - 1.0, -10.0), (half, -distance, height)))


def placed(mesh: Mesh) -> NDArray[np.float64]:
    """Triangles of a mesh whose coordinates are from the scene's origin."""
    return Mesh(mesh.vertices + ORIGIN_3D, mesh.faces).triangles()


def facing_south(*heights: float) -> SunPoints:
    """Points over the origin on a wall that looks south."""
    places = ORIGIN_3D + np.array([[0.0, 0.0, height] for height in heights or (0.0,)])
    count = len(places)
    return SunPoints(
        places[None],
        np.tile([0.0, -1.0, 0.0], (count, 1)),
        np.arange(count),
        np.zeros(count, dtype=np.bool_),
    )


def lit_behind(
    points: SunPoints, path: SunPath, *behind: NDArray[np.float64] | Obstacles, sweep: float = 0.0
) -> Intervals:
    """When points are lit behind triangles or obstacles."""
    stands = [b if isinstance(b, Obstacles) else obstacles(b, ORIGIN_3D) for b in behind]
    lit = in_front(points, path, sweep)
    for by in stands:
        lit &= ~hidden(points, path, by, lit)
    return intervals(points, path, lit, stands, sweep)
