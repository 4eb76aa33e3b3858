"""The plates of a view: taken by a camera on the scheme, with skylines, ridges, limits and the facts they rest on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera, camera_on
from bim_checks.landscape.eye import sector
from bim_checks.landscape.gl_render import RENDERER, GlError, GlRenderer
from bim_checks.landscape.painting import (
    HAZE,
    SUN_ALTITUDE,
    SUN_AZIMUTH,
    Kind,
    Sighted,
    painted,
)
from bim_checks.landscape.photo import (
    COARSE,
    FINE,
    Photo,
    photo_by_gl,
    photo_from_columns,
    window_about,
    with_smooth_ground,
)
from bim_checks.landscape.picture import picture_of
from bim_checks.landscape.plate import Band, Drawn, Facts, Line, Mark, Patch, plate, stroke
from bim_checks.landscape.raster_image import png
from bim_checks.landscape.ridge import columns_over, ridge_line
from bim_checks.landscape.scheme_view import context_of, replaced_buildings, surface_of
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.skyline import NEAREST, NOTHING
from bim_checks.landscape.study import CIRCLE, ViewStudy
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.text import Language, Text

BEFORE_COLOUR, AFTER_COLOUR, RIDGE_COLOUR = "#1c2530", "#b3261e", "#14603a"
CONSENTED_COLOUR = "#6a4c93"
LIMIT_COLOURS = (
    "#b26a00",
    "#8a3b00",
    "#6a4fa0",
    "#00687a",
    "#7a1f5a",
)  # of one limit after another
TOLD = 50.0  # m; of a limit that is kept by more nothing is said in the picture
MARKED = 0.01  # m; a pixel is hatched where the scheme is higher above a limit than this
BEFORE = Text(zh="现状天际线", en="skyline today")
AFTER = Text(zh="被方案抬高的天际线", en="skyline the scheme raises")
CONSENTED = Text(zh="含已批未建方案的天际线", en="skyline with consented schemes")
LIMIT = Text(zh="{rule}：{name}", en="{rule}: {name}")
BAND = Text(zh="{rule} 保护带", en="the band of {rule}")
BAND_COLOUR = "#ffd24a"
OVER = Text(zh="{rule}：高出限制 {metres:.2f} m", en="{rule}: {metres:.2f} m above the limit")
ROOM = Text(zh="{rule}：低于限制 {metres:.2f} m", en="{rule}: {metres:.2f} m below the limit")
EYE = Text(
    zh="视点：E {east:.2f}，N {north:.2f}（{crs}），眼高程 {up:.2f} m（离地 {above:g} m）；距方案 {distance:.0f} m。",
    en="Eye: E {east:.2f}, N {north:.2f} ({crs}), {up:.2f} m above datum ({above:g} m above ground); {distance:.0f} m to the scheme.",
)
CAMERA = Text(
    zh="相机：水平视轴，方位角 {bearing:.0f}°，视场 {across:.1f}° × {down:.1f}°，{columns} × {rows} 像元，视轴处每像元 {pixel:.4f}°；铅垂线保持铅垂。",
    en="Camera: level axis at bearing {bearing:.0f}°, field of view {across:.1f}° x {down:.1f}°, {columns} x {rows} px, {pixel:.4f}° a pixel at the axis; upright lines stay upright.",
)
BY_GL = Text(
    zh="方法：画面由 VTK（OpenGL）逐像元 {times} × {times} 次定面，交点以双精度计算；天际线逐列精确（{skyline:g}°）；地球曲率与大气折光 (1−k)d²/2R，k = {k:g}。",
    en="Method: the face each of {times} x {times} parts of a pixel shows, by VTK (OpenGL), met in float64; skyline exact column by column ({skyline:g}°); Earth curvature and refraction (1-k)d²/2R, k = {k:g}.",
)
BY_COLUMNS = Text(
    zh="方法：{reason}，画面取自逐列栅格化缓冲（{pixel:.4f}°）；天际线逐列精确（{skyline:g}°）；地球曲率与大气折光 (1−k)d²/2R，k = {k:g}。",
    en="Method: as {reason}, the picture is drawn from the column rasteriser's own buffers ({pixel:.4f}°); skyline exact column by column ({skyline:g}°); Earth curvature and refraction (1-k)d²/2R, k = {k:g}.",
)
CUT = Text(
    zh="方案未能全部入画：更宽或更高的直线透视画面会使边缘失真。",
    en="The scheme is not wholly in the picture: a straight picture that is wider or higher distorts its rim.",
)
LIGHT = Text(
    zh="光照：太阳方位角 {azimuth:.0f}°、高度角 {altitude:.0f}°（朗伯），不绘投影；{haze:.0f} km 处三分之二融入天色；地面按高程着色，现有建筑为中性色。",
    en="Light: sun at bearing {azimuth:.0f}°, {altitude:.0f}° high (Lambert), no cast shadows; two thirds of the sky's colour at {haze:.0f} km; ground tinted by height, existing buildings neutral.",
)
INPUTS = Text(
    zh="输入校验值（SHA-256 前 12 位）：模型 {model}，城市地形与建筑 {city}。",
    en="Input hashes (first 12 digits of SHA-256): model {model}, city terrain and buildings {city}.",
)


def plates(
    scheme: Scheme,
    around: Surroundings,
    found: ViewStudy,
    languages: Sequence[Language],
    limits: Sequence[SightLimit] = (),
    *,
    renderer: GlRenderer = RENDERER,
) -> Iterator[tuple[Kind, Language, str]]:
    """Plates of a view, before, after and compared, each a self-contained SVG.

    Args:
        scheme: placed.
        around: the city.
        found: the view.
        languages: of the words.
        limits: of the rules that look from this viewpoint.
        renderer: draws; where it cannot, the column rasteriser's buffers are taken and the plate says so.
    """
    camera = view_camera(scheme, found)
    sighted, reason = _sighted(scheme, around, found, camera, limits, renderer)
    facts = _facts(scheme, around, found, camera, reason)
    lines, bands = list(_lines(around, found, camera)), []
    pictures = painted(sighted)
    for number, limit in enumerate(limits):
        line, band = _limit(found, camera, limit, LIMIT_COLOURS[number % len(LIMIT_COLOURS)])
        lines.append(line)
        bands += band
    marks = [_mark(found, limit) for limit in limits if limit.excess > -TOLD]
    strokes = [stroke(camera, line) for line in lines]
    for kind, pixels in pictures.items():
        shown = [line for line in strokes if kind != "before" or line.name != AFTER]
        image = png(pixels)
        drawn = Drawn(shown, bands, marks if kind == "overlay" else [], _patches(kind, sighted))
        for language in languages:
            yield kind, language, plate(kind, camera, image, drawn, facts, language)


def _patches(kind: Kind, sighted: Sighted) -> list[Patch]:
    """The colours of the scheme that are to be seen in a picture."""
    in_front = sighted.scheme.distances < sighted.cleared.distances
    over_sky = in_front & (sighted.before.owners == NOTHING)
    found: dict[Patch, bool] = {
        "scheme": kind == "after" and bool(in_front.any()),
        "sky": kind == "overlay" and bool(over_sky.any()),
        "hidden": kind == "overlay" and bool((in_front & ~over_sky).any()),
        "breach": kind == "overlay" and bool((in_front & sighted.breach).any()),
    }
    return [patch for patch, is_there in found.items() if is_there]


def view_camera(scheme: Scheme, found: ViewStudy) -> Camera:
    """The camera that takes a view's plates."""
    points = found.eye.apparent(surface_of(scheme).vertices)
    return camera_on(points, found.before.columns.azimuths, found.before.tangents)


