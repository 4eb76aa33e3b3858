"""Raw rings to parcels in the city's frame, with every trap looked for: axes, zone prefix, wrong zone, closing, crossing, area."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from cim.city_frame import CityFrame
from cim.crs import Refusal, false_easting, operation_between, same_crs
from cim.errors import ParcelError
from cim.parcel import Parcel
from cim.parcels.raw import RawParcel, RawRing, RawSource
from cim.text import Text

MILLION = 1_000_000.0  # m
HECTARE, MU = 10_000.0, 10_000.0 / 15.0  # m2
AREA_AGREEMENT = 0.005  # a ratio: plane and ellipsoidal areas differ by less
AREA_FLOOR = 1.0  # m2; the last digit of hectares with four decimals

Extent = tuple[float, float, float, float]
Points = NDArray[np.float64]


def assemble(source: RawSource, path: Path, frame: CityFrame, extent: Extent) -> tuple[Parcel, ...]:
    """Parcels in the city's frame.

    Raises:
        ParcelError: another zone or CRS, outside the city, a ring that is open or crosses itself, an area that is wrong.
    """
    every = np.concatenate([ring.points for parcel in source.parcels for ring in parcel.rings])
    _check_zone(source, every, path, frame)
    read, notes = _axes(source, every, path, frame, extent)
    return tuple(
        _parcel(parcel, read, (*source.notes, *notes), path, extent) for parcel in source.parcels
    )


def central_meridian(crs: CRS) -> float | None:
    """Degrees, of a transverse Mercator projection; None for others."""
    operation = crs.coordinate_operation
    for parameter in operation.params if operation is not None else ():
        if parameter.name == "Longitude of natural origin":
            return float(parameter.value)
    return None


def _check_zone(source: RawSource, every: Points, path: Path, frame: CityFrame) -> None:
    """Refuse a zone, by header or prefix, whose central meridian is not the city's."""
    meridian = central_meridian(frame.crs)
    if meridian is None:
        return
    for zone in (source.zone, _prefix(every, frame)):
        if zone is None:
            continue
        widths = (source.zone_width,) if source.zone_width else ((3,) if zone >= 25 else (6,))
        own = [3.0 * zone if width == 3 else 6.0 * zone - 3.0 for width in widths]
        if all(abs(candidate - meridian) > 1e-6 for candidate in own):
            raise ParcelError(
                Text(
                    zh="界址点在带号 {zone}（中央经线 {own:g}°），城市的中央经线是 {city:g}°。",
                    en="the points are in zone {zone} (central meridian {own:g}), the city's is {city:g}.",
                ).format(zone=zone, own=own[0], city=meridian),
                path=path,
                remedy=Text(
                    zh="请换带到城市坐标系 {crs} 后提供。",
                    en="Provide the points in the city's CRS, {crs}.",
                ).format(crs=frame.projected_crs),
            )


def _prefix(every: Points, frame: CityFrame) -> int | None:
    """The zone number in front of the eastings (or of northings written in their place)."""
    if false_easting(frame.crs) >= MILLION:
        return None
    for column in (0, 1):
        zones = np.unique(np.floor(every[:, column] / MILLION))
        if len(zones) == 1 and 13 <= zones[0] <= 45:
            return int(zones[0])
    return None


def _axes(
    source: RawSource, every: Points, path: Path, frame: CityFrame, extent: Extent
) -> tuple[Callable[[Points], Points], tuple[Text, ...]]:
    """How to read the points as easting and northing of the city, and what that takes for granted."""
    if source.crs is not None and not same_crs(source.crs, frame.crs):
        return _by_operation(source.crs, path, frame, extent)
    prefix = math.floor(false_easting(frame.crs) / MILLION) * MILLION
    for read, note in _readings(prefix):
        inside = _inside(read(every), extent)
        if inside.all():
            assumed = () if source.crs is not None else (_assumed(frame),)
            return read, (*assumed, *((note,) if note else ()))
    outside = int(np.flatnonzero(~_inside(every, extent))[0])
    places = [place for p in source.parcels for ring in p.rings for place in ring.places]
    raise ParcelError(
        Text(
            zh="界址点 ({e:.3f}, {n:.3f}) 不在城市范围内。",
            en="the boundary point ({e:.3f}, {n:.3f}) is outside the city.",
        ).format(e=every[outside, 0], n=every[outside, 1]),
        path=path,
        place=places[outside],
        remedy=Text(
            zh="请核对坐标系、带号、X（北）与 Y（东）的次序和单位。",
            en="Check CRS, zone, the order of X (northing) and Y (easting), and the unit.",
        ),
    )


def _readings(
    prefix: float,
) -> tuple[tuple[Callable[[Points], Points], Text | None], ...]:
    """The ways points may be written, the regular one first."""
    swapped = Text(zh="X 与 Y 互换（东坐标在前）。", en="X and Y are exchanged (easting first).")
    zone = Text(
        zh="东坐标带有带号，已去除。", en="Eastings carried the zone number; it was taken off."
    )
    missing = Text(zh="东坐标没有带号，已补上。", en="Eastings had no zone number; it was added.")
    if prefix:
        return (
            (lambda p: p, None),
            (lambda p: p + np.array([prefix, 0.0]), missing),
            (lambda p: p[:, ::-1], swapped),
        )
    return (
        (lambda p: p, None),
        (lambda p: np.column_stack([p[:, 0] % MILLION, p[:, 1]]), zone),
        (lambda p: p[:, ::-1], swapped),
        (lambda p: np.column_stack([p[:, 1] % MILLION, p[:, 0]]), swapped),
    )


def _inside(points: Points, extent: Extent) -> NDArray[np.bool_]:
    west, south, east, north = extent
    x, y = points.T
    inside: NDArray[np.bool_] = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return inside


