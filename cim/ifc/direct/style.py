"""What surfaces look like: styles of items, else of the material (IFC4 8.14.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cim.building import Material
from cim.ifc.direct.records import NotDirectError, Records
from cim.ifc.encoding import unescaped

SHADINGS = ("IFCSURFACESTYLERENDERING", "IFCSURFACESTYLESHADING")
USAGES = ("IFCMATERIALLAYERSETUSAGE", "IFCMATERIALPROFILESETUSAGE")
# Class -> place of its only member's list, and of the material in a member.
SETS: Mapping[str, tuple[int, int | None]] = {
    "IFCMATERIALLAYERSET": (0, 0),
    "IFCMATERIALPROFILESET": (2, 2),
    "IFCMATERIALCONSTITUENTSET": (2, 2),
    "IFCMATERIALLIST": (0, None),
}


class Styles:
    """Appearance in one file.

    Args:
        records: the file.

    Attributes:
        styled: shape (N,), for each row of the file the row of its own style, -1 for none.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._of_material: dict[int, int] = {}
        self._material_of: dict[int, int] = {}
        self._type_of: dict[int, int] = {}
        self._looks: dict[int, Material | None] = {}
        self._assigned: dict[tuple[int, ...], Material | None] = {}
        step = records.step
        self.styled = np.full(len(step.numbers), -1, dtype=np.int32)
        for row in step.rows_of("IFCSTYLEDITEM").tolist():
            item = records.arguments(row)[0]
            if isinstance(item, int) and item >= 0 and self.styled[item] < 0:
                self.styled[item] = row
        for row in step.rows_of("IFCMATERIALDEFINITIONREPRESENTATION").tolist():
            self._read_material(row)
        for row in step.rows_of("IFCRELASSOCIATESMATERIAL").tolist():
            self._relate(row, self._material_of)
        for row in step.rows_of("IFCRELDEFINESBYTYPE").tolist():
            self._relate(row, self._type_of)

    def of_item(self, row: int) -> Material | None:
        """The style of a representation item itself."""
        styled = int(self.styled[row]) if row >= 0 else -1
        return None if styled < 0 else self._look(styled)

    def of_product(self, row: int) -> Material | None:
        """The style of the only material of a product, or of its type."""
        material = self._single(self._material_of.get(row))
        if material is None:
            material = self._single(self._material_of.get(self._type_of.get(row, -1)))
        styled = self._of_material.get(-1 if material is None else material)
        return None if styled is None else self._look(styled)

    def _relate(self, row: int, target: dict[int, int]) -> None:
        related, relating = self._records.arguments(row)[4:6]
        if isinstance(relating, int):
            for product in related or ():
                if isinstance(product, int):
                    target.setdefault(product, relating)

    def _read_material(self, row: int) -> None:
        _, _, representations, material = self._records.arguments(row)[:4]
        for representation in representations or ():
            if self._records.name(representation) != "IFCSTYLEDREPRESENTATION":
                continue
            for item in self._records.arguments(representation)[3] or ():
                if self._records.name(item) == "IFCSTYLEDITEM" and isinstance(material, int):
                    self._of_material.setdefault(material, item)

    def _single(self, row: int | None) -> int | None:
        """The material when there is just one."""
        name = self._records.name(row)
        if name in USAGES:
            row = self._records.arguments(row)[0]  # type: ignore[arg-type]
            name = self._records.name(row)
        if name not in SETS or row is None:
            return row
        place, inner = SETS[name]
        members: list[Any] = self._records.arguments(row)[place] or []
        if len(members) != 1:
            return None
        found = members[0] if inner is None else self._records.arguments(members[0])[inner]
        return found if isinstance(found, int) else None

    def _look(self, styled: int) -> Material | None:
        if styled not in self._looks:
            try:
                self._looks[styled] = self._read_look(styled)
            except (NotDirectError, IndexError, TypeError, ValueError):
                self._looks[styled] = None  # a style that says no colour
        return self._looks[styled]

    def _read_look(self, styled: int) -> Material | None:
        assigned = tuple(self._records.arguments(styled)[1])
        if assigned not in self._assigned:
            self._assigned[assigned] = self._of_styles(assigned)
        return self._assigned[assigned]

    def _of_styles(self, assigned: Sequence[int]) -> Material | None:
        waiting = list(assigned)
        while waiting:
            row = waiting.pop(0)
            name = self._records.name(row)
            if name == "IFCPRESENTATIONSTYLEASSIGNMENT":
                waiting.extend(self._records.arguments(row)[0])
            elif name == "IFCSURFACESTYLE":
                return self._surface(row)
        return None

    def _surface(self, row: int) -> Material | None:
        called, _, styles = self._records.arguments(row)[:3]
        for style in styles:
            name = self._records.name(style)
            if name not in SHADINGS:
                continue
            arguments = self._records.arguments(style)
            colour = self._colour(arguments[0])
            if (
                len(arguments) > 2
            ):  # the kernel takes the diffuse colour of a rendering before its surface colour
                colour = self._diffuse(arguments[2], colour)
            see_through = arguments[1] if len(arguments) > 1 else None
            opacity = 1.0 - see_through if isinstance(see_through, float) else 1.0
            red, green, blue, alpha = (min(max(part, 0.0), 1.0) for part in (*colour, opacity))
            return Material(_text(called), (red, green, blue, alpha))
        return None

    def _colour(self, row: int) -> tuple[float, float, float]:
        _, red, green, blue = self._records.read(row, "IFCCOLOURRGB")[:4]
        return (float(red), float(green), float(blue))

    def _diffuse(
        self, given: Any, colour: tuple[float, float, float]
    ) -> tuple[float, float, float]:
        if isinstance(given, int):
            return self._colour(given)
        if isinstance(given, tuple) and given[1]:
            factor = float(given[1][0])
            return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
        return colour


def _text(raw: Any) -> str:
    return unescaped(raw) if isinstance(raw, bytes) else ""
