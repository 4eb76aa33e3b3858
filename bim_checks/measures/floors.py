"""What it takes to come down to a limit: metres, or storeys from the top."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bim_checks.measures.wording import up_to_centimetre
from bim_checks.scheme import Scheme
from cim.text import Text

# m; less than this above the highest floor is a parapet or equipment on a roof and no storey to remove.
LEAST_STOREY = 2.2

LOWER = Text(zh="降低 {metres:.2f} m。", en="Lower it by {metres:.2f} m.")
LOWER_OR_REMOVE = Text(
    zh="降低 {metres:.2f} m，或减少 {floors} 层。",
    en="Lower it by {metres:.2f} m, or remove {floors} of its upper storeys.",
)


def lower(scheme: Scheme, top: float, excess: float) -> Text:
    """What to do about a point that is too high.

    Args:
        scheme: the placed building.
        top: its orthogonal height, metres.
        excess: metres above the limit; what is not above needs half a millimetre or less.
    """
    metres = up_to_centimetre(max(excess, 0.0))
    floors = floors_to_remove(scheme, top, excess)
    if floors is None:
        return LOWER.format(metres=metres)
    return LOWER_OR_REMOVE.format(metres=metres, floors=floors)


def floors_to_remove(scheme: Scheme, top: float, excess: float) -> int | None:
    """How many storeys, counted from the top down, are together at least as high as an excess.

    Args:
        scheme: the placed building.
        top: orthogonal height of the point that is too high, metres; storeys above it stand elsewhere.
        excess: metres.

    Returns:
        None where the storeys have no elevations, or all of them together are not enough.
    """
    floors = floor_levels(scheme)
    below = floors[floors < top]
    if len(below) and top - below[-1] < LEAST_STOREY:
        below, top = below[:-1], float(below[-1])
    heights = np.diff(np.append(below, top))[::-1]
    enough = np.flatnonzero(np.cumsum(heights) >= excess - 1e-9)
    return int(enough[0]) + 1 if excess > 0.0 and len(enough) else None


def floor_levels(scheme: Scheme) -> NDArray[np.float64]:
    """Orthogonal heights of the floors of storeys with an elevation, each once, lowest first, metres."""
    rise = scheme.placement.orthogonal_height
    known = {s.elevation + rise for s in scheme.model.storeys if s.elevation is not None}
    return np.array(sorted(known), dtype=np.float64)
