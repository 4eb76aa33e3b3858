"""Representation items as bodies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cim.building import Material
from cim.ifc.direct import facets
from cim.ifc.direct.curve import Curves
from cim.ifc.direct.ears import MOST_POINTS
from cim.ifc.direct.matrices import determinant
from cim.ifc.direct.mending import mended
from cim.ifc.direct.placement import Placements
from cim.ifc.direct.profile import Profiles
from cim.ifc.direct.records import NotDirectError, Records
from cim.ifc.direct.solid import Solid, Triangles, prism, signed_volume, solid_of
from cim.ifc.direct.style import Styles
from cim.mesh import transform_points

DEEPEST = 64  # levels of mapped items and booleans; deeper ones are the kernel's to judge
REACH = 2.0  # a bounded half-space is drawn this many times as long as what it cuts


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One item drawn.

    Attributes:
        body: points and triangles, metres.
        look: None when nothing says how it looks.
        is_round: it has chords for arcs; once it is cut, the kernel chooses other chords, so cutting it is the kernel's.
        is_closed: it is known to be a closed body, by the way it was made.
    """

    body: Triangles
    look: Material | None
    is_round: bool = False
    is_closed: bool = False

    def moved(self, matrix: NDArray[np.float64]) -> Piece:
        """The piece under an affine matrix (4, 4); turned inside out by a mirror, its faces are turned back."""
        vertices, faces = self.body
        if determinant(matrix) < 0.0:
            faces = faces[:, ::-1]
        return replace(self, body=(transform_points(matrix, vertices), faces))

    def solid(self) -> Solid:
        """The piece as a body that can be cut.

        Raises:
            NotDirectError: it is round, or not a closed body.
        """
        if self.is_round:
            raise NotDirectError("round")
        return Solid(*self.body) if self.is_closed else solid_of(self.body)


