"""Rules of airspace, vistas, cones and corridors say the same however a scheme is written down and wherever it stands."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.finding import Finding, LegalEffect
from bim_checks.landscape.aerodrome import (
    ApproachSection,
    Outer,
    RunwayEnd,
)
from bim_checks.rule import Rule
from bim_checks.rulebook import Rulebook
from bim_checks.scene import ORIGIN, Scene, read_scene
from cim.frame import ExplicitPlace
from cim.ground import subdivided
from cim.text import Text
from tests.support.aerodromes import precision_code_4

WORD = Text(zh="词", en="word")
Move = Callable[[float, float], list[float]]


def moving(degrees: float, east: float) -> Move:
    """Turned about the origin, then moved eastward."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return lambda x, y: [x * cos - y * sin + east, x * sin + y * cos]


def _projected(move: Move, x: float, y: float) -> tuple[float, float]:
    return (ORIGIN[0] + move(x, y)[0], ORIGIN[1] + move(x, y)[1])


def airspace(move: Move, degrees: float) -> dict[str, Any]:
    """The building stands across the side of an approach, 1 km out, above its flank as well."""
    ends = tuple(
        RunwayEnd(
            name=name,
            easting=_projected(move, x, -290.0)[0],
            northing=_projected(move, x, -290.0)[1],
            elevation=elevation,
            displaced=100.0,
            clearway=0.0,
            landing=True,
            take_off=True,
        )
        for name, x, elevation in (("09", 1000.0, -10.0), ("27", 4000.0, 3.0))
    )
    usual = precision_code_4(ends, elevation=-8.0)
    aerodrome = replace(
        usual,
        approach=replace(
            usual.approach,
            sections=(
                ApproachSection(length=1030.0, slope=0.02),
                ApproachSection(length=3600.0, slope=0.025),
            ),
        ),
        outer=Outer(radius=15000.0, height=20.0, above_ground=10.0),
    )
    return {"aerodrome": aerodrome, "applicability": {"zh": "词", "en": "word"}}


def vista(move: Move, degrees: float) -> dict[str, Any]:
    """The building stands across the side of the corridor, partly in the wider setting."""
    return {
        "viewpoint": "V",
        "left": _projected(move, 700.0, 30.0),
        "right": _projected(move, 650.0, -90.0),
        "threshold": 30.0,
        "refraction": 0.13,
        "setting": "zone",
        "background": 300.0,
    }


def cone(move: Move, degrees: float) -> dict[str, Any]:
    return {
        "viewpoint": "V",
        "slope": 0.02,
        "bearing_from": 60.0 - degrees,
        "bearing_to": 89.0 - degrees,
        "reach": 512.0,
    }


def corridor(move: Move, degrees: float) -> dict[str, Any]:
    return {"layer": "zone", "limit": 0.2, "low": 9.0}


RULES: dict[str, Callable[[Move, float], dict[str, Any]]] = {
    "AIR-OLS": airspace,
    "VIEW-VISTA": vista,
    "VIEW-CONE": cone,
    "VIEW-CORRIDOR": corridor,
}


@st.composite
def houses(draw: st.DrawFn) -> dict[str, Any]:
    """A block and a pitched wing, up to 24 m high."""
    half = st.integers(2, 20).map(lambda n: n / 2.0)
    wide, deep, high, rise = (draw(half) for _ in range(4))
    along = draw(st.sampled_from("xy"))
    return {
        "elements": [
            {"id": "BODY", "box": [[0, 0, 0], [8 + wide, 6 + deep, 4 + high]]},
            {
                "id": "WING",
                "class": "IfcRoof",
                "gable": {
                    "box": [[8 + wide, 0.5, 0], [20 + wide, 6 + deep, high]],
                    "ridge": high + rise,
                    "along": along,
                },
            },
        ]
    }


