"""Closed bodies: prisms, and what is left of them after clipping and cutting (IFC4 8.8.3.15, 8.8.3.7, 8.8.3.20)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import manifold3d
import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.direct.mending import is_closed
from cim.ifc.direct.polygon import Rings, oriented, triangulated
from cim.ifc.direct.records import NotDirectError

Triangles = tuple[NDArray[np.float64], NDArray[np.int32]]

LEAST_RISE = 1e-3  # cosine between the direction of an extrusion and the normal of its profile
SAME_PLANE = 1e-8  # m; coordinates along an axis this close are meant to be one, and are made so before a cut
NOISE = 1e-12  # m; what rounding moves a point off a plane it is meant to lie on
# Faces of two bodies this close, but not in one plane to the last bit, leave a film of no thickness; the exact kernel judges those.
NEAR_PLANE = 1e-5  # m
SQUARE = 1e-12  # what a unit normal may have across an axis to be along it; then coordinates alone decide what is one plane
FACE = 3  # points of a body in a plane make a face of it, which may lie against another's
LARGEST = 1e4  # m from the body's own origin, as far as noise stays below these
FLAT_TRIANGLE = 1e-12  # m2
MOST_COMPARED = 20_000_000  # pairs of face and point; a body with more is the kernel's


def prism(rings: Rings, direction: NDArray[np.float64], matrix: NDArray[np.float64]) -> Triangles:
    """A profile extruded.

    Args:
        rings: the outer one, then holes, each of shape (N, 2), metres.
        direction: way of the extrusion with its length, shape (3,), in the frame of the profile.
        matrix: shape (4, 4), rigid, frame of the profile -> frame of the body.

    Raises:
        NotDirectError: it goes along the profile's plane, or the profile crosses itself.
    """
    if not abs(direction[2]) > LEAST_RISE * float(np.linalg.norm(direction)):
        raise NotDirectError("ExtrudedDirection")
    turned = oriented(rings)
    faces = triangulated(turned)
    ends = np.cumsum(np.array([len(ring) for ring in turned]))
    body: Triangles = _prism(np.concatenate(turned), ends, faces, direction, matrix)
    return body


@compiled
def _prism(points, ends, caps, direction, matrix):  # type: ignore[no-untyped-def]
    count = len(points)
    vertices = np.zeros((2 * count, 3))
    for place in range(count):
        for level in range(2):
            x = points[place, 0] + level * direction[0]
            y = points[place, 1] + level * direction[1]
            z = level * direction[2]
            for axis in range(3):
                vertices[place + level * count, axis] = (
                    matrix[axis, 0] * x
                    + matrix[axis, 1] * y
                    + matrix[axis, 2] * z
                    + matrix[axis, 3]
                )
    faces = np.zeros((2 * len(caps) + 2 * count, 3), dtype=np.int32)
    made = 0
    for cap in range(len(caps)):
        a, b, c = caps[cap, 0], caps[cap, 1], caps[cap, 2]
        faces[made, 0], faces[made, 1], faces[made, 2] = a, c, b
        faces[made + 1, 0], faces[made + 1, 1], faces[made + 1, 2] = (
            a + count,
            b + count,
            c + count,
        )
        made += 2
    start = 0
    for end in ends:
        for here in range(start, end):
            after = here + 1 if here + 1 < end else start
            faces[made, 0], faces[made, 1], faces[made, 2] = here, after, after + count
            faces[made + 1, 0], faces[made + 1, 1], faces[made + 1, 2] = (
                here,
                after + count,
                here + count,
            )
            made += 2
        start = end
    if direction[2] < 0.0:
        for face in range(len(faces)):
            faces[face, 1], faces[face, 2] = faces[face, 2], faces[face, 1]
    return vertices, faces


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A closed body that can be cut; made by `solid_of`.

    Attributes:
        vertices: shape (N, 3), metres.
        faces: shape (M, 3), outward.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]

    def trimmed(self, normal: NDArray[np.float64], offset: float) -> Solid:
        """The part where ``normal . x >= offset``.

        Raises:
            NotDirectError: nothing is left, or a face lies so near the plane that a film may be.
        """
        if _may_leave_film(self.vertices, self.vertices[:0], *normal, offset):
            raise NotDirectError("film")
        return _left(_manifold(self).trim_by_plane(normal, offset))

    def without(self, others: Sequence[Solid]) -> Solid:
        """What others leave of it.

        Raises:
            NotDirectError: nothing is left, or faces lie so near each other that a film may be.
        """
        return _left(manifold3d.Manifold.batch_boolean(_ready([self, *others]), SUBTRACT))

    def common(self, other: Solid) -> Solid:
        """What it shares with another; errors as for `without`."""
        one, two = _ready([self, other])
        return _left(one ^ two)

    def joined(self, other: Solid) -> Solid:
        """Both as one; errors as for `without`."""
        one, two = _ready([self, other])
        return _left(one + two)


SUBTRACT = manifold3d.OpType.Subtract


def solid_of(body: Triangles) -> Solid:
    """A body that can be cut.

    Raises:
        NotDirectError: it is not closed, not consistently oriented, or inside out.
    """
    vertices, faces = body
    if not len(faces) or not np.abs(vertices).max() < LARGEST:
        raise NotDirectError("far from its origin")
    volume = enclosed_volume(vertices, faces)
    if volume is None or not volume > 0.0:
        raise NotDirectError("not a closed body")
    return Solid(vertices, faces)


def enclosed_volume(vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> float | None:
    """Volume a surface encloses, m3; None unless every edge is passed once each way."""
    return float(signed_volume(vertices, faces)) if is_closed(faces, len(vertices)) else None


@compiled
def signed_volume(vertices, faces):  # type: ignore[no-untyped-def]
    """Volume of a closed surface of shape (N, 3) and (M, 3), m3, negative when it faces inward."""
    sixfold = 0.0
    ox, oy, oz = vertices[0]
    for face in range(len(faces)):
        ax, ay, az = vertices[faces[face, 0]]
        bx, by, bz = vertices[faces[face, 1]]
        cx, cy, cz = vertices[faces[face, 2]]
        ax, ay, az, bx, by, bz = ax - ox, ay - oy, az - oz, bx - ox, by - oy, bz - oz
        cx, cy, cz = cx - ox, cy - oy, cz - oz
        sixfold += ax * (by * cz - bz * cy)
        sixfold += ay * (bz * cx - bx * cz)
        sixfold += az * (bx * cy - by * cx)
    return sixfold / 6.0


def _manifold(solid: Solid) -> manifold3d.Manifold:
    made = manifold3d.Manifold(manifold3d.Mesh64(solid.vertices, solid.faces.astype(np.uint64)))
    if made.status() != manifold3d.Error.NoError:
        raise NotDirectError("not a closed body")
    return made


def _ready(solids: Sequence[Solid]) -> list[manifold3d.Manifold]:
    """Bodies made ready to be cut by each other: planes meant to be one are.

    Raises:
        NotDirectError: faces of two lie so near each other that a film may be.
    """
    if sum(len(s.faces) for s in solids) * sum(len(s.vertices) for s in solids) > MOST_COMPARED:
        raise NotDirectError("too many faces to cut")
    points, point_ends = _snapped(solids)
    faces = np.concatenate([solid.faces for solid in solids])
    face_ends = np.cumsum(np.array([len(solid.faces) for solid in solids]))
    if _films(points, point_ends, faces, face_ends):
        raise NotDirectError("film")
    return [
        _manifold(Solid(part, solid.faces))
        for part, solid in zip(np.split(points, point_ends[:-1]), solids, strict=True)
    ]


def _snapped(solids: Sequence[Solid]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points of bodies, with coordinates along each axis the same where they nearly are, and where each body's end."""
    points = np.concatenate([solid.vertices for solid in solids])
    for axis in range(3):
        _snap(points[:, axis], np.argsort(points[:, axis]))
    return points, np.cumsum(np.array([len(solid.vertices) for solid in solids]))


