"""One child, started, followed and judged."""

from __future__ import annotations

import errno
import json
import logging
import math
import os
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from cim.errors import UnreadableIfcError
from cim.ifc.child import OUT_OF_TIME, read_journal
from cim.ifc.limits import ReadLimits
from cim.nursery import Nursery, Task
from cim.text import Text

log = logging.getLogger(__name__)

Progress = Callable[[float], None]

FILE_TOO_LARGE = f"[Errno {errno.EFBIG}]"
CHUNK = 1 << 16  # bytes of a child's lines read at once
UNCAUGHT = 1  # exit code of a child whose own code met something it could not understand


class Ended(StrEnum):
    """How a child failed."""

    CRASH = "crash"
    MALFORMED = "malformed"
    OUTPUT = "output"
    MEMORY = "memory"
    CPU = "cpu"
    STALL = "stall"
    WALL = "wall"


REASONS: Mapping[Ended, Text] = {
    Ended.CRASH: Text(zh="读取时几何内核崩溃。", en="the geometry kernel crashed on it."),
    Ended.MALFORMED: Text(
        zh="内容与其 IFC 版本的规定不符，无法读取。",
        en="its content contradicts its own IFC version and cannot be read.",
    ),
    Ended.OUTPUT: Text(
        zh="读取结果超出大小上限。", en="what was read of it exceeds the size limit."
    ),
    Ended.MEMORY: Text(zh="读取超出内存上限。", en="reading it exceeded the memory limit."),
    Ended.CPU: Text(
        zh="读取超出处理器时间上限。", en="reading it exceeded the processor time limit."
    ),
    Ended.STALL: Text(
        zh="几何内核长时间没有进展。", en="the geometry kernel made no progress on it."
    ),
    Ended.WALL: Text(zh="读取超时。", en="reading it took too long."),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What a child is to do.

    Attributes:
        path: the file.
        snapshot: where to leave the model.
        journal: where the numbers of drawn products are kept; a probe reads the one of the attempt before.
        kernel: geometry library.
        limits: of the child.
        deadline: on the monotonic clock; the child is ended then.
        soft_deadline: when it is to stop drawing and leave what it has.
        stall_seconds: the longest it may be silent while it opens the file and draws.
        element_seconds: the longest a probe may be silent about one product.
        task: to read the file, or to probe products one by one.
        skip: reasons, each with the instance numbers of products not to be drawn.
        thorough: instance numbers of products for the thorough kernel.
        only: a journal of the only products to draw, and why the others are not; None draws all.
        probed: instance numbers of the only products to probe; empty probes all that the journal lacks.
        cache: folder of bodies that kernels drew before, or None; the child reads it.
        fresh: where the child leaves bodies it drew, when there is a cache.
    """

    path: Path
    snapshot: Path
    journal: Path
    kernel: str
    limits: ReadLimits
    deadline: float
    soft_deadline: float
    stall_seconds: float
    element_seconds: float
    task: Literal["read", "probe"] = "read"
    skip: Sequence[tuple[Text, Sequence[int]]] = ()
    thorough: Sequence[int] = ()
    only: tuple[Path, Text] | None = None
    probed: Sequence[int] = ()
    cache: Path | None = None
    fresh: Path | None = None

    def to_json(self) -> str:
        """For the child."""
        limits = self.limits
        return json.dumps(
            {
                "task": self.task,
                "path": str(self.path.resolve()),
                "snapshot": str(self.snapshot.resolve()),
                "journal": str(self.journal.resolve()),
                "kernel": self.kernel,
                "soft_deadline": self.soft_deadline,
                "skip": [(why.to_json(), list(numbers)) for why, numbers in self.skip],
                "thorough": list(self.thorough),
                "only": self.only and (str(self.only[0].resolve()), self.only[1].to_json()),
                "probed": list(self.probed),
                "cache": self.cache and str(self.cache.resolve()),
                "fresh": self.fresh and str(self.fresh.resolve()),
                "file_bytes": limits.file_bytes,
                "memory_bytes": limits.memory_bytes,
                "cpu_seconds": limits.cpu_seconds,
                "written_bytes": limits.written_bytes,
                "open_files": limits.open_files,
                "must_isolate": limits.must_isolate,
            }
        )


@dataclass(slots=True)
class Attempt:
    """What came of a child.

    Attributes:
        ended: how it failed; None when it did its work.
        peak_bytes: of its memory; 0 when it failed.
        useful_seconds: until it told something for the last time.
        drawn: instance numbers of the products it drew.
        began: the product it was drawing alone when it ended, with those of the same geometry behind it; empty for none.
    """

    ended: Ended | None = None
    peak_bytes: int = 0
    useful_seconds: float = 0.0
    drawn: frozenset[int] = frozenset()
    began: tuple[int, ...] = ()


def attempt(request: Request, progress: Progress | None = None) -> Attempt:
    """Run one child.

    Raises:
        UnreadableIfcError: it read enough to refuse the file.
    """
    # A child that has told it is done may still be on its way out.
    with tempfile.TemporaryDirectory(prefix="cim-guard-", ignore_cleanup_errors=True) as folder:
        asked = Path(folder) / "request.json"
        asked.write_text(request.to_json(), encoding="utf-8")
        noise = Path(folder) / "stderr"
        ours, theirs = os.pipe()
        with noise.open("wb") as stderr, os.fdopen(ours, "rb", buffering=0) as stream:
            try:
                child = NURSERY.start(
                    [str(asked)], stdout=theirs, stderr=stderr.fileno(), folder=Path(folder)
                )
            finally:
                os.close(theirs)
            listener = _Listener(request, progress)
            listener.follow(child, stream.fileno())
        made = listener.attempt
        if made.ended is None and not made.peak_bytes:
            made.ended = _how_it_ended(child.wait(), noise.read_text(errors="replace"))
        if request.task == "read" and made.ended is not None:
            made.drawn = frozenset(read_journal(request.journal))
        return made


def _environment() -> dict[str, str]:
    """The child needs our modules and nothing of the parent's secrets."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "NUMBA_CACHE_DIR")
        if name in os.environ
    }
    return kept | {
        "PYTHONPATH": os.pathsep.join(part for part in sys.path if part),
        # A thread pool would be lost in the fork, and a file has one core anyway.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # A child's arrays are large and new: in pages of 2 MB it takes a tenth of its time less.
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    }


