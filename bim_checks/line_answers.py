"""What all line rules share: how an area and a distance are judged, and how one sentence speaks of several storeys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.near_lines import REACHES, SEARCH, Bounds, grown
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from bim_checks.subject import Level, Subject, SubjectShape, building_at, same_outline
from bim_checks.tolerance import BOUNDARY_ACCURACY, CONTACT, LENGTH_UNCERTAINTY
from cim.control_lines.feature import ControlFeature
from cim.text import Text

WITH_NOTE = Text(zh="{sentence}（{note}）", en="{sentence} ({note})")


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """What one feature does to one shape, or to several that it does the same to.

    Attributes:
        shapes: of the subject, in its order; one, or storeys that are hit alike.
        feature: the control line.
        geometry: the area shared or left, or the witness segment (subject first); metres, projected frame.
        measurement: what was measured.
        outcome: what follows from it.
    """

    shapes: tuple[SubjectShape, ...]
    feature: ControlFeature
    geometry: BaseGeometry
    measurement: Measurement
    outcome: Outcome

    @property
    def subject(self) -> Text:
        """As the subject of a sentence, naming the storeys."""
        return name_of(self.shapes)

    @property
    def drawn(self) -> BaseGeometry:
        """The geometry at the height of the lowest shape."""
        return at_height(self.geometry, self.shapes[0].height)

    def elements_touching(self) -> tuple[str, ...]:
        """GlobalIds of the elements that share area with the geometry, storey by storey."""
        found = (shape.elements_touching(self.geometry) for shape in self.shapes)
        return tuple(dict.fromkeys(name for names in found for name in names))

    def elements_within(self, distance: float) -> tuple[str, ...]:
        """GlobalIds of the elements nearer to the feature than a distance (metres), storey by storey."""
        line = self.feature.geometry
        found = (shape.elements_within(distance, line) for shape in self.shapes)
        return tuple(dict.fromkeys(name for names in found for name in names))


def alike(hits: Iterable[Hit]) -> list[Hit]:
    """Hits of the same feature that come to the same on several storeys, as one each."""
    found: list[Hit] = []
    for hit in hits:
        for place, known in enumerate(found):
            if _is_same(known, hit):
                found[place] = replace(known, shapes=known.shapes + hit.shapes)
                break
        else:
            found.append(hit)
    return found


def name_of(shapes: Sequence[SubjectShape]) -> Text:
    """The shapes as the subject of a sentence."""
    if shapes[0].is_site:
        return shapes[0].name
    levels: list[Level] = [level for shape in shapes for level in shape.levels]
    return building_at(levels)


def noted(sentence: Text, shapes: Sequence[SubjectShape]) -> Text:
    """A sentence, with what the shapes lean on behind it."""
    notes = dict.fromkeys(shape.note for shape in shapes if shape.note is not None)
    for note in notes:
        sentence = WITH_NOTE.format(sentence=sentence, note=note)
    return sentence


def bounds_of(shapes: Sequence[SubjectShape]) -> Bounds:
    """West, south, east, north of all shapes, metres."""
    boxes = np.array([shape.geometry.bounds for shape in shapes])
    west, south = boxes[:, :2].min(axis=0).tolist()
    east, north = boxes[:, 2:].max(axis=0).tolist()
    return (west, south, east, north)


def area_measurement(
    shape: BaseGeometry, limit: float, layer: str, scheme: Scheme, around: Surroundings
) -> Measurement:
    """An area against its limit.

    Its uncertainty is half a band along its edge, as wide as contact and as the frame and the line may be off: a shape
    that moves gains on one side what it loses on the other.
    """
    area, half = float(shape.area), float(shape.length) / 2.0
    return Measurement(
        measured=area,
        limit=limit,
        margin=limit - area,
        unit=Unit.SQUARE_METRE,
        uncertainty=Uncertainty(
            frame=half * scheme.uncertainty.horizontal,
            mesh=half * CONTACT,
            data=half * around.city.layer(layer).accuracy,
        ),
    )


def distance_measurement(
    distance: float, limit: float, layer: str, scheme: Scheme, around: Surroundings
) -> Measurement:
    """A distance against the least that is allowed."""
    return Measurement(
        measured=distance,
        limit=limit,
        margin=distance - limit,
        unit=Unit.METRE,
        uncertainty=Uncertainty(
            frame=scheme.uncertainty.horizontal,
            mesh=LENGTH_UNCERTAINTY,
            data=around.city.layer(layer).accuracy,
        ),
    )


def nearest_feature(
    shapes: Sequence[SubjectShape], layer: str, limit: float, around: Surroundings
) -> tuple[SubjectShape, ControlFeature] | None:
    """The nearest feature of a layer and the shape it is nearest to; None where none is within `search_reach`.

    It is looked for in growing boxes, so that a dense layer stays cheap.

    Args:
        shapes: of the subject.
        layer: code.
        limit: of the rule, metres.
        around: the city.
    """
    bounds, end = bounds_of(shapes), search_reach(limit)
    for reach in (max(limit, 1.0), max(limit, REACHES[0]), end):
        found = _nearest(shapes, around.near(layer, grown(bounds, reach)))
        if found is not None and found[0] <= reach:
            return found[1:]
    return None


def search_reach(limit: float) -> float:
    """How far the nearest feature is looked for, metres."""
    return max(limit, SEARCH)


def none_near(subject: Text, name: Text, reach: float) -> Judgement:
    """Nothing of the layer comes near: how far the nearest is was not measured."""
    return Judgement(
        Outcome.PASS,
        Text(
            zh="{subject}周边 {reach:g} m 内没有{name}。",
            en="{subject}: nothing of {name} lies within {reach:g} m.",
        ).format(subject=subject, name=name, reach=reach),
    )


def without_slivers(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape that are wider than contact; outlines that merely touch share nothing."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    wide = [part for part in parts if not part.buffer(-CONTACT / 2.0).is_empty]
    return shapely.MultiPolygon(wide) if len(wide) != 1 else wide[0]


def at_height(shape: BaseGeometry, height: float) -> BaseGeometry:
    """A plan shape at an orthogonal height, metres; one that has heights of its own as it is."""
    return shape if shape.has_z else shapely.force_3d(shape, height)


def within_frame_doubt(shape: BaseGeometry, line: BaseGeometry, scheme: Scheme) -> bool:
    """Whether the frame is too uncertain to tell on which side of a line the subject lies.

    A frame as good as the boundary points themselves decides, so that a site drawn from them is not in doubt at every edge.
    """
    reach = scheme.uncertainty.horizontal
    return reach > BOUNDARY_ACCURACY and float(shape.distance(line)) < reach


def undecided(subject: Text, name: Text, measurement: Measurement) -> Judgement:
    """The subject lies nearer to a line than its place is known."""
    return Judgement(
        Outcome.DISCUSS,
        Text(
            zh="{subject}与{name}的距离小于位置的不确定度，不能断定是否占用。",
            en="{subject} is nearer to the edge of {name} than its position is certain; which side it lies on cannot be told.",
        ).format(subject=subject, name=name),
        fix=Text(
            zh="先消除位置台账中的疑问（不确定度来源）。",
            en="Settle the doubts in the frame ledger first.",
        ),
        measurement=measurement,
        feature=name,
    )


def nothing_to_judge(scheme: Scheme, subject: Subject) -> Judgement | None:
    """Why a subject cannot be judged, or does not concern the scheme; None where it can."""
    if subject == "site":
        return _no_site() if scheme.site.is_empty else None
    if subject in ("ground", "basement") and scheme.in_plan.unjudged:
        return _no_ground(scheme.in_plan.unjudged)
    if scheme.shapes(subject):
        return None
    if subject == "storeys":
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(
                zh="文件没有带标高且有构件的楼层。",
                en="The file has no storey with an elevation and elements at it.",
            ),
            fix=Text(
                zh="为每个 IfcBuildingStorey 给出 Elevation。",
                en="State the Elevation of every IfcBuildingStorey.",
            ),
        )
    if subject == "basement":
        return Judgement(
            Outcome.NOT_APPLICABLE,
            Text(zh="建筑没有地下部分。", en="No part of the building lies below the ground."),
        )
    if subject == "ground":
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(zh="没有构件接触地面。", en="No element stands on the ground."),
            fix=Text(
                zh="核对模型高程与室外地面。",
                en="Check the model's height against the ground outside.",
            ),
        )
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="文件没有可绘制的构件。", en="The file draws no element."),
        fix=Text(zh="导出带几何的构件。", en="Export the elements with their geometry."),
    )


def _is_same(one: Hit, other: Hit) -> bool:
    if one.feature is not other.feature or one.outcome is not other.outcome:
        return False
    apart = abs(one.measurement.measured - other.measurement.measured)
    if apart > one.measurement.uncertainty.mesh + other.measurement.uncertainty.mesh:
        return False
    if one.measurement.unit is Unit.METRE and one.measurement.measured <= CONTACT:
        return True  # where shapes overlap, any point is a witness
    return same_outline(one.geometry, other.geometry)


def _nearest(
    shapes: Sequence[SubjectShape], features: Sequence[ControlFeature]
) -> tuple[float, SubjectShape, ControlFeature] | None:
    if not features:
        return None
    lines = np.array([feature.geometry for feature in features], dtype=object)
    gaps = np.array([shapely.distance(shape.geometry, lines) for shape in shapes])
    which, line = divmod(int(gaps.argmin()), len(features))
    return float(gaps[which, line]), shapes[which], features[line]


def _no_site() -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(zh="文件没有可用的用地面(IfcSite)。", en="The file draws no site surface (IfcSite)."),
        fix=Text(
            zh="在 IfcSite 中导出用地范围面。",
            en="Export the site boundary as a surface of IfcSite.",
        ),
    )


def _no_ground(elements: tuple[str, ...]) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{count} 个构件下方的地面高程未知，不能确定贴地与地下部分。",
            en="The ground below {count} elements is not known; what stands on it and what lies below it cannot be told.",
        ).format(count=len(elements)),
        fix=Text(
            zh="补充该处的城市地形。", en="The city's terrain has to be completed at this place."
        ),
        elements=elements,
    )
