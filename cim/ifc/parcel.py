"""The parcel of a site: the closed curves its IfcSite draws."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.ifc.curves import CurveReader
from cim.ifc.placements import engineering_matrix
from cim.text import Text

BOUNDARIES = ("footprint", "annotation", "plan", "survey", "axis")
"""Identifiers of representations that may hold a boundary, the best first (IFC4 8.18.3.12)."""
CURVES = ("curve", "geometriccurveset", "geometricset", "annotation", "fillarea", "mapped")
"""What the type of a representation of curves begins with."""

Rings = tuple[NDArray[np.float64], ...]


class ParcelReader:
    """Reads the parcels of one file.

    Args:
        length_unit: metres per project length unit.
        angle_unit: radians per project angle unit.
    """

    def __init__(self, length_unit: float, angle_unit: float) -> None:
        self._length = length_unit
        self._curves = CurveReader(length_unit, angle_unit)

    def parcel_of(self, site: Any) -> tuple[Rings, str | None]:
        """Closed rings of a site, and the identifier of the representation they are from.

        The first representation that draws a ring is taken, in the order of `BOUNDARIES`.

        Returns:
            Rings of shape (N, 3), metres, engineering CRS; none and None when the site draws no closed curve.
        """
        matrix = engineering_matrix(site.ObjectPlacement, self._length)
        if matrix is None:
            matrix = np.eye(4)
        for representation in _boundaries(site):
            rings = self._curves.rings(representation.Items or (), matrix)
            if rings:
                return rings, representation.RepresentationIdentifier
        return (), None

    def warnings(self) -> Iterator[Text]:
        """What could not be read as a boundary."""
        for ifc_class, count in self._curves.unknown.most_common():
            yield Text(
                zh="场地边界中有 {count} 个 {ifc_class} 未能读取。",
                en="{count} {ifc_class} of the site's boundary could not be read.",
            ).format(count=count, ifc_class=ifc_class)
        if self._curves.open:
            yield Text(
                zh="场地有 {count} 条曲线没有闭合，不能作为用地边界。",
                en="{count} curves of the site do not close and are no boundary of a parcel.",
            ).format(count=self._curves.open)


def _boundaries(site: Any) -> list[Any]:
    """Representations of a site that hold curves, the best first."""
    shape = site.Representation
    found = []
    for representation in (shape.Representations if shape is not None else None) or ():
        identifier = (representation.RepresentationIdentifier or "").lower().replace(" ", "")
        kind = (representation.RepresentationType or "").lower()
        rank = next((i for i, name in enumerate(BOUNDARIES) if identifier.startswith(name)), None)
        if rank is not None and kind.startswith(CURVES):
            found.append((rank, representation))
    return [representation for _, representation in sorted(found, key=lambda pair: pair[0])]
