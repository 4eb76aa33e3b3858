"""What a city demands of its own control lines: key ``blueprint`` of ``city.yaml``.

Top-level lines that partition the city, layers that must not overlap, and how thin a piece is before it counts as a
slip of the pen. `cim.control_lines.blueprint` holds the lines against it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import shapely

TERRAIN = "terrain"
KEYS = frozenset({"partition", "within", "prohibited_pairs", "sliver"})


@dataclass(frozen=True, slots=True)
class SliverLimits:
    """A piece below one of both is a sliver: an edge drawn twice, not a disagreement about land.

    Working figures of this program; a city states its own as ``blueprint.sliver``.

    Attributes:
        area: m2.
        width: metres, twice the area over the perimeter.
    """

    area: float = 1.0
    width: float = 0.1


@dataclass(frozen=True, slots=True)
class ProhibitedPair:
    """Two layers whose areas must not overlap; the same one twice: its areas must not overlap each other.

    Attributes:
        first, second: layer codes.
        yields: code of the one whose lines are amended; None when both departments must look.
    """

    first: str
    second: str
    yields: str | None = None

    @property
    def label(self) -> str:
        """Both codes in alphabetical order, the same whichever is named first."""
        return pair_label(self.first, self.second)


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What the control lines must keep between themselves.

    Attributes:
        partition: codes of the layers that cover the whole once each; empty when none is declared.
        within: the whole: `TERRAIN` (its extent), a layer's code, or a ring of easting and northing in metres, the
            city's frame; None only without a partition.
        prohibited_pairs: possibly none.
        sliver: when a piece is a sliver.
    """

    partition: tuple[str, ...] = ()
    within: str | tuple[tuple[float, float], ...] | None = None
    prohibited_pairs: tuple[ProhibitedPair, ...] = ()
    sliver: SliverLimits = SliverLimits()


def pair_label(one: str, other: str) -> str:
    """Two layer codes in alphabetical order.

    >>> pair_label("parcel", "ecological")
    'ecological × parcel'
    """
    return " × ".join(sorted((one, other)))


def blueprint_of(stated: Mapping[str, Any], layers: Collection[str]) -> Blueprint:
    """Understand the key ``blueprint``.

    Args:
        stated: its mapping; empty when the city declares nothing.
        layers: codes of the catalogue.

    Raises:
        ValueError: an unknown key or layer, a partition without its whole, or a limit that is none.
    """
    if unknown := sorted(stated.keys() - KEYS):
        reason = f"blueprint.{unknown[0]}: one of {', '.join(sorted(KEYS))}"
        raise ValueError(reason)
    partition = tuple(_known(code, "partition", layers) for code in stated.get("partition", ()))
    within = _within(stated.get("within"), layers)
    if len(set(partition)) < len(partition):
        reason = "blueprint.partition: a layer is named twice"
        raise ValueError(reason)
    if partition and within is None:
        reason = "blueprint.within: a partition needs its whole: terrain, a layer or a ring"
        raise ValueError(reason)
    return Blueprint(
        partition=partition,
        within=within,
        prohibited_pairs=_pairs(stated.get("prohibited_pairs", ()), layers),
        sliver=_sliver(stated.get("sliver", {})),
    )


def _known(code: Any, key: str, layers: Collection[str]) -> str:
    if code not in layers:
        reason = f"blueprint.{key}: {code} is not in the catalogue"
        raise ValueError(reason)
    return str(code)


def _within(stated: Any, layers: Collection[str]) -> str | tuple[tuple[float, float], ...] | None:
    if stated is None or stated == TERRAIN:
        return None if stated is None else TERRAIN
    if isinstance(stated, str):
        return _known(stated, "within", layers)
    ring = tuple((float(easting), float(northing)) for easting, northing in stated)
    if len(set(ring)) < 3 or not all(math.isfinite(value) for point in ring for value in point):
        reason = "blueprint.within: a ring has three corners or more"
        raise ValueError(reason)
    if not shapely.Polygon(ring).is_valid:
        reason = "blueprint.within: the ring crosses itself"
        raise ValueError(reason)
    return ring


def _pairs(stated: Any, layers: Collection[str]) -> tuple[ProhibitedPair, ...]:
    pairs = []
    for entry in stated:
        named = entry if isinstance(entry, Mapping) else {"layers": entry}
        first, second = (_known(code, "prohibited_pairs", layers) for code in named["layers"])
        yields = named.get("yields")
        if yields is not None and yields not in (first, second):
            reason = f"blueprint.prohibited_pairs: {yields} is not of the pair {first}, {second}"
            raise ValueError(reason)
        pairs.append(ProhibitedPair(first, second, yields))
    if len({pair.label for pair in pairs}) < len(pairs):
        reason = "blueprint.prohibited_pairs: a pair is named twice"
        raise ValueError(reason)
    return tuple(pairs)


def _sliver(stated: Mapping[str, Any]) -> SliverLimits:
    for name, value in stated.items():
        if name not in ("area", "width") or not 0.0 <= float(value) < math.inf:
            reason = f"blueprint.sliver.{name}: {value}"
            raise ValueError(reason)
    return SliverLimits(**{name: float(value) for name, value in stated.items()})


EMPTY_BLUEPRINT = Blueprint()
