"""Sunlight of 500 windows and of 2,000 neighbours among 50,000 buildings: processor time, growth, and how minutes settle as steps shrink.

    python tests/benchmarks/sunlight.py [--cell 10] [--runs 3]

Every time is the best of the runs, wall beside processor time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import Judgement, LegalEffect
from bim_checks.landscape.facades import facade_points
from bim_checks.landscape.sun_doubt import sun_minutes
from bim_checks.landscape.sun_obstacles import ground, standing
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.sunshine import hidden, in_front, obstacles
from bim_checks.rule import Rule, Surroundings
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame
from cim.text import Text
from tests.benchmarks.landscape_scene import TOWER, big_scene
from tests.benchmarks.tables import number, say, show

WORD = Text(zh="词", en="word")
SUN: dict[str, Any] = {"day": "great_cold", "year": 2026, "hours": (8.0, 16.0), "clock": "solar", "limit": 180.0}  # fmt: skip
SIDE, STOREY, STOREYS = 60.0, 3.0, 34  # m, m; of the tower with windows
STEPS = (10.0, 5.0, 2.0, 1.0, 0.5)  # min
FINE = 0.1  # min; what the others are held against
REACHES = (200.0, 400.0, 800.0)  # m


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cell", type=float, default=10.0, help="m, of the ground")
    parser.add_argument("--runs", type=int, default=3)
    stated = parser.parse_args()
    scheme, around = _scene(stated.cell)
    say(f"Ground of {stated.cell:g} m, {number(len(around.existing))} buildings, {number(len(scheme.all_triangles[0]))} triangles of the scheme")  # fmt: skip
    rows = [_row(f"SUN-OWN-WINDOWS, {count} windows", stated.runs, *_own(scheme, around, count)) for count in (125, 250, 500)]  # fmt: skip
    rows += [_row(f"SUN-NEIGHBOURS within {reach:g} m, move up to {move:g} m", stated.runs, *_neighbours(scheme, around, reach, move)) for reach in REACHES for move in (0.0, 10.0)]  # fmt: skip
    show(["rule", "points", "outcome", "measured min", "wall s", "CPU s"], rows)
    say("\nRays of all points in front of which the sun stands, against those asked")
    show(["points", "in front", "asked", "share %", "CPU s all", "CPU s asked"], _asked(scheme, around))  # fmt: skip
    say(f"\nMinutes at the points of neighbours within {REACHES[0]:g} m, behind everything, against those of a step of {FINE:g} min")  # fmt: skip
    show(["step min", "lit at times", "median", "99 %", "most", "CPU s"], _settling(scheme, around))


def _row(name: str, runs: int, work: Callable[[], list[Judgement]], points: int) -> list[str]:
    """Do something a few times: the least wall and the least processor seconds."""
    walls, cpus = [], []
    found = work()  # compiled code is loaded here, the city is read
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        found = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    measured = found[0].measurement
    minutes = "-" if measured is None else f"{measured.measured:.1f}"
    return [name, number(points), found[0].outcome.value, minutes, f"{min(walls):.2f}", f"{min(cpus):.2f}"]  # fmt: skip


def _scene(cell: float) -> tuple[Scheme, Surroundings]:
    """A tower of boxes with a window every few metres on all sides, where the landscape's own tower stands."""
    _, around = big_scene(cell)
    foot = float(around.city.terrain.height_at(np.array([[610_000.0 + TOWER[0], 2_705_000.0 + TOWER[1]]]))[0])  # fmt: skip
    x, y = TOWER[0] - SIDE / 2.0, TOWER[1] - 10.0
    elements: list[dict[str, Any]] = []
    for storey in range(STOREYS):
        low = storey * STOREY
        elements.append({"id": f"F{storey}", "box": [[x, y, low], [x + SIDE, y + 20.0, low + STOREY]]})  # fmt: skip
        for i in range(15):
            at = x + 2.0 + i * 4.0
            side = y if i % 3 else y + 20.0  # every third looks north
            elements.append({"id": f"W{storey}-{i}", "class": "IfcWindow", "host": f"F{storey}", "box": [[at - 0.9, side - 0.02, low + 0.9], [at + 0.9, side + 0.02, low + 2.4]]})  # fmt: skip
    scene = read_scene({"ground": foot, "model": {"elements": elements}})
    ledger = decide_frame(scene.model, around.city.frame, around.city.terrain, place=scene.place)
    return Scheme(scene.model, ledger), around


