"""The one frame of a city: projected easting, northing and orthogonal height, and its way to the globe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from cim.errors import FrameError
from cim.text import Text
from cim.vertical import VerticalSeparation

GEOCENTRIC_CRS = "EPSG:4978"  # WGS 84, the frame of 3D Tiles
GEOGRAPHIC_CRS = "EPSG:4979"  # WGS 84 with ellipsoidal height
JACOBIAN_STEP = 1.0  # m; central differences of a map projection are exact to 1e-10 at this step


@dataclass(frozen=True, slots=True)
class CityFrame:
    """Projected coordinates in metres: easting, northing, orthogonal height.

    Points are always ordered easting, northing, height here, whatever the axis order of the CRS.

    Attributes:
        projected_crs: e.g. ``EPSG:4548`` (CGCS2000 / 3-degree Gauss-Kruger CM 117E).
        vertical: datum and separation of the heights.
    """

    projected_crs: str
    vertical: VerticalSeparation

    def to_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take projected points to Earth-centred coordinates.

        Args:
            points: shape (N, 3), metres: easting, northing, orthogonal height.

        Returns:
            Shape (N, 3), metres, EPSG:4978.
        """
        return _transform(self.projected_crs, GEOCENTRIC_CRS, self._with_ellipsoidal_height(points))

    def from_ecef(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of `to_ecef`: shape (N, 3), EPSG:4978 -> easting, northing, orthogonal height."""
        projected = _transform(GEOCENTRIC_CRS, self.projected_crs, points)
        projected[:, 2] = self.vertical.to_orthogonal(projected[:, 2])
        return projected

    def to_geographic(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take projected points to the globe.

        Args:
            points: shape (N, 3), metres: easting, northing, orthogonal height.

        Returns:
            Shape (N, 3): longitude and latitude in degrees, ellipsoidal height in metres, EPSG:4979.
        """
        return _transform(self.projected_crs, GEOGRAPHIC_CRS, self._with_ellipsoidal_height(points))

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
        return np.column_stack([points[:, :2], self.vertical.to_ellipsoidal(points[:, 2])])


def _transform(source: str, target: str, points: NDArray[np.float64]) -> NDArray[np.float64]:
    transformer = _transformer(source, target)
    if len(points) == 1:  # pyproj takes arrays of one for scalars, which numpy deprecates
        return np.array([transformer.transform(*points[0].tolist())])
    return np.column_stack(transformer.transform(*points.T))


@lru_cache(maxsize=16)
def _transformer(source: str, target: str) -> Transformer:
    """A transformer between 3D frames in easting, northing / longitude, latitude order."""
    try:
        source_crs, target_crs = CRS.from_user_input(source), CRS.from_user_input(target)
    except CRSError as error:
        raise FrameError(
            Text(
                zh=f"坐标系无法识别：{source} → {target}",
                en=f"unknown coordinate reference system: {source} -> {target}.",
            ),
            remedy=Text(
                zh="请使用 EPSG 代码，例如 EPSG:4548。", en="Use an EPSG code such as EPSG:4548."
            ),
        ) from error
    return Transformer.from_crs(source_crs.to_3d(), target_crs.to_3d(), always_xy=True)
