"""Storeys above ground: by the storeys of the model, and apart from them by its floor plates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.finding import Unit
from bim_checks.measures.cut_faces import SLIVER, narrowness
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.footprint import CUT_ABOVE_FLOOR
from cim.text import Text
from cim.union import Unions, filled

LEVEL = 0.9962  # cosine of 5 degrees: a floor plate is level
ONE_PLATE = 0.3  # m; plates and finishes this close in height are one floor
HALF = 0.5  # share of a storey's plan; a smaller plate is a landing or a gallery and makes no storey of its own


@parameters
class CountingParameters:
    """Which storeys count."""

    least_height: float = parameter(
        zh="层高小于此值的不计层数（设备层、屋面）",
        en="lower storeys do not count: ducts, the level of a roof",
        unit=Unit.METRE,
    )
    sunk: float = parameter(
        zh="地面以下部分占层高的份额大于此值的不计（1/3：半地下室不计；1/2：半地下室计入）",
        en="a storey sunk below the ground by more than this share of its height does not count (1/3: no half-basements; 1/2: half-basements do)",
        unit=Unit.RATIO,
    )
    exposed: float | None = parameter(
        zh="但顶板高出室外地面大于此值的仍计入；不写则无此规定",
        en="but one whose ceiling is more than this above the ground does; absent where nothing says so",
        unit=Unit.METRE,
        default=None,
    )


@dataclass(frozen=True, slots=True)
class CountedStorey:
    """One level.

    Attributes:
        name: for people.
        global_ids: of the storeys at it.
        floor: orthogonal height, metres.
        height: to the next level, or to the roof; 0 or less for a level at or above the roof.
        counts: whether it is a storey above ground.
        why: it counts or not.
    """

    name: str
    global_ids: tuple[str, ...]
    floor: float
    height: float
    counts: bool
    why: Text


COUNTS = Text(zh="计入", en="counts")
TOO_LOW = Text(zh="层高不足", en="too low")
AT_ROOF = Text(zh="屋面", en="the roof")
SUNK = Text(zh="地下或半地下", en="sunk into the ground")


def storeys_of(scheme: Scheme) -> list[tuple[float, str, tuple[str, ...]]]:
    """Floor height, name and GlobalIds of every level that storeys of the model state, lowest first; storeys at one height together."""
    rise = scheme.placement.orthogonal_height
    levels: dict[float, list[tuple[str, str]]] = {}
    for storey in scheme.model.storeys:
        if storey.elevation is not None:
            at = round(storey.elevation + rise, 3)
            levels.setdefault(at, []).append((storey.name or storey.global_id, storey.global_id))
    return [
        (at, " / ".join(dict.fromkeys(name for name, _ in found)), tuple(i for _, i in found))
        for at, found in sorted(levels.items())
    ]


def count_storeys(
    levels: Sequence[tuple[float, str, tuple[str, ...]]],
    roof: float,
    ground: float,
    stated: CountingParameters,
) -> tuple[CountedStorey, ...]:
    """Tell of every level whether it is a storey above ground.

    Args:
        levels: floor height, name and GlobalIds, lowest first.
        roof: orthogonal height of the highest roof's surface, metres.
        ground: of the outdoor ground, metres.
        stated: by the rule.
    """
    floors = [floor for floor, _, _ in levels]
    ceilings = [min(ceiling, roof) for ceiling in [*floors[1:], roof]]
    return tuple(
        _counted(level, ceiling, ground, stated, last=level is levels[-1])
        for level, ceiling in zip(levels, ceilings, strict=True)
    )


def _counted(
    level: tuple[float, str, tuple[str, ...]],
    ceiling: float,
    ground: float,
    stated: CountingParameters,
    *,
    last: bool,
) -> CountedStorey:
    floor, name, global_ids = level
    height = ceiling - floor
    why = COUNTS
    # Levels are known to the millimetre; a storey of exactly the least height counts.
    if height < stated.least_height - 1e-6:
        why = AT_ROOF if last else TOO_LOW
    elif (ground - floor) > stated.sunk * height + 1e-6 and not (
        stated.exposed is not None and ceiling - ground > stated.exposed
    ):
        why = SUNK
    return CountedStorey(name, global_ids, floor, height, why is COUNTS, why)


def plate_levels(scheme: Scheme) -> list[tuple[float, str, tuple[str, ...]]]:
    """Heights of floor plates in the form of `storeys_of`, from the level upward faces of slabs; empty without slabs.

    A plate makes a storey where it takes at least half of what a section shortly above it covers, courtyards aside.
    """
    faces, heights = _level_faces(scheme)
    if not len(heights):
        return []
    order = np.argsort(heights, kind="stable")
    faces, heights = faces[order], heights[order]
    new = np.flatnonzero(np.diff(heights) > ONE_PLATE) + 1
    is_floor = _FloorTest(scheme)
    return [
        (float(level.max()), f"{level.max():.2f}", ())
        for level, plates in zip(np.split(heights, new), np.split(faces, new), strict=True)
        if is_floor(float(level.max()), plates)
    ]


def _level_faces(
    scheme: Scheme,
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Level upward faces of slabs in plan, and their heights."""
    slabs = {e.global_id for e in scheme.model.elements if e.ifc_class.startswith("IfcSlab")}
    chosen = [i for i, outline in enumerate(scheme.outlines) if outline.global_id in slabs]
    if not chosen:
        return np.zeros(0, dtype=object), np.zeros(0)
    triangles, _ = scheme.bodies.triangles_of(np.array(chosen))
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    level = (normals[:, 2] > LEVEL * lengths) & (narrowness(triangles) > SLIVER)
    kept = triangles[level]
    return shapely.polygons(kept[:, :, :2]), kept[:, :, 2].max(axis=1)


class _FloorTest:
    """Whether plates are the floor of what stands on them; with nothing on them they are a roof's.

    Storeys of a tower have the same plates below the same walls: these are held against each other once.
    """

    def __init__(self, scheme: Scheme) -> None:
        self._scheme = scheme
        self._unions = Unions()
        self._shares: dict[tuple[bytes, bytes], bool] = {}
        # No section is larger than the whole building, so plates as large as half of it need none.
        self._most = HALF * filled(scheme.footprint).area
        self._highest = float(scheme.outline_heights[:, 1].max()) - CUT_ABOVE_FLOOR

    def __call__(self, height: float, plates: NDArray[np.object_]) -> bool:
        plan = self._unions.of(plates)
        if plan.area >= self._most and height < self._highest:
            return True
        section = self._scheme.footprints.section(height + CUT_ABOVE_FLOOR).geometry
        key = (plan.wkb, section.wkb)
        if key not in self._shares:
            above = filled(section)
            self._shares[key] = bool(
                above.area > 0.0 and plan.intersection(above).area >= HALF * above.area
            )
        return self._shares[key]
