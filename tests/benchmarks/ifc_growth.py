"""Time and memory against size of file: ``python tests/benchmarks/ifc_growth.py``.

Models of about 1, 10, 50 and 150 MB (see `enlarged`) are read by processes started for each, so that a peak is of
that file alone. The exponent is the slope of log figure over log size; 1 is linear. Limits of processor and wall
time are lifted, limits of memory are not.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from enlarged import write_enlarged
from growth import exponent
from models import sample_towers
from readers import OURS, Ours, Reader, open_reader
from tables import MEGABYTE, megabytes, number, say, show

from cim.ifc import DEFAULT_LIMITS
from cim.ifc.drawing import Plan
from cim.ifc.kernel import FAST

SIZES = (1, 10, 50, 150)  # MB
MOST_A_BYTE, MOST_BESIDES = 12, 100e6  # bytes of memory a byte of file, and bytes on top (issue 3)
LINEAR = (
    1.15  # an exponent above is called superlinear; timings of a shared machine scatter by 10 %
)
READ_EVERYTHING: dict[str, Any] = {
    "plan": Plan(FAST),
    "progress": lambda *_: None,
    "when_drawn": lambda: None,
}
PATIENT = replace(DEFAULT_LIMITS, cpu_seconds=3600, wall_seconds=3600.0, stall_seconds=600.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One file read by one reader.

    Attributes:
        file_bytes: size of the file.
        elements, triangles: drawn; each shared geometry once.
        wall, cpu: seconds.
        peak_bytes: of the process that read.
        parent_bytes: peak of the process that asked, after it has the model in memory; 0 for a peer.
    """

    file_bytes: int
    elements: int
    triangles: int
    wall: float
    cpu: float
    peak_bytes: int
    parent_bytes: int


def measure(path: Path, reader_name: str) -> Measured:
    """Read one file; to be called in a fresh process."""
    reader: Reader = Ours(PATIENT) if reader_name == OURS else open_reader(reader_name)
    try:
        read = reader.read(path)
    finally:
        reader.close()
    return Measured(
        file_bytes=path.stat().st_size,
        elements=read.elements,
        triangles=read.unique_triangles or 0,
        wall=read.wall,
        cpu=read.cpu,
        peak_bytes=read.peak_bytes,
        parent_bytes=_peak_of_this_process() if reader_name == OURS else 0,
    )


def stages(path: Path) -> list[tuple[str, int, int]]:
    """Memory along our reading, in this process: stage, peak during it, resident after it, bytes."""
    from cim.ifc import child
    from cim.ifc.document import open_document
    from cim.ifc.reader import read_open_file
    from cim.snapshot import write_snapshot

    told: list[tuple[str, int, int]] = []

    def stage(name: str, work: Callable[[], Any]) -> Any:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        result = work()
        status = Path("/proc/self/status").read_text()
        peak, resident = (
            int(re.findall(rf"{key}:\s+(\d+) kB", status)[0]) * 1024 for key in ("VmHWM", "VmRSS")
        )
        told.append((name, peak, resident))
        return result

    with tempfile.TemporaryDirectory(prefix="cim-bench-") as folder:
        snapshot = Path(folder) / "model.cim"
        stage("imports", child.preload)
        document = stage(
            "open", lambda: open_document(path, Path(folder), file_bytes=path.stat().st_size)
        )
        building = stage(
            "read and tessellate", lambda: read_open_file(document, path, **READ_EVERYTHING)
        )
        stage("write snapshot", lambda: write_snapshot(building, snapshot))
    return told


def kernel_alone(path: Path) -> int:
    """Peak memory of IfcOpenShell opening the file and drawing its elements, keeping nothing; bytes."""
    import ifcopenshell
    from ifcopenshell import geom

    model = ifcopenshell.open(path)  # kept by name: the iterator does not keep it alive
    settings: Any = geom.settings()  # type: ignore[no-untyped-call]
    settings.set("no-normals", True)
    library: Any = FAST
    iterator: Any = geom.iterator(
        settings, model, 1, exclude=["IfcOpeningElement"], geometry_library=library
    )
    more = iterator.initialize()
    while more:
        iterator.get()
        more = iterator.next()
    return _peak_of_this_process()


