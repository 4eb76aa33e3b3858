"""How a city weighs floor area for its floor area ratio: exceptions by use, storey or depth, and storeys too high.

Both are local and differ from city to city, so they are tables of the rulebook; the first entry that fits decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bim_checks.finding import Unit
from bim_checks.measures.area_regime import REACHED
from bim_checks.measures.floor_parts import FloorPart
from bim_checks.parameters import parameter, parameters
from cim.building import Space

Storeys = tuple[str, ...]


@parameters
class CountingException:
    """Floor area that counts otherwise; every condition stated must hold, and at least one must be stated."""

    name: str = parameter(zh="名称，写入台账", en="its name, shown in the ledger")
    coefficient: float = parameter(zh="计容系数", en="factor of the area", unit=Unit.RATIO)
    clause: str = parameter(zh="条款", en="the clause")
    space_type: str | None = parameter(
        zh="空间的 PredefinedType，如 PARKING",
        en="PredefinedType of the space, e.g. PARKING",
        default=None,
    )
    space_name: str | None = parameter(
        zh="空间名称（正则表达式）", en="pattern of the space's name", default=None
    )
    storey_name: str | None = parameter(
        zh="楼层名称（正则表达式）", en="pattern of the storey's name", default=None
    )
    below_ground: bool | None = parameter(
        zh="是否地下层", en="whether the storey lies below ground", default=None
    )
    kind: str | None = parameter(
        zh="部位，如 covered_open（架空）",
        en="kind of the part, e.g. covered_open (a storey on columns)",
        default=None,
    )

    def __post_init__(self) -> None:
        for pattern in (self.space_name, self.storey_name):
            _compiled(pattern)
        stated = (self.space_type, self.space_name, self.storey_name, self.below_ground, self.kind)
        if all(condition is None for condition in stated):
            raise ValueError("an exception without a condition would hold for all area")


@parameters
class TallStorey:
    """Storeys of a use that count more than once when they are too high."""

    limit: float = parameter(zh="层高限值", en="highest storey height", unit=Unit.METRE)
    factor: float = parameter(zh="超过时的系数", en="factor above it", unit=Unit.RATIO)
    clause: str = parameter(zh="条款", en="the clause")
    space_name: str | None = parameter(
        zh="空间名称（正则表达式）；省略则适用于其余空间",
        en="pattern of the space's name; for all other spaces where absent",
        default=None,
    )

    def __post_init__(self) -> None:
        _compiled(self.space_name)


def weight_of(
    part: FloorPart,
    exceptions: Sequence[CountingException],
    limits: Mapping[FloorPart, TallStorey],
    below_ground: Mapping[Storeys, bool | None],
) -> tuple[float, str]:
    """Factor of a part, and the entry that says so: the first exception that fits, else the storey's height.

    Args:
        part: of a floor.
        exceptions: of the rulebook.
        limits: as `height_limits` tells them.
        below_ground: whether each storey lies below ground; None where the ground there is not known.
    """
    for entry in exceptions:
        if _fits(entry, part, below_ground.get(part.storey_ids)):
            return entry.coefficient, f"{entry.name} ({entry.clause})"
    found = limits.get(part)
    if found is not None and is_too_tall(part, found):
        return found.factor, found.clause
    return 1.0, ""


def height_limits(
    parts: Sequence[FloorPart], tall: Sequence[TallStorey]
) -> Mapping[FloorPart, TallStorey]:
    """The entry that limits the storey height of each part; parts that none fits are left out.

    A space falls under the first entry that fits it; walls and shafts under the one that most of their storey's spaces fall under.
    """
    entries = [_entry_of(part.space, tall) for part in parts]
    shares: dict[Storeys, dict[TallStorey | None, float]] = {}
    for part, entry in zip(parts, entries, strict=True):
        if part.space is not None:
            of_storey = shares.setdefault(part.storey_ids, {})
            of_storey[entry] = of_storey.get(entry, 0.0) + part.area
    found = {}
    for part, entry in zip(parts, entries, strict=True):
        of_storey = shares.get(part.storey_ids, {})
        if part.space is None and of_storey:
            entry = max(of_storey, key=lambda stated: of_storey[stated])
        if entry is not None:
            found[part] = entry
    return found


def _entry_of(space: Space | None, tall: Sequence[TallStorey]) -> TallStorey | None:
    return next(
        (e for e in tall if e.space_name is None or matches(e.space_name, space)),
        None,
    )


def is_too_tall(part: FloorPart, entry: TallStorey) -> bool:
    """Whether a part's storey is higher than an entry allows; a part under a pitched roof has no storey height."""
    height = part.storey_height if part.clear_height is None else None
    return part.kind == "enclosed" and height is not None and height > entry.limit + REACHED


def matches(pattern: str, space: Space | None) -> bool:
    """Whether a space's name, long name or object type contains a pattern."""
    said = (space.long_name, space.name, space.object_type) if space is not None else ()
    return any(text and re.search(pattern, text) for text in said)


def _fits(entry: CountingException, part: FloorPart, below: bool | None) -> bool:
    kind = part.space.predefined_type if part.space is not None else None
    return (
        entry.space_type in (None, kind)
        and entry.kind in (None, part.kind)
        and entry.below_ground in (None, below)
        and (entry.space_name is None or matches(entry.space_name, part.space))
        and (entry.storey_name is None or re.search(entry.storey_name, part.storey) is not None)
    )


def _compiled(pattern: str | None) -> None:
    """Refuse what is no pattern.

    Raises:
        ValueError: says what is wrong with it; the rulebook adds file and line.
    """
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise ValueError(str(error)) from error
