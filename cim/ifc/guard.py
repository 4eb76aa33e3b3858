"""Read hostile files in a child process with limits on memory, processor time, output and wall clock.

A file that crashes or hangs one geometry kernel is read with the next; what still does not come out is
narrowed down by halving the list of products, so that one bad element costs itself and nothing else.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import queue
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from cim.building import BuildingModel
from cim.errors import IfcLimitError, UnreadableIfcError
from cim.ifc.sniff import EXPORT_IFC, refuse_other_files
from cim.nursery import Nursery, Task
from cim.snapshot import read_snapshot
from cim.text import Text

log = logging.getLogger(__name__)

Progress = Callable[[float], None]

PART_SECONDS = (
    20  # s of processor time for a part while the bad elements of a file are narrowed down
)

FILE_TOO_LARGE = f"[Errno {errno.EFBIG}]"
UNCAUGHT = 1  # exit code of a child whose own code met something it could not understand

KERNELS = ("hybrid-cgal-simple-opencascade", "opencascade")
"""Fast and complete first; the second draws a few things on which the first hangs."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one file may cost.

    Attributes:
        memory_bytes: address space of the child.
        cpu_seconds: processor time of one attempt.
        stall_seconds: time without any element drawn.
        wall_seconds: time of all attempts together.
        file_bytes: size of the file.
        written_bytes: size of the snapshot.
    """

    memory_bytes: int = 8 << 30
    cpu_seconds: int = 300
    stall_seconds: float = 45.0
    wall_seconds: float = 600.0
    file_bytes: int = 2 << 30
    written_bytes: int = 4 << 30


DEFAULT_LIMITS = ReadLimits()


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What reading a file took.

    Attributes:
        seconds: wall clock, all attempts together.
        peak_bytes: largest memory of the child that read it.
    """

    seconds: float
    peak_bytes: int


def read_ifc(
    path: Path, *, limits: ReadLimits = DEFAULT_LIMITS, progress: Progress | None = None
) -> BuildingModel:
    """Read an IFC file.

    Args:
        path: the file.
        limits: what it may cost.
        progress: called with the share done, 0..1.

    Raises:
        UnreadableIfcError: it is not an IFC model this program can read; says what it is and what to do.
        IfcLimitError: it exceeded a limit, or crashed every reader.
    """
    with tempfile.TemporaryDirectory(prefix="cim-read-") as folder:
        snapshot = Path(folder) / "model.cim"
        read_ifc_to_snapshot(path, snapshot, limits=limits, progress=progress)
        return read_snapshot(snapshot)


