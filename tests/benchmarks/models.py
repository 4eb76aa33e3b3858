"""Which files the benchmarks read: those of ``CIM_TEST_DATA``, and the sample towers."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

CACHE = Path(__file__).resolve().parent / ".cache"
SMALLEST = 500_000  # bytes; below, a figure tells of processes and not of reading


def sample_towers() -> list[Path]:
    """The four submitted towers, written once until their generator changes."""
    folder = CACHE / f"towers-{_generator()}"
    if not folder.is_dir():
        # Not above: what writes the towers would count into the memory of a process that only reads them.
        from samples.submissions import write_submissions

        for old in CACHE.glob("towers-*"):
            shutil.rmtree(old)
        partial = folder.with_suffix(".partial")
        write_submissions(partial)
        partial.rename(folder)
    return sorted(folder.glob("*.ifc"))


def data_set(*, smallest: int = SMALLEST) -> list[Path]:
    """IFC files of the data set of at least so many bytes, sorted by path.

    Raises:
        SystemExit: ``CIM_TEST_DATA`` does not name a folder.
    """
    named = os.environ.get("CIM_TEST_DATA")
    if not named or not (Path(named) / "ifc").is_dir():
        raise SystemExit("CIM_TEST_DATA must name the folder of third-party test data")
    found = sorted((Path(named) / "ifc").rglob("*.ifc"))
    return [path for path in found if path.stat().st_size >= smallest]


def short_names(paths: list[Path]) -> dict[Path, str]:
    """File names, with the folder where two are the same."""
    names = [path.name for path in paths]
    return {
        path: path.name if names.count(path.name) == 1 else f"{path.parent.name}/{path.name}"
        for path in paths
    }


def _generator() -> str:
    digest = hashlib.sha256()
    for source in sorted((CACHE.parents[2] / "samples").rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
