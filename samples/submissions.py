"""The four submitted towers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from samples.city import eye_elevation
from samples.ground import ridge_line
from samples.plan import DESIGNS, planted
from samples.tower import write_tower


def write_submissions(folder: Path, *, progress: Callable[[float], None] | None = None) -> None:
    """Write ``{compliant,violating,misplaced,revision}.ifc`` and ``expected.json`` with the planted figures."""
    folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda _: None)
    for number, design in enumerate(DESIGNS):
        write_tower(design, folder / f"{design.name}.ifc")
        tell((number + 1) / len(DESIGNS))
    eye, ridge = eye_elevation(), ridge_line()
    expected = {design.name: asdict(planted(design, ridge, eye)) for design in DESIGNS}
    text = json.dumps(expected, indent=1, sort_keys=True) + "\n"
    (folder / "expected.json").write_text(text, encoding="utf-8")
