from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cim.nursery import Nursery, Task

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tasks are forked on Linux only")

MODULE = """
    import os, sys, time

    def preload():
        os.environ["LOADED"] = str(os.getpid())

    def prepare():
        os.environ["PREPARED"] = str(os.getpid())

    def main(arguments):
        what = arguments[0]
        if what == "prepared":
            print(os.getpid(), os.environ["PREPARED"] == str(os.getpid()))
        if what == "sockets":
            links = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
            print(sum(os.path.islink(l) and os.readlink(l).startswith("socket:") for l in links))
        if what == "say":
            print(" ".join(arguments[1:]), os.getcwd(), os.environ["LOADED"] == str(os.getppid()))
        if what == "code":
            return int(arguments[1])
        if what == "raise":
            raise ValueError("no")
        if what == "sleep":
            print(os.getpid(), flush=True)
            time.sleep(60)
        if what == "crash":
            os.abort()
        return 0
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    (tmp_path / "some_tasks.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    made = Nursery("some_tasks", lambda: os.environ | {"PYTHONPATH": path})
    yield made
    made.close()


def run(nursery: Nursery, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a task."""
    out, err = folder / "out", folder / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        task = nursery.start(
            arguments, stdout=stdout.fileno(), stderr=stderr.fileno(), folder=folder
        )
        code = task.wait()
    return code, out.read_text(), err.read_text()


def begin(nursery: Nursery, folder: Path) -> Task:
    """A task that sleeps, once it does."""
    ours, theirs = os.pipe()
    task = nursery.start(["sleep"], stdout=theirs, stderr=2, folder=folder)
    os.close(theirs)
    with os.fdopen(ours, "rb") as stream:
        assert int(stream.readline()) == task.pid
    return task


def is_gone(pid: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_task_has_its_arguments_its_folder_and_what_was_loaded(
    nursery: Nursery, tmp_path: Path
) -> None:
    assert run(nursery, tmp_path, "say", "hello", "门") == (0, f"hello 门 {tmp_path} True\n", "")


def test_each_task_has_a_process_of_its_own_that_prepared_itself(
    nursery: Nursery, tmp_path: Path
) -> None:
    told = [run(nursery, tmp_path, "prepared")[1].split() for _ in range(4)]
    assert len({pid for pid, _ in told}) == 4
    assert {prepared for _, prepared in told} == {"True"}


def test_a_task_holds_no_end_that_speaks_for_another(nursery: Nursery, tmp_path: Path) -> None:
    sleeping = [begin(nursery, tmp_path) for _ in range(2)]
    assert run(nursery, tmp_path, "sockets")[1] == "0\n"
    for task in sleeping:
        task.kill()
        task.wait()


def test_a_child_that_dies_while_it_waits_is_replaced(nursery: Nursery, tmp_path: Path) -> None:
    assert run(nursery, tmp_path, "code", "1")[0] == 1
    for _ in range(3):
        for pid in waiting(nursery):
            os.kill(pid, signal.SIGKILL)
            assert is_gone(pid)
        assert run(nursery, tmp_path, "code", "5")[0] == 5


def waiting(nursery: Nursery) -> list[int]:
    """Children of the forking process; all have been waited for but the one forked ahead."""
    process = nursery._process
    assert process is not None
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def test_the_child_that_waits_ends_with_the_nursery(nursery: Nursery, tmp_path: Path) -> None:
    run(nursery, tmp_path, "code", "1")
    spare = waiting(nursery)
    assert len(spare) == 1
    nursery.close()
    assert is_gone(spare[0])


def test_a_task_that_is_left_ends(nursery: Nursery, tmp_path: Path) -> None:
    sleeping = begin(nursery, tmp_path)
    sleeping.leave()
    assert is_gone(sleeping.pid)
    assert run(nursery, tmp_path, "code", "3")[0] == 3


def test_exit_codes_are_those_of_a_process(nursery: Nursery, tmp_path: Path) -> None:
    assert run(nursery, tmp_path, "code", "7")[0] == 7
    assert run(nursery, tmp_path, "crash")[0] == -signal.SIGABRT
    code, _, noise = run(nursery, tmp_path, "raise")
    assert code == 1
    assert "ValueError: no" in noise


def test_a_crash_harms_no_other_task(nursery: Nursery, tmp_path: Path) -> None:
    sleeping = begin(nursery, tmp_path)
    run(nursery, tmp_path, "crash")
    assert run(nursery, tmp_path, "code", "3")[0] == 3
    assert sleeping.returncode is None
    sleeping.kill()
    assert sleeping.wait() == -signal.SIGKILL


def test_closing_ends_the_tasks(nursery: Nursery, tmp_path: Path) -> None:
    sleeping = begin(nursery, tmp_path)
    nursery.close()
    assert is_gone(sleeping.pid)
    assert sleeping.wait() == -signal.SIGKILL
    assert run(nursery, tmp_path, "code", "3")[0] == 3


def test_a_killed_nursery_is_replaced(nursery: Nursery, tmp_path: Path) -> None:
    assert run(nursery, tmp_path, "code", "1")[0] == 1
    process = nursery._process
    assert process is not None
    process.kill()
    assert run(nursery, tmp_path, "code", "4")[0] == 4


def test_a_task_ends_with_the_program_that_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "some_tasks.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    program = """
        import os, sys, time
        from pathlib import Path
        from cim.nursery import Nursery
        nursery = Nursery("some_tasks", lambda: os.environ)
        task = nursery.start(["sleep"], stdout=1, stderr=2, folder=Path.cwd())
        time.sleep(60)
    """
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
    ) as asker:
        assert asker.stdout is not None
        pid = int(asker.stdout.readline())
        asker.kill()
        asker.wait()
        assert is_gone(pid)
