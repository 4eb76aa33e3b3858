"""What is wrong with a blueprint, as facts with data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry.base import BaseGeometry

from cim.text import Text


class Code(StrEnum):
    """Kinds of findings, the ones that hide others first; the codes are stable."""

    MISSING = "BLUEPRINT-MISSING"
    UNLISTED = "BLUEPRINT-UNLISTED"
    EMPTY = "BLUEPRINT-EMPTY"
    CRS = "BLUEPRINT-CRS"
    SWAPPED = "BLUEPRINT-SWAPPED"
    OUTSIDE = "BLUEPRINT-OUTSIDE"
    INVALID = "BLUEPRINT-INVALID"
    NO_SHAPE = "BLUEPRINT-NO-SHAPE"
    NO_AREA = "BLUEPRINT-NO-AREA"
    DUPLICATE = "BLUEPRINT-DUPLICATE"
    GAP = "BLUEPRINT-GAP"
    EXCESS = "BLUEPRINT-EXCESS"
    OVERLAP = "BLUEPRINT-OVERLAP"
    CONFLICT = "BLUEPRINT-CONFLICT"
    SLIVER = "BLUEPRINT-SLIVER"
    SLIVER_GAP = "BLUEPRINT-SLIVER-GAP"
    SLIVER_EXCESS = "BLUEPRINT-SLIVER-EXCESS"
    UNDECLARED = "BLUEPRINT-UNDECLARED"


ORDER = {code: number for number, code in enumerate(Code)}


class Severity(StrEnum):
    """Whether the blueprint must be amended."""

    FAULT = "fault"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class FeatureReference:
    """A feature as its department finds it again.

    Attributes:
        layer: code.
        fid: identifier of the feature in the source.
        name: for people.
    """

    layer: str
    fid: int
    name: Text

    def __str__(self) -> str:
        return f"{self.layer} #{self.fid}"


@dataclass(frozen=True, slots=True)
class Concerned:
    """A feature a finding is about.

    Attributes:
        feature: which.
        area: how much of the finding's area lies in or beside it, m2.
    """

    feature: FeatureReference
    area: float


@dataclass(frozen=True, slots=True)
class BlueprintFinding:
    """One thing that is wrong.

    Attributes:
        code, severity: what kind.
        layers: codes of the layers it is about, in alphabetical order.
        owners: departments that must act, each once.
        amended: codes of the layers in which something is to be changed; of `layers`.
        sentence: what was found.
        remedy: what to do about it.
        area: m2; None where area says nothing.
        concerned: features, the largest share first; possibly none.
        geometry: metres, the city's frame; None where there is no place to show.
        count: how many pieces or features it counts.
    """

    code: Code
    severity: Severity
    layers: tuple[str, ...]
    owners: tuple[Text, ...]
    amended: tuple[str, ...]
    sentence: Text
    remedy: Text
    area: float | None = None
    concerned: tuple[Concerned, ...] = ()
    geometry: BaseGeometry | None = None
    count: int = 1


def in_order(findings: Iterable[BlueprintFinding]) -> tuple[BlueprintFinding, ...]:
    """Findings by code, the largest first; the same whatever order layers and features were read in."""

    def rank(finding: BlueprintFinding) -> tuple[int, float, tuple[str, ...], tuple[int, ...]]:
        return (
            ORDER[finding.code],
            -round(finding.area or 0.0, 6),
            finding.layers,
            tuple(sorted(one.feature.fid for one in finding.concerned)),
        )

    return tuple(sorted(findings, key=rank))


def largest_first(concerned: Iterable[Concerned]) -> tuple[Concerned, ...]:
    """Features by their share of a finding, equal ones by layer and identifier."""
    return tuple(sorted(concerned, key=lambda one: (-one.area, one.feature.layer, one.feature.fid)))
