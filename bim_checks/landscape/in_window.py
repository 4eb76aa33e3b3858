"""Which faces can be seen in a window at all.

A landmark far away fills a window of a tenth of a degree, and a tower before it a hundred times that: nearly all of its faces lie
above, below or beside the window, and none of their columns need be walked through.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bim_checks.landscape.eye import Eye
from bim_checks.landscape.picture import Window
from bim_checks.landscape.surface import Surface
from cim.compiled import compiled

WIDE = (
    np.pi / 2.0
)  # of azimuth; a face this wide may stand round the eye, or run over the seam behind the window


def faces_in(surface: Surface, eye: Eye, window: Window) -> Surface:
    """A surface without faces that certainly lie outside a window; its edges are left as they are.

    No point of a face is nearer to the eye than its nearest corner less its longest side, so none appears further from level than its
    highest or lowest corner would there.

    Args:
        surface: prepared, metres, projected frame.
        eye: looked from.
        window: looked through.
    """
    points = eye.apparent(surface.vertices)
    columns = window.columns
    half = columns.count * columns.step / 2.0
    azimuth = np.arctan2(points[:, 0], points[:, 1]) - (columns.start + half)
    turned = (azimuth + np.pi) % (2.0 * np.pi) - np.pi  # from the window's middle
    top = window.low + (window.rows + 1) * window.step
    tangents = (np.tan(window.low - window.step), np.tan(top))
    inside = _may_be_inside(points, turned, surface.faces, half + columns.step, tangents)
    return replace(surface, faces=surface.faces[inside], owners=surface.owners[inside])


@compiled
def _may_be_inside(points, turned, faces, half, tangents):  # type: ignore[no-untyped-def]
    inside = np.ones(len(faces), dtype=np.bool_)
    for f in range(len(faces)):
        left, right, near, far, low, high, longest = 9.0, -9.0, 1e12, 0.0, 1e12, -1e12, 0.0
        for k in range(3):
            i, j = faces[f, k], faces[f, (k + 1) % 3]
            left, right = min(left, turned[i]), max(right, turned[i])
            away = np.hypot(points[i, 0], points[i, 1])
            near, far = min(near, away), max(far, away)
            low, high = min(low, points[i, 2]), max(high, points[i, 2])
            side = np.hypot(points[j, 0] - points[i, 0], points[j, 1] - points[i, 1])
            longest = max(longest, side)
        if right - left <= WIDE and (right < -half or left > half):
            inside[f] = False
            continue
        near -= longest
        if near <= 0.0:
            continue
        top = high / near if high > 0.0 else high / far
        foot = low / near if low < 0.0 else low / far
        inside[f] = top >= tangents[0] and foot <= tangents[1]
    return inside
