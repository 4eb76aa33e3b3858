"""What a scheme does to the view from a viewpoint, in numbers: skyline and sky, before and after."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bim_checks.landscape.eye import Eye, all_round
from bim_checks.landscape.scheme_view import (
    consented_surface,
    context_of,
    eye_of,
    make_way,
    replaced_buildings,
    surface_of,
)
from bim_checks.landscape.skyline import GROUND, NOTHING, Skyline, skyline_of
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.city import Viewpoint

CIRCLE = 36_000  # columns over the whole horizon: 0.01 degrees


@dataclass(frozen=True, slots=True, eq=False)
class Raised:
    """What a skyline gains over another.

    Attributes:
        degrees: azimuth over which it is higher, degrees.
        most: by how much at most, degrees.
        sky: solid angle of sky that it takes, steradians.
    """

    degrees: float
    most: float
    sky: float


@dataclass(frozen=True, slots=True, eq=False)
class Cumulative:
    """The same view with the consented schemes built.

    Attributes:
        before: existing and consented; what makes way for these is gone.
        after: and the scheme; what makes way for it is gone too.
        consented: what the consented schemes take of the existing view.
        scheme: what the scheme takes besides.
        together: what both take.
    """

    before: Skyline
    after: Skyline
    consented: Raised
    scheme: Raised
    together: Raised


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
        cumulative: with the consented schemes; None where there are none.
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
    cumulative: Cumulative | None = None


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
    gain = _raised(before, after, raised)
    middle = _shown(before, after, raised)
    seen = built.distances[raised]
    centre = surface.vertices[:, :2].mean(axis=0) if len(surface.vertices) else np.zeros(2)
    return ViewStudy(
        viewpoint=viewpoint,
        eye=eye,
        before=before,
        after=after,
        offset=offset,
        degrees_raised=gain.degrees,
        most_raised=gain.most,
        sky_lost=gain.sky,
        peaks_before=_peaks(before.elevations[middle]),
        peaks_after=_peaks(after.elevations[middle]),
        distance=float(seen.min()) if len(seen) else math.dist(centre, eye.position[:2]),
        cumulative=_cumulative(around, eye, before, built, gone),
    )


def _raised(before: Skyline, after: Skyline, where: NDArray[np.bool_]) -> Raised:
    """What a skyline gains over another in some columns."""
    low, high = before.elevations[where], after.elevations[where]
    if not len(high):
        return Raised(0.0, 0.0, 0.0)
    return Raised(
        degrees=float(len(high) * np.degrees(before.columns.step)),
        most=float(np.degrees((high - low).max())),
        sky=float((np.sin(high) - np.sin(low)).sum() * before.columns.step),
    )


def _cumulative(
    around: Surroundings, eye: Eye, existing: Skyline, built: Skyline, gone: frozenset[str]
) -> Cumulative | None:
    surface, context = consented_surface(around), context_of(around)
    if not len(surface.faces):
        return None
    columns, way = existing.columns, make_way(around)
    others = skyline_of(surface, eye, columns)
    standing = context.skyline(eye, columns, cleared=way) if way else existing
    left = context.skyline(eye, columns, cleared=way | gone) if gone else standing
    offset = max(int(existing.owners.max()), 0) + 1
    before = standing.with_(others, offset=offset)
    after = left.with_(others, offset=offset)
    after = after.with_(built, offset=offset + int(surface.owners.max()) + 1)
    return Cumulative(
        before=before,
        after=after,
        consented=_raised(existing, before, before.tangents > existing.tangents),
        scheme=_raised(before, after, after.tangents > before.tangents),
        together=_raised(existing, after, after.tangents > existing.tangents),
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


def owner_name(scheme: Scheme, around: Surroundings, found: ViewStudy, owner: int) -> str:
    """What stands at a column of the skyline after: ground, nothing, an existing building or an element of the scheme."""
    if owner == GROUND:
        return "ground"
    if owner == NOTHING:
        return ""
    if owner >= found.offset:
        return scheme.body_ids[owner - found.offset]
    return context_of(around).identifiers[owner]
