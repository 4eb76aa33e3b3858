"""The measured values of line rules, measured again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Outcome, SecondOpinion
from bim_checks.line_answers import Hit, bounds_of
from bim_checks.rule import Rule, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.edges import nearest_edges
from bim_checks.second.raster import (
    Box,
    Lattice,
    covered,
    inside_rings,
    lattice_over,
    resolution,
)
from bim_checks.subject import SubjectShape
from cim.control_lines.feature import ControlFeature
from cim.text import Text

COUNTED = Text(
    zh="在三角面上按 {step:.3f} m 格点计数",
    en="counting points {step:.3f} m apart on the triangles",
)
CORNERS = Text(
    zh="逐条量取三角面的边与控制线的边",
    en="measuring from each edge of the triangles to each of the line",
)
EDGE_RESOLUTION = 2e-4  # m; outlines are united with slits of 1e-6 m closed, and boxes of map coordinates hold 1e-9 m
COARSE = 3_000  # points, to find where an area is
CLEAR = 10.0  # m; a pass by more than this, and by more than its limit, is not measured again
AROUND = 1.0  # m beyond the claimed distance; nothing farther off can be the nearest


def recheck_shared(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The area shared with a zone; of a pass, the largest share of any zone of the layer near by, None where none is near."""
    return _largest(rule, scheme, around, judgement, inverted=False)


