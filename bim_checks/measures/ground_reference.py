"""The ground a height counts from: at the main entrance, the lowest, the mean around the building, or a stated height."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Unit
from bim_checks.measures.terrain_surface import TerrainSurface, drawn_terrain
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.recognition import Recognised, main_entrances
from cim.text import Text
from cim.union import filled

Heights = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Ground heights, shape (N,), at points in plan, shape (N, 2), projected frame; NaN where unknown."""

STEP = 1.0  # m; the ring around a building is sampled at least this often; halved to see what the step hides
APRON = 1.0  # m outside the wall: where the ground before a door is taken, clear of its threshold
ABOVE_GROUND = (
    1.0  # m; what lies within this above the highest ground is the building at the ground
)


@parameters
class GroundParameters:
    """Which ground."""

    reference: Literal["main_entrance", "lowest", "mean", "datum"] = parameter(
        zh="室外地面取法：main_entrance 主入口处，lowest 周边最低，mean 周边平均，datum 规定标高",
        en="main_entrance: before the main entrance; lowest or mean: around the building; datum: a stated height",
    )
    surface: Literal["design", "city"] = parameter(
        zh="地面来源：design 模型自带的场地（没有则用城市地形），city 城市地形",
        en="design: the site the model draws, the city's terrain where it draws none; city: the city's terrain",
        default="design",
    )
    datum: float | None = parameter(
        zh="规定的地面高程",
        en="the stated height of the ground above datum",
        unit=Unit.METRE,
        default=None,
    )

    def __post_init__(self) -> None:
        """Refuse a stated height that is missing, or one nobody asks for."""
        if (self.reference == "datum") != (self.datum is not None):
            raise ValueError("datum must be given where the reference is datum, and only there")


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground a height counts from.

    Attributes:
        height: orthogonal, metres.
        uncertainty: half-width of what is known of it, beside the frame's, metres.
        basis: where it was taken, for people.
        own: whether the model draws it itself, so that the frame does not matter.
        assumed: whether only a name or a position speaks for the entrance.
        elements: GlobalIds of the doors it was taken at.
    """

    height: float
    uncertainty: float
    basis: Text
    own: bool
    assumed: bool = False
    elements: tuple[str, ...] = ()

    def told(self, judgement: Judgement) -> Judgement:
        """A judgement whose sentence says which ground it counts from."""
        told = Text(
            zh="{sentence}室外地面 {height:.2f} m：{basis}。",
            en="{sentence} The ground is at {height:.2f} m: {basis}.",
        )
        return replace(
            judgement,
            sentence=told.format(sentence=judgement.sentence, height=self.height, basis=self.basis),
        )


STATED = Text(zh="规定标高", en="the stated height")
LOWEST = Text(
    zh="建筑周边最低处，取自{surface}", en="the lowest around the building, from {surface}"
)
MEAN = Text(
    zh="建筑周边平均，每 {step:g} m 取样，取自{surface}",
    en="the mean around the building, sampled every {step:g} m, from {surface}",
)
AT_DOOR = Text(
    zh="主入口处，取自{surface}；{evidence}",
    en="before the main entrance, from {surface}; {evidence}",
)
AT_DOORS = Text(
    zh="{count} 处可能的主入口之间（{low:.2f} 至 {high:.2f} m），取自{surface}；{evidence}",
    en="between {count} doors that may be the main entrance ({low:.2f} to {high:.2f} m), from {surface}; {evidence}",
)
ASSUMED = Text(
    zh="{evidence}（推定，请确认）", en="{evidence} (assumed from that alone; please confirm)"
)
MODEL_SITE = Text(zh="模型的场地", en="the model's own site")
CITY_TERRAIN = Text(zh="城市地形", en="the city's terrain")
NO_ENTRANCE = Text(
    zh="模型未标明主入口，无法确定起算的室外地面；请将主入口的门命名为“主入口”，或标注 IsExternal 与 EntranceLevel。",
    en='The model names no main entrance, so the ground to count from is not known; name its door "main entrance", or set IsExternal on it '
    "and EntranceLevel on its storey.",
)
NO_GROUND = Text(
    zh="{surface}在需要处没有高程，无法确定起算的室外地面；请提供覆盖建筑周边的地形。",
    en="There is no height in {surface} where it is needed, so the ground to count from is not known; deliver terrain all around the building.",
)


def ground_of(scheme: Scheme, terrain: Heights, stated: GroundParameters) -> Ground | Text:
    """The ground a rule names, looked for once for all rules that name the same.

    Args:
        scheme: the placed building.
        terrain: the city's.
        stated: by the rule.

    Returns:
        The ground, or what is missing to know it and how to deliver it.
    """
    key = ("ground", terrain, stated)
    return scheme.once(key, lambda: _ground(scheme, terrain, stated))


def _ground(scheme: Scheme, terrain: Heights, stated: GroundParameters) -> Ground | Text:
    if stated.datum is not None:
        return Ground(stated.datum, 0.0, STATED, own=False)
    drawn = drawn_terrain(scheme) if stated.surface == "design" else None
    if stated.reference == "main_entrance":
        return _at_entrance(scheme, drawn, terrain)
    return _around(scheme, drawn, terrain, stated.reference)


def _at_entrance(scheme: Scheme, drawn: TerrainSurface | None, terrain: Heights) -> Ground | Text:
    """Before the doors that may be the main entrance; where they differ, between them."""
    doors = {found.global_id: found for found in main_entrances(scheme.model)}
    places = {
        outline.global_id: _before(scheme, outline.geometry, (outline.low + outline.high) / 2.0)
        for outline in scheme.outlines
        if outline.global_id in doors
    }
    if not places:
        return NO_ENTRANCE
    heights, surface, own = _heights(np.array(list(places.values())), drawn, terrain)
    if not np.isfinite(heights).all():
        return NO_GROUND.format(surface=surface)
    low, high = float(heights.min()), float(heights.max())
    evidence, assumed = _evidence([doors[found] for found in places])
    words = AT_DOOR if len(places) == 1 else AT_DOORS
    return Ground(
        (low + high) / 2.0,
        (high - low) / 2.0,
        words.format(count=len(places), low=low, high=high, surface=surface, evidence=evidence),
        own=own,
        assumed=assumed,
        elements=tuple(places),
    )


def _around(
    scheme: Scheme, drawn: TerrainSurface | None, terrain: Heights, reference: str
) -> Ground | Text:
    """Along the outline of the building at the ground, in steps and in half steps: what changes is not known."""
    heights, surface, _ = _heights(_samples(scheme.footprint, STEP)[0], drawn, terrain)
    if not np.isfinite(heights).all():
        return NO_GROUND.format(surface=surface)
    # Balconies and eaves reach further out than the walls that stand on the ground.
    high = float(heights.max()) + ABOVE_GROUND
    outline = scheme.footprints.band(float(heights.min()), high).geometry
    if outline.area <= 0.0:
        outline = scheme.footprint
    found = []
    for step in (STEP, STEP / 2.0):
        points, weights = _samples(outline, step)
        heights, surface, own = _heights(points, drawn, terrain)
        if not np.isfinite(heights).all():
            return NO_GROUND.format(surface=surface)
        found.append(float(heights.min()) if reference == "lowest" else float(heights @ weights))
    words = LOWEST if reference == "lowest" else MEAN
    basis = words.format(surface=surface, step=STEP / 2.0)
    return Ground(found[1], abs(found[0] - found[1]), basis, own=own)


def _heights(
    points: NDArray[np.float64], drawn: TerrainSurface | None, terrain: Heights
) -> tuple[NDArray[np.float64], Text, bool]:
    """Ground at points, what it was taken from, and whether the model draws it: its own where that is there at all of them."""
    if drawn is not None:
        own = drawn.height_at(points)
        if np.isfinite(own).all():
            return own, MODEL_SITE, True
    return terrain(points), CITY_TERRAIN, False


def _before(scheme: Scheme, door: BaseGeometry, height: float) -> NDArray[np.float64]:
    """The point outside a door, shape (2,): nearest to it on a ring around what a section at its middle height cuts."""
    walls = scheme.footprints.section(height).geometry
    around = filled(shapely.union(walls, door)).buffer(APRON)
    ring = shapely.boundary(around)
    nearest = shapely.shortest_line(door.centroid, ring)
    found: NDArray[np.float64] = shapely.get_coordinates(nearest)[-1]
    return found


def _samples(shape: BaseGeometry, step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Corners of the outer outlines and points evenly along their sides, shape (N, 2), with weights that make means trapezoidal."""
    points, weights = [], []
    for part in shapely.get_parts(filled(shape)):
        ring = shapely.get_coordinates(part.exterior)
        for start, end in itertools.pairwise(ring):
            length = float(np.linalg.norm(end - start))
            count = max(1, math.ceil(length / step))
            shares = np.linspace(0.0, 1.0, count + 1)
            points.append(start + shares[:, None] * (end - start))
            weight = np.full(count + 1, length / count)
            weight[[0, -1]] /= 2.0
            weights.append(weight)
    every = np.concatenate(weights)
    return np.concatenate(points), every / every.sum()


def _evidence(doors: list[Recognised]) -> tuple[Text, bool]:
    assumed = any(door.assumed for door in doors)
    return ASSUMED.format(evidence=doors[0].evidence) if assumed else doors[0].evidence, assumed
