"""All rules of the sample city over growing buildings.

    python tests/benchmarks/all_rules.py [CITY] [--elements 100,1000,10000]

The building is the sample's compliant tower: some of its elements, or several of it side by side, so that what repeats in a real
building repeats here. CITY is a sample city (`cim demo --prepare-only`); made when not given. Prints processor seconds of all rules after
reading, footprints included, the dearest rules, and the growth. The first run of a process compiles and is not counted.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from bim_checks.catalogue import RULE_TYPES
from bim_checks.rule import Surroundings
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import answer
from bim_checks.scheme import Scheme
from cim.building import BuildingModel, Representation
from cim.city import City, read_city
from cim.control_lines.store import build_store, open_store
from cim.frame import decide_frame
from cim.ifc import read_ifc
from samples.city import write_city
from samples.submissions import write_submissions
from tests.benchmarks.tables import say

APART = 60.0  # m


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("city", nargs="?", type=Path)
    parser.add_argument("--elements", default="100,1000,10000")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.city
        if folder is None:
            folder = Path(scratch) / "city"
            write_city(folder, buildings=2200, seed=1)
            write_submissions(Path(scratch) / "submissions")
        model = read_ifc(folder.parent / "submissions" / "compliant.ifc")
        measured(model, read_city(folder), [int(n) for n in wanted.elements.split(",")])


def measured(model: BuildingModel, city: City, sizes: list[int]) -> None:
    """A row a size."""
    seconds(enlarged(model, sizes[0]), city)
    say("elements   rules s   dearest rules, s")
    rows = []
    for size in sizes:
        found = seconds(enlarged(model, size), city)
        total = sum(found.values())
        dear = ", ".join(f"{rule} {value:.2f}" for rule, value in found.most_common(8))
        say(f"{size:8} {total:9.2f}   {dear}")
        rows.append((size, total))
    (n0, t0), (n1, t1) = rows[0], rows[-1]
    say(f"exponent {math.log(t1 / t0) / math.log(n1 / n0):.2f}")


def seconds(model: BuildingModel, city: City) -> Counter[str]:
    """Processor seconds of every rule."""
    ledger = decide_frame(model, city.frame, city.terrain, limits=city.frame_limits)
    lines = open_store(build_store(city))
    scheme = Scheme(model, ledger, None, city.terrain.height_at)
    around = Surroundings(city, lines)
    found: Counter[str] = Counter()
    for rule in read_rulebook(city.rulebook_path).rules:
        if RULE_TYPES[rule.rule_type].code in ("DELIVERY-IDS", "DELIVERY-FILE-SIZE"):
            continue  # of the file, not of the model
        begin = time.process_time()
        answer(rule, scheme, around)
        found[rule.identifier] = time.process_time() - begin
    lines.close()
    return found


def enlarged(model: BuildingModel, size: int) -> BuildingModel:
    """So many elements: the first ones of the model, or several of it in a row."""
    elements = []
    for copy in range(math.ceil(size / len(model.elements))):
        shift = np.eye(4)
        shift[0, 3] = copy * APART
        for element in model.elements:
            body = element.representation
            if body is not None and copy:
                body = Representation(body.mesh, shift @ body.placement)
            name = f"{element.global_id}{copy}" if copy else element.global_id
            elements.append(replace(element, global_id=name, representation=body))
    return replace(model, elements=tuple(elements[:size]))


if __name__ == "__main__":
    main()
