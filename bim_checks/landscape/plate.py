"""Plates: what an eye sees before and after a scheme, with the lines that count and scales to measure by.

The picture is that of a level camera: upright lines are upright, straight lines straight, the level of the eye is level. What is drawn on
top of it are lines and words (SVG), in either language, put where the camera puts the directions they stand for; lines of equal
elevation are drawn, so that every angle in the report can be laid against it. The same inputs give the same bytes.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.camera import Camera
from bim_checks.landscape.drawing import (
    FONT,
    INK,
    PAPER,
    SOFT,
    anchor,
    hatch,
    pen,
    rgb,
    round_metres,
    text_width,
    words,
)
from bim_checks.landscape.eye import Columns
from bim_checks.landscape.painting import BREACH, HIDDEN, KEPT, SCHEME, Kind
from cim.text import Language, Text

MARGIN_LEFT, MARGIN_TOP, MARGIN_RIGHT, MARGIN_BOTTOM = 58, 64, 18, 58  # px
LEGEND_ROW = 22  # px
LABEL_ROOM = 30.0  # px between two labels of marks
BOLD = 1.1  # times as wide as other letters
PEN_UP = 4.0  # px; columns farther apart have a gap between them
TITLES: dict[Kind, Text] = {
    "before": Text(zh="现状", en="today"),
    "after": Text(zh="建成后", en="once built"),
    "overlay": Text(zh="对比", en="compared"),
}
SUBTITLES: dict[Kind, Text] = {
    "before": Text(zh="今天从这里看到的景象。", en="What is seen from here today."),
    "after": Text(
        zh="方案建成后的景象，方案以橙色表示。",
        en="The same view with the scheme, which is orange.",
    ),
    "overlay": Text(
        zh="方案如玻璃：紫色处遮挡身后景物，橙色处遮挡天空，红色斜纹处高出限制。",
        en="The scheme as if of glass: violet where it hides what stands behind, orange where it takes sky, hatched red where it breaks a limit.",
    ),
}
AZIMUTH = Text(zh="方位角（自坐标北顺时针）", en="azimuth, clockwise from grid north")
ELEVATION = Text(zh="仰角", en="elevation")
LEVEL = Text(zh="视平线", en="level of the eye")
SCALE = Text(
    zh="距 {distance:.0f} m 处横竖各 {metres:g} m",
    en="{metres:g} m across and up, at {distance:.0f} m",
)


DASH = ' stroke-dasharray="8 5"'
Patch = Literal["scheme", "sky", "hidden", "breach"]
PATCHES: dict[Patch, tuple[Text, str]] = {
    "scheme": (Text(zh="方案", en="the scheme"), f'fill="{rgb(SCHEME)}"'),
    "sky": (Text(zh="遮挡天空", en="takes sky"), f'fill="{rgb(SCHEME)}"'),
    "hidden": (
        Text(zh="遮挡景物", en="hides what stands behind"),
        f'fill="{rgb(HIDDEN)}" fill-opacity="0.6"',
    ),
    "breach": (Text(zh="高出限制", en="above a limit"), 'fill="url(#{hatch})"'),
}


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line drawn over a picture.

    Attributes:
        name: for the legend.
        columns: along which it is known.
        tangents: shape (count,), of its elevation angles; NaN where it is not there.
        colour: ``#rrggbb``.
        dashed: whether it is.
    """

    name: Text
    columns: Columns
    tangents: NDArray[np.float64]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line as it lies in a picture; the same in every language.

    Attributes:
        name: for the legend.
        path: as SVG writes it, of the part within the picture; empty where there is none.
        colour: ``#rrggbb``.
        dashed: whether it is.
    """

    name: Text
    path: str
    colour: str
    dashed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """What lies between two lines over the same columns: a building-free band below a ridge.

    Attributes:
        name: for the legend.
        columns: along which it is known.
        lower, upper: shape (count,), tangents of elevation angles; NaN where it is not there.
        colour: ``#rrggbb``.
    """

    name: Text
    columns: Columns
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    colour: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that words point at.

    Attributes:
        azimuth: radians.
        tangent: of its elevation angle.
        told: the words.
        is_broken: whether they tell of a limit that is broken, and not of one that is kept.
    """

    azimuth: float
    tangent: float
    told: Text
    is_broken: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the legend: a name, and how it is drawn."""

    name: Text
    style: str
    is_line: bool = False

    def sample(self, x: float, y: float) -> str:
        if self.is_line:
            return f'<path d="M{x:.1f} {y - 4}h26" stroke-width="2.6" {self.style}/>'
        return f'<rect x="{x:.1f}" y="{y - 11}" width="26" height="13" {self.style} stroke="{SOFT}" stroke-width="0.5"/>'


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written about a plate.

    Attributes:
        viewpoint: its code.
        title: its name.
        lines: eye, camera, method, inputs: a sentence each.
        distance: to the scheme, metres, for the scale of metres.
        azimuth: of the scheme, radians, the same.
    """

    viewpoint: str
    title: Text
    lines: tuple[Text, ...]
    distance: float
    azimuth: float


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What is drawn over a picture.

    Attributes:
        lines: skylines, ridges and limits.
        bands: what lies between two of them.
        marks: what words point at.
        patches: colours the picture itself has, to be explained.
    """

    lines: Sequence[Stroke] = ()
    bands: Sequence[Band] = ()
    marks: Sequence[Mark] = ()
    patches: Sequence[Patch] = ()


def plate(
    kind: Kind, camera: Camera, image: bytes, drawn: Drawn, facts: Facts, language: Language
) -> str:
    """One plate as a self-contained SVG.

    Args:
        kind: before, after, or after with what is hidden tinted.
        camera: that made the picture.
        image: its pixels as PNG; the same in every language.
        drawn: over it.
        facts: written below it.
        language: of the words.
    """
    drawing = _Drawing(camera, language, anchor(facts.viewpoint, kind))
    frame = anchor(facts.viewpoint, kind, "frame")
    entries = drawing.entries(drawn)
    legend = LEGEND_ROW * drawing.legend_rows(entries)
    width = MARGIN_LEFT + camera.columns + MARGIN_RIGHT
    height = MARGIN_TOP + camera.rows + MARGIN_BOTTOM + legend + 17 * len(facts.lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{escape(FONT)}" font-size="13" fill="{INK}">',
        hatch(drawing.hatch, rgb(BREACH)),
        f'<clipPath id="{frame}"><rect x="{MARGIN_LEFT}" y="{MARGIN_TOP}" width="{camera.columns}" height="{camera.rows}"/></clipPath>',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        f'<text x="{MARGIN_LEFT}" y="26" font-size="20" font-weight="600">{words(facts.title, language)} · {words(TITLES[kind], language)}</text>',
        f'<text x="{MARGIN_LEFT}" y="47" fill="{SOFT}">{words(SUBTITLES[kind], language)}</text>',
        f'<image x="{MARGIN_LEFT}" y="{MARGIN_TOP}" width="{camera.columns}" height="{camera.rows}" '
        f'href="data:image/png;base64,{base64.b64encode(image).decode("ascii")}"/>',
        f'<g clip-path="url(#{frame})">',
        *drawing.levels(),
        *(drawing.band(band) for band in drawn.bands),
        *(drawing.line(line) for line in drawn.lines),
        *drawing.scale(facts.distance, facts.azimuth),
        *drawing.marks(drawn.marks),
        "</g>",
        *drawing.axes(),
        *drawing.legend(entries),
        *drawing.footer(facts.lines, legend),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def stroke(camera: Camera, line: Line) -> Stroke:
    """A line as it lies in the picture a camera takes."""
    x, y = _on_plate(camera, line.columns.azimuths, line.tangents)
    with np.errstate(invalid="ignore"):
        inside = (x >= MARGIN_LEFT) & (x <= MARGIN_LEFT + camera.columns)
        inside &= (y >= MARGIN_TOP - 2) & (y <= MARGIN_TOP + camera.rows + 2)
    order = np.flatnonzero(inside)
    order = order[np.argsort(x[order], kind="stable")]  # grid north may lie inside the picture
    path = pen(np.stack([x[order], y[order]], axis=1), gap=PEN_UP)
    return Stroke(line.name, path, line.colour, line.dashed)


class _Drawing:
    """Lines and words over the picture."""

    def __init__(self, camera: Camera, language: Language, hatch: str) -> None:
        self.hatch = hatch
        self._camera = camera
        self._language = language

    def levels(self) -> Iterable[str]:
        """Lines of equal elevation, thin."""
        azimuths = self._azimuths()
        for degrees in self._ticks_up():
            x, y = self._at(azimuths, np.full(len(azimuths), math.tan(math.radians(degrees))))
            dash = "" if degrees == 0.0 else ' stroke-dasharray="1 5"'
            yield f'<path d="{pen(np.stack([x, y], axis=1))}" fill="none" stroke="#ffffff" stroke-opacity="0.75" stroke-width="1"{dash}/>'

    def axes(self) -> Iterable[str]:
        camera, bottom = self._camera, MARGIN_TOP + self._camera.rows
        half = math.degrees(camera.field_of_view) / 2.0
        middle = math.degrees(camera.bearing)
        step = _tick(2.0 * half)
        first, last = (
            math.ceil((middle - half) / step - 1e-9),
            math.floor((middle + half) / step + 1e-9),
        )
        for number in range(first, last + 1):
            x, _ = self._at(np.radians([number * step]), np.zeros(1))
            yield f'<path d="M{x[0]:.1f} {bottom}v6" stroke="{SOFT}"/>'
            yield (
                f'<text x="{x[0]:.1f}" y="{bottom + 20}" text-anchor="middle" '
                f'fill="{SOFT}">{number * step % 360.0:g}°</text>'
            )
        left = self._azimuths()[:1]
        for degrees in self._ticks_up():
            _, y = self._at(left, np.array([math.tan(math.radians(degrees))]))
            if MARGIN_TOP <= y[0] <= bottom:
                yield f'<path d="M{MARGIN_LEFT - 6} {y[0]:.1f}h6" stroke="{SOFT}"/>'
                yield f'<text x="{MARGIN_LEFT - 9}" y="{y[0] + 4:.1f}" text-anchor="end" fill="{SOFT}">{degrees:g}°</text>'
        right = MARGIN_LEFT + camera.columns
        yield (
            f'<text x="{right}" y="{bottom + 37}" text-anchor="end" '
            f'fill="{SOFT}">{words(AZIMUTH, self._language)}</text>'
        )
        yield (
            f'<text x="{MARGIN_LEFT}" y="{bottom + 37}" fill="{SOFT}">'
            f"0° {words(LEVEL, self._language)} · {words(ELEVATION, self._language)} ←</text>"
        )

    def line(self, line: Stroke) -> str:
        dash = DASH if line.dashed else ""
        return (
            f'<path d="{line.path}" fill="none" stroke="{line.colour}" stroke-width="1.8"{dash}/>'
        )

    def band(self, band: Band) -> str:
        x, y = self._at(band.columns.azimuths, band.upper)
        _, under = self._at(band.columns.azimuths, band.lower)
        shown = np.isfinite(x) & np.isfinite(y) & np.isfinite(under)
        shown &= (x >= MARGIN_LEFT - 50) & (x <= MARGIN_LEFT + self._camera.columns + 50)
        path = ""
        for piece in np.split(
            np.flatnonzero(shown), np.flatnonzero(np.diff(np.flatnonzero(shown)) > 1) + 1
        ):
            if len(piece) > 1:
                back = piece[::-1]
                path += (
                    pen(np.stack([np.r_[x[piece], x[back]], np.r_[y[piece], under[back]]], axis=1))
                    + "Z"
                )
        return f'<path d="{path}" fill="{band.colour}" fill-opacity="0.22"/>'

    def marks(self, marks: Sequence[Mark]) -> Iterable[str]:
        """Words with a line to the place they are about, beside the scheme, one below another where places are near."""
        azimuths = np.array([mark.azimuth for mark in marks], dtype=np.float64)
        places = self._at(azimuths, np.array([mark.tangent for mark in marks], dtype=np.float64))
        shown = [
            (float(x), float(y), mark)
            for x, y, mark in zip(*places, marks, strict=True)
            if math.isfinite(x)
        ]
        middle = sum(x for x, _, _ in shown) / max(len(shown), 1)
        taken: list[tuple[float, float, float]] = []
        for x, y, mark in shown:
            told = mark.told.in_language(self._language)
            left, wide = self._beside(x, x < middle, BOLD * text_width(told) + 18.0)
            top = _free(left, left + wide, y - LABEL_ROOM, taken)
            top = min(max(top, MARGIN_TOP + 14.0), MARGIN_TOP + self._camera.rows - 14.0)
            taken.append((left, left + wide, top))
            edge = left + wide if left < x else left
            colour = rgb(BREACH if mark.is_broken else KEPT)
            yield f'<path d="M{x:.1f} {y:.1f}L{edge:.1f} {top:.1f}" stroke="{colour}" stroke-width="1.4"/>'
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" stroke="#ffffff" stroke-width="1.2"/>'
            yield (
                f'<rect x="{left:.1f}" y="{top - 13:.1f}" width="{wide:.1f}" height="26" rx="4" fill="#ffffff" '
                f'fill-opacity="0.93" stroke="{colour}"/>'
                f'<text x="{left + 9:.1f}" y="{top + 4.5:.1f}" font-weight="600">{escape(told)}</text>'
            )

    def _beside(self, x: float, to_left: bool, wide: float) -> tuple[float, float]:
        """Where words of a width begin, and the width: on the side that is asked for where there is room."""
        right, left = x + LABEL_ROOM, x - LABEL_ROOM - wide
        has_room = left > MARGIN_LEFT and (
            to_left or right + wide > MARGIN_LEFT + self._camera.columns
        )
        return (left if has_room else right), wide

    def legend(self, entries: Sequence[_Entry]) -> Iterable[str]:
        for entry, (x, row) in zip(entries, self._places(entries), strict=True):
            y = MARGIN_TOP + self._camera.rows + 62 + LEGEND_ROW * row
            yield entry.sample(x, y)
            yield f'<text x="{x + 32:.1f}" y="{y}">{words(entry.name, self._language)}</text>'

    def legend_rows(self, entries: Sequence[_Entry]) -> int:
        return max((row for _, row in self._places(entries)), default=0) + 1

    def _places(self, entries: Sequence[_Entry]) -> list[tuple[float, int]]:
        """Where each entry begins, px, and in which row."""
        x, row, places = float(MARGIN_LEFT), 0, []
        for entry in entries:
            wide = 54 + text_width(entry.name.in_language(self._language))
            if x + wide > MARGIN_LEFT + self._camera.columns and x > MARGIN_LEFT:
                x, row = float(MARGIN_LEFT), row + 1
            places.append((x, row))
            x += wide
        return places

    def entries(self, drawn: Drawn) -> list[_Entry]:
        """What the legend explains: only what is in the picture."""
        found = [
            _Entry(
                line.name, f'stroke="{line.colour}"' + (DASH if line.dashed else ""), is_line=True
            )
            for line in drawn.lines
            if line.path
        ]
        found += [_Entry(b.name, f'fill="{b.colour}" fill-opacity="0.5"') for b in drawn.bands]
        for name, style in (PATCHES[patch] for patch in drawn.patches):
            found.append(_Entry(name, style.format(hatch=self.hatch)))
        return found

    def scale(self, distance: float, azimuth: float) -> Iterable[str]:
        """A corner of metres, across and up: in a plane that faces the camera at the scheme's distance both are as long."""
        camera = self._camera
        forward = distance * max(math.cos(azimuth - camera.bearing), 0.2)
        per_metre = camera.focal_length / forward
        metres = round_metres(min(camera.columns / 9.0, camera.rows / 5.0) / per_metre)
        length = metres * per_metre
        told = SCALE.format(distance=distance, metres=metres).in_language(self._language)
        wide = max(length, text_width(told)) + 24
        x = MARGIN_LEFT + camera.columns - wide - 10
        y = MARGIN_TOP + camera.rows - 34
        yield (
            f'<rect x="{x - 8:.1f}" y="{y - length - 12:.1f}" width="{wide + 8:.1f}" height="{length + 36:.1f}" rx="4" '
            'fill="#ffffff" fill-opacity="0.72"/>'
        )
        tenth = length / 5.0
        ticks = "".join(
            f"M{x + k * tenth:.1f} {y:.1f}v-5M{x:.1f} {y - k * tenth:.1f}h5" for k in range(1, 6)
        )
        yield f'<path d="M{x:.1f} {y - length:.1f}v{length:.1f}h{length:.1f}{ticks}" fill="none" stroke="{INK}" stroke-width="1.6"/>'
        yield f'<text x="{x:.1f}" y="{y + 17:.1f}">{escape(told)}</text>'

    def footer(self, lines: Sequence[Text], legend: int) -> Iterable[str]:
        y = MARGIN_TOP + self._camera.rows + 64 + legend
        for number, line in enumerate(lines):
            yield (
                f'<text x="{MARGIN_LEFT}" y="{y + 17 * number}" font-size="12" fill="{SOFT}">'
                f"{words(line, self._language)}</text>"
            )

    def _azimuths(self) -> NDArray[np.float64]:
        half = self._camera.field_of_view / 2.0
        return self._camera.bearing + np.linspace(-half, half, 61)

    def _ticks_up(self) -> list[float]:
        low, top = (math.degrees(math.atan(t)) for t in self._camera.tangents_of_edges)
        step = _tick(top - low)
        return [k * step for k in range(math.ceil(low / step), math.floor(top / step) + 1)]

    def _at(
        self, azimuths: NDArray[np.float64], tangents: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return _on_plate(self._camera, azimuths, tangents)


def _on_plate(
    camera: Camera, azimuths: NDArray[np.float64], tangents: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where directions lie on a plate, px from its left and its top."""
    x, y = camera.place(azimuths, tangents)
    return MARGIN_LEFT + x, MARGIN_TOP + y


def _free(
    left: float, right: float, top: float, taken: Sequence[tuple[float, float, float]]
) -> float:
    """How far down words may stand that cover none of those before."""
    while any(left < b and right > a and abs(top - y) < LABEL_ROOM for a, b, y in taken):
        top += LABEL_ROOM
    return top


def _tick(span: float) -> float:
    """A round step that divides a span of degrees in about eight."""
    return next(
        step for step in (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0) if span / step <= 9
    )
