"""Bodies made of flat faces: shells of polyloops, triangulated and polygonal face sets (IFC4 8.17.3, 8.8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cim.compiled import compiled
from cim.ifc.direct.ears import clip_ears
from cim.ifc.direct.polygon import oriented, triangulated
from cim.ifc.direct.records import NotDirectError, Records, gathered
from cim.ifc.direct.welding import told_once, welded
from cim.ifc.step.lexer import ENUM, OPEN, REFERENCE

FLAT = 1e-5  # m a point of a face may lie off its plane; how a more crooked one is split is the kernel's choice
SMALLEST = 1e-14  # m2; a face below has no direction

Triangles = tuple[NDArray[np.float64], NDArray[np.int32]]


@dataclass(frozen=True, slots=True, eq=False)
class Loops:
    """Polygons with holes over shared points.

    Attributes:
        points: shape (P, 3), metres.
        corners: indices into `points`, of all loops one after the other.
        ends: shape (L,), where in `corners` each loop ends.
        faces: shape (L,), the face of each loop, rising; the first loop of a face is its outer one.
    """

    points: NDArray[np.float64]
    corners: NDArray[np.int64]
    ends: NDArray[np.int64]
    faces: NDArray[np.int64]

    def triangles(self) -> Triangles:
        """Points and counter-clockwise triangles.

        Raises:
            NotDirectError: a face that is not flat or crosses itself.
        """
        found, rest, crooked = _split(self.points, self.corners, self.ends, self.faces)
        if crooked:
            raise NotDirectError("crooked face")
        parts = [found, *(self._with_holes(start, end) for start, end in rest.tolist())]
        return self.points, np.concatenate(parts).astype(np.int32)

    def _with_holes(self, start: int, end: int) -> NDArray[np.int64]:
        """Triangles of one face of several loops, or of one that is not convex."""
        begin = 0 if start == 0 else int(self.ends[start - 1])
        loops = np.split(
            self.corners[begin : self.ends[end - 1]], self.ends[start : end - 1] - begin
        )
        across, up = _plane_axes(self.points[loops[0]])
        rings = [np.ascontiguousarray(self.points[loop][:, (across, up)]) for loop in loops]
        turned = oriented(rings)
        order = np.concatenate(
            [
                loop if new is ring else loop[::-1]
                for loop, ring, new in zip(loops, rings, turned, strict=True)
            ]
        )
        return order[triangulated(turned)]


def shells(records: Records, rows: Sequence[int]) -> Triangles:
    """Triangles of connected face sets whose faces are polyloops.

    Args:
        records: the file.
        rows: of IfcClosedShell, IfcOpenShell or IfcConnectedFaceSet.

    Raises:
        NotDirectError: a face of another kind, or not flat.
    """
    step = records.step
    kinds = np.array([records.kind_of(name) for name in SHELL], dtype=np.int64)
    starts = np.array([int(step.firsts[row]) for row in rows], dtype=np.int64)
    sizes = _shell_sizes(step.kinds, step.values, step.firsts, step.types, starts, kinds)
    if sizes[0] < 0:
        raise NotDirectError("face")
    corners = np.zeros(sizes[1], dtype=np.int64)
    ends = np.zeros(sizes[0], dtype=np.int64)
    faces = np.zeros(sizes[0], dtype=np.int64)
    _fill_shells(
        step.kinds,
        step.values,
        step.firsts,
        step.types,
        np.frombuffer(step.content, dtype=np.uint8),
        starts,
        kinds[3],
        corners,
        ends,
        faces,
    )
    points = gathered(step, told_once(corners)) * records.length
    points, corners = welded(points, corners)
    return Loops(points, corners, ends, faces).triangles()


SHELL = ("IFCFACE", "IFCPOLYLOOP", "IFCCARTESIANPOINT", "IFCFACEOUTERBOUND", "IFCFACEBOUND")


def triangulated_face_set(records: Records, row: int) -> Triangles:
    """Triangles of an IfcTriangulatedFaceSet.

    Raises:
        NotDirectError: an index that leads nowhere.
    """
    points = _coordinates(records, row)
    faces = records.triples(row, 3).astype(np.int64)
    return welded(points, _through(faces, _point_index(records, row, 4), len(points)))


def polygonal_face_set(records: Records, row: int) -> Triangles:
    """Triangles of an IfcPolygonalFaceSet.

    Raises:
        NotDirectError: an index that leads nowhere, or a face that is not flat.
    """
    arguments = records.read(row, "IFCPOLYGONALFACESET")
    points = _coordinates(records, row)
    loops: list[list[float]] = []
    faces: list[int] = []
    for place, face in enumerate(arguments[2]):
        given = records.read(face, "IFCINDEXEDPOLYGONALFACE", "IFCINDEXEDPOLYGONALFACEWITHVOIDS")
        found = [given[0], *(given[1] if len(given) > 1 else [])]
        loops.extend(found)
        faces.extend([place] * len(found))
    corners = np.array([corner for loop in loops for corner in loop], dtype=np.int64)
    ends = np.cumsum([len(loop) for loop in loops])
    corners = _through(corners, _point_index(records, row, 3), len(points))
    points, corners = welded(points, corners)
    return Loops(points, corners, ends, np.array(faces, dtype=np.int64)).triangles()


def _coordinates(records: Records, row: int) -> NDArray[np.float64]:
    points = records.reference(row, 0, "IFCCARTESIANPOINTLIST3D")
    return records.triples(points, 0) * records.length


def _point_index(records: Records, row: int, place: int) -> NDArray[np.int64] | None:
    try:
        found = records.numbers(row, place)
    except NotDirectError:
        return None
    # IFC4 before its second addendum had normal indices here, lists of lists.
    return None if found is None else found.astype(np.int64)


def _through(
    indices: NDArray[np.int64], chosen: NDArray[np.int64] | None, count: int
) -> NDArray[np.int64]:
    """One-based indices as zero-based ones, through a list of points when there is one."""
    if chosen is not None:
        if indices.min() < 1 or indices.max() > len(chosen):
            raise NotDirectError("index")
        indices = chosen[indices - 1]
    if not len(indices) or indices.min() < 1 or indices.max() > count:
        raise NotDirectError("index")
    return indices - 1


@compiled
def _shell_sizes(kinds, values, firsts, types, starts, names):  # type: ignore[no-untyped-def]  # noqa: C901
    """How many loops and corners shells have; (-1, 0) when something in them is of another kind."""
    face_kind, loop_kind, point_kind, outer_kind, bound_kind = names
    refused = np.array([-1, 0])
    loops = corners = 0
    for start in starts:
        if start >= len(kinds) or kinds[start] != OPEN:
            return refused
        for token in range(start + 1, np.int64(values[start])):
            face = np.int64(values[token])
            if kinds[token] != REFERENCE or face < 0 or types[face] != face_kind:
                return refused
            at = firsts[face]
            if at >= len(kinds) or kinds[at] != OPEN:
                return refused
            outers = 0
            for place in range(at + 1, np.int64(values[at])):
                bound = np.int64(values[place])
                if kinds[place] != REFERENCE or bound < 0:
                    return refused
                if types[bound] == outer_kind:
                    outers += 1
                elif types[bound] != bound_kind:
                    return refused
                first = firsts[bound]
                if kinds[first] != REFERENCE or kinds[first + 1] != ENUM:
                    return refused
                loop = np.int64(values[first])
                if loop < 0 or types[loop] != loop_kind:
                    return refused
                begin = firsts[loop]
                if begin >= len(kinds) or kinds[begin] != OPEN:
                    return refused
                for corner in range(begin + 1, np.int64(values[begin])):
                    point = np.int64(values[corner])
                    if kinds[corner] != REFERENCE or point < 0 or types[point] != point_kind:
                        return refused
                    corners += 1
                loops += 1
            # Which of several loops is the outer one must be said, unless there is one only.
            if outers > 1 or (outers == 0 and np.int64(values[at]) - at > 2):
                return refused
    return np.array([loops, corners])


@compiled
def _fill_shells(  # type: ignore[no-untyped-def]
    kinds, values, firsts, types, content, starts, outer_kind, corners, ends, faces
):
    loops = filled = count = 0
    for start in starts:
        for token in range(start + 1, np.int64(values[start])):
            at = firsts[np.int64(values[token])]
            for wanted in (True, False):  # the outer bound first
                for place in range(at + 1, np.int64(values[at])):
                    bound = np.int64(values[place])
                    alone = np.int64(values[at]) - at == 2
                    if (types[bound] == outer_kind or alone) != wanted:
                        continue
                    first = firsts[bound]
                    begin = firsts[np.int64(values[first])]
                    end = np.int64(values[begin])
                    backwards = content[np.int64(values[first + 1])] == 0x46  # .F.
                    for step in range(end - begin - 1):
                        token_at = end - 1 - step if backwards else begin + 1 + step
                        corners[filled + step] = np.int64(values[token_at])
                    filled += end - begin - 1
                    ends[loops] = filled
                    faces[loops] = count
                    loops += 1
            count += 1


@compiled
def _normal(points, corners, start, end):  # type: ignore[no-untyped-def]
    """Newell's normal of a loop: its direction, twice its area long."""
    x = y = z = 0.0
    ox, oy, oz = points[corners[start]]
    for place in range(start, end):
        other = corners[place + 1] if place + 1 < end else corners[start]
        px, py, pz = points[corners[place]]
        qx, qy, qz = points[other]
        px, py, pz, qx, qy, qz = px - ox, py - oy, pz - oz, qx - ox, qy - oy, qz - oz
        x += py * qz - pz * qy
        y += pz * qx - px * qz
        z += px * qy - py * qx
    return x, y, z


