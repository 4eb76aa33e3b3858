"""The section of a view as a drawing: ground, buildings and scheme cut along the line of sight, the limit above them, and by how much it is kept or broken.

Above, the whole way from the eye to what is looked at; below, the place that controls in true proportion, with the figures beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
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
    hatch,
    pen,
    rgb,
    round_metres,
    round_tick,
    shape_path,
    words,
)
from bim_checks.landscape.painting import BREACH, BUILDING, KEPT, SCHEME
from bim_checks.landscape.profile import INSIDE, Profile
from cim.text import Language, Text

WIDTH, LEFT, RIGHT, TOP = 1_576, 70, 20, 82  # px
WHOLE_HEIGHT, DETAIL_HEIGHT, DETAIL_WIDTH, BETWEEN = 330, 330, 640, 64  # px
EXAGGERATIONS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0)
LEAST_DETAIL, MOST_DETAIL = 10.0, 80.0  # m, half the height that the detail shows
DETAIL = 2.2  # the detail shows so many times what is measured, above and below
GROUND_FILL, GROUND_LINE, LIMIT_LINE, SIGHT_LINE = "#cfd8bd", "#5f7347", "#b26a00", "#3f5f8a"

TITLE = Text(zh="{view} · 剖面 · {what}", en="{view} · section · {what}")
SUBTITLE = Text(
    zh="沿过控制点的视线竖直剖开：上图为全程{drawn}，下图为控制点处，横竖同比例。",
    en="Cut upright along the line of sight through the point that controls: above the whole way{drawn}, below the place itself in true proportion.",
)
LARGER = Text(zh="（竖向放大 {times:g} 倍）", en=" (heights drawn {times:g} times as large)")
TRUE = Text(zh="", en="")
EYE = Text(zh="视点（眼高程 {up:.2f} m）", en="the eye, {up:.2f} m")
TARGET = Text(zh="{name} {up:.1f} m", en="{name}, {up:.1f} m")
OVER = Text(zh="高出 {metres:.2f} m", en="{metres:.2f} m above the limit")
ROOM = Text(zh="余 {metres:.2f} m", en="{metres:.2f} m to spare")
DISTANCE = Text(zh="距视点的水平距离 (m)", en="horizontal distance from the eye (m)")
HEIGHT = Text(zh="高程 (m)", en="height above datum (m)")
DETAIL_TITLE = Text(zh="控制点处（横竖同比例）", en="where it controls, in true proportion")
FACTS = {
    "azimuth": Text(zh="剖面方位角", en="bearing of the section"),
    "distance": Text(zh="控制点距视点", en="distance of the point from the eye"),
    "top": Text(zh="该处建筑高程", en="height of the scheme there"),
    "limit": Text(zh="该处限值", en="limit there"),
    "over": Text(zh="高出限值", en="above the limit"),
    "room": Text(zh="低于限值", en="below the limit"),
    "drop": Text(
        zh="该处地球曲率与折光 (1−k)d²/2R", en="Earth curvature and refraction there, (1-k)d²/2R"
    ),
    "target": Text(zh="所望之处距视点", en="distance of what is looked at"),
    "target_up": Text(zh="所望之处高程", en="height of what is looked at"),
}
LEGEND = {
    "ground": Text(zh="地面", en="ground"),
    "existing": Text(zh="现有建筑（剖切）", en="buildings that stand (cut)"),
    "scheme": Text(zh="方案（剖切）", en="the scheme (cut)"),
    "outline": Text(
        zh="方案侧影（构件按竖直体块）", en="the scheme from the side (elements as upright blocks)"
    ),
    "limit": Text(zh="限值", en="limit"),
    "sight": Text(zh="过控制点的视线", en="line of sight through the point"),
    "breach": Text(zh="高出限值", en="above the limit"),
}
NOTE = Text(
    zh="高程基准面绘为直线，视线因地球曲率与大气折光（k = {k:g}）而弯曲。方案在控制点内侧 {inside:g} m 处剖切。{hashes}",
    en="The datum is drawn straight, so that lines of sight bend by Earth curvature and refraction (k = {k:g}). The scheme is cut up to {inside:g} m inside of the point. {hashes}",
)


@dataclass(frozen=True, slots=True)
class SectionFacts:
    """What is written on a section.

    Attributes:
        identifier: of the drawing among others of a page.
        view: the viewpoint's name.
        what: the rule and its limit, or that no rule looks.
        target: name of what is looked at; None where there is nothing.
        excess: by how much the point is above the limit, metres; negative is room; None where there is no limit.
        hashes: of what it was made from, a sentence.
    """

    identifier: str
    view: Text
    what: Text
    target: Text | None
    excess: float | None
    hashes: Text


def section_drawing(profile: Profile, facts: SectionFacts, language: Language) -> str:
    """A section as a self-contained SVG in one language."""
    whole = _whole_panel(profile)
    detail = _detail_panel(profile, facts.excess)
    height = TOP + WHOLE_HEIGHT + BETWEEN + DETAIL_HEIGHT + 76
    title = TITLE.format(view=facts.view, what=facts.what)
    times = whole.exaggeration
    subtitle = SUBTITLE.format(drawn=TRUE if times == 1.0 else LARGER.format(times=times))
    note = NOTE.format(k=profile.eye.refraction, hashes=facts.hashes, inside=INSIDE)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="{escape(FONT)}" font-size="13" fill="{INK}">',
        hatch(anchor(facts.identifier), rgb(BREACH)),
        f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
        f'<text x="{LEFT}" y="26" font-size="20" font-weight="600">{words(title, language)}</text>',
        f'<text x="{LEFT}" y="47" fill="{SOFT}">{words(subtitle, language)}</text>',
        *_panel(whole, profile, facts.identifier, "whole", language),
        *_ends(whole, profile, facts, language),
        *_panel(detail, profile, facts.identifier, "detail", language),
        *_dimension(detail, profile, facts, language),
        *_figures(profile, facts, language),
        f'<text x="{LEFT}" y="{height - 12}" font-size="12" fill="{SOFT}">{words(note, language)}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


@dataclass(frozen=True, slots=True)
class _Panel:
    """A part of the plane, drawn: metres west and down of the corner to px."""

    x: float
    y: float
    width: float
    height: float
    start: float
    top: float
    across: float  # px a metre
    up: float  # px a metre

    @property
    def exaggeration(self) -> float:
        return round(self.up / self.across, 6)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Nearest, lowest, farthest, highest, metres."""
        far, low = self.start + self.width / self.across, self.top - self.height / self.up
        return self.start, low, far, self.top

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances and heights, shape (N, 2), to px."""
        return np.stack(
            [
                self.x + (points[:, 0] - self.start) * self.across,
                self.y + (self.top - points[:, 1]) * self.up,
            ],
            axis=1,
        )

    def at(self, distance: float, height: float) -> tuple[float, float]:
        x, y = self.place(np.array([[distance, height]]))[0]
        return float(x), float(y)

    def line(self, distances: NDArray[np.float64], heights: NDArray[np.float64]) -> str:
        return pen(self.place(np.stack([distances, heights], axis=1)))

    def shape(self, shape: BaseGeometry) -> str:
        near, low, far, high = self.bounds
        margin = 4.0 / self.across
        return shape_path(
            shape.intersection(shapely.box(near - margin, low - 1e3, far + margin, high + 1e3)),
            self.place,
        )


def _whole_panel(profile: Profile) -> _Panel:
    highest = [
        profile.point[1],
        float(np.nanmax(profile.ground)) if np.isfinite(profile.ground).any() else 0.0,
    ]
    highest += [profile.outline.bounds[3]] if not profile.outline.is_empty else []
    highest += [profile.target[1]] if profile.target is not None else []
    lowest = [profile.eye.position[2]]
    lowest += [float(np.nanmin(profile.ground))] if np.isfinite(profile.ground).any() else []
    width = WIDTH - LEFT - RIGHT
    low, high = min(lowest), max(highest)
    span = max(high - low, 5.0)
    across = width / profile.reach
    fits = [k for k in EXAGGERATIONS if span * 1.25 * across * k <= WHOLE_HEIGHT]
    if fits:
        up = across * fits[-1]
    else:  # it is higher than far: true proportion, and not the whole width
        up = across = WHOLE_HEIGHT / (span * 1.25)
    top = low - 0.08 * span + WHOLE_HEIGHT / up
    return _Panel(LEFT, TOP, width, WHOLE_HEIGHT, 0.0, top, across, up)


def _detail_panel(profile: Profile, excess: float | None) -> _Panel:
    half = min(max(DETAIL * abs(excess or 0.0), LEAST_DETAIL), MOST_DETAIL)
    middle = profile.point[1] - (excess or 0.0) / 2.0
    scale = DETAIL_HEIGHT / (2.0 * half)
    start = profile.point[0] - DETAIL_WIDTH / 2.0 / scale
    y = TOP + WHOLE_HEIGHT + BETWEEN
    return _Panel(LEFT, y, DETAIL_WIDTH, DETAIL_HEIGHT, start, middle + half, scale, scale)


def _panel(
    panel: _Panel, profile: Profile, identifier: str, part: str, language: Language
) -> Iterator[str]:
    """Frame, scales, and all that is cut."""
    name, breach = anchor(identifier, part), anchor(identifier)
    yield f'<clipPath id="{name}"><rect x="{panel.x}" y="{panel.y}" width="{panel.width}" height="{panel.height}"/></clipPath>'
    yield f'<rect x="{panel.x}" y="{panel.y}" width="{panel.width}" height="{panel.height}" fill="#f2f6fa"/>'
    yield f'<g clip-path="url(#{name})">'
    yield from _grid(panel)
    ground = panel.line(profile.distances, profile.ground)
    known = np.isfinite(profile.ground)
    if known.any():
        d, z = profile.distances[known], profile.ground[known]
        deep = panel.bounds[1] - 1e3
        area = panel.line(np.r_[d, d[-1], d[0]], np.r_[z, deep, deep])
        yield f'<path d="{area}Z" fill="{GROUND_FILL}"/>'
    yield _filled(
        panel, profile.existing, f'fill="{rgb(BUILDING)}" stroke="{SOFT}" stroke-width="0.8"'
    )
    yield _filled(
        panel,
        profile.outline,
        f'fill="{rgb(SCHEME)}" fill-opacity="0.22" stroke="{rgb(SCHEME)}" stroke-width="0.8"',
    )
    yield _filled(
        panel, profile.scheme, f'fill="{rgb(SCHEME)}" stroke="#7a3a10" stroke-width="0.5"'
    )
    yield _filled(panel, _breach(profile), f'fill="url(#{breach})"')
    yield f'<path d="{ground}" fill="none" stroke="{GROUND_LINE}" stroke-width="1.6"/>'
    near, _, far, _ = panel.bounds
    along = np.linspace(max(near, 0.0), min(far, profile.reach), 300)
    sight = panel.line(
        along, profile.sight(along, (float(profile.point[0]), float(profile.point[1])))
    )
    yield f'<path d="{sight}" fill="none" stroke="{SIGHT_LINE}" stroke-width="1.3" stroke-dasharray="2 4"/>'
    limit = panel.line(profile.limit_distances, profile.limit)
    yield f'<path d="{limit}" fill="none" stroke="{LIMIT_LINE}" stroke-width="2.2"/>'
    x, y = panel.at(float(profile.point[0]), float(profile.point[1]))
    colour = rgb(BREACH if profile.is_broken else KEPT)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}" stroke="#ffffff" stroke-width="1.2"/>'
    yield "</g>"
    yield f'<rect x="{panel.x}" y="{panel.y}" width="{panel.width}" height="{panel.height}" fill="none" stroke="{SOFT}"/>'
    yield from _axes(panel, language)


def _filled(panel: _Panel, shape: BaseGeometry, style: str) -> str:
    return f'<path d="{panel.shape(shape)}" fill-rule="evenodd" {style}/>'


def _breach(profile: Profile) -> BaseGeometry:
    """What of the scheme, as it is cut, is above the limit."""
    known = np.isfinite(profile.limit)
    if known.sum() < 2:
        return shapely.Polygon()
    d, z = profile.limit_distances[known], profile.limit[known]
    above = shapely.Polygon(np.column_stack([np.r_[d, d[-1], d[0]], np.r_[z, 1e5, 1e5]]))
    return profile.scheme.intersection(shapely.make_valid(above))


def _grid(panel: _Panel) -> Iterator[str]:
    for _, y in _heights(panel):
        yield f'<path d="M{panel.x} {y:.1f}h{panel.width}" stroke="#d5dee7" stroke-width="0.8"/>'


def _heights(panel: _Panel) -> list[tuple[float, float]]:
    _, low, _, high = panel.bounds
    step = round_tick(high - low, 8)
    ticks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [(tick, panel.at(0.0, tick)[1]) for tick in ticks]


def _axes(panel: _Panel, language: Language) -> Iterator[str]:
    near, _, far, _ = panel.bounds
    bottom = panel.y + panel.height
    for tick, y in _heights(panel):
        yield f'<text x="{panel.x - 8}" y="{y + 4:.1f}" text-anchor="end" fill="{SOFT}">{tick:g}</text>'
    step = round_tick(far - near, 10)
    for k in range(math.ceil(near / step), math.floor(far / step) + 1):
        x, _ = panel.at(k * step, 0.0)
        yield f'<path d="M{x:.1f} {bottom}v5" stroke="{SOFT}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 19}" text-anchor="middle" fill="{SOFT}">{k * step:,g}</text>'
    yield (
        f'<text x="{panel.x + panel.width}" y="{bottom + 37}" text-anchor="end" fill="{SOFT}">{words(DISTANCE, language)}</text>'
    )
    yield f'<text x="{panel.x}" y="{panel.y - 6}" fill="{SOFT}" font-size="12">{words(HEIGHT, language)}</text>'
    metres = round_metres((far - near) / 6.0)
    x, y = panel.x + panel.width - metres * panel.across - 14, bottom - 14
    yield f'<path d="M{x:.1f} {y - 5:.1f}v5h{metres * panel.across:.1f}v-5" fill="none" stroke="{INK}" stroke-width="1.5"/>'
    yield halo(x + metres * panel.across / 2.0, y - 8, f"{metres:,g} m", anchor="middle")


def _ends(
    panel: _Panel, profile: Profile, facts: SectionFacts, language: Language
) -> Iterator[str]:
    """The eye, what is looked at, and the point between."""
    x, y = panel.at(0.0, profile.eye.position[2])
    told = EYE.format(up=profile.eye.position[2]).in_language(language)
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{SIGHT_LINE}" stroke="#ffffff" stroke-width="1.4"/>'
    yield halo(x + 10, y - 12, told)
    if profile.target is not None and facts.target is not None:
        x, y = panel.at(*profile.target)
        told = TARGET.format(name=facts.target, up=profile.target[1]).in_language(language)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{GROUND_LINE}" stroke="#ffffff" stroke-width="1.4"/>'
        yield halo(x - 10, y - 8, told, anchor="end")
    if facts.excess is not None:
        x, y = panel.at(float(profile.point[0]), float(profile.point[1]))
        yield halo(
            x, y - 12, _verdict(facts.excess, language), anchor="middle", style='font-weight="600"'
        )


def _verdict(excess: float, language: Language) -> str:
    told = OVER.format(metres=excess) if excess > 0.0 else ROOM.format(metres=-excess)
    return told.in_language(language)


def _dimension(
    panel: _Panel, profile: Profile, facts: SectionFacts, language: Language
) -> Iterator[str]:
    """The metres between the scheme and the limit, as an arrow."""
    yield f'<text x="{panel.x + 150}" y="{panel.y - 6}" fill="{SOFT}" font-size="12">{words(DETAIL_TITLE, language)}</text>'
    if facts.excess is None:
        return
    distance, top = (float(value) for value in profile.point)
    x, y = panel.at(distance, top)
    _, limit = panel.at(distance, top - facts.excess)
    _, low, _, high = panel.bounds
    limit = min(max(limit, panel.at(0.0, high)[1]), panel.at(0.0, low)[1])
    x += 26.0
    head = 7.0 if limit > y else -7.0
    yield (
        f'<path d="M{x - 26:.1f} {y:.1f}h32M{x - 26:.1f} {limit:.1f}h32M{x:.1f} {y:.1f}V{limit:.1f}'
        f"M{x - 4:.1f} {y + head:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y + head:.1f}"
        f'M{x - 4:.1f} {limit - head:.1f}L{x:.1f} {limit:.1f}L{x + 4:.1f} {limit - head:.1f}" '
        f'fill="none" stroke="{INK}" stroke-width="1.3"/>'
    )
    yield halo(
        x + 10,
        (y + limit) / 2.0 + 5,
        _verdict(facts.excess, language),
        style='font-weight="600" font-size="15"',
    )


def _figures(profile: Profile, facts: SectionFacts, language: Language) -> Iterator[str]:
    """The figures beside the detail, and what the colours are."""
    x, y = LEFT + DETAIL_WIDTH + 60, TOP + WHOLE_HEIGHT + BETWEEN + 16
    distance, top = (float(value) for value in profile.point)
    rows = [
        ("azimuth", f"{math.degrees(profile.azimuth) % 360.0:.2f}°"),
        ("distance", f"{distance:,.2f} m"),
        ("top", f"{top:.2f} m"),
    ]
    if facts.excess is not None:
        rows.append(("limit", f"{top - facts.excess:.2f} m"))
        rows.append(("over" if facts.excess > 0.0 else "room", f"{abs(facts.excess):.2f} m"))
    rows.append(("drop", f"{float(profile.eye.drop(np.array([distance]))[0]):.3f} m"))
    if profile.target is not None:
        rows += [
            ("target", f"{profile.target[0]:,.2f} m"),
            ("target_up", f"{profile.target[1]:.2f} m"),
        ]
    for number, (key, value) in enumerate(rows):
        weight = ' font-weight="600"' if key in ("over", "room") else ""
        yield f'<text x="{x}" y="{y + 21 * number}"{weight}>{words(FACTS[key], language)}</text>'
        yield f'<text x="{x + 500}" y="{y + 21 * number}" text-anchor="end"{weight}>{value}</text>'
    yield from _legend(x, y + 21 * len(rows) + 18, facts, language)


def _legend(x: float, y: float, facts: SectionFacts, language: Language) -> Iterable[str]:
    excess = facts.excess
    fills = {
        "ground": f'fill="{GROUND_FILL}"',
        "existing": f'fill="{rgb(BUILDING)}"',
        "scheme": f'fill="{rgb(SCHEME)}"',
        "outline": f'fill="{rgb(SCHEME)}" fill-opacity="0.22"',
        "breach": f'fill="url(#{anchor(facts.identifier)})"',
    }
    lines = {
        "limit": f'stroke="{LIMIT_LINE}"',
        "sight": f'stroke="{SIGHT_LINE}" stroke-dasharray="2 4"',
    }
    shown = [key for key in LEGEND if excess is not None or key not in ("limit", "breach")]
    for number, key in enumerate(key for key in shown if key != "breach" or (excess or 0.0) > 0.0):
        down = y + 20 * number
        if key in lines:
            yield f'<path d="M{x} {down - 4}h26" stroke-width="2.4" {lines[key]}/>'
        else:
            yield f'<rect x="{x}" y="{down - 11}" width="26" height="13" {fills[key]} stroke="{SOFT}" stroke-width="0.5"/>'
        yield f'<text x="{x + 34}" y="{down}">{words(LEGEND[key], language)}</text>'
