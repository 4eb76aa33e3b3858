"""Height rules say the same however a scheme is written down and wherever it stands."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.finding import Finding, LegalEffect
from bim_checks.measures.ground_reference import GroundParameters
from bim_checks.measures.legal_height import RoofParameters
from bim_checks.measures.roof_rooms import RoofRoomParameters
from bim_checks.measures.storey_count import CountingParameters
from bim_checks.rule import Rule
from bim_checks.rulebook import Rulebook
from bim_checks.rules.height_classes import HeightClass
from bim_checks.rules.height_surfaces import ReferencePoint
from bim_checks.scene import ORIGIN, Scene, read_scene
from cim.control_lines.memory import LinesInMemory
from cim.frame import ExplicitPlace
from cim.ground import subdivided
from cim.text import Text

WORD = Text(zh="词", en="word")
LOWEST = GroundParameters(reference="lowest")
ROOFS = RoofParameters(rooms=RoofRoomParameters(share=0.25, height=6.0))
# Each rule type with its parameters.
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "limit": ("HEIGHT-LIMIT", {"regime": "parapet_or_mean", "limit": 12.0, "ground": LOWEST, "roofs": ROOFS}),
    "limit by zone": ("HEIGHT-LIMIT", {"regime": "ridge", "layer": "cells", "limit": 14.0, "ground": GroundParameters(reference="main_entrance"), "roofs": ROOFS}),
    "datum": ("HEIGHT-DATUM", {"regime": "eave", "layer": "cells"}),
    "storeys": ("HEIGHT-STOREYS", {"limit": 3, "ground": LOWEST, "counting": CountingParameters(least_height=2.2, sunk=0.5)}),
    "gradient": ("HEIGHT-GRADIENT", {"layer": "assets", "start": 9.0, "slope": 0.3, "offset": 10.0, "reach": 70.0}),
    "bands": ("HEIGHT-CLASSES", {"layer": "assets", "classes": (HeightClass(name="I", upto=20.0), HeightClass(name="II", upto=60.0, limit=18.0))}),
    "classes": ("HEIGHT-CLASSES", {"layer": "cells", "attribute": "class", "classes": (HeightClass(name="A", limit=16.0), HeightClass(name="B"))}),
    "grid": ("HEIGHT-GRID", {"layer": "cells", "reading": "cell"}),
    "lowest of a grid": ("HEIGHT-GRID", {"layer": "cells", "reading": "lowest"}),
    "plane": ("HEIGHT-PLANE", {"layer": "cells", "reference": ReferencePoint(easting=ORIGIN[0] - 30.0, northing=ORIGIN[1], start=8.0, slope=0.2)}),
}  # fmt: skip
CELLS = [
    {"name": "W", "polygon": [[-60, -60], [14.25, -60], [14.25, 90], [-60, 90]], "attributes": {"limit_elevation": 17.0, "limit_height": 10.0, "class": "A"}},
    {"name": "E", "polygon": [[14.25, -60], [90, -60], [90, 90], [14.25, 90]], "attributes": {"limit_elevation": 15.0, "class": "B"}},
]  # fmt: skip
ASSETS = [
    {"name": "WALL", "line": [[-30, -50], [-30, 20], [-10, 60]]},
    {"name": "YARD", "polygon": [[40, -40], [60, -40], [60, -20], [40, -25]]},
]


@st.composite
def houses(draw: st.DrawFn) -> dict[str, Any]:
    """A house with a flat and a pitched part, parapet, stair house and door, in two cells between two assets."""
    half = st.integers(1, 20).map(lambda n: n / 2.0)
    wide, deep, high, rise = (draw(half) for _ in range(4))
    flat = 6.0 + high
    elements = [
        {"id": "BODY", "box": [[0, 0, 0], [8 + wide, 6 + deep, flat - 0.2]]},
        {"id": "FLAT", "class": "IfcSlab", "type": "ROOF", "box": [[0, 0, flat - 0.2], [8 + wide, 6 + deep, flat]]},
        {"id": "EDGE", "class": "IfcWall", "type": "PARAPET", "box": [[0, 0, flat], [8 + wide, 0.2, flat + 1.1]]},
        {"id": "STAIR", "box": [[2, 2, flat], [2 + draw(half) / 2.0, 5, flat + 2.6]]},
        {"id": "WING", "class": "IfcRoof", "gable": {"box": [[8 + wide, 0, 0], [20 + wide, 6 + deep, high]], "ridge": high + rise, "along": draw(st.sampled_from("xy"))}},
        {"id": "DOOR", "class": "IfcDoor", "name": "main entrance", "box": [[3, 0, 0], [4, 0.1, 2.1]]},
    ]  # fmt: skip
    storeys = [{"id": f"S{i}", "elevation": 3.0 * i} for i in range(int(flat // 3.0))]
    return {"elements": elements, "storeys": storeys}


def scene_of(model: dict[str, Any]) -> Scene:
    return read_scene({"model": model, "layers": {"cells": CELLS, "assets": ASSETS}})


def findings(scene: Scene, name: str, **changed: Any) -> list[Finding]:
    code, parameters = RULES[name]
    rule = Rule(
        identifier="R",
        rule_type=code,
        title=WORD,
        clause=WORD,
        source=WORD,
        owner=WORD,
        legal_effect=LegalEffect.PROHIBIT,
        status="verified",
        parameters=RULE_TYPES[code].parameters(**parameters | changed),
    )
    book = Rulebook("book", "1", WORD, "", (rule,))
    return list(run_scene(scene, book, remedies=False).findings)


def assert_alike(
    first: list[Finding], second: list[Finding], *, metres: float, area: float
) -> None:
    """The same findings, in whatever order, with figures as near as told."""
    for before, after in zip(_sorted(first), _sorted(second), strict=True):
        one, other = before.judgement, after.judgement
        assert one.outcome is other.outcome
        assert one.feature == other.feature
        assert sorted(one.elements) == sorted(other.elements)
        assert (one.measurement is None) == (other.measurement is None)
        if one.measurement is not None and other.measurement is not None:
            near = area if one.measurement.unit.value == "m2" else metres
            assert other.measurement.measured == pytest.approx(one.measurement.measured, abs=near)
            assert other.measurement.margin == pytest.approx(one.measurement.margin, abs=near)
        shapes = [0.0 if j.geometry is None else j.geometry.area for j in (one, other)]
        assert shapes[1] == pytest.approx(shapes[0], abs=area)


def _sorted(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda f: (str(f.judgement.feature), f.judgement.sentence.en[:40]))


def shuffled(scene: Scene) -> Scene:
    elements = list(scene.model.elements)
    random.Random(4).shuffle(elements)
    return replace(scene, model=replace(scene.model, elements=tuple(elements)))


def split(scene: Scene) -> Scene:
    """Every face cut into pieces of at most 3 m in plan."""
    meshes = tuple(subdivided(mesh, 3.0) for mesh in scene.model.meshes)
    return replace(scene, model=replace(scene.model, meshes=meshes))


def other_way_round(scene: Scene) -> Scene:
    """Rings turned the other way and begun at another corner; layers and features in the other order."""
    turned = [replace(f, geometry=_turned(f.geometry)) for f in _features(scene)]
    return replace(scene, lines=LinesInMemory(turned[::-1]))


def _turned(shape: shapely.Geometry) -> shapely.Geometry:
    if shape.geom_type != "Polygon":
        return shape.reverse()
    ring = list(shape.exterior.coords)[:-1][::-1]
    return shapely.Polygon(ring[2:] + ring[:2])


def _features(scene: Scene) -> list[Any]:
    return [f for code in ("cells", "assets") for f in scene.lines.features(code)]


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("change", [shuffled, split, other_way_round])
@given(model=houses())
@settings(max_examples=5)
def test_the_way_it_is_written_changes_nothing(
    change: Callable[[Scene], Scene], name: str, model: dict[str, Any]
) -> None:
    scene = scene_of(model)
    # A limit that bends is followed in steps of 1 m, so that finer faces follow it otherwise.
    assert_alike(findings(scene, name), findings(change(scene), name), metres=1e-6, area=0.01)


@pytest.mark.parametrize("name", RULES)
@given(model=houses(), degrees=st.floats(-180.0, 180.0), east=st.floats(-100.0, 100.0))
@settings(max_examples=5)
def test_where_it_stands_changes_nothing(
    name: str, model: dict[str, Any], degrees: float, east: float
) -> None:
    scene = scene_of(model)
    moved = [replace(f, geometry=_moved(f.geometry, degrees, east)) for f in _features(scene)]
    place = ExplicitPlace(ORIGIN[0] + east, ORIGIN[1], 5.0, degrees)
    there = replace(scene, lines=LinesInMemory(moved), place=place)
    changed = {}
    if name == "plane":
        point = _moved(shapely.Point(ORIGIN[0] - 30.0, ORIGIN[1]), degrees, east)
        changed["reference"] = ReferencePoint(
            easting=point.x, northing=point.y, start=8.0, slope=0.2
        )
    assert_alike(findings(scene, name), findings(there, name, **changed), metres=1e-6, area=0.01)


def _moved(shape: shapely.Geometry, degrees: float, east: float) -> shapely.Geometry:
    turned = affinity.rotate(shape, degrees, origin=ORIGIN)
    return affinity.translate(turned, east, 0.0)
