"""Where a scheme's windows look for the sun: at the middle of the sill, or at both its ends, on the outer face of the wall.

IFC says of a window neither which way it looks nor which room it lights. Both are taken from the geometry: outside is the side from which more of the
sky is open, or the side away from the room; the room is the space that lies behind it. What cannot be told is counted, not dropped.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.landscape.facades import OFF_WALL
from bim_checks.landscape.rays import Occluders
from bim_checks.landscape.sunshine import SunPoints
from bim_checks.measures.space_plan import SpacePlan, spaces_of
from bim_checks.scheme import Scheme
from cim.building import Element
from cim.compiled import compiled
from cim.mesh import transform_points

Part = Literal["middle", "ends"]
_Sides = tuple[SpacePlan | None, SpacePlan | None]

ROOF_TILT = math.sin(math.radians(45.0))  # a window whose plane is flatter than this lies in a roof
ODD = 1.5  # width over depth in plan; a window less flat than this looks no one way
STEPS_INSIDE = (0.3, 0.6, 1.0)  # m behind a window's plane, where its room is looked for
WALL_REACH = 1.0  # m from the middle of a window to the outer face of the wall it is in, at most
BESIDE = 0.1  # m beside the opening, where that face is looked for
SLIVER = 1e-12  # m2; a face seen edge-on is not crossed
ASIDE = (0.0, -0.25, 0.25)  # of the width, where a room is looked for: the middle first
GROSS = "GFA"  # a space of this type holds the rooms and is none
SWINGS = np.radians([-45.0, -30.0, -15.0, 0.0, 15.0, 30.0, 45.0])  # of rays about the normal
RISES = np.radians([5.0, 20.0, 40.0, 60.0, 80.0])
END_INSET = 0.01  # m; the ends of a sill, within the opening


@dataclass(frozen=True, slots=True, eq=False)
class SunWindow:
    """A window that looks outside.

    Attributes:
        element: the window.
        middle: shape (3,), the middle of its sill on the outer face of the wall, metres, projected frame; of a window in a roof, its middle.
        along: shape (3,), unit vector along the sill.
        normal: shape (3,), unit vector to the outside.
        width: of the window, metres.
        room: GlobalId of the space behind it; None where none is drawn there.
        has_host: whether the outer face is that of the wall it is in; else it is the window's own.
    """

    element: Element
    middle: NDArray[np.float64]
    along: NDArray[np.float64]
    normal: NDArray[np.float64]
    width: float
    room: str | None
    has_host: bool


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of a scheme, every one in exactly one of these.

    Attributes:
        outside: those that look outside.
        inside: those from neither side of which any sky is open, or that part two rooms.
        without_body: those that draw nothing.
        untold: those of which nobody can tell which way they look.
    """

    outside: tuple[SunWindow, ...]
    inside: tuple[Element, ...]
    without_body: tuple[Element, ...]
    untold: tuple[Element, ...]

    def points(self, part: Part) -> SunPoints:
        """Where the sun is looked for, in the order of `outside`.

        Args:
            part: the middle of the sill, or both its ends, which must be lit at once.
        """
        count = len(self.outside)
        middles = np.array([w.middle for w in self.outside], dtype=np.float64).reshape(-1, 3)
        normals = np.array([w.normal for w in self.outside], dtype=np.float64).reshape(-1, 3)
        places = (middles + OFF_WALL * normals)[None]
        if part == "ends":
            half = [(w.width / 2.0 - END_INSET) * w.along for w in self.outside]
            aside = np.array(half, dtype=np.float64).reshape(-1, 3)
            places = np.stack([places[0] - aside, places[0] + aside])
        return SunPoints(places, normals, np.arange(count), np.zeros(count, dtype=np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class _Pane:
    """A window as a plate, before it is known which way it looks.

    Attributes:
        element: the window.
        centre: shape (3,), metres, projected frame.
        along, normal: shape (3,), unit vectors: level along it, and across it, either way.
        width, depth: along and across, metres.
        low, high: orthogonal heights, metres.
        in_roof: whether it lies in a roof; its normal then looks up.
    """

    element: Element
    centre: NDArray[np.float64]
    along: NDArray[np.float64]
    normal: NDArray[np.float64]
    width: float
    depth: float
    low: float
    high: float
    in_roof: bool


def windows_of(scheme: Scheme, classes: Collection[str], sill: float) -> Windows:
    """Every window of a scheme.

    Args:
        scheme: placed.
        classes: IFC classes that are windows.
        sill: a window that begins lower above its floor is looked from at this height, metres.
    """
    found = [e for e in scheme.model.elements if e.ifc_class in classes]
    panes, empty, odd = [], [], []
    for element in found:
        vertices = _vertices(scheme, element)
        pane = None if vertices is None else _pane(element, vertices)
        if vertices is None:
            empty.append(element)
        elif pane is None:
            odd.append(element)
        else:
            panes.append(pane)
    outside, inside = [], []
    for pane, free, rooms in zip(
        panes, _open_rays(scheme, panes), _rooms(scheme, panes), strict=True
    ):
        side = _side(pane, free, rooms)
        if side is None:
            odd.append(pane.element)
        elif side == 0:
            inside.append(pane.element)
        else:
            room = rooms[1] if side == 1 else rooms[0]
            outside.append(_window(scheme, pane, side * pane.normal, room, sill))
    return Windows(tuple(outside), tuple(inside), tuple(empty), tuple(odd))


def _vertices(scheme: Scheme, element: Element) -> NDArray[np.float64] | None:
    body = element.representation
    if body is None or not len(scheme.model.meshes[body.mesh].faces):
        return None
    mesh = scheme.model.meshes[body.mesh]
    used = mesh.vertices[np.unique(mesh.faces)]
    return transform_points(scheme.placement.matrix @ body.placement, used)


def _pane(element: Element, vertices: NDArray[np.float64]) -> _Pane | None:
    """The plate a window is; None where its plan is as deep as wide, so that it looks no one way."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    middle = (low + high) / 2.0
    thin = np.linalg.eigh(np.cov((vertices - vertices.mean(axis=0)).T))[1][:, 0]
    if abs(thin[2]) > ROOF_TILT:
        normal = thin * np.sign(thin[2])
        level = np.array([-normal[1], normal[0], 0.0])
        along = level / np.linalg.norm(level) if np.hypot(*level[:2]) > 1e-9 else np.array([1.0, 0.0, 0.0])  # fmt: skip
        spread = (vertices - middle) @ np.column_stack([along, normal])
        width, depth = (spread.max(axis=0) - spread.min(axis=0)).tolist()
        return _Pane(element, middle, along, normal, width, depth, low[2], high[2], in_roof=True)
    box = shapely.oriented_envelope(shapely.multipoints(vertices[:, :2] - middle[:2]))
    corners = shapely.get_coordinates(box)
    edges = np.diff(corners, axis=0)
    lengths = np.hypot(*edges.T)
    if not len(lengths) or lengths.max() <= 0.0:
        return None
    along = np.array([*(edges[lengths.argmax()] / lengths.max()), 0.0])
    normal = np.array([along[1], -along[0], 0.0])
    spread = (vertices - middle) @ np.column_stack([along, normal])
    ends = np.stack([spread.min(axis=0), spread.max(axis=0)])
    width, depth = (ends[1] - ends[0]).tolist()
    if width < ODD * depth:
        return None
    centre = middle + np.column_stack([along, normal]) @ ends.mean(axis=0)
    return _Pane(element, centre, along, normal, width, depth, low[2], high[2], in_roof=False)


def _open_rays(scheme: Scheme, panes: list[_Pane]) -> Iterator[tuple[int, int]]:
    """Of a fan of rays to each side of every pane, how many meet nothing of the scheme: along its normal, and against it."""
    upright = [pane for pane in panes if not pane.in_roof]
    counts: Mapping[str, tuple[int, int]] = {}
    if upright:
        triangles, _ = scheme.all_triangles
        origin = upright[0].centre
        starts, ways = zip(*(_fan(pane) for pane in upright), strict=True)
        met = Occluders(triangles, origin).blocked(np.concatenate(starts), np.concatenate(ways))
        free = (~met).reshape(len(upright), 2, -1).sum(axis=2)
        counts = {
            pane.element.global_id: (int(fore), int(back))
            for pane, (fore, back) in zip(upright, free, strict=True)
        }
    for pane in panes:
        yield counts.get(pane.element.global_id, (1, 0))


def _fan(pane: _Pane) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and directions of the rays to both sides, first those along the normal."""
    rise, swing = (a.ravel() for a in np.meshgrid(RISES, SWINGS, indexing="ij"))
    ahead, aside, up = np.cos(rise) * np.cos(swing), np.cos(rise) * np.sin(swing), np.sin(rise)
    sides = []
    for side in (1.0, -1.0):
        ways = side * ahead[:, None] * pane.normal + aside[:, None] * pane.along
        sides.append(ways + up[:, None] * np.array([0.0, 0.0, 1.0]))
    off = pane.depth / 2.0 + OFF_WALL
    start = [pane.centre + side * off * pane.normal for side in (1.0, -1.0)]
    return np.repeat(np.stack(start), len(rise), axis=0), np.concatenate(sides)


def _side(pane: _Pane, free: tuple[int, int], rooms: _Sides) -> int | None:
    """1 or -1 where outside is along or against the normal, 0 where both sides are inside, None where it cannot be told."""
    if pane.in_roof:
        return 1
    (fore, back), (ahead, behind) = free, rooms
    if (ahead is None) != (behind is None):
        outside = 1 if ahead is None else -1
        return outside if (fore if outside == 1 else back) else 0
    if fore == back:
        return 0 if fore == 0 else None
    return 1 if fore > back else -1


def _window(
    scheme: Scheme, pane: _Pane, normal: NDArray[np.float64], room: SpacePlan | None, sill: float
) -> SunWindow:
    if pane.in_roof:
        middle = pane.centre + pane.depth / 2.0 * normal
        return SunWindow(
            pane.element, middle, pane.along, normal, pane.width, _id(room), has_host=True
        )
    face = _outer_face(scheme, pane, normal)
    middle = pane.centre + max(face or 0.0, pane.depth / 2.0) * normal
    middle[2] = pane.low
    floor = _floor(scheme, pane.element, room)
    if floor is not None and floor + sill < pane.high:
        middle[2] = max(pane.low, floor + sill)
    return SunWindow(
        pane.element, middle, pane.along, normal, pane.width, _id(room), has_host=face is not None
    )


def _id(room: SpacePlan | None) -> str | None:
    return None if room is None else room.space.global_id


def _floor(scheme: Scheme, element: Element, room: SpacePlan | None) -> float | None:
    """Orthogonal height of the floor of a window's room, else of its storey, metres; None where neither is known."""
    level = next((s.elevation for s in scheme.model.storeys if s.global_id == element.storey), None)
    level = level if room is None else room.floor
    return None if level is None else level + scheme.placement.orthogonal_height


def _outer_face(scheme: Scheme, pane: _Pane, normal: NDArray[np.float64]) -> float | None:
    """How far outside a window's middle the outer face of its host lies, metres; None without a host that is met beside the window.

    Looked for left, right, below and above the opening; the least of them, so that a pilaster or a wall that turns the corner does not count.
    """
    hosts = scheme.once(
        "landscape.hosts", lambda: {name: i for i, name in enumerate(scheme.body_ids)}
    )
    host = hosts.get(pane.element.host or "")
    if host is None:
        return None
    aside = (pane.width / 2.0 + BESIDE) * pane.along
    up = np.array([0.0, 0.0, (pane.high - pane.low) / 2.0 + BESIDE])
    starts = pane.centre + np.stack([-aside, aside, -up, up])
    triangles = scheme.once(("landscape.host", host), lambda: scheme.triangles(host))
    met = _crossings(triangles, starts, normal)
    met = met[np.isfinite(met)]
    return float(met.min()) if len(met) else None


def _rooms(scheme: Scheme, panes: list[_Pane]) -> list[_Sides]:
    """The space on both sides of every pane, along its normal and against it.

    The nearest behind its middle; where a partition meets it there, behind its halves, of two rooms the first by GlobalId.
    """
    every = spaces_of(scheme)
    plans = [plan for plan in every if plan.space.predefined_type != GROSS]
    if not plans or not panes:
        return [(None, None)] * len(panes)
    way = np.array([[p.normal, -p.normal] for p in panes])
    across = np.array([p.width * p.along for p in panes])
    step = np.array([p.depth / 2.0 for p in panes])[:, None] + np.array(STEPS_INSIDE)
    points = (
        np.array([p.centre for p in panes])[:, None, None, None]
        + np.array(ASIDE)[:, None, None] * across[:, None, None, None]
        + step[:, None, None, :, None] * way[:, :, None, None, :]
    )
    flat = scheme.placement.to_engineering(points.reshape(-1, 3))
    tree = shapely.STRtree([plan.geometry for plan in plans])
    point, plan = tree.query(shapely.points(flat[:, :2]), predicate="intersects")
    low = np.array([p.floor for p in plans])
    within = flat[point, 2] >= low[plan]
    within &= flat[point, 2] <= (low + np.array([p.height for p in plans]))[plan]
    none = len(plans)
    held = np.full(len(flat), none)
    np.minimum.at(held, point[within], plan[within])  # plans are in the order of GlobalIds
    held = held.reshape(points.shape[:-1])
    there = held < none
    first = np.take_along_axis(held, there.argmax(axis=-1)[..., None], axis=-1)[..., 0]
    chosen = np.where(first[..., 0] < none, first[..., 0], first[..., 1:].min(axis=-1))
    known = [*plans, None]
    return [(known[ahead], known[behind]) for ahead, behind in chosen.tolist()]


@compiled
def _crossings(triangles, starts, direction):  # type: ignore[no-untyped-def]
    """Where the line through each start leaves triangles last within `WALL_REACH`, metres along the direction, shape (K,); NaN where it meets none."""
    found = np.full(len(starts), np.nan)
    for k in range(len(starts)):
        for t in range(len(triangles)):
            a = triangles[t, 0]
            u, v, to = triangles[t, 1] - a, triangles[t, 2] - a, starts[k] - a
            across = np.cross(direction, v)
            scale = np.dot(u, across)
            if abs(scale) <= SLIVER:
                continue
            turned = np.cross(to, u)
            first, second = np.dot(to, across) / scale, np.dot(direction, turned) / scale
            at = np.dot(v, turned) / scale
            inside = first >= 0.0 and second >= 0.0 and first + second <= 1.0
            if inside and abs(at) <= WALL_REACH and not at <= found[k]:
                found[k] = at
    return found
