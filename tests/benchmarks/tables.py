"""Tables on a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence

MEGABYTE = 1e6


def say(line: str = "") -> None:
    """Write one line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a Markdown table whose columns also line up on a terminal; all but the first are flush right."""
    table = [list(header), *[list(row) for row in rows]]
    widths = [max(_width(row[i]) for row in table) for i in range(len(header))]
    lines = [_line(row, widths) for row in table]
    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]
    say("\n".join([lines[0], _line(rule, widths), *lines[1:]]))


def megabytes(count: int | None) -> str:
    """Bytes in units of 10^6."""
    return "-" if count is None else f"{count / MEGABYTE:.2f}"


def number(count: int | None) -> str:
    """A count with its thousands apart."""
    return "-" if count is None else f"{count:,}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0] + " " * (widths[0] - _width(cells[0]))]
    padded += [
        " " * (width - _width(cell)) + cell
        for cell, width in zip(cells[1:], widths[1:], strict=True)
    ]
    return "| " + " | ".join(padded) + " |"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
