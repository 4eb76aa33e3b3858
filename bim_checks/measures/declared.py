"""What a model itself says about its areas, and what is measured for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bim_checks.measures.floor_parts import Floors
from cim.building import BuildingModel
from cim.properties import PropertySets
from cim.text import Text

# Each set under its name of IFC4 and the one authoring tools gave it before.
BUILDING_SETS = ("Qto_BuildingBaseQuantities", "BaseQuantities")
STOREY_SETS = ("Qto_BuildingStoreyBaseQuantities", "BaseQuantities")
SPACE_SETS = ("Qto_SpaceBaseQuantities", "BaseQuantities")
PLANNED_SETS = ("Pset_BuildingCommon",)
SITE_LIMITS = ("Pset_SiteCommon",)


@dataclass(frozen=True, slots=True)
class Declared:
    """One figure that a model states, and the same measured.

    Attributes:
        global_id: of what states it.
        what: name of that.
        quantity: set and name, as in the file.
        stated: m2.
        measured: m2; None where there is nothing to measure it on.
        meant: what was measured.
    """

    global_id: str
    what: str
    quantity: str
    stated: float
    measured: float | None
    meant: Text

    @property
    def difference(self) -> float | None:
        """Measured minus stated, m2."""
        return None if self.measured is None else self.measured - self.stated


GROSS = Text(zh="各层围护范围之和", en="what walls enclose, all storeys")
FOOTPRINT = Text(zh="首层外轮廓", en="outer contour of the lowest floor")
NET = Text(zh="各空间面积之和", en="all spaces")
STOREY_GROSS = Text(zh="本层围护范围", en="what walls enclose on it")
STOREY_NET = Text(zh="本层各空间之和", en="the spaces on it")
SPACE_PLAN = Text(zh="空间底面", en="the floor of its body")


def declared_areas(model: BuildingModel, floors: Floors) -> tuple[Declared, ...]:
    """Every area a building, storey or space states, in that order."""
    return (*_of_building(model, floors), *_of_storeys(model, floors), *_of_spaces(floors))


def stated_number(sets: PropertySets, names: tuple[str, ...], key: str) -> tuple[str, float] | None:
    """A positive number of the first set that has it, with the set's name; zero is how tools write nothing."""
    for name in names:
        value = sets.get(name, {}).get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0.0:
            return name, float(value)
    return None


def _of_building(model: BuildingModel, floors: Floors) -> Iterator[Declared]:
    if len(model.buildings) != 1:  # which storeys are of which building is not asked here
        return
    (building,) = model.buildings
    carried = [plan for plan in floors.plans if plan.enclosed.area > 0.0]
    enclosed = {"enclosed"}
    gross = sum(part.area for part in floors.parts if part.kind in enclosed)
    footprint = float(carried[0].contour.area) if carried else None
    net = sum(float(space.geometry.area) for space in floors.spaces) or None
    for names, key, measured, meant in (
        (BUILDING_SETS, "GrossFloorArea", gross or None, GROSS),
        (BUILDING_SETS, "FootprintArea", footprint, FOOTPRINT),
        (BUILDING_SETS, "NetFloorArea", net, NET),
        (PLANNED_SETS, "GrossPlannedArea", gross or None, GROSS),
        (PLANNED_SETS, "NetPlannedArea", net, NET),
    ):
        found = stated_number(building.property_sets, names, key)
        if found is not None:
            yield Declared(
                building.global_id,
                building.name or building.global_id,
                f"{found[0]}.{key}",
                found[1],
                measured,
                meant,
            )


def _of_storeys(model: BuildingModel, floors: Floors) -> Iterator[Declared]:
    gross, net = _by_storey(floors)
    for storey in model.storeys:
        for key, measured, meant in (
            ("GrossFloorArea", gross.get(storey.global_id), STOREY_GROSS),
            ("NetFloorArea", net.get(storey.global_id), STOREY_NET),
        ):
            found = stated_number(storey.property_sets, STOREY_SETS, key)
            if found is not None:
                yield Declared(
                    storey.global_id,
                    storey.name or storey.global_id,
                    f"{found[0]}.{key}",
                    found[1],
                    measured,
                    meant,
                )


def _by_storey(floors: Floors) -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Enclosed area and area of the spaces of each storey that is alone at its level, m2."""
    gross: dict[str, float] = {}
    net: dict[str, float] = {}
    for part in floors.parts:
        if part.kind == "enclosed" and len(part.storey_ids) == 1:
            (storey,) = part.storey_ids
            gross[storey] = gross.get(storey, 0.0) + part.area
    for space in floors.spaces:
        if space.space.storey is not None:
            net[space.space.storey] = net.get(space.space.storey, 0.0) + float(space.geometry.area)
    return gross, net


def _of_spaces(floors: Floors) -> Iterator[Declared]:
    for plan in floors.spaces:
        space = plan.space
        for key in ("NetFloorArea", "GrossFloorArea"):
            found = stated_number(space.property_sets, SPACE_SETS, key)
            if found is not None:
                yield Declared(
                    space.global_id,
                    space.long_name or space.name or space.global_id,
                    f"{found[0]}.{key}",
                    found[1],
                    float(plan.geometry.area),
                    SPACE_PLAN,
                )
