"""Our reader against the npm peers, on the same files, in one run: ``python tests/benchmarks/ifc_vs_peers.py``.

What is inside each figure, and what is not comparable, stands in README.md beside this file. The last line is
``median ratio X``: over the files that both read, the median of ours to web-ifc, each the ratio of median walls.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models import data_set, sample_towers, short_names
from readers import OURS, PEERS, Reader, Reading, ReadingFailedError, open_reader
from tables import MEGABYTE, megabytes, number, say, show

YARDSTICK = "web-ifc"


@dataclass(frozen=True, slots=True)
class Cold:
    """A file read by processes started for it.

    Attributes:
        seconds: wall clock from before they start, so with imports and the compilation of wasm.
        peak_bytes: largest resident memory of the process that read.
    """

    seconds: float
    peak_bytes: int


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


def measure_cold(readings: Readings) -> dict[tuple[Path, str], Cold]:
    """Read each file once more with each reader in processes started for it.

    A long-living process never gives wasm memory back, so the peak of a peer can only be told of a fresh one.
    """
    measured = {}
    for path, name in readings:
        began = time.perf_counter()
        reader = open_reader(name)
        try:
            peak = reader.read(path).peak_bytes
            measured[path, name] = Cold(time.perf_counter() - began, peak)
        finally:
            reader.close()
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


def report(
    readings: Readings,
    cold: dict[tuple[Path, str], Cold],
    refusals: Refusals,
    names: dict[Path, str],
) -> None:
    """Print a table a file, the refusals, a ratio a file, and last the median ratio."""
    for path, name in names.items():
        rows = [
            _row(reader, several, cold[path, reader])
            for (read, reader), several in sorted(readings.items(), key=lambda entry: entry[0][1])
            if read == path
        ]
        if rows:
            say(f"\n{name}, {megabytes(path.stat().st_size)} MB")
            show(COLUMNS, rows)
    if refusals:
        say("\nnot read:")
    for (path, reader), why in refusals.items():
        say(f"  {names[path]}, {reader}: {why}")
    found = ratios(readings)
    if not found:
        return
    cold_ratios = [cold[path, OURS].seconds / cold[path, YARDSTICK].seconds for path in found]
    say()
    show(
        ["file", "ours s", f"{YARDSTICK} s", "ratio", "cold ratio"],
        [
            [
                names[path],
                f"{_wall(readings[path, OURS]):.3f}",
                f"{_wall(readings[path, YARDSTICK]):.3f}",
                f"{ratio:.2f}",
                f"{cold_ratio:.2f}",
            ]
            for (path, ratio), cold_ratio in zip(found.items(), cold_ratios, strict=True)
        ],
    )
    say(f"\ncold, median ratio {statistics.median(cold_ratios):.2f}")
    say(f"median ratio {statistics.median(found.values()):.2f}")


COLUMNS = (
    "reader", "wall s", "min", "max", "CPU s", "cold s", "peak MB", "elements", "triangles once", "placed", "MB left",
)  # fmt: skip


def _row(reader: str, several: Sequence[Reading], cold: Cold) -> list[str]:
    walls = [reading.wall for reading in several]
    last = several[-1]
    return [
        reader,
        f"{_wall(several):.3f}",
        f"{min(walls):.3f}",
        f"{max(walls):.3f}",
        f"{statistics.median(reading.cpu for reading in several):.2f}",
        f"{cold.seconds:.2f}",
        f"{cold.peak_bytes / MEGABYTE:.0f}",
        number(last.elements),
        number(last.unique_triangles),
        number(last.instanced_triangles),
        megabytes(last.bytes),
    ]


def _write_json(
    readings: Readings,
    cold: dict[tuple[Path, str], Cold],
    refusals: Refusals,
    names: dict[Path, str],
    target: Path,
) -> None:
    document = {
        "readings": [
            {
                "file": names[path],
                "reader": name,
                "rounds": [asdict(one) for one in several],
                "cold": asdict(cold[path, name]),
            }
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
    readers = [open_reader(name) for name in (OURS, *peers)]
    try:
        readings, refusals = measure(paths, readers, rounds=asked.rounds)
    finally:
        for reader in readers:
            reader.close()
    cold = measure_cold(readings)
    if asked.json:
        _write_json(readings, cold, refusals, names, asked.json)
    report(readings, cold, refusals, names)


if __name__ == "__main__":
    main()
