"""Buildings, facilities and storeys, with what holds them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.association import Classification
from cim.building import Address, Building, FacilityPart, Project, Storey
from cim.ifc.attributes import Attributes
from cim.ifc.containment import Containment
from cim.ifc.placements import engineering_matrix
from cim.properties import PropertySets
from cim.text import Text

SAME_ELEVATION = 1e-3  # m; storeys closer than this stand on one another's floor
PLACED_ELSEWHERE = 1e-2  # m; authors round elevations to the centimetre
LISTED = 8  # names in a sentence


class SpatialReader:
    """Reads the spatial structure of one file.

    Args:
        model: the open file.
        length_unit: metres per project length unit.
        containment: what holds what.
        attributes: of the file's schema.
        sets_of: property sets of an entity.
        classes_of: classifications of an entity.
    """

    def __init__(
        self,
        model: Any,
        *,
        length_unit: float,
        containment: Containment,
        attributes: Attributes,
        sets_of: Callable[[Any], PropertySets],
        classes_of: Callable[[Any], tuple[Classification, ...]],
    ) -> None:
        self._model = model
        self._length = length_unit
        self._containment = containment
        self._attributes = attributes
        self._sets_of = sets_of
        self._classes_of = classes_of
        self._levels: dict[str, float | None] | None = None
        self._matrices: dict[int, NDArray[np.float64]] = {}

    def project(self) -> Project | None:
        """The first project of the file, or None."""
        for entity in self._model.by_type("IfcProject"):
            return Project(
                global_id=entity.GlobalId,
                name=entity.Name,
                long_name=entity.LongName,
                description=entity.Description,
                phase=entity.Phase,
                property_sets=self._sets_of(entity),
                classifications=self._classes_of(entity),
            )
        return None

    def buildings(self) -> tuple[Building, ...]:
        """All buildings and, in IFC4X3, other facilities, in the order of the file."""
        return tuple(self._building(entity) for entity in self._facilities())

    def facility_parts(self) -> tuple[FacilityPart, ...]:
        """All parts of facilities that are no storeys, in the order of the file."""
        if not self._is_4x3():
            return ()
        parts = _in_order(self._model.by_type("IfcFacilityPart"))
        return tuple(self._facility_part(entity) for entity in parts)

    def storeys(self) -> tuple[Storey, ...]:
        """All storeys, building by building, each lowest first, those without an elevation last."""
        order = {entity.GlobalId: number for number, entity in enumerate(self._facilities())}
        found = [self._storey(entity) for entity in self._model.by_type("IfcBuildingStorey")]
        return tuple(
            sorted(
                found,
                key=lambda s: (
                    order.get(s.building or "", len(order)),
                    s.elevation is None,
                    s.elevation or 0.0,
                ),
            )
        )

    def address(self, entity: Any, attribute: str) -> Address | None:
        """The postal address of a site or building, or None."""
        found = self._attributes.get(entity, attribute)
        if found is None:
            return None
        address = Address(
            lines=tuple(line for line in found.AddressLines or () if line),
            postal_box=found.PostalBox or None,
            town=found.Town or None,
            region=found.Region or None,
            postal_code=found.PostalCode or None,
            country=found.Country or None,
        )
        return address if address != Address() else None

    def _facilities(self) -> list[Any]:
        """In the order of the file; IfcFacility is above IfcBuilding in IFC4X3 and unknown before."""
        return _in_order(self._model.by_type("IfcFacility" if self._is_4x3() else "IfcBuilding"))

    def _is_4x3(self) -> bool:
        return bool(self._model.schema.startswith("IFC4X3"))

    def _building(self, entity: Any) -> Building:
        above, attributes = self._containment.above(entity), self._attributes
        return Building(
            global_id=entity.GlobalId,
            name=entity.Name or entity.LongName,
            ifc_class=entity.is_a(),
            long_name=entity.LongName,
            object_type=entity.ObjectType,
            predefined_type=attributes.predefined_type(entity, None),
            site=above.site,
            whole=above.building,
            composition=entity.CompositionType,
            zero_elevation=attributes.number(entity, "ElevationOfRefHeight", self._length),
            terrain_elevation=attributes.number(entity, "ElevationOfTerrain", self._length),
            address=self.address(entity, "BuildingAddress"),
            property_sets=self._sets_of(entity),
            classifications=self._classes_of(entity),
        )

    def _facility_part(self, entity: Any) -> FacilityPart:
        above = self._containment.above(entity)
        return FacilityPart(
            global_id=entity.GlobalId,
            ifc_class=entity.is_a(),
            name=entity.Name or entity.LongName,
            predefined_type=self._attributes.predefined_type(entity, None),
            facility=above.building,
            whole=above.part,
            property_sets=self._sets_of(entity),
            classifications=self._classes_of(entity),
        )

    def _storey(self, entity: Any) -> Storey:
        above = self._containment.above(entity)
        level = self._level(entity)
        stated = self._attributes.number(entity, "Elevation", self._length)
        return Storey(
            global_id=entity.GlobalId,
            name=entity.Name or entity.LongName,
            building=above.building,
            elevation=self._from_placement(level, above.building) if stated is None else stated,
            long_name=entity.LongName,
            estimated=stated is None and level is not None,
            level=level,
            whole=above.storey,
            property_sets=self._sets_of(entity),
            classifications=self._classes_of(entity),
        )

    def _from_placement(self, level: float | None, building: str | None) -> float | None:
        """Elevation of a storey that states none: how far it is placed above its building."""
        if level is None:
            return None
        return level - (self.building_level(building) or 0.0)

    def building_level(self, global_id: str | None) -> float | None:
        """Height of a building's placement, metres, engineering CRS; None without one."""
        if self._levels is None:
            self._levels = {entity.GlobalId: self._level(entity) for entity in self._facilities()}
        return None if global_id is None else self._levels.get(global_id)

    def _level(self, entity: Any) -> float | None:
        matrix = engineering_matrix(entity.ObjectPlacement, self._length, known=self._matrices)
        return None if matrix is None else float(matrix[2, 3])


