"""Functions compiled to machine code by Numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called; the code is kept on disk where a place for it can be written.

    It runs without the interpreter lock, so that two threads may share the work on arrays that nobody else changes.
    """
    try:
        return numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # an installation that only others may write, and no home
        return numba.njit(nogil=True)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """The same, written into each compiled function that calls it, where a call per item would cost more than the item."""
    return numba.njit(inline="always")(function)
