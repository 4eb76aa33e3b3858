"""Areas, ratios and bays do not depend on how a model is written down or where it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import LegalEffect
from bim_checks.measures.weights import CountingException
from bim_checks.rule import Rule, Surroundings
from bim_checks.rules.areas import GrossAreaParameters
from bim_checks.rules.coverage import CoverageParameters
from bim_checks.rules.floor_area_ratio import FloorAreaRatioParameters
from bim_checks.rules.green import GreenParameters
from bim_checks.rules.parking import BayKind, BaySizeParameters
from bim_checks.scene import FRAME, ORIGIN, Scene, read_scene
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.control_lines.feature import ControlFeature
from cim.control_lines.memory import LinesInMemory
from cim.frame import ExplicitPlace, decide_frame
from cim.mesh import Mesh
from cim.text import Text
from tests.support.houses import house
from tests.support.regimes import HALVES, NOTHINGS

WORD = Text(zh="词", en="word")
COUNTING: dict[str, Any] = {
    "regimes": (HALVES, NOTHINGS),
    "counted_by": "HALVES",
    "duct_area": 1.0,
}
RULES: dict[str, Any] = {
    "AREA-GFA": GrossAreaParameters(**COUNTING, limit=1.0),
    "AREA-FAR": FloorAreaRatioParameters(
        **COUNTING,
        layer="parcel",
        limit=1.0,
        below_ground_share=0.5,
        exceptions=(
            CountingException(name="p", coefficient=0.0, clause="1", space_type="PARKING"),
        ),
    ),
    "AREA-COVERAGE": CoverageParameters(
        duct_area=1.0, below_ground_share=0.5, layer="parcel", limit=1.0
    ),
    "AREA-GREEN": GreenParameters(layer="parcel", limit=1.0, wall_distance=1.0, green_names="lawn"),
    "PARKING-SIZE": BaySizeParameters(kinds=(BayKind(kind="car", width=2.4, length=5.3),)),
}
PARCEL = shapely.Polygon([(-30, -20), (40, -22), (44, 30), (5, 34), (-28, 25)])
HERE = ExplicitPlace(*ORIGIN, 5.0, 0.0)
MODEL = house(
    [3.0, 2.1],
    spaces=[
        {"id": "R1", "type": "INTERNAL", "box": [[0.2, 0.2, 0], [6, 7.8, 2.8]]},
        {"id": "R2", "type": "INTERNAL", "box": [[5, 0.2, 0], [9.8, 7.8, 2.8]]},
        {"id": "R3", "type": "PARKING", "box": [[0.2, 0.2, 3], [2.6, 5.7, 4.9]]},
    ],
    more=[
        {"id": "B", "class": "IfcSlab", "name": "balcony", "box": [[3, -1.5, 2.8], [6, 0, 3]]},
        {"id": "BR", "class": "IfcSlab", "box": [[3, -1.5, 4.9], [6, 0, 5.1]]},
        {"id": "L", "class": "IfcGeographicElement", "name": "lawn", "box": [[0, 8, -0.1], [9, 20, 0]]},
    ],
)  # fmt: skip


def told(
    model: BuildingModel,
    *,
    place: ExplicitPlace = HERE,
    parcel: shapely.Polygon = PARCEL,
    others: Sequence[shapely.Polygon] = (),
) -> dict[str, Any]:
    """What every rule says: measured values and uncertainties, and the words beside them."""
    city = plain_scene().city
    lines = LinesInMemory(
        ControlFeature(
            i, "parcel", Text(zh="地块", en="parcel"), affinity.translate(shape, *ORIGIN), {}
        )
        for i, shape in enumerate((*others, parcel))
    )
    scheme = Scheme(model, decide_frame(model, FRAME, city.terrain, place=place))
    numbers: dict[str, float] = {}
    words: dict[str, object] = {}
    for code, parameters in RULES.items():
        rule = Rule("R", code, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified", parameters)
        for judgement in RULE_TYPES[code].check(rule, scheme, Surroundings(city, lines)):
            assert judgement.measurement is not None
            numbers[code] = judgement.measurement.measured
            # What the frame is in doubt by may depend on where a model's own origin lies; the rest may not.
            doubt = judgement.measurement.uncertainty
            numbers[f"{code} uncertainty"] = doubt.mesh + doubt.data
            words[code] = (judgement.outcome, judgement.elements)
    return {"numbers": numbers, "words": words}


@cache
def plain_scene() -> Scene:
    ring = [list(corner) for corner in PARCEL.exterior.coords[:-1]]
    return read_scene({"model": MODEL, "layers": {"parcel": [{"name": "P", "polygon": ring}]}})


@cache
def wanted() -> dict[str, Any]:
    found = told(plain_scene().model)
    return {**found, "numbers": pytest.approx(found["numbers"], rel=1e-5, abs=1e-5)}


def same(found: dict[str, Any]) -> bool:
    return found == wanted()


FEW = settings(max_examples=8)


def test_every_rule_says_something_of_the_plain_house() -> None:
    assert set(wanted()["words"]) == set(RULES)


@FEW
@given(st.randoms(use_true_random=False))
def test_the_order_of_elements_spaces_and_storeys_does_not_matter(random: Any) -> None:
    model = plain_scene().model
    shuffled = {}
    for name in ("elements", "spaces", "storeys"):
        parts = list(getattr(model, name))
        random.shuffle(parts)
        shuffled[name] = tuple(parts)
    assert same(told(replace(model, **shuffled)))


@FEW
@given(
    east=st.floats(-900.0, 900.0),
    north=st.floats(-900.0, 900.0),
    up=st.floats(-0.2, 0.2),
    degrees=st.floats(-180.0, 180.0),
)
def test_where_the_model_stands_does_not_matter(
    east: float, north: float, up: float, degrees: float
) -> None:
    place = ExplicitPlace(ORIGIN[0] + east, ORIGIN[1] + north, 5.0 + up, degrees)
    turned = affinity.rotate(PARCEL, degrees, origin=(0.0, 0.0))
    moved = affinity.translate(turned, east, north)
    assert same(told(plain_scene().model, place=place, parcel=moved))


@FEW
@given(start=st.integers(0, 4), backward=st.booleans(), before=st.integers(0, 2))
def test_how_rings_and_layers_are_ordered_does_not_matter(
    start: int, backward: bool, before: int
) -> None:
    corners = list(PARCEL.exterior.coords)[:-1]
    corners = corners[start:] + corners[:start]
    ring = shapely.Polygon(corners[::-1] if backward else corners)
    others = [shapely.box(100.0 + 50 * i, 0, 140.0 + 50 * i, 40) for i in range(before)]
    assert same(told(plain_scene().model, parcel=ring, others=others))


def test_how_faces_are_split_does_not_matter() -> None:
    model = plain_scene().model
    assert same(told(replace(model, meshes=tuple(map(quartered, model.meshes)))))


def test_a_model_in_other_axes_of_its_own_does_not_matter() -> None:
    """The whole model turned and moved in its engineering CRS, and placed the opposite way."""
    angle, east, north = math.radians(33.0), 120.0, -45.0
    c, s = math.cos(angle), math.sin(angle)
    turn = np.array([[c, -s, 0, east], [s, c, 0, north], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)
    model = plain_scene().model

    def moved(part: Any) -> Any:
        body = part.representation
        placed = replace(body, placement=turn @ body.placement) if body is not None else None
        return replace(part, representation=placed)

    other = replace(
        model,
        elements=tuple(map(moved, model.elements)),
        spaces=tuple(map(moved, model.spaces)),
    )
    back = np.linalg.inv(turn)[:2, 3]
    place = ExplicitPlace(ORIGIN[0] + back[0], ORIGIN[1] + back[1], 5.0, -33.0)
    assert same(told(other, place=place))


def quartered(mesh: Mesh) -> Mesh:
    """Every face as four, the corners of each its own."""
    a, b, c = (mesh.vertices[mesh.faces[:, i]] for i in range(3))
    ab, bc, ca = (a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0
    parts = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    triangles = np.concatenate([np.stack(part, axis=1) for part in parts])
    faces = np.arange(3 * len(triangles), dtype=np.int32).reshape(-1, 3)
    return Mesh(triangles.reshape(-1, 3), faces)
