"""Readers of IFC behind one face, each warm: ours, and the npm peers as one long-living process each."""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from peer_packages import SERVER, find_node, install_peers

from cim.building import BuildingModel
from cim.errors import CimError
from cim.ifc import guard
from cim.ifc.attempt import NURSERY
from cim.snapshot import read_snapshot

PEERS = ("web-ifc", "fragments", "ifc-lite")
OURS = "ours"
PATIENCE = 900.0  # s for one file; a peer that is silent for longer is ended
TICK = 1.0 / os.sysconf("SC_CLK_TCK")  # s


@dataclass(frozen=True, slots=True)
class Reading:
    """One file read once.

    Attributes:
        wall: seconds; of a peer inside its process, ours seen from the program that asks.
        cpu: seconds of processor time, user and system, all threads.
        peak_bytes: largest resident memory of the reading process so far, all files it has read.
        elements: drawn with at least one triangle, spaces and openings apart.
        unique_triangles: each shared geometry once; None when the reader shares nothing.
        instanced_triangles: each shared geometry as often as it is used; None when not known.
        bytes: what the reader leaves behind: ours the snapshot, fragments its file, others their arrays.
        drawn: GlobalId and IFC class of each element drawn; None unless asked for.
    """

    wall: float
    cpu: float
    peak_bytes: int
    elements: int
    unique_triangles: int | None
    instanced_triangles: int | None
    bytes: int
    drawn: tuple[tuple[str, str], ...] | None = None


class ReadingFailedError(RuntimeError):
    """A reader refused a file, crashed or took too long; the message says which."""


class Reader(Protocol):
    """Reads files one after another; close it at the end."""

    name: str

    def read(self, path: Path, *, listed: bool = False) -> Reading:
        """Read one file.

        Raises:
            ReadingFailedError: it could not.
        """

    def close(self) -> None: ...


class Ours:
    """`cim.ifc`: a child forked from a process with everything imported; read, tessellate, leave a snapshot."""

    name = OURS

    def __init__(self, limits: guard.ReadLimits = guard.DEFAULT_LIMITS) -> None:
        self._limits = limits
        NURSERY.warm()
        self._folder = tempfile.TemporaryDirectory(prefix="cim-bench-")

    def read(self, path: Path, *, listed: bool = False) -> Reading:
        snapshot = Path(self._folder.name) / "model.cim"
        cpu, began = self._cpu_seconds(), time.perf_counter()
        try:
            cost = guard.read_ifc_to_snapshot(path, snapshot, limits=self._limits)
        except CimError as error:
            raise ReadingFailedError(str(error)) from error
        wall, cpu = time.perf_counter() - began, self._cpu_seconds() - cpu
        return _counted(read_snapshot(snapshot), snapshot, wall, cpu, cost.peak_bytes, listed)

    def close(self) -> None:
        NURSERY.close()
        self._folder.cleanup()

    def _cpu_seconds(self) -> float:
        """Of this program, and of the children the forking process has seen the end of; in steps of 10 ms."""
        process = NURSERY._process
        assert process is not None
        # A child that has answered is counted once it is gone; one that waits for a file stays.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while len(children.read_text().split()) > 1:
            time.sleep(TICK / 10.0)
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        user_of_children, system_of_children = fields[13:15]
        return time.process_time() + (int(user_of_children) + int(system_of_children)) * TICK


def _counted(
    model: BuildingModel, snapshot: Path, wall: float, cpu: float, peak: int, listed: bool
) -> Reading:
    """Elements and sites, as the peers count them; spaces are read and drawn too, and not counted."""
    drawn = [(e.global_id, e.ifc_class, body.mesh) for e, body in model.drawn()] + [
        (s.global_id, "IfcSite", s.representation.mesh) for s in model.sites if s.representation
    ]
    triangles = [len(mesh.faces) for mesh in model.meshes]
    return Reading(
        wall=wall,
        cpu=cpu,
        peak_bytes=peak,
        elements=len(drawn),
        unique_triangles=sum(triangles[mesh] for mesh in {mesh for *_, mesh in drawn}),
        instanced_triangles=sum(triangles[mesh] for *_, mesh in drawn),
        bytes=snapshot.stat().st_size,
        drawn=tuple((global_id, kind) for global_id, kind, _ in drawn) if listed else None,
    )


class Peer:
    """One npm package in a Node.js process that has its wasm loaded."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._packages = install_peers()
        self._start()

    def read(self, path: Path, *, listed: bool = False) -> Reading:
        assert self._process.stdin is not None
        asked = json.dumps({"path": str(path.resolve()), "list": listed}) + "\n"
        self._process.stdin.write(asked.encode())
        self._process.stdin.flush()
        told = self._answer()
        if "error" in told:
            raise ReadingFailedError(told["error"])
        drawn = told.get("drawn")
        return Reading(
            wall=told["wall"],
            cpu=told["cpu"],
            peak_bytes=told["peak_bytes"],
            elements=told["elements"],
            unique_triangles=told.get("unique_triangles"),
            instanced_triangles=told.get("instanced_triangles"),
            bytes=told["bytes"],
            drawn=None if drawn is None else tuple((one, kind) for one, kind in drawn),
        )

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._replies)

    def _start(self) -> None:
        self._replies, theirs = os.pipe()
        self._heard = b""
        self._process = subprocess.Popen(
            [find_node(), SERVER, self.name, self._packages, str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs],
        )
        os.close(theirs)
        told = self._answer()
        if not told.get("ready"):
            raise ReadingFailedError(str(told))

    def _answer(self) -> dict[str, Any]:
        """The next line; a process that died or is silent is replaced, so that the next file is read by a fresh one."""
        deadline = time.monotonic() + PATIENCE
        while b"\n" not in self._heard:
            left = deadline - time.monotonic()
            ready = left > 0 and select.select([self._replies], [], [], left)[0]
            more = os.read(self._replies, 1 << 20) if ready else b""
            if not more:
                why = "ended" if ready else f"silent for {PATIENCE:.0f} s"
                self.close()
                self._start()
                return {"error": f"its process {why} (exit code {self._process.returncode})"}
            self._heard += more
        line, _, self._heard = self._heard.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer


def open_reader(name: str) -> Reader:
    """A reader by its name, started."""
    return Ours() if name == OURS else Peer(name)