@compiled
def _split(points, corners, ends, faces):  # type: ignore[no-untyped-def]
    """Triangles of most faces of one loop; the others as pairs of their first loop and the one after their last."""
    count = len(ends)
    triangles = np.zeros((max(len(corners), 1), 3), dtype=np.int64)
    rest = np.zeros((max(count, 1), 2), dtype=np.int64)
    made = others = 0
    crooked = False
    loop = 0
    while loop < count:
        after = loop + 1
        while after < count and faces[after] == faces[loop]:
            after += 1
        start = ends[loop - 1] if loop > 0 else 0
        nx, ny, nz = _normal(points, corners, start, ends[loop])
        length = np.sqrt(nx * nx + ny * ny + nz * nz)
        if ends[loop] - start < 3 or length <= SMALLEST:
            loop = after
            continue
        nx, ny, nz = nx / length, ny / length, nz / length
        ox, oy, oz = points[corners[start]]
        for place in range(start, ends[after - 1]):
            px, py, pz = points[corners[place]]
            if abs((px - ox) * nx + (py - oy) * ny + (pz - oz) * nz) > FLAT:
                crooked = True
        convex = after == loop + 1 and _convex(points, corners, start, ends[loop], nx, ny, nz)
        if convex:
            for place in range(start + 1, ends[loop] - 1):
                triangles[made, 0] = corners[start]
                triangles[made, 1] = corners[place]
                triangles[made, 2] = corners[place + 1]
                made += 1
        elif after == loop + 1 and _clipped(
            points, corners[start : ends[loop]], nx, ny, nz, triangles[made:]
        ):
            made += ends[loop] - start - 2
        else:
            rest[others, 0], rest[others, 1] = loop, after
            others += 1
        loop = after
    return triangles[:made], rest[:others], crooked


