"""Volume and surface of bodies, told only where a mesh is shown to enclose a space.

The divergence theorem gives a number for any heap of triangles; it is a volume only when every edge
is walked once in each direction and the whole faces outward. All meshes of a model are tested in one
pass over joined arrays. What is not shown is a crossing of a single surface with itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import manifold3d
import numpy as np
from numpy.typing import NDArray

from cim.building import BuildingModel
from cim.mesh import Mesh
from cim.text import Text

WELD_GRID = 1e-6  # m; corners this close are one; kernels repeat corners along cut openings
FLAT = 1e-9  # m; a closed surface thinner than this encloses nothing
UNIFORM = 1e-9  # relative; a placement whose three scales differ less keeps shapes similar


@dataclass(frozen=True, slots=True)
class SolidFacts:
    """What a mesh encloses, or what keeps that from being known.

    Attributes:
        volume: m3, of the union of its shells; None when unavailable.
        area: m2, of the surface of that union; None when unavailable.
        shells: how many closed or open pieces the mesh has.
        open_edges: edges with a face on one side only.
        flipped_edges: edges whose two faces disagree about which side is outside.
        non_manifold_edges: edges with three faces or more that could not be taken apart.
        inverted_shells: closed pieces that face inward and are no cavity of another.
    """

    volume: float | None
    area: float | None
    shells: int
    open_edges: int = 0
    flipped_edges: int = 0
    non_manifold_edges: int = 0
    inverted_shells: int = 0

    @property
    def unavailable(self) -> Text | None:
        """Why there is no volume; None when there is one."""
        if self.volume is not None:
            return None
        found = [
            sentence.format(count=count)
            for count, sentence in zip(
                (
                    self.open_edges,
                    self.flipped_edges,
                    self.non_manifold_edges,
                    self.inverted_shells,
                ),
                FAULTS,
                strict=True,
            )
            if count
        ]
        if not found:
            return ENCLOSES_NOTHING
        return Text(
            zh="；".join(fault.zh for fault in found), en="; ".join(fault.en for fault in found)
        )


FAULTS = (
    Text(
        zh="曲面不封闭：{count} 条边只有一个面", en="not closed: {count} edges have one face only"
    ),
    Text(
        zh="朝向不一致：{count} 条边两侧的面朝向相反",
        en="not consistently oriented: the faces of {count} edges disagree",
    ),
    Text(
        zh="非流形：{count} 条边有三个以上的面",
        en="not a manifold: {count} edges have three faces or more",
    ),
    Text(zh="{count} 个封闭面朝内", en="{count} closed surfaces face inward"),
)
ENCLOSES_NOTHING = Text(zh="曲面没有围成空间", en="the surface encloses no space")


# Corners as numbered; then joined where they round to the same point of the grid; then the same on the grid
# moved by half, for those that lie on both sides of a border. Whole millimetres lie far from borders at first.
WELDS = (None, 0.5, 0.0)


def measure_meshes(meshes: Sequence[Mesh]) -> tuple[SolidFacts, ...]:
    """Volume and surface of each mesh.

    Corners are taken as the mesh numbers them; where that leaves faults, those within `WELD_GRID`
    of each other are joined and the test is repeated. Shells of one mesh that meet or overlap are
    united; those that lie as cavities in another are taken out of it.

    Args:
        meshes: in their own frames, metres.
    """
    facts: dict[int, SolidFacts] = {}
    pending = list(range(len(meshes)))
    for offset in WELDS:
        told = _measure(_join([meshes[i] for i in pending], offset))
        for i, fact in zip(pending, told, strict=True):
            if i not in facts or _faults(fact) < _faults(facts[i]):
                facts[i] = fact
        pending = [i for i in pending if _faults(facts[i])]
        if not pending:
            break
    return tuple(facts[i] for i in range(len(meshes)))


def measure_elements(model: BuildingModel) -> Mapping[str, SolidFacts]:
    """Volume and surface of every drawn element, by GlobalId.

    A mesh that many elements share is measured once. A mirrored placement keeps both, a scaled one
    scales both; where the three axes are scaled differently, the placed body is measured itself.
    """
    bodies = [(element.global_id, body) for element, body in model.drawn()]
    if not bodies:
        return {}
    scales = np.linalg.svd(
        np.stack([body.placement[:3, :3] for _, body in bodies]), compute_uv=False
    )
    similar = scales[:, 0] - scales[:, 2] <= UNIFORM * scales[:, 0]
    used = sorted({body.mesh for (_, body), alike in zip(bodies, similar, strict=True) if alike})
    shared = dict(zip(used, measure_meshes([model.meshes[i] for i in used]), strict=True))
    bent = [model.body(body) for (_, body), alike in zip(bodies, similar, strict=True) if not alike]
    own = iter(measure_meshes(bent))
    return {
        global_id: _scaled(shared[body.mesh], float(scale[0])) if alike else next(own)
        for (global_id, body), scale, alike in zip(bodies, scales, similar, strict=True)
    }


def _scaled(facts: SolidFacts, scale: float) -> SolidFacts:
    if facts.volume is None or facts.area is None:
        return facts
    return replace(facts, volume=facts.volume * scale**3, area=facts.area * scale**2)


def _faults(facts: SolidFacts) -> int:
    return facts.open_edges + facts.flipped_edges + facts.non_manifold_edges


@dataclass(frozen=True, slots=True, eq=False)
class _Soup:
    """Faces of many meshes, corners joined.

    Attributes:
        positions: shape (V, 3), metres.
        faces: shape (M, 3), indices into `positions`; none has a corner twice.
        owners: shape (M,), which mesh each face is of, ascending.
        count: how many meshes.
    """

    positions: NDArray[np.float64]
    faces: NDArray[np.int64]
    owners: NDArray[np.int64]
    count: int


def _join(meshes: Sequence[Mesh], offset: float | None) -> _Soup:
    """Meshes side by side; corners joined on the grid moved by a share `offset` of its step, None leaves them."""
    counts = np.array([len(mesh.vertices) for mesh in meshes], dtype=np.int64)
    owners = np.repeat(np.arange(len(meshes)), [len(mesh.faces) for mesh in meshes])
    positions = np.concatenate([np.zeros((0, 3)), *(mesh.vertices for mesh in meshes)])
    faces = np.concatenate([np.zeros((0, 3), np.int64), *(mesh.faces for mesh in meshes)])
    starts = np.cumsum(counts) - counts
    faces = faces + starts[owners][:, None]
    if offset is not None:
        keys = np.zeros((len(positions), 4), dtype=np.int64)
        keys[:, :3] = np.floor(positions / WELD_GRID + offset)
        keys[:, 3] = np.repeat(np.arange(len(meshes)), counts)
        faces = first_of_equal_rows(keys)[faces]
    whole = (faces != np.roll(faces, 1, axis=1)).all(axis=1)
    return _Soup(positions, faces[whole], owners[whole], len(meshes))


def _measure(soup: _Soup) -> list[SolidFacts]:
    open_edges, flipped, crowded, unbalanced = _edge_counts(soup)
    shells = _shells(soup)
    shell_of_face = shells[soup.faces[:, 0]]
    names, first = np.unique(shell_of_face, return_index=True)
    index = np.searchsorted(names, shell_of_face)
    volumes, areas = _volumes_and_areas(soup, names, index)
    owner_of_shell = soup.owners[first] if len(first) else np.zeros(0, np.int64)
    shell_counts = np.bincount(owner_of_shell, minlength=soup.count)
    facts = []
    for owner in range(soup.count):
        count = int(shell_counts[owner])
        if unbalanced[owner]:
            facts.append(
                SolidFacts(
                    volume=None,
                    area=None,
                    shells=count,
                    open_edges=int(open_edges[owner]),
                    flipped_edges=int(flipped[owner]),
                    non_manifold_edges=int(crowded[owner]),
                )
            )
        elif not count:
            facts.append(SolidFacts(None, None, shells=0))
        elif count == 1 and not crowded[owner]:
            shell = int(np.flatnonzero(owner_of_shell == owner)[0])
            facts.append(_single(float(volumes[shell]), float(areas[shell])))
        else:
            facts.append(_united(soup, owner, count, int(crowded[owner])))
    return facts


def _edge_counts(
    soup: _Soup,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each mesh, how many edges are open, flipped, have three faces or more, are unbalanced; each shape (count,)."""
    starts, ends = soup.faces.ravel(), np.roll(soup.faces, -1, axis=1).ravel()
    keys = np.minimum(starts, ends) * len(soup.positions) + np.maximum(starts, ends)
    order = np.argsort(keys, kind="stable")
    keys, forward = keys[order], (starts < ends)[order]
    owners = np.repeat(soup.owners, 3)[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1) != 0)
    walked = np.diff(first, append=len(keys))
    ahead = np.add.reduceat(forward, first, dtype=np.int64) if len(first) else walked
    unbalanced = 2 * ahead != walked

    def of_mesh(which: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(owners[first[which]], minlength=soup.count)

    return (
        of_mesh(walked == 1),
        of_mesh((walked == 2) & unbalanced),
        of_mesh(walked > 2),
        of_mesh(unbalanced),
    )


def _shells(soup: _Soup) -> NDArray[np.int64]:
    """The lowest corner of the piece each corner hangs together with, shape (V,)."""
    parent = np.arange(len(soup.positions))
    while True:
        roots = parent[soup.faces]
        low = roots.min(axis=1)
        np.minimum.at(parent, roots.ravel(), np.repeat(low, 3))
        while (parent[parent] != parent).any():
            parent = parent[parent]
        if (parent[soup.faces] == parent[soup.faces[:, :1]]).all():
            return parent


def _volumes_and_areas(
    soup: _Soup, names: NDArray[np.int64], index: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Signed volume (m3) and area (m2) of every shell, each shape (number of shells,).

    Args:
        soup: the faces.
        names: shape (number of shells,), one corner of each; volumes are counted from it, so that
            far-off coordinates lose no digits.
        index: shape (M,), shell of each face.
    """
    p, q, r = (soup.positions[soup.faces[:, i]] - soup.positions[names[index]] for i in range(3))
    normals = np.cross(q - p, r - p)
    areas = np.bincount(index, np.linalg.norm(normals, axis=1), minlength=len(names)) / 2.0
    heights = np.einsum("ij,ij->i", p, normals)
    return np.bincount(index, heights, minlength=len(names)) / 6.0, areas


def _single(volume: float, area: float) -> SolidFacts:
    if abs(volume) <= FLAT * area:
        return SolidFacts(None, None, shells=1)
    if volume < 0.0:
        return SolidFacts(None, None, shells=1, inverted_shells=1)
    return SolidFacts(volume, area, shells=1)


def _united(soup: _Soup, owner: int, shells: int, crowded: int) -> SolidFacts:
    """Several closed shells as one body, by Manifold's exact union."""
    faces = soup.faces[soup.owners == owner]
    used, local = np.unique(faces, return_inverse=True)
    corners = soup.positions[used]
    middle = corners.mean(axis=0)
    whole = to_manifold(Mesh(corners - middle, local.reshape(-1, 3).astype(np.int32)))
    if whole is None:
        return SolidFacts(None, None, shells, non_manifold_edges=crowded)
    pieces = whole.decompose()
    bodies = [piece for piece in pieces if piece.volume() > 0.0]
    hollow = [_turned(piece) for piece in pieces if piece.volume() < 0.0]
    filled = manifold3d.Manifold.batch_boolean(bodies, manifold3d.OpType.Add)
    outside = [void for void in hollow if _stands_out(void, filled)]
    if outside:
        return SolidFacts(None, None, shells, inverted_shells=len(outside))
    if hollow:
        filled -= manifold3d.Manifold.batch_boolean(hollow, manifold3d.OpType.Add)
    volume, area = float(filled.volume()), float(filled.surface_area())
    if volume <= FLAT * area:
        return SolidFacts(None, None, shells)
    return SolidFacts(volume, area, shells)


def welded(mesh: Mesh) -> Mesh:
    """The mesh with corners within `WELD_GRID` of each other as one, and without the faces that vanish by it."""
    soup = _join([mesh], WELDS[1])
    return Mesh(soup.positions, soup.faces.astype(np.int32))


def _stands_out(void: manifold3d.Manifold, filled: manifold3d.Manifold) -> bool:
    """Whether a shell that faces inward is no cavity: some of what it encloses is not filled."""
    return bool((void - filled).volume() > FLAT * void.surface_area())


def _turned(solid: manifold3d.Manifold) -> manifold3d.Manifold:
    """The same surface facing the other way."""
    mesh = solid.to_mesh64()
    faces = np.asarray(mesh.tri_verts)[:, ::-1]
    return manifold3d.Manifold(
        manifold3d.Mesh64(np.array(mesh.vert_properties)[:, :3].copy(), faces.copy())
    )


def to_manifold(mesh: Mesh) -> manifold3d.Manifold | None:
    """A mesh for Manifold's operations, or None where it is no closed, consistently oriented surface.

    Manifold takes writable arrays only; those of a snapshot are not, hence the copies.
    """
    solid = manifold3d.Manifold(
        manifold3d.Mesh64(
            vert_properties=np.array(mesh.vertices, dtype=np.float64, order="C"),
            tri_verts=np.array(mesh.faces, dtype=np.uint64, order="C"),
        )
    )
    return None if solid.status() != manifold3d.Error.NoError or solid.is_empty() else solid


def first_of_equal_rows(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of the first row equal to each row, shape (N,); `rows` has shape (N, K)."""
    order = np.lexsort(rows.T)
    ordered = rows[order]
    new = np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])[: len(rows)]
    first = np.minimum.reduceat(order, np.flatnonzero(new)) if len(rows) else order
    equal = np.zeros(len(rows), dtype=np.int64)
    equal[order] = first[np.cumsum(new) - 1]
    return equal
