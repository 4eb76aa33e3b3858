"""A view before and after: with the site cleared, and with the consented schemes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bim_checks.exports.views import figures
from bim_checks.landscape.scheme_view import context_of, make_way, replaced_buildings
from bim_checks.landscape.study import ViewStudy, study
from bim_checks.rule import Surroundings
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame

EYE = {"code": "V", "position": [0, -1000, 5.0], "eye_height": 1.6}


def looked_at(**scene: Any) -> tuple[ViewStudy, Scheme, Surroundings]:
    """From 1,000 m south of the origin, light following the Earth."""
    told = read_scene({**scene, "views": {"viewpoints": [EYE]}})
    ledger = decide_frame(told.model, told.city.frame, told.city.terrain, place=told.place)
    scheme = Scheme(told.model, ledger, None, told.city.terrain.height_at)
    around = Surroundings(told.city, told.lines, told.existing, told.consented)
    return study(scheme, around, told.city.viewpoints[0], refraction=1.0), scheme, around


def slab(name: str, west: float, east: float, top: float, south: float = 0.0) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, south + 10.0], [west, south + 10.0]]
    return {"id": name, "polygon": ring, "low": 5.0, "high": top}


def degrees(tangent: float) -> float:
    return math.degrees(math.atan(tangent))


def test_what_makes_way_for_a_scheme_is_gone_after() -> None:
    """A house of 55 m on the site of a pavilion of 10 m: the skyline falls where it stood."""
    found, scheme, around = looked_at(
        model={"boxes": {"PAVILION": [[-10, 0, 0], [10, 10, 10]]}},
        existing=[slab("HOUSE", -10, 10, 55.0), slab("BESIDE", 40, 60, 55.0)],
    )
    assert replaced_buildings(scheme, around) == {"HOUSE"}
    column = 0  # due north, over the site
    assert np.degrees(found.before.elevations[column]) == pytest.approx(degrees(48.4 / 1000), abs=1e-4)  # fmt: skip
    assert np.degrees(found.after.elevations[column]) == pytest.approx(degrees(8.4 / 1000), abs=1e-4)  # fmt: skip
    beside = round(math.degrees(math.atan2(50, 1000)) * 100)
    assert found.after.elevations[beside] == found.before.elevations[beside]
    assert found.cumulative is None
    assert figures(found)["cumulative"] is None
    assert context_of(around).identifiers[found.before.owners[column]] == "HOUSE"


def test_consented_schemes_and_the_scheme_take_their_own_parts_of_the_sky() -> None:
    """A consented slab 20 m wide and 65 m high; the scheme, as wide, overlaps half of it and is 20 m higher."""
    found, _, _ = looked_at(
        model={"boxes": {"TOWER": [[0, 0, 0], [20, 0.1, 80]]}},
        consented=[{**slab("C", -10, 10, 65.0), "polygon": [[-10, 0], [10, 0], [10, 0.1], [-10, 0.1]]}],
    )  # fmt: skip
    assert found.cumulative is not None
    seen = found.cumulative
    low = found.before.elevations[0]  # the plain's edge

    def sky(width: float, top: float, foot: float) -> float:
        return math.atan2(width, 1000.0) * (math.sin(math.atan(top / 1000)) - math.sin(foot))

    assert seen.consented.degrees == pytest.approx(2 * degrees(10 / 1000), abs=0.02)
    assert seen.consented.sky == pytest.approx(2 * sky(10, 58.4, low), rel=0.01)
    assert seen.scheme.degrees == pytest.approx(degrees(20 / 1000), abs=0.02)
    besides = sky(20, 78.4, low) - sky(10, 58.4, low)
    assert seen.scheme.sky == pytest.approx(besides, rel=0.01)
    assert seen.together.sky == pytest.approx(seen.consented.sky + seen.scheme.sky, rel=1e-9)
    assert seen.scheme.most == pytest.approx(degrees(0.0784) - math.degrees(low), abs=1e-3)
    # Without the consented schemes the scheme takes all that it covers.
    assert found.sky_lost == pytest.approx(sky(20, 78.4, low), rel=0.01)
    told = figures(found)["cumulative"]
    assert told["scheme"]["sky_lost"] == pytest.approx(seen.scheme.sky, abs=1e-9)
    assert set(told) == {"consented", "scheme", "together"}


def test_what_stands_where_a_consented_scheme_will_is_gone_with_it() -> None:
    found, _, around = looked_at(
        model={"boxes": {"HUT": [[300, 0, 0], [310, 10, 3]]}},
        existing=[slab("OLD", -10, 10, 90.0), slab("STAYS", -60, -40, 90.0)],
        consented=[slab("C", -12, 12, 30.0)],
    )
    assert make_way(around) == {"OLD"}
    assert found.cumulative is not None
    seen = found.cumulative
    assert np.degrees(seen.before.elevations[0]) == pytest.approx(degrees(23.4 / 1000), abs=1e-4)
    assert seen.consented.sky > 0.0  # beside what stood there it is 2 m wider
    assert seen.scheme.degrees == pytest.approx(
        math.degrees(math.atan2(310, 1000) - math.atan2(300, 1010)), abs=0.05
    )
