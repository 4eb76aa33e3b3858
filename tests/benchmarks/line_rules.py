"""Line rules against growing blueprints: one submission, and thousands of outlines at once.

    python tests/benchmarks/line_rules.py [--polygons 1000,10000,125000,1000000] [--outlines 2000] [--layers 162]

A store of 162 layers is written straight into its tables: lots on a grid, round and ragged zones of unequal layers; the
area grows with the polygons, so that density stays. There is one line rule a layer, of all types in turn. Prints a row a size:
seconds to write and open, milliseconds of all line rules of one submission once its footprints are known (median of as many
places, each with a fresh view of the store) without and with the second measuring, seconds to hold
the store in memory, and of all outlines in bulk against it. CPU time of this process; the last line is the growth of each from the second size to the last.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.bulk import check_outlines
from bim_checks.catalogue import RULE_TYPES
from bim_checks.distance_table import DistanceClass
from bim_checks.finding import LegalEffect
from bim_checks.rule import Rule, Surroundings
from bim_checks.scene import ORIGIN, flat_terrain, read_scene
from bim_checks.scheme import Scheme
from cim.city import City
from cim.control_lines.loaded import LoadedLineStore
from cim.control_lines.store import SCHEMA, SqliteLineStore, open_store
from cim.frame import decide_frame
from cim.text import Text
from tests.benchmarks.tables import say

PLACES = 15
LOT = 55.0  # m
WORD = Text(zh="线", en="line")
BATCH = 20_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--polygons", default="1000,10000,125000,1000000")
    parser.add_argument("--outlines", type=int, default=2000)
    parser.add_argument("--layers", type=int, default=162)
    wanted = parser.parse_args()
    say("polygons   write s    one ms   worst ms   +second ms  hold s   bulk s   answers")
    rows = []
    for polygons in map(int, wanted.polygons.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(Path(folder), polygons, wanted.layers, wanted.outlines))
    if len(rows) > 2:
        first, last = rows[1], rows[-1]
        say(
            f"growth x{last[0] / first[0]:.0f} polygons: one x{last[1] / first[1]:.2f}, bulk x{last[2] / first[2]:.2f}"
        )


def measured(
    folder: Path, polygons: int, layer_count: int, outline_count: int
) -> tuple[int, float, float]:
    """Polygons, milliseconds of one submission, seconds of the bulk; a row is printed."""
    begin = time.process_time()
    side = write_store(folder / "store.sqlite", polygons, layer_count)
    written = time.process_time() - begin
    city = city_of(layer_count, side)
    rules = rules_of(layer_count)
    store = open_store(folder / "store.sqlite")
    chance = np.random.default_rng(5)
    singles: list[float] = []
    seconds: list[float] = []
    for place in chance.uniform(-side / 2.4, side / 2.4, (PLACES, 2)):
        scheme = tower(city, place)
        one, both = one_submission(scheme, city, store, rules)
        singles.append(one)
        seconds.append(both)
    spots = chance.uniform(-side / 2.4, side / 2.4, (outline_count, 2))
    outlines = [shapely.box(x, y, x + 40.0, y + 25.0) for x, y in spots + np.array(ORIGIN)]
    begin = time.process_time()
    loaded = LoadedLineStore(store.everything())
    held = time.process_time() - begin
    best, answers = np.inf, 0
    for _ in range(2):
        begin = time.process_time()
        answers = sum(len(a.outlines) for a in check_outlines(outlines, rules, city, loaded))
        best = min(best, time.process_time() - begin)
    store.close()
    one = statistics.median(singles)
    say(
        f"{polygons:8} {written:9.1f} {one:9.1f} {max(singles):10.1f} {statistics.median(seconds):12.1f} {held:7.2f} {best:8.2f} {answers:9}"
    )
    return polygons, one, best


def one_submission(
    scheme: Scheme, city: City, store: SqliteLineStore, rules: list[Rule]
) -> tuple[float, float]:
    """Milliseconds of all rules, and with the second measuring; the shapes are known beforehand."""
    scheme.shapes("each")
    scheme.bodies_are_closed  # noqa: B018 - as the footprints, a thing of the model alone
    scheme.triangle_boxes  # noqa: B018
    begin = time.process_time()
    around = Surroundings(city, store)
    found = [
        (rule, judgement)
        for rule in rules
        for judgement in RULE_TYPES[rule.rule_type].check(rule, scheme, around)
    ]
    middle = time.process_time()
    for rule, judgement in found:
        recheck = RULE_TYPES[rule.rule_type].recheck
        if recheck is not None and judgement.measurement is not None:
            recheck(rule, scheme, around, judgement)
    return (middle - begin) * 1e3, (time.process_time() - begin) * 1e3


def tower(city: City, place: NDArray[np.float64]) -> Scheme:
    """A tower of 26 storeys on a podium, 800 walls and slabs, somewhere."""
    elements: list[dict[str, Any]] = []
    x, y = place
    for storey in range(26):
        w, d = (60.0, 40.0) if storey < 4 else (28.0, 28.0)
        low = 3.5 * storey
        elements.append(prism(f"S{storey}", x, y, x + w, y + d, low, low + 0.2))
        for n in range(15):
            step = w / 15.0
            elements.append(
                prism(
                    f"A{storey}-{n}",
                    x + n * step,
                    y,
                    x + n * step + step,
                    y + 0.3,
                    low + 0.2,
                    low + 3.5,
                )
            )
            elements.append(
                prism(
                    f"B{storey}-{n}",
                    x + n * step,
                    y + d - 0.3,
                    x + n * step + step,
                    y + d,
                    low + 0.2,
                    low + 3.5,
                )
            )
    storeys = [{"id": f"{n + 1}F", "elevation": 3.5 * n} for n in range(26)]
    scene = read_scene({"model": {"elements": elements, "storeys": storeys}})
    ledger = decide_frame(scene.model, city.frame, city.terrain, place=scene.place)
    return Scheme(scene.model, ledger, None, city.terrain.height_at)


def prism(
    name: str, west: float, south: float, east: float, north: float, low: float, high: float
) -> dict[str, Any]:
    """A box as a scene has it."""
    return {"id": name, "box": [[west, south, low], [east, north, high]]}


def city_of(layer_count: int, side: float) -> City:
    """A flat city of so many layers."""
    city = read_scene({"layers": {code(n): [] for n in range(layer_count)}}).city
    city.__dict__["terrain"] = flat_terrain(side=max(side * 1.1, 4000.0), cell=50.0)
    return city


def code(number: int) -> str:
    """Of a layer."""
    return f"layer_{number:03d}"


def rules_of(layer_count: int) -> list[Rule]:
    """A line rule for every layer, all types in turn; every tenth about every storey."""
    rules = []
    for number in range(layer_count):
        subject = "each" if number % 10 == 9 else "footprint"
        said: dict[str, Any] = {"layer": code(number), "subject": subject}
        classes = (
            DistanceClass(values=("a",), distance=50.0),
            DistanceClass(values=("b",), distance=30.0),
        )
        by_kind = {"attributes": ("kind",), "classes": classes}
        kind, more = [
            ("LINE-OVERLAP", {"limit": 0.0}),
            ("LINE-OVERLAP", {"limit": 0.0}),
            ("LINE-DISTANCE", {"limit": 8.0}),
            ("LINE-SANITARY", by_kind),
            ("LINE-BUFFER", by_kind),
        ][number % 5]
        if number % 40 == 1:
            kind, more = "LINE-INSIDE", {"limit": 0.0, "within": "one"}
        rules.append(
            Rule(f"R{number}", kind, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified",
                 RULE_TYPES[kind].parameters(**said, **more))
        )  # fmt: skip
    return rules


def write_store(path: Path, polygons: int, layer_count: int) -> float:
    """Fill a store; returns the side of the blueprint, metres."""
    side = LOT * float(np.sqrt(polygons))
    chance = np.random.default_rng(3)
    shares = 1.0 / np.arange(1, layer_count + 1) ** 0.7
    counts = np.maximum((shares / shares.sum() * polygons).astype(int), 1)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.executescript(SCHEMA)
        identifier = 0
        for number, count in enumerate(counts):
            for begin in range(0, int(count), BATCH):
                shapes = zones(chance, min(BATCH, int(count) - begin), side)
                fill(connection, identifier, code(number), shapes)
                identifier += len(shapes)
    return side


def zones(chance: np.random.Generator, count: int, side: float) -> NDArray[np.object_]:
    """Star-shaped polygons of 8 to 40 corners, 20 to 80 m across."""
    corners = int(chance.integers(8, 41))
    turns = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    radii = chance.uniform(10.0, 40.0, (count, 1)) * chance.uniform(0.8, 1.2, (count, corners))
    middles = np.array(ORIGIN) + chance.uniform(-side / 2.0, side / 2.0, (count, 2))
    rim = np.stack([radii * np.cos(turns), radii * np.sin(turns)], axis=-1)
    return np.asarray(shapely.polygons(middles[:, None, :] + rim))


def fill(
    connection: sqlite3.Connection, first: int, layer: str, shapes: NDArray[np.object_]
) -> None:
    """Insert the shapes of a layer."""
    boxes = shapely.bounds(shapes).tolist()

    def rows() -> Iterator[tuple[Any, ...]]:
        for number, blob in enumerate(shapely.to_wkb(shapes)):
            kind = json.dumps({"kind": "ab"[number % 2]})
            yield (first + number, layer, layer, layer, kind, blob)

    connection.executemany("insert into feature values (?, ?, ?, ?, ?, ?)", rows())
    connection.executemany(
        "insert into feature_bounds values (?, ?, ?, ?, ?, ?)",
        ((first + n, w, e, s, t, layer) for n, (w, s, e, t) in enumerate(boxes)),
    )


if __name__ == "__main__":
    sys.exit(main())
