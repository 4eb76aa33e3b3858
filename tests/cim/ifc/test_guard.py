"""How a file is read when some of its elements cannot be drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from cim.building import BuildingModel
from cim.errors import IfcLimitError, UnreadableIfcError
from cim.ifc import DEFAULT_LIMITS, ReadLimits, guard, read_ifc, read_ifc_to_snapshot
from cim.ifc.attempt import REASONS, Attempt, Ended, Progress, Request
from cim.ifc.child import read_journal
from cim.ifc.drawing import TIME_LIMIT
from cim.ifc.kernel import FAST, THOROUGH
from tests.cim.ifc.hostile import BAD, step, subtracted

# The hang is real; the limits are tight so that it ends soon.
LIMITS = replace(DEFAULT_LIMITS, stall_seconds=4.0, element_seconds=1.5, wall_seconds=40.0)


def crowd(count: int) -> bytes:
    """Walls, each with a body of its own, and in their middle one on which both kernels hang."""
    lines = []
    for i in range(count):
        here = 100_000 + 10 * i
        lines += [
            f"#{here}=IFCEXTRUDEDAREASOLID(#18,#4,#19,{1 + i % 7}.);",
            f"#{here + 1}=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#{here}));",
            f"#{here + 2}=IFCPRODUCTDEFINITIONSHAPE($,$,(#{here + 1}));",
            f"#{here + 3}=IFCWALL('w{i:021d}',$,'w{i}',$,$,#9,#{here + 2},$,$);",
        ]
    shape = 100_000 + 10 * (count // 2) + 5
    lines += [
        subtracted(300),
        f"#{shape}=IFCSHAPEREPRESENTATION(#5,'Body','CSG',(#100));",
        f"#91=IFCPRODUCTDEFINITIONSHAPE($,$,(#{shape}));",
        f"#92=IFCWALL('{BAD}',$,'bad',$,$,#9,#91,$,$);",
    ]
    return step("\n".join(lines) + "\n")


def drawn(model: BuildingModel) -> int:
    return sum(1 for _ in model.drawn())


def reasons(model: BuildingModel) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for undrawn in model.undrawn:
        found.setdefault(undrawn.reason.en, set()).add(undrawn.global_id)
    return found


@pytest.mark.slow
def test_an_element_that_hangs_costs_itself_and_a_known_time(tmp_path: Path) -> None:
    path, snapshot = tmp_path / "a.ifc", tmp_path / "a.cim"
    path.write_bytes(crowd(1000))
    cost = read_ifc_to_snapshot(path, snapshot, limits=LIMITS)
    model = guard.read_snapshot(snapshot)
    assert drawn(model) == 1001
    assert reasons(model) == {REASONS[Ended.STALL].en: {BAD}}
    # One stall, one element alone with each kernel, one reading; generous, for a busy machine.
    alone = LIMITS.stall_seconds + 2.0 * LIMITS.element_seconds
    assert alone < cost.seconds < alone + 15.0


@pytest.mark.slow
def test_when_time_runs_out_what_was_drawn_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.ifc"
    path.write_bytes(crowd(400))
    # No time for looking for the one that hangs: a stall, and what was drawn before it once more.
    limits = replace(LIMITS, wall_seconds=5.0)
    model = read_ifc(path, limits=limits)
    (told,) = reasons(model).items()
    assert told[0] == TIME_LIMIT.en
    assert BAD in told[1]
    assert 0 < drawn(model) < 402
    assert drawn(model) + len(told[1]) == 402


class Children:
    """Stands for the processes: says of each request what became of it.

    Attributes:
        asked: the requests, in order.
    """

    def __init__(
        self, products: Iterable[int], fate: Callable[[Request, int], Ended | None]
    ) -> None:
        self.products = tuple(products)
        self.fate = fate
        self.asked: list[Request] = []

    def __call__(self, request: Request, progress: Progress | None = None) -> Attempt:
        self.asked.append(request)
        skipped = {number for _, numbers in request.skip for number in numbers}
        if request.only is not None:
            skipped |= set(self.products) - set(read_journal(request.only[0]))
        done: list[int] = []
        before = set(read_journal(request.journal)) if request.task == "probe" else set()
        for product in self.products:
            wanted = not request.probed or product in request.probed
            if product in skipped or product in before or not wanted:
                continue
            thorough = product in request.thorough
            asked = replace(request, kernel=THOROUGH) if thorough else request
            ended = self.fate(asked, product)
            if ended is not None and request.task == "probe":
                return Attempt(ended, began=(product,))
            if ended is not None:
                self._keep(request, done)
                return Attempt(ended, useful_seconds=0.01, drawn=frozenset(done))
            done.append(product)
        if request.task == "read":
            self._keep(request, done)
            request.snapshot.write_text(" ".join(map(str, done)))
        return Attempt(None, peak_bytes=1, drawn=frozenset(done))

    def _keep(self, request: Request, done: list[int]) -> None:
        request.journal.write_bytes(b"".join(n.to_bytes(8, "little") for n in done))


def read_with(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    children: Children,
    limits: ReadLimits = DEFAULT_LIMITS,
) -> list[int]:
    monkeypatch.setattr(guard, "attempt", children)
    path, snapshot = tmp_path / "a.ifc", tmp_path / "a.cim"
    path.write_bytes(step())
    read_ifc_to_snapshot(path, snapshot, limits=limits)
    return [int(number) for number in snapshot.read_text().split()]


def test_what_only_the_thorough_kernel_draws_is_drawn_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    children = Children(
        range(10), lambda r, p: Ended.CRASH if p == 4 and r.kernel == FAST else None
    )
    assert read_with(tmp_path, monkeypatch, children) == list(range(10))
    assert [(r.task, r.kernel, list(r.thorough)) for r in children.asked] == [
        ("read", FAST, []),
        ("probe", FAST, []),
        ("probe", THOROUGH, []),
        ("read", FAST, [4]),
    ]
    assert children.asked[2].probed == (4,)


@pytest.mark.parametrize("bad", [{0}, {9}, {3, 4, 5}, set(range(9))])
@pytest.mark.parametrize("ended", [Ended.CRASH, Ended.STALL, Ended.MEMORY, Ended.CPU])
def test_every_element_that_no_kernel_draws_is_left_out_for_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: set[int], ended: Ended
) -> None:
    children = Children(range(10), lambda _, p: ended if p in bad else None)
    assert read_with(tmp_path, monkeypatch, children) == [n for n in range(10) if n not in bad]
    assert {n: why for why, ns in children.asked[-1].skip for n in ns} == dict.fromkeys(
        bad, REASONS[ended]
    )


def test_a_failure_that_no_element_alone_shows_keeps_what_was_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All together are too much for the memory, none alone is.
    children = Children(
        range(10),
        lambda r, p: Ended.MEMORY if r.task == "read" and p == 7 and r.only is None else None,
    )
    assert read_with(tmp_path, monkeypatch, children) == list(range(7))
    assert children.asked[-1].only is not None
    assert children.asked[-1].only[1] == REASONS[Ended.MEMORY]


@pytest.mark.parametrize(
    ("ended", "error"),
    [
        (Ended.MALFORMED, UnreadableIfcError),
        (Ended.OUTPUT, IfcLimitError),
        (Ended.WALL, IfcLimitError),
    ],
)
def test_what_nothing_can_mend_is_an_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ended: Ended,
    error: type[UnreadableIfcError],
) -> None:
    children = Children(range(10), lambda _, p: ended)
    with pytest.raises(error) as caught:
        read_with(tmp_path, monkeypatch, children, replace(DEFAULT_LIMITS, wall_seconds=1.0))
    assert caught.value.reason == REASONS[ended]
    assert len(children.asked) == 1


def test_progress_never_falls_when_a_file_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told_by(request: Request, progress: Progress | None = None) -> Attempt:
        if progress is not None:
            for share in (0.0, 0.5, 0.2) if not told else (0.1, 1.0):
                progress(share)
        return children(request, progress)

    told: list[float] = []
    children = Children(range(3), lambda r, p: Ended.CRASH if p == 1 else None)
    monkeypatch.setattr(guard, "attempt", told_by)
    path = tmp_path / "a.ifc"
    path.write_bytes(step())
    read_ifc_to_snapshot(path, tmp_path / "a.cim", progress=told.append)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)
