"""Bodies drawn straight from their records: the exact common cases, far faster than a general kernel.

Extrusions of straight-sided profiles and circles, faceted bodies, tessellations, half-space clippings, openings and repeated (mapped)
items. Whatever else a file holds raises `NotDirectError` and is the kernel's; nothing is approximated here that the kernel draws exactly.
"""

from cim.ifc.direct.body import DirectBodies, Drawn, Identity
from cim.ifc.direct.records import NotDirectError

__all__ = ["DirectBodies", "Drawn", "Identity", "NotDirectError"]