def _sighted(
    scheme: Scheme,
    around: Surroundings,
    found: ViewStudy,
    camera: Camera,
    limits: Sequence[SightLimit],
    renderer: GlRenderer,
) -> tuple[Sighted, Text | None]:
    """What is painted, and why it is not from OpenGL; None where it is."""
    context, eye, surface = context_of(around), found.eye, surface_of(scheme)
    gone, reason = replaced_buildings(scheme, around), None
    try:
        built = photo_by_gl(renderer, eye, camera, surface)
        before = context.photo(eye, camera, renderer)
        cleared = context.photo(eye, camera, renderer, cleared=gone) if gone else before
    except GlError as error:
        reason = error.reason
        window = window_about(camera)

        def seen(cleared: frozenset[str]) -> Photo:
            picture = context.picture(eye, window, cleared=cleared)
            return with_smooth_ground(photo_from_columns(camera, picture), eye, around.city.terrain)

        built = photo_from_columns(camera, picture_of(surface, eye, window))
        before = seen(frozenset())
        cleared = seen(gone) if gone else before
    breach = _breach(found, built, limits)
    return Sighted(eye, before, cleared, built, breach), reason


def _breach(found: ViewStudy, built: Photo, limits: Sequence[SightLimit]) -> NDArray[np.bool_]:
    """Where the scheme is seen above any limit."""
    marked = np.zeros(built.owners.shape, dtype=np.bool_)
    broken = [limit for limit in limits if limit.is_broken]
    if not broken:
        return marked
    azimuths, tangents = built.camera.directions(built.times)
    rows, columns = np.nonzero(built.owners >= 0)
    distances = built.distances[rows, columns].astype(np.float64)
    turned, (east, north, up) = azimuths[columns], found.eye.position
    points = np.stack(
        [
            east + distances * np.sin(turned),
            north + distances * np.cos(turned),
            up + distances * tangents[rows, columns] + found.eye.drop(distances),
        ],
        axis=1,
    )
    over = np.zeros(len(points), dtype=np.bool_)
    for limit in broken:
        with np.errstate(invalid="ignore"):
            over |= points[:, 2] > limit.heights(points) + MARKED
    marked[rows[over], columns[over]] = True
    return marked


