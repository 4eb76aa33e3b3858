"""Grids of the highest elevations that may be reached: cells of a layer, or of a raster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Outcome
from bim_checks.landscape.limit_mesh import CityLimit
from bim_checks.measures.limit_surface import InclinedPlane
from bim_checks.measures.penetration import within
from bim_checks.near_lines import Bounds
from bim_checks.parameters import Asset, parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from bim_checks.second.limits import level
from bim_checks.second.surfaces import Below, recheck_surfaces
from bim_checks.surface_verdict import LimitPart, judge_surfaces
from cim.terrain import Terrain
from cim.text import Text


@parameters
class HeightGridParameters:
    """Parameters of HEIGHT-GRID."""

    layer: str | None = parameter(
        zh="网格单元的面图层", en="polygons, one a cell", asset=Asset.LAYER, default=None
    )
    attribute: str = parameter(
        zh="单元的限高属性（高程，m）",
        en="the attribute of a cell that states its limit, metres above datum",
        default="limit_elevation",
    )
    grid: str | None = parameter(
        zh="或：限高栅格代码", en="or: code of a height grid", asset=Asset.HEIGHT_GRID, default=None
    )
    reading: Literal["cell", "lowest"] = parameter(
        zh="cell 每一部分按其所在单元；lowest 整栋建筑按所触单元的最低限值",
        en="cell: every part keeps the limit of its own cell; lowest: the whole building keeps the lowest limit of the cells it touches",
    )

    def __post_init__(self) -> None:
        """Refuse two sources or none."""
        if (self.layer is None) == (self.grid is None):
            raise ValueError("either layer or grid must be given")


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Cells that the building touches: plane polygons, and their limits in metres above datum, NaN where none is stated."""

    shapes: NDArray[np.object_]
    limits: NDArray[np.float64]


