"""Names of coordinate reference systems understood, and the one operation that leads from one to another.

PROJ always finds some way between two systems; where it knows none it assumes that both datums are the same and calls
that "ballpark". Here such an operation is refused, and so is one that would be better with a grid that is not installed.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from pyproj.transformer import AreaOfInterest, TransformerGroup

NAME_LENGTH = 4000  # characters; a longer name is not looked up
CODE = re.compile(
    r"^(?:urn:ogc:def:crs:|https?://www\.opengis\.net/def/crs/)?(?:EPSG\W{0,2}(?:[\d.]*[:/])?)?\s*(\d{4,6})(?:\s*\+\s*(?:EPSG:)?(\d{4,6}))?(?=$|\D)",
    re.IGNORECASE,
)
ELLIPSOIDAL = "ellipsoidal"  # heights above the ellipsoid, which is no vertical datum
VERTICAL_WORDS = (
    (re.compile(r"1985|国家高程|国家85|85\s*高程|85国高"), "EPSG:5737"),
    (re.compile(r"1956|黄海"), "EPSG:5736"),
    (re.compile(r"ellipsoid|大地高|椭球", re.IGNORECASE), ELLIPSOIDAL),
)
DATUM_CODES = {"EPSG:1043": "EPSG:5737", "EPSG:5137": "EPSG:5737", "EPSG:5104": "EPSG:5736"}
AXIS_STEP = re.compile(r"\s*\+?\s*axis order change \(2D\)\s*(?:\+\s*)?")


@dataclass(frozen=True, slots=True)
class UnderstoodCrs:
    """A CRS name that means something.

    Attributes:
        code: ``EPSG:n`` of the horizontal part, or None when it has no such code.
        name: of the horizontal part.
        horizontal: the horizontal part.
        vertical: code of the vertical part of a compound CRS, or None.
    """

    code: str | None
    name: str
    horizontal: CRS
    vertical: str | None

    @property
    def projected(self) -> bool:
        """Whether it has easting and northing."""
        return bool(self.horizontal.is_projected)


class Refusal(StrEnum):
    """Why there is no way from one CRS to another."""

    BALLPARK = "ballpark"
    MISSING_GRID = "missing grid"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CrsOperation:
    """A named way between two CRSs, easting and northing to easting and northing.

    Attributes:
        name: of the PROJ operation, without steps that only exchange axes.
        accuracy: metres, as stated by its publisher; 0 for a mere conversion.
        transformer: does it.
    """

    name: str
    accuracy: float
    transformer: Transformer

    def apply(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points, shape (N, 2), easting and northing in metres; infinite where they cannot be taken over."""
        if len(points) == 1:  # pyproj takes arrays of one for scalars, which numpy deprecates
            return np.array([self.transformer.transform(*points[0].tolist())], dtype=np.float64)
        return np.column_stack(self.transformer.transform(*points.T)).astype(np.float64)


@lru_cache(maxsize=64)
def understand_crs(name: str) -> UnderstoodCrs | None:
    """What a file means by the name of a CRS; None when nobody can tell.

    >>> understand_crs("urn:ogc:def:crs:EPSG::4548").code
    'EPSG:4548'
    >>> understand_crs("EPSG:4548+5737").vertical
    'EPSG:5737'
    >>> understand_crs("Xiamen 92") is None
    True
    """
    text = name.strip()[:NAME_LENGTH]
    if not text:
        return None
    found = CODE.match(text)
    try:
        if found is not None:
            crs = CRS.from_epsg(int(found[1]))
            vertical = f"EPSG:{found[2]}" if found[2] else None
        else:
            crs, vertical = CRS.from_user_input(text), None
    except (CRSError, ValueError):
        return None
    return _understood(crs, vertical)


def _understood(crs: CRS, vertical: str | None) -> UnderstoodCrs | None:
    if crs.is_compound:
        parts = crs.sub_crs_list
        code = parts[1].to_epsg()
        crs, vertical = parts[0], f"EPSG:{code}" if code is not None else parts[1].name
    if not (crs.is_projected or crs.is_geographic):
        return None
    code = crs.to_epsg()
    return UnderstoodCrs(f"EPSG:{code}" if code is not None else None, crs.name, crs, vertical)


@lru_cache(maxsize=64)
def understand_vertical(name: str) -> str | None:
    """Code of the vertical CRS a file means, `ELLIPSOIDAL`, or None when nobody can tell.

    >>> understand_vertical("1985国家高程基准")
    'EPSG:5737'
    >>> understand_vertical("EPSG:4979")
    'ellipsoidal'
    """
    text = name.strip()[:NAME_LENGTH]
    if text.upper() in DATUM_CODES:
        return DATUM_CODES[text.upper()]
    for words, code in VERTICAL_WORDS:
        if words.search(text):
            return code
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        return None
    if crs.is_geographic and len(crs.axis_info) == 3:
        return ELLIPSOIDAL
    code_number = crs.to_epsg() if crs.is_vertical else None
    return f"EPSG:{code_number}" if code_number is not None else None


def same_crs(one: CRS, other: CRS) -> bool:
    """Whether easting and northing mean the same in both."""
    return bool(one.equals(other, ignore_axis_order=True))


def false_easting(crs: CRS) -> float:
    """The false easting of a projected CRS, metres; 0 when it has none."""
    operation = crs.coordinate_operation
    for parameter in operation.params if operation is not None else ():
        if "asting" in parameter.name and "alse" in parameter.name:
            return float(parameter.value) * float(parameter.unit_conversion_factor or 1.0)
    return 0.0


def operation_between(
    source: CRS, target: CRS, area: tuple[float, float, float, float] | None
) -> CrsOperation | Refusal:
    """The best operation between two horizontal CRSs that deserves the name.

    Args:
        source: horizontal.
        target: horizontal.
        area: west, south, east, north in degrees where it will be used, or None.
    """
    return _operation(source.to_wkt(), target.to_wkt(), area)


@lru_cache(maxsize=64)
def _operation(
    source: str, target: str, area: tuple[float, float, float, float] | None
) -> CrsOperation | Refusal:
    aoi = AreaOfInterest(*area) if area is not None else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a missing grid, which is told below
        try:
            group = TransformerGroup(source, target, always_xy=True, area_of_interest=aoi)
        except ProjError:
            return Refusal.NONE
    if not group.transformers:
        return Refusal.MISSING_GRID if group.unavailable_operations else Refusal.NONE
    best = group.transformers[0]
    if "ballpark" in best.description.lower():
        return Refusal.MISSING_GRID if group.unavailable_operations else Refusal.BALLPARK
    if not group.best_available:
        return Refusal.MISSING_GRID
    name = AXIS_STEP.sub(" + ", best.description).strip(" +")
    return CrsOperation(name or "null", max(float(best.accuracy), 0.0), best)
