"""Our reader against the npm peers, on the same files, in one run: ``python tests/benchmarks/ifc_vs_peers.py``.

What is inside each figure, and what is not comparable, stands in README.md beside this file. The last line is
``median ratio X``: over the files that both read, the median of ours to web-ifc, each the ratio of median walls.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from models import data_set, sample_towers, short_names
from readers import OURS, PEERS, Peer, Reader, Reading, ReadingFailedError, open_readers
from tables import megabytes, number, say, show

YARDSTICK = "web-ifc"

Readings = dict[tuple[Path, str], list[Reading]]
Refusals = dict[tuple[Path, str], str]


def measure(
    paths: Sequence[Path], readers: Sequence[Reader], *, rounds: int
) -> tuple[Readings, Refusals]:
    """Read each file with each reader so many times, each round in another order of readers.

    One round before is not counted: it warms compilers, caches and the file system. A file that a reader
    refuses there is not asked of it again.
    """
    readings: Readings = defaultdict(list)
    refusals: Refusals = {}
    for turn in range(rounds + 1):
        for place, path in enumerate(paths):
            start = (turn + place) % len(readers)
            for reader in (*readers[start:], *readers[:start]):
                if (path, reader.name) in refusals:
                    continue
                try:
                    reading = reader.read(path)
                except ReadingFailedError as error:
                    refusals[path, reader.name] = str(error).splitlines()[0]
                    continue
                if turn:
                    readings[path, reader.name].append(reading)
        say(f"round {turn} of {rounds}{' (warming up)' if not turn else ''}")
    return {k: v for k, v in readings.items() if k not in refusals}, refusals


def measure_memory(readings: Readings) -> Readings:
    """Replace the peak of each peer by that of a fresh process which reads only this file.

    A long-living process never gives wasm memory back, so its peak would be that of the largest file before.
    """
    measured: Readings = {}
    for (path, name), several in readings.items():
        peak = max(reading.peak_bytes for reading in several)
        if name != OURS:
            with Peer(name) as fresh:
                peak = fresh.read(path).peak_bytes
        measured[path, name] = [replace(reading, peak_bytes=peak) for reading in several]
    return measured


def ratios(readings: Readings) -> dict[Path, float]:
    """Our median wall to that of web-ifc, for each file that both read."""
    return {
        path: _wall(readings[path, OURS]) / _wall(several)
        for (path, name), several in readings.items()
        if name == YARDSTICK and (path, OURS) in readings
    }


def _wall(several: Sequence[Reading]) -> float:
    return statistics.median(reading.wall for reading in several)


def report(readings: Readings, refusals: Refusals, names: dict[Path, str]) -> None:
    """Print a row a file and reader, the refusals, a ratio a file, and last the median ratio."""
    say()
    show(
        [
            "file MB reader",
            "wall median s",
            "min",
            "max",
            "CPU s",
            "peak RSS MB",
            "elements",
            "unique tri",
            "instanced tri",
            "MB out",
        ],
        [
            _row(f"{names[path]} {megabytes(path.stat().st_size)} {name}", several)
            for (path, name), several in sorted(
                readings.items(), key=lambda entry: list(names).index(entry[0][0])
            )
        ],
    )
    if refusals:
        say("\nnot read:")
    for (path, name), why in refusals.items():
        say(f"  {names[path]}, {name}: {why}")
    found = ratios(readings)
    if found:
        say()
        show(
            ["file", f"ours / {YARDSTICK}"],
            [(names[path], f"{ratio:.2f}") for path, ratio in found.items()],
        )
        say()
        say(f"median ratio {statistics.median(found.values()):.2f}")


def _row(title: str, several: Sequence[Reading]) -> list[str]:
    walls = [reading.wall for reading in several]
    last = several[-1]
    return [
        title,
        f"{_wall(several):.3f}",
        f"{min(walls):.3f}",
        f"{max(walls):.3f}",
        f"{statistics.median(reading.cpu for reading in several):.2f}",
        f"{last.peak_bytes / 1e6:.0f}",
        number(last.elements),
        number(last.unique_triangles),
        number(last.instanced_triangles),
        megabytes(last.bytes),
    ]


def _write_json(
    readings: Readings, refusals: Refusals, names: dict[Path, str], target: Path
) -> None:
    document = {
        "readings": [
            {"file": names[path], "reader": name, "rounds": [asdict(one) for one in several]}
            for (path, name), several in readings.items()
        ],
        "refusals": [
            {"file": names[path], "reader": name, "reason": why}
            for (path, name), why in refusals.items()
        ],
        "ratios": {names[path]: ratio for path, ratio in ratios(readings).items()},
    }
    target.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds (default 5)")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma-separated, or none")
    parser.add_argument("--files", nargs="+", type=Path, help="instead of data set and towers")
    parser.add_argument("--json", type=Path, help="also write every reading to this file")
    asked = parser.parse_args()
    peers = [] if asked.peers == "none" else asked.peers.split(",")
    paths = asked.files or [*data_set(), *sample_towers()]
    names = short_names(paths)
    readers = open_readers(peers)
    try:
        readings, refusals = measure(paths, readers, rounds=asked.rounds)
    finally:
        for reader in readers:
            reader.close()
    readings = measure_memory(readings)
    if asked.json:
        _write_json(readings, refusals, names, asked.json)
    report(readings, refusals, names)


if __name__ == "__main__":
    main()
