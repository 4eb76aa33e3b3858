"""What each department has to amend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cim.control_lines.blueprint.finding import BlueprintFinding, Code, FeatureReference
from cim.text import Text

BETWEEN_LAYERS = frozenset({Code.OVERLAP, Code.CONFLICT, Code.SLIVER})


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A feature to amend.

    Attributes:
        feature: which.
        codes: kinds of findings that name it, in alphabetical order.
        area: m2 they concern, added up.
        findings: how many name it.
    """

    feature: FeatureReference
    codes: tuple[Code, ...]
    area: float
    findings: int


@dataclass(frozen=True, slots=True)
class DepartmentWork:
    """The worklist of one department.

    Attributes:
        owner: the department.
        items: features of its layers, the largest area first.
        by_pair: m2 of overlap its layers have a part in, by pair of layers (`cim.blueprint.pair_label`).
        findings: how many findings name the department.
    """

    owner: Text
    items: tuple[WorkItem, ...]
    by_pair: Mapping[str, float]
    findings: int


def worklists(
    findings: Iterable[BlueprintFinding], owners: Mapping[str, Text]
) -> tuple[DepartmentWork, ...]:
    """Each department's list, the department with the most m2 first.

    Args:
        findings: of the whole blueprint.
        owners: department of each layer, by code.
    """
    features: dict[Text, dict[FeatureReference, list[tuple[Code, float]]]] = defaultdict(dict)
    pairs: dict[Text, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    counts: dict[Text, int] = defaultdict(int)
    for finding in findings:
        for owner in finding.owners:
            counts[owner] += 1
            if finding.code in BETWEEN_LAYERS and finding.area is not None:
                pairs[owner][_label(finding.layers)] += finding.area
        for one in finding.concerned:
            if one.feature.layer in finding.amended:
                named = features[owners[one.feature.layer]].setdefault(one.feature, [])
                named.append((finding.code, one.area))
    lists = (
        DepartmentWork(
            owner=owner,
            items=_items(features[owner]),
            by_pair=dict(sorted(pairs[owner].items())),
            findings=counts[owner],
        )
        for owner in counts
    )
    return tuple(sorted(lists, key=lambda work: (-sum(i.area for i in work.items), work.owner.en)))


def _label(layers: tuple[str, ...]) -> str:
    return " × ".join(layers if len(layers) > 1 else layers * 2)


def _items(
    named: Mapping[FeatureReference, list[tuple[Code, float]]],
) -> tuple[WorkItem, ...]:
    items = (
        WorkItem(
            feature=feature,
            codes=tuple(sorted({code for code, _ in said})),
            area=sum(area for _, area in said),
            findings=len(said),
        )
        for feature, said in named.items()
    )
    return tuple(sorted(items, key=lambda item: (-item.area, item.feature.layer, item.feature.fid)))
