"""IFC files of any size, written as STEP text: one furnished storey of a sample tower, again and again.

The storey keeps what is there (extruded walls with openings, a slab, mapped windows and columns, doors, a stair,
spaces with quantities) and is given what authoring tools add: furniture as faceted boundary representations, and a
property set of its own for every element. Storeys stand on each other as towers of 26, and the towers in rows.
Storeys of one tower have equal bodies, as in a real high-rise; those of two towers have not. Only the project, the
site, materials, styles and what is mapped are shared.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ENTITY = re.compile(r"^#(\d+)=([A-Z0-9_]+)\((.*)\);$", re.MULTILINE)
REFERENCE = re.compile(r"'(?:[^']|'')*'|#(\d+)")
GLOBAL_ID = re.compile(r"^'[0-9A-Za-z_$]{22}'")
NOT_ROOTED = re.compile(r"^IFC(PROPERTYSINGLEVALUE|QUANTITY|MATERIAL|SURFACE|PRESENTATION)")
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$"

STOREY = "'10F'"
SHARED = {
    "IFCPROJECT", "IFCSITE", "IFCMAPCONVERSION", "IFCMATERIAL", "IFCMATERIALDEFINITIONREPRESENTATION",
    "IFCREPRESENTATIONMAP",
}  # fmt: skip
DESCRIBED = {"IFCWALL", "IFCSLAB", "IFCWINDOW", "IFCDOOR", "IFCCOLUMN", "IFCSTAIR", "IFCFURNITURE"}

STOREYS = 26
STOREY_HEIGHT = 3600.0  # mm
TOWERS_A_ROW, SPACING = 6, 60_000.0  # mm between towers
FURNITURE, AROUND, RINGS = 8, 10, 6  # turned pieces a storey; faces around, and rings of them
SLOT = re.compile(r"\{(\w+)\}|#(\d+)")


@dataclass(frozen=True, slots=True)
class Entity:
    """One instance of a STEP file: its class and its arguments, as written.

    Arguments may hold slots such as ``{depth}``, filled for each copy.
    """

    kind: str
    arguments: str

    def references(self) -> list[int]:
        """Step numbers it names outside of strings."""
        return [int(number) for number in REFERENCE.findall(self.arguments) if number]


Entities = dict[int, Entity]


def write_enlarged(tower: Path, target: Path, *, size: int) -> None:
    """Write a file of at least so many bytes, by less than one storey more.

    Args:
        tower: a sample tower, as `samples` writes it.
        target: the file to write.
        size: bytes.
    """
    content = tower.read_text(encoding="ascii")
    entities = {
        int(number): Entity(kind, arguments) for number, kind, arguments in ENTITY.findall(content)
    }
    shared = _shared(entities)
    building = _building(entities, shared)
    storey = _storey(entities, shared, building)
    _furnish(storey)
    _describe(storey)
    _vary(storey)
    towers, storeys = _Template(building, shared), _Template(storey, shared)
    used = max(shared)
    with target.open("w", encoding="ascii", newline="\n") as stream:
        written = stream.write(content[: content.index("DATA;\n") + len("DATA;\n")])
        written += stream.write(
            "".join(f"#{n}={entities[n].kind}({entities[n].arguments});\n" for n in sorted(shared))
        )
        for copy in itertools.count():
            tower_number, level = divmod(copy, STOREYS)
            if level == 0:
                written += stream.write(towers.copy(used, _tower_fields(copy, tower_number)))
                standing = towers.numbers(used)
                used += len(building)
            fields = _storey_fields(copy, tower_number, level, building, standing)
            written += stream.write(storeys.copy(used, fields))
            used += len(storey)
            if written >= size:
                break
        stream.write("ENDSEC;\nEND-ISO-10303-21;\n")


def _tower_fields(copy: int, tower: int) -> dict[str, str]:
    row, place = divmod(tower, TOWERS_A_ROW)
    return {"copy": _digits(copy, 5), "x": f"{place * SPACING}", "y": f"{row * SPACING}"}


def _storey_fields(
    copy: int, tower: int, level: int, building: Entities, standing: Mapping[int, int]
) -> dict[str, str]:
    placement = _one(building, "IFCLOCALPLACEMENT")
    return {
        "copy": _digits(copy, 5),
        "elevation": f"{level * STOREY_HEIGHT}",
        "name": f"{level + 1}F",
        "depth": f"{STOREY_HEIGHT - 150.0 + tower}",
        "bulge": f"{400.0 + tower}",
        "building": f"#{standing[_one(building, 'IFCBUILDING')]}",
        "building_placement": f"#{standing[placement]}",
    }


def _shared(entities: Entities) -> set[int]:
    """What every copy refers to: the closure of shared classes, with its styles and relations."""
    roots = [number for number, entity in entities.items() if entity.kind in SHARED]
    shared = _closure(roots, entities)
    for number, entity in entities.items():
        named = entity.references()
        if entity.kind == "IFCSTYLEDITEM" and named[0] in shared:
            shared |= _closure([number], entities)
        elif entity.kind == "IFCRELAGGREGATES" and shared.issuperset(named):
            shared.add(number)
    return shared


def _building(entities: Entities, shared: set[int]) -> Entities:
    """The building, its placement with slots for its position, and its relation to the site."""
    number = _one(entities, "IFCBUILDING")
    (relation,) = [
        n
        for n, e in entities.items()
        if e.kind == "IFCRELAGGREGATES" and e.references()[-1] == number
    ]
    found = {n: entities[n] for n in _closure([number, relation], entities) - shared}
    _place(found, number, "({x},{y},0.)")
    return found


def _storey(entities: Entities, shared: set[int], building: Entities) -> Entities:
    """The storey with all that stands in it, and relations cut down to that."""
    (number,) = [
        n
        for n, e in entities.items()
        if e.kind == "IFCBUILDINGSTOREY" and f",{STOREY}," in e.arguments
    ]
    products = {number}
    relations: list[int] = []
    # Spaces and contents name the storey last; openings name their wall first, fillings their opening.
    for n, e in entities.items():
        named = e.references()
        if e.kind == "IFCRELCONTAINEDINSPATIALSTRUCTURE" and named[-1] == number:
            products.update(named[:-1])
            relations.append(n)
        elif e.kind == "IFCRELAGGREGATES" and named[0] == number:
            products.update(named[1:])
            relations.append(n)
    for kind in ("IFCRELVOIDSELEMENT", "IFCRELFILLSELEMENT"):
        for n, e in entities.items():
            named = e.references()
            if e.kind == kind and named[0] in products:
                products.add(named[1])
                relations.append(n)
    found = {
        n: entities[n]
        for n in _closure([*products, *relations], entities) - shared - building.keys()
    }
    found |= _cut_down(entities, products, shared)
    top = found[number]
    found[number] = Entity(
        top.kind, re.sub(r"[^,]+$", "{elevation}", top.arguments.replace(STOREY, "'{name}'"))
    )
    _place(found, number, "(0.,0.,{elevation})")
    placed, standing = _one(building, "IFCLOCALPLACEMENT"), _one(building, "IFCBUILDING")
    for n, e in found.items():
        found[n] = Entity(e.kind, re.sub(rf"#{placed}(?!\d)", "{building_placement}", e.arguments))
    found[_unused(found, entities)] = Entity(
        "IFCRELAGGREGATES", f"'{'0' * 22}',$,$,$,{{building}},(#{number})"
    )
    assert standing not in {r for e in found.values() for r in e.references()}
    return found


def _cut_down(entities: Entities, products: set[int], shared: set[int]) -> Entities:
    """Relations to types, materials and property sets, naming only these products."""
    found: Entities = {}
    for number, entity in entities.items():
        if entity.kind not in {
            "IFCRELDEFINESBYTYPE", "IFCRELASSOCIATESMATERIAL", "IFCRELDEFINESBYPROPERTIES",
        }:  # fmt: skip
            continue
        *described, by = entity.references()
        kept = [f"#{n}" for n in described if n in products]
        if kept:
            head = entity.arguments[: entity.arguments.index("(")]
            found[number] = Entity(entity.kind, f"{head}({','.join(kept)}),#{by}")
            found |= {n: entities[n] for n in _closure([by], entities) - shared}
    return found


def _furnish(storey: Entities) -> None:
    """Add turned pieces of furniture, each a closed IfcFacetedBrep of quadrangles between two caps."""
    holder = _one(storey, "IFCRELCONTAINEDINSPATIALSTRUCTURE")
    body = next(
        e.arguments.split(",")[0] for e in storey.values() if e.kind == "IFCSHAPEREPRESENTATION"
    )
    (standing,) = [e for e in storey.values() if e.kind == "IFCBUILDINGSTOREY"]
    storey_placement = standing.references()[0]
    for piece in range(FURNITURE):
        axes = _add(storey, "IFCCARTESIANPOINT", f"({2000.0 * piece - 8000.0},6000.,0.)")
        axes = _add(storey, "IFCAXIS2PLACEMENT3D", f"#{axes},$,$")
        placement = _add(storey, "IFCLOCALPLACEMENT", f"#{storey_placement},#{axes}")
        shape = _add(
            storey, "IFCSHAPEREPRESENTATION", f"{body},'Body','Brep',(#{_brep(storey, piece)})"
        )
        shape = _add(storey, "IFCPRODUCTDEFINITIONSHAPE", f"$,$,(#{shape})")
        number = _add(
            storey,
            "IFCFURNITURE",
            f"'{'0' * 22}',$,'Piece {piece}',$,$,#{placement},#{shape},$,.NOTDEFINED.",
        )
        held = storey[holder]
        storey[holder] = Entity(held.kind, held.arguments.replace("(#", f"(#{number},#", 1))


def _brep(storey: Entities, piece: int) -> int:
    """A turned body; its middle ring has a slot for its radius along x."""
    rings = []
    for level in range(RINGS + 1):
        ring = []
        for step in range(AROUND):
            angle = 2.0 * math.pi * step / AROUND
            radius = 300.0 + 20.0 * piece + 100.0 * math.sin(level)
            x, y = (round(radius * f(angle), 3) for f in (math.cos, math.sin))
            along = "{bulge}" if step == 0 and level == RINGS // 2 else f"{x}"
            ring.append(_add(storey, "IFCCARTESIANPOINT", f"({along},{y},{level * 120.0})"))
        rings.append(ring)
    loops = [rings[0][::-1], rings[-1]]
    for below, above in itertools.pairwise(rings):
        for i in range(AROUND):
            j = (i + 1) % AROUND
            loops.append([below[i], below[j], above[j], above[i]])
    faces = []
    for loop in loops:
        bound = _add(storey, "IFCPOLYLOOP", f"({_listed(loop)})")
        bound = _add(storey, "IFCFACEOUTERBOUND", f"#{bound},.T.")
        faces.append(_add(storey, "IFCFACE", f"(#{bound})"))
    shell = _add(storey, "IFCCLOSEDSHELL", f"({_listed(faces)})")
    return _add(storey, "IFCFACETEDBREP", f"#{shell}")


def _describe(storey: Entities) -> None:
    """Give every element a property set of its own, as authoring tools do."""
    described = [number for number, entity in storey.items() if entity.kind in DESCRIBED]
    for place, number in enumerate(described):
        values = {
            "Mark": f"IFCLABEL('{{copy}}-{place}')",
            "Phase": "IFCLABEL('New construction')",
            "Length": f"IFCLENGTHMEASURE({1000.0 + place})",
            "Area": f"IFCAREAMEASURE({1.0 + place / 8.0})",
            "Structural": "IFCBOOLEAN(.T.)",
            "Level": "IFCIDENTIFIER('{name}')",
        }
        properties = [
            _add(storey, "IFCPROPERTYSINGLEVALUE", f"'{name}',$,{value},$")
            for name, value in values.items()
        ]
        own = _add(storey, "IFCPROPERTYSET", f"'{'0' * 22}',$,'Identity',$,({_listed(properties)})")
        _add(storey, "IFCRELDEFINESBYPROPERTIES", f"'{'0' * 22}',$,$,$,(#{number}),#{own}")


def _vary(storey: Entities) -> None:
    """Let the walls of each tower have a height of their own."""
    walls = [number for number, entity in storey.items() if entity.kind == "IFCWALL"]
    for number in _closure(walls, storey):
        entity = storey[number]
        if entity.kind == "IFCEXTRUDEDAREASOLID":
            storey[number] = Entity(entity.kind, re.sub(r"[^,]+$", "{depth}", entity.arguments))


class _Template:
    """Entities as text with slots, so that a copy is one join of strings."""

    def __init__(self, entities: Entities, shared: set[int]) -> None:
        self._place = {number: i for i, number in enumerate(sorted(entities), start=1)}
        text = "".join(
            f"#{number}={entities[number].kind}({_own_global_id(entities[number], i)});\n"
            for number, i in self._place.items()
        )
        self._pieces: list[str] = []
        self._slots: list[tuple[int, int | str]] = []
        end = 0
        literal = ""
        for found in SLOT.finditer(text):
            literal += text[end : found.start()]
            end = found.end()
            field, number = found[1], found[2]
            if number is not None and int(number) in shared:
                literal += found[0]
                continue
            self._pieces += [literal if field else f"{literal}#", ""]
            self._slots.append((len(self._pieces) - 1, field or self._place[int(number)]))
            literal = ""
        self._pieces.append(literal + text[end:])

    def numbers(self, used: int) -> dict[int, int]:
        """Step number in the tower -> in the copy that begins after `used`."""
        return {number: used + place for number, place in self._place.items()}

    def copy(self, used: int, fields: Mapping[str, str]) -> str:
        """One copy, with step numbers from `used` + 1 on."""
        pieces = self._pieces.copy()
        for place, slot in self._slots:
            pieces[place] = fields[slot] if isinstance(slot, str) else str(used + slot)
        return "".join(pieces)


def _own_global_id(entity: Entity, place: int) -> str:
    """Arguments with a GlobalId made of the entity's place and the copy."""
    if NOT_ROOTED.match(entity.kind):
        return entity.arguments
    return GLOBAL_ID.sub(
        f"'2{_digits(place, 5)}{entity.kind[3:14].ljust(11, '_')}{{copy}}'", entity.arguments
    )


