"""The four submitted towers."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from samples.city import scenery
from samples.plan import DESIGNS, planted
from samples.tower import write_tower


def write_submissions(folder: Path, *, progress: Callable[[float], None] | None = None) -> None:
    """Write ``{compliant,violating,misplaced,revision}.ifc`` and ``expected.json`` with the planted figures."""
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _: None)
    # A process each: they share nothing, and ifcopenshell.api works in one thread.
    with ProcessPoolExecutor(mp_context=multiprocessing.get_context("spawn")) as pool:
        written = [
            pool.submit(write_tower, design, folder / f"{design.name}.ifc") for design in DESIGNS
        ]
        for number, tower in enumerate(as_completed(written), start=1):
            tower.result()
            tell(number / len(DESIGNS))
    around = scenery()
    expected = {design.name: asdict(planted(design, around)) for design in DESIGNS}
    text = json.dumps(expected, indent=1, sort_keys=True) + "\n"
    (folder / "expected.json").write_text(text, encoding="utf-8")
