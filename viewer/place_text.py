"""A place as one line of text: what ``--place`` states, a form sends and the record keeps."""

from __future__ import annotations

import math

from cim.errors import FrameError
from cim.frame import ExplicitPlace
from cim.text import Text

BASES = ("pairs", "parcel")  # what a place may have been proposed from


def parse_place(text: str) -> ExplicitPlace:
    """An explicit placement from ``E,N,H,angle`` (metres; degrees counter-clockwise from grid east).

    What `format_place` adds may follow: ``;uh=0.02;uv=0.05;basis=pairs``, the uncertainty in metres and what it was proposed from.

    Raises:
        FrameError: not four numbers, or something else after them.
    """
    numbers, *more = text.split(";")
    try:
        easting, northing, height, angle = (_finite(part) for part in numbers.split(","))
        said = dict(part.split("=", 1) for part in more)
        horizontal, vertical = (abs(_finite(said.pop(key, "0"))) for key in ("uh", "uv"))
        basis = said.pop("basis", None)
        if said or basis not in (None, *BASES):
            raise ValueError(text)  # noqa: TRY301
    except ValueError as error:
        raise FrameError(
            Text(zh="位置 {text} 无法理解。", en="the place {text} cannot be understood.").format(
                text=repr(text)
            ),
            remedy=Text(zh="请写四个数：E,N,H,角度。", en="Write four numbers: E,N,H,angle."),
        ) from error
    return ExplicitPlace(easting, northing, height, angle, horizontal, vertical, basis)


def format_place(place: ExplicitPlace) -> str:
    """The text `parse_place` reads: tenths of a millimetre, and 1e-9 degrees."""
    text = (
        f"{place.eastings:.4f},{place.northings:.4f},"
        f"{place.orthogonal_height:.4f},{place.angle_degrees:.9f}"
    )
    horizontal, vertical = (
        round(value, 4) for value in (place.horizontal_uncertainty, place.vertical_uncertainty)
    )
    if horizontal or vertical:
        text += f";uh={horizontal:.4f};uv={vertical:.4f}"
    return text if place.basis is None else f"{text};basis={place.basis}"


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number
