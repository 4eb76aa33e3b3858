"""Shapes that would crash or exhaust a geometry kernel, found before it sees them.

Each costs the products drawn from it and nothing else. Clean files pay a loop over their placements, mapped items, Boolean
operations and openings; what needs every number of the file was noted by `cim.ifc.step.soundness` on the way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import ifcopenshell
import numpy as np

from cim.ifc.instances import Instances
from cim.ifc.step.soundness import Oddity
from cim.text import Text

DEEPEST_PLACEMENT = 2000  # levels; the deepest real model seen has 12
DEEPEST_BOOLEAN = 1000  # operations in a row; the kernels call themselves for each
DEEPEST_MAPPING = 64  # mapped items within mapped items
MOST_PARTS = 100_000  # leaves of one tree of Boolean operations or mapped items, counted as often as they are used
MOST_OPENINGS = 2000  # in one element
VISITED = 500_000  # instances looked at to find the products above dangerous ones

# Attribute -> largest value, m. A sphere is drawn to 1 mm: at 1,000 m that is 5 million triangles.
RADII: Mapping[str, Mapping[str, float]] = {
    "IfcSphere": {"Radius": 500.0},
    "IfcSphericalSurface": {"Radius": 500.0},
    "IfcToroidalSurface": {"MajorRadius": 500.0, "MinorRadius": 500.0},
    "IfcRightCircularCylinder": {"Radius": 1e5, "Height": 1e6},
    "IfcRightCircularCone": {"BottomRadius": 1e5, "Height": 1e6},
    "IfcCircleProfileDef": {"Radius": 1e5},
    "IfcSweptDiskSolid": {"Radius": 1e4},
    "IfcExtrudedAreaSolid": {"Depth": 1e6},
    "IfcBlock": {"XLength": 1e6, "YLength": 1e6, "ZLength": 1e6},
}

PLACEMENT_CYCLE = Text(zh="构件定位成环。", en="its placement leads back to itself")
PLACEMENT_DEPTH = Text(
    zh="构件定位嵌套超过 {limit} 层。", en="its placement lies more than {limit} levels deep"
).format(limit=DEEPEST_PLACEMENT)
MAPPING_CYCLE = Text(zh="映射项引用自身。", en="a mapped item in its shape leads back to itself")
MAPPING_DEPTH = Text(
    zh="映射项嵌套过深或展开后数量过大。",
    en="the mapped items of its shape are nested too deeply, or too many when unfolded",
)
BOOLEAN_CYCLE = Text(zh="布尔运算引用自身。", en="a Boolean operation in its shape uses itself")
BOOLEAN_DEPTH = Text(
    zh="布尔运算嵌套过深或展开后数量过大。",
    en="the Boolean operations of its shape are nested too deeply, or too many when unfolded",
)
SIZE_RANGE = Text(
    zh="{name}.{attribute} 为 {value:g} m，超出 0 至 {limit:g} m 的范围。",
    en="{name}.{attribute} is {value:g} m, outside the range from 0 to {limit:g} m",
)
OPENINGS = Text(zh="构件有 {count} 个洞口。", en="it has {count} openings")
ODDITIES: Mapping[Oddity, Text] = {
    Oddity.MEMBERS: Text(zh="形体的列表过长。", en="a list in its shape is too long"),
    Oddity.NESTING: Text(zh="形体的列表嵌套过深。", en="a list in its shape is nested too deeply"),
    Oddity.LAME: Text(
        zh="形体或定位的一部分缺失或无法读取。",
        en="a part of its shape or placement is missing or could not be read",
    ),
    Oddity.ABSENT: Text(
        zh="形体的坐标列表有空缺。", en="a member of a list in its shape is left out"
    ),
    Oddity.NUMBER: Text(
        zh="形体的坐标或尺寸超出范围。", en="a coordinate or size in its shape is out of range"
    ),
}


def find_undrawable(model: Any, odd: Mapping[int, Oddity], length_unit: float) -> dict[int, Text]:
    """Instance numbers of the products that must not be drawn, each with the reason.

    Args:
        model: the open file.
        odd: instances whose numbers or lists are out of range.
        length_unit: metres of one unit of the file.
    """
    dangerous: dict[int, Text] = {
        number: ODDITIES[why] for number, why in odd.items() if _is_there(model, number)
    }
    dangerous.update(_bad_mappings(model))
    dangerous.update(_bad_booleans(model))
    dangerous.update(_bad_sizes(model, length_unit))
    undrawable = _products_above(model, dangerous)
    for product, why in _badly_placed(model):
        undrawable.update(dict.fromkeys(_concerned(model, product), why))
    undrawable.update(_too_many_openings(model))
    return undrawable


def _is_there(model: Any, number: int) -> bool:
    try:
        model.by_id(number)
    except (RuntimeError, OverflowError):  # of a class that was not read
        return False
    return True


def _all(model: Any, ifc_class: str) -> Iterable[Any]:
    """Instances of a class; none when the schema does not have it."""
    try:
        return list(model.by_type(ifc_class))
    except RuntimeError:
        return ()


def _badly_placed(model: Any) -> Iterator[tuple[Any, Text]]:
    """Products whose placement goes in a circle or lies absurdly deep: the kernel would overflow its stack."""
    why = _bad_placements(model)
    if why:
        for product in model.by_type("IfcProduct"):
            placement = product.ObjectPlacement
            if placement is not None and placement.id() in why:
                yield product, why[placement.id()]


def _bad_placements(model: Any) -> dict[int, Text]:
    above = _parents(model)
    if _end_soon(above):
        return {}
    level: dict[int, int] = {}
    bad: dict[int, Text] = {}
    for number in above:
        path: list[int] = []
        met: set[int] = set()
        here: int | None = number
        while here is not None and here not in level and here not in met:
            path.append(here)
            met.add(here)
            here = above.get(here)
        if here in met or here in bad:
            why = PLACEMENT_CYCLE if here in met else bad[here]
            bad.update(dict.fromkeys(path, why))
            level.update(dict.fromkeys(path, 0))
            continue
        depth = -1 if here is None else level[here]
        for lower in reversed(path):
            depth += 1
            level[lower] = depth
            if depth > DEEPEST_PLACEMENT:
                bad[lower] = PLACEMENT_DEPTH
    return bad


def _end_soon(above: Mapping[int, int]) -> bool:
    """Whether no chain is longer than half of what is allowed; that they are all looked at at once saves clean files the loop."""
    below = np.fromiter(above.keys(), dtype=np.int64, count=len(above))
    parents = np.fromiter(above.values(), dtype=np.int64, count=len(above))
    order = np.argsort(below)
    places = np.searchsorted(below, parents, sorter=order)
    there = places < len(order)
    jump = np.full(len(above) + 1, -1, dtype=np.int64)
    found = order[places[there]]
    jump[:-1][there] = np.where(below[found] == parents[there], found, -1)
    for _ in range((DEEPEST_PLACEMENT // 2).bit_length()):
        jump = np.where(jump >= 0, jump[jump], -1)
    return not (jump >= 0).any()


def _parents(model: Any) -> dict[int, int]:
    """Number of a placement -> number of the one it is relative to."""
    if isinstance(model, Instances):
        return model.referred("IfcObjectPlacement", "PlacementRelTo")
    above: dict[int, int] = {}
    for placement in model.by_type("IfcObjectPlacement"):
        parent = getattr(placement, "PlacementRelTo", None)
        if isinstance(parent, ifcopenshell.entity_instance):
            above[placement.id()] = parent.id()
    return above


def _bad_mappings(model: Any) -> dict[int, Text]:
    def parts(number: int) -> list[int]:
        mapped = model.by_id(number).MappedRepresentation
        items = (mapped.Items or ()) if mapped is not None else ()
        sources = (item.MappingSource for item in items if item.is_a("IfcMappedItem"))
        return [source.id() for source in sources if source is not None]

    maps = [entity.id() for entity in model.by_type("IfcRepresentationMap")]
    return _bad_trees(maps, parts, DEEPEST_MAPPING, MAPPING_CYCLE, MAPPING_DEPTH)


def _bad_booleans(model: Any) -> dict[int, Text]:
    def parts(number: int) -> list[int]:
        operation = model.by_id(number)
        operands = (operation.FirstOperand, operation.SecondOperand)
        return [inner.id() for operand in operands if (inner := _operation(operand)) is not None]

    operations = [entity.id() for entity in model.by_type("IfcBooleanResult")]
    return _bad_trees(operations, parts, DEEPEST_BOOLEAN, BOOLEAN_CYCLE, BOOLEAN_DEPTH)


def _operation(operand: Any) -> Any:
    """The Boolean operation that an operand is, or None."""
    if operand is not None and operand.is_a("IfcCsgSolid"):
        operand = operand.TreeRootExpression
    return operand if operand is not None and operand.is_a("IfcBooleanResult") else None


def _bad_trees(
    numbers: Sequence[int],
    parts: Callable[[int], list[int]],
    deepest: int,
    cycle: Text,
    too_deep: Text,
) -> dict[int, Text]:
    """Nodes that contain themselves, and roots of trees that are too deep or too large when unfolded.

    Without calling itself, for a hostile tree is deeper than Python's stack.
    """
    measured: dict[int, tuple[int, int]] = {}  # depth and leaves
    bad: dict[int, Text] = {}
    for root in numbers:
        open_now: set[int] = set()
        waiting = [(root, False)]
        while waiting:
            number, is_left = waiting.pop()
            if is_left:
                open_now.discard(number)
                below = [measured[part] for part in parts(number) if part in measured]
                depth = 1 + max((part[0] for part in below), default=0)
                leaves = 1 + sum(part[1] for part in below)
                measured[number] = (depth, min(leaves, MOST_PARTS + 1))
                if depth > deepest or leaves > MOST_PARTS:
                    bad.setdefault(number, too_deep)
            elif number not in measured and number not in open_now:
                open_now.add(number)
                waiting.append((number, True))
                for part in parts(number):
                    if part in open_now:
                        bad[part] = cycle
                    elif part not in measured:
                        waiting.append((part, False))
    return bad


def _bad_sizes(model: Any, length_unit: float) -> dict[int, Text]:
    bad: dict[int, Text] = {}
    for name, limits in RADII.items():
        for attribute, limit in limits.items():
            for number, value in _measures(model, name, attribute):
                size = value * length_unit
                if not 0.0 < size <= limit:
                    bad[number] = SIZE_RANGE.format(
                        name=name, attribute=attribute, value=size, limit=limit
                    )
    return bad


def _measures(model: Any, name: str, attribute: str) -> Iterator[tuple[int, float]]:
    """Numbers of instances, and what one of their attributes measures, where it is a number."""
    if isinstance(model, Instances):
        if not model.has_class(name):
            return
        numbers, values = model.measures(name, attribute)
        given = ~np.isnan(values)
        yield from zip(numbers[given].tolist(), values[given].tolist(), strict=True)
        return
    for entity in _all(model, name):
        value = getattr(entity, attribute, None)
        if isinstance(value, int | float):
            yield entity.id(), float(value)


def _too_many_openings(model: Any) -> dict[int, Text]:
    counts = Counter(_cut(model))
    return {
        number: OPENINGS.format(count=count)
        for number, count in counts.items()
        if count > MOST_OPENINGS
    }


def _cut(model: Any) -> Iterable[int]:
    """Number of the element that each opening is cut out of."""
    if isinstance(model, Instances):
        return model.referred("IfcRelVoidsElement", "RelatingBuildingElement").values()
    wholes = (relation.RelatingBuildingElement for relation in model.by_type("IfcRelVoidsElement"))
    return [whole.id() for whole in wholes if whole is not None]


def _products_above(model: Any, dangerous: Mapping[int, Text]) -> dict[int, Text]:
    """The products that dangerous instances are a part of, through whatever lies between."""
    found: dict[int, Text] = {}
    seen: set[int] = set()
    for number, why in dangerous.items():
        waiting = [model.by_id(number)]
        if waiting[0].is_a("IfcProduct"):
            found.update(dict.fromkeys(_concerned(model, waiting.pop()), why))
        elif waiting[0].is_a("IfcRoot"):
            waiting.pop()
        while waiting and len(seen) < VISITED:
            for user in model.get_inverse(waiting.pop()):
                if user.is_a("IfcProduct"):
                    for product in _concerned(model, user):
                        found.setdefault(product, why)
                elif not user.is_a("IfcRoot") and user.id() not in seen:
                    seen.add(user.id())
                    waiting.append(user)
    return found


def _concerned(model: Any, product: Any) -> Iterator[int]:
    """A product, or for an opening the elements it is cut out of."""
    yield product.id()
    if product.is_a("IfcFeatureElementSubtraction"):
        for relation in model.get_inverse(product):
            if (
                relation.is_a("IfcRelVoidsElement")
                and relation.RelatedOpeningElement is not None
                and relation.RelatedOpeningElement.id() == product.id()
                and relation.RelatingBuildingElement is not None
            ):
                yield relation.RelatingBuildingElement.id()