def _lines(around: Surroundings, found: ViewStudy, camera: Camera) -> Iterator[Line]:
    yield Line(BEFORE, found.before.columns, found.before.tangents, BEFORE_COLOUR)
    raised = np.where(found.after.owners >= found.offset, found.after.tangents, np.nan)
    yield Line(AFTER, found.after.columns, raised, AFTER_COLOUR)
    if found.cumulative is not None:
        planned = found.cumulative.before
        yield Line(CONSENTED, planned.columns, planned.tangents, CONSENTED_COLOUR, dashed=True)
    for ridge in around.city.ridges:
        vertices = np.array(ridge.vertices)
        seen = ridge_line(found.eye, vertices, columns_over(found.eye, vertices, camera.pixel))
        yield Line(ridge.name, seen.columns, seen.tangents, RIDGE_COLOUR, dashed=True)


def _limit(
    found: ViewStudy, camera: Camera, limit: SightLimit, colour: str
) -> tuple[Line, list[Band]]:
    """A limit as it stands over the scheme's distance, and the band between it and the ridge it is below."""
    eye = found.eye
    columns = sector(camera.bearing, camera.field_of_view, camera.pixel)
    east, north, up = eye.position
    distance = max(math.hypot(limit.worst[0] - east, limit.worst[1] - north), NEAREST)
    azimuths = columns.azimuths
    points = np.stack(
        [east + distance * np.sin(azimuths), north + distance * np.cos(azimuths)], axis=1
    )
    drop = float(eye.drop(np.array([distance]))[0])
    tangents = (limit.heights(points) - drop - up) / distance
    name = LIMIT.format(rule=limit.rule, name=limit.name)
    line = Line(name, columns, tangents, colour, dashed=True)
    if limit.part != "band":
        return line, []
    ridge = ridge_line(eye, limit.target, columns)
    band = Band(BAND.format(rule=limit.rule), columns, tangents, ridge.tangents, BAND_COLOUR)
    return line, [band]


def _mark(found: ViewStudy, limit: SightLimit) -> Mark:
    east, north, up = found.eye.apparent(limit.worst[None, :])[0]
    told = OVER if limit.is_broken else ROOM
    told = told.format(rule=limit.rule, metres=abs(limit.excess))
    return Mark(
        math.atan2(east, north), up / max(math.hypot(east, north), NEAREST), told, limit.is_broken
    )


def _facts(
    scheme: Scheme, around: Surroundings, found: ViewStudy, camera: Camera, reason: Text | None
) -> Facts:
    (east, north, up), city = found.eye.position, around.city
    low, top = camera.tangents_of_edges
    hashed = city.scenery_sha256[:12] if city.buildings_path.is_file() else "—"
    pixel = math.degrees(camera.pixel)
    method = {"skyline": 360.0 / CIRCLE, "k": found.eye.refraction, "pixel": pixel / COARSE}
    points = found.eye.apparent(surface_of(scheme).vertices)
    middle = points.mean(axis=0)
    return Facts(
        viewpoint=found.viewpoint.code,
        title=found.viewpoint.name,
        lines=(
            EYE.format(
                east=east,
                north=north,
                crs=city.frame.projected_crs,
                up=up,
                above=found.viewpoint.eye_height,
                distance=found.distance,
            ),
            CAMERA.format(
                bearing=math.degrees(camera.bearing) % 360.0,
                across=math.degrees(camera.field_of_view),
                down=math.degrees(math.atan(top) - math.atan(low)),
                columns=camera.columns,
                rows=camera.rows,
                pixel=pixel,
            ),
            BY_GL.format(times=FINE, **method)
            if reason is None
            else BY_COLUMNS.format(reason=reason, **method),
            *(() if camera.holds(points) else (CUT,)),
            LIGHT.format(azimuth=SUN_AZIMUTH, altitude=SUN_ALTITUDE, haze=HAZE / 1000.0),
            INPUTS.format(model=scheme.model.sha256[:12], city=hashed),
        ),
        distance=max(found.distance, NEAREST),
        azimuth=math.atan2(middle[0], middle[1]),
    )