@compiled
def _snap(values, order):  # type: ignore[no-untyped-def]
    """Give values the first of those that follow each other by less than SAME_PLANE, in place."""
    first = last = values[order[0]]
    for place in order[1:]:
        value = values[place]
        if value - last > SAME_PLANE:
            first = value
        values[place] = first
        last = value


@compiled
def _films(points, point_ends, faces, face_ends):  # type: ignore[no-untyped-def]
    """Whether faces of two bodies lie so near each other that a film may be left between them."""
    count = len(point_ends)
    boxes = np.zeros((count, 2, 3))
    for body in range(count):
        start = point_ends[body - 1] if body > 0 else 0
        for axis in range(3):
            boxes[body, 0, axis] = boxes[body, 1, axis] = points[start, axis]
            for place in range(start, point_ends[body]):
                boxes[body, 0, axis] = min(boxes[body, 0, axis], points[place, axis])
                boxes[body, 1, axis] = max(boxes[body, 1, axis], points[place, axis])
    for one in range(count):
        for other in range(count):
            if one == other or _are_apart(boxes[one], boxes[other]):
                continue
            start = point_ends[one - 1] if one > 0 else 0
            begin = point_ends[other - 1] if other > 0 else 0
            first = face_ends[one - 1] if one > 0 else 0
            if _film(
                points[start : point_ends[one]],
                faces[first : face_ends[one]],
                points[begin : point_ends[other]],
            ):
                return True
    return False


