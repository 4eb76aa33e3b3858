"""A scripted, seeded, Xiamen-like city and the buildings submitted to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from samples.city import write_city
from samples.submissions import write_submissions

SEED = 2026


def prepare(
    folder: Path,
    *,
    buildings: int = 2200,
    seed: int = SEED,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Write ``folder/city`` and ``folder/submissions/{compliant,violating,misplaced,revision}.ifc``.

    The same arguments give the same files.

    Args:
        folder: made when absent.
        buildings: existing buildings of the city.
        seed: of everything left to chance.
        progress: called with the share done, 0..1.
    """
    tell = progress or (lambda _: None)
    write_city(folder / "city", buildings=buildings, seed=seed, progress=lambda s: tell(0.4 * s))
    write_submissions(folder / "submissions", progress=lambda s: tell(0.4 + 0.6 * s))