def _place(entities: Entities, product: int, at: str) -> None:
    """Write coordinates into the point on which a product's placement stands."""
    (placement,) = [
        n for n in entities[product].references() if entities[n].kind == "IFCLOCALPLACEMENT"
    ]
    axes = entities[placement].references()[-1]
    point = entities[axes].references()[0]
    users = [n for n, e in entities.items() if point in e.references()]
    assert users == [axes], "a point that others stand on too must not be moved"
    entities[point] = Entity("IFCCARTESIANPOINT", at)


def _closure(roots: Iterable[int], entities: Entities) -> set[int]:
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        number = waiting.pop()
        if number not in found and number in entities:
            found.add(number)
            waiting += entities[number].references()
    return found


def _add(entities: Entities, kind: str, arguments: str) -> int:
    number = max(entities) + 1
    entities[number] = Entity(kind, arguments)
    return number


def _one(entities: Entities, kind: str) -> int:
    (number,) = [n for n, e in entities.items() if e.kind == kind]
    return number


def _unused(*several: Entities) -> int:
    return max(max(entities) for entities in several) + 1


def _listed(numbers: Iterable[int]) -> str:
    return ",".join(f"#{number}" for number in numbers)


def _digits(number: int, count: int) -> str:
    text = ""
    for _ in range(count):
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text
