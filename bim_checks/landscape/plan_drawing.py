"""The plan of a view as a drawing: the ground from above, what stands on it, the scheme, the eye, and where its rules limit."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.landscape.drawing import (
    FONT,
    INK,
    PAPER,
    SOFT,
    anchor,
    halo,
    pen,
    rgb,
    round_metres,
    round_tick,
    shape_path,
    words,
)
from bim_checks.landscape.painting import BREACH, GROUND_TINTS, KEPT, SCHEME
from bim_checks.landscape.picture import LIGHT
from bim_checks.landscape.raster_image import png
from bim_checks.landscape.scheme_view import replaced_buildings
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.study import ViewStudy
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.terrain import Terrain
from cim.text import Language, Text

MAP, LEFT, TOP, SIDE, BOTTOM = 1_000, 74, 66, 650, 62  # px
PIXEL = 2  # px of the map a side of a pixel of the ground takes
AROUND = 0.09  # of the extent, on every side
RELIEF = 2.0  # times as steep as it is
MOST_DRAWN = 8_000  # buildings; the largest of more
REGION_COLOURS = ("#b26a00", "#6a4fa0", "#00687a", "#7a1f5a", "#8a3b00")
RIDGE, LANDMARK, SIGHT = "#14603a", "#8a1f6a", "#3f5f8a"
HOUSE = 'fill="#cfc8bc" stroke="#7d776c" stroke-width="0.6"'

TITLE = Text(zh="{view} · 平面", en="{view} · plan")
SUBTITLE = Text(
    zh="从上方看：视点、方案、过各控制点的视线，以及规则设限的范围。",
    en="From above: the eye, the scheme, the lines of sight through the points that control, and where rules limit.",
)
EYE = Text(zh="视点", en="the eye")
LEGEND = {
    "eye": Text(zh="视点 {view}", en="the eye: {view}"),
    "scheme": Text(zh="方案", en="the scheme"),
    "existing": Text(zh="现有建筑", en="buildings that stand"),
    "gone": Text(zh="为方案让位的建筑", en="buildings that make way"),
    "sight": Text(zh="视线与控制点", en="line of sight and point that controls"),
    "ridge": Text(zh="山脊线", en="ridge line"),
    "target": Text(zh="地标左右端连线", en="line between the landmark's ends"),
}
REGION = Text(zh="{rule}：{name} 的范围", en="{rule}: where the {name} holds")
ROW = Text(
    zh="{rule}：距 {distance:,.0f} m，限值 {limit:.2f} m，建筑 {top:.2f} m，{verdict}",
    en="{rule}: at {distance:,.0f} m, limit {limit:.2f} m, scheme {top:.2f} m, {verdict}",
)
OVER = Text(zh="高出 {metres:.2f} m", en="{metres:.2f} m above")
ROOM = Text(zh="余 {metres:.2f} m", en="{metres:.2f} m to spare")
NOT_DRAWN = Text(zh="另有 {count} 幢较小建筑未绘。", en="{count} smaller buildings are not drawn.")
NOTE = Text(
    zh="坐标网：{crs}，坐标北朝上；地面按高程着色并绘阴影（光自西南）。{more}{hashes}",
    en="Grid: {crs}, grid north is up; ground tinted by height and shaded (light from the south-west). {more}{hashes}",
)


def plan_drawing(
    scheme: Scheme,
    around: Surroundings,
    found: ViewStudy,
    points: Sequence[NDArray[np.float64]],
    limits: Sequence[SightLimit],
    languages: Sequence[Language],
    hashes: Text,
) -> Iterator[tuple[Language, str]]:
    """A plan as a self-contained SVG in each language.

    Args:
        scheme: placed, with a body.
        around: the city.
        found: the view.
        points: of the scheme, those that control; metres, projected frame.
        limits: of the rules that look from there.
        languages: of the words.
        hashes: of what it was made from, a sentence.
    """
    plan = _Plan(scheme, around, found, points, limits, hashes)
    layers = list(plan.layers())
    for language in languages:
        yield (
            language,
            "\n".join([*plan.head(language), *layers, *plan.words(language), "</svg>"]) + "\n",
        )


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Which part of the map is drawn, and how large."""

    west: float
    north: float
    metres: float  # a px
    width: int
    height: int

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Eastings and northings, shape (N, 2 or 3), to px."""
        return np.stack(
            [
                LEFT + (points[:, 0] - self.west) / self.metres,
                TOP + (self.north - points[:, 1]) / self.metres,
            ],
            axis=1,
        )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        south, east = self.north - self.height * self.metres, self.west + self.width * self.metres
        return self.west, south, east, self.north


class _Plan:
    def __init__(
        self,
        scheme: Scheme,
        around: Surroundings,
        found: ViewStudy,
        points: Sequence[NDArray[np.float64]],
        limits: Sequence[SightLimit],
        hashes: Text,
    ) -> None:
        self._scheme, self._around, self._found = scheme, around, found
        self._points, self._limits, self._hashes = points, limits, hashes
        self._frame = anchor(found.viewpoint.code, "plan")
        self._lines = [_ray(found, point, limits) for point in points]
        self._sheet = _sheet([scheme.footprint, *self._lines, *self._landmarks()])
        self._existing, self._undrawn = self._buildings()

    def head(self, language: Language) -> Iterator[str]:
        sheet = self._sheet
        width, height = LEFT + sheet.width + SIDE, TOP + sheet.height + BOTTOM
        title = TITLE.format(view=self._found.viewpoint.name)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="{escape(FONT)}" font-size="13" fill="{INK}">'
        )
        yield f'<clipPath id="{self._frame}"><rect x="{LEFT}" y="{TOP}" width="{sheet.width}" height="{sheet.height}"/></clipPath>'
        yield f'<rect width="{width}" height="{height}" fill="{PAPER}"/>'
        yield f'<text x="{LEFT}" y="26" font-size="20" font-weight="600">{words(title, language)}</text>'
        yield f'<text x="{LEFT}" y="47" fill="{SOFT}">{words(SUBTITLE, language)}</text>'

    def layers(self) -> Iterator[str]:
        """All that is alike in every language."""
        sheet = self._sheet
        image = base64.b64encode(png(_relief(self._around.city.terrain, sheet))).decode("ascii")
        yield f'<g clip-path="url(#{self._frame})">'
        yield (
            f'<image x="{LEFT}" y="{TOP}" width="{sheet.width}" height="{sheet.height}" preserveAspectRatio="none" '
            f'href="data:image/png;base64,{image}"/>'
        )
        gone = replaced_buildings(self._scheme, self._around)
        for is_gone, style in (
            (False, HOUSE),
            (True, f'fill="none" stroke="{rgb(BREACH)}" stroke-width="1" stroke-dasharray="3 2"'),
        ):
            shapes = [s for name, s in self._existing if (name in gone) == is_gone]
            yield f'<path d="{shape_path(shapes, sheet.place)}" {style}/>'
        for number, limit in enumerate(self._limits):
            if limit.region is not None:
                colour = REGION_COLOURS[number % len(REGION_COLOURS)]
                path = shape_path(limit.region, sheet.place)
                yield f'<path d="{path}" fill="{colour}" fill-opacity="0.16" stroke="{colour}" stroke-width="1.4"/>'
        for lines, colour in ((self._ridges(), RIDGE), (self._landmarks(), LANDMARK)):
            for line in lines:
                path = pen(sheet.place(shapely.get_coordinates(line)))
                yield f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.6"/>'
        path = shape_path(self._scheme.footprint, sheet.place)
        yield f'<path d="{path}" fill="{rgb(SCHEME)}" stroke="#7a3a10" stroke-width="1.2"/>'
        broken = [limit.is_broken for limit in self._limits] or [False]
        for line, point, is_broken in zip(self._lines, self._points, broken, strict=True):
            path = pen(sheet.place(shapely.get_coordinates(line)))
            yield f'<path d="{path}" fill="none" stroke="{SIGHT}" stroke-width="1.6" stroke-dasharray="7 4"/>'
            x, y = sheet.place(point[None, :2])[0]
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{rgb(BREACH if is_broken else KEPT)}" stroke="#ffffff" stroke-width="1.3"/>'
        x, y = self._eye()
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{SIGHT}" stroke="#ffffff" stroke-width="2"/>'
        yield "</g>"
        yield f'<rect x="{LEFT}" y="{TOP}" width="{sheet.width}" height="{sheet.height}" fill="none" stroke="{SOFT}"/>'
        yield from self._grid()
        yield from self._north_and_scale()

    def words(self, language: Language) -> Iterator[str]:
        """Names, legend and figures."""
        x, y = self._eye()
        yield halo(x + 12, y + 5, EYE.in_language(language), style='font-weight="600"')
        right, down = LEFT + self._sheet.width + 24, TOP + 14
        for sample, name in self._legend():
            yield sample.format(x=right, y=down - 4, top=down - 11)
            yield f'<text x="{right + 34}" y="{down}">{words(name, language)}</text>'
            down += 22
        down += 16
        for limit in self._limits:
            yield f'<text x="{right}" y="{down}" font-weight="{600 if limit.is_broken else 400}">{words(self._row(limit), language)}</text>'
            down += 22
        more = NOT_DRAWN.format(count=self._undrawn) if self._undrawn else Text(zh="", en="")
        crs = self._around.city.frame.projected_crs
        note = NOTE.format(crs=crs, more=more, hashes=self._hashes)
        bottom = TOP + self._sheet.height + BOTTOM - 14
        yield f'<text x="{LEFT}" y="{bottom}" font-size="12" fill="{SOFT}">{words(note, language)}</text>'

    def _legend(self) -> Iterator[tuple[str, Text]]:
        dot = '<circle cx="{{x}}" cy="{{y}}" r="6" fill="{0}" transform="translate(13 0)"/>'
        box = '<rect x="{{x}}" y="{{top}}" width="26" height="13" {0}/>'
        line = '<path d="M{{x}} {{y}}h26" {0}/>'
        yield dot.format(SIGHT), LEGEND["eye"].format(view=self._found.viewpoint.name)
        yield box.format(f'fill="{rgb(SCHEME)}" stroke="#7a3a10"'), LEGEND["scheme"]
        yield box.format(HOUSE), LEGEND["existing"]
        if replaced_buildings(self._scheme, self._around):
            style = f'fill="none" stroke="{rgb(BREACH)}" stroke-dasharray="3 2"'
            yield box.format(style), LEGEND["gone"]
        yield (
            line.format(f'stroke="{SIGHT}" stroke-width="1.6" stroke-dasharray="7 4"'),
            LEGEND["sight"],
        )
        if self._ridges():
            yield line.format(f'stroke="{RIDGE}" stroke-width="2.6"'), LEGEND["ridge"]
        if self._landmarks():
            yield line.format(f'stroke="{LANDMARK}" stroke-width="2.6"'), LEGEND["target"]
        for number, limit in enumerate(self._limits):
            if limit.region is not None:
                colour = REGION_COLOURS[number % len(REGION_COLOURS)]
                style = f'fill="{colour}" fill-opacity="0.16" stroke="{colour}"'
                yield box.format(style), REGION.format(rule=limit.rule, name=limit.name)

    def _row(self, limit: SightLimit) -> Text:
        verdict = (
            OVER.format(metres=limit.excess)
            if limit.is_broken
            else ROOM.format(metres=-limit.excess)
        )
        return ROW.format(
            rule=limit.rule,
            distance=math.dist(limit.worst[:2], self._found.eye.position[:2]),
            limit=float(limit.worst[2]) - limit.excess,
            top=float(limit.worst[2]),
            verdict=verdict,
        )

    def _landmarks(self) -> list[shapely.LineString]:
        """The lines between the ends of landmarks, each once."""
        found = {
            tuple(map(tuple, limit.target[:, :2].tolist())): None
            for limit in self._limits
            if len(limit.target) and limit.part != "band"
        }
        return [shapely.LineString(ends) for ends in found]

    def _ridges(self) -> list[shapely.LineString]:
        """Those that the sheet shows a part of; they are long, and the extent does not depend on them."""
        sheet = shapely.box(*self._sheet.bounds)
        lines = [
            shapely.LineString([vertex[:2] for vertex in ridge.vertices])
            for ridge in self._around.city.ridges
        ]
        return [line for line in lines if line.intersects(sheet)]

    def _buildings(self) -> tuple[list[tuple[str, BaseGeometry]], int]:
        near = self._around.existing.near(self._sheet.bounds)
        shapes = [(b.identifier, b.footprint) for b in near]
        if len(shapes) <= MOST_DRAWN:
            return shapes, 0
        shapes.sort(key=lambda entry: (-entry[1].area, entry[0]))
        return shapes[:MOST_DRAWN], len(shapes) - MOST_DRAWN

    def _eye(self) -> tuple[float, float]:
        x, y = self._sheet.place(np.array([self._found.eye.position]))[0]
        return float(x), float(y)

    def _grid(self) -> Iterator[str]:
        west, south, east, north = self._sheet.bounds
        bottom = TOP + self._sheet.height
        step = round_tick(max(east - west, north - south), 8)
        for k in range(math.ceil(west / step), math.floor(east / step) + 1):
            x = LEFT + (k * step - west) / self._sheet.metres
            yield f'<path d="M{x:.1f} {bottom}v6" stroke="{SOFT}"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle" font-size="11" fill="{SOFT}">E {k * step:.0f}</text>'
        for k in range(math.ceil(south / step), math.floor(north / step) + 1):
            y = TOP + (north - k * step) / self._sheet.metres
            yield f'<path d="M{LEFT - 6} {y:.1f}h6" stroke="{SOFT}"/>'
            yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" font-size="11" fill="{SOFT}">{k * step:.0f}</text>'

    def _north_and_scale(self) -> Iterator[str]:
        sheet = self._sheet
        x, y = LEFT + sheet.width - 34.0, TOP + 58.0
        yield (
            f'<g stroke="{PAPER}" stroke-width="3" paint-order="stroke" fill="{INK}"><path d="M{x} {y}l-9 0 9 -34 9 34z"/>'
            f'<text x="{x}" y="{y + 17}" text-anchor="middle" font-weight="600">N</text></g>'
        )
        metres = round_metres(sheet.width * sheet.metres / 4.0)
        length = metres / sheet.metres
        x, y = LEFT + sheet.width - length - 18, TOP + sheet.height - 16
        yield f'<path d="M{x:.1f} {y - 6}v6h{length:.1f}v-6" fill="none" stroke="{PAPER}" stroke-width="5"/>'
        yield f'<path d="M{x:.1f} {y - 6}v6h{length:.1f}v-6" fill="none" stroke="{INK}" stroke-width="2"/>'
        yield halo(x + length / 2.0, y - 10, f"{metres:,g} m", anchor="middle")


def _ray(
    found: ViewStudy, point: NDArray[np.float64], limits: Sequence[SightLimit]
) -> shapely.LineString:
    """The line of sight in plan: from the eye through a point, to what is looked at or a little beyond."""
    start, through = np.array(found.eye.position[:2]), np.asarray(point[:2])
    way = through - start
    for limit in limits:
        if len(limit.target) > 1 and bool((limit.worst == point).all()):
            far = shapely.LineString([start, start + way / np.hypot(*way) * 1e5])
            meets = far.intersection(shapely.LineString(limit.target[:, :2]))
            if not meets.is_empty:
                reached = shapely.shortest_line(shapely.Point(start), meets)
                return shapely.LineString(reached)
    return shapely.LineString([start, start + 1.15 * way])


def _sheet(shapes: Sequence[BaseGeometry]) -> _Sheet:
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    span = max(east - west, north - south)
    margin = AROUND * span
    # Never narrower than half its height: a line of sight has a setting.
    wide = max(east - west, 0.6 * (north - south)) + 2 * margin
    high = max(north - south, 0.6 * (east - west)) + 2 * margin
    metres = max(wide, high) / MAP
    middle = (west + east) / 2.0, (south + north) / 2.0
    return _Sheet(
        middle[0] - wide / 2.0,
        middle[1] + high / 2.0,
        metres,
        PIXEL * round(wide / metres / PIXEL),
        PIXEL * round(high / metres / PIXEL),
    )


def _relief(terrain: Terrain, sheet: _Sheet) -> NDArray[np.uint8]:
    """The ground from above, tinted by height and lit; white where it is not known."""
    step = sheet.metres * PIXEL
    east = sheet.west + (np.arange(sheet.width // PIXEL) + 0.5) * step
    north = sheet.north - (np.arange(sheet.height // PIXEL) + 0.5) * step
    places = np.stack(np.meshgrid(east, north), axis=-1).reshape(-1, 2)
    heights = terrain.height_at(places).reshape(len(north), len(east))
    levels, tints = zip(*GROUND_TINTS, strict=True)
    colours = np.stack(
        [np.interp(heights, levels, [tint[k] for tint in tints]) for k in range(3)], axis=-1
    )
    down, across = np.gradient(heights, step)
    slope = RELIEF * np.stack([-across, down, np.full_like(heights, 1.0 / RELIEF)], axis=-1)
    turned = slope @ LIGHT / np.linalg.norm(slope, axis=-1)
    lit = 0.35 * colours + 0.65 * 255.0  # pale, so that lines and buildings stand out
    lit *= (0.78 + 0.35 * np.clip(turned, 0.0, 1.0))[..., None]
    lit = np.where(np.isnan(lit), 255.0, lit)
    return np.clip(np.rint(lit), 0, 255).astype(np.uint8)
