"""The legal tops of one building, one a regime: the same building has several, and a rule names the one it means.

GB 50352-2019 4.5.2 (1): in control zones, the highest point of building and structures. (2) elsewhere: a flat roof to the top of
its parapet, to its surface without one; a pitched roof to the mean of eave and ridge; of several forms the highest; rooms on the roof
whose areas together are at most a share of the roof's, and named small parts, do not count. GB 55031-2022 states eave and ridge apart;
GB 50016 appendix A counts to the roof's surface.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Unit
from bim_checks.measures.penetration import within
from bim_checks.measures.roof_form import RISES, RoofForm, roof_forms
from bim_checks.measures.roof_rooms import RoofRoomParameters, roof_rooms
from bim_checks.measures.tops import tops_of
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.text import Text
from cim.union import filled

Regime = Literal["highest_point", "parapet_or_mean", "eave", "ridge", "roof_surface"]
REGIMES: tuple[Regime, ...] = get_args(Regime)

BATCH = 256  # elements looked at together, from the highest down
SAME = 1e-3  # m; elements whose tops differ by less decide together: the kernel's linear deflection


@parameters
class RoofParameters:
    """How roofs are measured."""

    flat_below: float = parameter(
        zh="坡度小于此值为平屋面", en="less steep faces are flat", unit=Unit.DEGREE, default=5.0
    )
    rooms: RoofRoomParameters | None = parameter(
        zh="不计入高度的屋顶房间；不写则一律计入",
        en="rooms on the roof that do not count; absent where all count",
        default=None,
    )
    uncounted: tuple[str, ...] = parameter(
        zh="不计入高度的 IFC 类，可带预定义类型，如 IfcChimney、IfcBuildingElementProxy.VENT",
        en="IFC classes that do not count, with a predefined type where needed: IfcChimney, IfcFlowTerminal.ANTENNA",
        default=(),
    )


@dataclass(frozen=True, slots=True)
class LegalTop:
    """The top of one regime.

    Attributes:
        elevation: orthogonal height, metres.
        elements: GlobalIds that decide it.
        basis: what it was taken to, for people.
        assumed: whether only a name or a position says what the deciding elements are.
    """

    elevation: float
    elements: tuple[str, ...]
    basis: Text
    assumed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class LegalTops:
    """All tops of a building, or of its part in a zone.

    Attributes:
        tops: one a regime.
        forms: the roofs' forms that count.
        rooms: outlines of what stands on roofs and does not count as rooms.
        rooms_share: their area over that of their roof, at most; None without any.
        parts: outlines that do not count by their class.
    """

    tops: Mapping[Regime, LegalTop]
    forms: tuple[RoofForm, ...]
    rooms: tuple[int, ...]
    rooms_share: float | None
    parts: tuple[int, ...]


PARAPET = Text(zh="女儿墙顶", en="the top of the parapet")
SURFACE = Text(zh="屋面", en="the roof's surface")
NO_PARAPET = Text(zh="屋面（无女儿墙）", en="the roof's surface, which has no parapet")
EAVE = Text(zh="檐口", en="the eave")
RIDGE = Text(zh="屋脊", en="the ridge")
MEAN = Text(
    zh="檐口 {eave:.2f} m 与屋脊 {ridge:.2f} m 的平均",
    en="the mean of the eave, {eave:.2f} m, and the ridge, {ridge:.2f} m",
)
HIGHEST = Text(zh="最高点", en="the highest point")
BESIDE = Text(
    zh="屋面以外或高出屋面、且不属不计部分的最高点",
    en="the highest point of what stands beside or above the roofs and is not left out",
)


def legal_tops(
    scheme: Scheme, stated: RoofParameters, zone: BaseGeometry | None = None
) -> LegalTops | None:
    """The tops of every regime.

    Args:
        scheme: the placed building.
        stated: how roofs are measured.
        zone: polygon, projected frame; only what stands in it counts. None for the whole building.

    Returns:
        None where nothing of the building stands in the zone.
    """
    inner = None if zone is None else within(zone)
    parts = _by_class(scheme, stated.uncounted)
    forms = scheme.once(
        (roof_forms, stated.flat_below, parts),
        lambda: roof_forms(scheme, flat_below=stated.flat_below, without=parts),
    )
    everything = _tops(scheme, inner, min(map(_lowest, forms), default=-np.inf))
    if not np.isfinite(everything).any():
        return None
    rooms, share = roof_rooms(scheme, forms, parts, stated.rooms)
    counted = tuple(form for form in forms if not set(form.elements) <= rooms)
    here = tuple(f for f in counted if inner is None or shapely.intersects(inner, f.plan))
    left_out = parts | rooms
    # No regime counts below this, so that what is lower beside the roofs does not matter.
    least = max((_lowest(form) for form in here), default=-np.inf)
    rising = np.where(everything > least + RISES, everything, np.nan)
    beside = _beside(scheme, counted, left_out, rising, inner)
    # Where all that stands there is left out, or covers nothing in plan, its highest point is the best that can be said.
    whole = [_top(scheme, everything, HIGHEST)]
    tops: dict[Regime, LegalTop] = {
        regime: _highest([*_of_forms(scheme, here, regime), *beside] or whole)
        for regime in REGIMES
        if regime != "highest_point"
    }
    tops["highest_point"] = whole[0]
    return LegalTops(
        {regime: tops[regime] for regime in REGIMES},
        here,
        tuple(sorted(rooms)),
        share,
        tuple(sorted(parts)),
    )


def _tops(scheme: Scheme, region: BaseGeometry | None, least: float) -> NDArray[np.float64]:
    """Highest point of each element in a region, shape (B,); NaN outside, and for what is neither the highest nor above a height."""
    highs = scheme.outline_heights[:, 1]
    if region is None:
        return highs.copy()
    found, order = np.full(len(highs), np.nan), np.argsort(-highs, kind="stable")
    for first in range(0, len(order), BATCH):
        part = order[first : first + BATCH]
        if highs[part[0]] <= min(np.nanmax(found, initial=-np.inf), least):
            break
        found[part] = tops_of(scheme, part, region)
    return found


def _lowest(form: RoofForm) -> float:
    """What no regime counts a form below, metres."""
    return form.high if form.eave is None else form.eave


def _by_class(scheme: Scheme, uncounted: tuple[str, ...]) -> frozenset[int]:
    """Outlines of elements whose class, or class and predefined type, does not count."""
    kinds = {e.global_id: (e.ifc_class, e.predefined_type) for e in scheme.model.elements}
    found = set()
    for i, outline in enumerate(scheme.outlines):
        ifc_class, predefined = kinds[outline.global_id]
        if ifc_class in uncounted or f"{ifc_class}.{predefined}" in uncounted:
            found.add(i)
    return frozenset(found)


def _of_forms(scheme: Scheme, forms: tuple[RoofForm, ...], regime: Regime) -> Iterator[LegalTop]:
    for form in forms:
        elevation, basis = top_of_form(form, regime)
        deciding = form.elements
        if form.parapet is not None and elevation == form.parapet:
            deciding = tuple(
                i for i in form.parapets if scheme.outlines[i].high >= form.parapet - SAME
            )
        yield LegalTop(
            elevation,
            tuple(scheme.outlines[i].global_id for i in deciding),
            basis,
            form.assumed,
        )


def top_of_form(form: RoofForm, regime: Regime) -> tuple[float, Text]:
    """Where a regime counts a form's height to, and how that is called."""
    if form.eave is None:
        if regime == "roof_surface":
            return form.high, SURFACE
        return (form.high, NO_PARAPET) if form.parapet is None else (form.top, PARAPET)
    if regime == "eave":
        return form.eave, EAVE
    if regime == "ridge":
        return form.high, RIDGE
    return (form.eave + form.high) / 2.0, MEAN.format(eave=form.eave, ridge=form.high)


