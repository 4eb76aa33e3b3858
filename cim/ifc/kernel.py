"""The geometry kernels of IfcOpenShell that draw what is not drawn from records."""

from __future__ import annotations

from typing import Final, Literal

Kernel = Literal["hybrid-cgal-simple-opencascade", "opencascade"]

FAST: Final = "hybrid-cgal-simple-opencascade"
THOROUGH: Final = "opencascade"
"""Fast and complete first; the second draws a few things on which the first hangs or that it leaves empty."""
