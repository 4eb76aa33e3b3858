"""Every height rule over towers of growing size.

    python tests/benchmarks/height_rules.py [--largest 10000] [--runs 3]

A tower has storeys of some 250 parts, each with a body of its own. A row a rule gives the processor seconds at each size, the scheme
new every time and its outlines known; ``unnamed`` where the file names no roof. The best of the runs counts.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from typing import Any

from bim_checks.catalogue import RULE_TYPES
from bim_checks.finding import LegalEffect
from bim_checks.measures.ground_reference import GroundParameters
from bim_checks.measures.legal_height import RoofParameters
from bim_checks.measures.roof_rooms import RoofRoomParameters
from bim_checks.measures.storey_count import CountingParameters
from bim_checks.rule import Rule, Surroundings
from bim_checks.rules.height_classes import HeightClass
from bim_checks.rules.height_surfaces import ReferencePoint
from bim_checks.scene import ORIGIN, Scene, read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame
from cim.text import Text

SIZES = (100, 1_000, 10_000)
WIDE, STOREY, ACROSS = 60.0, 3.0, 12  # m, m, rooms along a side
WORD = Text(zh="词", en="word")
LOWEST = GroundParameters(reference="lowest")
ROOFS = RoofParameters(rooms=RoofRoomParameters(share=0.25, height=6.0))
RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "zone": ("HEIGHT-ZONE", {"layer": "zone"}),
    "limit": ("HEIGHT-LIMIT", {"regime": "parapet_or_mean", "limit": 50.0, "ground": LOWEST, "roofs": ROOFS}),
    "limit at door": ("HEIGHT-LIMIT", {"regime": "roof_surface", "limit": 50.0, "ground": GroundParameters(reference="main_entrance")}),
    "datum": ("HEIGHT-DATUM", {"regime": "parapet_or_mean", "layer": "zone"}),
    "storeys": ("HEIGHT-STOREYS", {"limit": 20, "ground": LOWEST, "counting": CountingParameters(least_height=2.2, sunk=0.5)}),
    "gradient kept": ("HEIGHT-GRADIENT", {"layer": "asset", "start": 300.0, "slope": 0.3, "reach": 300.0}),
    "gradient broken": ("HEIGHT-GRADIENT", {"layer": "asset", "start": 20.0, "slope": 0.3, "reach": 300.0}),
    "bands": ("HEIGHT-CLASSES", {"layer": "asset", "classes": (HeightClass(name="I", upto=60.0), HeightClass(name="II", upto=150.0, limit=50.0))}),
    "grid": ("HEIGHT-GRID", {"grid": "cells", "reading": "cell"}),
    "plane": ("HEIGHT-PLANE", {"layer": "zone", "reference": ReferencePoint(easting=ORIGIN[0] - 300.0, northing=ORIGIN[1], start=20.0, slope=0.1)}),
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--largest", type=int, default=SIZES[-1], help="elements")
    parser.add_argument("--runs", type=int, default=1)
    stated = parser.parse_args()
    sizes = [size for size in SIZES if size <= stated.largest]
    _tell(f"{'rule':20}" + "".join(f"{size:>12,}" for size in sizes))
    for named in (True, False):
        scenes = [tower(size, named=named) for size in sizes]
        for name in RULES:
            seconds = [min(_seconds(scene, name) for _ in range(stated.runs)) for scene in scenes]
            label = f"{name} {'' if named else 'unnamed'}"
            _tell(f"{label:20}" + "".join(f"{each:12.3f}" for each in seconds))


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


def tower(size: int, *, named: bool) -> Scene:
    """A tower of at least so many elements, by less than a storey more."""
    storeys = max(1, math.ceil(size / (4 * ACROSS + 4 * ACROSS * (ACROSS - 1) // 3 + 1)))
    elements: list[dict[str, Any]] = []
    for number in range(storeys):
        elements += _storey(number)
    top = storeys * STOREY
    kind = {"class": "IfcSlab", "type": "ROOF" if named else "FLOOR"}
    elements.append({"id": "ROOF", **kind, "box": [[0, 0, top], [WIDE, WIDE, top + 0.2]]})
    elements.append({"id": "EDGE", "box": [[0, 0, top + 0.2], [WIDE, 0.2, top + 1.4]]})
    elements.append({"id": "DOOR", "class": "IfcDoor", "name": "main entrance", "box": [[3, 0, 0], [4, 0.1, 2.1]]})  # fmt: skip
    return read_scene(
        {
            "model": {
                "elements": elements,
                "storeys": [{"id": f"S{i}", "elevation": i * STOREY} for i in range(storeys)],
            },
            "layers": {
                "zone": [{"name": "Z", "polygon": [[-9, -9], [44.5, -9], [44.5, 99], [-9, 99]], "attributes": {"limit_elevation": 50.0}}],
                "asset": [{"name": "A", "line": [[-60 + 20 * math.sin(i), i * 4 - 100] for i in range(60)]}],
            },
            "grids": {"cells": {"west": -10, "north": 90, "cell": 5, "heights": [[40.0 + (i * 7 + j * 3) % 30 for i in range(20)] for j in range(20)]}},
        }
    )  # fmt: skip


def _storey(number: int) -> list[dict[str, Any]]:
    """A slab, outer walls and partitions of rooms."""
    low, side = number * STOREY, WIDE / ACROSS
    walls: list[list[list[float]]] = []
    for i in range(ACROSS):
        a, b = i * side, (i + 1) * side
        for x, y, along in ((a, 0.0, 0), (a, WIDE - 0.2, 0), (0.0, a, 1), (WIDE - 0.2, a, 1)):
            end = (b, y + 0.2) if along == 0 else (x + 0.2, b)
            walls.append([[x, y, low + 0.2], [*end, low + STOREY]])
        for j in range(1, ACROSS):
            if (i + j) % 3:
                continue
            c = j * side
            walls += [
                [[a, c, low + 0.2], [b - 0.3, c + 0.1, low + STOREY]],
                [[c, a, low + 0.2], [c + 0.1, b - 0.3, low + STOREY]],
                [[a + 0.5, c + 1.0, low + 0.2], [a + 2.0, c + 2.0, low + 1.0]],
                [[a + 2.5, c + 1.0, low + 0.2], [a + 4.0, c + 2.0, low + 2.0]],
            ]
    slab = {"id": f"P{number}", "class": "IfcSlab", "box": [[0, 0, low], [WIDE, WIDE, low + 0.2]]}
    return [slab, *({"id": f"W{number}-{i}", "box": box} for i, box in enumerate(walls))]


def _seconds(scene: Scene, name: str) -> float:
    code, parameters = RULES[name]
    kind = RULE_TYPES[code]
    rule = Rule(name, code, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified", kind.parameters(**parameters))  # fmt: skip
    ledger = decide_frame(scene.model, scene.city.frame, scene.city.terrain, place=scene.place)
    scheme, around = Scheme(scene.model, ledger), Surroundings(scene.city, scene.lines)
    _ = scheme.footprint
    start = time.process_time()
    for judgement in kind.check(rule, scheme, around):
        if kind.recheck is not None:
            kind.recheck(rule, scheme, around, judgement)
    return time.process_time() - start


if __name__ == "__main__":
    main()
