"""What reading one file may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What reading one file may cost.

    Attributes:
        memory_bytes: address space of a child.
        cpu_seconds: processor time of one child.
        stall_seconds: time without any element drawn.
        element_seconds: time of one element alone, once the file has failed and the bad elements are looked for.
        wall_seconds: time of all children together.
        file_bytes: size of the file, unpacked.
        written_bytes: size of the snapshot.
        cache_bytes: size of the folder of bodies drawn before.
        open_files: descriptors of a child.
        must_isolate: refuse to read where a child cannot be cut off from the network.
    """

    memory_bytes: int = 8 << 30
    cpu_seconds: int = 300
    stall_seconds: float = 45.0
    element_seconds: float = 15.0
    wall_seconds: float = 600.0
    file_bytes: int = 2 << 30
    written_bytes: int = 4 << 30
    cache_bytes: int = 2 << 30
    open_files: int = 256
    must_isolate: bool = False


DEFAULT_LIMITS = ReadLimits()
