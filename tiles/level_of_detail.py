"""Coarser shapes that say how far they are from the truth."""

from __future__ import annotations

from collections.abc import Iterator

import meshoptimizer
import numpy as np
from numpy.typing import NDArray

from tiles.surface import Soup

WORTH_SIMPLIFYING = 24  # triangles; a box has 12 and cannot lose any


def simplify(soup: Soup, error: float) -> Soup:
    """Collapse edges in each owner and material as long as the surface moves about an error at most.

    meshoptimizer weighs the planes a vertex belonged to; where they curve, the largest deviation came out up
    to 1.6 times the error asked for. Geometric errors are stated ten times that large. Done owner by owner, so that each keeps its identity; a body that would vanish keeps all its
    triangles. (Simplifying all bodies in one go loses less, but mixes them.)

    Args:
        soup: welded triangles.
        error: metres.

    Returns:
        The same owners and vertices with fewer faces.
    """
    kept = [
        _simplified(soup.faces[start:end], soup.positions, error)
        if end - start > WORTH_SIMPLIFYING
        else soup.faces[start:end]
        for start, end in _groups(soup)
    ]
    if not kept:
        return soup
    starts = [start for start, _ in _groups(soup)]
    counts = [len(faces) for faces in kept]
    return Soup(
        positions=soup.positions,
        faces=np.concatenate(kept),
        materials=np.repeat(soup.materials[starts], counts),
        owners=np.repeat(soup.owners[starts], counts),
        owner_count=soup.owner_count,
    )


def sorted_by_material(soup: Soup) -> Soup:
    """The same triangles, those of one owner and material together."""
    order = np.lexsort((soup.materials, soup.owners))
    return Soup(
        soup.positions,
        soup.faces[order],
        soup.materials[order],
        soup.owners[order],
        soup.owner_count,
    )


def _groups(soup: Soup) -> Iterator[tuple[int, int]]:
    """Start and end of each run of faces of one owner and material."""
    if not len(soup.faces):
        return
    change = (np.diff(soup.owners) != 0) | (np.diff(soup.materials) != 0)
    starts = np.concatenate([[0], np.flatnonzero(change) + 1])
    ends = np.append(starts[1:], len(soup.faces))
    yield from zip(starts.tolist(), ends.tolist(), strict=True)


def _simplified(
    faces: NDArray[np.int64], positions: NDArray[np.float64], error: float
) -> NDArray[np.int64]:
    used, local = np.unique(faces, return_inverse=True)
    corners = positions[used] - positions[used[0]]  # small numbers, for float32
    flat = np.ascontiguousarray(local.ravel(), dtype=np.uint32)
    fewer = np.zeros_like(flat)
    count = meshoptimizer.simplify(
        fewer,
        flat,
        np.ascontiguousarray(corners, dtype=np.float32),
        target_index_count=0,
        target_error=error,
        options=meshoptimizer.SIMPLIFY_ERROR_ABSOLUTE,
    )
    if count == 0:
        return faces
    picked: NDArray[np.int64] = used[fewer[:count].astype(np.int64)].reshape(-1, 3)
    return picked
