"""Every rule type is measured a second time, or it is written down why not: a new one must decide."""

from __future__ import annotations

from pathlib import Path

from bim_checks.catalogue import RULE_TYPES

MEASURED_TWICE = {
    "LINE-INSIDE": "test_second_lines",
    "LINE-OVERLAP": "test_second_lines",
    "LINE-DISTANCE": "test_second_lines",
    "LINE-SANITARY": "test_second_lines",
    "LINE-BUFFER": "test_second_lines",
    "LINE-SETBACK": "test_second_clearances",
    "LINE-PROJECTION": "test_second_clearances",
    "LINE-BUILD-TO": "test_second_streets",
    "LINE-FRONTAGE": "test_second_streets",
    "HEIGHT-ZONE": "test_second_heights",
    "HEIGHT-CLASSES": "test_second_surfaces",
    "HEIGHT-GRID": "test_second_surfaces",
    "HEIGHT-GRADIENT": "test_second_surfaces",
    "HEIGHT-PLANE": "test_second_surfaces",
    "HEIGHT-LIMIT": "test_second_tops",
    "HEIGHT-DATUM": "test_second_tops",
    "HEIGHT-STOREYS": "test_height_invariance",
    "SPACING-BUILDINGS": "test_second_neighbours",
    "SPACING-FIRE": "test_second_neighbours",
    "SUN-NEIGHBOURS": "test_second_sunlight",
    "SUN-OWN-WINDOWS": "test_second_sunlight",
    "AREA-GREEN": "test_second_areas",
    "AREA-GFA": "test_second_areas",
    "AREA-FAR": "test_second_areas",
}
NOT_YET = (
    "exact, and tested against closed forms and convergence only; no second way is written yet"
)
COUNTS = "counts objects or compares texts; nothing is measured in the geometry"
STATED = "compares numbers the file states"
MEASURED_ONCE = {
    "AREA-COVERAGE": "what the walls of the lowest storey enclose is read from the model's classes; counting points would read them the same way",
    "AREA-STOREY-HEIGHT": STATED,
    "AREA-DECLARED": STATED,
    "PARKING-COUNT": COUNTS,
    "PARKING-SIZE": "a rectangle that fits a bay; its sides are the drawn corners themselves",
    "VIEW-RIDGE-BAND": NOT_YET,
    "VIEW-RIDGE-HIDDEN": NOT_YET,
    "VIEW-SHARE": NOT_YET,
    "VIEW-LANDMARK": NOT_YET,
    "VIEW-VISTA": NOT_YET,
    "VIEW-CONE": NOT_YET,
    "VIEW-CORRIDOR": NOT_YET,
    "AIR-OLS": NOT_YET,
    "FRAME-PROVEN": "the frame ledger holds the sources of a place against each other itself",
    "DELIVERY-SCHEMA": COUNTS,
    "DELIVERY-UNITS": COUNTS,
    "DELIVERY-DUPLICATE-IDS": COUNTS,
    "DELIVERY-FILE-SIZE": COUNTS,
    "DELIVERY-PROXIES": COUNTS,
    "DELIVERY-UNDRAWN": COUNTS,
    "DELIVERY-NAMING": COUNTS,
    "DELIVERY-DECLARED": COUNTS,
    "DELIVERY-IDS": COUNTS,
    "DELIVERY-STOREY-ORDER": STATED,
    "DELIVERY-SPACES": COUNTS,
}


def test_every_rule_type_is_measured_twice_or_says_why_not() -> None:
    assert set(MEASURED_TWICE) | set(MEASURED_ONCE) == set(RULE_TYPES)
    assert not set(MEASURED_TWICE) & set(MEASURED_ONCE)
    assert {code for code, kind in RULE_TYPES.items() if kind.recheck} == set(MEASURED_TWICE)


def test_every_second_way_has_a_test_that_asks_a_rule_type_of_it() -> None:
    folder = Path(__file__).parent
    for code, name in MEASURED_TWICE.items():
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        way = RULE_TYPES[code].recheck
        alike = [other for other in MEASURED_TWICE if RULE_TYPES[other].recheck is way]
        assert any(other in text for other in alike), code
