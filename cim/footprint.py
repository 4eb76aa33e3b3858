"""What a building covers in plan: as a whole, at the ground, at a height, storey by storey, below and on top.

Every footprint is united from what each element covers, so that each of its edges can name the
elements that form it. Repeated bodies that stand upright share one projection and one section, which are
moved instead of redone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from cim.bodies import Bodies, bodies_of, objects
from cim.building import BuildingModel, Element, Representation, Storey
from cim.footprint_edge import FootprintEdge, edges_of
from cim.frame import Placement
from cim.ground import Terrain, above_ground, position_of, straight_step
from cim.mesh import Mesh
from cim.projection import project_mesh
from cim.section import Section, project_between, section_meshes
from cim.solid import welded
from cim.text import Text
from cim.union import Unions

SAME_HEIGHT = 9  # decimals of a metre; bodies cut at heights this equal share the cut
CUT_ABOVE_FLOOR = 1.0  # m; where plans are cut: above sills and worktops, below lintels
PLATE_BAND = 0.1  # m; half height of the band at floor level that shows the floor plate and what stands on it
CONTACT_TOLERANCE = 0.05  # m; what comes this near to the ground stands on it

Ground = float | Terrain
"""A level ground's height, metres, or a function that tells heights at points in plan."""


@dataclass(frozen=True, slots=True, eq=False)
class ElementOutline:
    """One element seen from above.

    Attributes:
        global_id: the element's.
        geometry: what it covers, metres; a line where it is a vertical sheet.
        low, high: lowest and highest height of its body, metres.
    """

    global_id: str
    geometry: BaseGeometry
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class FootprintPart:
    """What one element gives to a footprint."""

    global_id: str
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """A building, or a part of it, in plan.

    Attributes:
        geometry: polygons, metres; lines beside them where vertical sheets stand alone; empty where there is nothing.
        part_ids: GlobalIds of the elements that give to it, in the order of the model.
        part_shapes: shape (number of part_ids,), what each gives.
        low, high: what was looked at lies between these heights, metres; equal for a section;
            infinite where nothing bounds it; above the ground where a terrain was given.
        gap: length that had to be bridged where sections of torn bodies do not close, metres.
        basis: how it was taken.
        unjudged: GlobalIds of the elements below which the ground is not known; they are left out.
    """

    geometry: BaseGeometry
    part_ids: tuple[str, ...]
    part_shapes: NDArray[np.object_]
    low: float
    high: float
    gap: float
    basis: Text
    unjudged: tuple[str, ...] = ()

    @property
    def area(self) -> float:
        """m2, in the frame of the footprint."""
        return float(self.geometry.area)

    @property
    def parts(self) -> tuple[FootprintPart, ...]:
        """What the elements give to it, in the order of the model."""
        return _parts(self.part_ids, self.part_shapes)

    def edges(self) -> tuple[FootprintEdge, ...]:
        """Every edge of the outline with the elements that form it."""
        return edges_of(self.geometry, self.part_ids, self.part_shapes.tolist())


@dataclass(frozen=True, slots=True)
class StoreyFootprint:
    """One storey in plan.

    Attributes:
        storey: of the model.
        plate: the projection of everything within `PLATE_BAND` of the floor: the plate and what stands on it.
        section: everything cut `CUT_ABOVE_FLOOR` above the floor.
    """

    storey: Storey
    plate: Footprint
    section: Footprint


WHOLE = Text(zh="全部构件的竖向投影", en="projection of all drawn elements")
SECTION = Text(zh="在高程 {low:.3f} m 处水平剖切", en="horizontal section at {low:.3f} m")
BAND = Text(
    zh="高程 {low:.3f} m 至 {high:.3f} m 之间部分的投影",
    en="projection of what lies between {low:.3f} m and {high:.3f} m",
)
CONTACT = Text(
    zh="距地面 {high:.3f} m 以内部分的投影",
    en="projection of what lies within {high:.3f} m of the ground",
)
BELOW_GROUND = Text(
    zh="地面以下（深于 {depth:.3f} m）部分的投影",
    en="projection of what lies more than {depth:.3f} m below the ground",
)
ROOF_ELEMENTS = Text(zh="屋面构件的投影", en="projection of the elements that are roofs")
NO_ROOF_ELEMENTS = Text(
    zh="文件未标明屋面构件，采用全部构件的竖向投影",
    en="the file names no roof; projection of all drawn elements",
)
ROOF_TYPES = ("ROOF", "ROOFING")  # of IfcSlab and IfcCovering
CHOSEN = Text(zh="所选构件的投影", en="projection of the chosen elements")


