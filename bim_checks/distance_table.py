"""Distances that depend on what a control line is: underground or elevated, sewage works or cold store."""

from __future__ import annotations

from collections.abc import Sequence

from bim_checks.finding import Unit
from bim_checks.parameters import parameter, parameters
from cim.control_lines.feature import ControlFeature


@parameters
class DistanceClass:
    """One row of the table."""

    values: tuple[str, ...] = parameter(
        zh="图形各属性的值，依 attributes 的次序",
        en="values of the feature's attributes, in the order of `attributes`",
    )
    distance: float = parameter(zh="该类图形的距离", en="distance of that kind", unit=Unit.METRE)


def check_table(
    attributes: Sequence[str], classes: Sequence[DistanceClass], distance: float | None
) -> None:
    """Refuse a table that leaves open which distance counts.

    Raises:
        ValueError: says what is wrong.
    """
    if (distance is None) == (not classes):
        raise ValueError("either distance, or attributes and classes, must be stated")
    wrong = [row.values for row in classes if len(row.values) != len(attributes)]
    if wrong or (classes and not attributes):
        raise ValueError("classes: one value for every attribute, and at least one attribute")
    keys = [row.values for row in classes]
    if len(set(keys)) < len(keys):
        raise ValueError("classes: the same values twice")


def distance_of(
    feature: ControlFeature,
    attributes: Sequence[str],
    classes: Sequence[DistanceClass],
    distance: float | None,
) -> float | None:
    """The distance to keep from a feature, metres; None where the table does not know its kind."""
    if distance is not None:
        return distance
    kind = kind_of(feature, attributes)
    return next((row.distance for row in classes if row.values == kind), None)


def kind_of(feature: ControlFeature, attributes: Sequence[str]) -> tuple[str, ...]:
    """The values of some attributes; ``?`` where the feature has none."""
    return tuple(str(feature.attributes.get(name, "?")) for name in attributes)


def greatest(classes: Sequence[DistanceClass], distance: float | None) -> float:
    """The greatest distance of the table, metres."""
    return distance if distance is not None else max(row.distance for row in classes)
