"""Closed bodies whose volume, outline and sections are known in closed form."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from cim.mesh import Mesh


def prism(ring: list[tuple[float, float]], low: float, high: float) -> Mesh:
    """An upright prism over a convex or star-shaped ring (from its first corner), counter-clockwise."""
    plan = np.array(ring, dtype=np.float64)
    count = len(plan)
    vertices = np.concatenate([np.c_[plan, np.full(count, z)] for z in (low, high)])
    here, ahead = np.arange(count), (np.arange(count) + 1) % count
    fan = np.stack([np.zeros(count - 2, np.int64), here[1:-1], here[2:]], axis=1)
    sides = [
        np.stack([here, ahead, ahead + count], axis=1),
        np.stack([here, ahead + count, here + count], axis=1),
    ]
    faces = np.concatenate([fan[:, ::-1], fan + count, *sides])
    return Mesh(vertices, faces.astype(np.int32))


def disc(radius: float, corners: int, low: float, high: float) -> Mesh:
    """A prism over a regular polygon."""
    angle = np.linspace(0.0, 2.0 * math.pi, corners, endpoint=False)
    ring = list(zip(radius * np.cos(angle), radius * np.sin(angle), strict=True))
    return prism(ring, low, high)


def regular_area(radius: float, corners: int) -> float:
    """Area of a regular polygon in a circle, m2."""
    return corners / 2.0 * radius**2 * math.sin(2.0 * math.pi / corners)


def ring_with_a_hole() -> Mesh:
    """A closed square ring: outer side 10 m, inner side 4 m, 3 m high; 84 m2, 252 m3."""
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float64)
    inner = np.array([[3, 3], [7, 3], [7, 7], [3, 7]], dtype=np.float64)
    plan = np.concatenate([outer, inner])
    vertices = np.concatenate([np.c_[plan, np.zeros(8)], np.c_[plan, np.full(8, 3.0)]])
    faces = []
    for i in range(4):
        j = (i + 1) % 4
        faces += [(i, 4 + i, j), (j, 4 + i, 4 + j)]  # underside
        faces += [(8 + i, 8 + j, 12 + i), (8 + j, 12 + j, 12 + i)]  # top
        faces += [(i, j, 8 + i), (j, 8 + j, 8 + i)]  # outer wall
        faces += [(4 + i, 12 + i, 4 + j), (4 + j, 12 + i, 12 + j)]  # inner wall
    return Mesh(vertices, np.array(faces, dtype=np.int32))


def grid_surface(points: NDArray[np.float64]) -> Mesh:
    """A closed surface over a grid that joins its own ends in both directions.

    Args:
        points: shape (U, V, 3), turning so that the cross product of the two directions points outward.
    """
    u, v = points.shape[:2]
    index = np.arange(u * v).reshape(u, v)
    right, up = np.roll(index, -1, axis=0), np.roll(index, -1, axis=1)
    both = np.roll(right, -1, axis=1)
    faces = np.concatenate(
        [np.stack(t, axis=-1).reshape(-1, 3) for t in ((index, right, both), (index, both, up))]
    )
    return Mesh(points.reshape(-1, 3), faces.astype(np.int32))


def torus(ring: float, tube: float, around: int, through: int) -> Mesh:
    """A torus about the z axis: `around` cuts of the ring, `through` corners of the tube."""
    u = np.linspace(0.0, 2.0 * math.pi, around, endpoint=False)[:, None]
    v = np.linspace(0.0, 2.0 * math.pi, through, endpoint=False)[None, :]
    reach = ring + tube * np.cos(v)
    z = np.broadcast_to(tube * np.sin(v), (around, through))
    return grid_surface(np.stack([reach * np.cos(u), reach * np.sin(u), z], axis=-1))


def sphere(radius: float, around: int, levels: int) -> Mesh:
    """A sphere of latitude rings, with a corner at each pole."""
    latitude = np.linspace(-math.pi / 2.0, math.pi / 2.0, levels + 2)[1:-1]
    angle = np.linspace(0.0, 2.0 * math.pi, around, endpoint=False)
    flat = radius * np.cos(latitude)[:, None]
    z = np.broadcast_to(radius * np.sin(latitude)[:, None], (levels, around))
    rings = np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=-1).reshape(-1, 3)
    here = np.arange(around)
    ahead = (here + 1) % around
    south, north = len(rings), len(rings) + 1
    faces = [np.stack([ahead, here, np.full(around, south)], axis=1)]
    for level in range(levels - 1):
        low, high = level * around, (level + 1) * around
        faces += [np.stack([low + here, low + ahead, high + ahead], axis=1)]
        faces += [np.stack([low + here, high + ahead, high + here], axis=1)]
    last = (levels - 1) * around
    faces += [np.stack([last + here, last + ahead, np.full(around, north)], axis=1)]
    poles = np.array([[0.0, 0.0, -radius], [0.0, 0.0, radius]])
    return Mesh(np.concatenate([rings, poles]), np.concatenate(faces).astype(np.int32))


def twisted_tower(around: int, levels: int, *, height: float = 120.0, twist: float = 1.5) -> Mesh:
    """A closed tower of a wavy plan that turns as it rises and is drawn in at ledges.

    Args:
        around: corners of a ring.
        levels: rings; there are 2 * around * levels faces.
        height: metres.
        twist: radians from bottom to top.
    """
    angle = np.linspace(0.0, 2.0 * math.pi, around, endpoint=False)
    share = np.linspace(0.0, 1.0, levels)[:, None]
    radius = 20.0 + 2.0 * np.cos(4.0 * angle)[None, :] - np.floor(share * 4.0)
    turned = angle[None, :] + twist * share
    z = np.broadcast_to(height * share, turned.shape)
    points = np.stack([radius * np.cos(turned), radius * np.sin(turned), z], axis=-1)
    here = np.arange(around)
    ahead = (here + 1) % around
    low = (np.arange(levels - 1) * around)[:, None]
    a, b, c, d = low + here, low + ahead, low + around + here, low + around + ahead
    sides = [np.stack(t, axis=-1).reshape(-1, 3) for t in ((a, b, d), (a, d, c))]
    # The wavy plan is no convex one: only from its middle does a fan stay within it.
    middles = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, height]])
    bottom = np.stack([ahead, here, np.full(around, around * levels)], axis=1)
    last = (levels - 1) * around
    top = np.stack([last + here, last + ahead, np.full(around, around * levels + 1)], axis=1)
    vertices = np.concatenate([points.reshape(-1, 3), middles])
    return Mesh(vertices, np.concatenate([*sides, bottom, top]).astype(np.int32))


def side_by_side(*meshes: Mesh) -> Mesh:
    """Several bodies as one mesh."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    faces = [mesh.faces + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(faces).astype(np.int32),
    )


