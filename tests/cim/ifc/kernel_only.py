"""Everything left to the geometry kernel."""

from __future__ import annotations

from typing import Any, cast

from cim.ifc.direct import DirectBodies, NotDirectError


class _KernelOnly:
    def draw(self, number: int) -> Any:
        raise NotDirectError(number)

    def identify(self, number: int) -> Any:
        raise NotDirectError(number)


KERNEL_ONLY = cast("DirectBodies", _KernelOnly())
