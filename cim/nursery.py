"""Processes that start with everything imported.

Importing takes longer than many a small file. One process per program imports once what a kind of task needs,
and forks a child for each task: as isolated as a process of its own, at the price of a fork. It has one thread
and never does a task itself, so there is nothing a task could leave behind in it. It ends when the program ends,
however that ends, and its children with it; a task also ends when the process that asked for it does.

One child is forked ahead of the task it will do, so that nobody waits for the fork. It is as every other: it does one task and ends. Until
then it sleeps in the state it was forked in, so it grows neither older nor larger than the process it came from.

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
from dataclasses import dataclass, field
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

    def __init__(
        self, pid: int, wait: Callable[[], int], leave: Callable[[], object] | None = None
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._wait = wait
        self._leave = leave

    def wait(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        if self.returncode is None:
            self.returncode = self._wait()
        return self.returncode

    def kill(self) -> None:
        """End the task and whatever it started; `wait` tells when that is done."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def wait_at_most(self, seconds: float) -> tuple[int, bool]:
        """Wait for the end, and end a task that takes longer.

        Returns:
            The exit code, and whether the task had to be ended.
        """
        late = threading.Event()

        def end() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            return self.wait(), late.is_set()
        finally:
            timer.cancel()
            self.kill()

    def leave(self) -> None:
        """End the task without waiting for it, as it has no more to tell; its exit code is never known.

        A process of some hundred megabytes takes milliseconds to be taken down.
        """
        if self.returncode is None:
            self.kill()
            if self._leave is None:
                self.wait()
            else:
                self._leave()


class Nursery:
    """Starts tasks of one kind; may be used from several threads.

    Args:
        module: has ``main(arguments) -> int`` and ``preload()``, which imports what main needs; it may have ``prepare()``, which a task does
            in its own process before it is told its arguments.
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
                    return Task(int(pid), partial(_exit_code, report), report.close)
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


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tasks do: `prepare` before they are told their arguments, then `main`."""

    prepare: Callable[[], object]
    main: Callable[[list[str]], int]


@dataclass(slots=True)
class _Children:
    """Those of the forking process.

    Attributes:
        control: where messages come from.
        wake: both ends of what a signal wakes the process by.
        selector: of all it listens to.
        running: process identifier of a task -> where to tell of it.
        spare: process identifier of the one forked ahead, and where it is told its task; None when there is none.
    """

    control: socket.socket
    wake: tuple[socket.socket, socket.socket]
    selector: selectors.BaseSelector
    running: dict[int, socket.socket] = field(default_factory=dict)
    spare: tuple[int, socket.socket] | None = None

    def close(self) -> None:
        """In a forked child: let go of what is not its own, so that it can neither ask for a task nor speak for another."""
        self.selector.close()
        spare = () if self.spare is None else (self.spare[1],)
        for end in (self.control, *self.wake, *self.running.values(), *spare):
            end.close()


def _serve(control: socket.socket, kind: _Kind) -> None:
    """Give each message to a child until the program at the other end is gone."""
    wake = socket.socketpair()
    for end in wake:
        end.setblocking(False)
    signal.set_wakeup_fd(wake[1].fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as selector:
        children = _Children(control, wake, selector)
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake[0], selectors.EVENT_READ)
        children.spare = _fork(children, kind)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake[0]:
                    wake[0].recv(4096)
                    _reap(children)
                elif key.fileobj is not control:
                    _abandon(key.data, key.fileobj, selector)
                else:
                    message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, STREAMS)
                    if not message:
                        signal.set_wakeup_fd(
                            -1
                        )  # children end now, and nobody is there to be woken
                        return
                    _hand_over(message, descriptors, children, kind)


def _hand_over(
    message: bytes, descriptors: Sequence[int], children: _Children, kind: _Kind
) -> None:
    """Give a task to the child that waits, and fork the next; one that was killed while it waited is replaced once."""
    report, *streams = descriptors
    connection = socket.socket(fileno=report)
    for _ in range(2):
        pid, channel = children.spare or _fork(children, kind)
        children.spare = None
        children.running[pid] = connection
        with channel:
            try:
                socket.send_fds(channel, [message], streams)
                break
            except OSError:
                del children.running[pid]
    for stream in streams:
        os.close(stream)
    if pid not in children.running:
        connection.close()
        return
    with contextlib.suppress(OSError):
        connection.sendall(f"{pid}\n".encode())
    children.selector.register(connection, selectors.EVENT_READ, data=pid)
    children.spare = _fork(children, kind)


def _fork(children: _Children, kind: _Kind) -> tuple[int, socket.socket]:
    """Fork a child that waits for its task: its process identifier, and where it is told."""
    parent = os.getpid()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        ours.close()
        _become_task(theirs, children, parent, kind)
    theirs.close()
    with contextlib.suppress(OSError):  # the child does the same: whoever comes first
        os.setpgid(pid, pid)
    return pid, ours


def _abandon(pid: int, report: object, selector: selectors.BaseSelector) -> None:
    """The process that asked for a task is gone, so nobody wants it."""
    selector.unregister(report)  # type: ignore[arg-type]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _become_task(channel: socket.socket, children: _Children, parent: int, kind: _Kind) -> None:
    """In the forked child: wait for the task, take its streams, do it, and end without returning."""
    code = FAILED
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(FAILED)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        children.close()
        kind.prepare()
        message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, STREAMS)
        channel.close()
        if not message:  # the program ended before there was a task
            os._exit(0)
        for target, stream in enumerate(descriptors, start=1):
            os.dup2(stream, target)
            os.close(stream)
        asked = json.loads(message)
        os.chdir(asked["folder"])
        code = kind.main(asked["arguments"])
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else FAILED
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _reap(children: _Children) -> None:
    """Tell of those that ended. The one forked ahead has nobody to be told: the next task finds it gone, and has another forked."""
    running = children.running
    while running or children.spare is not None:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        report = running.pop(pid, None)
        if report is None:
            if children.spare is not None and children.spare[0] == pid:
                children.spare[1].close()
                children.spare = None
            continue
        with contextlib.suppress(KeyError):  # its asker was gone before
            children.selector.unregister(report)
        with report, contextlib.suppress(OSError):
            report.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def main() -> int:
    """``python -m cim.nursery DESCRIPTOR MODULE``: fork tasks of a module."""
    control = socket.socket(fileno=int(sys.argv[1]))
    module = importlib.import_module(sys.argv[2])
    module.preload()
    # A task's collector would go through all of this, and by that copy its pages.
    gc.collect()
    gc.freeze()
    _serve(control, _Kind(getattr(module, "prepare", _nothing), module.main))
    return 0


def _nothing() -> None:
    """Of tasks that have nothing to prepare."""


if __name__ == "__main__":
    raise SystemExit(main())
