"""What a horizontal plane cuts out of meshes, and the part of a mesh between two planes.

A corner on the plane counts as below it, so a section is what lies just above its height: a box cut
at its bottom gives its plan, at its top nothing. Each crossed edge becomes one point, computed from the
edge alone; segments therefore meet exactly, without a search for near ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import manifold3d
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.mesh import Mesh
from cim.projection import flat_triangles, polygons_of, project_triangles, tidied

ON_PLANE = 1e-7  # m; corners this close above a plane are on it, as those of a level face with rounding errors are
# Of a ring's whole length; open ends are joined up to this, more of it and the surface is a sheet, not a torn solid.
TORN_SHARE = 0.2
TORN_CHAINS = (
    2_000  # pieces of one section; more are no torn solid but loose triangles, shown as lines
)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A mesh cut at a height.

    Attributes:
        geometry: polygons where the mesh encloses something, metres, the mesh's frame; lines where it is
            a sheet; empty where the plane misses it.
        gap: length of the straight pieces that close its outline where faces are missing, metres.
    """

    geometry: BaseGeometry
    gap: float


@dataclass(frozen=True, slots=True, eq=False)
class _Cuts:
    """Directed segments of many sections, the enclosed side to the left.

    Attributes:
        nodes: shape (K, 2), metres.
        starts, ends: shape (S,), indices into `nodes`.
        owners: shape (S,), which section each segment is of, ascending.
    """

    nodes: NDArray[np.float64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    owners: NDArray[np.int64]


def section_meshes(
    meshes: Sequence[Mesh], heights: Sequence[float] | NDArray[np.float64]
) -> tuple[Section, ...]:
    """Cut each mesh at its own height.

    Where a closed, consistently oriented mesh is cut the polygons are exact. Where faces are turned, the
    side that most of a ring's length claims is taken as the enclosed one; where faces are missing, nearest open
    ends are joined and the length of the joints is told.

    Args:
        meshes: metres; corners that are one place should be one index (`cim.solid.welded`).
        heights: one for each mesh, metres, in its frame.
    """
    cuts = _cut(meshes, np.asarray(heights, dtype=np.float64))
    departing = np.bincount(cuts.starts, minlength=len(cuts.nodes))
    arriving = np.bincount(cuts.ends, minlength=len(cuts.nodes))
    whole = np.ones(len(meshes), dtype=np.bool_)
    whole[cuts.owners[(departing != arriving)[cuts.starts]]] = False
    whole[cuts.owners[(departing != arriving)[cuts.ends]]] = False
    closed = _closed_rings(cuts, np.flatnonzero(whole[cuts.owners]))
    bounds = np.searchsorted(cuts.owners, np.arange(len(meshes) + 1))
    sections = []
    for owner in range(len(meshes)):
        if whole[owner]:
            sections.append(Section(_filled(closed.get(owner, [])), 0.0))
        else:
            sections.append(_mended(cuts, range(bounds[owner], bounds[owner + 1])))
    return tuple(sections)


def project_between(
    meshes: Sequence[Mesh],
    lows: Sequence[float] | NDArray[np.float64],
    highs: Sequence[float] | NDArray[np.float64],
) -> tuple[Section, ...]:
    """What each mesh covers in plan between two heights of its own, both included.

    Whatever a body has between them is either seen from below, as faces between them, or goes
    through the lower plane; so the faces and the section at the lower plane are united.

    Args:
        meshes: as for `section_meshes`.
        lows: metres, in the frame of each mesh; minus infinity where nothing bounds it below.
        highs: metres; infinity where nothing bounds it above.
    """
    low, high = np.asarray(lows, dtype=np.float64), np.asarray(highs, dtype=np.float64)
    sections = section_meshes(meshes, low)
    soup = _side_by_side(meshes)
    counts = [len(mesh.vertices) for mesh in meshes]
    vertices, faces, lower, planes = _above(
        soup.vertices, soup.faces, np.repeat(low, counts), np.repeat(-high, counts)
    )
    turned = np.array([1.0, 1.0, -1.0])
    vertices, faces, upper, _ = _above(vertices * turned, faces, planes, planes)
    owners = soup.owners[lower[upper]]
    order = np.argsort(owners, kind="stable")
    faces, bounds = faces[order], np.searchsorted(owners[order], np.arange(len(meshes) + 1))
    found = []
    for section, first, last in zip(sections, bounds[:-1], bounds[1:], strict=True):
        inside = faces[first:last]
        if not len(flat_triangles(vertices, inside)) and not section.geometry.is_empty:
            found.append(section)
        else:
            solid = [section.geometry] if section.geometry.area > 0.0 else []
            covered = project_triangles(vertices, inside, also=solid)
            found.append(Section(covered, section.gap))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Soup:
    """Meshes in joined arrays: vertices (V, 3), faces (M, 3), and the mesh each face is of (M,), ascending."""

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    owners: NDArray[np.int64]


def _side_by_side(meshes: Sequence[Mesh]) -> _Soup:
    counts = np.array([len(mesh.vertices) for mesh in meshes], dtype=np.int64)
    starts = np.cumsum(counts) - counts
    faces = np.concatenate([np.zeros((0, 3), np.int64), *(mesh.faces for mesh in meshes)])
    owners = np.repeat(np.arange(len(meshes)), [len(mesh.faces) for mesh in meshes])
    return _Soup(
        vertices=np.concatenate([np.zeros((0, 3)), *(mesh.vertices for mesh in meshes)]),
        faces=faces + starts[owners][:, None],
        owners=owners,
    )


def _above(
    vertices: NDArray[np.float64],
    faces: NDArray[np.int64],
    heights: NDArray[np.float64],
    carried: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Vertices and faces of what lies at a height or above, cut faces sharing the corners of their cuts.

    Args:
        vertices: shape (V, 3).
        faces: shape (M, 3).
        heights: shape (V,), what each vertex is held against.
        carried: shape (V,), a value that new vertices take over from the edge they lie on.

    Returns:
        Vertices, faces, the index of the face each is a part of, and `carried` of the vertices.
    """
    inside = vertices[:, 2] >= heights
    count = inside[faces].sum(axis=1)
    all_in, one_in, two_in = (np.flatnonzero(count == n) for n in (3, 1, 2))
    # Turn each so that its lone corner, the one above or the one below, comes first.
    one = _turned(faces[one_in], inside[faces[one_in]])
    two = _turned(faces[two_in], ~inside[faces[two_in]])
    sides = np.concatenate([one[:, [0, 1]], one[:, [0, 2]], two[:, [0, 1]], two[:, [0, 2]]])
    points, of, index = _crossings(vertices, sides, heights)
    ab, ac, db, dc = np.split(index + len(vertices), np.cumsum([len(one), len(one), len(two)]))
    parts = [
        faces[all_in],
        np.stack([one[:, 0], ab, ac], axis=1),
        np.stack([db, two[:, 1], two[:, 2]], axis=1),
        np.stack([db, two[:, 2], dc], axis=1),
    ]
    return (
        np.concatenate([vertices, np.c_[points, heights[of]]]),
        np.concatenate(parts),
        np.concatenate([all_in, one_in, two_in, two_in]),
        np.concatenate([carried, carried[of]]),
    )


def _turned(faces: NDArray[np.int64], first: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Faces, shape (M, 3), turned so that the corner marked in `first`, shape (M, 3), comes first."""
    shift = (np.argmax(first, axis=1)[:, None] + np.arange(3)) % 3 if len(faces) else faces
    return np.take_along_axis(faces, shift, axis=1)


def _crossings(
    vertices: NDArray[np.float64], edges: NDArray[np.int64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Where edges cross the plane of their corners' height, each edge once.

    Args:
        vertices: shape (V, 3).
        edges: shape (E, 2), indices, ends on different sides of the plane.
        heights: shape (V,), the plane that each vertex is held against.

    Returns:
        Shape (K, 2), in plan; shape (K,), a corner of the edge each lies on; shape (E,), which of them each
        edge has.
    """
    low, high = edges.min(axis=1), edges.max(axis=1)
    keys, index = np.unique(low * len(vertices) + high, return_inverse=True)
    first, second = keys // max(len(vertices), 1), keys % max(len(vertices), 1)
    a, b = vertices[first], vertices[second]
    share = np.clip((heights[first] - a[:, 2]) / (b[:, 2] - a[:, 2]), 0.0, 1.0)[:, None]
    return a[:, :2] * (1.0 - share) + b[:, :2] * share, first, index.reshape(-1)


def _cut(meshes: Sequence[Mesh], heights: NDArray[np.float64]) -> _Cuts:
    soup = _side_by_side(meshes)
    vertices, faces, owners = soup.vertices, soup.faces, soup.owners
    planes = np.repeat(heights, [len(mesh.vertices) for mesh in meshes])
    above = vertices[:, 2] > planes + ON_PLANE
    crossed = above[faces].any(axis=1) & ~above[faces].all(axis=1)
    faces, owners = faces[crossed], owners[crossed]
    sides = np.stack([faces, np.roll(faces, -1, axis=1)], axis=2)
    down = above[sides[:, :, 0]] & ~above[sides[:, :, 1]]
    up = ~above[sides[:, :, 0]] & above[sides[:, :, 1]]
    nodes, _, index = _crossings(vertices, np.concatenate([sides[down], sides[up]]), planes)
    return _Cuts(nodes, index[: len(faces)], index[len(faces) :], owners)


def _closed_rings(cuts: _Cuts, segments: NDArray[np.int64]) -> dict[int, list[NDArray[np.float64]]]:
    """Rings of each section; at every node as many of the given segments end as start."""
    by_start = segments[np.argsort(cuts.starts[segments], kind="stable")]
    by_end = segments[np.argsort(cuts.ends[segments], kind="stable")]
    following = np.zeros(len(cuts.starts), dtype=np.int64)
    following[by_end] = by_start
    ahead, first_nodes = following.tolist(), cuts.starts.tolist()
    seen = [False] * len(ahead)
    rings: dict[int, list[NDArray[np.float64]]] = {}
    for segment in segments.tolist():
        ring = []
        while not seen[segment]:
            seen[segment] = True
            ring.append(first_nodes[segment])
            segment = ahead[segment]
        if len(ring) >= 3:
            rings.setdefault(int(cuts.owners[segment]), []).append(cuts.nodes[ring])
    return rings


def _filled(rings: list[NDArray[np.float64]]) -> BaseGeometry:
    """What rings wind round at least once, in either direction."""
    if len(rings) == 1:
        polygon = shapely.Polygon(rings[0])
        if polygon.is_valid:
            return tidied(polygon) if polygon.area > 0.0 else shapely.Polygon()
    if not rings:
        return shapely.Polygon()
    return tidied(polygons_of(manifold3d.CrossSection(rings, manifold3d.FillRule.NonZero)))


def _mended(cuts: _Cuts, segments: range) -> Section:
    """One section whose segments do not close, or disagree about which side is enclosed."""
    trails = _trails(cuts, segments)
    rings = [cuts.nodes[t[:-1]] for t in trails if t[0] == t[-1] and len(t) > 3]
    chains = [cuts.nodes[t] for t in trails if t[0] != t[-1]]
    gap = 0.0
    lines: list[BaseGeometry] = []
    for loop in _joined(chains):
        ring = np.concatenate([chains[i] for i in loop])
        steps = np.linalg.norm(np.roll(ring, -1, axis=0) - ring, axis=1)
        joints = steps[np.cumsum([len(chains[i]) for i in loop]) - 1].sum()
        if joints <= TORN_SHARE * steps.sum() and len(ring) >= 3:
            rings.append(ring)
            gap += float(joints)
        else:
            lines += [shapely.LineString(chains[i]) for i in loop]
    area = _filled(rings)
    if not area.is_empty or not lines:
        return Section(area, gap)
    return Section(shapely.union_all(lines), 0.0)


def _trails(cuts: _Cuts, segments: range) -> list[list[int]]:
    """Chains and rings of nodes that use each segment once, walked the way most of their length points."""
    at: dict[int, list[int]] = {}
    starts, ends = cuts.starts.tolist(), cuts.ends.tolist()
    for s in segments:
        at.setdefault(starts[s], []).append(s)
        at.setdefault(ends[s], []).append(s)
    odd = [node for node, found in at.items() if len(found) % 2]
    used: set[int] = set()
    trails = []
    for node in (*odd, *at):
        trail, vote = [node], 0.0
        while True:
            left = at[node]
            while left and left[-1] in used:
                left.pop()
            if not left:
                break
            segment = left.pop()
            used.add(segment)
            along = starts[segment] == node
            length = float(np.linalg.norm(cuts.nodes[ends[segment]] - cuts.nodes[starts[segment]]))
            vote += length if along else -length
            node = ends[segment] if along else starts[segment]
            trail.append(node)
        if len(trail) > 1:
            trails.append(trail if vote >= 0.0 else trail[::-1])
    return trails


def _joined(chains: list[NDArray[np.float64]]) -> list[list[int]]:
    """Loops of chains, the nearest end and start joined first."""
    if not chains or len(chains) > TORN_CHAINS:
        return [[i] for i in range(len(chains))]
    heads, tails = np.stack([c[0] for c in chains]), np.stack([c[-1] for c in chains])
    apart = np.linalg.norm(tails[:, None] - heads[None], axis=2)
    following: dict[int, int] = {}
    taken: set[int] = set()
    for pair in np.argsort(apart, axis=None, kind="stable").tolist():
        tail, head = divmod(pair, len(chains))
        if tail not in following and head not in taken:
            following[tail] = head
            taken.add(head)
            if len(taken) == len(chains):
                break
    loops, seen = [], set()
    for chain in range(len(chains)):
        loop = []
        while chain not in seen:
            seen.add(chain)
            loop.append(chain)
            chain = following[chain]
        if loop:
            loops.append(loop)
    return loops