@compiled
def _clipped(points, loop, nx, ny, nz, triangles):  # type: ignore[no-untyped-def]
    """Fill in the triangles of a face that is not convex, seen against its normal; whether that was done."""
    count = len(loop)
    x, y = np.zeros(count), np.zeros(count)
    ax, ay, az = abs(nx), abs(ny), abs(nz)
    across, up, along = 1, 2, nx
    if ay > ax and ay >= az:
        across, up, along = 2, 0, ny
    elif az > ax:
        across, up, along = 0, 1, nz
    for place in range(count):
        x[place] = points[loop[place], across]
        y[place] = points[loop[place], up] * (1.0 if along > 0.0 else -1.0)
    found = np.zeros((max(count - 2, 1), 3), dtype=np.int64)
    if not clip_ears(x, y, found):
        return False
    for triangle in range(count - 2):
        for corner in range(3):
            triangles[triangle, corner] = loop[found[triangle, corner]]
    return True


@compiled
def _convex(points, corners, start, end, nx, ny, nz):  # type: ignore[no-untyped-def]
    """Whether a loop turns left at every point, seen against its normal, and its fan covers just its area."""
    if end - start == 3:
        return True
    size = end - start
    for place in range(size):
        ax, ay, az = points[corners[start + place]]
        bx, by, bz = points[corners[start + (place + 1) % size]]
        cx, cy, cz = points[corners[start + (place + 2) % size]]
        ux, uy, uz = bx - ax, by - ay, bz - az
        vx, vy, vz = cx - bx, cy - by, cz - bz
        turn = (uy * vz - uz * vy) * nx + (uz * vx - ux * vz) * ny + (ux * vy - uy * vx) * nz
        if turn <= 0.0:
            return False
    ox, oy, oz = points[corners[start]]
    for place in range(start + 1, end - 1):
        ax, ay, az = points[corners[place]]
        bx, by, bz = points[corners[place + 1]]
        ux, uy, uz = ax - ox, ay - oy, az - oz
        vx, vy, vz = bx - ox, by - oy, bz - oz
        if (uy * vz - uz * vy) * nx + (uz * vx - ux * vz) * ny + (ux * vy - uy * vx) * nz <= 0.0:
            return False
    return True


def _plane_axes(points: NDArray[np.float64]) -> tuple[int, int]:
    """The two axes a flat loop of shape (N, 3) is seen along best, in an order that keeps counter-clockwise what it is."""
    normal = np.array(_normal(np.ascontiguousarray(points), np.arange(len(points)), 0, len(points)))
    axis = int(np.abs(normal).argmax())
    across, up = ((1, 2), (2, 0), (0, 1))[axis]
    return (across, up) if normal[axis] > 0.0 else (up, across)
