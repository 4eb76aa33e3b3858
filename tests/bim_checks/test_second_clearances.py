"""Setbacks and projections, measured twice: the two ways agree on random scenes, and the second is heard where they do not."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.rules.projections import Allowance
from bim_checks.rules.setbacks import Tier
from bim_checks.scene import prism
from bim_checks.second.depths import Beyond, reach_beyond
from bim_checks.second.rings import distances, farthest, lie_inside, sides_of
from bim_checks.second.slices import slices_between
from tests.support.second_ways import (
    agree,
    buildings,
    is_to_be_discussed,
    judgements,
    measure_wrongly,
    metres,
    rings,
)

PARCEL = {"name": "P", "polygon": [[-30, -30], [40, -30], [40, 30], [-30, 30]]}
ROAD = {"name": "ROAD", "line": [[-100, -33], [200, -33]]}


@settings(max_examples=200)
@given(
    buildings(),
    st.lists(rings(reach=45.0), min_size=1, max_size=3),
    metres(0.5, 12.0),
    st.sampled_from(["outside", "inside"]),
)
def test_setbacks_agree_on_random_scenes(
    elements: list[Any], zones: list[Any], step: float, keep: str
) -> None:
    tiers = (Tier(above=-9.0, distance=8.0), Tier(above=step, distance=12.0))
    features = [{"name": f"Z{n}", "polygon": ring} for n, ring in enumerate(zones)]
    content = {"model": {"elements": elements}, "layers": {"zone": features}}
    agree(judgements(content, "LINE-SETBACK", layer="zone", tiers=tiers, keep=keep))


@settings(max_examples=200)
@given(
    buildings(most=5), st.lists(rings(reach=40.0), min_size=1, max_size=3),
    st.sampled_from(["outside", "inside"]),
)  # fmt: skip
def test_projections_agree_on_random_scenes(
    elements: list[Any], zones: list[Any], keep: str
) -> None:
    features = [{"name": f"Z{n}", "polygon": ring} for n, ring in enumerate(zones)]
    content = {"model": {"elements": elements}, "layers": {"zone": features}}
    allowances = (Allowance(above=2.5, depth=0.6),)
    agree(judgements(content, "LINE-PROJECTION", layer="zone", allowances=allowances, keep=keep))


@pytest.mark.parametrize("by", [-3.0, -0.01, 0.01, 3.0])
@pytest.mark.parametrize("west", [-29.0, -32.0])
def test_a_wrong_setback_is_to_be_discussed(
    monkeypatch: pytest.MonkeyPatch, by: float, west: float
) -> None:
    """The house keeps a metre from the edge of its parcel, or reaches two beyond."""
    content = {
        "model": {"boxes": {"HOUSE": [[west, -20, 0], [20, 20, 12]]}},
        "layers": {"parcel": [PARCEL], "road": [ROAD]},
    }
    tiers = (Tier(above=0.0, distance=5.0),)
    said = {"layer": "parcel", "tiers": tiers, "keep": "inside"}
    (right,) = judgements(content, "LINE-SETBACK", **said)
    assert right.outcome.value == "fail"
    assert right.second is not None
    assert right.second.measured == pytest.approx(west + 30.0, abs=right.second.resolution)
    assert right.second.resolution < 1e-3
    measure_wrongly(monkeypatch, "LINE-SETBACK", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "LINE-SETBACK", **said))


@pytest.mark.parametrize("by", [-0.4, -0.01, 0.01, 0.4])
def test_a_wrong_projection_is_to_be_discussed(monkeypatch: pytest.MonkeyPatch, by: float) -> None:
    content = {
        "model": {"boxes": {"HOUSE": [[0, 0, 0], [20, 10, 12]], "BAY": [[4, -0.5, 3], [8, 0, 6]]}},
        "layers": {"road": [{"name": "R", "polygon": [[-50, -9], [50, -9], [50, 0], [-50, 0]]}]},
    }
    said = {"layer": "road", "allowances": (Allowance(above=2.5, depth=0.6),)}
    (right,) = judgements(content, "LINE-PROJECTION", **said)
    assert right.outcome.value == "pass"
    assert right.second is not None
    assert right.second.measured == pytest.approx(0.5, abs=right.second.resolution)
    measure_wrongly(monkeypatch, "LINE-PROJECTION", lambda measured: measured + by)
    assert is_to_be_discussed(judgements(content, "LINE-PROJECTION", **said))


def test_the_deepest_corner_is_one_of_the_outline() -> None:
    """A wedge reaches 3 m into a strip 10 m wide; a point amid its face, as deep as it may be, is no corner."""
    strip = Beyond(sides_of(shapely.box(-50, 0, 50, 10)), inside=False)
    wedge = prism([(-6, -5), (6, -5), (0, 3)], 0.0, 4.0).triangles()
    owners = np.zeros(len(wedge), dtype=np.int64)
    least, most = reach_beyond(slices_between(wedge, owners, 1.0, 2.0), strip)
    assert least == pytest.approx(3.0)
    assert most == pytest.approx(3.0, abs=3e-4)
    slab = prism([(-20, -5), (20, -5), (20, 5), (-20, 5)], 0.0, 4.0).triangles()
    fan = slab[:, :, :].copy()
    middle = np.array([0.0, 4.9, 4.0])
    a, b, c = fan[2]
    fan = np.concatenate([fan[:2], [[a, b, middle], [b, c, middle], [c, a, middle]], fan[3:]])
    least, most = reach_beyond(
        slices_between(fan, np.zeros(len(fan), dtype=np.int64), -math.inf, math.inf), strip
    )
    assert least == pytest.approx(5.0)
    assert most == pytest.approx(5.0, abs=3e-4)


def test_a_bar_across_a_strip_has_no_corner_in_it() -> None:
    strip = Beyond(sides_of(shapely.box(-50, 0, 50, 10)), inside=False)
    bar = prism([(-1, -5), (1, -5), (1, 15), (-1, 15)], 0.0, 4.0).triangles()
    assert reach_beyond(
        slices_between(bar, np.zeros(len(bar), dtype=np.int64), -math.inf, math.inf), strip
    ) == (0.0, 0.0)


@given(rings(), st.lists(st.tuples(metres(-60, 60), metres(-60, 60)), min_size=2))
def test_sides_tell_what_shapely_tells(ring: list[Any], places: list[Any]) -> None:
    shape, points = shapely.Polygon(ring), np.array(places)
    sides = sides_of(shape)
    border = shapely.boundary(shape)
    gaps = shapely.distance(shapely.points(points), border)
    assert distances(points, sides) == pytest.approx(gaps, abs=1e-9)
    clear = gaps > 1e-9
    inside = shapely.contains(shape, shapely.points(points))
    assert (lie_inside(points, sides) == inside)[clear].all()
    edges = np.stack([points[:-1], points[1:]], axis=1)
    shares = np.linspace(0.0, 1.0, 33)[:, None]
    for edge, bound in zip(edges, farthest(edges, sides), strict=True):
        along = shapely.points(edge[0] + shares * (edge[1] - edge[0]))
        assert shapely.distance(along, border).max() <= bound + 1e-9
