"""What many files hold, a row each; a survey that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from viewer.batch import Reading, read_all

Row = dict[str, Any]


def survey(
    paths: Sequence[Path],
    *,
    log: Path | None = None,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Row]:
    """Read files and tell of each what it holds and what it cost, in their order.

    Args:
        paths: the files.
        log: rows are added to this file, one JSON value a line; a file that has not changed since it was
            written there is not read again.
        progress: called with the share done, 0..1.
    """
    known = _logged(log)
    rows = [known.get(_mark(path)) for path in paths]
    fresh = read_all(
        [path for path, row in zip(paths, rows, strict=True) if row is None], progress=progress
    )
    for row in rows:
        if row is None:
            row = _row(next(fresh))
            if log is not None:
                with log.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        yield row


def summary_of(rows: Sequence[Row]) -> Row:
    """Totals of a survey, and how often each error came."""
    read = [row for row in rows if row["error"] is None]
    return {
        "files": len(rows),
        "read": len(read),
        "errors": dict(
            Counter(row["error"]["reason"]["en"] for row in rows if row["error"]).most_common()
        ),
        "incomplete": sum(not row["complete"] for row in read),
        "elements": sum(row["elements"] for row in read),
        "undrawn": sum(sum(row["undrawn"].values()) for row in read),
        "seconds": round(sum(row["seconds"] for row in read), 2),
        "peak_mb": max((row["peak_mb"] for row in read), default=0),
    }


def _mark(path: Path) -> str:
    """What a row is recognised by: place, size and time of change of its file."""
    try:
        stat = path.stat()
    except OSError:
        return f"{path.resolve()} absent"
    return f"{path.resolve()} {stat.st_size} {stat.st_mtime_ns}"


def _logged(log: Path | None) -> dict[str, Row]:
    if log is None or not log.is_file():
        return {}
    rows: dict[str, Row] = {}
    text = log.read_text(encoding="utf-8")
    if text and not text.endswith("\n"):  # cut off in the middle of a line
        log.write_text(text := text + "\n", encoding="utf-8")
    for line in text.splitlines():
        try:
            row = json.loads(line)
            if row["error"] is None and "complete" not in row:
                continue  # of an older program, which did not look
            rows[row["mark"]] = row
        except (ValueError, KeyError, TypeError):
            continue  # its file is read again
    return rows


def _row(reading: Reading) -> Row:
    head: Row = {"file": str(reading.path), "mark": _mark(reading.path), "error": None}
    if reading.error is not None:
        remedy = reading.error.remedy
        return head | {
            "error": {
                "kind": type(reading.error).__name__,
                "reason": reading.error.reason.to_json(),
                "remedy": remedy.to_json() if remedy else None,
            }
        }
    model, cost = reading.model, reading.cost
    if model is None or cost is None:
        raise AssertionError(reading)
    return head | {
        "schema": model.schema,
        "tool": model.authoring_tool,
        "length_unit": model.length_unit,
        "elements": len(model.elements),
        "undrawn": dict(Counter(undrawn.reason.en for undrawn in model.undrawn)),
        "storeys": len(model.storeys),
        "spaces": len(model.spaces),
        "warnings": len(model.warnings),
        "complete": model.is_complete,
        "defects": {defect.kind.value: defect.count for defect in model.defects},
        "seconds": round(cost.seconds, 3),
        "peak_mb": round(cost.peak_bytes / 1e6),
    }
