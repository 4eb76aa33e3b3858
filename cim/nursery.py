"""Processes that start with everything imported.

Importing takes longer than many a small file. One process per program imports once what a kind of task needs,
and forks a child for each task: as isolated as a process of its own, at the price of a fork. It has one thread
and never does a task itself, so there is nothing a task could leave behind in it. It ends when the program ends,
however that ends, and its children with it; a task also ends when the process that asked for it does.

Where there is no Linux, each task is a new interpreter.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

MESSAGE_BYTES = 1 << 20
STREAMS = 3  # descriptors sent along: where to report, standard output, standard error
PR_SET_PDEATHSIG = 1
FAILED = 1  # exit code of a task that raised


class NurseryError(RuntimeError):
    """The process that forks tasks could not be started, or died."""


class Task:
    """A running task.

    Attributes:
        pid: of its process, which leads a process group of its own.
        returncode: as of `subprocess.Popen`; None while it runs.
    """

    def __init__(self, pid: int, wait: Callable[[], int]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._wait = wait

    def wait(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        if self.returncode is None:
            self.returncode = self._wait()
        return self.returncode

    def kill(self) -> None:
        """End the task and whatever it started; `wait` tells when that is done."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class Nursery:
    """Starts tasks of one kind; may be used from several threads.

    Args:
        module: has ``main(arguments) -> int`` and ``preload()``, which imports what main needs.
        environment: of the tasks; called when the first is started.
    """

    def __init__(self, module: str, environment: Callable[[], Mapping[str, str]]) -> None:
        self._module = module
        self._environment = environment
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def warm(self) -> None:
        """Start the process that forks, so that the first task need not wait for it.

        Processes forked from this one later share it.
        """
        if sys.platform == "linux":
            with self._lock:
                self._opened()

    def start(self, arguments: Sequence[str], *, stdout: int, stderr: int, folder: Path) -> Task:
        """Start a task; one whose `Task` is let go of is ended, for nobody would hear of it.

        Args:
            arguments: for the module's main.
            stdout: file descriptor.
            stderr: file descriptor.
            folder: its working directory.

        Raises:
            NurseryError: it could not be started.
        """
        if sys.platform != "linux":
            return self._spawn(arguments, stdout, stderr, folder)
        asked = json.dumps({"arguments": list(arguments), "folder": str(folder)}).encode()
        with self._lock:
            for _ in range(2):  # one that was killed since is replaced once
                report = self._ask(asked, stdout, stderr)
                pid = report.readline()
                if pid:
                    return Task(int(pid), partial(_exit_code, report))
                report.close()
                self._close()
        raise NurseryError(self._module)

    def close(self) -> None:
        """End the process that forks, and with it all tasks."""
        with self._lock:
            self._close()

    def _ask(self, asked: bytes, stdout: int, stderr: int) -> _Report:
        ours, theirs = socket.socketpair()
        with theirs, contextlib.suppress(OSError):
            socket.send_fds(self._opened(), [asked], [theirs.fileno(), stdout, stderr])
        return _Report(ours)

    def _opened(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    (sys.executable, "-m", "cim.nursery", str(theirs.fileno()), self._module),
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=dict(self._environment()),
                    start_new_session=True,
                )
            self._control, self._owner = ours, os.getpid()
            atexit.register(self.close)
        return self._control

    def _close(self) -> None:
        if self._control is not None:
            self._control.close()
            if self._process is not None and self._owner == os.getpid():
                self._process.wait()
                atexit.unregister(self.close)
        self._control = self._process = None

    def _spawn(self, arguments: Sequence[str], stdout: int, stderr: int, folder: Path) -> Task:
        child = subprocess.Popen(
            (sys.executable, "-m", self._module, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            env=dict(self._environment()),
            start_new_session=True,
        )
        return Task(child.pid, child.wait)


class _Report:
    """Lines about one task: its process identifier, then its exit code."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines = connection.makefile("r")

    def readline(self) -> str:
        return self._lines.readline()

    def close(self) -> None:
        self._lines.close()
        self._connection.close()


def _exit_code(report: _Report) -> int:
    line = report.readline()
    report.close()
    # Without an answer the forking process is gone, and took the task along.
    return int(line) if line else -signal.SIGKILL


def _serve(control: socket.socket, main: Callable[[list[str]], int]) -> None:
    """Fork a child for each message until the program at the other end is gone."""
    wake, woken = socket.socketpair()
    for end in (wake, woken):
        end.setblocking(False)
    signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake:
                    wake.recv(4096)
                    _reap(running, selector)
                elif key.fileobj is not control:
                    _abandon(key.data, key.fileobj, selector)
                else:
                    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, STREAMS)
                    if not message:
                        return
                    pid = _fork(json.loads(message), descriptors, running, control, main)
                    selector.register(running[pid], selectors.EVENT_READ, data=pid)


def _fork(
    asked: Mapping[str, object],
    descriptors: Sequence[int],
    running: dict[int, socket.socket],
    control: socket.socket,
    main: Callable[[list[str]], int],
) -> int:
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        control.close()
        _become_task(asked, descriptors, parent, main)
    report, stdout, stderr = descriptors
    os.close(stdout)
    os.close(stderr)
    running[pid] = socket.socket(fileno=report)
    with contextlib.suppress(OSError):
        running[pid].sendall(f"{pid}\n".encode())
    return pid


def _abandon(pid: int, report: object, selector: selectors.BaseSelector) -> None:
    """The process that asked for a task is gone, so nobody wants it."""
    selector.unregister(report)  # type: ignore[arg-type]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _become_task(
    asked: Mapping[str, object],
    descriptors: Sequence[int],
    parent: int,
    main: Callable[[list[str]], int],
) -> None:
    """In the forked child: take its streams, do the task, and end without returning."""
    code = FAILED
    try:
        os.setsid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(FAILED)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        report, stdout, stderr = descriptors
        os.close(report)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.close(stdout)
        os.close(stderr)
        os.chdir(str(asked["folder"]))
        arguments = asked["arguments"]
        code = main(
            [str(argument) for argument in arguments] if isinstance(arguments, list) else []
        )
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FAILED
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _reap(running: dict[int, socket.socket], selector: selectors.BaseSelector) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with contextlib.suppress(KeyError):  # its asker was gone before
            selector.unregister(running[pid])
        with running.pop(pid) as report, contextlib.suppress(OSError):
            report.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def main() -> int:
    """``python -m cim.nursery DESCRIPTOR MODULE``: fork tasks of a module."""
    control = socket.socket(fileno=int(sys.argv[1]))
    module = importlib.import_module(sys.argv[2])
    module.preload()
    # A task's collector would go through all of this, and by that copy its pages.
    gc.collect()
    gc.freeze()
    _serve(control, module.main)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
