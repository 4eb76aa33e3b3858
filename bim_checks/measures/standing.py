"""What stands around a scheme: the city's buildings that stay, and the scheme's own where it has several.

A scheme takes the place of what stands on its site. An existing building is *to be removed* where a stated share of it lies on
the site, or where the scheme stands on it; one that it merely grazes may as well be drawn wrongly, and is told apart.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Unit
from bim_checks.measures.outline_ground import OutlineGround
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.building import Building
from cim.existing import ExistingBuilding, ExistingBuildings
from cim.text import Text
from cim.union import unite

GRAZE = 1e-3  # m; outlines that share a strip no wider than this only touch
SUNK = 0.05  # m; a slab this little below ground is no basement
FARTHER = (4.0, 16.0, 64.0)  # times the reach that is looked through while nothing is found
THE_BUILDING = Text(zh="建筑", en="The building")
NAMES = ("name", "Name", "名称")  # attributes that hold a building's name


@parameters
class StandingParameters:
    """What rules about distances between buildings all state."""

    ground: OutlineGround = parameter(
        zh="地面高程取建筑外轮廓沿线的最低点（lowest）或平均值（mean）",
        en="ground is the lowest point along the building's outline, or the mean along it",
        default="lowest",
    )
    on_site: float = parameter(
        zh="现状建筑位于用地内的面积达此比例即视为拟拆除",
        en="an existing building with this much of its plan on the site is taken to be removed",
        unit=Unit.PERCENT,
        default=50.0,
    )
    accuracy: float = parameter(
        zh="现状建筑外轮廓与高度的精度",
        en="how well outlines and heights of existing buildings are known",
        unit=Unit.METRE,
        default=0.0,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """The existing buildings around a scheme.

    Attributes:
        staying: those that stand on, nearest first.
        removed: those on the site or under the scheme, in the order of the city.
        grazed: those the scheme overlaps though most of them lies beside the site; they are not among the others.
    """

    staying: tuple[ExistingBuilding, ...]
    removed: tuple[ExistingBuilding, ...]
    grazed: tuple[ExistingBuilding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OwnBuilding:
    """One building of a scheme.

    Attributes:
        name: for people.
        indices: of its outlines that have something above ground.
        parts: what each of them covers above ground, in the same order.
        footprint: the union of that, metres, projected frame.
        top: its highest point, orthogonal height, metres.
        attributes: its property sets.
    """

    name: Text
    indices: NDArray[np.int64]
    parts: NDArray[np.object_]
    footprint: BaseGeometry
    top: float
    property_sets: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Opponent:
    """A building that a distance is kept from.

    Attributes:
        name: for people.
        footprint: what it covers, metres, projected frame.
        base, top: orthogonal heights, metres.
        body: makes its triangles, shape (N, 3, 3).
        attributes: as the city has them; empty for one of the scheme's own.
        own: which of the scheme's own it is; None for the city's.
    """

    name: Text
    footprint: BaseGeometry
    base: float
    top: float
    body: Callable[[], NDArray[np.float64]]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    own: OwnBuilding | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Opponents:
    """Who keeps a distance from whom.

    Attributes:
        pairs: a building of the scheme and one beside it; the city's first, nearest first.
        around: which of the city's stay and which go.
        footprint: of the scheme above ground, metres, projected frame.
    """

    pairs: tuple[tuple[OwnBuilding, Opponent], ...]
    around: Around
    footprint: BaseGeometry


def around(
    scheme: Scheme, existing: ExistingBuildings, footprint: BaseGeometry, reach: float, share: float
) -> Around:
    """The existing buildings no farther than `reach` in plan.

    Args:
        scheme: the placed building.
        existing: the city's.
        footprint: what stands above ground, metres, projected frame.
        reach: metres.
        share: of an existing building's plan, 0..1; with more of it on the site it is to be removed.
    """
    west, south, east, north = footprint.bounds
    box = (west - reach, south - reach, east + reach, north + reach)
    staying: list[tuple[float, int, ExistingBuilding]] = []
    removed, grazed = [], []
    shapely.prepare(footprint)
    for number, building in enumerate(existing.near(box)):
        plan = building.footprint
        on_site = shapely.intersection(plan, scheme.site).area >= share * plan.area > 0.0
        under = shapely.intersection(plan, footprint)
        if on_site or under.area >= share * plan.area > 0.0:
            removed.append(building)
        elif not under.buffer(-GRAZE / 2.0).is_empty:
            grazed.append(building)
        else:
            gap = float(shapely.distance(plan, footprint))
            if gap <= reach:
                staying.append((gap, number, building))
    ordered = [building for _, _, building in sorted(staying, key=lambda found: found[:2])]
    return Around(tuple(ordered), tuple(removed), tuple(grazed))


def opponents(
    scheme: Scheme, existing: ExistingBuildings, ground: float, reach: float, share: float
) -> Opponents:
    """Every pair of a building of the scheme with one that stands beside it.

    Looks farther than `reach` only while nothing is found, so that there is a distance to tell.

    Args:
        scheme: the placed building.
        existing: the city's.
        ground: of the scheme, orthogonal height, metres.
        reach: metres.
        share: as for `around`.
    """
    own = own_buildings(scheme, ground)
    shapes = [building.footprint for building in own]
    footprint = shapes[0] if len(shapes) == 1 else shapely.union_all(shapes)
    found = around(scheme, existing, footprint, reach, share)
    for far in FARTHER:
        if found.staying:
            break
        found = around(scheme, existing, footprint, reach * far, share)
    pairs = [(ours, _opponent(building)) for building in found.staying for ours in own]
    for i, j in itertools.combinations(range(len(own)), 2):
        pairs.append((own[i], _other(scheme, own[j], ground)))
    return Opponents(tuple(pairs), found, footprint)


def _opponent(building: ExistingBuilding) -> Opponent:
    return Opponent(
        name_of(building),
        building.footprint,
        building.low,
        building.high,
        building.mesh.triangles,
        attributes=building.attributes,
    )


def _other(scheme: Scheme, own: OwnBuilding, ground: float) -> Opponent:
    def body() -> NDArray[np.float64]:
        return scheme.bodies.triangles_of(own.indices)[0]

    return Opponent(own.name, own.footprint, ground, own.top, body, own=own)


def name_of(building: ExistingBuilding) -> Text:
    """Its name where it has one, with its identifier."""
    said = next((building.attributes[key] for key in NAMES if building.attributes.get(key)), None)
    if said is None or str(said) == building.identifier:
        return Text(zh=building.identifier, en=building.identifier)
    return Text(zh="{name}（{id}）", en="{name} ({id})").format(name=said, id=building.identifier)


def listed(buildings: tuple[ExistingBuilding, ...], most: int = 5) -> Text:
    """Names of buildings in one sentence, the first few of many."""
    names = [name_of(building) for building in buildings[:most]]
    more = len(buildings) - len(names)
    zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
    return Text(zh=zh + f" 等 {len(buildings)} 栋", en=en + f" and {more} more") if more else Text(zh=zh, en=en)  # fmt: skip


def own_buildings(scheme: Scheme, ground: float) -> tuple[OwnBuilding, ...]:
    """The buildings of the scheme that have drawn elements above ground, in the order of the file; partial ones belong to their whole.

    Elements that no building holds are of the first.

    Args:
        scheme: the placed building.
        ground: orthogonal height, metres.
    """
    known = {building.global_id: building for building in scheme.model.buildings}
    root = {}
    for building in scheme.model.buildings:
        whole = building
        while whole.composition == "PARTIAL" and whole.whole in known:
            whole = known[whole.whole]
        root[building.global_id] = whole.global_id
    holder = {e.global_id: root.get(e.building or "") for e in scheme.model.elements}
    of = [holder.get(outline.global_id) for outline in scheme.outlines]
    held = [b for b in scheme.model.buildings if b.global_id in set(of)]
    if len(held) < 2:
        sets = (held or scheme.model.buildings)[0].property_sets if scheme.model.buildings else {}
        found = [_own(scheme, THE_BUILDING, np.arange(len(of)), sets, ground)]
    else:
        owner = np.array([one or held[0].global_id for one in of], dtype=object)
        found = [
            _own(scheme, _called(b), np.flatnonzero(owner == b.global_id), b.property_sets, ground)
            for b in held
        ]
    return tuple(building for building in found if len(building.indices))


def _called(building: Building) -> Text:
    name = building.name or building.global_id
    return Text(zh=name, en=name)


def _own(
    scheme: Scheme,
    name: Text,
    indices: NDArray[np.int64],
    property_sets: Mapping[str, Mapping[str, Any]],
    ground: float,
) -> OwnBuilding:
    # A slab that lies a little below ground is cut like all others: what is told is what stands above it.
    parts = scheme.footprints.cut_elements(indices, ground + GRAZE, math.inf)
    there = ~shapely.is_empty(parts)
    top = float(scheme.footprints.outline_heights[indices, 1].max())
    if len(indices) == len(scheme.outlines):
        footprint = (
            scheme.footprint
            if scheme.lowest >= ground - SUNK
            else scheme.footprints.band(ground + GRAZE, math.inf).geometry
        )
    else:
        footprint = unite(list(parts[there]))
    return OwnBuilding(name, indices[there], parts[there], footprint, top, property_sets)
