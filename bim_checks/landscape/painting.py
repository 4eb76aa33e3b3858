"""From what a camera sees to the pixels of a plate: colours, light, haze, outlines, and what a scheme hides or breaks.

Colours stand for what is seen and for how far it is, never for materials: the ground by its height, what stands today neutral,
the scheme in a colour of its own. The same buffers give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Eye
from bim_checks.landscape.photo import Photo
from bim_checks.landscape.picture import LIGHT
from bim_checks.landscape.skyline import GROUND, NOTHING
from cim.compiled import compiled

Kind = Literal["before", "after", "overlay"]
KINDS: tuple[Kind, ...] = ("before", "after", "overlay")
Colour = tuple[float, float, float]

HAZE = 6_000.0  # m; what is this far has two thirds of the sky's colour
SKY_LOW: Colour = (229.0, 237.0, 243.0)
SKY_HIGH: Colour = (133.0, 176.0, 214.0)
SKY_TOP = 0.5  # tangent of the elevation from which the sky is as blue as it gets
# Of the ground, by metres above datum; between two of them it is mixed.
GROUND_TINTS: tuple[tuple[float, Colour], ...] = (
    (0.0, (150.0, 178.0, 193.0)),  # at datum and below: water, or as low as it
    (0.3, (184.0, 192.0, 152.0)),
    (15.0, (158.0, 182.0, 126.0)),
    (110.0, (110.0, 150.0, 92.0)),
    (300.0, (146.0, 156.0, 108.0)),
    (900.0, (170.0, 160.0, 140.0)),
)
BUILDING: Colour = (222.0, 217.0, 208.0)
SCHEME: Colour = (236.0, 132.0, 62.0)
BREACH: Colour = (196.0, 22.0, 52.0)
KEPT: Colour = (27.0, 110.0, 60.0)  # of what keeps its limit
HIDDEN: Colour = (118.0, 58.0, 178.0)
AMBIENT, SUN, SHADE = (
    0.56,
    0.46,
    0.14,
)  # of a colour: everywhere, facing the sun, and taken off facing away
OUTLINE = 0.66  # of a colour, along edges of bodies
CREASE = 0.12  # of the light; two faces of one body that differ by more meet at an edge
HILL = 0.10  # of the distance; ground that jumps by more is another hill
STRIPE = 4  # px, of the hatching of what breaks a limit

SUN_AZIMUTH = math.degrees(math.atan2(LIGHT[0], LIGHT[1])) % 360.0
SUN_ALTITUDE = math.degrees(math.atan2(LIGHT[2], math.hypot(LIGHT[0], LIGHT[1])))


@dataclass(frozen=True, slots=True, eq=False)
class Sighted:
    """What is painted.

    Attributes:
        eye: looked from.
        before: what stands today.
        cleared: the same without what makes way for the scheme.
        scheme: the scheme alone.
        breach: shape as its buffers, True where the scheme is above a limit.
    """

    eye: Eye
    before: Photo
    cleared: Photo
    scheme: Photo
    breach: NDArray[np.bool_]


def painted(sighted: Sighted) -> Mapping[Kind, NDArray[np.uint8]]:
    """The pixels of each picture, shape (rows, columns, 3), the topmost row first.

    Before, after, and after with what is hidden seen through the scheme and what breaks a limit hatched.
    """
    before, cleared, scheme = sighted.before, sighted.cleared, sighted.scheme
    camera, times = before.camera, before.times
    _, tangents = camera.directions(times)
    heights, tints = zip(*GROUND_TINTS, strict=True)
    pixels = np.zeros((len(KINDS), camera.rows, camera.columns, 3), dtype=np.uint8)
    _paint(
        (times, STRIPE * times),
        (before.distances, before.owners, before.light),
        (cleared.distances, cleared.owners, cleared.light, cleared is not before),
        (scheme.distances, scheme.owners, scheme.light),
        (sighted.breach, tangents),
        (sighted.eye.position[2], float(sighted.eye.drop(np.ones(1))[0])),
        (np.array(heights), np.array(tints)),
        np.array([BUILDING, SCHEME, SKY_LOW, SKY_HIGH, HIDDEN, BREACH]),
        pixels,
    )
    return dict(zip(KINDS, pixels, strict=True))


@compiled
def _paint(how, today, room, scheme, masks, level, tints, palette, pixels):  # type: ignore[no-untyped-def]
    """All three pictures in one pass: most places look the same in them."""
    times, stripe = how
    breach, tangents = masks
    cleared, is_cleared = room[:3], room[3]
    colours, mixed = np.zeros((3, 3)), np.zeros((3, 3))
    for row in range(pixels.shape[1]):
        for column in range(pixels.shape[2]):
            mixed[:] = 0.0
            for r in range(row * times, (row + 1) * times):
                for c in range(column * times, (column + 1) * times):
                    tangent = tangents[r, c]
                    _colour(today, r, c, tangent, level, tints, palette, 0, colours[0])
                    if scheme[0][r, c] < cleared[0][r, c]:
                        _colour(scheme, r, c, tangent, level, tints, palette, 1, colours[1])
                        colours[2] = colours[1]
                        hides, breaks = today[1][r, c] != NOTHING, breach[r, c]
                        is_stripe = (r + c) // stripe % 2 == 0
                        _through(colours[0], colours[2], hides, breaks, is_stripe, palette)
                    else:
                        colours[1] = colours[2] = colours[0]
                        if is_cleared:
                            _colour(cleared, r, c, tangent, level, tints, palette, 0, colours[1])
                    mixed += colours
            for picture in range(3):
                for k in range(3):
                    mean = int(mixed[picture, k] / times**2 + 0.5)
                    pixels[picture, row, column, k] = min(max(mean, 0), 255)


@compiled
def _through(behind, front, hides, breaks, is_stripe, palette):  # type: ignore[no-untyped-def]
    """The scheme as if of glass: what it hides shows through, tinted; what is above a limit is hatched."""
    for k in range(3):
        if hides:
            front[k] = 0.42 * behind[k] + 0.46 * palette[4, k] + 0.12 * front[k]
        if breaks:
            weight = 1.0 if is_stripe else 0.55
            front[k] = weight * palette[5, k] + (1.0 - weight) * front[k]


@compiled
def _colour(buffers, r, c, tangent, level, tints, palette, body, colour):  # type: ignore[no-untyped-def]
    """The colour of what is seen at one place: its own, in the light, fading into the sky with distance."""
    distances, owners, light = buffers
    sky_low, sky_high = palette[2], palette[3]
    if owners[r, c] == NOTHING:
        share = min(max(tangent / SKY_TOP, 0.0), 1.0) ** 0.7
        for k in range(3):
            colour[k] = sky_low[k] + share * (sky_high[k] - sky_low[k])
        return
    distance = distances[r, c]
    if owners[r, c] == GROUND:
        _tint(level[0] + distance * tangent + level[1] * distance * distance, tints, colour)
    else:
        for k in range(3):
            colour[k] = palette[body, k]
    cosine = light[r, c]
    lit = AMBIENT + (SUN * cosine if cosine > 0.0 else SHADE * cosine)
    if _is_edge(distances, owners, light, tangent, r, c):
        lit *= OUTLINE
    clear = np.exp(-distance / HAZE)
    for k in range(3):
        colour[k] = colour[k] * lit * clear + sky_low[k] * (1.0 - clear)


@compiled
def _tint(height, tints, colour):  # type: ignore[no-untyped-def]
    """The colour of ground of a height."""
    heights, colours = tints
    at = 0
    while at < len(heights) - 2 and height > heights[at + 1]:
        at += 1
    share = min(max((height - heights[at]) / (heights[at + 1] - heights[at]), 0.0), 1.0)
    for k in range(3):
        colour[k] = colours[at, k] + share * (colours[at + 1, k] - colours[at, k])


@compiled
def _is_edge(distances, owners, light, tangent, r, c):  # type: ignore[no-untyped-def]
    """Whether a body, a side of it, or a hill ends at a pixel; the nearer of two bodies has the line."""
    rows, columns = owners.shape
    owner, distance = owners[r, c], distances[r, c]
    for step in range(4):
        i = r + (-1 if step == 0 else 1 if step == 2 else 0)
        j = c + (-1 if step == 1 else 1 if step == 3 else 0)
        if i < 0 or j < 0 or i >= rows or j >= columns:
            continue
        is_farther = distances[i, j] > 1.001 * distance
        if owner == GROUND:
            if (
                owners[i, j] == GROUND
                and tangent > 0.01
                and distances[i, j] > (1.0 + HILL) * distance
            ):
                return True
        elif owners[i, j] != owner:
            if is_farther or (step < 2 and distances[i, j] > 0.999 * distance):
                return True
        elif step < 2 and abs(light[i, j] - light[r, c]) > CREASE:
            return True
    return False
