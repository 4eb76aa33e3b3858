"""Servers and workers as a town hall runs them: real sockets, real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from viewer.server.app import create_app
from viewer.settings import Settings

PATIENCE = 60.0  # s; generous, for a machine shared with others


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """A server of this process on a free port; gives its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            wait_until(lambda: server.started)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=PATIENCE)


def start_worker(settings: Settings) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        (sys.executable, "-m", "viewer.jobs"),
        env=os.environ | environment(settings),
        stderr=subprocess.PIPE,
    )


def environment(settings: Settings) -> dict[str, str]:
    given = settings.model_dump(exclude_unset=True)
    return {f"CIM_{name.upper()}": str(value) for name, value in given.items()}


def wait_until(
    true: Callable[[], object], *, every: float = 0.02, patience: float = PATIENCE
) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(every)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
