"""The guarded child, a task of `cim.nursery`: one argument, the path of a request.

It confines itself before it touches the file. Then it reads it and leaves a snapshot, or looks for the product a reader
failed on. Lines on standard output:

    n            the network could not be left
    p SHARE      progress
    q            all is drawn; what comes now is not drawing
    s N [N ...]  now comes product N, drawn from the same geometry as the others
    f N          it is done
    e JSON       a typed refusal
    d BYTES      done, with the peak of memory

The number of every product drawn is also written to a journal, which outlives a crash.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from cim.errors import UnreadableIfcError
from cim.ifc.confinement import bound, leave_network
from cim.text import Text

PROGRESS_STEP = 0.01
HEARTBEAT = 1.0  # s; the parent ends a child it hears nothing from
SOFT_CPU = 0.7  # share of the processor time after which what is drawn is kept and no more is drawn
OUT_OF_TIME = 75  # exit code: time was used up before anything was drawn
NUMBER_BYTES = 8  # of an instance number in the journal
NO_ISOLATION = Text(
    zh="无法切断读取进程的网络，按设置拒绝读取。",
    en="the reading process cannot be cut off from the network, and the settings demand it.",
)
ASK_ADMINISTRATOR = Text(
    zh="请管理员允许用户命名空间，或改变 CIM_READ_MUST_ISOLATE。",
    en="The administrator may allow user namespaces, or change CIM_READ_MUST_ISOLATE.",
)


def preload() -> None:
    """Import all that reading needs, and use it once."""
    from cim.ifc.warm import warm

    warm()


def prepare() -> None:
    """Leave the network, which needs no request and takes the kernel a while."""
    _has_left_network()


@cache
def _has_left_network() -> bool:
    """Whether this process is cut off; the first time it is asked, it leaves."""
    return leave_network()


def main(arguments: list[str]) -> int:
    """Serve one request."""
    request = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    bound(request)
    try:
        _isolate(must=request["must_isolate"])
        return _serve(request)
    except UnreadableIfcError as error:
        return _refuse(error)


def _isolate(*, must: bool) -> None:
    if _has_left_network():
        return
    if must:
        raise UnreadableIfcError(NO_ISOLATION, remedy=ASK_ADMINISTRATOR)
    _say("n")


def _serve(request: Mapping[str, Any]) -> int:
    from cim.ifc.document import open_document
    from cim.ifc.drawing import OutOfTimeError
    from cim.ifc.precheck import find_undrawable
    from cim.ifc.units import read_units

    path = Path(request["path"])
    document = open_document(path, Path.cwd(), file_bytes=request["file_bytes"])
    _say("p 0")
    skip = find_undrawable(document.model, document.odd, read_units(document.model).length)
    skip |= {number: Text(**why) for why, numbers in request["skip"] for number in numbers}
    _say("p 0")
    if request["task"] == "probe":
        return _probe(document, request, skip)
    try:
        return _read(document, path, request, skip)
    except OutOfTimeError:
        return OUT_OF_TIME


def _read(document: Any, path: Path, request: Mapping[str, Any], skip: dict[int, Text]) -> int:
    from cim.ifc.drawing import Plan, products_of
    from cim.ifc.reader import read_open_file
    from cim.ifc.revision import keep, revise
    from cim.snapshot import sections_of, write_sections

    if request["only"] is not None:
        told, why = request["only"]
        wanted = set(read_journal(Path(told)))
        for product in products_of(document.model):
            if product.id() not in wanted and product.Representation is not None:
                skip.setdefault(product.id(), Text(**why))
    plan = Plan(request["kernel"], skip, frozenset(request["thorough"]))
    revision = _revision(document, path, request, plan)
    with Path(request["journal"]).open("wb", buffering=0) as journal:
        progress = _Progress(journal, request["soft_deadline"], request["cpu_seconds"])
        told = {"plan": plan, "progress": progress, "when_drawn": _drawn, "cache": _cache(request)}
        sections = revision and revise(
            revision,
            Path(request["cache"]),
            Path(request["fresh"]),
            when_taken=progress.note,
            **told,
        )
        if sections is None:
            sections = sections_of(read_open_file(document, path, **told))
            if revision is not None:
                keep(revision, sections, Path(request["fresh"]))
    write_sections(sections, Path(request["snapshot"]))
    return _done()


def _drawn() -> None:
    _say("q")


def _revision(document: Any, path: Path, request: Mapping[str, Any], plan: Any) -> Any:
    """The file as a revision of one read before, unless something of it is set aside."""
    from cim.ifc.revision import find_revision

    is_plain = not (plan.skip or plan.thorough or request["only"])
    return find_revision(document, path) if request["cache"] and is_plain else None


def _cache(request: Mapping[str, Any]) -> Any:
    from cim.ifc.geometry_cache import GeometryCache

    if request["cache"] is None:
        return None
    return GeometryCache(Path(request["cache"]), Path(request["fresh"]))


def _probe(document: Any, request: Mapping[str, Any], skip: Mapping[int, Text]) -> int:
    """Draw the products that a reader left out one by one, telling of each before it begins."""
    from cim.ifc.direct import DirectBodies
    from cim.ifc.drawing import geometry_key, products_of
    from cim.ifc.tessellation import tessellate
    from cim.ifc.units import read_units

    model, kernel = document.model, request["kernel"]
    units = read_units(model)
    direct = DirectBodies(document.take_step(), units.length, units.angle)
    done = set(read_journal(Path(request["journal"])))
    groups: dict[int, list[Any]] = {}
    for product in products_of(model):
        number = product.id()
        if number not in done and number not in skip and product.Representation is not None:
            groups.setdefault(geometry_key(product), []).append(product)
    only = set(request["probed"])
    for _, group in sorted(groups.items()):
        for product in group:
            if only and product.id() not in only:
                continue
            rest = " ".join(str(other.id()) for other in group if other is not product)
            _say(f"s {product.id()} {rest}")
            tessellate(model, [product], direct=direct, kernel=kernel, progress=_silent)
            _say(f"f {product.id()}")
    return _done()


def _silent(share: float, step: int) -> None:
    """Nothing is told of a single product's progress."""


def _done() -> int:
    # Kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    _say(f"d {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit}")
    return 0


def read_journal(path: Path) -> list[int]:
    """Instance numbers in a journal; one that was cut off in the middle of a number ends before it."""
    content = path.read_bytes() if path.is_file() else b""
    return [
        int.from_bytes(content[at : at + NUMBER_BYTES], "little")
        for at in range(0, len(content) - NUMBER_BYTES + 1, NUMBER_BYTES)
    ]


class _Progress:
    """Notes every product, tells the share done once a percent or a second, and stops when time is used up."""

    def __init__(self, journal: BinaryIO, deadline: float, cpu_seconds: float) -> None:
        self._journal = journal
        self._deadline = deadline
        self._cpu = SOFT_CPU * cpu_seconds
        self._told = -1.0
        self._when = time.monotonic()

    def note(self, steps: list[int]) -> None:
        """Note products that need not be drawn."""
        self._journal.write(b"".join(step.to_bytes(NUMBER_BYTES, "little") for step in steps))

    def __call__(self, share: float, step: int) -> None:
        from cim.ifc.drawing import OutOfTimeError

        self._journal.write(step.to_bytes(NUMBER_BYTES, "little"))
        now = time.monotonic()
        if share - self._told >= PROGRESS_STEP or now - self._when >= HEARTBEAT:
            self._told, self._when = share, now
            _say(f"p {share:.3f}")
        if now >= self._deadline or time.process_time() >= self._cpu:
            raise OutOfTimeError


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
