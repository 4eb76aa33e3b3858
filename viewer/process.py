"""Processes that end together."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, by: signal.Signals) -> None:
    """On Linux, let the kernel signal this process when the one that started it ends, however it ends.

    Args:
        parent: process identifier of the one that started this one.
        by: signal to send.

    Raises:
        SystemExit: the parent was gone before this call.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
        if os.getppid() != parent:
            raise SystemExit(1)
