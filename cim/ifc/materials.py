"""What elements are made of (IfcRelAssociatesMaterial), and the colours of the materials themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cim.association import Colour, MaterialComponent, MaterialDefinition, MaterialKind
from cim.ifc.attributes import Attributes

RELATED, RELATING = 4, 5  # places in IfcRelAssociatesMaterial, in every schema


class MaterialReader:
    """Reads the materials of one file; a definition shared by many elements is read once.

    Args:
        model: the open file.
        length_unit: metres per project length unit.
        attributes: of the file's schema.
    """

    def __init__(self, model: Any, *, length_unit: float, attributes: Attributes) -> None:
        self._length = length_unit
        self._attributes = attributes
        self._associated: dict[int, Any] = {}
        for relation in model.by_type("IfcRelAssociatesMaterial"):
            material = relation.get_argument(RELATING)
            for product in relation.get_argument(RELATED) or ():
                if material is not None:
                    self._associated.setdefault(product.id(), material)
        self._known: dict[int, MaterialDefinition | None] = {}
        self._colours = _colours(model, attributes)
        self._readers: dict[str, Callable[[Any], MaterialDefinition | None]] = {
            "IfcMaterial": self._single,
            "IfcMaterialList": self._list,
            "IfcMaterialLayer": self._one_layer,
            "IfcMaterialLayerWithOffsets": self._one_layer,
            "IfcMaterialLayerSet": self._layers,
            "IfcMaterialLayerSetUsage": self._used_layers,
            "IfcMaterialConstituent": self._one_constituent,
            "IfcMaterialConstituentSet": self._constituents,
            "IfcMaterialProfile": self._one_profile,
            "IfcMaterialProfileWithOffsets": self._one_profile,
            "IfcMaterialProfileSet": self._profiles,
            "IfcMaterialProfileSetUsage": self._used_profiles,
            "IfcMaterialProfileSetUsageTapering": self._used_profiles,
        }

    def material_of(self, product: Any, kind: Any) -> MaterialDefinition | None:
        """What a product is made of: its own material, or that of its type; None when neither says."""
        for owner in (product, kind):
            material = None if owner is None else self._associated.get(owner.id())
            if material is not None:
                return self._definition(material)
        return None

    def _definition(self, material: Any) -> MaterialDefinition | None:
        number = material.id()
        if number not in self._known:
            read = self._readers.get(material.is_a())
            self._known[number] = None if read is None else read(material)
        return self._known[number]

    def _single(self, material: Any) -> MaterialDefinition:
        return MaterialDefinition(
            MaterialKind.SINGLE, material.Name, (self._component(material, material),)
        )

    def _list(self, entity: Any) -> MaterialDefinition:
        parts = tuple(self._component(None, material) for material in entity.Materials or ())
        return MaterialDefinition(MaterialKind.LIST, None, parts)

    def _one_layer(self, layer: Any) -> MaterialDefinition:
        return MaterialDefinition(MaterialKind.LAYERS, None, (self._layer(layer),))

    def _layers(self, entity: Any) -> MaterialDefinition:
        layers = tuple(self._layer(layer) for layer in entity.MaterialLayers or ())
        return MaterialDefinition(MaterialKind.LAYERS, entity.LayerSetName, layers)

    def _used_layers(self, usage: Any) -> MaterialDefinition | None:
        if usage.ForLayerSet is None:
            return None
        layers = self._layers(usage.ForLayerSet)
        return MaterialDefinition(
            layers.kind,
            layers.name,
            layers.components,
            direction=usage.LayerSetDirection,
            offset=self._attributes.number(usage, "OffsetFromReferenceLine", self._length),
        )

    def _one_constituent(self, entity: Any) -> MaterialDefinition:
        return MaterialDefinition(
            MaterialKind.CONSTITUENTS, None, (self._component(entity, entity.Material),)
        )

    def _constituents(self, entity: Any) -> MaterialDefinition:
        """In the order of the file: the standard keeps them as a set."""
        members = sorted(entity.MaterialConstituents or (), key=lambda member: member.id())
        parts = tuple(self._component(member, member.Material) for member in members)
        return MaterialDefinition(MaterialKind.CONSTITUENTS, entity.Name, parts)

    def _one_profile(self, entity: Any) -> MaterialDefinition:
        return MaterialDefinition(
            MaterialKind.PROFILES, None, (self._component(entity, entity.Material),)
        )

    def _profiles(self, entity: Any) -> MaterialDefinition:
        members = entity.MaterialProfiles or ()
        parts = tuple(self._component(member, member.Material) for member in members)
        return MaterialDefinition(MaterialKind.PROFILES, entity.Name, parts)

    def _used_profiles(self, usage: Any) -> MaterialDefinition | None:
        return None if usage.ForProfileSet is None else self._profiles(usage.ForProfileSet)

    def _layer(self, layer: Any) -> MaterialComponent:
        return self._component(layer, layer.Material)

    def _component(self, member: Any, material: Any) -> MaterialComponent:
        """One material in its role; `member` is the layer, constituent or profile, None for a bare material."""
        told = self._attributes
        role = member is not None and not member.is_a("IfcMaterial")
        profile = told.get(member, "Profile") if role else None
        ventilated = told.get(member, "IsVentilated") if role else None
        return MaterialComponent(
            material=None if material is None else material.Name,
            name=told.word(member, "Name") if role else None,
            category=told.word(member if role else material, "Category")
            if role or material is not None
            else None,
            thickness=told.number(member, "LayerThickness", self._length) if role else None,
            fraction=told.number(member, "Fraction") if role else None,
            profile=None if profile is None else profile.ProfileName,
            ventilated=ventilated if isinstance(ventilated, bool) else None,
            colour=None if material is None else self._colours.get(material.id()),
        )


def _colours(model: Any, attributes: Attributes) -> dict[int, Colour]:
    """Step number of an IfcMaterial -> its colour."""
    found: dict[int, Colour] = {}
    for definition in model.by_type("IfcMaterialDefinitionRepresentation"):
        material = definition.RepresentedMaterial
        colour = _first_colour(definition, attributes)
        if material is not None and colour is not None:
            found.setdefault(material.id(), colour)
    return found


def _first_colour(definition: Any, attributes: Attributes) -> Colour | None:
    for representation in definition.Representations or ():
        for item in representation.Items or ():
            for style in item.Styles or () if item.is_a("IfcStyledItem") else ():
                # IFC2X3 and IFC4 put an assignment between the item and its styles.
                assigned = (
                    style.Styles if style.is_a("IfcPresentationStyleAssignment") else (style,)
                )
                for surface in assigned or ():
                    colour = _surface_colour(surface, attributes)
                    if colour is not None:
                        return colour
    return None


def _surface_colour(style: Any, attributes: Attributes) -> Colour | None:
    for element in style.Styles or () if style.is_a("IfcSurfaceStyle") else ():
        if element.is_a("IfcSurfaceStyleShading") and element.SurfaceColour is not None:
            told = element.SurfaceColour
            # IFC2X3 has transparency on renderings only.
            clear = attributes.number(element, "Transparency") or 0.0
            parts = (float(told.Red), float(told.Green), float(told.Blue), 1.0 - clear)
            red, green, blue, opacity = (min(max(part, 0.0), 1.0) for part in parts)
            return (red, green, blue, opacity)
    return None
