"""One stage in a process of its own, a task of `cim.nursery`.

Whatever a stage does to itself (memory, a crash, a hang) stays in this process. Lines on standard
output: ``p SHARE`` progress, ``e JSON`` a typed error, ``d`` done.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from cim.errors import CimError
from viewer import pipeline
from viewer.settings import Settings


def preload() -> None:
    """Import all that stages need, and start the processes that fork readers and IDS checks."""
    import bim_checks.ids
    import cim.ifc
    import tiles.building  # noqa: F401

    cim.ifc.get_ready()
    bim_checks.ids.get_ready()


def main(arguments: list[str]) -> int:
    """Run one stage."""
    parser = argparse.ArgumentParser(prog="viewer.stage")
    parser.add_argument("name", choices=("read", "check", "views", "tile", "publish"))
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--city", type=Path, required=True)
    parser.add_argument("--ifc", type=Path, required=True)
    parser.add_argument("--file-name", required=True)
    parser.add_argument("--place")
    try:
        _run(parser.parse_args(arguments))
    except CimError as error:
        _say("e " + json.dumps(error_document(error), ensure_ascii=False))
        return 0
    _say("d")
    return 0


def error_document(error: CimError) -> dict[str, object]:
    """A typed error as JSON values, for people: without paths of the server."""
    return {
        "kind": type(error).__name__,
        "reason": error.reason.to_json(),
        "remedy": error.remedy.to_json() if error.remedy else None,
        "place": error.place,
    }


def _run(asked: argparse.Namespace) -> None:
    if asked.name == "read":
        settings = Settings()
        pipeline.read_stage(
            asked.ifc,
            asked.work,
            limits=settings.read_limits,
            progress=_tell,
            cache=settings.geometry_cache,
        )
    elif asked.name == "check":
        pipeline.check_stage(asked.work, asked.city, asked.place, asked.file_name, asked.ifc)
    elif asked.name == "views":
        pipeline.views_stage(asked.work, asked.city, asked.place, _tell)
    elif asked.name == "tile":
        pipeline.tile_stage(asked.work, asked.city, asked.place)
    else:
        pipeline.publish_stage(asked.work, asked.city)


def _tell(share: float) -> None:
    _say(f"p {share:.3f}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
