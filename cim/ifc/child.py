"""The guarded child, a task of `cim.nursery`: one argument, the path of a request.

It limits itself before it touches the file, reads it, and leaves a snapshot. Lines on standard output: ``p SHARE STEP`` progress, ``e JSON`` a typed
refusal, ``d BYTES`` done, with the peak of memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cim.errors import UnreadableIfcError
from cim.ifc.sniff import EXPORT_IFC
from cim.text import Text

PLACEMENT_LIMIT = 2000  # levels of IfcLocalPlacement; the deepest real model seen has 12
PROGRESS_STEP = 0.01
HEARTBEAT = 1.0  # s; the parent ends a child it hears nothing from


def preload() -> None:
    """Import all that reading needs, and use it once."""
    from cim.ifc.warm import warm

    warm()


def main(arguments: list[str]) -> int:
    """Serve one request."""
    request = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    _limit(request)
    return _serve(request)


def _limit(request: Mapping[str, Any]) -> None:
    """Bound memory, processor time and what may be written."""
    cpu = int(request["cpu_seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory_bytes"], request["memory_bytes"]))
    resource.setrlimit(resource.RLIMIT_FSIZE, (request["written_bytes"], request["written_bytes"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve(request: Mapping[str, Any]) -> int:
    from cim.ifc.document import open_document
    from cim.ifc.reader import read_open_file
    from cim.snapshot import write_snapshot

    path = Path(request["path"])
    try:
        document = open_document(path, Path.cwd(), file_bytes=request["file_bytes"])
        _refuse_placement_cycle(document.model)
    except UnreadableIfcError as error:
        return _refuse(error)
    only = request.get("only")
    building = read_open_file(
        document,
        path,
        kernel=request["kernel"],
        skip={name: Text(**why) for name, why in request["skip"].items()},
        only=None if only is None else frozenset(only),
        progress=_Progress(),
    )
    write_snapshot(building, Path(request["snapshot"]))
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    _say(f"d {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}")
    return 0


class _Progress:
    """Tells the share done once a percent, and once a second while elements come out."""

    def __init__(self) -> None:
        self._told = -1.0
        self._when = time.monotonic()

    def __call__(self, share: float, step: int) -> None:
        now = time.monotonic()
        if share - self._told >= PROGRESS_STEP or now - self._when >= HEARTBEAT:
            self._told, self._when = share, now
            _say(f"p {share:.3f} {step}")


def _refuse_placement_cycle(model: Any) -> None:
    cycle = _placement_cycle(model)
    if cycle is not None:
        raise UnreadableIfcError(
            Text(zh="构件定位成环。", en="placements form a circle."),
            place=f"#{cycle}",
            remedy=EXPORT_IFC,
        )


def _placement_cycle(model: Any) -> int | None:
    """Step number of a placement that leads back to itself, or lies absurdly deep: the kernel would overflow its stack."""
    import ifcopenshell

    depth: dict[int, int] = {}
    for placement in model.by_type("IfcLocalPlacement"):
        path: list[int] = []
        here = placement
        while isinstance(here, ifcopenshell.entity_instance) and here.id() not in depth:
            if here.id() in path or len(path) > PLACEMENT_LIMIT:
                return int(here.id())
            path.append(here.id())
            here = getattr(here, "PlacementRelTo", None)
        level = depth.get(here.id(), 0) if isinstance(here, ifcopenshell.entity_instance) else 0
        for number in reversed(path):
            level += 1
            depth[number] = level
        if level > PLACEMENT_LIMIT:
            return int(placement.id())
    return None


def _refuse(error: UnreadableIfcError) -> int:
    told = {
        "reason": error.reason.to_json(),
        "remedy": error.remedy.to_json() if error.remedy else None,
        "place": error.place,
    }
    _say("e " + json.dumps(told))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