def _left(manifold: manifold3d.Manifold) -> Solid:
    if manifold.status() != manifold3d.Error.NoError or manifold.is_empty():
        raise NotDirectError("nothing left")
    mesh = manifold.to_mesh64()
    return Solid(np.array(mesh.vert_properties[:, :3]), np.array(mesh.tri_verts, dtype=np.int32))


@compiled
def _are_apart(one, other):  # type: ignore[no-untyped-def]
    for axis in range(3):
        if one[0, axis] > other[1, axis] + NEAR_PLANE or other[0, axis] > one[1, axis] + NEAR_PLANE:
            return True
    return False


@compiled
def _film(vertices, faces, points):  # type: ignore[no-untyped-def]
    """Whether points of one body lie so near the plane of a face of another that a film may be left."""
    for face in range(len(faces)):
        a, b, c = vertices[faces[face, 0]], vertices[faces[face, 1]], vertices[faces[face, 2]]
        x = (b[1] - a[1]) * (c[2] - a[2]) - (b[2] - a[2]) * (c[1] - a[1])
        y = (b[2] - a[2]) * (c[0] - a[0]) - (b[0] - a[0]) * (c[2] - a[2])
        z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        length = np.sqrt(x * x + y * y + z * z)
        if length < FLAT_TRIANGLE:
            continue
        x, y, z = x / length, y / length, z / length
        if _may_leave_film(points, vertices, x, y, z, a[0] * x + a[1] * y + a[2] * z):
            return True
    return False


@compiled
def _may_leave_film(points, others, x, y, z, offset):  # type: ignore[no-untyped-def]
    """Whether points lie nearly in a plane, or in one where only rounding decides; `others` are those that made the plane."""
    is_square = abs(x) + abs(y) + abs(z) - max(abs(x), abs(y), abs(z)) < SQUARE
    near = strange = 0
    for place in range(len(points)):
        apart = abs(points[place, 0] * x + points[place, 1] * y + points[place, 2] * z - offset)
        if apart < NEAR_PLANE:
            if apart > NOISE:
                return True
            if not is_square:
                near += 1
                strange += not _is_among(points[place], others, x, y, z)
    return near >= FACE and strange > 0


@compiled
def _is_among(point, others, x, y, z):  # type: ignore[no-untyped-def]
    """Whether a point is one of others, or stands straight above one along an axis its plane runs along."""
    for other in others:
        if (
            (other[0] == point[0] or abs(x) < SQUARE)
            and (other[1] == point[1] or abs(y) < SQUARE)
            and (other[2] == point[2] or abs(z) < SQUARE)
        ):
            return True
    return False
