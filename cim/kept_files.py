"""Folders of files that may be made again: kept small by letting go of what was not used for longest."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def trim(folder: Path, *, suffixes: Collection[str], most_bytes: int) -> None:
    """Let go of the files longest without use until all together have at most `most_bytes`.

    Whoever reads one touches it (`os.utime`), so that its time tells when it was of use.

    Args:
        folder: looked through with all below it.
        suffixes: of the files that count and may go, such as ``.npz``.
        most_bytes: of all of them together.
    """
    files: list[tuple[float, int, Path]] = []
    for path in folder.rglob("*"):
        if path.suffix not in suffixes:
            continue
        try:
            stat = path.stat()
        except OSError:
            continue  # somebody else let go of it
        files.append((stat.st_mtime, stat.st_size, path))
    left = sum(size for _, size, _ in files)
    for _, size, path in sorted(files):
        if left <= most_bytes:
            return
        path.unlink(missing_ok=True)
        left -= size
