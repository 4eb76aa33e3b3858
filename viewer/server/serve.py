"""Run the server, and the workers it brings along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from viewer.jobs import WITH_PARENT
from viewer.server.app import create_app
from viewer.settings import Settings

RESTART_SECONDS = 1.0


def serve(settings: Settings, *, with_worker: bool) -> None:
    """Serve until stopped.

    Args:
        settings: of the server.
        with_worker: also run a worker process, started again whenever it dies.
    """
    # uvicorn hands the signal on when it has shut down; an exit lets the worker be stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if not with_worker:
        _run(settings)
        return
    with _worker(settings):
        _run(settings)


def _run(settings: Settings) -> None:
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )


@contextmanager
def _worker(settings: Settings) -> Iterator[None]:
    """A worker process for as long as the block runs."""
    stopped = threading.Event()
    current: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not stopped.is_set():
            child = subprocess.Popen(
                (sys.executable, "-m", "viewer.jobs", WITH_PARENT, str(os.getpid())),
                env=_environment(settings),
                start_new_session=True,
            )
            current[:] = [child]
            child.wait()
            stopped.wait(RESTART_SECONDS)

    keeper = threading.Thread(target=keep, daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stopped.set()
        for child in current:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        keeper.join(timeout=10.0)


def _environment(settings: Settings) -> dict[str, str]:
    said = {
        f"CIM_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value is not None
    }
    return os.environ | said
