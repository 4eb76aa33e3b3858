from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bim_checks.landscape import context as contexts
from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.picture import Window
from bim_checks.landscape.ridge import columns_over, hidden_ridge, ridge_line
from bim_checks.landscape.skyline import GROUND, skyline_of
from bim_checks.landscape.surface import prepared
from bim_checks.scene import ORIGIN, flat_terrain
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.mesh import Mesh
from tests.support.models import box

EYE = Eye((ORIGIN[0], ORIGIN[1] - 500.0, 6.6))
COLUMNS = sector(0.0, np.radians(20), np.radians(0.1))


def slab(name: str, x: float, y: float, high: float) -> ExistingBuilding:
    mesh = box((x, y, 5.0), (x + 20, y + 10, high))
    moved = Mesh(mesh.vertices + np.array([*ORIGIN, 0.0]), mesh.faces)
    return ExistingBuilding(name, {}, moved)


class City:
    """Counts how often its buildings are asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> ExistingBuildings:
        self.asked += 1
        return ExistingBuildings([slab("A", -10, 0, 45.0), slab("B", -10, 200, 85.0)])


def test_what_stands_around_is_looked_at_once_and_kept(tmp_path: Path) -> None:
    city = City()
    seen = Context(flat_terrain(), city, digest="x", folder=tmp_path).skyline(EYE, COLUMNS)
    asked = city.asked
    again = Context(flat_terrain(), city, digest="x", folder=tmp_path).skyline(EYE, COLUMNS)
    assert city.asked == asked  # from disk: the buildings were not even read
    np.testing.assert_array_equal(seen.tangents, again.tangents)
    np.testing.assert_array_equal(seen.owners, again.owners)
    Context(flat_terrain(), city, digest="y", folder=tmp_path).skyline(EYE, COLUMNS)
    assert city.asked > asked  # another city


def test_a_kept_skyline_that_is_cut_off_is_computed_again(tmp_path: Path) -> None:
    seen = Context(flat_terrain(), City(), digest="x", folder=tmp_path).skyline(EYE, COLUMNS)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:100])
    again = Context(flat_terrain(), City(), digest="x", folder=tmp_path).skyline(EYE, COLUMNS)
    np.testing.assert_array_equal(seen.tangents, again.tangents)


def test_of_what_is_kept_the_skyline_used_last_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = City()
    context = Context(flat_terrain(), city, digest="x", folder=tmp_path)
    eyes = [EYE, Eye((ORIGIN[0], ORIGIN[1] - 400.0, 6.6)), Eye((ORIGIN[0], ORIGIN[1] - 300.0, 6.6))]
    for eye in eyes[:2]:
        context.skyline(eye, COLUMNS)
    for age, path in enumerate(
        sorted(tmp_path.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns)
    ):
        os.utime(path, (1000.0 + age, 1000.0 + age))
    Context(flat_terrain(), city, digest="x", folder=tmp_path).skyline(EYE, COLUMNS)  # of use now
    size = max(path.stat().st_size for path in tmp_path.glob("*.npz"))
    monkeypatch.setattr(contexts, "KEPT_BYTES", 2 * size + size // 2)
    context.skyline(eyes[2], COLUMNS)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    asked = city.asked
    for eye in (EYE, eyes[2]):
        Context(flat_terrain(), city, digest="x", folder=tmp_path).skyline(eye, COLUMNS)
    assert city.asked == asked  # from disk
    Context(flat_terrain(), city, digest="x", folder=tmp_path).skyline(eyes[1], COLUMNS)
    assert city.asked > asked  # longest without use: gone


def test_buildings_that_make_way_do_not_count() -> None:
    context = Context(flat_terrain(), City())
    middle = COLUMNS.count // 2
    assert context.skyline(EYE, COLUMNS).owners[middle] == 1  # B: 78.4 / 700 beats A: 38.4 / 500
    assert context.skyline(EYE, COLUMNS, cleared=frozenset({"B"})).owners[middle] == 0
    nobody = context.skyline(EYE, COLUMNS, cleared=frozenset({"A", "B"}))
    assert nobody.owners[middle] == GROUND
    window = Window(COLUMNS, np.radians(-1), np.radians(0.1), 100)
    assert set(np.unique(context.picture(EYE, window).owners)) >= {0, 1, GROUND}
    cleared = context.picture(EYE, window, cleared=frozenset({"A"}))
    assert 0 not in np.unique(cleared.owners)


@pytest.mark.parametrize("step", [0.01, 0.001])
def test_metres_of_a_ridge_are_those_of_its_polyline(step: float) -> None:
    eye = Eye((0.0, 0.0, 0.0), refraction=1.0)
    vertices = np.array([[-800.0, 1500.0, 200.0], [100.0, 2000.0, 300.0], [900.0, 1200.0, 250.0]])
    columns = columns_over(eye, vertices, np.radians(step))
    line = ridge_line(eye, vertices, columns)
    length = np.hypot(*np.diff(vertices[:, :2], axis=0).T).sum()
    assert line.metres.sum() == pytest.approx(length, rel=2.0 * step / 60.0)
    tower = prepared([box((-20, 500, 0), (20, 520, 400))])
    hidden = hidden_ridge(
        line,
        skyline_of(prepared([]), eye, columns),
        skyline_of(tower, eye, columns, nearer_than=line.distances),
    )
    # The tower's front spans +-20 m at 500 m: its rays meet the first stretch, y = 1500 + (x + 800) 5 / 9, at both sides.
    ends = [
        t * np.array([x, 500.0])
        for x in (-20.0, 20.0)
        for t in [(1500.0 + 800.0 * 5 / 9) / (500.0 - x * 5 / 9)]
    ]
    assert hidden.metres == pytest.approx(
        np.hypot(*(ends[1] - ends[0])), abs=2.0 * 2000.0 * np.radians(step)
    )
    assert hidden.degrees == pytest.approx(
        2.0 * np.degrees(np.arctan(20.0 / 500.0)), abs=2.0 * step
    )
    assert hidden.metres_before == pytest.approx(length, rel=1e-3)
