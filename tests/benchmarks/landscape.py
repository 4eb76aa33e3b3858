"""Skyline, map of visibility and what-if in a large city: accuracy against other methods, time and growth.

    python tests/benchmarks/landscape.py [--cells 10 5 4] [--runs 5] [--city FOLDER --model FILE]

Ground of 10 x 10 km, 50,000 buildings, a tower of 50,000 triangles. Every time is the best of the runs, wall beside processor time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import LegalEffect
from bim_checks.landscape.eye import REFRACTION, Eye, all_round
from bim_checks.landscape.scheme_view import changed, context_of, eye_of, surface_of
from bim_checks.landscape.skyline import Skyline, skyline_of, skyline_of_terrain
from bim_checks.landscape.study import study
from bim_checks.landscape.visibility import ground_triangles, visibility_map
from bim_checks.rule import Rule, Surroundings
from bim_checks.scene import ORIGIN
from bim_checks.scheme import Scheme
from cim.city import Viewpoint, read_city
from cim.control_lines.store import build_store, open_store
from cim.ifc import read_ifc
from cim.text import Text
from viewer import pipeline

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.landscape_convergence import landmark_pixels, ridge_columns
from tests.benchmarks.landscape_peers import (
    CAUSES,
    RAYS,
    TOLERANCE,
    appearing,
    bisected,
    surface_raster,
    viewshed,
)
from tests.benchmarks.landscape_scene import SIDE, big_scene
from tests.benchmarks.tables import number, say, show

CIRCLE = 36_000  # columns: 0.01 degrees
MAP_CELL = 2.0  # m
SHARES = (0.25, 0.5, 0.75, 1.0)  # of the tower's height
WORD = Text(zh="词", en="word")
Result = TypeVar("Result")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=float, nargs="+", default=[10.0, 5.0, 4.0], help="m, of the ground; all but the skyline use the first")  # fmt: skip
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--city", type=Path, help="the sample city, as cim demo --prepare-only writes it")  # fmt: skip
    parser.add_argument("--model", type=Path, help="a model in it")
    stated = parser.parse_args()
    scheme, around = big_scene(stated.cells[0])
    growth: list[list[str]] = []
    for cell in stated.cells:
        at = (scheme, around) if cell == stated.cells[0] else big_scene(cell)
        growth += _growth(*at, stated.runs)
    say(f"Skyline, {CIRCLE:,} columns of 0.01 degrees, {len(surface_of(scheme).faces):,} triangles of the scheme")  # fmt: skip
    show(["viewpoint", "triangles", "context s", "CPU s", "scheme ms", "CPU ms"], growth)
    say(f"\nAgainst Embree, {RAYS} rays a column; columns that differ by more than {TOLERANCE} degrees, and why")  # fmt: skip
    show(["viewpoint", "median deg", "most deg", "differ", "%", *CAUSES, "blocked above", "wall s", "CPU s"], _against_embree(scheme, around))  # fmt: skip
    street = eye_of(around.city.viewpoints[0], REFRACTION)
    ridge_columns(scheme, around, street)
    landmark_pixels(scheme, around, street)
    rows = _what_if("50,000 buildings", scheme, around, stated.runs)
    if stated.city and stated.model:
        rows += _what_if("sample city", *_read(stated.city, stated.model), stated.runs)
    say("\nWhat-if after one look at the surroundings, ms")
    show(["city", "viewpoint", "rules", "CPU", "skyline", "CPU", "both"], rows)
    _visibility(scheme, around, stated.runs)


def best(work: Callable[[], Result], runs: int) -> tuple[Result, float, float]:
    """Do something a few times: what came out, the least wall and the least processor seconds."""
    walls, cpus = [], []
    result = work()  # compiled code is loaded here
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return result, min(walls), min(cpus)


def _growth(scheme: Scheme, around: Surroundings, runs: int) -> list[list[str]]:
    """Times of the skyline from every viewpoint."""
    buildings, tower, ground = context_of(around).buildings, surface_of(scheme), around.city.terrain
    rows, columns = ground.heights.shape
    count = 2 * (rows - 1) * (columns - 1) + len(buildings.faces) + len(tower.faces)
    table = []
    for viewpoint in around.city.viewpoints:
        eye = eye_of(viewpoint, REFRACTION)

        def context(eye: Eye = eye) -> Skyline:
            built = skyline_of(buildings, eye, all_round(CIRCLE))
            return skyline_of_terrain(ground, eye, all_round(CIRCLE)).with_(built)

        def alone(eye: Eye = eye) -> Skyline:
            return skyline_of(tower, eye, all_round(CIRCLE))

        _, wall, cpu = best(context, runs)
        _, wall_alone, cpu_alone = best(alone, runs)
        table.append([viewpoint.code, number(count), f"{wall:.3f}", f"{cpu:.3f}", f"{1e3 * wall_alone:.1f}", f"{1e3 * cpu_alone:.1f}"])  # fmt: skip
    return table


def _against_embree(scheme: Scheme, around: Surroundings) -> list[list[str]]:
    """Our skyline, context and scheme, held against rays into the same triangles."""
    buildings, tower, ground = context_of(around).buildings, surface_of(scheme), around.city.terrain
    solids = [surface.vertices[surface.faces] for surface in (buildings, tower)]
    triangles = np.concatenate([ground_triangles(ground), *solids])
    table = []
    for viewpoint in around.city.viewpoints:
        eye, columns = eye_of(viewpoint, REFRACTION), all_round(CIRCLE)
        ours = skyline_of_terrain(ground, eye, columns).with_(skyline_of(buildings, eye, columns))
        ours = ours.with_(skyline_of(tower, eye, columns), offset=len(context_of(around).identifiers))  # fmt: skip
        found = bisected(ours, appearing(eye, triangles))
        table.append([viewpoint.code, f"{found.median:.1e}", f"{found.most:.3f}", str(found.apart), f"{100.0 * found.apart / CIRCLE:.3f}", *map(str, found.causes), str(found.blocked_above), f"{found.wall:.2f}", f"{found.cpu:.2f}"])  # fmt: skip
    return table


def _what_if(city: str, scheme: Scheme, around: Surroundings, runs: int) -> list[list[str]]:
    rows = []
    change = np.eye(4)
    change[:3, 3] = (3.0, 0.0, -9.0)
    for viewpoint in around.city.viewpoints:
        rules = list(_rules(viewpoint, around))

        def answer(rules: list[Rule] = rules) -> None:
            other = changed(scheme, change)
            for rule in rules:
                RULE_TYPES[rule.rule_type].check(rule, other, around)

        def look(viewpoint: Viewpoint = viewpoint) -> None:
            study(changed(scheme, change), around, viewpoint, refraction=REFRACTION)

        for rule in rules:
            RULE_TYPES[rule.rule_type].check(rule, scheme, around)
        study(scheme, around, viewpoint, refraction=REFRACTION)
        _, wall, cpu = best(answer, runs)
        _, seen, seen_cpu = best(look, runs)
        rows.append([city, viewpoint.code, *(f"{1e3 * each:.0f}" for each in (wall, cpu, seen, seen_cpu, wall + seen))])  # fmt: skip
    return rows


def _rules(viewpoint: Viewpoint, around: Surroundings) -> list[Rule]:
    """Every rule of sight from a viewpoint, on the city's first ridge and landmark."""
    ridge, landmark = around.city.ridges[0], around.city.landmarks[0]
    stated: dict[str, dict[str, Any]] = {
        "VIEW-RIDGE-BAND": {"ridge": ridge.code, "limit": 0.2, "base_elevation": 5.0, "refraction": REFRACTION},
        "VIEW-RIDGE-HIDDEN": {"ridge": ridge.code, "limit": 0.0},
        "VIEW-LANDMARK": {"landmark": landmark.code, "limit": 0.0},
    }  # fmt: skip
    return [
        Rule(code, code, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified", RULE_TYPES[code].parameters(viewpoint=viewpoint.code, **parameters))
        for code, parameters in stated.items()
    ]  # fmt: skip


def _visibility(scheme: Scheme, around: Surroundings, runs: int) -> None:
    vertices = surface_of(scheme).vertices
    east, north = vertices[:, :2].mean(axis=0)
    low, high = float(vertices[:, 2].min()), float(vertices[:, 2].max())
    half = SIDE / 2.0
    bounds = (ORIGIN[0] - half, ORIGIN[1] - half, ORIGIN[0] + half, ORIGIN[1] + half)
    rows = []
    for shares in ((1.0,), SHARES):
        wall, cpu = time.perf_counter(), time.process_time()
        found = visibility_map(
            [(east, north, low + share * (high - low)) for share in shares],
            around.city.terrain,
            context_of(around).buildings,
            bounds,
            cell=MAP_CELL,
            eye_height=1.6,
            refraction=REFRACTION,
        )
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        count = len(shares)
        rows.append([str(count), f"{wall:.1f}", f"{cpu:.1f}", f"{wall / count:.1f}", f"{cpu / count:.1f}", f"{100.0 * found.share(count):.2f}"])  # fmt: skip
        if count == 1:
            top = found
    say(f"\nMap of visibility, {top.seen.size:,} cells of {MAP_CELL:g} m, search tree included")
    show(["heights", "wall s", "CPU s", "wall s a height", "CPU s a height", "all seen %"], rows)
    heights = surface_raster(around.city.terrain, around.existing, top)
    with tempfile.TemporaryDirectory() as folder:
        crs = around.city.frame.projected_crs
        asked = [viewshed(heights, top, Path(folder), crs) for _ in range(min(runs, 3))]
    answers = [each for each in asked if each is not None]
    if not answers:
        say("gdal_viewshed is not installed (Debian: gdal-bin)")
        return
    wall, cpu = min(each.wall for each in answers), min(each.cpu for each in answers)
    gdal = answers[0]
    say("\ngdal_viewshed on ground and roofs of the same cells, the top, over public ground")
    show(["wall s", "CPU s", "visible %", "ours %", "falsely visible %", "falsely hidden %", "overlap"], [[f"{wall:.1f}", f"{cpu:.1f}", *(f"{100.0 * each:.2f}" for each in (gdal.visible, gdal.ours, gdal.false_visible, gdal.false_hidden)), f"{gdal.overlap:.2f}"]])  # fmt: skip


def _read(folder: Path, path: Path) -> tuple[Scheme, Surroundings]:
    city, model = read_city(folder), read_ifc(path)
    around = Surroundings(city, open_store(build_store(city)))
    return Scheme(model, pipeline.ledger_of(model, city, None)), around


if __name__ == "__main__":
    main()
