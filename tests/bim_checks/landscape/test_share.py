"""Shares of sky and ground against solid angles in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Eye
from bim_checks.landscape.share import ground_share, seen_ground, sky_share
from bim_checks.landscape.surface import prepared
from bim_checks.scene import ORIGIN, SIDE, flat_terrain, prism
from cim.existing import ExistingBuildings
from cim.mesh import Mesh

HEIGHT = 50.0  # m, of the eye above level ground
EYE = Eye((ORIGIN[0], ORIGIN[1], HEIGHT), refraction=1.0)  # light that follows the Earth
GROUND = flat_terrain(0.0)
CONTEXT = Context(GROUND, lambda: ExistingBuildings(()))


def at(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + np.array(ORIGIN))


def slab(west: float, east: float, south: float, low: float, high: float) -> Mesh:
    """Upright, 0.1 m thick; corners from the eye's foot."""
    ring = [(west, south), (east, south), (east, south + 0.1), (west, south + 0.1)]
    mesh = prism(ring, low, high)
    return Mesh(mesh.vertices + np.array([*ORIGIN, 0.0]), mesh.faces)


def corner(x: float, y: float) -> float:
    """Solid angle of the level rectangle from below the eye to (x, y)."""
    return math.atan(x * y / (HEIGHT * math.sqrt(x * x + y * y + HEIGHT * HEIGHT)))


def level(west: float, east: float, south: float, north: float) -> float:
    """Solid angle of a level rectangle, `HEIGHT` below the eye."""
    return corner(east, north) - corner(west, north) - corner(east, south) + corner(west, south)


@settings(max_examples=10)
@given(
    st.floats(-300.0, 200.0), st.floats(60.0, 300.0), st.floats(150.0, 500.0), st.floats(80.0, 400.0)
)  # fmt: skip
def test_a_level_rectangle_fills_its_solid_angle(
    west: float, width: float, south: float, depth: float
) -> None:
    region = at(shapely.box(west, south, west + width, south + depth))
    view = (math.radians(-80.0), math.radians(160.0))
    found = seen_ground(EYE, view, region, CONTEXT, GROUND, most_pixels=200_000)
    assert found is not None
    exact = level(west, west + width, south, south + depth)
    assert abs(found.solid_angle - exact) <= found.resolution < 0.2 * exact


@pytest.mark.parametrize("top", [60.0, 20.0])
def test_a_slab_hides_the_ground_behind_it(top: float) -> None:
    """Behind a slab all ground is hidden as far as the line over its top reaches down, which is for ever where it is higher than the eye."""
    south, half = 200.0, 30.0
    region = at(shapely.box(-400.0, 100.0, 400.0, 900.0))
    ground = seen_ground(
        EYE,
        (math.radians(-80.0), math.radians(160.0)),
        region,
        CONTEXT,
        GROUND,
        most_pixels=500_000,
    )
    assert ground is not None
    found = ground_share(EYE, ground, prepared([slab(-half, half, south, 0.0, top)]))
    # It hides what lies behind it as seen from the eye: at northings y from its own foot to where the line over its top meets the ground.
    end = 900.0 if top >= HEIGHT else min(900.0, south * HEIGHT / (HEIGHT - top))
    hidden = 0.0
    y, step = np.linspace(south, end, 2_001, retstep=True)
    for northing in (y[:-1] + y[1:]) / 2.0:
        wide = half / south * northing  # between the lines past its sides
        x = np.linspace(-wide, wide, 401)
        x = (x[:-1] + x[1:]) / 2.0
        r = np.sqrt(x**2 + northing**2 + HEIGHT**2)
        hidden += float((HEIGHT / r**3).sum() * (2.0 * wide / 400) * step)
    assert found.hidden == pytest.approx(hidden, rel=5e-3)
    assert abs(found.hidden - hidden) <= found.resolution
    assert found.share == pytest.approx(hidden / level(-400.0, 400.0, 100.0, 900.0), rel=5e-3)
    assert set(found.owners.tolist()) == {0}


def test_a_slab_takes_the_sky_above_the_horizon() -> None:
    south, half, top = 500.0, 40.0, 150.0
    view = (math.radians(-30.0), math.radians(60.0))
    found = sky_share(EYE, view, math.pi / 2.0, CONTEXT, prepared([slab(-half, half, south, 0.0, top)]))  # fmt: skip
    azimuth = np.linspace(-30.0, 30.0, 200_001)
    middle = np.radians((azimuth[:-1] + azimuth[1:]) / 2.0)
    # The ground ends with its outermost cell centres, 1,995 m north.
    edge = (SIDE / 2.0 - 5.0) / np.cos(middle)
    horizon = np.sin(np.arctan(-HEIGHT / edge))
    roof = np.sin(np.arctan((top - HEIGHT) * np.cos(middle) / south))
    width = math.radians(60.0) / 200_000
    before = float((1.0 - horizon).sum() * width)
    covered = np.abs(np.tan(middle)) <= half / south
    hidden = float((roof - horizon)[covered].sum() * width)
    assert found.before == pytest.approx(before, rel=1e-5)
    assert abs(found.hidden - hidden) <= found.resolution
    assert found.hidden == pytest.approx(hidden, rel=2e-3)
    assert found.touched == pytest.approx(0.0, abs=1e-3)


def test_sky_counts_up_to_where_it_is_said_to() -> None:
    """A slab across the whole view and higher than it: nothing of the sky is left."""
    wall = prepared([slab(-900.0, 900.0, 100.0, 0.0, 300.0)])
    found = sky_share(EYE, (math.radians(-20.0), math.radians(40.0)), math.radians(45.0), CONTEXT, wall)  # fmt: skip
    assert found.share == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("farthest", "scheme"),
    [(900.0, -200.0), (300.0, 310.0)],
    ids=["behind the eye", "behind the whole region"],
)
def test_a_scheme_behind_hides_nothing(farthest: float, scheme: float) -> None:
    region = at(shapely.box(-400.0, 100.0, 400.0, farthest))
    ground = seen_ground(
        EYE,
        (math.radians(-60.0), math.radians(120.0)),
        region,
        CONTEXT,
        GROUND,
        most_pixels=500_000,
    )
    assert ground is not None
    assert ground_share(EYE, ground, prepared([slab(-30.0, 30.0, scheme, 0.0, 90.0)])).hidden == 0.0


def test_a_region_beyond_the_ground_is_not_seen() -> None:
    region = at(shapely.box(5_000.0, 100.0, 6_000.0, 300.0))
    assert seen_ground(EYE, (0.0, math.pi), region, CONTEXT, GROUND) is None