def _in_order(entities: Iterable[Any]) -> list[Any]:
    """Entities as the file numbers them: by a class above theirs they come class by class."""
    return sorted(entities, key=lambda entity: int(entity.id()))


def storey_warnings(
    storeys: Iterable[Storey], building_level: Callable[[str | None], float | None]
) -> Iterator[Text]:
    """What is doubtful about the order and the heights of storeys.

    Args:
        storeys: of one file.
        building_level: height of a building's placement by GlobalId, metres, engineering CRS.
    """
    known = tuple(storeys)
    yield from _unstated(known)
    by_building: dict[str | None, list[Storey]] = defaultdict(list)
    for storey in known:
        by_building[storey.building].append(storey)
    for building, inside in by_building.items():
        yield from _ties(inside)
        yield from _repeated_names(inside)
        yield from _elsewhere(inside, building_level(building) or 0.0)
    homeless = [storey for storey in known if storey.building is None]
    if homeless:
        yield Text(
            zh="{count} 个楼层不属于任何建筑：{names}。",
            en="{count} storeys belong to no building: {names}.",
        ).format(count=len(homeless), names=_names(homeless))


def _unstated(storeys: Iterable[Storey]) -> Iterator[Text]:
    estimated = [storey for storey in storeys if storey.estimated]
    if estimated:
        yield Text(
            zh="{count} 个楼层没有标高，已由定位估计：{names}。",
            en="{count} storeys have no elevation; it was estimated from their placement: {names}.",
        ).format(count=len(estimated), names=_names(estimated))
    unknown = [storey for storey in storeys if storey.elevation is None]
    if unknown:
        yield Text(
            zh="{count} 个楼层没有标高，也没有定位：{names}。",
            en="{count} storeys have neither an elevation nor a placement: {names}.",
        ).format(count=len(unknown), names=_names(unknown))


def _ties(storeys: Iterable[Storey]) -> Iterator[Text]:
    """Storeys at one elevation; a storey and its own parts may share it."""
    placed = sorted(
        (s for s in storeys if s.elevation is not None and s.whole is None),
        key=lambda s: s.elevation or 0.0,
    )
    for lower, upper in pairwise(placed):
        if (upper.elevation or 0.0) - (lower.elevation or 0.0) < SAME_ELEVATION:
            yield Text(
                zh="楼层 {lower} 与 {upper} 标高相同（{elevation} m），顺序取自文件。",
                en="storeys {lower} and {upper} have the same elevation ({elevation} m); their order is that of the file.",
            ).format(
                lower=_name(lower), upper=_name(upper), elevation=f"{lower.elevation or 0.0:+.3f}"
            )


def _repeated_names(storeys: Iterable[Storey]) -> Iterator[Text]:
    names = Counter(storey.name for storey in storeys if storey.name)
    for name, count in names.items():
        if count > 1:
            yield Text(
                zh="有 {count} 个楼层同名：{name}。",
                en="{count} storeys have the same name: {name}.",
            ).format(count=count, name=name)


def _elsewhere(storeys: Iterable[Storey], ground: float) -> Iterator[Text]:
    moved = [
        storey
        for storey in storeys
        if storey.level is not None
        and storey.elevation is not None
        and abs(storey.level - ground - storey.elevation) > PLACED_ELSEWHERE
    ]
    if moved:
        first = moved[0]
        yield Text(
            zh="{count} 个楼层的标高与定位不符，例如 {name}：标高 {elevation} m，定位高出建筑零点 {level} m。",
            en="{count} storeys are placed elsewhere than their elevation says, e.g. {name}: elevation {elevation} m, placed {level} m above the building's zero.",
        ).format(
            count=len(moved),
            name=_name(first),
            elevation=f"{first.elevation or 0.0:+.3f}",
            level=f"{(first.level or 0.0) - ground:+.3f}",
        )


def _names(storeys: list[Storey]) -> str:
    told = ", ".join(_name(storey) for storey in storeys[:LISTED])
    return f"{told} …" if len(storeys) > LISTED else told


def _name(storey: Storey) -> str:
    return storey.name or storey.global_id
