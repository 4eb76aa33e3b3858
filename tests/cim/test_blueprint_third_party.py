"""1,529 outlines of buildings in Delft, as a register has them, held against a computation written apart."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pyogrio
import pytest
import shapely

from cim.blueprint import Blueprint, ProhibitedPair, SliverLimits
from cim.city import City, Layer
from cim.city_frame import CityFrame
from cim.control_lines.blueprint import check_blueprint
from cim.control_lines.blueprint.finding import Code
from cim.text import Text
from cim.vertical import VerticalSeparation
from tests.support.blueprints import city_with

CODE = "tudcampus2"
NO_SLIVERS = SliverLimits(area=0.0, width=0.0)


@pytest.fixture(scope="module")
def source(data_folder: Path) -> Path:
    return data_folder / "city" / "tudelft3d__City4CFD" / "tudcampus.geojson"


@pytest.fixture
def delft(source: Path, tmp_path: Path) -> City:
    owner = Text(zh="测绘局", en="Kadaster")
    return replace(
        city_with(tmp_path),
        frame=CityFrame("EPSG:28992", VerticalSeparation("EPSG:5709", 43.0, 0.1)),
        control_lines_path=source,
        layers=(Layer(CODE, Text(zh="建筑", en="buildings"), owner, "#ffffff"),),
        blueprint=Blueprint(prohibited_pairs=(ProhibitedPair(CODE, CODE),), sliver=NO_SLIVERS),
    )


def overlaps_one_by_one(source: Path) -> dict[tuple[int, int], float]:
    """Every two outlines whose boxes meet, cut one by one, without a tree or a predicate."""
    _, fids, stored, _ = pyogrio.raw.read(source, return_fids=True)
    drawn = sorted(
        ((shape.bounds, int(fid), shape) for fid, shape in zip(fids, shapely.from_wkb(stored), strict=True)),
        key=lambda one: one[0],
    )  # fmt: skip
    found: dict[tuple[int, int], float] = {}
    for number, ((_, south, east, north), fid, shape) in enumerate(drawn):
        for (west, low, _, high), other, candidate in itertools.islice(drawn, number + 1, None):
            if west > east:
                break
            if (
                low <= north
                and high >= south
                and (area := shape.intersection(candidate).area) > 1e-4
            ):
                found[min(fid, other), max(fid, other)] = area
    return found


def test_overlaps_of_real_outlines_are_those_found_one_by_one(delft: City, source: Path) -> None:
    report = check_blueprint(delft)
    assert report.layers[0].compared == 1529
    conflicts = {
        (f.concerned[0].feature.fid, f.concerned[1].feature.fid): f.area
        for f in report.findings
        if f.code is Code.CONFLICT and f.area is not None and f.area > 1e-4
    }
    expected = overlaps_one_by_one(source)
    assert len(expected) > 20
    assert conflicts == pytest.approx(expected, abs=1e-6)
    assert report.pairs[f"{CODE} × {CODE}"] == pytest.approx(sum(expected.values()), abs=1e-3)


def test_slivers_are_a_part_of_them(delft: City) -> None:
    whole = check_blueprint(delft)
    apart = check_blueprint(
        replace(delft, blueprint=replace(delft.blueprint, sliver=SliverLimits()))
    )
    slivers = [f for f in apart.findings if f.code is Code.SLIVER]
    assert len(slivers) == 1
    assert slivers[0].count > 0
    assert apart.pairs == pytest.approx(whole.pairs)
    assert len(apart.findings) < len(whole.findings)


def test_a_dutch_layer_in_a_chinese_city_is_told(delft: City, tmp_path: Path) -> None:
    report = check_blueprint(replace(delft, frame=city_with(tmp_path).frame))
    codes = [f.code for f in report.findings if f.code is not Code.UNDECLARED]
    assert codes == [Code.CRS]
    assert "EPSG:28992" in report.findings[0].sentence.en
    assert report.layers[0].compared == 0
