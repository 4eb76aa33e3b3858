"""What an IFC file associates with its parts: materials and classifications."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Colour = tuple[float, float, float, float]
"""Red, green, blue, opacity, each 0..1."""


class MaterialKind(StrEnum):
    """How the materials of an element are put together (IFC4 8.9)."""

    SINGLE = "single"
    LAYERS = "layers"
    CONSTITUENTS = "constituents"
    PROFILES = "profiles"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class MaterialComponent:
    """One material of an element.

    Attributes:
        material: IfcMaterial.Name; None for a layer that names none (IFC allows an air gap to be so).
        name: of the layer, constituent or profile, or None.
        category: e.g. ``LoadBearing``, or None.
        thickness: of a layer, metres; None for all others.
        fraction: share of a constituent, 0..1, or None.
        profile: name of the profile swept, or None.
        ventilated: whether a layer is an air gap that is ventilated; None when the file does not say.
        colour: the surface style of the material itself, or None; a body may be styled otherwise.
    """

    material: str | None
    name: str | None = None
    category: str | None = None
    thickness: float | None = None
    fraction: float | None = None
    profile: str | None = None
    ventilated: bool | None = None
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class MaterialDefinition:
    """What an element is made of.

    Attributes:
        kind: how the components are put together.
        name: of the set, or of the single material; None when absent.
        components: in the order of the file; layers from the reference line on.
        direction: ``AXIS1``, ``AXIS2`` or ``AXIS3``, the local axis that layers are stacked along; None without a usage.
        offset: of the first layer's face from the reference line along that axis, metres; None without a usage.
    """

    kind: MaterialKind
    name: str | None
    components: tuple[MaterialComponent, ...]
    direction: str | None = None
    offset: float | None = None

    @property
    def thickness(self) -> float | None:
        """Of all layers together, metres; None when there are none or one does not say."""
        known = [part.thickness for part in self.components if part.thickness is not None]
        return sum(known) if known and len(known) == len(self.components) else None


@dataclass(frozen=True, slots=True)
class Classification:
    """One classification of a part.

    Attributes:
        system: name of the IfcClassification, e.g. ``Uniclass``; None when the reference leads to none.
        edition: of the system, or None.
        identification: the code, e.g. ``EF_25_10``; None when the part is classified by the system alone.
        name: of the class, or None.
        inherited: whether it is the type's and not the part's own.
    """

    system: str | None
    edition: str | None
    identification: str | None
    name: str | None
    inherited: bool = False
