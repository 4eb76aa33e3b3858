"""What an architect submitted, as everyone downstream reads it.

All lengths are metres, all angles radians, all coordinates in the model's *engineering CRS* (the
local axes of the IFC file); `cim.frame` takes them to the city. Nothing here knows IfcOpenShell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from cim.association import Classification, MaterialDefinition
from cim.mesh import Mesh, box_corners, transform_points
from cim.properties import NO_SETS, PropertySets
from cim.text import Text


@dataclass(frozen=True, slots=True)
class Material:
    """A surface: its name and its colour (red, green, blue, opacity, each 0..1)."""

    name: str
    colour: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Representation:
    """One drawn body: a mesh of the model, and where it stands.

    Attributes:
        mesh: index into `BuildingModel.meshes`; elements that repeat share it.
        placement: shape (4, 4), mesh frame -> engineering CRS, metres.
    """

    mesh: int
    placement: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """A physical part: wall, slab, window, furniture.

    Attributes:
        global_id: the IFC GlobalId, 22 characters.
        ifc_class: the IFC class as written, e.g. ``IfcWall``.
        name: the IFC Name, or None.
        storey: GlobalId of the storey that holds it, directly or through its whole; None when none does.
        representation: its body; None when it has none or it could not be drawn.
        predefined_type: e.g. ``PARAPET``; of its type where that has one; ObjectType when user-defined; None when absent.
        type_name: the name of its IFC type object, or None.
        property_sets: Psets and quantity sets with inherited type properties, in SI.
        building: GlobalId of the building, bridge, road or other facility that holds it, or None.
        container: GlobalId of the spatial part that holds it directly or through its whole (a storey, space, facility
            part, building or site), or None.
        whole: GlobalId of the element it is a part of (IfcRelAggregates, IfcRelNests), or None.
        host: GlobalId of the element whose opening it fills: the wall of a window or door; None for all others.
        opening: GlobalId of that opening, or None.
        object_type: the IFC ObjectType, or None.
        type_id: GlobalId of its type object in `BuildingModel.types`, or None.
        material: what it is made of, its type's when it has none of its own; None when neither says.
        classifications: its own, then those of its type in systems it is not classified in itself.
    """

    global_id: str
    ifc_class: str
    name: str | None
    storey: str | None
    representation: Representation | None
    predefined_type: str | None
    type_name: str | None
    property_sets: PropertySets
    building: str | None = None
    container: str | None = None
    whole: str | None = None
    host: str | None = None
    opening: str | None = None
    object_type: str | None = None
    type_id: str | None = None
    material: MaterialDefinition | None = None
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ElementType:
    """A type that elements or spaces share (IfcTypeObject).

    Attributes:
        global_id, ifc_class, name: as in the file.
        predefined_type: ElementType when user-defined, or None.
        property_sets: its own; they are also in the sets of its occurrences.
        material, classifications: its own.
    """

    global_id: str
    ifc_class: str
    name: str | None
    predefined_type: str | None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    material: MaterialDefinition | None = None
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """A room or other space (IfcSpace).

    Attributes:
        global_id, name, storey: as for `Element`.
        long_name: the IFC LongName, or None.
        predefined_type: e.g. ``INTERNAL``, ``PARKING``, ``GFA``; ObjectType when user-defined; in IFC2X3 what
            InteriorOrExteriorSpace says; or None.
        representation: its body, or None.
        property_sets: as for `Element`.
        building: GlobalId of the building that holds it, or None.
        whole: GlobalId of the space it is a part of, or None.
        object_type: the IFC ObjectType, or None.
        floor_level: ElevationWithFlooring: of the finished floor, metres above the building's zero; None when absent.
        type_name, type_id, classifications: as for `Element`.
    """

    global_id: str
    name: str | None
    long_name: str | None
    storey: str | None
    predefined_type: str | None
    representation: Representation | None
    property_sets: PropertySets
    building: str | None = None
    whole: str | None = None
    object_type: str | None = None
    floor_level: float | None = None
    type_name: str | None = None
    type_id: str | None = None
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Storey:
    """A building storey.

    Attributes:
        global_id, name: as in the file; the LongName where there is no Name.
        building: GlobalId of the building that holds it, or None.
        elevation: of its structural floor, metres above the building's zero; None when neither the file nor its
            placement says.
        long_name: or None.
        estimated: whether the file states no elevation and `elevation` was taken from the placement.
        level: height of its placement, metres, engineering CRS; None without a placement.
        whole: GlobalId of the storey it is a part of, or None.
        property_sets, classifications: as for `Element`.
    """

    global_id: str
    name: str | None
    building: str | None
    elevation: float | None
    long_name: str | None = None
    estimated: bool = False
    level: float | None = None
    whole: str | None = None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as written (IfcPostalAddress); what is absent is None."""

    lines: tuple[str, ...] = ()
    postal_box: str | None = None
    town: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None

    def __str__(self) -> str:
        parts = (
            *self.lines,
            self.postal_box,
            self.town,
            self.region,
            self.postal_code,
            self.country,
        )
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, eq=False)
class Building:
    """A building, or another facility of IFC4X3 (bridge, road, railway, marine facility).

    Attributes:
        global_id, name: as in the file; the LongName where there is no Name.
        ifc_class: e.g. ``IfcBuilding``, ``IfcBridge``.
        long_name, object_type, predefined_type: or None.
        site: GlobalId of the site that holds it, or None.
        whole: GlobalId of the building it is a part of, or None.
        composition: ``COMPLEX``, ``ELEMENT`` or ``PARTIAL``, or None.
        zero_elevation: ElevationOfRefHeight: of the building's zero above sea level, metres, or None.
        terrain_elevation: ElevationOfTerrain: of the lowest ground around it above sea level, metres, or None.
        address: or None.
        property_sets, classifications: as for `Element`.
    """

    global_id: str
    name: str | None
    ifc_class: str = "IfcBuilding"
    long_name: str | None = None
    object_type: str | None = None
    predefined_type: str | None = None
    site: str | None = None
    whole: str | None = None
    composition: str | None = None
    zero_elevation: float | None = None
    terrain_elevation: float | None = None
    address: Address | None = None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FacilityPart:
    """A part of a facility that is no storey (IfcFacilityPart): a bridge's deck, a stretch of road.

    Attributes:
        global_id, ifc_class, name: as in the file.
        predefined_type: e.g. ``SUPERSTRUCTURE``, or None.
        facility: GlobalId of the facility in `BuildingModel.buildings`, or None.
        whole: GlobalId of the facility part it is a part of, or None.
        property_sets, classifications: as for `Element`.
    """

    global_id: str
    ifc_class: str
    name: str | None
    predefined_type: str | None = None
    facility: str | None = None
    whole: str | None = None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """An IfcSite.

    Attributes:
        global_id, name: as in the file.
        ref_latitude, ref_longitude: degrees, positive north and east, or None.
        ref_elevation: metres, in the datum the author meant (IFC does not say), or None.
        representation: terrain or parcel body, or None.
        long_name, object_type: or None.
        whole: GlobalId of the site it is a part of, or None.
        composition: ``COMPLEX``, ``ELEMENT`` or ``PARTIAL``, or None.
        land_title_number: or None.
        address: or None.
        parcel: closed rings drawn as curves (the parcel's boundary), each shape (N, 3), metres, engineering CRS, the first
            point not repeated; empty when the site draws none.
        parcel_source: identifier of the representation the rings are from, e.g. ``FootPrint``; None without rings.
        property_sets, classifications: as for `Element`.
    """

    global_id: str
    name: str | None
    ref_latitude: float | None
    ref_longitude: float | None
    ref_elevation: float | None
    representation: Representation | None
    long_name: str | None = None
    object_type: str | None = None
    whole: str | None = None
    composition: str | None = None
    land_title_number: str | None = None
    address: Address | None = None
    parcel: tuple[NDArray[np.float64], ...] = ()
    parcel_source: str | None = None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Things that belong together: a zone of spaces, a system of pipes.

    Attributes:
        global_id, ifc_class, name: as in the file.
        long_name, object_type: or None.
        predefined_type: ObjectType when user-defined, or None.
        members: GlobalIds of spaces, elements or other groups, in the order of the file.
        property_sets, classifications: as for `Element`.
    """

    global_id: str
    ifc_class: str
    name: str | None
    long_name: str | None = None
    object_type: str | None = None
    predefined_type: str | None = None
    members: tuple[str, ...] = ()
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Project:
    """The IfcProject; `phase` is as written, what is absent is None."""

    global_id: str
    name: str | None
    long_name: str | None = None
    description: str | None = None
    phase: str | None = None
    property_sets: PropertySets = field(default_factory=lambda: NO_SETS)
    classifications: tuple[Classification, ...] = ()


@dataclass(frozen=True, slots=True)
class MapConversion:
    """How the file itself places its engineering CRS on the map (IFC4 8.18.3.10), as written.

    Attributes:
        source: ``IfcMapConversion``, ``IfcMapConversionScaled``, ``IfcRigidOperation`` or ``ePSet_MapConversion``.
        eastings, northings, orthogonal_height: as written, in map units.
        x_axis_abscissa, x_axis_ordinate: map direction of the engineering x axis; None when absent.
        scale: as written; None when absent.
        projected_crs: the name as written, e.g. ``EPSG:4548``; None when absent.
        vertical_datum: as written, or None.
        map_unit: metres per map unit; None when the file does not say.
        length_unit: metres per project length unit.
        factors: extra scale along x, y, z (IfcMapConversionScaled); 1 each for all others.
        angular: whether the coordinates are angles (IfcRigidOperation towards a geographic CRS).
    """

    source: str
    eastings: float
    northings: float
    orthogonal_height: float
    x_axis_abscissa: float | None
    x_axis_ordinate: float | None
    scale: float | None
    projected_crs: str | None
    vertical_datum: str | None
    map_unit: float | None
    length_unit: float
    factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    angular: bool = False


@dataclass(frozen=True, slots=True)
class SpatialOrigin:
    """Where an IfcSite or IfcBuilding is placed.

    Attributes:
        ifc_class, global_id: whose placement it is.
        position: of its local origin, metres, engineering CRS.
    """

    ifc_class: str
    global_id: str
    position: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Georeference:
    """What else a file says about its place.

    Attributes:
        other_conversions: further map conversions beside the first, which compete with it.
        declared_crs: name of a projected CRS that no conversion leads to, or None.
        world: x, y, z (metres) and turn about z (radians) of the context's WorldCoordinateSystem; None
            when it is the identity, as it is in nearly every file.
        origins: of all sites and buildings, in the order of the file.
    """

    other_conversions: tuple[MapConversion, ...] = ()
    declared_crs: str | None = None
    world: tuple[float, float, float, float] | None = None
    origins: tuple[SpatialOrigin, ...] = ()


NO_GEOREFERENCE = Georeference()


@dataclass(frozen=True, slots=True)
class Undrawn:
    """An element that has a body in the file which could not be drawn, and why."""

    global_id: str
    ifc_class: str
    reason: Text


class DefectKind(StrEnum):
    """What is wrong with a file as a whole."""

    CUT_OFF = "cut_off"  # its end is missing
    BROKEN_STATEMENT = "broken_statement"  # stops in the middle, or is none
    MISSING_INSTANCE = "missing_instance"  # referred to and not there
    REPEATED_INSTANCE = "repeated_instance"  # two of one number; one of them is lost
    UNREAD_INSTANCE = "unread_instance"  # there, and contradicting its own schema
    UNKNOWN_CLASS = "unknown_class"  # of a class the schema does not have
    WRONG_ARGUMENTS = "wrong_arguments"  # fewer or more than the class has
    SECOND_FILE = "second_file"  # another file behind the end of the first
    UNKNOWN_UNIT = "unknown_unit"  # of length; every size is a guess
    REPEATED_GLOBAL_ID = "repeated_global_id"

    @property
    def bars_verdicts(self) -> bool:
        """Whether a part of the building may be missing or of another size, so that no rule can be answered."""
        return self not in (
            DefectKind.UNKNOWN_CLASS,
            DefectKind.WRONG_ARGUMENTS,
            DefectKind.REPEATED_GLOBAL_ID,
        )


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong with a file as a whole.

    Attributes:
        kind: what.
        count: how many times.
        sentence: for people.
        examples: instance numbers (``#12``), class names, GlobalIds or places, a few of them.
    """

    kind: DefectKind
    count: int
    sentence: Text
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class BuildingModel:
    """One IFC file, read.

    Attributes:
        sha256: of the file's bytes, hexadecimal.
        file_name: the name it was read under.
        schema: e.g. ``IFC4``.
        authoring_tool: from the header, or None.
        project_name: IfcProject.Name, or None.
        sites: in the order of the file.
        buildings: buildings and other facilities, in the order of the file; those of a complex and their parts too.
        storeys: building by building, each lowest first, those without an elevation last.
        spaces: in the order of the file.
        elements: class by class, each class in the order of the file.
        map_conversion: the file's own placement on the map, or None.
        true_north: angle from the engineering y axis to true north, radians, counter-clockwise; None when absent.
        warnings: what the reader noticed in the file.
        length_unit: metres of one unit of the file; everything here is in metres already.
        defects: what is wrong with the file as a whole; each is among the warnings too.
        georeference: what else the file says about its place.
        project: the first of the file; None when it has none.
        facility_parts: parts of facilities that are no storeys, in the order of the file.
        types: those that elements and spaces are occurrences of, in the order of the file.
        zones: IfcZone and IfcSpatialZone, in the order of the file.
        groups: all other IfcGroup: systems, assets, structural models.
    """

    sha256: str
    file_name: str
    schema: str
    authoring_tool: str | None
    project_name: str | None
    sites: tuple[Site, ...]
    buildings: tuple[Building, ...]
    storeys: tuple[Storey, ...]
    spaces: tuple[Space, ...]
    elements: tuple[Element, ...]
    meshes: tuple[Mesh, ...]
    materials: tuple[Material, ...]
    map_conversion: MapConversion | None
    true_north: float | None
    undrawn: tuple[Undrawn, ...]
    warnings: tuple[Text, ...]
    length_unit: float = 1.0
    defects: tuple[Defect, ...] = ()
    georeference: Georeference = NO_GEOREFERENCE
    project: Project | None = None
    facility_parts: tuple[FacilityPart, ...] = ()
    types: tuple[ElementType, ...] = ()
    zones: tuple[Group, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all of the file was there to read; what is not complete can be looked at, not judged."""
        return not any(defect.kind.bars_verdicts for defect in self.defects)

    def drawn(self) -> Iterator[tuple[Element, Representation]]:
        """Every element that has a body, with that body."""
        for element in self.elements:
            if element.representation is not None:
                yield element, element.representation

    def body(self, representation: Representation) -> Mesh:
        """The body in the engineering CRS."""
        return self.meshes[representation.mesh].transformed(representation.placement)

    def bounds(self) -> NDArray[np.float64] | None:
        """Lowest and highest corner of all drawn elements, shape (2, 3), engineering CRS; None when nothing is drawn."""
        corners = [
            transform_points(body.placement, box_corners(self.meshes[body.mesh].vertices))
            for _, body in self.drawn()
            if len(self.meshes[body.mesh].vertices)
        ]
        if not corners:
            return None
        points = np.concatenate(corners)
        return np.stack([points.min(axis=0), points.max(axis=0)])