def moved(mesh: Mesh, x: float, y: float, z: float) -> Mesh:
    """The mesh elsewhere."""
    return Mesh(mesh.vertices + np.array([x, y, z]), mesh.faces)


def inside_out(mesh: Mesh) -> Mesh:
    """The same surface facing the other way."""
    return Mesh(mesh.vertices, mesh.faces[:, ::-1])


def unwelded(mesh: Mesh) -> Mesh:
    """The same faces, each with corners of its own."""
    faces = np.arange(3 * len(mesh.faces), dtype=np.int32).reshape(-1, 3)
    return Mesh(mesh.triangles().reshape(-1, 3), faces)


def quartered(mesh: Mesh) -> Mesh:
    """The same surface, each face cut into four."""
    corners = mesh.triangles()
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    p, q, r = (a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0
    pieces = [np.stack(t, axis=1) for t in ((a, p, r), (p, b, q), (r, q, c), (p, q, r))]
    triangles = np.concatenate(pieces)
    faces = np.arange(3 * len(triangles), dtype=np.int32).reshape(-1, 3)
    return Mesh(triangles.reshape(-1, 3), faces)


def damaged(mesh: Mesh, seed: int, *, torn: float = 0.02, turned: float = 0.1) -> Mesh:
    """The mesh with some faces gone, some turned, and corners shaken by 0.1 mm."""
    random = np.random.default_rng(seed)
    shaken = mesh.vertices + random.normal(scale=1e-4, size=mesh.vertices.shape)
    faces = mesh.faces[random.random(len(mesh.faces)) >= torn].copy()
    flipped = random.random(len(faces)) < turned
    faces[flipped] = faces[flipped][:, ::-1]
    return Mesh(shaken, faces)
