"""Penetration against a count of points: faces sampled densely, by code that shares nothing with it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.measures.limit_surface import InclinedPlane, LimitSurface, RisingSurface
from bim_checks.measures.penetration import penetration, plan_above
from bim_checks.scene import ORIGIN, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame

STEPS = 24  # along each side of a face
EAST, NORTH = ORIGIN


def scheme_of(elements: list[dict[str, Any]]) -> Scheme:
    scene = read_scene({"model": {"elements": elements}})
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    return Scheme(scene.model, ledger)


@st.composite
def houses(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A few boxes, pitched houses and leaning sheets within 60 m."""
    found: list[dict[str, Any]] = []
    metre = st.integers(0, 120).map(lambda half: half / 2.0)
    for number in range(draw(st.integers(1, 4))):
        x, y = draw(metre), draw(metre)
        wide, deep, high = (draw(st.integers(1, 40)) / 2.0 for _ in range(3))
        box = [[x, y, 0.0], [x + wide, y + deep, high]]
        kind = draw(st.sampled_from(["box", "gable", "mesh"]))
        entry: dict[str, Any] = {"id": f"E{number}"}
        if kind == "box":
            entry["box"] = box
        elif kind == "gable":
            rise = draw(st.integers(1, 20)) / 2.0
            entry["gable"] = {
                "box": box,
                "ridge": high + rise,
                "along": draw(st.sampled_from("xy")),
            }
        else:
            corners = [[x, y, 0.0], [x + wide, y, high], [x + wide / 2.0, y + deep, 2.0 * high]]
            entry["mesh"] = {"vertices": corners, "faces": [[0, 1, 2]]}
        found.append(entry)
    return found


def surfaces() -> st.SearchStrategy[LimitSurface]:
    place = st.tuples(st.integers(-40, 100), st.integers(-40, 100))
    slope = st.sampled_from([0.0, 0.05, 0.3, 1.0, 2.5])

    def rising(corners: list[tuple[int, int]], steep: float) -> LimitSurface:
        moved = [(EAST + x, NORTH + y) for x, y in corners]
        source = shapely.Point(moved[0]) if len(moved) == 1 else shapely.LineString(moved)
        return RisingSurface(source, 10.0, steep, cap=25.0)

    def inclined(steep: float, turn: float) -> LimitSurface:
        return InclinedPlane((EAST, NORTH, 12.0), (steep, -turn))

    return st.one_of(
        st.builds(rising, st.lists(place, min_size=1, max_size=4, unique=True), slope),
        st.builds(inclined, slope, slope),
    )


def sampled(
    scheme: Scheme, surface: LimitSurface, region: shapely.Geometry | None
) -> tuple[float, float]:
    """The greatest excess of points of all faces, and by how much more it may be between them."""
    best, slack = -np.inf, 0.0
    for i in range(len(scheme.outlines)):
        for corners in scheme.triangles(i):
            points = _spread(corners)
            if region is not None:
                points = points[shapely.intersects(region, shapely.points(points[:, :2]))]
            if len(points):
                best = max(best, float((points[:, 2] - surface.at(points)).max()))
            sides = np.ptp(corners, axis=0)
            slack = max(slack, float(sides[2] + surface.steepness * np.hypot(*sides[:2])) / STEPS)
    return best, slack


def _spread(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    u, v = np.meshgrid(np.arange(STEPS + 1), np.arange(STEPS + 1))
    inside = u + v <= STEPS
    u, v = u[inside] / STEPS, v[inside] / STEPS
    spread: NDArray[np.float64] = (
        corners[0] + u[:, None] * (corners[1] - corners[0]) + v[:, None] * (corners[2] - corners[0])
    )
    return spread


@given(elements=houses(), surface=surfaces())
@settings(max_examples=20)
def test_the_worst_excess_is_that_of_points_all_over_the_faces(
    elements: list[dict[str, Any]], surface: LimitSurface
) -> None:
    scheme = scheme_of(elements)
    found = penetration(scheme, surface)
    best, slack = sampled(scheme, surface, None)
    exact = float(found.excess[found.worst])
    assert best <= exact + 1e-6
    assert exact <= best + slack + 1e-6


@given(elements=houses(), surface=surfaces(), border=st.integers(5, 55))
@settings(max_examples=20)
def test_faces_are_cut_at_the_border_of_a_region(
    elements: list[dict[str, Any]], surface: LimitSurface, border: int
) -> None:
    # Off every corner of the houses, so that nothing runs along the border.
    region = shapely.box(EAST - 100.0, NORTH - 100.0, EAST + border + 0.25, NORTH + 200.0)
    scheme = scheme_of(elements)
    found = penetration(scheme, surface, region)
    best, _ = sampled(scheme, surface, region)
    if found.is_empty:
        assert best == -np.inf
    else:
        exact, point = float(found.excess[found.worst]), found.points[found.worst]
        assert best <= exact + 0.001 * (surface.steepness + 80.0)
        assert region.buffer(1e-6).covers(shapely.Point(point[:2]))
        assert exact == pytest.approx(point[2] - surface.at(point[None])[0], abs=1e-9)


def test_a_known_excess_spares_what_keeps_the_limit_and_nothing_else() -> None:
    scheme = scheme_of(
        [
            {"id": "LOW", "box": [[0, 0, 0], [10, 10, 5]]},
            {"id": "HIGH", "box": [[20, 0, 0], [30, 10, 30]]},
        ]
    )
    limit = InclinedPlane((EAST, NORTH, 30.0))
    found = penetration(scheme, limit, known=-1.0)
    assert found.above == [1]
    assert penetration(scheme, InclinedPlane((EAST, NORTH, 60.0)), known=-1.0).is_empty


def test_the_plan_above_a_plane_is_exact() -> None:
    # A roof from 5 m (ground) to 15 m over 20 m; above 10 m for its higher half, 10 m x 8 m.
    sheet = {
        "vertices": [[0, 0, 0], [20, 0, 10], [20, 8, 10], [0, 8, 0]],
        "faces": [[0, 1, 2], [0, 2, 3]],
    }
    scheme = scheme_of([{"id": "R", "mesh": sheet}])
    assert plan_above(scheme, InclinedPlane((EAST, NORTH, 10.0)), [0]).area == pytest.approx(
        80.0, abs=1e-6
    )


def test_the_plan_above_a_cone_is_its_disc() -> None:
    # Limit 10 + 0.5 d from the middle of a flat roof at 15 m: kept from d = 10 m on; the disc has 314.159 m2.
    scheme = scheme_of([{"id": "R", "box": [[-20, -20, 0], [20, 20, 10]]}])
    surface = RisingSurface(shapely.Point(EAST, NORTH), 10.0, 0.5)
    area = plan_above(scheme, surface, [0]).area
    # The border is followed in steps of 1 m at 10 m from the middle: 1 / 80 m off at most, over 62.8 m.
    assert area == pytest.approx(100.0 * np.pi, abs=62.8 / 80.0)