@dataclass(frozen=True)
class Footprints:
    """The footprints of one model, each computed when asked for; what bodies share is computed once.

    Attributes:
        model: as read.
        placement: where it stands; None leaves everything in the engineering CRS.
    """

    model: BuildingModel
    placement: Placement | None = None

    @cached_property
    def outlines(self) -> tuple[ElementOutline, ...]:
        """Every drawn element that has faces, seen from above, in the order of the model."""
        bodies = self._bodies
        return tuple(
            ElementOutline(element.global_id, shape, low, high)
            for element, shape, low, high in zip(
                bodies.elements,
                self.outline_shapes.tolist(),
                bodies.lows.tolist(),
                bodies.highs.tolist(),
                strict=True,
            )
        )

    @cached_property
    def outline_shapes(self) -> NDArray[np.object_]:
        """The geometries of `outlines`, shape (N,)."""
        bodies = self._bodies
        return bodies.moved(self._shape_outlines[bodies.shape_of], np.arange(len(bodies)))

    @cached_property
    def outline_heights(self) -> NDArray[np.float64]:
        """Lowest and highest height of each of `outlines`, shape (N, 2), metres."""
        return np.stack([self._bodies.lows, self._bodies.highs], axis=1)

    @property
    def lowest(self) -> float:
        """Lowest height of anything drawn, metres; zero where nothing is."""
        return float(self._bodies.lows.min()) if len(self._bodies) else 0.0

    @cached_property
    def outline_boxes(self) -> NDArray[np.float64]:
        """West, south, east, north of each of `outlines`, shape (N, 4), metres."""
        boxes: NDArray[np.float64] = shapely.bounds(self.outline_shapes)
        return boxes

    @cached_property
    def whole(self) -> Footprint:
        """The projection of everything drawn."""
        return self._of_outlines(range(len(self.outlines)), WHOLE)

    def of_elements(self, global_ids: Collection[str]) -> Footprint:
        """The projection of some elements."""
        chosen = [
            i for i, name in enumerate(self._bodies.global_ids.tolist()) if name in global_ids
        ]
        return self._of_outlines(chosen, CHOSEN)

    def roof(self) -> Footprint:
        """The projection of the elements that are roofs: IfcRoof, and slabs and coverings of that predefined type.

        A file that names none is seen from above as a whole, and the basis says so.
        """
        roofs = [i for i, element in enumerate(self._bodies.elements) if is_roof(element)]
        if not roofs:
            return self._of_outlines(range(len(self.outlines)), NO_ROOF_ELEMENTS)
        return self._of_outlines(roofs, ROOF_ELEMENTS)

    def section(self, height: float) -> Footprint:
        """What a horizontal plane cuts; of two bodies that meet at it, the upper one.

        Args:
            height: metres, orthogonal height when placed, else above the engineering zero.
        """
        bodies = self._bodies
        reach = np.flatnonzero((bodies.lows <= height) & (bodies.highs > height))
        return self._cut(reach, height, height, SECTION.format(low=height))

    def band(self, low: float, high: float) -> Footprint:
        """The projection of what lies between two heights, both included.

        Args:
            low: metres, as for `section`; may be minus infinity.
            high: the same, may be infinity.
        """
        if (low, high) not in self._known_bands:
            words = BAND.format(low=low, high=high)
            self._known_bands[low, high] = self._band(low, high, words)
        return self._known_bands[low, high]

    def parts_between(self, low: float, high: float) -> tuple[FootprintPart, ...]:
        """What each element gives to `band`, without uniting it.

        Args:
            low: metres, as for `band`.
            high: the same.
        """
        bodies = self._bodies
        reach = np.flatnonzero((bodies.lows <= high) & (bodies.highs >= low))
        shapes, _ = self._pieces(reach, low, high)
        there = ~shapely.is_empty(shapes)
        return _parts(bodies.global_ids[reach[there]].tolist(), shapes[there])

    def storeys(self) -> tuple[StoreyFootprint, ...]:
        """Floor plate and section of every storey that has an elevation, lowest first.

        A storey is what is there at its height, whatever storey the file says an element is of.
        """
        rise = self.placement.orthogonal_height if self.placement is not None else 0.0
        known = [(s.elevation + rise, s) for s in self.model.storeys if s.elevation is not None]
        return tuple(
            StoreyFootprint(
                storey,
                plate=self.band(floor - PLATE_BAND, floor + PLATE_BAND),
                section=self.section(floor + CUT_ABOVE_FLOOR),
            )
            for floor, storey in sorted(known, key=lambda found: found[0])
        )

    def ground_contact(self, ground: Ground, *, tolerance: float = CONTACT_TOLERANCE) -> Footprint:
        """The projection of what lies within a tolerance of the ground.

        Args:
            ground: in the frame of the footprints.
            tolerance: metres, above and below.
        """
        words = CONTACT.format(high=tolerance)
        return self._near_ground(ground, -tolerance, tolerance, words)

    def basement(self, ground: Ground, *, tolerance: float = CONTACT_TOLERANCE) -> Footprint:
        """The projection of what lies below the ground by more than a tolerance.

        Args:
            ground: in the frame of the footprints.
            tolerance: metres; a floor slab at ground level is no basement.
        """
        words = BELOW_GROUND.format(depth=tolerance)
        return self._near_ground(ground, -math.inf, -tolerance, words)

    @cached_property
    def _bodies(self) -> Bodies:
        return bodies_of(self.model, self.placement)

    @cached_property
    def _shape_outlines(self) -> NDArray[np.object_]:
        return objects([project_mesh(mesh) for mesh in self._bodies.shapes])

    @cached_property
    def _unions(self) -> Unions:
        return Unions()

    @cached_property
    def _known_cuts(self) -> dict[tuple[int, float, float], Section]:
        return {}

    @cached_property
    def _known_bands(self) -> dict[tuple[float, float], Footprint]:
        return {}

    def _of_outlines(self, chosen: Sequence[int], basis: Text) -> Footprint:
        bodies, indices = self._bodies, np.asarray(chosen, dtype=np.int64)
        shapes = self.outline_shapes[indices]
        low = float(bodies.lows[indices].min()) if len(indices) else math.nan
        high = float(bodies.highs[indices].max()) if len(indices) else math.nan
        names = tuple(bodies.global_ids[indices].tolist())
        return Footprint(self._unions.of(shapes), names, shapes, low, high, 0.0, basis)

    def _band(self, low: float, high: float, basis: Text) -> Footprint:
        bodies = self._bodies
        return self._cut(
            np.flatnonzero((bodies.lows <= high) & (bodies.highs >= low)), low, high, basis
        )

    def cut_elements(
        self, chosen: NDArray[np.int64], low: float, high: float
    ) -> NDArray[np.object_]:
        """What each of some elements covers between two heights, not united.

        Args:
            chosen: shape (K,), indices into `outlines`.
            low: metres, as for `band`.
            high: the same.

        Returns:
            Shape (K,), plane geometries; empty where an element has nothing there.
        """
        return self._pieces(chosen, low, high)[0]

    def _cut(self, reach: NDArray[np.int64], low: float, high: float, basis: Text) -> Footprint:
        """The footprint of bodies, each cut to what lies between two heights."""
        shapes, gap = self._pieces(reach, low, high)
        return self._united(reach, shapes, low=low, high=high, gap=gap, basis=basis)

    def _united(
        self,
        bodies: NDArray[np.int64],
        shapes: NDArray[np.object_],
        *,
        low: float,
        high: float,
        gap: float,
        basis: Text,
        unjudged: tuple[str, ...] = (),
    ) -> Footprint:
        """The footprint of what some bodies give, those that give nothing left out."""
        there = ~shapely.is_empty(shapes)
        names = tuple(self._bodies.global_ids[bodies[there]].tolist())
        united = self._unions.of(shapes)
        return Footprint(united, names, shapes[there], low, high, gap, basis, unjudged)

    def _pieces(
        self, chosen: NDArray[np.int64], low: float, high: float
    ) -> tuple[NDArray[np.object_], float]:
        """Each body cut to what lies between two heights, in plan; and the length that had to be bridged.

        What lies between them wholly is as its outline, what lies beside them is empty, and only the rest is cut.
        """
        bodies = self._bodies
        lows, highs = bodies.lows[chosen], bodies.highs[chosen]
        beside = (lows > high) | (highs < low)
        cut = np.flatnonzero(~beside & ((lows < low) | (highs > high) | (low == high)))
        shapes = self.outline_shapes[chosen]
        shapes[beside] = shapely.Polygon()
        cuts = self._cuts_of(chosen[cut], low, high)
        shapes[cut] = bodies.moved(objects([found.geometry for found in cuts]), chosen[cut])
        return shapes, sum(found.gap for found in cuts)

    def _cuts_of(self, reach: NDArray[np.int64], low: float, high: float) -> list[Section]:
        """Bodies cut to what lies between two heights, in the frames of their shapes."""
        bodies = self._bodies
        rises = bodies.rises[reach]
        keys = list(
            zip(
                bodies.shape_of[reach].tolist(),
                np.round(low - rises, SAME_HEIGHT).tolist(),
                np.round(high - rises, SAME_HEIGHT).tolist(),
                strict=True,
            )
        )
        self._learn(sorted(set(keys) - set(self._known_cuts)))
        return [self._known_cuts[key] for key in keys]

    def _learn(self, keys: list[tuple[int, float, float]]) -> None:
        """Cut shapes, told by index, low and high, where that is not known yet."""
        bodies = self._bodies
        cut = []
        for key in keys:
            lowest, highest = bodies.spans[key[0]]
            if key[1] < key[2] and key[1] <= lowest and highest <= key[2]:
                self._known_cuts[key] = Section(self._shape_outlines[key[0]], 0.0)
            else:
                cut.append(key)
        meshes = [bodies.shapes[shape] for shape, _, _ in cut]
        lows, highs = [low for _, low, _ in cut], [high for _, _, high in cut]
        level = lows == highs
        sections = section_meshes(meshes, lows) if level else project_between(meshes, lows, highs)
        self._known_cuts.update(zip(cut, sections, strict=True))

    def _near_ground(self, ground: Ground, low: float, high: float, basis: Text) -> Footprint:
        """What lies between two heights above the ground."""
        if not callable(ground):
            return self._band(ground + low, ground + high, basis)
        bodies = self._bodies
        if not len(bodies):
            nothing = np.zeros(0, dtype=np.int64)
            return self._united(nothing, objects([]), low=low, high=high, gap=0.0, basis=basis)
        boxes = np.insert(self.outline_boxes, [2, 4], self.outline_heights, axis=1)
        position = position_of(boxes, ground, low, high)
        shapes, judged = self.outline_shapes.copy(), position.inside | position.crossing
        followed = {
            i: self._followed(i, ground) for i in np.flatnonzero(position.crossing).tolist()
        }
        known = {i: mesh for i, mesh in followed.items() if mesh is not None}
        sections = project_between(list(known.values()), [low] * len(known), [high] * len(known))
        shapes[list(known)] = objects([section.geometry for section in sections])
        unjudged = [i for i, mesh in followed.items() if mesh is None]
        judged[unjudged] = False
        reach = np.flatnonzero(judged)
        return self._united(
            reach,
            shapes[reach],
            low=low,
            high=high,
            gap=sum(section.gap for section in sections),
            basis=basis,
            unjudged=tuple(bodies.global_ids[unjudged].tolist()),
        )

    def _followed(self, body: int, ground: Terrain) -> Mesh | None:
        """A body with heights counted from the ground; None where that is not known below all of it."""
        mesh = self._bodies.mesh(body)
        return above_ground(mesh, ground, straight_step(mesh, ground))


def _parts(global_ids: Iterable[str], shapes: NDArray[np.object_]) -> tuple[FootprintPart, ...]:
    return tuple(
        FootprintPart(name, shape) for name, shape in zip(global_ids, shapes.tolist(), strict=True)
    )


def body_outline(
    model: BuildingModel, representation: Representation, placement: Placement
) -> BaseGeometry:
    """Outline of one body (a site, a space), metres, projected frame."""
    mesh = model.body(representation).transformed(placement.matrix)
    middle = mesh.vertices.mean(axis=0) if len(mesh.vertices) else np.zeros(3)
    shape = project_mesh(welded(Mesh(mesh.vertices - middle, mesh.faces)))
    return affinity.translate(shape, middle[0], middle[1])


def is_roof(element: Element) -> bool:
    """Whether the file says that an element is a roof or covers one."""
    return element.ifc_class == "IfcRoof" or element.predefined_type in ROOF_TYPES
