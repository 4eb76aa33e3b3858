"""What all drawings of ours share: paper, ink, letters and round scales."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.text import Language, Text

FONT = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
INK, SOFT, PAPER = "#1c2530", "#5a6878", "#ffffff"
POLYGON = 3  # of shapely's types


def words(text: Text, language: Language) -> str:
    """Words as SVG takes them."""
    return escape(text.in_language(language))


def text_width(text: str) -> float:
    """About as wide as the words are drawn at 13 px: Chinese characters are square.

    >>> text_width("ab") < text_width("方案")
    True
    """
    return sum(13.5 if ord(character) > 0x2E7F else 7.2 for character in text)


def round_metres(metres: float) -> float:
    """The longest of 1, 2 and 5 times a power of ten that is no longer.

    >>> round_metres(63.0), round_metres(0.3)
    (50.0, 0.2)
    """
    power: float = 10.0 ** math.floor(math.log10(metres))
    return next(share for share in (5.0, 2.0, 1.0) if share * power <= metres) * power


def shape_path(
    shapes: BaseGeometry | Sequence[BaseGeometry],
    place: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> str:
    """The rings of all polygons of geometries as an SVG path, to be filled by the even-odd rule.

    Args:
        shapes: polygons; what has no area is left out.
        place: takes coordinates, shape (N, 2), to px.
    """
    parts = shapely.get_parts(shapely.force_2d(np.atleast_1d(np.array(shapes, dtype=object))))
    parts = shapely.get_parts(parts)  # of collections
    rings = shapely.get_rings(parts[shapely.get_type_id(parts) == POLYGON])
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(corners):
        return ""
    ends = np.diff(ring, append=-1) != 0
    # The last corner of a ring is its first one: the path is closed instead.
    begins = np.roll(ends, 1)[~ends]
    return _moved(place(corners)[~ends], begins, closing="Z") + "Z"


def pen(places: NDArray[np.float64], *, gap: float = math.inf) -> str:
    """A path through places in px, shape (N, 2); broken at places that are not finite and where `gap` px lie between two."""
    shown = np.flatnonzero(np.isfinite(places).all(axis=1))
    across = places[shown, 0]
    begins = (np.diff(shown, prepend=-2) > 1) | (np.abs(np.diff(across, prepend=-math.inf)) > gap)
    begins[:1] = True
    return _moved(places[shown], begins)


def _moved(places: NDArray[np.float64], begins: NDArray[np.bool_], *, closing: str = "") -> str:
    """A path; the pen is put down anew where one begins, after what was drawn before is closed."""
    path = "".join(
        f"{closing}M{x:.1f} {y:.1f}" if begin else f"L{x:.1f} {y:.1f}"
        for begin, (x, y) in zip(begins.tolist(), places.tolist(), strict=True)
    )
    return path.removeprefix(closing)


def rgb(colour: Sequence[float]) -> str:
    """A colour as SVG writes it.

    >>> rgb((255.0, 128.0, 0.0))
    '#ff8000'
    """
    return "#" + "".join(f"{round(value):02x}" for value in colour)


def anchor(*parts: str) -> str:
    """An identifier for what is referred to within a drawing, so that several drawings may stand in one page."""
    return "d" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def hatch(identifier: str, colour: str) -> str:
    """The pattern ``url(#identifier)``: what is above a limit."""
    return (
        f'<defs><pattern id="{identifier}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
        f'<rect width="6" height="6" fill="{colour}" opacity="0.55"/><rect width="6" height="3" fill="{colour}"/></pattern></defs>'
    )


def halo(x: float, y: float, told: str, *, anchor: str = "start", style: str = "") -> str:
    """Words over a drawing, on a rim of paper so that they stay legible."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" paint-order="stroke" stroke="{PAPER}" stroke-width="4" '
        f'stroke-linejoin="round" {style}>{escape(told)}</text>'
    )


def round_tick(span: float, most: int) -> float:
    """The least of 1, 2 and 5 times a power of ten that divides a span in no more than so many.

    >>> round_tick(1800.0, 10), round_tick(7.0, 5)
    (200.0, 2.0)
    """
    power: float = 10.0 ** math.floor(math.log10(span / most))
    return next(k for k in (1.0, 2.0, 5.0, 10.0) if k * power * most >= span * (1 - 1e-9)) * power
