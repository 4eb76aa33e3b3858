"""Sentences of the blueprint's findings that several of them share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cim.city import Layer
from cim.control_lines.blueprint.finding import FeatureReference
from cim.text import Text

LISTED = 3  # features a sentence names; the finding holds all

# What GEOS calls the faults of a geometry.
REASONS = {
    "Self-intersection": Text(zh="边界自相交", en="its boundary crosses itself"),
    "Ring Self-intersection": Text(zh="环自相交", en="a ring touches or crosses itself"),
    "Nested shells": Text(zh="外环相互套叠", en="its parts lie in each other"),
    "Hole lies outside shell": Text(zh="孔洞在外环之外", en="a hole lies outside its shell"),
    "Holes are nested": Text(zh="孔洞相互套叠", en="its holes lie in each other"),
    "Interior is disconnected": Text(zh="内部不连通", en="its holes cut it in two"),
    "Duplicate Rings": Text(zh="环重复", en="a ring is drawn twice"),
    "Too few points in geometry component": Text(
        zh="顶点过少", en="it has too few distinct points"
    ),
    "Invalid Coordinate": Text(zh="坐标不是有限数", en="a coordinate is not a finite number"),
}


def reason_of(told: str) -> Text:
    """GEOS's reason in both languages; one it has not named before is passed on as it is.

    >>> reason_of("Self-intersection").en
    'its boundary crosses itself'
    """
    return REASONS.get(told, Text(zh=told, en=told))


def named(feature: FeatureReference) -> Text:
    """Layer, identifier in the source and name."""
    name = feature.name
    if str(feature) == name.en == name.zh:
        return name
    return Text(zh=f"{feature}（{name.zh}）", en=f"{feature} ({name.en})")


def several(features: Sequence[FeatureReference]) -> Text:
    """The first few by name, and how many more."""
    said = [named(feature) for feature in features[:LISTED]]
    rest = len(features) - len(said)
    zh, en = "、".join(one.zh for one in said), ", ".join(one.en for one in said)
    if rest > 0:
        return Text(zh=f"{zh}等 {len(features)} 个", en=f"{en} and {rest} more")
    return Text(zh=zh, en=en)


def owners_of(layers: Iterable[Layer]) -> tuple[Text, ...]:
    """Departments of layers, each once, in the order of their names."""
    return tuple(sorted({layer.owner for layer in layers}, key=lambda owner: (owner.en, owner.zh)))