def _assumed(frame: CityFrame) -> Text:
    return Text(
        zh="界址点未说明坐标系；按城市坐标系 {crs} 理解。",
        en="The points name no CRS; the city's, {crs}, is assumed.",
    ).format(crs=frame.projected_crs)


def _by_operation(
    crs: CRS, path: Path, frame: CityFrame, extent: Extent
) -> tuple[Callable[[Points], Points], tuple[Text, ...]]:
    west, south, east, north = extent
    corners = frame.degrees(np.array([[west, south], [east, north]]))
    (w, s), (e, n) = corners.tolist()
    operation = operation_between(crs, frame.crs, (w, s, e, n))
    if isinstance(operation, Refusal):
        raise ParcelError(
            Text(
                zh="从 {read} 到 {city} 没有可靠的转换（{why}）。",
                en="there is no sound way from {read} to {city} ({why}).",
            ).format(read=crs.name, city=frame.projected_crs, why=operation.value),
            path=path,
            remedy=Text(
                zh="请以城市坐标系 {city} 提供界址点。",
                en="Provide the points in the city's CRS, {city}.",
            ).format(city=frame.projected_crs),
        )
    note = Text(
        zh="坐标转换：{name}（精度 {accuracy:g} m）。",
        en="Operation: {name} (accuracy {accuracy:g} m).",
    ).format(name=operation.name, accuracy=operation.accuracy)
    return operation.apply, (note,)


def _parcel(
    raw: RawParcel,
    read: Callable[[Points], Points],
    notes: tuple[Text, ...],
    path: Path,
    extent: Extent,
) -> Parcel:
    told = list(notes)
    shapes = [_polygon(raw, ring, read, path, told) for ring in raw.rings]
    whole: BaseGeometry = shapes[0]
    for shape in shapes[1:]:
        # A ring within is a hole (an enclosed plot is not the applicant's); one beside is another part.
        whole = whole.difference(shape) if whole.contains(shape) else whole.union(shape)
    if not _inside(shapely.get_coordinates(whole), extent).all():
        raise ParcelError(
            Text(zh="用地不在城市范围内。", en="the parcel is outside the city."),
            path=path,
            place=raw.place,
        )
    area = _stated_area(raw, float(whole.area), path, told)
    return Parcel(raw.name, whole, area, tuple(told))


def _polygon(
    raw: RawParcel,
    ring: RawRing,
    read: Callable[[Points], Points],
    path: Path,
    told: list[Text],
) -> shapely.Polygon:
    points = read(ring.points)
    if len(points) < 3:
        raise ParcelError(
            Text(zh="一圈至少要有三个界址点。", en="a ring has at least three boundary points."),
            path=path,
            place=ring.places[0],
        )
    if not ring.closed:
        if not raw.counted:
            raise ParcelError(
                Text(
                    zh="界址线没有闭合：末点与首点不同，可能缺少界址点。",
                    en="the ring is not closed: its last point is not its first, so points may be missing.",
                ),
                path=path,
                place=ring.places[-1],
                remedy=Text(
                    zh="请在末尾重复首点，或在地块行写明界址点数。",
                    en="Repeat the first point at the end, or state the number of points in the parcel's line.",
                ),
            )
        told.append(
            Text(
                zh="界址线未闭合；点数与所写一致，已闭合。",
                en="The ring was not closed; as its number of points is right, it was closed.",
            )
        )
    shape = shapely.Polygon(points)
    if not shape.is_valid or shape.area == 0.0:
        raise _crossing(shape, points, ring, path)
    return shape


def _crossing(shape: shapely.Polygon, points: Points, ring: RawRing, path: Path) -> ParcelError:
    """Where a ring crosses itself: the nearest of its segments, by the place of its first point."""
    why = str(shapely.is_valid_reason(shape))
    place = ring.places[0]
    if "[" in why:
        at = shapely.Point(*map(float, why[why.index("[") + 1 : why.index("]")].split()[:2]))
        segments = shapely.linestrings(np.stack([points, np.roll(points, -1, axis=0)], axis=1))
        place = ring.places[int(np.argmin(shapely.distance(segments, at)))]
    return ParcelError(
        Text(zh="界址线自相交：{why}。", en="the ring crosses itself: {why}.").format(why=why),
        path=path,
        place=place,
        remedy=Text(
            zh="请核对界址点的次序与圈号。",
            en="Check the order of the points and their ring numbers.",
        ),
    )


def _stated_area(raw: RawParcel, area: float, path: Path, told: list[Text]) -> float | None:
    """The stated area in m2: hectares by the standard, else what fits; None when none is stated.

    Raises:
        ParcelError: it fits no unit.
    """
    stated = raw.stated_area
    if not stated:
        return None
    slack = max(AREA_AGREEMENT * area, AREA_FLOOR)
    for factor, unit in ((HECTARE, "ha"), (1.0, "m²"), (MU, "亩 (mu)")):
        if abs(stated * factor - area) <= slack:
            if unit != "ha":
                told.append(
                    Text(
                        zh="面积以 {unit} 而非公顷给出。",
                        en="The area is given in {unit}, not in hectares.",
                    ).format(unit=unit)
                )
            return stated * factor
    raise ParcelError(
        Text(
            zh="写明面积 {stated:g}，按界址点为 {area:.1f} m²（{hectares:.4f} 公顷），不符。",
            en="the area stated is {stated:g}, but the points enclose {area:.1f} m² ({hectares:.4f} ha).",
        ).format(stated=stated, area=area, hectares=area / HECTARE),
        path=path,
        place=raw.place,
        remedy=Text(
            zh="请核对面积单位与界址点是否齐全。",
            en="Check the unit of the area, and that no point is missing.",
        ),
    )
