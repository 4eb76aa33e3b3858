"""What a resubmission costs: ``python tests/benchmarks/ifc_resubmission.py``.

A sample tower is read, then a revision of it. All step numbers of a revision are others, as authoring tools write
them anew at each export. The goal of issue 3 is 0.15 for one percent of the elements changed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from enlarged import ENTITY, REFERENCE
from models import sample_towers
from tables import say, show

from cim.ifc import read_ifc_to_snapshot
from cim.ifc.attempt import NURSERY
from cim.snapshot import read_snapshot

MOVED_STOREY, MOVE = "'13F'", 50.0  # mm
REDRAWN_SHARE, TALLER = 0.01, 10.0  # of the walls' bodies, mm
RENUMBERED_BY = 1000

Revision = Callable[[str], str]


def read(path: Path, snapshot: Path, cache: Path) -> float:
    """Seconds to read one file; `cache` is the folder of the geometry cache, shared by first and second reading."""
    began = time.perf_counter()
    read_ifc_to_snapshot(path, snapshot, cache=cache)
    return time.perf_counter() - began


def unchanged(text: str) -> str:
    """The same model, numbered anew."""
    return text


def storey_moved(text: str) -> str:
    """One storey stands higher: its placement and elevation change, no body does."""
    entities = {int(n): (kind, arguments) for n, kind, arguments in ENTITY.findall(text)}
    (storey,) = [
        n for n, (kind, a) in entities.items() if kind == "IFCBUILDINGSTOREY" and MOVED_STOREY in a
    ]
    placement = _references(entities[storey][1])[0]
    axes = _references(entities[placement][1])[-1]
    point = _references(entities[axes][1])[0]
    text = _raised(text, rf"(#{point}=IFCCARTESIANPOINT\(\(.*,)([^,]+)(\)\);)", MOVE)
    return _raised(text, rf"(#{storey}=IFCBUILDINGSTOREY\(.*,)([^,]+)(\);)", MOVE)


def elements_redrawn(text: str) -> str:
    """One percent of the elements get another body: walls, spread over the storeys, a little taller."""
    entities = {int(n): (kind, arguments) for n, kind, arguments in ENTITY.findall(text)}
    walls = [n for n, (kind, _) in entities.items() if kind == "IFCWALL"]
    elements = sum(1 for kind, _ in entities.values() if kind in ELEMENTS)
    wanted = max(1, round(REDRAWN_SHARE * elements))
    for wall in walls[:: max(1, len(walls) // wanted)][:wanted]:
        shape = _references(entities[wall][1])[-1]
        representation = _references(entities[shape][1])[0]
        solid = _references(entities[representation][1])[-1]
        text = _raised(text, rf"(#{solid}=IFCEXTRUDEDAREASOLID\(.*,)([^,]+)(\);)", TALLER)
    return text


ELEMENTS = {
    "IFCWALL", "IFCSLAB", "IFCWINDOW", "IFCDOOR", "IFCCOLUMN", "IFCSTAIR", "IFCROOF",
}  # fmt: skip


def _raised(text: str, pattern: str, by: float) -> str:
    changed, count = re.subn(
        pattern, lambda m: f"{m[1]}{float(m[2]) + by}{m[3]}", text, flags=re.MULTILINE
    )
    assert count == 1, f"{pattern} must be found once, not {count} times"
    return changed


def _references(arguments: str) -> list[int]:
    return [int(number) for number in REFERENCE.findall(arguments) if number]


def _renumbered(text: str) -> str:
    """Every step number raised, strings left alone."""
    head, data = text.split("DATA;\n", 1)
    changed = REFERENCE.sub(
        lambda found: f"#{int(found[1]) + RENUMBERED_BY}" if found[1] else found[0], data
    )
    return f"{head}DATA;\n{changed}"


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    tower = sample_towers()[0]
    text = tower.read_text(encoding="ascii")
    firsts: list[float] = []
    seconds: dict[str, list[float]] = {r.__name__: [] for r in REVISIONS}
    NURSERY.warm()
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as folder:
        place = Path(folder)
        revised = {}
        for revision in REVISIONS:
            revised[revision.__name__] = place / f"{revision.__name__}.ifc"
            revised[revision.__name__].write_text(_renumbered(revision(text)), encoding="ascii")
        snapshot = place / "model.cim"
        read(tower, snapshot, place / "warm")
        for _ in range(rounds):
            cache = place / "cache"
            shutil.rmtree(cache, ignore_errors=True)
            cache.mkdir()
            firsts.append(read(tower, snapshot, cache))
            for name, path in revised.items():
                # Each revision finds what the first reading left, and not what another revision did.
                found = place / "found"
                shutil.rmtree(found, ignore_errors=True)
                shutil.copytree(cache, found)
                seconds[name].append(read(path, snapshot, found))
        _report(firsts, seconds, len(read_snapshot(snapshot).elements))


def _report(firsts: list[float], seconds: dict[str, list[float]], elements: int) -> None:
    first = statistics.median(firsts)
    say(f"{elements} elements, {len(firsts)} rounds")
    show(
        ["read", "median s", "min", "max", "to the first"],
        [
            [
                name,
                f"{statistics.median(walls):.3f}",
                f"{min(walls):.3f}",
                f"{max(walls):.3f}",
                f"{statistics.median(walls) / first:.2f}",
            ]
            for name, walls in {"first": firsts, **seconds}.items()
        ],
    )


REVISIONS: tuple[Revision, ...] = (unchanged, storey_moved, elements_redrawn)


if __name__ == "__main__":
    main()
