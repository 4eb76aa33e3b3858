"""What a child does to itself before it touches a file: bound what it may use, and leave the network.

A network namespace of its own holds no interface but a loopback that is down. Bubblewrap does the same by the same system
call; making it here costs no further program and no start of an interpreter. Where the kernel does not allow it (no
Linux, or user namespaces switched off) the limits still hold, and the parent is told.
"""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Mapping

PR_SET_NO_NEW_PRIVS = 38
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


def bound(request: Mapping[str, int]) -> None:
    """Bound memory, processor time, open files and what may be written."""
    cpu, memory = request["cpu_seconds"], request["memory_bytes"]
    written, files = request["written_bytes"], request["open_files"]
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (written, written))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def leave_network() -> bool:
    """Cut this process off from every network, the machine's own included; False where that cannot be done."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # Root may at once; anyone else in a user namespace of his own.
    return any(libc.unshare(flags) == 0 for flags in (CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET))
