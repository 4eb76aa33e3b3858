from __future__ import annotations

import math
from typing import Any

import pytest

from bim_checks.landscape.aerodrome import Conical, TakeOffClimb
from bim_checks.rules.corridor import CorridorParameters
from bim_checks.rules.vistas import ViewConeParameters, VistaParameters, view_sector

CONE = {"viewpoint": "V", "slope": 0.1, "bearing_from": 350.0, "bearing_to": 20.0, "reach": 500.0}
VISTA = {
    "viewpoint": "V",
    "left": (0.0, 100.0),
    "right": (50.0, 100.0),
    "threshold": 50.0,
    "refraction": 0.13,
    "background": 0.0,
}
CLIMB = {
    "distance": 60.0,
    "inner_width": 180.0,
    "divergence": 0.125,
    "final_width": 1200.0,
    "length": 15000.0,
    "slope": 0.02,
}


@pytest.mark.parametrize("bearings", [(350.0, 20.0), (20.0, 50.0), (0.0, 180.0), (90.0, 350.0)])
def test_a_sector_has_the_area_of_its_angle(bearings: tuple[float, float]) -> None:
    width = math.radians((bearings[1] - bearings[0]) % 360.0)
    sector = view_sector((7.0, 9.0), bearings, reach=500.0)
    # Its arc is drawn 1 mm inside the circle at most.
    assert sector.is_valid
    assert 0.0 <= width * 500.0**2 / 2.0 - sector.area <= width * 500.0 * 1e-3


@pytest.mark.parametrize(
    ("kind", "stated", "message"),
    [
        (ViewConeParameters, {**CONE, "slope": -0.1}, "slope must be 0 or more"),
        (ViewConeParameters, {**CONE, "reach": 0.0}, "reach must be more than 0"),
        (ViewConeParameters, {**CONE, "bearing_to": -10.0}, "must differ"),
        (VistaParameters, {**VISTA, "right": (0.0, 100.0)}, "must be apart"),
        (VistaParameters, {**VISTA, "background": -1.0}, "background must be 0 or more"),
        (CorridorParameters, {"layer": "C", "limit": 1.0}, "limit must be"),
        (CorridorParameters, {"layer": "C", "limit": 0.4, "low": 9.0, "high": 9.0}, "below high"),
        (Conical, {"slope": 0.0, "height": 100.0}, "slope must be more than 0"),
        (TakeOffClimb, {**CLIMB, "final_width": 100.0}, "final_width at least inner_width"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(
    kind: type, stated: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        kind(**stated)