def scene_of(model: dict[str, Any], move: Move) -> Scene:
    ring = [(-100, -40), (200, -40), (200, 60), (-100, 70)]
    stands = [(5, 30), (40, 30), (40, 45), (5, 41)]
    return read_scene(
        {
            "model": model,
            "layers": {"zone": [{"name": "Z", "polygon": [move(*corner) for corner in ring]}]},
            "existing": [
                {"id": "N", "polygon": [move(*c) for c in stands], "low": 5.0, "high": 20.0}
            ],
            "views": {
                "viewpoints": [
                    {"code": "V", "position": [*move(-500.0, -7.25), 5.0], "eye_height": 1.6}
                ]
            },
        }
    )


def findings(scene: Scene, code: str, move: Move, degrees: float = 0.0) -> list[Finding]:
    rule = Rule(
        identifier="R",
        rule_type=code,
        title=WORD,
        clause=WORD,
        source=WORD,
        owner=WORD,
        legal_effect=LegalEffect.PROHIBIT,
        status="verified",
        parameters=RULE_TYPES[code].parameters(**RULES[code](move, degrees)),
    )
    book = Rulebook("book", "1", WORD, "", (rule,))
    return list(run_scene(scene, book, remedies=False).findings)


def assert_alike(first: list[Finding], second: list[Finding]) -> None:
    for before, after in zip(first, second, strict=True):
        one, other = before.judgement, after.judgement
        assert one.outcome is other.outcome
        assert one.feature == other.feature
        assert sorted(one.elements) == sorted(other.elements)
        assert (one.measurement is None) == (other.measurement is None)
        if one.measurement is not None and other.measurement is not None:
            assert other.measurement.margin == pytest.approx(one.measurement.margin, abs=2e-5)
            assert other.measurement.limit == pytest.approx(one.measurement.limit, abs=2e-5)
        shapes = [0.0 if j.geometry is None else j.geometry.area for j in (one, other)]
        assert shapes[1] == pytest.approx(shapes[0], abs=0.01)


def shuffled(scene: Scene) -> Scene:
    elements = list(scene.model.elements)
    random.Random(4).shuffle(elements)
    return replace(scene, model=replace(scene.model, elements=tuple(elements)))


def split(scene: Scene) -> Scene:
    """Every face cut into pieces of at most 3 m in plan."""
    meshes = tuple(subdivided(mesh, 3.0) for mesh in scene.model.meshes)
    return replace(scene, model=replace(scene.model, meshes=meshes))


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("change", [shuffled, split])
@given(model=houses())
@settings(max_examples=5)
def test_the_way_it_is_written_changes_nothing(
    change: Callable[[Scene], Scene], code: str, model: dict[str, Any]
) -> None:
    scene = scene_of(model, moving(0.0, 0.0))
    told = findings(scene, code, moving(0.0, 0.0))
    assert_alike(told, findings(change(scene), code, moving(0.0, 0.0)))


@pytest.mark.parametrize("code", RULES)
@given(model=houses(), degrees=st.floats(-180.0, 180.0), east=st.floats(-100.0, 100.0))
@settings(max_examples=8)
def test_where_it_stands_changes_nothing(
    code: str, model: dict[str, Any], degrees: float, east: float
) -> None:
    here, there = moving(0.0, 0.0), moving(degrees, east)
    place = ExplicitPlace(ORIGIN[0] + east, ORIGIN[1], 5.0, degrees)
    moved = replace(scene_of(model, there), place=place)
    assert_alike(findings(scene_of(model, here), code, here), findings(moved, code, there, degrees))


@pytest.mark.parametrize("code", ["AIR-OLS", "VIEW-VISTA", "VIEW-CONE"])
@given(model=houses(), lowered=st.integers(1, 30))
@settings(max_examples=5)
def test_a_metre_lower_is_a_metre_more_room(code: str, model: dict[str, Any], lowered: int) -> None:
    move = moving(0.0, 0.0)
    scene = scene_of(model, move)
    drop = np.array([0.0, 0.0, lowered / 10.0])
    meshes = tuple(replace(m, vertices=m.vertices - drop) for m in scene.model.meshes)
    below = replace(scene, model=replace(scene.model, meshes=meshes))
    for before, after in zip(findings(scene, code, move), findings(below, code, move), strict=True):
        first, second = before.judgement.measurement, after.judgement.measurement
        if first is not None and second is not None:
            assert second.margin == pytest.approx(first.margin + lowered / 10.0, abs=2e-5)