def _some_windows(scheme: Scheme, count: int) -> Scheme:
    windows = [e for e in scheme.model.elements if e.ifc_class == "IfcWindow"][:count]
    walls = [e for e in scheme.model.elements if e.ifc_class != "IfcWindow"]
    return replace(scheme, model=replace(scheme.model, elements=(*walls, *windows)))


def _rule(code: str, **stated: Any) -> Rule:
    parameters = RULE_TYPES[code].parameters(**{**SUN, **stated})
    return Rule("R", code, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified", parameters)


def _own(
    scheme: Scheme, around: Surroundings, count: int
) -> tuple[Callable[[], list[Judgement]], int]:
    some, rule = _some_windows(scheme, count), _rule("SUN-OWN-WINDOWS")
    # A scheme and surroundings of its own each time, so that nothing is kept from the run before.
    return lambda: RULE_TYPES["SUN-OWN-WINDOWS"].check(rule, replace(some), replace(around)), count


def _neighbours(
    scheme: Scheme, around: Surroundings, reach: float, move: float
) -> tuple[Callable[[], list[Judgement]], int]:
    rule = _rule("SUN-NEIGHBOURS", reach=reach, most_move=move)
    near = _near(scheme, around, reach)
    points = facade_points([b.footprint for b in near], np.array([b.low for b in near]), 3.0)
    return (
        lambda: RULE_TYPES["SUN-NEIGHBOURS"].check(rule, replace(scheme), replace(around)),
        len(points),
    )


def _near(scheme: Scheme, around: Surroundings, reach: float) -> list[Any]:
    west, south, east, north = scheme.footprint.bounds
    box = (west - reach, south - reach, east + reach, north + reach)
    return [b for b in around.existing.near(box) if b.footprint.distance(scheme.footprint) <= reach]


def _asked(scheme: Scheme, around: Surroundings) -> list[list[str]]:
    """What leaving out the rays that pass the scheme's box by saves."""
    terms = SunTerms(**SUN)
    middle = np.array(scheme.footprint.centroid.coords[0])
    path = terms.path(around.city.frame, middle)
    shade = obstacles(scheme.all_triangles[0], np.array([*middle, scheme.lowest]))
    everywhere = replace(shade, box=np.array([[-1e9] * 3, [1e9] * 3]))
    rows = []
    for reach in REACHES:
        near = _near(scheme, around, reach)
        points = facade_points([b.footprint for b in near], np.array([b.low + 0.9 for b in near]), 3.0)  # fmt: skip
        seen = in_front(points, path)
        times, found = [], []
        for by in (everywhere, shade):
            start = time.process_time()
            found.append(hidden(points, path, by, seen))
            times.append(time.process_time() - start)
        assert (found[0] == found[1]).all()
        asked = int(found[1].sum())
        rows.append([number(len(points)), number(int(seen.sum())), number(asked), f"{100.0 * asked / seen.sum():.2f}", f"{times[0]:.2f}", f"{times[1]:.2f}"])  # fmt: skip
    return rows


def _settling(scheme: Scheme, around: Surroundings) -> list[list[str]]:
    """How far minutes are from those of a fine step, over points that have sun for a part of the band."""
    near = _near(scheme, around, REACHES[0])
    heights = np.array([b.low + 0.9 for b in near])
    points = facade_points([b.footprint for b in near], heights, 3.0)
    middle = np.array(scheme.footprint.centroid.coords[0])

    def minutes(step: float) -> tuple[Any, float]:
        terms = SunTerms(**SUN, step=step, shortest=0.0)
        path = terms.path(around.city.frame, middle)
        earth = ground(around.city.terrain, points, path)
        others = standing(around.existing, earth.points, path, without=frozenset(), ground_rise=300.0)  # fmt: skip
        own = obstacles(scheme.all_triangles[0], np.array([*middle, scheme.lowest]))
        start = time.process_time()
        found = sun_minutes(earth.points, path, terms, (own, others.obstacles, earth.obstacles))
        return found, time.process_time() - start

    exact, _ = minutes(FINE)
    some = (exact > 0.0) & (exact < 479.0)
    rows = []
    for step in STEPS:
        found, cpu = minutes(step)
        apart = np.abs(found - exact)[some]
        rows.append([f"{step:g}", number(int(some.sum())), f"{np.median(apart):.3f}", f"{np.quantile(apart, 0.99):.3f}", f"{apart.max():.3f}", f"{cpu:.2f}"])  # fmt: skip
    return rows


if __name__ == "__main__":
    main()
