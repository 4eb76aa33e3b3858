"""The tiles of a whole tower: every promise kept, every element once, its corner where PROJ puts it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer

from cim.building import BuildingModel
from cim.city import read_city
from cim.frame import decide_frame
from cim.ifc import read_ifc
from samples.plan import SEPARATION, VIOLATING
from tests.tiles.houses import tiles_of, to_ecef, vertices_of
from tiles.building import write_building_tileset
from tiles.validation import check_tileset

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tower(sample_folder: Path) -> BuildingModel:
    return read_ifc(sample_folder / "submissions" / "violating.ifc")


@pytest.fixture(scope="module")
def tileset(
    tower: BuildingModel, sample_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    city = read_city(sample_folder / "city")
    placement = decide_frame(tower, city.frame, city.terrain).placement
    assert placement is not None
    folder = tmp_path_factory.mktemp("tower") / "tiles"
    write_building_tileset(tower, placement, folder)
    return folder


def test_it_keeps_every_promise(tileset: Path) -> None:
    assert check_tileset(tileset) == []


def test_every_drawn_element_stands_exactly_once_at_the_leaves(
    tower: BuildingModel, tileset: Path
) -> None:
    leaves = [seen for seen in tiles_of(tileset) if seen.is_leaf and seen.glb]
    found = Counter(str(v) for s in leaves if s.glb for v in s.glb.columns["global_id"])
    assert found == Counter(e.global_id for e in tower.elements if e.representation is not None)


def test_the_corners_of_the_parapet_are_within_a_millimetre_of_proj(tileset: Path) -> None:
    to_degrees = Transformer.from_crs("EPSG:4548", "EPSG:4490", always_xy=True)
    to_globe = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    leaves = [seen for seen in tiles_of(tileset) if seen.is_leaf and seen.glb]
    vertices = np.concatenate([to_ecef(tileset, vertices_of(seen)) for seen in leaves])
    for easting, northing in VIOLATING.roof_corners():
        degrees = to_degrees.transform(easting, northing)
        corner = np.array(to_globe.transform(*degrees, VIOLATING.top + SEPARATION))
        assert np.linalg.norm(vertices - corner, axis=1).min() < 1e-3
