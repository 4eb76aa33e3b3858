"""What a rule draws over a city is what it judges by: every case of its rule type, where something is above the limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
import yaml
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.catalogue import LIMITS, RULE_TYPES
from bim_checks.examples import run_scene
from bim_checks.landscape.limit_mesh import CityLimit, limit_mesh
from bim_checks.rule import Surroundings
from bim_checks.scene import Scene, read_scene
from tests.bim_checks.test_cases import FILES, rulebook

BORDER = 1e-6  # m; of a region, where points on it are asked for
NOT_DRAWN = (
    # Its building keeps the lowest limit of all the cells it touches; what is drawn are the cells.
    "fail-the-same-read-as-the-lowest-cell",
    # A silhouette limits what is seen behind it column by column, without end.
    "fail-appears-in-the-sky-behind",
)
BROKEN = [
    path
    for path in FILES
    if path.parent.name in LIMITS
    and path.parent.name != "VIEW-CORRIDOR"  # a share of a width, not a height
    and path.stem.split("-")[0] in ("fail", "discuss")
    and path.stem not in NOT_DRAWN
]


def test_rule_types_that_set_surfaces_are_those_with_a_height_everywhere() -> None:
    assert set(LIMITS) <= set(RULE_TYPES)
    assert set(LIMITS) == {
        *("HEIGHT-ZONE", "HEIGHT-GRID", "HEIGHT-GRADIENT", "HEIGHT-PLANE"),
        *("VIEW-RIDGE-BAND", "VIEW-VISTA", "VIEW-CONE", "VIEW-CORRIDOR", "AIR-OLS"),
    }


def limits_of(path: Path, folder: Path) -> tuple[Scene, list[CityLimit]]:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    scene = read_scene(case, folder)
    (rule,) = rulebook(case, path.parent.name, folder).rules
    around = Surroundings(scene.city, scene.lines, scene.existing)
    return scene, LIMITS[rule.rule_type](rule, around)


def heights_over(limits: list[CityLimit], point: NDArray[np.float64]) -> list[float]:
    return [
        float(piece.surface.at(point[None, :])[0])
        for limit in limits
        for piece in limit.pieces
        if shapely.distance(piece.region, shapely.Point(point[:2])) <= BORDER
    ]


def told_heights(shape: BaseGeometry, limit: float) -> NDArray[np.float64]:
    """Points of a finding's geometry with the limit there: what is drawn on the surface, or the line of sight to the worst point."""
    corners = shapely.get_coordinates(shape, include_z=True)
    if shape.geom_type != "LineString":
        return corners
    return np.array([[*corners[-1, :2], limit]])


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_above_a_limit_is_above_the_surface_that_is_drawn(
    path: Path, tmp_path: Path
) -> None:
    scene, limits = limits_of(path, tmp_path)
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    report = run_scene(scene, rulebook(case, path.parent.name, tmp_path))
    compared = 0
    for finding in report.findings:
        judged = finding.judgement
        if judged.geometry is None or judged.measurement is None or judged.measurement.margin > 0.0:
            continue
        for point in told_heights(judged.geometry, judged.measurement.limit):
            drawn = heights_over(limits, point)
            assert np.abs(np.array(drawn) - point[2]).min() <= 1e-6
            compared += 1
    assert compared or path.stem.startswith("discuss-at-")


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_case_can_be_drawn(path: Path, tmp_path: Path) -> None:
    _, limits = limits_of(path, tmp_path)
    extent = shapely.box(*shapely.total_bounds([p.region for each in limits for p in each.pieces]))
    small = extent.centroid.buffer(500.0).envelope.intersection(extent)
    for limit in limits:
        mesh = limit_mesh(limit, small)
        assert mesh is None or (np.isfinite(mesh.vertices).all() and mesh.sagitta <= 0.05)


def test_a_corridor_is_drawn_from_the_height_at_which_it_begins_to_count(tmp_path: Path) -> None:
    folder = Path(FILES[0]).parent.parent / "VIEW-CORRIDOR"
    stated = folder / "pass-only-the-tower-counts-not-its-podium.yaml"
    _, (limit,) = limits_of(stated, tmp_path)
    (piece,) = limit.pieces
    low = yaml.safe_load(stated.read_text(encoding="utf-8"))["rule"]["low"]
    assert piece.surface.at(np.zeros((1, 2))) == [low]
    _, none = limits_of(folder / "fail-across-a-stated-bearing.yaml", tmp_path)
    assert none == []
