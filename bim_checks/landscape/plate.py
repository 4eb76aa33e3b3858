"""Plates: what an eye sees before and after a scheme, with the lines that count and scales to measure by.

The picture is a panorama: azimuth runs across, elevation up, both in equal steps, so that every angle in the report can be laid
against it. It is drawn from the same exact buffers the numbers come from; what is drawn on top of it are lines and words (SVG), in either
language. The same inputs give the same bytes.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Columns
from bim_checks.landscape.picture import Picture, Window
from bim_checks.landscape.skyline import GROUND, NOTHING
from cim.text import Language, Text

Kind = Literal["before", "after", "overlay"]
Angle = TypeVar("Angle", float, NDArray[np.float64])  # one, or of every column

HAZE = 9_000.0  # m; what is this far has two thirds of the sky's colour
SKY_LOW, SKY_HIGH = np.array([231.0, 238.0, 244.0]), np.array([163.0, 196.0, 224.0])
GROUND_COLOUR = np.array([126.0, 146.0, 104.0])
BUILDING_COLOUR = np.array([198.0, 190.0, 180.0])
SCHEME_COLOUR = np.array([214.0, 108.0, 58.0])
HIDDEN_COLOUR = np.array([120.0, 72.0, 160.0])
MARGIN_LEFT, MARGIN_TOP, MARGIN_BOTTOM = 58, 54, 96  # px
FONT = "system-ui, 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
TITLES: dict[Kind, Text] = {
    "before": Text(zh="现状", en="before"),
    "after": Text(zh="建成后", en="after"),
    "overlay": Text(zh="对比", en="compared"),
}
AZIMUTH = Text(zh="方位角（自坐标北顺时针）", en="azimuth, clockwise from grid north")
ELEVATION = Text(zh="仰角", en="elevation")
SCALE = Text(zh="距 {distance:.0f} m 处 {metres:g} m", en="{metres:g} m at {distance:.0f} m")
HIDES = Text(zh="被建筑遮挡的景物", en="what the scheme hides")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line drawn over a picture.

    Attributes:
        name: for the legend.
        columns: along which it is known.
        elevations: shape (count,), radians; NaN where it is not there.
        colour: ``#rrggbb``.
        dashed: whether it is.
    """

    name: Text
    columns: Columns
    elevations: NDArray[np.float64]
    colour: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written below a plate.

    Attributes:
        title: the viewpoint's name.
        lines: eye, method, inputs: a sentence each.
        distance: to the scheme, metres, for the scale of metres.
    """

    title: Text
    lines: tuple[Text, ...]
    distance: float


def plate(
    kind: Kind,
    window: Window,
    image: bytes,
    lines: Sequence[Line],
    facts: Facts,
    language: Language,
) -> str:
    """One plate as a self-contained SVG.

    Args:
        kind: before, after, or after with what is hidden tinted.
        window: looked through.
        image: its pixels as PNG, as `png` writes those of `painted`; the same in every language.
        lines: skylines, ridge, limit of the band.
        facts: written below it.
        language: of the words.
    """
    rows, columns = window.rows, window.columns.count
    drawing = _Drawing(window, columns, rows, language)
    width, height = MARGIN_LEFT + columns + 16, MARGIN_TOP + rows + MARGIN_BOTTOM
    height += 18 * len(facts.lines)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="{escape(FONT)}" font-size="13" fill="#1c2530">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="{MARGIN_LEFT}" y="24" font-size="18" font-weight="600">{_words(facts.title, language)} · {_words(TITLES[kind], language)}</text>',
        f'<image x="{MARGIN_LEFT}" y="{MARGIN_TOP}" width="{columns}" height="{rows}" '
        f'href="data:image/png;base64,{base64.b64encode(image).decode("ascii")}"/>',
        *drawing.axes(),
        *(drawing.line(line) for line in lines),
        *drawing.legend(lines, hides=kind == "overlay"),
        *drawing.scale(facts.distance),
        *drawing.footer(facts.lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def painted(kind: Kind, before: Picture, scheme: Picture) -> NDArray[np.uint8]:
    """The picture's pixels, shape (rows, columns, 3), the topmost row first.

    Args:
        kind: before, after, or after with what is hidden tinted.
        before: what is seen without the scheme.
        scheme: what is seen of the scheme alone, in the same window.
    """
    window = before.window
    colours = _shaded(before)
    in_front = scheme.distances < before.distances
    if kind != "before":
        seen = np.where(
            in_front[..., None], _lit(SCHEME_COLOUR, scheme.light, scheme.distances), colours
        )
        if kind == "overlay":
            hidden = in_front & (before.owners != NOTHING)
            tinted = 0.45 * colours + 0.55 * HIDDEN_COLOUR
            seen = np.where(hidden[..., None], tinted, seen)
        colours = seen
    return np.clip(np.rint(colours[::-1]), 0, 255).astype(np.uint8).reshape(window.rows, -1, 3)


def _shaded(picture: Picture) -> NDArray[np.float64]:
    body = np.where((picture.owners == GROUND)[..., None], GROUND_COLOUR, BUILDING_COLOUR)
    colours = _lit(body, picture.light, picture.distances)
    rise = np.linspace(0.0, 1.0, picture.window.rows)[:, None, None]
    sky = SKY_LOW + rise * (SKY_HIGH - SKY_LOW)
    return np.where((picture.owners == NOTHING)[..., None], sky, colours)


def _lit(
    colour: NDArray[np.float64], light: NDArray[np.float32], distances: NDArray[np.float64]
) -> NDArray[np.float64]:
    """A colour in the light, fading into the sky with distance."""
    lit = colour * (0.55 + 0.5 * light[..., None])
    clear = np.exp(-np.where(np.isfinite(distances), distances, 0.0) / HAZE)[..., None]
    return np.asarray(lit * clear + SKY_LOW * (1.0 - clear))


class _Drawing:
    """Lines and words over the picture; x to the right in azimuth, y down from the highest elevation."""

    def __init__(self, window: Window, width: int, height: int, language: Language) -> None:
        self._window = window
        self._width, self._height = width, height
        self._language = language

    def axes(self) -> Iterable[str]:
        window = self._window
        left, right = (
            np.degrees(window.columns.start),
            np.degrees(window.columns.start + window.columns.count * window.columns.step),
        )
        step = _tick(right - left)
        for degrees in np.arange(math.ceil(left / step) * step, right, step):
            x = self._x(math.radians(degrees))
            yield f'<path d="M{x:.1f} {MARGIN_TOP + self._height}v6" stroke="#5a6878"/>'
            yield (
                f'<text x="{x:.1f}" y="{MARGIN_TOP + self._height + 20}" text-anchor="middle" '
                f'fill="#5a6878">{degrees % 360.0:g}°</text>'
            )
        low = math.degrees(window.low)
        high = math.degrees(window.low + window.rows * window.step)
        step = _tick(high - low)
        for degrees in np.arange(math.ceil(low / step) * step, high, step):
            y = self._y(math.radians(degrees))
            yield f'<path d="M{MARGIN_LEFT - 6} {y:.1f}h6" stroke="#5a6878"/>'
            yield (
                f'<text x="{MARGIN_LEFT - 9}" y="{y + 4:.1f}" text-anchor="end" fill="#5a6878">{degrees:g}°</text>'
            )
        yield (
            f'<text x="{MARGIN_LEFT + self._width}" y="{MARGIN_TOP + self._height + 38}" text-anchor="end" '
            f'fill="#5a6878">{_words(AZIMUTH, self._language)}</text>'
        )
        yield f'<text x="{MARGIN_LEFT - 46}" y="{MARGIN_TOP - 10}" fill="#5a6878">{_words(ELEVATION, self._language)}</text>'

    def line(self, line: Line) -> str:
        dash = ' stroke-dasharray="7 5"' if line.dashed else ""
        x, y = self._x(line.columns.azimuths), self._y(line.elevations)
        top = self._window.low + self._window.rows * self._window.step
        inside = (line.elevations >= self._window.low) & (line.elevations <= top)
        shown = np.flatnonzero(inside & (x >= MARGIN_LEFT) & (x - MARGIN_LEFT <= self._width))
        begins = np.diff(shown, prepend=-2) > 1  # the pen is up between what is inside
        path = [
            f"{'M' if begin else 'L'}{across:.1f} {down:.1f}"
            for begin, across, down in zip(
                begins.tolist(), x[shown].tolist(), y[shown].tolist(), strict=True
            )
        ]
        return f'<path d="{"".join(path)}" fill="none" stroke="{line.colour}" stroke-width="1.6"{dash}/>'

    def legend(self, lines: Sequence[Line], *, hides: bool) -> Iterable[str]:
        x = float(MARGIN_LEFT)
        y = MARGIN_TOP + self._height + 60
        for line in lines:
            name = _words(line.name, self._language)
            dash = ' stroke-dasharray="7 5"' if line.dashed else ""
            yield f'<path d="M{x:.1f} {y - 4}h26" stroke="{line.colour}" stroke-width="2.4"{dash}/>'
            yield f'<text x="{x + 32:.1f}" y="{y}">{name}</text>'
            x += 52 + _text_width(line.name.in_language(self._language))
        if hides:
            red, green, blue = (int(value) for value in HIDDEN_COLOUR)
            yield f'<rect x="{x:.1f}" y="{y - 11}" width="26" height="12" fill="rgb({red},{green},{blue})" opacity="0.7"/>'
            yield f'<text x="{x + 32:.1f}" y="{y}">{_words(HIDES, self._language)}</text>'

    def scale(self, distance: float) -> Iterable[str]:
        """A bar of metres at the scheme's distance, and how many degrees they are."""
        per_pixel = distance * self._window.columns.step
        metres = _round_metres(per_pixel * self._width / 6.0)
        length = metres / per_pixel
        x = MARGIN_LEFT + self._width - length - 14
        y = MARGIN_TOP + self._height - 14
        told = SCALE.format(distance=distance, metres=metres).in_language(self._language)
        yield f'<path d="M{x:.1f} {y - 6}v6h{length:.1f}v-6" fill="none" stroke="#1c2530" stroke-width="1.6"/>'
        yield (
            f'<text x="{x + length / 2:.1f}" y="{y - 10}" text-anchor="middle" paint-order="stroke" '
            f'stroke="#ffffff" stroke-width="3">{escape(told)}</text>'
        )

    def footer(self, lines: Sequence[Text]) -> Iterable[str]:
        y = MARGIN_TOP + self._height + 84
        for number, line in enumerate(lines):
            yield (
                f'<text x="{MARGIN_LEFT}" y="{y + 18 * number}" font-size="12" fill="#5a6878">'
                f"{_words(line, self._language)}</text>"
            )

    def _x(self, azimuth: Angle) -> Angle:
        start = self._window.columns.start
        turned = (azimuth - start) % (2.0 * math.pi)
        return MARGIN_LEFT + turned / self._window.columns.step

    def _y(self, elevation: Angle) -> Angle:
        return MARGIN_TOP + self._height - (elevation - self._window.low) / self._window.step


def _words(text: Text, language: Language) -> str:
    return escape(text.in_language(language))


def _text_width(text: str) -> float:
    """About as wide as the words are drawn, px: Chinese characters are square."""
    return sum(13.5 if ord(character) > 0x2E7F else 7.2 for character in text)


def _tick(span: float) -> float:
    """A round step that divides a span of degrees in about eight."""
    return next(
        step for step in (0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0) if span / step <= 9
    )


def _round_metres(metres: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(metres))
    return next(share for share in (5.0, 2.0, 1.0) if share * power <= metres) * power
