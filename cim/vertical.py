"""From heights above the city's datum to heights above the ellipsoid, and back.

PROJ knows no grid for the 1985 National Height Datum (EPSG:5737): a transformation of
EPSG:4548+5737 to EPSG:4979 silently leaves the height as it is, and a model would stand some ten
metres too low on any globe. So the separation is the city's own data, applied here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class VerticalSeparation:
    """Ellipsoidal height minus orthogonal height, one constant for the city.

    Attributes:
        datum: the orthogonal heights' datum, e.g. ``EPSG:5737``.
        separation: metres; positive where the datum's zero lies above the ellipsoid.
        accuracy: metres, one standard deviation, as the city states it.
    """

    datum: str
    separation: float
    accuracy: float

    def to_ellipsoidal(self, orthogonal_height: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights above the ellipsoid, metres, same shape."""
        return orthogonal_height + self.separation

    def to_orthogonal(self, ellipsoidal_height: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights above the datum, metres, same shape."""
        return ellipsoidal_height - self.separation