def _beside(
    scheme: Scheme,
    forms: tuple[RoofForm, ...],
    left_out: frozenset[int],
    tops: NDArray[np.float64],
    zone: BaseGeometry | None,
) -> list[LegalTop]:
    """The highest point of what no form accounts for: beside all roofs, or above those it stands on; nothing where forms are higher.

    A roof the file does not name, a wall that rises past a roof and a mast of no named class are found here and count.
    """
    accounted = {i for form in forms for i in (*form.elements, *form.parapets)} | left_out
    rising = np.flatnonzero(np.isfinite(tops))
    rising = np.array([i for i in rising if i not in accounted], dtype=np.int64)
    if not len(rising):
        return []
    covered = shapely.union_all([filled(form.plan) for form in forms])
    outside = scheme.footprint.difference(covered)
    if zone is not None:
        outside = outside.intersection(zone)
    found = np.full(len(tops), np.nan)
    found[rising] = tops_of(scheme, rising, within(outside))
    inner = [within(filled(form.plan)) for form in forms]
    for i in rising:
        below = [
            f.top
            for f, p in zip(forms, inner, strict=True)
            if p.intersects(scheme.outline_shapes[i])
        ]
        if below and tops[i] > max(below) + RISES:
            found[i] = np.fmax(found[i], tops[i])
    return [_top(scheme, found, BESIDE)] if np.isfinite(found).any() else []


def _top(scheme: Scheme, tops: NDArray[np.float64], basis: Text) -> LegalTop:
    """The highest of some outlines' tops, and the elements that reach it."""
    highest = float(np.nanmax(tops))
    order = np.argsort(-tops, kind="stable")
    deciding = [int(i) for i in order if tops[i] >= highest - SAME]
    return LegalTop(highest, tuple(scheme.outlines[i].global_id for i in deciding), basis)


def _highest(tops: list[LegalTop]) -> LegalTop:
    """The highest, with the elements of all that are as high."""
    best = max(tops, key=lambda top: top.elevation)
    level = [top for top in tops if top.elevation >= best.elevation - SAME]
    names = dict.fromkeys(name for top in (best, *level) for name in top.elements)
    return LegalTop(
        best.elevation, tuple(names), best.basis, any(top.assumed for top in (best, *level))
    )