NURSERY = Nursery("cim.ifc.child", _environment)


class _Listener:
    """Follows a child's lines until it ends or breaks a limit of time."""

    def __init__(self, request: Request, progress: Progress | None) -> None:
        self._request = request
        self._progress = progress
        self._stall: float | None = request.stall_seconds
        self._begun = time.monotonic()
        self.attempt = Attempt()

    def follow(self, child: Task, stream: int) -> None:
        """Listen to a child until it is done, ends or is out of time, and end it; `stream` is a file descriptor."""
        try:
            self.attempt.ended = self._listen(stream)
        finally:
            if self.attempt.peak_bytes:
                child.leave()
            else:
                child.kill()
                child.wait()

    def _listen(self, stream: int) -> Ended | None:
        heard = b""
        ready = select.poll()
        ready.register(stream, select.POLLIN)
        while not self.attempt.peak_bytes:
            left = self._request.deadline - time.monotonic()
            if left <= 0.0:
                return Ended.WALL
            patience = left if self._stall is None else min(left, self._stall)
            if not ready.poll(math.ceil(1e3 * patience)):
                return Ended.WALL if patience >= left else Ended.STALL
            more = os.read(stream, CHUNK)
            if not more:
                return None
            self.attempt.useful_seconds = time.monotonic() - self._begun
            *lines, heard = (heard + more).split(b"\n")
            for line in lines:
                self._heed(line.decode(errors="replace"))
        return None

    def _heed(self, line: str) -> None:
        kind, _, rest = line.strip().partition(" ")
        if kind == "e":
            raise _refusal(self._request.path, json.loads(rest))
        if kind == "p" and self._progress is not None:
            self._progress(float(rest))
        elif kind == "q":
            self._stall = None
        elif kind == "s":
            self._stall = self._request.element_seconds
            self.attempt.began = tuple(int(number) for number in rest.split())
        elif kind == "f":
            self.attempt.began = ()
        elif kind == "d":
            self.attempt.peak_bytes = int(rest)
        elif kind == "n":
            _warn_of_network()


_warned: list[bool] = []


def _warn_of_network() -> None:
    """Once a process: it is a fact about the machine, not about a file."""
    if not _warned:
        _warned.append(True)
        log.warning("files are read without being cut off from the network: no user namespaces")


def _how_it_ended(code: int, noise: str) -> Ended:
    if code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
        return Ended.CPU
    if code == OUT_OF_TIME:
        return Ended.WALL
    if "MemoryError" in noise or "bad_alloc" in noise or code in (-signal.SIGABRT, -signal.SIGKILL):
        return Ended.MEMORY
    if FILE_TOO_LARGE in noise:
        return Ended.OUTPUT
    log.warning("reading child ended with %s: %s", code, noise[-2000:])
    return Ended.MALFORMED if code == UNCAUGHT else Ended.CRASH


def _refusal(path: Path, told: Mapping[str, Any]) -> UnreadableIfcError:
    remedy = told["remedy"]
    return UnreadableIfcError(
        Text(**told["reason"]),
        path=path,
        place=told["place"],
        remedy=Text(**remedy) if remedy else None,
    )
