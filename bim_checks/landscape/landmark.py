"""How much of a landmark an eye sees, in solid angle, and how much of that a scheme hides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Eye, sector
from bim_checks.landscape.in_window import faces_in
from bim_checks.landscape.picture import Window, half_pixels, picture_of
from bim_checks.landscape.surface import Surface, prepared
from cim.city import Landmark
from cim.mesh import Mesh

SIDES = 24  # of the upright prism that stands for a landmark without a body of its own
FEWEST_PIXELS, MOST_PIXELS = (
    1_000,
    2_000,
)  # along the longer side of the window, however far or near the landmark is


@dataclass(frozen=True, slots=True, eq=False)
class SeenLandmark:
    """A landmark before and after a scheme.

    Attributes:
        window: looked through.
        before, after: solid angle that is seen, steradians.
        hidden: shape (rows, columns), where it is seen before and not after.
        own: shape (rows, columns), where of that the scheme hides it and no consented scheme does; all of it without these.
        owners: shape (rows, columns), index of the scheme's body there.
        resolution: half-width of what `after` can be off by, for the line of the scheme runs through pixels, steradians.
    """

    window: Window
    before: float
    after: float
    hidden: NDArray[np.bool_]
    own: NDArray[np.bool_]
    owners: NDArray[np.int32]
    resolution: float

    @property
    def share(self) -> float:
        """Hidden of what was seen, 0..1; 0 when nothing was."""
        return 1.0 - self.after / self.before if self.before > 0.0 else 0.0


def seen_landmark(
    landmark: Landmark,
    eye: Eye,
    context: Context,
    scheme: Surface,
    *,
    step: float,
    window: Window | None = None,
    consented: Surface | None = None,
) -> SeenLandmark:
    """A landmark before and after a scheme.

    Args:
        landmark: looked at.
        eye: looked from.
        context: what stands around; the landmark's own buildings do not hide it.
        scheme: prepared.
        step: of a pixel, radians; another where the landmark would have too few or too many of them.
        window: that holds the whole landmark, its pixels as they are; None for one about the landmark.
        consented: buildings of consented schemes that count with the scheme; None where they do not.
    """
    body = body_of(landmark, context)
    window = window or _window(eye.apparent(body.vertices), step)
    alone = picture_of(body, eye, window)
    around = context.picture(eye, window, cleared=frozenset(landmark.buildings))
    built = picture_of(faces_in(scheme, eye, window), eye, window)
    seen = np.isfinite(alone.distances) & (alone.distances <= around.distances)
    own = hidden = seen & (built.distances < alone.distances)
    if consented is not None:
        others = picture_of(faces_in(consented, eye, window), eye, window)
        own = hidden & ~(others.distances < alone.distances)
        hidden = hidden | (seen & (others.distances < alone.distances))
    return SeenLandmark(
        window=window,
        before=alone.solid_angle_of(seen),
        after=alone.solid_angle_of(seen & ~hidden),
        hidden=hidden,
        own=own,
        owners=built.owners,
        resolution=half_pixels(window, seen, hidden),
    )


def body_of(landmark: Landmark, context: Context) -> Surface:
    """The buildings that a landmark is, or the upright prism that stands for it."""
    if landmark.buildings:
        names = set(landmark.buildings)
        surface = context.buildings
        chosen = np.array([name in names for name in context.identifiers])
        faces = surface.faces[chosen[surface.owners]]
        return prepared([Mesh(surface.vertices[np.unique(faces)], _renumbered(faces))])
    turn = np.arange(SIDES) * 2.0 * np.pi / SIDES
    ring = np.column_stack([np.cos(turn), np.sin(turn)]) * landmark.width / 2.0
    low = np.column_stack([ring, np.zeros(SIDES)]) + np.array(landmark.position)
    high = low + np.array([0.0, 0.0, landmark.height])
    i = np.arange(SIDES)
    j = np.roll(i, -1)
    sides = np.concatenate([np.stack([i, j, j + SIDES], 1), np.stack([i, j + SIDES, i + SIDES], 1)])
    top = np.stack([np.full(SIDES - 2, SIDES), i[1:-1] + SIDES, i[2:] + SIDES], 1)
    faces = np.concatenate([sides, top, (top - SIDES)[:, ::-1]]).astype(np.int32)
    return prepared([Mesh(np.concatenate([low, high]), faces)])


def _renumbered(faces: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.unique(faces, return_inverse=True)[1].reshape(-1, 3).astype(np.int32)


def _window(points: NDArray[np.float64], step: float) -> Window:
    azimuth = np.arctan2(points[:, 0], points[:, 1])
    turned = np.angle(np.exp(1j * (azimuth - azimuth[0])))
    elevation = np.arctan2(points[:, 2], np.hypot(points[:, 0], points[:, 1]))
    width = float(turned.max() - turned.min())
    height = float(elevation.max() - elevation.min())
    longer = max(width, height)
    step = min(max(step, longer / MOST_PIXELS), longer / FEWEST_PIXELS)
    middle = float(azimuth[0] + (turned.max() + turned.min()) / 2.0)
    rows = max(int(np.ceil(height / step)), 1)
    low = float(elevation.max() + elevation.min()) / 2.0 - rows * step / 2.0
    return Window(sector(middle, width, step), low, step, rows)
