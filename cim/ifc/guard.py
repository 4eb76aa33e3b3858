"""Read hostile files in child processes, so that a bad element costs itself and nothing else.

A child that crashes, hangs or exceeds a limit has told in its journal what it drew. The first product it did not draw is
tried alone in a fresh child, then with the thorough kernel; then the file is read again with that one, and all that
are drawn from the same geometry, set aside. So one hanging element costs about one stall limit and one normal read.
When time runs short, what was drawn once is drawn again and the rest is recorded as undrawn.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from cim.building import BuildingModel
from cim.errors import IfcLimitError, UnreadableIfcError
from cim.ifc.attempt import NURSERY, REASONS, Attempt, Ended, Progress, Request, attempt
from cim.ifc.drawing import TIME_LIMIT
from cim.ifc.foreign import EXPORT_IFC
from cim.ifc.geometry_cache import take_over
from cim.ifc.kernel import FAST, THOROUGH
from cim.ifc.limits import DEFAULT_LIMITS, ReadLimits
from cim.ifc.sniff import refuse_other_files
from cim.snapshot import read_snapshot
from cim.text import Text

RESERVE = 0.35  # share of the wall limit kept for what comes after drawing
LONGEST_RESERVE = 60.0  # s
SHORTEST_PROBE = 0.5  # s; less would condemn products that are only waiting for a busy machine
PATIENCE = 0.4  # of the time left may pass in silence, so that something is left to mend it
MARGIN = 1.3  # a file drawn again may take longer than before, on a machine with other work


@dataclass(frozen=True, slots=True)
class ReadCost:
    """What reading a file took.

    Attributes:
        seconds: wall clock, all attempts together.
        peak_bytes: largest memory of the child that read it.
    """

    seconds: float
    peak_bytes: int


def get_ready() -> None:
    """Start the process that readers are forked from, without waiting for it.

    On its first run on a machine it compiles for some 20 s of processor time; whoever has other work meanwhile starts it early.
    """
    NURSERY.warm()


def read_ifc(
    path: Path,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> BuildingModel:
    """Read an IFC file.

    Args:
        path: the file.
        limits: what it may cost.
        progress: called with the share done, 0..1.
        cache: folder of bodies that a kernel drew before; what it draws now is added.

    Returns:
        The model. One that is not `is_complete` is a part of what was meant: to be looked at, not to be judged.

    Raises:
        UnreadableIfcError: it is not an IFC model this program can read; says what it is and what to do.
        IfcLimitError: it exceeded a limit, or crashed every reader.
    """
    with tempfile.TemporaryDirectory(prefix="cim-read-") as folder:
        snapshot = Path(folder) / "model.cim"
        read_ifc_to_snapshot(path, snapshot, limits=limits, progress=progress, cache=cache)
        return read_snapshot(snapshot)


def read_ifc_to_snapshot(
    path: Path,
    snapshot: Path,
    *,
    limits: ReadLimits = DEFAULT_LIMITS,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> ReadCost:
    """Read an IFC file and leave the model as a snapshot file; arguments and errors as for `read_ifc`."""
    refuse_other_files(path, file_bytes=limits.file_bytes)
    with tempfile.TemporaryDirectory(prefix="cim-journal-") as folder:
        reading = _Reading(path, snapshot, limits, Path(folder), _rising(progress), cache)
        peak = reading.run()
        if cache is not None:
            take_over(reading.fresh, cache, most_bytes=limits.cache_bytes)
        return ReadCost(time.monotonic() - reading.begun, peak)


def _rising(progress: Progress | None) -> Progress | None:
    """The same, without going back when a file is read again."""
    if progress is None:
        return None
    highest = 0.0

    def tell(share: float) -> None:
        nonlocal highest
        highest = max(highest, share)
        progress(highest)

    return tell


@dataclass(slots=True)
class _Reading:
    """The attempts to read one file, and what they taught.

    Attributes:
        path, snapshot, limits: as of `read_ifc_to_snapshot`.
        folder: for journals.
        progress: never falls.
        cache: as of `read_ifc`.
        begun: on the monotonic clock.
        skip: products that no kernel draws, by reason.
        thorough: products that only the thorough kernel draws.
    """

    path: Path
    snapshot: Path
    limits: ReadLimits
    folder: Path
    progress: Progress | None
    cache: Path | None
    begun: float = field(default_factory=time.monotonic)
    skip: list[tuple[Text, tuple[int, ...]]] = field(default_factory=list)
    thorough: list[int] = field(default_factory=list)

    @property
    def fresh(self) -> Path:
        """Where children leave the bodies they draw."""
        return self.folder / "fresh"

    def run(self) -> int:
        """Read the file; the peak memory of the child that did, bytes.

        Raises:
            UnreadableIfcError: as of `read_ifc`.
        """
        best, best_journal = Attempt(), self.folder / "none"
        for number in range(1_000_000):
            journal = self.folder / str(number)
            made = attempt(self._request(journal), self.progress)
            if made.ended is None:
                return made.peak_bytes
            self._give_up_on(made.ended)
            if len(made.drawn) >= len(best.drawn):
                best, best_journal = made, journal
            if not self._set_aside(journal, self._spare(best) / 3.0):
                break
        return self._what_is_known(best, best_journal)

    def _give_up_on(self, ended: Ended) -> None:
        """Raise for what no other way of drawing would mend."""
        if ended is Ended.MALFORMED:
            raise UnreadableIfcError(REASONS[ended], path=self.path, remedy=EXPORT_IFC)
        if ended is Ended.OUTPUT:
            raise _limit_error(self.path, ended)

    def _set_aside(self, journal: Path, seconds: float) -> bool:
        """Find the product a child failed on and plan around it; False when it cannot be found.

        Args:
            journal: of that child.
            seconds: there are for one product.
        """
        if seconds < SHORTEST_PROBE:
            return False
        alone = attempt(self._request(journal, task="probe", seconds=seconds))
        if alone.ended is None or not alone.began:
            return False
        culprit = alone.began[0]
        thorough = attempt(
            self._request(
                journal, task="probe", kernel=THOROUGH, probed=(culprit,), seconds=seconds
            )
        )
        self.thorough = [number for number in self.thorough if number not in alone.began]
        if thorough.ended is None:
            self.thorough.extend(alone.began)
        else:
            self.skip.append((REASONS[thorough.ended], alone.began))
        return True

    def _what_is_known(self, best: Attempt, journal: Path) -> int:
        """Draw again what was drawn once, and record the rest as undrawn."""
        ended = best.ended or Ended.WALL
        left = self._left()
        if not best.drawn or left <= 0.0:
            raise _limit_error(self.path, ended)
        why = TIME_LIMIT if ended in (Ended.WALL, Ended.STALL) else REASONS[ended]
        last = self._request(self.folder / "last", only=(journal, why))
        again = time.monotonic() + MARGIN * best.useful_seconds
        last = replace(last, soft_deadline=max(last.soft_deadline, again))
        made = attempt(last, self.progress)
        if made.ended is not None:
            raise _limit_error(self.path, made.ended)
        return made.peak_bytes

    def _left(self) -> float:
        return self.begun + self.limits.wall_seconds - time.monotonic()

    def _spare(self, best: Attempt) -> float:
        """Time for looking for a product, after which what was drawn can still be drawn again; seconds."""
        return self._left() - self._reserve() - MARGIN * best.useful_seconds

    def _reserve(self) -> float:
        return min(LONGEST_RESERVE, RESERVE * self.limits.wall_seconds)

    def _request(
        self,
        journal: Path,
        *,
        task: str = "read",
        kernel: str = FAST,
        probed: tuple[int, ...] = (),
        only: tuple[Path, Text] | None = None,
        seconds: float = 0.0,
    ) -> Request:
        limits, left = self.limits, self._left()
        deadline = self.begun + limits.wall_seconds
        return Request(
            path=self.path,
            snapshot=self.snapshot,
            journal=journal,
            kernel=kernel,
            limits=limits,
            deadline=deadline,
            soft_deadline=deadline - self._reserve(),
            stall_seconds=max(min(limits.stall_seconds, PATIENCE * left), 0.001),
            element_seconds=min(limits.element_seconds, seconds),
            task="probe" if task == "probe" else "read",
            skip=self.skip,
            thorough=self.thorough,
            only=only,
            probed=probed,
            cache=self.cache,
            fresh=self.fresh,
        )


def _limit_error(path: Path, ended: Ended) -> IfcLimitError:
    return IfcLimitError(
        REASONS[ended],
        path=path,
        remedy=Text(
            zh="请检查或简化几何，或分部分导出。",
            en="Check or simplify its geometry, or export it in parts.",
        ),
    )
