"""Divide things on the ground into a tree of neighbourhoods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """A neighbourhood.

    Attributes:
        items: indices of everything in it, ascending.
        children: the neighbourhoods it divides into; none at a leaf.
    """

    items: NDArray[np.int64]
    children: tuple[Branch, ...] = ()


def divide(
    centres: NDArray[np.float64],
    weights: NDArray[np.float64],
    budget: float,
    *,
    items: NDArray[np.int64] | None = None,
    ways: int = 4,
) -> Branch:
    """Divide items at the median of their longer side until each leaf weighs no more than a budget.

    Median cuts keep the tree shallow wherever the items crowd, and always make progress: the worst
    case is one item a leaf.

    Args:
        centres: shape (N, D) with D >= 2, metres.
        weights: shape (N,), e.g. triangles.
        budget: in the unit of the weights; a single heavier item stays whole.
        items: the ones to divide, ascending; None for all.
        ways: children of a branch, 2 or 4.
    """
    chosen = np.arange(len(centres)) if items is None else items
    if weights[chosen].sum() <= budget or len(chosen) < 2:
        return Branch(chosen)
    parts = _halves(centres, chosen)
    if ways == 4:
        parts = [quarter for half in parts for quarter in _halves(centres, half)]
    return Branch(
        chosen,
        tuple(divide(centres, weights, budget, items=part, ways=ways) for part in parts),
    )


def _halves(centres: NDArray[np.float64], items: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Two halves along the longer side; the whole when there is but one item."""
    if len(items) < 2:
        return [items]
    points = centres[items]
    axis = int(np.argmax(points.max(axis=0) - points.min(axis=0)))
    order = np.argsort(points[:, axis], kind="stable")
    middle = len(items) // 2
    return [np.sort(items[order[:middle]]), np.sort(items[order[middle:]])]
