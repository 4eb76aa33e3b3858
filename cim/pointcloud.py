"""Scanned points from LAS or LAZ files in the city's projected frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import laspy
import numpy as np
from numpy.typing import NDArray

from cim.errors import CityError
from cim.text import Text

COLOUR_CHANNELS = frozenset({"red", "green", "blue"})


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud:
    """Points, and how they look.

    Attributes:
        positions: shape (N, 3), metres: easting, northing, orthogonal height.
        colours: shape (N, 3), sRGB 0..1; None when the scan has none.
    """

    positions: NDArray[np.float64]
    colours: NDArray[np.float64] | None


def read_point_cloud(path: Path) -> PointCloud:
    """Read all points of a file.

    Args:
        path: ``.las`` or ``.laz``, x = easting, y = northing, z = orthogonal height.

    Raises:
        CityError: not such a file.
    """
    try:
        scan = laspy.read(path)
        positions = np.array(scan.xyz, dtype=np.float64).reshape(-1, 3)
        colours = _colours(scan)
    # A damaged LAZ stream surfaces as the decompressor's own kind of RuntimeError.
    except (OSError, ValueError, RuntimeError, laspy.LaspyException) as error:
        raise CityError(
            Text(
                zh="点云无法读取：{error}。", en="the point cloud cannot be read: {error}."
            ).format(error=error),
            path=path,
            remedy=Text(zh="请提供 LAS 或 LAZ 文件。", en="Provide a LAS or LAZ file."),
        ) from error
    return PointCloud(positions, colours)


def _colours(scan: laspy.LasData) -> NDArray[np.float64] | None:
    if not COLOUR_CHANNELS.issubset(scan.point_format.dimension_names) or not len(scan.points):
        return None
    channels = np.column_stack([scan.red, scan.green, scan.blue]).astype(np.float64)
    # LAS asks for 16 bits a channel; many scanners write 8 into them.
    return channels / (65_535.0 if channels.max() > 255.0 else 255.0)
