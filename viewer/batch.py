"""Many models in the order given, read ahead on all processors: each is read in a process of its own anyway."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cim.building import BuildingModel
from cim.errors import CimError
from cim.ifc import DEFAULT_LIMITS, ReadCost, ReadLimits, read_ifc_to_snapshot
from cim.snapshot import read_snapshot


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading one file.

    Attributes:
        path: the file.
        model: None when it could not be read.
        error: why; None when it was read.
        cost: of reading; None when it could not be read.
    """

    path: Path
    model: BuildingModel | None = None
    error: CimError | None = None
    cost: ReadCost | None = None


def read_all(
    paths: Sequence[Path],
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Callable[[float], None] | None = None,
) -> Iterator[Reading]:
    """Read files, a few ahead of the one that is asked for.

    Args:
        paths: the files; the readings come in their order.
        limits: of one file.
        progress: called with the share done of all, 0..1.
    """
    workers = min(os.cpu_count() or 1, len(paths))
    shares = _Shares(len(paths), progress)
    if workers <= 1:
        yield from (_read(path, limits, shares, place) for place, path in enumerate(paths))
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Reading]] = deque()
        for place, path in enumerate(paths):
            waiting.append(pool.submit(_read, path, limits, shares, place))
            if len(waiting) > workers:  # no more models in memory than are soon wanted
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Shares:
    """The share done of all files, from that of each; several threads tell."""

    def __init__(self, count: int, progress: Callable[[float], None] | None) -> None:
        self._shares = [0.0] * count
        self._progress = progress
        self._lock = threading.Lock()

    def tell(self, place: int, share: float) -> None:
        with self._lock:
            self._shares[place] = max(share, self._shares[place])
            if self._progress is not None:
                self._progress(sum(self._shares) / len(self._shares))


def _read(path: Path, limits: ReadLimits, shares: _Shares, place: int) -> Reading:
    try:
        with tempfile.TemporaryDirectory(prefix="cim-batch-") as folder:
            snapshot = Path(folder) / "model.cim"
            cost = read_ifc_to_snapshot(
                path, snapshot, limits=limits, progress=lambda share: shares.tell(place, share)
            )
            return Reading(path, model=read_snapshot(snapshot), cost=cost)
    except CimError as error:
        return Reading(path, error=error)
    finally:
        shares.tell(place, 1.0)
