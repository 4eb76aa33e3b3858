"""How figures grow with size."""

from __future__ import annotations

import math
from collections.abc import Sequence


def exponent(sizes: Sequence[float], figures: Sequence[float]) -> float:
    """Slope of the least-squares line through log figure over log size."""
    x, y = [math.log(size) for size in sizes], [math.log(figure) for figure in figures]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True)) / sum(
        (a - middle_x) ** 2 for a in x
    )