def report(reader: str, measured: Sequence[Measured]) -> None:
    """Print a row a size, the exponents, and what is superlinear or over the target."""
    say(f"\n{reader}")
    show(COLUMNS, [_row(one, judged=reader == OURS) for one in measured])
    if len(measured) < 2:
        return
    sizes = [one.file_bytes for one in measured]
    for name, figures in {
        "wall": [one.wall for one in measured],
        "CPU": [one.cpu for one in measured],
        "peak memory": [float(one.peak_bytes) for one in measured],
    }.items():
        whole = exponent(sizes, figures)
        last = exponent(sizes[-2:], figures[-2:])
        flag = "  SUPERLINEAR" if max(whole, last) > LINEAR else ""
        say(f"  {name}: exponent {whole:.2f}, between the two largest {last:.2f}{flag}")


COLUMNS = (
    "MB", "elements", "triangles", "wall s", "CPU s", "peak MB", "peak / size", "parent MB", "parent / size", "target",
)  # fmt: skip


def _row(one: Measured, *, judged: bool) -> list[str]:
    allowed = MOST_A_BYTE * one.file_bytes + MOST_BESIDES
    worst = max(one.peak_bytes, one.parent_bytes)
    return [
        megabytes(one.file_bytes),
        number(one.elements),
        number(one.triangles),
        f"{one.wall:.2f}",
        f"{one.cpu:.2f}",
        f"{one.peak_bytes / MEGABYTE:.0f}",
        f"{one.peak_bytes / one.file_bytes:.1f}",
        f"{one.parent_bytes / MEGABYTE:.0f}",
        f"{one.parent_bytes / one.file_bytes:.1f}",
        f"{'within' if worst <= allowed else 'OVER'} {allowed / MEGABYTE:.0f} MB" if judged else "",
    ]


def _peak_of_this_process() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _in_fresh_process(what: str, path: Path) -> Any:
    done = subprocess.run(
        [sys.executable, __file__, "--one", what, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def _one(what: str, path: Path) -> Any:
    if what == "stages":
        return stages(path)
    if what == "kernel":
        return kernel_alone(path)
    return asdict(measure(path, what))


def _report_stages(path: Path) -> None:
    say(f"\nwhere our memory goes, {megabytes(path.stat().st_size)} MB, one process")
    show(
        ["stage", "peak MB", "resident after MB"],
        [
            [name, f"{peak / MEGABYTE:.0f}", f"{resident / MEGABYTE:.0f}"]
            for name, peak, resident in _in_fresh_process("stages", path)
        ],
    )
    alone = _in_fresh_process("kernel", path)
    say(
        f"  IfcOpenShell alone, open and draw, nothing kept: peak {alone / MEGABYTE:.0f} MB "
        f"({alone / path.stat().st_size:.1f} x size)"
    )


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="MB")
    parser.add_argument("--peers", default="web-ifc", help="comma-separated, or none")
    parser.add_argument("--stages", type=int, nargs="*", help="MB of which to tell the stages")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        say(json.dumps(_one(asked.one[0], Path(asked.one[1]))))
        return
    readers = [OURS, *([] if asked.peers == "none" else asked.peers.split(","))]
    measured: dict[str, list[Measured]] = {reader: [] for reader in readers}
    with tempfile.TemporaryDirectory(prefix="cim-bench-") as folder:
        paths = {}
        for size in asked.sizes:
            paths[size] = Path(folder) / f"{size}.ifc"
            write_enlarged(sample_towers()[0], paths[size], size=size * int(MEGABYTE))
            for reader in readers:
                one = Measured(**_in_fresh_process(reader, paths[size]))
                measured[reader].append(one)
                say(f"{size} MB, {reader}: {one.wall:.2f} s, {one.peak_bytes / MEGABYTE:.0f} MB")
        for reader in readers:
            report(reader, measured[reader])
        for size in asked.sizes[-1:] if asked.stages is None else asked.stages:
            _report_stages(paths[size])
    if asked.json:
        document = {
            reader: [asdict(one) for one in several] for reader, several in measured.items()
        }
        asked.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
