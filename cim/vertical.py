"""From heights above the city's datum to heights above the ellipsoid, and back.

PROJ knows no grid for the 1985 National Height Datum (EPSG:5737): a transformation of
EPSG:4548+5737 to EPSG:4979 silently leaves the height as it is, and a model would stand some ten
metres too low on any globe. So the separation is the city's own data, applied here and nowhere else;
no height ever passes through PROJ as anything but an ellipsoidal one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError

from cim.errors import CityError, FrameError
from cim.text import Text


@dataclass(frozen=True, slots=True)
class DatumOffset:
    """Another vertical datum the city knows how to read.

    Attributes:
        datum: e.g. ``EPSG:5736``.
        offset: metres to add to a height above that datum for one above the city's.
        accuracy: metres, one standard deviation.
    """

    datum: str
    offset: float
    accuracy: float


class Separation(Protocol):
    """Ellipsoidal height minus orthogonal height, wherever the city lies.

    Attributes:
        datum: the orthogonal heights' datum, e.g. ``EPSG:5737``.
        accuracy: metres, one standard deviation, as its publisher states it.
        method: where it comes from, for people.
        offsets: other vertical datums the city knows.
    """

    @property
    def datum(self) -> str: ...  # noqa: D102
    @property
    def accuracy(self) -> float: ...  # noqa: D102
    @property
    def method(self) -> str: ...  # noqa: D102
    @property
    def offsets(self) -> tuple[DatumOffset, ...]: ...  # noqa: D102

    def at(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Separation in metres, shape (N,), at longitude and latitude in degrees, shape (N, 2) or (N, 3)."""
        ...


@dataclass(frozen=True, slots=True)
class VerticalSeparation:
    """One constant for the city.

    Attributes:
        datum: the orthogonal heights' datum, e.g. ``EPSG:5737``.
        separation: metres; positive where the datum's zero lies above the ellipsoid.
        accuracy: metres, one standard deviation, as the city states it.
        offsets: other vertical datums the city knows.
    """

    datum: str
    separation: float
    accuracy: float
    offsets: tuple[DatumOffset, ...] = ()

    @property
    def method(self) -> str:
        """Where it comes from."""
        return f"constant {self.separation:+.3f} m"

    def at(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """The constant, shape (N,), metres."""
        return np.full(len(positions), self.separation)


@dataclass(frozen=True, slots=True, eq=False)
class SeparationGrid:
    """Separations at the nodes of a grid in longitude and latitude (EGM96, EGM2008, a city's own refinement).

    Attributes:
        datum, accuracy, offsets: as for `VerticalSeparation`.
        name: of the grid's file.
        values: shape (rows, columns), metres; row 0 is the northernmost; NaN where nothing is known.
        west, north: longitude and latitude of the first node, degrees.
        step: degrees between nodes, eastward and southward.
    """

    datum: str
    accuracy: float
    name: str
    values: NDArray[np.float64]
    west: float
    north: float
    step: tuple[float, float]
    offsets: tuple[DatumOffset, ...] = field(default=())

    @property
    def method(self) -> str:
        """Where it comes from."""
        return f"grid {self.name}"

    def at(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bilinear between nodes.

        Args:
            positions: shape (N, 2) or (N, 3), longitude and latitude in degrees.

        Returns:
            Shape (N,), metres.

        Raises:
            FrameError: a position lies outside the grid.
        """
        rows, columns = self.values.shape
        x = np.mod(positions[:, 0] - self.west, 360.0) / self.step[0]
        y = (self.north - positions[:, 1]) / self.step[1]
        left = np.clip(np.floor(x), 0, columns - 2).astype(np.int64)
        top = np.clip(np.floor(y), 0, rows - 2).astype(np.int64)
        u, v = x - left, y - top
        grid = self.values
        found: NDArray[np.float64] = (1.0 - v) * (
            grid[top, left] * (1.0 - u) + grid[top, left + 1] * u
        ) + v * (grid[top + 1, left] * (1.0 - u) + grid[top + 1, left + 1] * u)
        slack = 1e-9
        outside = (
            (x > columns - 1 + slack) | (y < -slack) | (y > rows - 1 + slack) | np.isnan(found)
        )
        if outside.any():
            longitude, latitude = positions[int(np.flatnonzero(outside)[0]), :2]
            raise FrameError(
                Text(
                    zh="高程异常格网 {name} 不包括 {lon:.5f}, {lat:.5f}。",
                    en="the separation grid {name} does not cover {lon:.5f}, {lat:.5f}.",
                ).format(name=self.name, lon=longitude, lat=latitude),
                remedy=Text(
                    zh="请在 city.yaml 的 vertical.grid 中提供覆盖全市的格网。",
                    en="Name a grid that covers the whole city as vertical.grid in city.yaml.",
                ),
            )
        return found


def read_separation_grid(
    path: Path, *, datum: str, accuracy: float, offsets: tuple[DatumOffset, ...] = ()
) -> SeparationGrid:
    """Read a GTX file or a GeoTIFF of separations in metres over longitude and latitude.

    Raises:
        CityError: not such a raster.
    """
    try:
        with rasterio.open(path) as raster:
            values = raster.read(1, masked=True).astype(np.float64).filled(np.nan)
            matrix, crs = raster.transform, raster.crs
    except RasterioIOError as error:
        raise CityError(
            Text(zh="无法读取高程异常格网。", en="the separation grid cannot be read."),
            path=path,
            place="vertical.grid",
            remedy=Text(zh="请提供 GTX 或 GeoTIFF。", en="Provide a GTX file or a GeoTIFF."),
        ) from error
    if (crs is not None and not crs.is_geographic) or matrix.b or matrix.d or matrix.e >= 0.0:
        raise CityError(
            Text(
                zh="高程异常格网不是正北向的经纬度栅格。",
                en="the separation grid is not a north-up raster of longitude and latitude.",
            ),
            path=path,
            place="vertical.grid",
            remedy=Text(
                zh="请用 gdalwarp -t_srs EPSG:4326 转换。",
                en="Convert it with gdalwarp -t_srs EPSG:4326.",
            ),
        )
    if min(values.shape) < 2:
        raise CityError(
            Text(
                zh="高程异常格网至少须有 2 x 2 个节点。",
                en="a separation grid has at least 2 x 2 nodes.",
            ),
            path=path,
            place="vertical.grid",
        )
    return SeparationGrid(
        datum=datum,
        accuracy=accuracy,
        name=path.name,
        values=values,
        west=matrix.c
        + matrix.a / 2.0,  # GDAL states cell corners; the values belong to the middles
        north=matrix.f + matrix.e / 2.0,
        step=(matrix.a, -matrix.e),
        offsets=offsets,
    )
