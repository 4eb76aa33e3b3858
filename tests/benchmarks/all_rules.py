"""All rules of the sample city over growing buildings.

    python tests/benchmarks/all_rules.py [CITY] [--elements 100,1000,10000] [--rising 0.03] [--runs 3]

The building is the sample's compliant tower: some of its elements, or several of it side by side, so that what repeats in a real
building repeats here. CITY is a sample city (`cim demo --prepare-only`); made when not given. Prints processor seconds of all rules after
reading, footprints included, of the second measuring, the dearest rules, and the growth from size to size. The first run of a process compiles
and is not counted; of several runs each rule's least is taken. `--rising` tilts the terrain toward the east by so much a metre.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bim_checks.catalogue import RULE_TYPES
from bim_checks.rule import RuleType, Surroundings
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import answer
from bim_checks.scheme import Scheme
from cim.building import BuildingModel, Representation
from cim.city import City, read_city
from cim.control_lines.store import build_store, open_store
from cim.frame import decide_frame
from cim.ifc import read_ifc
from cim.terrain import Terrain
from samples.city import write_city
from samples.submissions import write_submissions
from tests.benchmarks.tables import say

APART = 60.0  # m
IN_A_ROW = 10  # towers; one row of a hundred would leave the city


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("city", nargs="?", type=Path)
    parser.add_argument("--elements", default="100,1000,10000")
    parser.add_argument("--rising", type=float, default=0.0)
    parser.add_argument("--runs", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.city
        if folder is None:
            folder = Path(scratch) / "city"
            write_city(folder, buildings=2200, seed=1)
            write_submissions(Path(scratch) / "submissions")
        model = read_ifc(folder.parent / "submissions" / "compliant.ifc")
        city = read_city(folder)
        if wanted.rising:
            city.__dict__["terrain"] = tilted(city.terrain, wanted.rising)
        measured(model, city, [int(n) for n in wanted.elements.split(",")], wanted.runs)


def tilted(terrain: Terrain, rise: float) -> Terrain:
    """The terrain, rising toward the east by so much a metre, its middle left where it is."""
    columns = np.arange(terrain.heights.shape[1]) * terrain.cell
    return replace(terrain, heights=terrain.heights + rise * (columns - columns.mean()))


def measured(model: BuildingModel, city: City, sizes: list[int], runs: int) -> None:
    """A row a size."""
    seconds(enlarged(model, sizes[0]), city)
    say("elements   rules s   second s   exponent   dearest rules, s")
    before: tuple[int, float] | None = None
    for size in sizes:
        building = enlarged(model, size)
        found, again = least([seconds(building, city) for _ in range(runs)])
        total = sum(found.values())
        grows = "" if before is None else f"{growth(before, (size, total)):.2f}"
        dear = ", ".join(f"{rule} {value:.2f}" for rule, value in found.most_common(8))
        say(f"{size:8} {total:9.2f} {sum(again.values()):10.2f} {grows:>10}   {dear}")
        before = (size, total)


def growth(first: tuple[int, float], last: tuple[int, float]) -> float:
    """The exponent between two sizes and their seconds."""
    return math.log(last[1] / first[1]) / math.log(last[0] / first[0])


def least(
    runs: list[tuple[Counter[str], Counter[str]]],
) -> tuple[Counter[str], Counter[str]]:
    """Each rule's least seconds of several runs, in all and of the second measuring."""
    return tuple(  # type: ignore[return-value]
        Counter({rule: min(run[i][rule] for run in runs) for rule in runs[0][i]}) for i in (0, 1)
    )


def seconds(model: BuildingModel, city: City) -> tuple[Counter[str], Counter[str]]:
    """Processor seconds of every rule, and of these those of its second measuring."""
    ledger = decide_frame(model, city.frame, city.terrain, limits=city.frame_limits)
    lines = open_store(build_store(city))
    scheme = Scheme(model, ledger, None, city.terrain.height_at)
    around = Surroundings(city, lines)
    found: Counter[str] = Counter()
    again: Counter[str] = Counter()
    for rule in read_rulebook(city.rulebook_path).rules:
        rule_type = RULE_TYPES[rule.rule_type]
        if rule_type.code in ("DELIVERY-IDS", "DELIVERY-FILE-SIZE"):
            continue  # of the file, not of the model
        begin = time.process_time()
        with clocked(rule_type) as second:
            answer(rule, scheme, around)
        found[rule.identifier] = time.process_time() - begin
        again[rule.identifier] = sum(second)
    lines.close()
    return found, again


@contextmanager
def clocked(rule_type: RuleType) -> Iterator[list[float]]:
    """Processor seconds of each second measuring of a rule type meanwhile."""
    seconds: list[float] = []
    if rule_type.recheck is None:
        yield seconds
        return
    recheck = rule_type.recheck

    def timed(*asked: Any) -> Any:
        begin = time.process_time()
        try:
            return recheck(*asked)
        finally:
            seconds.append(time.process_time() - begin)

    RULE_TYPES[rule_type.code] = replace(rule_type, recheck=timed)
    try:
        yield seconds
    finally:
        RULE_TYPES[rule_type.code] = rule_type


def enlarged(model: BuildingModel, size: int) -> BuildingModel:
    """So many elements: the first ones of the model, or several of it in rows."""
    elements = []
    for copy in range(math.ceil(size / len(model.elements))):
        shift = np.eye(4)
        shift[:2, 3] = copy % IN_A_ROW * APART, copy // IN_A_ROW * APART
        for element in model.elements:
            body = element.representation
            if body is not None and copy:
                body = Representation(body.mesh, shift @ body.placement)
            name = f"{element.global_id}{copy}" if copy else element.global_id
            elements.append(replace(element, global_id=name, representation=body))
    return replace(model, elements=tuple(elements[:size]))


if __name__ == "__main__":
    main()