def recheck_outside(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The area left outside."""
    return _largest(rule, scheme, around, judgement, inverted=True)


def recheck_distance(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement
) -> SecondOpinion | None:
    """The distance of a shape from its feature; None where the shape follows the ground, or lies inside the feature."""
    hit = judgement.basis
    if not isinstance(hit, Hit) or hit.geometry.has_z:
        return None
    shape, claimed = hit.shapes[0], hit.measurement.measured
    if hit.outcome is Outcome.PASS and hit.measurement.margin > max(hit.measurement.limit, CLEAR):
        return None
    if shape.follows_ground or hit.feature.geometry.is_empty:
        return None
    reach = claimed + AROUND
    segments = _near(_segments(hit.feature.geometry), _extent(shape, scheme), reach)
    if not len(segments):
        return SecondOpinion(CORNERS, reach, EDGE_RESOLUTION)
    if shape.is_site and scheme.stated_site is not None:
        outline = _segments(scheme.stated_site)
        flat = np.concatenate([outline, outline[:, 1:]], axis=1)
        triangles = np.concatenate([flat, np.zeros((*flat.shape[:2], 1))], axis=2)
    else:
        triangles, _ = _bodies_near(scheme, shape, _box(segments), reach)
    apart = nearest_edges(triangles, segments, shape.low, shape.high)
    if claimed == 0.0 and apart > 0.0:
        # No edges cross where one lies inside the other.
        if not _has_corner_inside(triangles, hit.feature.geometry):
            return None
        apart = 0.0
    return SecondOpinion(CORNERS, min(apart, reach), EDGE_RESOLUTION)


def _largest(
    rule: Rule, scheme: Scheme, around: Surroundings, judgement: Judgement, *, inverted: bool
) -> SecondOpinion | None:
    hit = judgement.basis
    if isinstance(hit, Hit):
        return count_shared(scheme, hit.shapes[0], [hit.feature], inverted=inverted)
    if judgement.outcome is not Outcome.PASS:
        return None
    shapes = scheme.shapes(rule.parameters.subject)
    zones = around.near(rule.parameters.layer, bounds_of(shapes))
    found = [
        count_shared(scheme, shape, [zone], inverted=False) for shape in shapes for zone in zones
    ]
    known = [opinion for opinion in found if opinion is not None]
    return max(known, key=lambda opinion: opinion.measured, default=None)


def count_shared(
    scheme: Scheme, shape: SubjectShape, zones: Sequence[ControlFeature], *, inverted: bool = False
) -> SecondOpinion | None:
    """The area of a shape inside (or, inverted, outside) zones; None where a body is open, so that inside means nothing."""
    if _is_bounded(shape) and not scheme.bodies_are_closed:
        return None
    segments = [_segments(zone.geometry) for zone in zones]
    outline = _extent(shape, scheme)
    box = outline if inverted else _shared_box(outline, [_box(part) for part in segments])
    if box is None:
        return None
    coarse = lattice_over(box, COARSE)
    mask = _mask(scheme, shape, coarse, segments, inverted=inverted)
    if not mask.any():
        return _opinion(mask, coarse)
    part = _around(mask, coarse)
    while True:
        fine = lattice_over(_shared_box(box, [part]) or box)
        mask = _mask(scheme, shape, fine, segments, inverted=inverted)
        rim = mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any()
        if not rim or _shared_box(part, [box]) == box:
            return _opinion(mask, fine)
        # A tip too thin for the coarse lattice goes on beyond what it saw.
        wide, deep = part[2] - part[0], part[3] - part[1]
        part = (part[0] - wide, part[1] - deep, part[2] + wide, part[3] + deep)


def _opinion(mask: NDArray[np.bool_], lattice: Lattice) -> SecondOpinion:
    area = float(mask.sum()) * lattice.step**2
    return SecondOpinion(COUNTED.format(step=lattice.step), area, resolution(mask, lattice.step))


def _mask(
    scheme: Scheme,
    shape: SubjectShape,
    lattice: Lattice,
    zones: Sequence[NDArray[np.float64]],
    *,
    inverted: bool,
) -> NDArray[np.bool_]:
    """Which points of a lattice lie on the shape and inside (outside) the zones."""
    points = lattice.points()
    wanted = np.zeros(points.shape[:2], dtype=np.bool_)
    for segments in zones:
        wanted |= inside_rings(points, segments)
    if inverted:
        wanted = ~wanted
    return wanted & _on_shape(scheme, shape, lattice, points)


def _on_shape(
    scheme: Scheme, shape: SubjectShape, lattice: Lattice, points: NDArray[np.float64]
) -> NDArray[np.bool_]:
    if shape.is_site and scheme.stated_site is not None:
        return inside_rings(points, _segments(scheme.stated_site))
    triangles, owners = _bodies_near(scheme, shape, lattice.box, lattice.step)
    floor = np.full(points.shape[:2], shape.low)
    ceiling = np.full(points.shape[:2], shape.high)
    if shape.follows_ground and scheme.ground is not None:
        ground = scheme.ground(points.reshape(-1, 2)).reshape(points.shape[:2])
        floor, ceiling = floor + ground, ceiling + ground
    return covered(points, triangles, owners, floor, ceiling, count_inside=_is_bounded(shape))


def _bodies_near(
    scheme: Scheme, shape: SubjectShape, box: Box, reach: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Triangles of the shape's elements whose boxes come near a box, and their owners."""
    if shape.is_site:
        triangles = scheme.site_triangles
        return triangles, np.zeros(len(triangles), dtype=np.int64)
    triangles, owners = scheme.all_triangles
    low, high = scheme.triangle_boxes
    west, south, east, north = box
    near = (low[:, 0] <= east + reach) & (high[:, 0] >= west - reach)
    near &= (low[:, 1] <= north + reach) & (high[:, 1] >= south - reach)
    if shape.levels:
        names = set(shape.global_ids)
        near &= np.array([outline.global_id in names for outline in scheme.outlines])[owners]
    return triangles[near], owners[near]


def _is_bounded(shape: SubjectShape) -> bool:
    return math.isfinite(shape.low) or math.isfinite(shape.high)


def _extent(shape: SubjectShape, scheme: Scheme) -> Box:
    """The box of a shape's own corners, without the first way's union."""
    if shape.is_site and scheme.stated_site is not None:
        return _box(_segments(scheme.stated_site))
    if shape.is_site:
        corners = scheme.site_triangles.reshape(-1, 3)
        (west, south, _), (east, north, _) = corners.min(axis=0), corners.max(axis=0)
    else:
        (west, south, _), (east, north, _) = scheme.bodies.extent
    return (float(west), float(south), float(east), float(north))


def _shared_box(outline: Box, boxes: Sequence[Box]) -> Box | None:
    """What of a box lies in the box of some others; None where nothing does."""
    west, south = min(b[0] for b in boxes), min(b[1] for b in boxes)
    east, north = max(b[2] for b in boxes), max(b[3] for b in boxes)
    shared = (
        max(outline[0], west),
        max(outline[1], south),
        min(outline[2], east),
        min(outline[3], north),
    )
    return shared if shared[0] < shared[2] and shared[1] < shared[3] else None


def _around(mask: NDArray[np.bool_], lattice: Lattice) -> Box:
    """The box of the points that are set, two steps wider."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    step = lattice.step
    return (
        lattice.west + (columns[0] - 2) * step,
        lattice.south + (rows[0] - 2) * step,
        lattice.west + (columns[-1] + 3) * step,
        lattice.south + (rows[-1] + 3) * step,
    )


def _segments(shape: BaseGeometry) -> NDArray[np.float64]:
    """Segments of all lines or rings of a shape, shape (K, 2, 2), metres."""
    rings = []
    for part in shapely.get_parts(shape):
        rings += [part] if part.geom_type != "Polygon" else [part.exterior, *part.interiors]
    corners = [shapely.get_coordinates(ring) for ring in rings]
    if not corners:
        return np.zeros((0, 2, 2))
    return np.concatenate([np.stack([ring[:-1], ring[1:]], axis=1) for ring in corners])


def _box(segments: NDArray[np.float64]) -> Box:
    low, high = segments.min(axis=(0, 1)).tolist(), segments.max(axis=(0, 1)).tolist()
    return (low[0], low[1], high[0], high[1])


def _near(segments: NDArray[np.float64], box: Box, reach: float) -> NDArray[np.float64]:
    """Segments whose boxes come near a box."""
    west, south, east, north = box
    low, high = segments.min(axis=1), segments.max(axis=1)
    near = (low[:, 0] <= east + reach) & (high[:, 0] >= west - reach)
    near &= (low[:, 1] <= north + reach) & (high[:, 1] >= south - reach)
    return np.asarray(segments[near])


def _has_corner_inside(triangles: NDArray[np.float64], zone: BaseGeometry) -> bool:
    corners = triangles.reshape(-1, 1, 3)[:, :, :2]
    return bool(inside_rings(np.ascontiguousarray(corners), _segments(zone)).any())
