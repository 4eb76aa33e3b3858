"""A level camera: what a picture with upright verticals shows, and where in it a direction falls.

The optical axis lies level, as that of a view camera whose plate is shifted, so that upright lines stay upright and the level of the
eye is a straight line. A point that is `forward` along the axis, `aside` of it and `up` falls ``aside / forward`` and
``up / forward`` from the foot of the axis, in units of the focal length: lines and words are put on a picture by the same two quotients
it is made by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMNS = 1_500  # px
NARROWEST, WIDEST = (
    30.0,
    90.0,
)  # degrees; a wider straight picture stretches its sides beyond belief
FIELD_STEP = 5.0  # degrees: fields of view are round numbers
SETTING = 1.6  # a scheme fills no more than one part in so many of the width
TALLEST = 0.7  # rows to columns; a wider field is taken where the picture would be taller
LOW = math.tan(math.radians(2.5))  # below the level of the eye
ROOM = math.tan(math.radians(2.0))  # of sky above what is highest
LEAST_TOP, MOST_TOP = math.tan(math.radians(6.0)), 1.0
ROW_STEP = 10  # px


@dataclass(frozen=True, slots=True)
class Camera:
    """A level camera at an eye.

    Attributes:
        bearing: of the optical axis, radians clockwise from grid north.
        field_of_view: from the left edge to the right one, radians.
        columns, rows: of the picture, px.
        horizon: distance of the level of the eye from the upper edge, px; may lie outside the picture.
    """

    bearing: float
    field_of_view: float
    columns: int
    rows: int
    horizon: float

    @property
    def focal_length(self) -> float:
        """In px: so many of them are one unit of ``up / forward``."""
        return self.columns / 2.0 / math.tan(self.field_of_view / 2.0)

    @property
    def pixel(self) -> float:
        """Width of a pixel at the optical axis, radians."""
        return math.atan(1.0 / self.focal_length)

    @property
    def tangents_of_edges(self) -> tuple[float, float]:
        """``up / forward`` of the lower edge and of the upper one."""
        return (self.horizon - self.rows) / self.focal_length, self.horizon / self.focal_length

    def place(
        self, azimuths: NDArray[np.float64], tangents: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where directions fall.

        Args:
            azimuths: radians clockwise from grid north.
            tangents: of the elevation angles.

        Returns:
            Px from the left edge and from the upper one; NaN for what lies beside or behind the camera.
        """
        forward = np.cos(azimuths - self.bearing)
        forward = np.where(forward > 1e-6, forward, np.nan)
        x = self.columns / 2.0 + self.focal_length * np.sin(azimuths - self.bearing) / forward
        return x, self.horizon - self.focal_length * tangents / forward

    def directions(self, times: int = 1) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the middles of pixels look, each pixel cut into `times` columns and rows.

        Returns:
            Azimuths, shape (columns * times,), radians, and tangents of the elevation angles, shape
            (rows * times, columns * times), the topmost row first.
        """
        across = (np.arange(self.columns * times) + 0.5) / times - self.columns / 2.0
        down = (np.arange(self.rows * times) + 0.5) / times
        turned = np.arctan(across / self.focal_length)
        up = (self.horizon - down) / self.focal_length
        return self.bearing + turned, up[:, None] * np.cos(turned)[None, :]

    def seen(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points as the camera has them.

        Args:
            points: shape (N, 3), east, north and up from the eye, as they appear, metres.

        Returns:
            Shape (N, 3): to the right of the axis, up and forward along it, metres.
        """
        sine, cosine = math.sin(self.bearing), math.cos(self.bearing)
        aside = points[:, 0] * cosine - points[:, 1] * sine
        forward = points[:, 0] * sine + points[:, 1] * cosine
        return np.stack([aside, points[:, 2], forward], axis=1)

    def holds(self, points: NDArray[np.float64]) -> bool:
        """Whether all points, east, north and up from the eye as they appear, fall within the picture."""
        aside, up, forward = self.seen(points).T
        low, top = self.tangents_of_edges
        half = math.tan(self.field_of_view / 2.0)
        inside = (forward > 0.0) & (np.abs(aside) <= half * forward)
        inside &= (up <= top * forward) & (up >= low * forward)
        return bool(inside.all())


def camera_on(
    points: NDArray[np.float64], azimuths: NDArray[np.float64], tangents: NDArray[np.float64]
) -> Camera:
    """A camera on a scheme, wide enough for its setting and high enough for its top and for the skyline beside it.

    Bearing and field of view are whole degrees, so that a picture can be taken again by hand.

    Args:
        points: shape (N, 3), of the scheme, east, north and up from the eye, as they appear, metres.
        azimuths: shape (K,), of the skyline's columns, radians.
        tangents: shape (K,), of its elevation angles.
    """
    azimuth = np.arctan2(points[:, 0], points[:, 1])
    turned = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    middle = float(azimuth[0] + (turned.max() + turned.min()) / 2.0)
    bearing = math.radians(round(math.degrees(middle)) % 360)
    width = SETTING * math.degrees(float(turned.max() - turned.min()))
    field = min(max(FIELD_STEP * math.ceil(width / FIELD_STEP), NARROWEST), WIDEST)
    while True:
        top = _top(points, azimuths, tangents, bearing, math.radians(field))
        focal = COLUMNS / 2.0 / math.tan(math.radians(field) / 2.0)
        rows = ROW_STEP * math.ceil((top + LOW) * focal / ROW_STEP)
        if rows <= TALLEST * COLUMNS or field >= WIDEST:
            return Camera(bearing, math.radians(field), COLUMNS, rows, rows - LOW * focal)
        field += FIELD_STEP


def _top(
    points: NDArray[np.float64],
    azimuths: NDArray[np.float64],
    tangents: NDArray[np.float64],
    bearing: float,
    field: float,
) -> float:
    """``up / forward`` that the upper edge needs."""
    half = math.tan(field / 2.0)
    east, north, up = points.T
    aside = east * math.cos(bearing) - north * math.sin(bearing)
    forward = east * math.sin(bearing) + north * math.cos(bearing)
    inside = (forward > 0.0) & (np.abs(aside) <= half * forward)
    of_scheme = up[inside] / forward[inside]
    ahead = np.cos(azimuths - bearing)
    shown = (ahead > math.cos(field / 2.0)) & np.isfinite(tangents)
    of_skyline = tangents[shown] / ahead[shown]
    highest = float(np.concatenate([of_scheme, of_skyline, [0.0]]).max())
    return min(max(highest + ROOM, LEAST_TOP), MOST_TOP)
