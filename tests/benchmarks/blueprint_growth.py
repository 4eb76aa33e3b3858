"""Self-check and line store against the number of polygons: ``python tests/benchmarks/blueprint_growth.py``.

Generated blueprints of 162 layers (see `blueprints`). Each figure comes from a process started for it, so that a peak is of
that task alone; the best of the runs counts, in processor seconds. The exponent is the slope of log figure over log number of
polygons between neighbouring sizes and over all of them; 1 is linear. What was planted must be found: the run fails where it is not.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from blueprints import LAYERS, Planted, write_blueprint
from growth import exponent
from tables import MEGABYTE, number, say, show

from cim.city import City, read_city
from cim.control_lines.blueprint import BlueprintReport, check_blueprint
from cim.control_lines.blueprint.finding import Code
from cim.control_lines.loaded import LoadedLineStore
from cim.control_lines.store import build_store, open_store

SIZES = (1_000, 10_000, 125_000)
CHECK_LIMIT = 60.0  # s at 125,000 polygons (issue 5)
PLACES = 2_000  # submissions in bulk (issue 5)
SITE = 100.0  # m, side of a site's box
WARM = 50  # places asked before the clock runs


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="polygons")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        say(json.dumps(TASKS[asked.one[0]](read_city(Path(asked.one[1])))))
        return
    measured = [_measure(size, asked.runs) for size in asked.sizes]
    show(COLUMNS, [_row(one) for one in measured])
    _say_exponents(measured)
    if asked.json:
        asked.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


COLUMNS = (
    "polygons", "check CPU s", "peak MB", "findings", "build CPU s", "store MB", "100 m box ms", "p95 ms", "load CPU s",
    "loaded ms", f"{PLACES:,} boxes ms",
)  # fmt: skip


def _row(one: dict[str, Any]) -> list[str]:
    return [
        number(one["polygons"]),
        f"{one['check']['cpu']:.2f}",
        f"{one['check']['peak'] / MEGABYTE:.0f}",
        number(one["check"]["findings"]),
        f"{one['build']['cpu']:.2f}",
        f"{one['build']['bytes'] / MEGABYTE:.1f}",
        f"{one['query']['median']:.3f}",
        f"{one['query']['p95']:.3f}",
        f"{one['loaded']['cpu']:.2f}",
        f"{one['loaded']['median']:.3f}",
        f"{one['loaded']['bulk']:.1f}",
    ]


def _say_exponents(measured: list[dict[str, Any]]) -> None:
    sizes = [one["polygons"] for one in measured]
    if len(sizes) < 2:
        return
    for name, (task, key) in {
        "check, CPU": ("check", "cpu"),
        "check, peak memory": ("check", "peak"),
        "build, CPU": ("build", "cpu"),
        "100 m box": ("query", "median"),
    }.items():
        figures = [one[task][key] for one in measured]
        last = exponent(sizes[-2:], figures[-2:])
        say(
            f"  {name}: exponent {exponent(sizes, figures):.2f}, between the two largest {last:.2f}"
        )
    for one in measured:
        if one["polygons"] >= SIZES[-1]:
            within = one["check"]["cpu"] <= CHECK_LIMIT
            say(f"  {number(one['polygons'])}: {'within' if within else 'OVER'} {CHECK_LIMIT:g} s")


def _measure(size: int, runs: int) -> dict[str, Any]:
    """All tasks at one size; the best of the runs by the first figure each tells."""
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as name:
        faulty, sound = Path(name) / "faulty", Path(name) / "sound"
        planted = write_blueprint(faulty, polygons=size)
        write_blueprint(sound, polygons=size, sound=True)
        told: dict[str, Any] = {"polygons": planted.polygons, "planted": asdict(planted)}
        for task in TASKS:
            folder = faulty if task == "check" else sound
            tries = [_in_fresh_process(task, folder) for _ in range(runs)]
            told[task] = min(tries, key=lambda one: next(iter(one.values())))
        _hold_to(planted, told["check"]["codes"], told["check"]["gap"])
    say(f"{number(size)} polygons, {LAYERS} layers: check {told['check']['cpu']:.2f} s")
    return told


def _hold_to(planted: Planted, codes: dict[str, int], gap: float) -> None:
    found = (codes[Code.INVALID], codes[Code.DUPLICATE], codes[Code.GAP])
    if found != (planted.bow_ties, planted.twins, 1) or abs(gap - planted.gap) > 1e-3:
        reason = f"planted {planted}, found {found} and a gap of {gap} m2"
        raise SystemExit(reason)


def _in_fresh_process(task: str, folder: Path) -> Any:
    done = subprocess.run(
        [sys.executable, __file__, "--one", task, str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _check(city: City) -> dict[str, Any]:
    began = time.process_time()
    report: BlueprintReport = check_blueprint(city)
    cpu = time.process_time() - began
    assert report.partition is not None
    return {
        "cpu": cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "findings": len(report.findings),
        "codes": Counter(str(finding.code) for finding in report.findings),
        "gap": report.partition.gap,
    }


def _build(city: City) -> dict[str, Any]:
    shutil.rmtree(city.build_folder, ignore_errors=True)
    began = time.process_time()
    path = build_store(city)
    return {"cpu": time.process_time() - began, "bytes": path.stat().st_size}


def _query(city: City) -> dict[str, Any]:
    store = open_store(build_store(city))
    return _timed(store.around, _places(city))


def _loaded(city: City) -> dict[str, Any]:
    store = open_store(build_store(city))
    began = time.process_time()
    loaded = LoadedLineStore(store.everything())
    cpu = time.process_time() - began
    places = _places(city)
    loaded.nearby(places[:WARM])
    started = time.perf_counter()
    loaded.nearby(places)
    bulk = 1000.0 * (time.perf_counter() - started)
    return {"cpu": cpu, "bulk": bulk, **_timed(loaded.around, places)}


def _timed(around: Callable[[Any], Any], places: Any) -> dict[str, float]:
    """Milliseconds a place, all layers at once."""
    for place in places[:WARM].tolist():
        around(place)
    times = []
    for place in places.tolist():
        started = time.perf_counter()
        around(place)
        times.append(1000.0 * (time.perf_counter() - started))
    return {"median": float(np.median(times)), "p95": float(np.quantile(times, 0.95))}


def _places(city: City) -> Any:
    """Boxes of sites in the town, shape (PLACES, 4)."""
    west, south, east, north = city.terrain.extent
    band = (north - south) / 3.0
    chance = np.random.default_rng(7)
    corner = np.column_stack(
        [
            chance.uniform(west, east - SITE, PLACES),
            chance.uniform(south + band, south + 2.0 * band - SITE, PLACES),
        ]
    )
    return np.column_stack([corner, corner + SITE])


TASKS: dict[str, Callable[[City], dict[str, Any]]] = {
    "check": _check,
    "build": _build,
    "query": _query,
    "loaded": _loaded,
}


if __name__ == "__main__":
    main()