def read_ifc_to_snapshot(
    path: Path,
    snapshot: Path,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> ReadCost:
    """Read an IFC file and leave the model as a snapshot file; arguments and errors as for `read_ifc`."""
    refuse_other_files(path, file_bytes=limits.file_bytes)
    begun = time.monotonic()
    deadline = begun + limits.wall_seconds
    why: _Ended | None = None
    for kernel in KERNELS:
        request = _Request(path, snapshot, kernel, limits, deadline)
        ended = _run(request, progress)
        if not isinstance(ended, _Ended):
            return ReadCost(time.monotonic() - begun, ended)
        why = ended
        if ended is _Ended.MALFORMED:
            raise UnreadableIfcError(REASONS[ended], path=path, remedy=EXPORT_IFC)
    bad = _bad_products(path, limits, deadline, why)
    ended = _run(_Request(path, snapshot, KERNELS[0], limits, deadline, skip=bad), progress)
    if isinstance(ended, _Ended):
        raise _limit_error(path, ended)
    return ReadCost(time.monotonic() - begun, ended)


@dataclass(frozen=True, slots=True)
class _Request:
    """One attempt: what a child is to draw, with which kernel, into which snapshot."""

    path: Path
    snapshot: Path
    kernel: str
    limits: ReadLimits
    deadline: float
    skip: Mapping[str, Text] = field(default_factory=dict)
    only: Sequence[str] | None = None

    def to_json(self) -> str:
        return json.dumps(
            {
                "path": str(self.path.resolve()),
                "snapshot": str(self.snapshot.resolve()),
                "kernel": self.kernel,
                "skip": {name: why.to_json() for name, why in self.skip.items()},
                "file_bytes": self.limits.file_bytes,
                "only": None if self.only is None else list(self.only),
                "memory_bytes": self.limits.memory_bytes,
                "cpu_seconds": self.limits.cpu_seconds,
                "written_bytes": self.limits.written_bytes,
            }
        )


class _Ended(StrEnum):
    """How a child failed."""

    CRASH = "crash"
    MALFORMED = "malformed"
    OUTPUT = "output"
    MEMORY = "memory"
    CPU = "cpu"
    STALL = "stall"
    WALL = "wall"


REASONS: Mapping[_Ended, Text] = {
    _Ended.CRASH: Text(zh="读取时几何内核崩溃。", en="the geometry kernel crashed on it."),
    _Ended.MALFORMED: Text(
        zh="内容与其 IFC 版本的规定不符，无法读取。",
        en="its content contradicts its own IFC version and cannot be read.",
    ),
    _Ended.OUTPUT: Text(
        zh="读取结果超出大小上限。", en="what was read of it exceeds the size limit."
    ),
    _Ended.MEMORY: Text(zh="读取超出内存上限。", en="reading it exceeded the memory limit."),
    _Ended.CPU: Text(
        zh="读取超出处理器时间上限。", en="reading it exceeded the processor time limit."
    ),
    _Ended.STALL: Text(
        zh="几何内核长时间没有进展。", en="the geometry kernel made no progress on it."
    ),
    _Ended.WALL: Text(zh="读取超时。", en="reading it took too long."),
}


def _run(request: _Request, progress: Progress | None) -> _Ended | int:
    """Run one child; its peak memory in bytes when it left its snapshot, else how it failed.

    Raises:
        UnreadableIfcError: the child read enough to refuse the file.
    """
    with tempfile.TemporaryDirectory(prefix="cim-guard-") as folder:
        asked = Path(folder) / "request.json"
        asked.write_text(request.to_json(), encoding="utf-8")
        noise = Path(folder) / "stderr"
        ours, theirs = os.pipe()
        with noise.open("wb") as stderr, os.fdopen(ours, "rb") as stream:
            try:
                child = NURSERY.start(
                    [str(asked)], stdout=theirs, stderr=stderr.fileno(), folder=Path(folder)
                )
            finally:
                os.close(theirs)
            told = _listen(child, stream, request, progress)
        if isinstance(told, _Ended) or (told is not None and request.snapshot.is_file()):
            return told
        return _how_it_ended(child.wait(), noise.read_text(errors="replace"))


def _environment() -> dict[str, str]:
    """The child needs our modules and nothing of the parent's secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
        # A thread pool would be lost in the fork, and a file has one core anyway.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


NURSERY = Nursery("cim.ifc.child", _environment)


def _listen(
    child: Task, stream: IO[bytes], request: _Request, progress: Progress | None
) -> _Ended | int | None:
    """Follow a child's lines until it ends or breaks a limit of time."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_forward, args=(stream, lines), daemon=True)
    reader.start()
    told: int | None = None
    try:
        while True:
            left = request.deadline - time.monotonic()
            if left <= 0.0:
                return _Ended.WALL
            try:
                line = lines.get(timeout=min(left, request.limits.stall_seconds))
            except queue.Empty:
                return _Ended.WALL if left <= request.limits.stall_seconds else _Ended.STALL
            if line is None:
                return told
            heard = _heed(line.decode(errors="replace"), request.path, progress)
            told = told if heard is None else heard
    finally:
        child.kill()
        child.wait()
        reader.join()


def _forward(stream: IO[bytes], lines: queue.SimpleQueue[bytes | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _heed(line: str, path: Path, progress: Progress | None) -> int | None:
    kind, _, rest = line.strip().partition(" ")
    if kind == "e":
        raise _refusal(path, json.loads(rest))
    if kind == "p" and progress is not None:
        progress(float(rest.split()[0]))
    return int(rest) if kind == "d" else None


def _how_it_ended(code: int, noise: str) -> _Ended:
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return _Ended.CPU
    if "MemoryError" in noise or "bad_alloc" in noise or code in (-signal.SIGABRT, -signal.SIGKILL):
        return _Ended.MEMORY
    if FILE_TOO_LARGE in noise:
        return _Ended.OUTPUT
    log.warning("reading child ended with %s: %s", code, noise[-2000:])
    return _Ended.MALFORMED if code == UNCAUGHT else _Ended.CRASH


def _bad_products(
    path: Path, limits: ReadLimits, deadline: float, why: _Ended | None
) -> dict[str, Text]:
    """GlobalIds that no child can draw, each with a reason, found by halving.

    Raises:
        IfcLimitError: the file fails without drawing anything, or time runs out.
    """
    with tempfile.TemporaryDirectory(prefix="cim-halve-") as folder:
        snapshot = Path(folder) / "part.cim"

        def fails(only: Sequence[str]) -> _Ended | None:
            if time.monotonic() >= deadline:
                raise _limit_error(path, _Ended.WALL)
            part = replace(limits, cpu_seconds=min(limits.cpu_seconds, PART_SECONDS))
            ended = _run(_Request(path, snapshot, KERNELS[0], part, deadline, only=only), None)
            return ended if isinstance(ended, _Ended) else None

        empty = fails(())
        if empty is not None:
            raise _limit_error(path, why or empty)
        model = read_snapshot(snapshot)
        products = (model.elements, model.spaces, model.sites)
        waiting = [[product.global_id for group in products for product in group]]
        bad: dict[str, Text] = {}
        while waiting:
            group = waiting.pop()
            ended = fails(group)
            if ended is not None and len(group) == 1:
                bad[group[0]] = REASONS[ended]
            elif ended is not None:
                middle = len(group) // 2
                waiting.extend((group[:middle], group[middle:]))
        return bad


def _limit_error(path: Path, ended: _Ended) -> IfcLimitError:
    return IfcLimitError(
        REASONS[ended],
        path=path,
        remedy=Text(
            zh="请检查或简化几何，或分部分导出。",
            en="Check or simplify its geometry, or export it in parts.",
        ),
    )


def _refusal(path: Path, told: Mapping[str, Any]) -> UnreadableIfcError:
    remedy = told["remedy"]
    return UnreadableIfcError(
        Text(**told["reason"]),
        path=path,
        place=told["place"],
        remedy=Text(**remedy) if remedy else None,
    )
