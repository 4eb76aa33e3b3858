"""What a scheme does to the view from a viewpoint, in numbers and plates: skyline, sky, ridges, before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Columns, Eye, all_round, sector
from bim_checks.landscape.picture import Picture, Window, picture_of
from bim_checks.landscape.plate import Facts, Kind, Line, painted, plate
from bim_checks.landscape.raster_image import png
from bim_checks.landscape.ridge import columns_over, ridge_line
from bim_checks.landscape.scheme_view import context_of, eye_of, replaced_buildings, surface_of
from bim_checks.landscape.skyline import GROUND, NOTHING, Skyline, skyline_of
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.city import Viewpoint
from cim.text import Language, Text

CIRCLE = 36_000  # columns over the whole horizon: 0.01 degrees
PLATE_STEP = math.radians(0.02)  # of a pixel
PLATE_WIDTH, PLATE_LOW, PLATE_HIGH = math.radians(30.0), math.radians(2.5), math.radians(3.0)
LOWEST_TOP, HIGHEST_TOP = math.radians(6.0), math.radians(45.0)
METHOD = Text(
    zh="方法：逐列精确天际线与逐像元最近面，步长 {skyline:g}° / {pixel:g}°；地球曲率与大气折光 (1−k)d²/2R，k = {k:g}。",
    en="Method: exact skyline column by column and nearest face pixel by pixel, steps {skyline:g} / {pixel:g} degrees; Earth curvature and refraction (1-k)d2/2R, k = {k:g}.",
)
EYE = Text(
    zh="视点：E {east:.2f}，N {north:.2f}，眼高程 {up:.2f} m（离地 {above:g} m）；距建筑 {distance:.0f} m。",
    en="Eye: E {east:.2f}, N {north:.2f}, {up:.2f} m above datum ({above:g} m above ground); {distance:.0f} m to the scheme.",
)
INPUTS = Text(
    zh="输入校验值：模型 {model}，城市地形与建筑 {city}。",
    en="Input hashes: model {model}, city terrain and buildings {city}.",
)
BAND = Text(zh="{ridge}保护带下限", en="limit of the band below {ridge}")
BEFORE = Text(zh="现状天际线", en="skyline before")
AFTER = Text(zh="建成后天际线", en="skyline after")


@dataclass(frozen=True, slots=True)
class Band:
    """The band below a ridge that a rule keeps free, to be drawn; as the parameters of VIEW-RIDGE-BAND."""

    viewpoint: str
    ridge: str
    limit: float
    base_elevation: float


@dataclass(frozen=True, slots=True, eq=False)
class ViewStudy:
    """The view from one viewpoint.

    Attributes:
        viewpoint, eye: looked from.
        before, after: skylines all round; in `after` what makes way is gone and the scheme's bodies have the owners from
            `offset` on.
        offset: first owner of the scheme in `after`.
        degrees_raised: azimuth over which the scheme raises the skyline, degrees.
        most_raised: by how much at most, degrees.
        sky_lost: solid angle of sky that it takes, steradians.
        peaks_before, peaks_after: local maxima of the skyline over the scheme's azimuths that stand out by more than 0.1 degrees.
        distance: horizontal metres to the nearest point of the scheme that is seen, else to its centre.
    """

    viewpoint: Viewpoint
    eye: Eye
    before: Skyline
    after: Skyline
    offset: int
    degrees_raised: float
    most_raised: float
    sky_lost: float
    peaks_before: int
    peaks_after: int
    distance: float


def study(
    scheme: Scheme, around: Surroundings, viewpoint: Viewpoint, *, refraction: float
) -> ViewStudy:
    """What the scheme does to the skyline seen from a viewpoint.

    Args:
        scheme: placed.
        around: the city.
        viewpoint: looked from.
        refraction: coefficient k.
    """
    context, eye, columns = context_of(around), eye_of(viewpoint, refraction), all_round(CIRCLE)
    surface, gone = surface_of(scheme), replaced_buildings(scheme, around)
    before = context.skyline(eye, columns)
    cleared = context.skyline(eye, columns, cleared=gone) if gone else before
    built = skyline_of(surface, eye, columns)
    offset = int(max(before.owners.max(), cleared.owners.max())) + 1
    offset = max(offset, 0)
    after = cleared.with_(built, offset=offset)
    raised = after.owners >= offset
    low, high = before.elevations[raised], after.elevations[raised]
    low = np.maximum(low, 0.0 if not len(low) else -math.pi / 2.0)
    middle = _shown(before, after, raised)
    seen = built.distances[raised]
    centre = surface.vertices[:, :2].mean(axis=0) if len(surface.vertices) else np.zeros(2)
    return ViewStudy(
        viewpoint=viewpoint,
        eye=eye,
        before=before,
        after=after,
        offset=offset,
        degrees_raised=float(raised.sum()) * 360.0 / CIRCLE,
        most_raised=float(np.degrees((high - low).max())) if len(high) else 0.0,
        sky_lost=float((np.sin(high) - np.sin(low)).sum() * columns.step) if len(high) else 0.0,
        peaks_before=_peaks(before.elevations[middle]),
        peaks_after=_peaks(after.elevations[middle]),
        distance=float(seen.min()) if len(seen) else math.dist(centre, eye.position[:2]),
    )


def _shown(before: Skyline, after: Skyline, raised: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The columns over the scheme with a degree on both sides, in their order round the seam at north."""
    where = np.flatnonzero(raised)
    if not len(where):
        return np.zeros(0, dtype=np.intp)
    angle = np.angle(
        np.exp(1j * (before.columns.azimuths[where] - before.columns.azimuths[where[0]]))
    )
    degree = CIRCLE // 360
    first = where[0] + round(float(angle.min()) / before.columns.step) - degree
    last = where[0] + round(float(angle.max()) / after.columns.step) + degree
    return np.arange(first, last + 1) % CIRCLE


