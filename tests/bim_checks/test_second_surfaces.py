"""Heights below surfaces, measured twice: the two ways agree on random scenes, and the second is heard where they do not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.measures.limit_surface import RisingSurface, plane_through
from bim_checks.rules.height_classes import HeightClass
from bim_checks.rules.height_surfaces import ReferencePoint
from bim_checks.scene import ORIGIN, gable
from bim_checks.second.limits import Inclined, Rising, level
from bim_checks.second.surfaces import Below, highest_above
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

EAST, NORTH = ORIGIN
BANDS = (HeightClass(name="I", upto=10.0), HeightClass(name="II", upto=30.0, limit=12.0), HeightClass(name="III", upto=60.0, limit=25.0))  # fmt: skip


@st.composite
def assets(draw: st.DrawFn) -> dict[str, Any]:
    """What is protected: a polygon, or a bent line."""
    ring = draw(rings(reach=35.0))
    return {"name": "ASSET", ("polygon" if draw(st.booleans()) else "line"): ring}


@settings(max_examples=200)
@given(buildings(), assets(), metres(0.0, 2.0), metres(0.0, 20.0), st.none() | metres(6.0, 30.0))
def test_gradients_agree_on_random_scenes(
    elements: list[Any], asset: dict[str, Any], slope: float, offset: float, cap: float | None
) -> None:
    content = {"model": {"elements": elements}, "layers": {"asset": [asset]}}
    said = {"start": 9.0, "slope": slope, "offset": offset, "reach": 40.0, "cap": cap}
    agree(judgements(content, "HEIGHT-GRADIENT", layer="asset", **said))


@settings(max_examples=200)
@given(
    buildings(), st.lists(rings(reach=30.0), min_size=1, max_size=2), st.booleans(),
    metres(-60.0, 60.0), metres(-60.0, 60.0), metres(0.0, 1.5), metres(-1.5, 1.5),
)  # fmt: skip
def test_planes_agree_on_random_scenes(
    elements: list[Any], zones: list[Any], pointed: bool,
    x: float, y: float, slope: float, across: float,
) -> None:  # fmt: skip
    features = [{"name": f"Z{n}", "polygon": ring} for n, ring in enumerate(zones)]
    content = {"model": {"elements": elements}, "layers": {"zone": features}}
    east, north = EAST + x, NORTH + y
    said: dict[str, Any] = {
        "through": (
            (east, north, 12.0),
            (east + 50.0, north, 12.0 + 50.0 * slope),
            (east, north + 50.0, 12.0 + 50.0 * across),
        )
    }
    if pointed:
        said = {"reference": ReferencePoint(easting=east, northing=north, start=12.0, slope=slope)}
    agree(judgements(content, "HEIGHT-PLANE", layer="zone", **said))


@settings(max_examples=200)
@given(buildings(), assets())
def test_classes_agree_on_random_scenes(elements: list[Any], asset: dict[str, Any]) -> None:
    content = {"model": {"elements": elements}, "layers": {"asset": [asset]}}
    agree(judgements(content, "HEIGHT-CLASSES", layer="asset", classes=BANDS))


@settings(max_examples=200)
@given(
    buildings(), metres(4.0, 20.0), st.integers(0, 2**32 - 1), st.sampled_from(["cell", "lowest"])
)
def test_grids_agree_on_random_scenes(
    elements: list[Any], side: float, seed: int, reading: str
) -> None:
    limits = np.random.default_rng(seed).integers(5, 30, size=(8, 8)).tolist()
    grid = {"west": -4 * side, "north": 4 * side, "cell": side, "heights": limits}
    content = {"model": {"elements": elements}, "grids": {"g": grid}}
    agree(judgements(content, "HEIGHT-GRID", grid="g", reading=reading))


PLANE = {"reference": ReferencePoint(easting=EAST, northing=NORTH - 50, start=15.0, slope=0.1)}
ZONE = {"name": "Z", "polygon": [[-9, -9], [30, -9], [30, 30], [-9, 30]], "attributes": {"c": "A"}}


@pytest.mark.parametrize("by", [-2.0, -0.01, 0.01, 2.0])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("HEIGHT-GRADIENT", {"start": 9.0, "slope": 0.5, "reach": 60.0}),
        ("HEIGHT-PLANE", PLANE),
        ("HEIGHT-CLASSES", {"attribute": "c", "classes": (HeightClass(name="A", limit=20.0),)}),
        ("HEIGHT-GRID", {"attribute": "limit_elevation", "reading": "cell"}),
    ],
)
def test_a_wrong_first_height_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, code: str, said: dict[str, Any], by: float
) -> None:
    zone = {**ZONE, "attributes": {"c": "A", "limit_elevation": 18.0}}
    if code == "HEIGHT-GRADIENT":
        zone = {"name": "Z", "line": [[-9, -9], [-9, 30]]}
    gabled = {"id": "H", "gable": {"box": [[0, 0, 0], [12, 8, 9]], "ridge": 14, "along": "x"}}
    content = {"model": {"elements": [gabled]}, "layers": {"zone": [zone]}}
    (right,) = judgements(content, code, layer="zone", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(19.0, abs=1e-3)
    assert right.second.resolution < 1e-3
    measure_wrongly(monkeypatch, code, lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, code, layer="zone", **said))


def test_a_wrong_area_where_nothing_may_stand_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = {
        "model": {"boxes": {"A": [[0, 0, 0], [10, 10, 9]]}},
        "layers": {"zone": [{**ZONE, "polygon": [[5, -9], [30, -9], [30, 30], [5, 30]]}]},
    }
    said = {"layer": "zone", "attribute": "c", "classes": (HeightClass(name="A"),)}
    (right,) = judgements(content, "HEIGHT-CLASSES", **said)
    assert right.second is not None
    assert right.second.measured == pytest.approx(50.0, abs=right.second.resolution)
    measure_wrongly(monkeypatch, "HEIGHT-CLASSES", lambda measured: measured - 3.0)
    assert is_to_be_discussed(judgements(content, "HEIGHT-CLASSES", **said))


@given(
    rings(),
    st.booleans(),
    st.lists(st.tuples(metres(-60, 60), metres(-60, 60), metres(0, 40)), min_size=3, max_size=30),
    metres(0.0, 2.0),
    st.none() | metres(0.0, 30.0),
)
def test_surfaces_written_anew_are_where_the_first_are_and_bounds_hold(
    ring: list[Any], is_area: bool, places: list[Any], slope: float, cap: float | None
) -> None:
    source = shapely.Polygon(ring) if is_area else shapely.LineString(ring)
    points = np.array(places)
    first, again = (kind(source, 3.0, slope, 2.0, cap) for kind in (RisingSurface, Rising))
    assert again.at(points) == pytest.approx(first.at(points), abs=1e-9)
    pieces = points[: len(points) // 3 * 3].reshape(-1, 3, 3)
    shares = np.random.default_rng(len(places)).dirichlet([1.0, 1.0, 1.0], size=40)
    inner = np.einsum("sk,pkc->psc", shares, pieces)
    excess = (inner.reshape(-1, 3)[:, 2] - again.at(inner.reshape(-1, 3))).reshape(len(pieces), -1)
    assert (excess.max(axis=1) <= again.closely(pieces) + 1e-9).all()
    assert (excess.max(axis=1) <= again.roughly(pieces) + 1e-9).all()


def test_a_plane_written_anew_is_the_first() -> None:
    through = np.array([[0.0, 0.0, 3.0], [10.0, 2.0, 4.0], [-3.0, 8.0, 1.0]])
    points = np.array([[5.0, 5.0, 0.0], [-40.0, 12.0, 9.0]])
    assert Inclined(through).at(points) == pytest.approx(plane_through(through).at(points))
    assert level(7.0).at(points) == pytest.approx([7.0, 7.0])


def test_the_highest_above_is_between_the_two_heights_told() -> None:
    """A ridge 9 m high; in the region, which ends 2 m before it, the roof of slope 3 / 4 is at 7.5 m, a strip of a millimetre less."""
    roof = gable([[0, 0, 0], [10, 8, 6]], 9.0, along="x").triangles()
    least, most = highest_above(roof, Below(level(5.0), shapely.box(-5, -5, 20, 2)))
    assert least <= 2.5 - 0.75e-3 <= most
    assert most - least < 0.02
    assert highest_above(roof, Below(level(5.0), None)) == pytest.approx((4.0, 4.0), abs=2e-4)
    assert highest_above(roof, Below(level(5.0), shapely.box(50, 50, 60, 60))) == (-math.inf,) * 2
