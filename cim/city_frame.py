"""The one frame of a city: projected easting, northing and orthogonal height, and its way to the globe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer
from pyproj.enums import TransformDirection
from pyproj.exceptions import CRSError

from cim.errors import FrameError
from cim.local_grid import LocalGrid
from cim.text import Text
from cim.vertical import Separation, VerticalSeparation

GEOCENTRIC_CRS = "EPSG:4978"  # WGS 84, the frame of 3D Tiles
GEOGRAPHIC_CRS = "EPSG:4979"  # WGS 84 with ellipsoidal height
NULL_SHIFT_DATUMS = (
    "China Geodetic Coordinate System 2000",
    "China 2000",
    "Geocentric Datum of Australia 2020",
)
"""Datums PROJ knows no way from to WGS 84, which differ from it by plate motion alone, below a metre.

The globe of 3D Tiles carries no model to better than that. No verdict depends on it: checks stay in the projected frame.
"""
JACOBIAN_STEP = 1.0  # m; central differences of a map projection are exact to 1e-10 at this step


@dataclass(frozen=True, slots=True)
class CityFrame:
    """Projected coordinates in metres: easting, northing, orthogonal height.

    Points are always ordered easting, northing, height here, whatever the axis order of the CRS.

    Attributes:
        projected_crs: e.g. ``EPSG:4548`` (CGCS2000 / 3-degree Gauss-Kruger CM 117E).
        vertical: datum and separation of the heights.
        local_grids: the city's own grids that files may be in.
    """

    projected_crs: str
    vertical: Separation
    local_grids: tuple[LocalGrid, ...] = ()

    @property
    def crs(self) -> CRS:
        """The projected CRS.

        Raises:
            FrameError: PROJ does not know it.
        """
        return _crs(self.projected_crs)

    def degrees(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitude and latitude on the city's own datum, shape (N, 2), degrees, of projected points, shape (N, 2) or (N, 3)."""
        return _project(self.projected_crs, points, inverse=True)

    def grid_at(self, point: NDArray[np.float64]) -> tuple[float, float]:
        """What the projection does to directions and lengths at a point, shape (2,) or (3,).

        Returns:
            The meridian convergence in radians: how far true north lies counter-clockwise of grid north; and
            the point scale: grid metres per metre on the ellipsoid.
        """
        longitude, latitude = self.degrees(np.asarray(point)[None, :])[0]
        factors = _projection(self.projected_crs).get_factors(longitude, latitude)
        return float(np.radians(factors.meridian_convergence)), float(factors.meridional_scale)

    def separation_at(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Ellipsoidal minus orthogonal height, shape (N,), metres, at projected points."""
        if isinstance(self.vertical, VerticalSeparation):
            return self.vertical.at(points)  # the same everywhere
        return self.vertical.at(self.degrees(points))

    def from_degrees(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Easting and northing, shape (N, 2), of longitude and latitude on the city's own datum, degrees."""
        return _project(self.projected_crs, positions, inverse=False)

    def to_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take projected points to Earth-centred coordinates.

        Args:
            points: shape (N, 3), metres: easting, northing, orthogonal height.

        Returns:
            Shape (N, 3), metres, EPSG:4978.
        """
        return _transform(_geocentric(), self.to_geographic(points))

    def from_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_ecef`: shape (N, 3), EPSG:4978 -> easting, northing, orthogonal height."""
        return self.from_geographic(_transform(_geocentric(), points, TransformDirection.INVERSE))

    def to_geographic(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take projected points to the globe.

        Args:
            points: shape (N, 3), metres: easting, northing, orthogonal height.

        Returns:
            Shape (N, 3): longitude and latitude in degrees, ellipsoidal height in metres, EPSG:4979.
        """
        return _transform(_to_globe(self.projected_crs), self._with_ellipsoidal_height(points))

    def from_geographic(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_geographic`: shape (N, 3), degrees and ellipsoidal metres -> easting, northing, orthogonal height."""
        way = _to_globe(self.projected_crs)
        projected = _transform(way, points, TransformDirection.INVERSE)
        projected[:, 2] -= self.separation_at(projected)
        return projected

    def east_north_up(self, origin: NDArray[np.float64]) -> NDArray[np.float64]:
        """The local tangent frame at a projected point.

        Args:
            origin: shape (3,), easting, northing, orthogonal height.

        Returns:
            Shape (4, 4), local east / north / up metres -> EPSG:4978. True east and north of the
            ellipsoid, not of the grid: they differ by the meridian convergence (0.46 degrees at Xiamen).
        """
        lon, lat, _ = np.radians(self.to_geographic(origin[None, :])[0])
        sin_lon, cos_lon, sin_lat, cos_lat = np.sin(lon), np.cos(lon), np.sin(lat), np.cos(lat)
        matrix = np.eye(4)
        matrix[:3, 0] = [-sin_lon, cos_lon, 0.0]
        matrix[:3, 1] = [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat]
        matrix[:3, 2] = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat]
        matrix[:3, 3] = self.to_ecef(origin[None, :])[0]
        return matrix

    def ecef_jacobian(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivative of `to_ecef` at projected points.

        Args:
            points: shape (N, 3).

        Returns:
            Shape (N, 3, 3): columns are the ECEF change per metre of easting, northing, height. It
            carries grid scale, convergence and curvature of that very place, so that a shared mesh
            drawn there through it is off by far less than a millimetre.
        """
        steps = np.eye(3) * JACOBIAN_STEP
        ahead = self.to_ecef((points[:, None, :] + steps).reshape(-1, 3)).reshape(-1, 3, 3)
        back = self.to_ecef((points[:, None, :] - steps).reshape(-1, 3)).reshape(-1, 3, 3)
        return np.swapaxes(ahead - back, 1, 2) / (2.0 * JACOBIAN_STEP)

    def _with_ellipsoidal_height(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([points[:, :2], points[:, 2] + self.separation_at(points)])


def _transform(
    transformer: Transformer,
    points: NDArray[np.float64],
    direction: TransformDirection = TransformDirection.FORWARD,
) -> NDArray[np.float64]:
    x, y, z = points.T
    if len(points) == 1:  # pyproj takes arrays of one for scalars, which numpy deprecates
        x, y, z = points[0].tolist()
    return np.column_stack(transformer.transform(x, y, z, direction=direction))


def _project(
    projected_crs: str, points: NDArray[np.float64], *, inverse: bool
) -> NDArray[np.float64]:
    projection = _projection(projected_crs)
    if len(points) == 1:  # pyproj takes arrays of one for scalars, which numpy deprecates
        return np.array([projection(float(points[0, 0]), float(points[0, 1]), inverse=inverse)])
    return np.column_stack(projection(points[:, 0], points[:, 1], inverse=inverse))


@lru_cache(maxsize=16)
def _projection(projected_crs: str) -> Proj:
    return Proj(_crs(projected_crs))


@lru_cache(maxsize=1)
def _geocentric() -> Transformer:
    """Longitude, latitude, ellipsoidal height -> Earth-centred coordinates."""
    return Transformer.from_crs(GEOGRAPHIC_CRS, GEOCENTRIC_CRS, always_xy=True)


@lru_cache(maxsize=16)
def _to_globe(projected_crs: str) -> Transformer:
    """Easting, northing, ellipsoidal height -> longitude, latitude, ellipsoidal height.

    The one way both to the globe and to Earth-centred coordinates: PROJ searches for it, which takes longer than most of what
    it is needed for, and to search for the latter apart takes six times as long again.

    Raises:
        FrameError: a CRS is unknown, or PROJ would only guess the way between the datums.
    """
    source_crs, target_crs = _crs(projected_crs), _crs(GEOGRAPHIC_CRS)
    datums = {
        crs.geodetic_crs.datum.name
        for crs in (source_crs, target_crs)
        if crs.geodetic_crs is not None and crs.geodetic_crs.datum is not None
    }
    best = Transformer.from_crs(source_crs.to_3d(), target_crs.to_3d(), always_xy=True)
    if "ballpark" in best.description.lower() and not datums & set(NULL_SHIFT_DATUMS):
        raise FrameError(
            Text(
                zh="{source} 与 {target} 之间没有可靠的基准转换（PROJ 只能粗略近似）。",
                en="there is no sound datum transformation between {source} and {target} (PROJ offers a ballpark one).",
            ).format(source=projected_crs, target=GEOGRAPHIC_CRS),
            remedy=Text(
                zh="请使用 CGCS2000、ETRS89 等基准的投影坐标系，或安装所需的 PROJ 格网。",
                en="Use a projected CRS on a datum such as CGCS2000 or ETRS89, or install the PROJ grid it needs.",
            ),
        )
    return best


@lru_cache(maxsize=16)
def _crs(name: str) -> CRS:
    try:
        return CRS.from_user_input(name)
    except CRSError as error:
        raise FrameError(
            Text(
                zh="坐标系无法识别：{name}。", en="unknown coordinate reference system: {name}."
            ).format(name=name),
            remedy=Text(
                zh="请使用 EPSG 代码，例如 EPSG:4548。", en="Use an EPSG code such as EPSG:4548."
            ),
        ) from error