def check_height_grid(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """HEIGHT-GRID: nothing rises above the limits of the cells it stands in; a part outside all cells is said to be unchecked."""
    stated: HeightGridParameters = rule.parameters
    name = _name(stated, around)
    cells = _touched(_cells(stated, around, scheme.footprint.bounds), scheme.footprint)
    known = np.isfinite(cells.limits)
    if stated.layer is not None and len(known) and not known.any():
        return [_uncovered(scheme, scheme.footprint, name)]
    if not known.any():
        sentence = Text(
            zh="建筑不在{name}任何有限值的单元内。",
            en="The building stands in no cell of {name} that states a limit.",
        )
        return [Judgement(Outcome.NOT_APPLICABLE, sentence.format(name=name), feature=name)]
    covered = shapely.union_all(cells.shapes[known])
    parts = _parts(stated, cells, covered)
    judged = judge_surfaces(rule, scheme, [part for part, _ in parts], name=name)
    found = [] if judged is None else [replace(judged, basis=tuple(below for _, below in parts))]
    open_part = within(scheme.footprint.difference(covered))
    return [*found, *([_uncovered(scheme, open_part, name)] if open_part.area > 0.0 else [])]


def height_grid_limits(rule: Rule, around: Surroundings) -> list[CityLimit]:
    """Cells of one limit together, the lowest limit first."""
    stated: HeightGridParameters = rule.parameters
    cells, name = _cells(stated, around, None), _name(stated, around)
    found = []
    for limit in np.unique(cells.limits[np.isfinite(cells.limits)]):
        shape = shapely.union_all(cells.shapes[cells.limits == limit])
        found.append(CityLimit.of(name, InclinedPlane((0.0, 0.0, float(limit))), shape))
    return found


def _parts(
    stated: HeightGridParameters, cells: _Cells, covered: BaseGeometry
) -> list[tuple[LimitPart, Below]]:
    """Cells of one limit together, the lowest limit first: what they break is broken most; and the same for the second way."""
    limits = np.unique(cells.limits[np.isfinite(cells.limits)]).tolist()
    regions = {limit: shapely.union_all(cells.shapes[cells.limits == limit]) for limit in limits}
    if stated.reading == "lowest":
        regions = {limits[0]: covered}
    return [
        (LimitPart(InclinedPlane((0.0, 0.0, limit)), region), Below(level(limit), region))
        for limit, region in regions.items()
    ]


def _name(stated: HeightGridParameters, around: Surroundings) -> Text:
    if stated.layer is not None:
        return around.city.layer(stated.layer).name
    return next(grid.name for grid in around.city.height_grids if grid.code == stated.grid)


def _cells(stated: HeightGridParameters, around: Surroundings, bounds: Bounds | None) -> _Cells:
    """Cells whose boxes touch `bounds`; all where that is None."""
    if stated.grid is not None:
        raster = around.city.height_limits(stated.grid)
        return _raster_cells(raster, raster.extent if bounds is None else bounds)
    features = around.near(stated.layer or "", bounds)
    values = [feature.attributes.get(stated.attribute) for feature in features]
    numbers = [
        float(v) if isinstance(v, int | float) and not isinstance(v, bool) else np.nan
        for v in values
    ]
    shapes = np.array([feature.geometry for feature in features], dtype=object)
    return _Cells(shapes, np.array(numbers, dtype=np.float64))


def _raster_cells(raster: Terrain, bounds: Bounds) -> _Cells:
    """The cells of a raster below a box."""
    rows, columns = raster.heights.shape
    west, south, east, north = bounds
    first_column = max(0, int((west - raster.west) // raster.cell))
    last_column = min(columns - 1, int((east - raster.west) // raster.cell))
    first_row = max(0, int((raster.north - north) // raster.cell))
    last_row = min(rows - 1, int((raster.north - south) // raster.cell))
    column, row = np.meshgrid(
        np.arange(first_column, last_column + 1), np.arange(first_row, last_row + 1)
    )
    left = raster.west + column.ravel() * raster.cell
    top = raster.north - row.ravel() * raster.cell
    shapes = shapely.box(left, top - raster.cell, left + raster.cell, top)
    return _Cells(shapes, raster.heights[row.ravel(), column.ravel()])


def _touched(cells: _Cells, footprint: BaseGeometry) -> _Cells:
    shapely.prepare(footprint)
    near = np.array(
        [bool(shapely.intersects(footprint, within(shape))) for shape in cells.shapes],
        dtype=np.bool_,
    )
    return _Cells(cells.shapes[near], cells.limits[near])


def _uncovered(scheme: Scheme, part: BaseGeometry, name: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="建筑有 {area:.1f} m² 不在{name}任何有限值的单元内，该部分未检查。",
            en="{area:.1f} m² of the building lie in no cell of {name} that states a limit; that part is not checked.",
        ).format(area=part.area, name=name),
        fix=Text(
            zh="补充该处的限高单元，或由主管部门确认该处不限高。",
            en="Extend the grid, or have its department confirm that nothing is limited there.",
        ),
        elements=scheme.shapes("footprint")[0].elements_touching(part),
        feature=name,
        geometry=shapely.force_3d(shapely.force_2d(part), scheme.lowest),
    )


RULE_TYPES = (
    RuleType(
        code="HEIGHT-GRID",
        title=Text(zh="限高网格", en="Grid of height limits"),
        explanation=Text(
            zh="网格（面图层或栅格）的每个单元有最高高程（参照圣保罗大教堂高度网格）；按 reading，每一部分不超过其所在单元的限值，或整栋建筑不超过所触单元的最低限值。构件按单元边界切开，以最不利者为准；网格之外的部分列为无法检查。",
            en="Every cell of a grid (a layer of polygons, or a raster) has a highest elevation (after the grid of St Paul's Heights). By its reading, every part "
            "keeps the limit of its own cell, or the whole building the lowest limit of the cells it touches. Elements are cut at the borders of cells and "
            "the worst decides; a part outside all cells is not checkable.",
        ),
        parameters=HeightGridParameters,
        check=check_height_grid,
        recheck=recheck_surfaces,
    ),
)

LIMITS = {"HEIGHT-GRID": height_grid_limits}
