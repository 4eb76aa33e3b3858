"""The repaired copy: what it changes, what it leaves, and that it checks clean."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from cim.city import City
from cim.control_lines.blueprint import check_blueprint, write_repaired
from cim.control_lines.blueprint.finding import Code
from cim.control_lines.blueprint.mending import mend
from cim.errors import ControlLineError
from tests.support.blueprints import CRS, EAST, NORTH, city_with, ring, square, write_layer

BOW = ring((0, 0), (10, 10), (10, 0), (0, 10))
SPIKE = ring((0, 0), (10, 0), (10, 10), (5, 10), (5, 30), (5, 10), (0, 10))
FLAT = ring((0, 0), (10, 0), (5, 0))
# The shell with a hole that reaches 2 m beyond it.
HOLED = shapely.Polygon(square(0, 0, 10, 10).exterior, [square(8, 4, 4, 2).exterior])


@pytest.fixture
def city(tmp_path: Path) -> City:
    path = tmp_path / "lines.gpkg"
    write_layer(path, "land", [BOW, square(40, 0, 5, 5), SPIKE], kind="Polygon")
    write_layer(path, "water", [HOLED, FLAT])
    write_layer(path, "stray", [BOW])
    return city_with(tmp_path, "land", "water")


def codes(city: City) -> list[Code]:
    return [f.code for f in check_blueprint(city).findings if f.code is not Code.UNDECLARED]


def test_the_copy_is_clean_and_the_source_untouched(city: City, tmp_path: Path) -> None:
    before = hashlib.sha256(city.control_lines_path.read_bytes()).hexdigest()
    assert codes(city) == [Code.UNLISTED, *[Code.INVALID] * 4]
    copy = tmp_path / "copy.gpkg"
    repairs = write_repaired(city, copy)
    assert hashlib.sha256(city.control_lines_path.read_bytes()).hexdigest() == before
    told = [
        (str(r.feature), r.mended.shape is not None, r.mended.before, r.mended.after)
        for r in repairs
    ]
    assert told == [
        ("land #1", True, 0.0, 50.0),
        ("land #3", True, 100.0, 100.0),
        ("water #1", True, 92.0, 96.0),  # 100 - 8 as drawn, 100 - 4 in truth
        ("water #2", False, 0.0, 0.0),
    ]
    mended = replace(city, control_lines_path=copy)
    assert codes(mended) == [Code.UNLISTED, Code.INVALID]  # the flat ring has nothing to keep
    assert write_repaired(mended, tmp_path / "again.gpkg")[0].mended.shape is None


def test_the_copy_keeps_layers_attributes_and_sound_shapes(city: City, tmp_path: Path) -> None:
    copy = tmp_path / "copy.gpkg"
    write_repaired(city, copy)
    for layer in ("land", "water", "stray"):
        old, new = (pyogrio.raw.read(p, layer=layer) for p in (city.control_lines_path, copy))
        assert list(new[3][0]) == list(old[3][0])
        assert (new[0]["crs"], list(new[0]["fields"])) == (CRS, ["name_zh"])
    land = shapely.from_wkb(pyogrio.raw.read(copy, layer="land")[2])
    assert shapely.equals(land[0], shapely.union_all(
        [ring((0, 0), (5, 5), (0, 10)), ring((10, 0), (5, 5), (10, 10))]
    ))  # fmt: skip
    assert land[1].geoms[0].equals_exact(square(40, 0, 5, 5))
    (stray,) = shapely.from_wkb(pyogrio.raw.read(copy, layer="stray")[2])
    assert stray.equals_exact(BOW)  # no catalogue lists it: copied as it is


def test_the_source_is_never_written(city: City, tmp_path: Path) -> None:
    link = tmp_path / "link.gpkg"
    link.symlink_to(city.control_lines_path)
    for copy in (city.control_lines_path, link):
        with pytest.raises(ControlLineError, match="must not replace the source"):
            write_repaired(city, copy)
    with pytest.raises(ControlLineError, match=r"must be a \.gpkg"):
        write_repaired(city, tmp_path / "copy.geojson")
    with pytest.raises(ControlLineError, match="cannot be written"):
        write_repaired(city, tmp_path / "nowhere" / "copy.gpkg")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lines.gpkg", "link.gpkg"]


corner = st.tuples(st.integers(0, 20), st.integers(0, 20))


@settings(max_examples=200)
@given(st.lists(corner, min_size=4, max_size=9))
def test_what_is_mended_is_valid_and_within_the_hull_of_what_was_drawn(
    corners: list[tuple[int, int]],
) -> None:
    shape = ring(*((float(x), float(y)) for x, y in corners))
    mended = mend(shape)
    if mended.shape is None:
        assert mended.after == 0.0
        return
    assert mended.shape.is_valid
    assert mended.after == pytest.approx(mended.shape.area)
    hull = shapely.convex_hull(shapely.MultiPoint(np.add(corners, (EAST, NORTH))))
    assert mended.shape.difference(hull).area < 1e-6
    if shape.is_valid:
        assert mended.change == pytest.approx(0.0, abs=1e-6)