def _peaks(elevations: NDArray[np.float64], prominence: float = math.radians(0.1)) -> int:
    """Local maxima that stand at least so far above the lower of the two valleys beside them."""
    count, low, high, rising = 0, math.inf, -math.inf, True
    for value in elevations:
        if rising:
            high = max(high, value)
            if value < high - prominence:
                count, rising, low = count + 1, False, value
        else:
            low = min(low, value)
            if value > low + prominence:
                rising, high = True, value
    return count


def plates(
    scheme: Scheme,
    around: Surroundings,
    found: ViewStudy,
    languages: Sequence[Language],
    bands: Sequence[Band] = (),
) -> Iterator[tuple[Kind, Language, str]]:
    """Plates of a view, before, after and compared, each a self-contained SVG.

    Args:
        scheme: placed.
        around: the city.
        found: the view.
        languages: of the words.
        bands: to be drawn where they are of this viewpoint.
    """
    window = plate_window(scheme, found)
    before = context_of(around).picture(found.eye, window)
    built = picture_of(surface_of(scheme), found.eye, window)
    gone = replaced_buildings(scheme, around)
    cleared = context_of(around).picture(found.eye, window, cleared=gone) if gone else before
    lines = [*_lines(around, found, window.columns), *_limits(around, found, window, bands)]
    facts = _facts(scheme, around, found)
    for kind in ("before", "after", "overlay"):
        ground: Picture = before if kind == "before" else cleared
        shown = [line for line in lines if kind != "before" or line.name != AFTER]
        image = png(painted(kind, ground, built))
        for language in languages:
            yield kind, language, plate(kind, window, image, shown, facts, language)


def plate_window(scheme: Scheme, found: ViewStudy) -> Window:
    """A window about the scheme, wide enough for its setting and high enough for its top."""
    points = found.eye.apparent(surface_of(scheme).vertices)
    azimuth = np.arctan2(points[:, 0], points[:, 1])
    turned = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    elevation = np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1]))
    middle = float(azimuth[0] + (turned.max() + turned.min()) / 2.0)
    width = max(PLATE_WIDTH, 1.6 * float(turned.max() - turned.min()))
    top = min(max(float(elevation.max()) + PLATE_HIGH, LOWEST_TOP), HIGHEST_TOP)
    rows = math.ceil((top + PLATE_LOW) / PLATE_STEP)
    return Window(sector(middle, width, PLATE_STEP), -PLATE_LOW, PLATE_STEP, rows)


def _lines(around: Surroundings, found: ViewStudy, columns: Columns) -> Iterator[Line]:
    yield Line(BEFORE, found.before.columns, found.before.elevations, "#1c2530")
    yield Line(AFTER, found.after.columns, found.after.elevations, "#b3261e")
    for ridge in around.city.ridges:
        vertices = np.array(ridge.vertices)
        seen = ridge_line(found.eye, vertices, columns_over(found.eye, vertices, columns.step))
        yield Line(ridge.name, seen.columns, np.arctan(seen.tangents), "#1b6e3c", dashed=True)


def _limits(
    around: Surroundings, found: ViewStudy, window: Window, bands: Sequence[Band]
) -> Iterator[Line]:
    """The lower limit of each band: a share of the angle from base to ridge below the ridge."""
    ridges = {ridge.code: ridge for ridge in around.city.ridges}
    for band in bands:
        if band.viewpoint != found.viewpoint.code or band.ridge not in ridges:
            continue
        ridge, eye = ridges[band.ridge], found.eye
        vertices = np.array(ridge.vertices)
        seen = ridge_line(eye, vertices, columns_over(eye, vertices, window.columns.step))
        up = np.arctan(seen.tangents)
        base = band.base_elevation - eye.drop(seen.distances) - eye.position[2]
        limit = up - band.limit * (up - np.arctan2(base, seen.distances))
        yield Line(BAND.format(ridge=ridge.name), seen.columns, limit, "#b26a00", dashed=True)


def _facts(scheme: Scheme, around: Surroundings, found: ViewStudy) -> Facts:
    east, north, up = found.eye.position
    city = around.city
    hashed = city.scenery_sha256[:12] if city.buildings_path.is_file() else "—"
    return Facts(
        title=found.viewpoint.name,
        lines=(
            EYE.format(
                east=east,
                north=north,
                up=up,
                above=found.viewpoint.eye_height,
                distance=found.distance,
            ),
            METHOD.format(
                skyline=360.0 / CIRCLE,
                pixel=round(math.degrees(PLATE_STEP), 6),
                k=found.eye.refraction,
            ),
            INPUTS.format(model=scheme.model.sha256[:12], city=hashed),
        ),
        distance=found.distance,
    )


def owner_name(scheme: Scheme, around: Surroundings, found: ViewStudy, owner: int) -> str:
    """What stands at a column of the skyline after: ground, nothing, an existing building or an element of the scheme."""
    if owner == GROUND:
        return "ground"
    if owner == NOTHING:
        return ""
    if owner >= found.offset:
        return scheme.body_ids[owner - found.offset]
    return context_of(around).identifiers[owner]
