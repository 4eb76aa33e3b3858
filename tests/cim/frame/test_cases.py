"""Every case file: one way to state a place, or to get it wrong, and exactly what the ledger says of it.

A model is a box of 30 m x 20 m x 60 m at its own zero, turned as the case says, in the flat city at Xiamen (ground at 5 m).
Sites are given in the model's coordinates, parcels as offsets from the city's `ORIGIN`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import yaml
from pyproj import CRS, Proj

from cim.building import BuildingModel, Georeference, MapConversion, SpatialOrigin
from cim.city_frame import CityFrame
from cim.frame import Candidate, ExplicitPlace, FrameCode, FrameLedger, decide_frame
from cim.local_grid import local_grid
from cim.mesh import Mesh
from cim.parcel import Parcel
from cim.vertical import DatumOffset, VerticalSeparation
from tests.support.cities import ORIGIN, flat_terrain
from tests.support.models import BOX_FACES, box, element, model_of, polygon_surface

CASES = Path(__file__).parent / "cases"
FILES = sorted(CASES.glob("*.yaml"))
BOX = ((0.0, 0.0, 0.0), (30.0, 20.0, 60.0))
CONVERSION = {
    "source": "IfcMapConversion",
    "eastings": 0.0,
    "northings": 0.0,
    "orthogonal_height": 0.0,
    "x_axis_abscissa": math.cos(math.radians(12.0)),
    "x_axis_ordinate": math.sin(math.radians(12.0)),
    "scale": 0.001,
    "projected_crs": "EPSG:4548",
    "vertical_datum": "EPSG:5737",
    "map_unit": 1.0,
    "length_unit": 0.001,
}
NEVER_BY_CASE = {FrameCode.MISSING_GRID}  # needs another country: test_crs


def read(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return case


def conversion(values: dict[str, Any]) -> MapConversion:
    stated = CONVERSION | values
    if "factors" in stated:
        stated["factors"] = tuple(stated["factors"])
    return MapConversion(**stated)


def modelled(case: dict[str, Any]) -> BuildingModel:
    mesh = box(*BOX)
    offset = np.array(case.get("offset", (0.0, 0.0, 0.0)))
    vertices = mesh.vertices + offset
    if case.get("single_precision"):
        vertices = vertices.astype(np.float32).astype(np.float64)
    site = case.get("site")
    model = model_of(
        [element("A", 0)],
        [Mesh(vertices, BOX_FACES)],
        site=polygon_surface([(x + offset[0], y + offset[1]) for x, y in site]) if site else None,
        lat_long=tuple(case["lat_long"]) if "lat_long" in case else None,
        map_conversion=conversion(case["conversion"]) if "conversion" in case else None,
    )
    world = case.get("world")
    return replace(
        model,
        sites=tuple(replace(s, ref_elevation=case.get("elevation")) for s in model.sites),
        true_north=math.radians(case["true_north_degrees"])
        if "true_north_degrees" in case
        else None,
        georeference=Georeference(
            other_conversions=tuple(map(conversion, case.get("other_conversions", ()))),
            declared_crs=case.get("declared_crs"),
            world=tuple(world) if world else None,
            origins=tuple(
                SpatialOrigin(kind, kind, (x, y, z)) for kind, x, y, z in case.get("origins", ())
            ),
        ),
    )


def ledger_of(case: dict[str, Any]) -> FrameLedger:
    offsets = tuple(DatumOffset(*entry) for entry in case.get("offsets", ()))
    frame = CityFrame(
        "EPSG:4548",
        VerticalSeparation("EPSG:5737", 10.2, 0.3, offsets),
        tuple(map(local_grid, case.get("local_grids", ()))),
    )
    parcel = case.get("parcel")
    ring = [(ORIGIN[0] + x, ORIGIN[1] + y) for x, y in parcel] if parcel else []
    return decide_frame(
        modelled(case),
        frame,
        flat_terrain(),
        place=ExplicitPlace(*case["place"]) if "place" in case else None,
        parcels=[Parcel("P-1", shapely.Polygon(ring))] if parcel else [],
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_case_gives_exactly_its_ledger(path: Path) -> None:
    case = read(path)
    expected = case["expect"]
    ledger = ledger_of(case)
    told = {c.source: [f.code.value for f in c.findings] for c in ledger.candidates}
    assert told == expected["candidates"]
    assert [f.code.value for f in ledger.findings] == expected.get("findings", [])
    assert (ledger.taken.source if ledger.taken else None) == expected["taken"]
    # What the name of the file says.
    open_points = bool(
        ledger.taken and any(f.severity.value == "discuss" for f in ledger.taken.findings)
    )
    state = "refused" if ledger.taken is None else ("discuss" if open_points else "taken")
    assert path.stem.split("-")[0] == state
    for candidate in ledger.candidates:
        assert (candidate.refused is None) == (candidate is ledger.taken)
        for found in candidate.findings:
            assert found.sentence.zh
            assert found.remedy.en
    judged = ledger.taken or (ledger.candidates[0] if ledger.candidates else None)
    if judged is not None:
        check_numbers(judged, ledger, expected)


def check_numbers(candidate: Candidate, ledger: FrameLedger, expected: dict[str, Any]) -> None:
    """The figures a case speaks of."""
    check_placement(candidate, expected)
    check_residuals(candidate, expected)
    for axis in ("horizontal", "vertical"):
        if axis in expected:
            found = getattr(ledger.uncertainty, axis)
            assert found == pytest.approx(expected[axis], abs=1e-4)
    for words in expected.get("assumed", ()):
        assert any(words in assumption.en for assumption in candidate.assumptions)
    for code, severity in expected.get("severities", {}).items():
        found = [f.severity.value for f in candidate.findings if f.code.value == code]
        assert found == [severity]


def check_placement(candidate: Candidate, expected: dict[str, Any]) -> None:
    placement = candidate.placement
    if "at" in expected:
        at = [placement.eastings, placement.northings, placement.orthogonal_height]
        assert at == pytest.approx(expected["at"], abs=expected.get("within", 1e-6))
    if "rotation_degrees" in expected:
        turn = math.degrees(placement.rotation)
        assert turn == pytest.approx(expected["rotation_degrees"], abs=1e-6)
    if "scale" in expected:
        assert placement.scale == pytest.approx(expected["scale"], rel=1e-12)
    if "turned_by_convergence_of" in expected:
        own, other = (
            Proj(CRS.from_user_input(name)).get_factors(118.08478157, 24.44492373)
            for name in ("EPSG:4548", expected["turned_by_convergence_of"])
        )
        turn = own.meridian_convergence - other.meridian_convergence
        assert math.degrees(placement.rotation) == pytest.approx(turn, abs=1e-5)
        scale = own.meridional_scale / other.meridional_scale
        assert placement.scale == pytest.approx(scale, abs=2e-7)  # it varies over the model


def check_residuals(candidate: Candidate, expected: dict[str, Any]) -> None:
    if "operation" in expected:
        assert expected["operation"] in candidate.operation.name
        assert "axis order" not in candidate.operation.name
    if "accuracy" in expected:
        assert candidate.operation.accuracy == expected["accuracy"]
    if "ground" in expected:
        terrain = candidate.terrain
        found = [terrain.minimum, terrain.mean, terrain.maximum]
        assert found == pytest.approx(expected["ground"], abs=1e-9)
    if "vertex_distance" in expected:
        found = candidate.parcel.max_vertex_distance
        assert found == pytest.approx(expected["vertex_distance"], abs=1e-6)


def test_every_code_has_a_case() -> None:
    told = {
        FrameCode(code)
        for path in FILES
        for expect in (read(path)["expect"],)
        for codes in (*expect["candidates"].values(), expect.get("findings", []))
        for code in codes
    }
    assert set(FrameCode) - told == NEVER_BY_CASE


def test_every_code_is_in_the_readme() -> None:
    text = (Path(__file__).parents[3] / "cim" / "README.md").read_text(encoding="utf-8")
    assert [code.value for code in FrameCode if f"`{code.value}`" not in text] == []