class Items:
    """Draws the items of one file.

    Args:
        records: the file.
        placements: of the file.
        styles: of the file.
    """

    def __init__(self, records: Records, placements: Placements, styles: Styles) -> None:
        self._records = records
        self._placements = placements
        self._profiles = Profiles(records, Curves(records, placements), placements)
        self._styles = styles
        self._representations: dict[int, list[Piece]] = {}

    def representation(self, row: Any, depth: int = 0) -> list[Piece]:
        """All items of an IfcShapeRepresentation; drawn once.

        Raises:
            NotDirectError: one cannot be drawn here.
        """
        if row not in self._representations:
            items = self._records.read(row, "IFCSHAPEREPRESENTATION")[3]
            self._representations[row] = [
                piece for item in items for piece in self.pieces(item, depth)
            ]
        return self._representations[row]

    def pieces(self, row: Any, depth: int) -> list[Piece]:
        """What one item draws: one piece, or those of the representation it repeats."""
        if depth > DEEPEST:
            raise NotDirectError("depth")
        if self._records.name(row) == "IFCMAPPEDITEM":
            source, matrix = self.mapping(row)
            look = self._styles.of_item(row)
            moved = [piece.moved(matrix) for piece in self.representation(source, depth + 1)]
            return [replace(piece, look=piece.look or look) for piece in moved]
        return [replace(self._piece(row, depth), look=self._look(row))]

    def mapping(self, row: int) -> tuple[int, NDArray[np.float64]]:
        """The representation an IfcMappedItem repeats, and the matrix (4, 4) it is repeated under."""
        source, target = self._records.read(row, "IFCMAPPEDITEM")[:2]
        origin, representation = self._records.read(source, "IFCREPRESENTATIONMAP")[:2]
        return representation, self._placements.operator(target) @ self._placements.axes(origin)

    def _look(self, row: int) -> Material | None:
        """The style of an item, or of what it was cut from."""
        look = self._styles.of_item(row)
        while look is None and self._records.name(row) in BOOLEANS:
            row = self._records.arguments(row)[1]
            look = self._styles.of_item(row)
        return look

    def _piece(self, row: int, depth: int) -> Piece:
        """An item that is not mapped, without its look."""
        name = self._records.name(row)
        if name == "IFCEXTRUDEDAREASOLID":
            return self._extrusion(row)
        if name in BOOLEANS:
            cut = self._boolean(row, depth)
            return Piece((cut.vertices, cut.faces), None, is_closed=True)
        return Piece(self._faceted(row, name), None)

    def _faceted(self, row: int, name: str) -> Triangles:
        if name in BREPS:
            return self._brep(row, name)
        if name in SURFACE_MODELS:
            shells = self._records.read(row, name)[0]
            if any(self._records.name(shell) not in SHELLS for shell in shells):
                raise NotDirectError(name)
            vertices, faces = facets.shells(self._records, shells)
            return vertices, mended(vertices, faces)[0]
        if name == "IFCTRIANGULATEDFACESET":
            return facets.triangulated_face_set(self._records, row)
        if name == "IFCPOLYGONALFACESET":
            vertices, faces = facets.polygonal_face_set(self._records, row)
            return vertices, mended(vertices, faces)[0]
        raise NotDirectError(name)

    def _extrusion(self, row: int) -> Piece:
        profile, position, direction, depth = self._records.read(row, "IFCEXTRUDEDAREASOLID")[:4]
        if not isinstance(depth, float) or not 0.0 < depth < math.inf:
            raise NotDirectError("Depth")
        way = np.array(self._placements.direction(direction)) * (depth * self._records.length)
        rings = self._profiles.rings(profile)
        vertices, faces = prism(rings, way, self._placements.axes(position))
        if len(rings) > 1 or len(rings[0]) > MOST_POINTS:
            # Where a hole touches the outline, a cap may pass over the corners there.
            faces, _ = mended(vertices, faces)
        return Piece((vertices, faces), None, self._profiles.is_round(profile), is_closed=True)

    def _brep(self, row: int, name: str) -> Triangles:
        """A body bounded by closed shells, turned right side out; one whose shell is open is drawn as it is."""
        arguments = self._records.read(row, name)
        inner = arguments[1] if len(arguments) > 1 else []
        if any(self._records.name(shell) != "IFCCLOSEDSHELL" for shell in (arguments[0], *inner)):
            raise NotDirectError(name)
        vertices, faces = facets.shells(self._records, (arguments[0], *inner))
        faces, closed = mended(vertices, faces)
        if not closed:
            if inner:
                raise NotDirectError("an open shell around a void")
            return vertices, faces
        volume = signed_volume(vertices, faces)
        return vertices, faces if volume >= 0.0 else faces[:, ::-1]

    def _boolean(self, row: int, depth: int) -> Solid:
        if depth > DEEPEST:
            raise NotDirectError("depth")
        operator, first, second = self._records.read(row, *BOOLEANS)[:3]
        body = self._solid(first, depth + 1)
        if self._records.name(second) in HALF_SPACES:
            if operator != b"DIFFERENCE":
                raise NotDirectError("half-space")
            return self._clipped(body, second)
        other = self._solid(second, depth + 1)
        if operator == b"DIFFERENCE":
            return body.without([other])
        if operator == b"INTERSECTION":
            return body.common(other)
        return body.joined(other)

    def _solid(self, row: int, depth: int) -> Solid:
        if self._records.name(row) in BOOLEANS:
            return self._boolean(row, depth)
        return self._piece(row, depth).solid()

    def _clipped(self, body: Solid, row: int) -> Solid:
        name = self._records.name(row)
        arguments = self._records.read(row, name)
        plane = self._placements.axes(self._records.read(arguments[0], "IFCPLANE")[0])
        # The normal points away from the material when the flag is true (IFC4 8.8.3.20), so its side is what is left.
        normal = plane[:3, 2] if arguments[1] == b"T" else -plane[:3, 2]
        offset = float(normal @ plane[:3, 3])
        if name == "IFCHALFSPACESOLID":
            return body.trimmed(normal, offset)
        position = self._placements.axes(arguments[2])
        ring = self._profiles.boundary(arguments[3])
        local = transform_points(
            np.asarray(np.linalg.inv(position), dtype=np.float64), body.vertices
        )
        size = REACH * float(np.ptp(body.vertices, axis=0).max()) + 1.0
        low, high = float(local[:, 2].min()) - size, float(local[:, 2].max()) + size
        lowered = position.copy()
        lowered[:3, 3] += position[:3, 2] * low
        column = Solid(*prism([ring], np.array([0.0, 0.0, high - low]), lowered))
        try:
            cutter = column.trimmed(-normal, -offset)
        except NotDirectError:
            raise NotDirectError("half-space") from None
        return body.without([cutter])


BOOLEANS = ("IFCBOOLEANRESULT", "IFCBOOLEANCLIPPINGRESULT")
HALF_SPACES = ("IFCHALFSPACESOLID", "IFCPOLYGONALBOUNDEDHALFSPACE")
BREPS = ("IFCFACETEDBREP", "IFCFACETEDBREPWITHVOIDS")
SURFACE_MODELS = ("IFCFACEBASEDSURFACEMODEL", "IFCSHELLBASEDSURFACEMODEL")
SHELLS = ("IFCOPENSHELL", "IFCCLOSEDSHELL", "IFCCONNECTEDFACESET")
