"""Products that are drawn the same: one of them is drawn, or none when a cache has the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.building import Material
from cim.ifc.direct import DirectBodies, Identity, NotDirectError
from cim.ifc.geometry_cache import GeometryCache, KeptBody
from cim.ifc.kernel import THOROUGH, Kernel
from cim.mesh import Mesh


class Twins:
    """Knows which products are drawn the same, in this file and in a cache.

    Args:
        direct: tells what decides a body.
        cache: None when there is none.
    """

    def __init__(self, direct: DirectBodies, cache: GeometryCache | None) -> None:
        self._direct = direct
        self._cache = cache
        self._identities: dict[int, Identity | None] = {}
        self._twins: dict[int, list[int]] = {}

    def find(self, number: int, kernel: Kernel) -> tuple[KeptBody, NDArray[np.float64]] | None:
        """The body of a product in the cache and the product's placement; None when it is not kept."""
        if self._cache is None:
            return None
        identity = self._identify(number)
        if identity is None:
            return None
        body = self._cache.get(identity.digest, kernel)
        if body is None and kernel != THOROUGH:
            body = self._cache.get(identity.digest, THOROUGH)
        return None if body is None else (body, identity.placement)

    def without(self, products: list[Any]) -> list[Any]:
        """One product of each kind that is drawn the same; the others are remembered as its twins."""
        firsts: dict[str, int] = {}
        left = []
        for product in products:
            number = product.id()
            identity = self._identify(number)
            first = number if identity is None else firsts.setdefault(identity.digest, number)
            if first == number:
                left.append(product)
            else:
                self._twins.setdefault(first, []).append(number)
        return left

    def placed(
        self, number: int, placement: NDArray[np.float64]
    ) -> list[tuple[int, NDArray[np.float64]]]:
        """Products drawn as one was, and where their bodies stand when its body stands at `placement`."""
        identity = self._identities.get(number)
        twins = self._twins.pop(number, ())
        if identity is None or not twins:
            return []
        matrix = np.linalg.inv(identity.placement) @ placement
        found = []
        for twin in twins:
            other = self._identities[twin]
            if other is not None:
                found.append((twin, other.placement @ matrix))
        return found

    def left_of(self, number: int) -> list[int]:
        """The twins of a product that nothing drew."""
        return self._twins.pop(number, [])

    def _identify(self, number: int) -> Identity | None:
        if number not in self._identities:
            try:
                self._identities[number] = self._direct.identify(number)
            except NotDirectError:
                self._identities[number] = None
        return self._identities[number]

    def keep(
        self,
        number: int,
        kernel: Kernel,
        mesh: Mesh,
        materials: Sequence[Material],
        placement: NDArray[np.float64],
    ) -> None:
        """Leave the body a kernel drew of a product."""
        identity = self._identities.get(number)
        if identity is None or self._cache is None:
            return
        looks = mesh.materials if len(mesh.materials) else np.full(len(mesh.faces), -1, np.int32)
        used, renumbered = np.unique(looks[looks >= 0], return_inverse=True)
        told = np.full(len(looks), -1, dtype=np.int32)
        told[looks >= 0] = renumbered
        matrix = np.linalg.inv(identity.placement) @ placement
        chosen = tuple(materials[index] for index in used.tolist())
        body = KeptBody(mesh.vertices, mesh.faces, told, chosen, matrix)
        self._cache.put(identity.digest, kernel, body)
