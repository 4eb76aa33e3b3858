"""Bodies as triangle meshes, repeated ones once: straight from the records where that is exact, else through the geometry kernel.

``use-world-coords`` of the kernel's iterator stays off: it would bake every placement and lose the sharing of mapped items.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ifcopenshell.geom as geom
import numpy as np
from numpy.typing import NDArray

from cim.building import Material, Representation
from cim.ifc.direct import DirectBodies, Drawn, NotDirectError
from cim.ifc.geometry_cache import GeometryCache
from cim.ifc.instances import Instances
from cim.ifc.kernel import THOROUGH, Kernel
from cim.ifc.twins import Twins
from cim.mesh import Mesh, no_materials
from cim.text import Text

# m from the file's own origin; eastings with a zone prefix reach 6e7 (zone 60), beyond lies nothing.
FAR = 1e8
NO_FACES = Text(zh="几何内核没有生成任何面。", en="the geometry kernel returned no faces")
NOT_FINITE = Text(zh="坐标不是有限数值。", en="its coordinates are not finite numbers")
TOO_FAR = Text(
    zh="坐标距文件原点超过 10 万公里。",
    en="its coordinates lie more than 100,000 km from the file's origin",
)


@dataclass(slots=True)
class Tessellation:
    """What the kernel drew.

    Attributes:
        meshes, materials: shared by all bodies; metres.
        bodies: GlobalId and step number of a product -> its body.
        refused: the same -> why there is none.
    """

    meshes: list[Mesh] = field(default_factory=list)
    materials: list[Material] = field(default_factory=list)
    bodies: dict[int, Representation] = field(default_factory=dict)
    refused: dict[int, Text] = field(default_factory=dict)


def tessellate(
    model: Any,
    products: list[Any],
    *,
    direct: DirectBodies,
    kernel: Kernel,
    progress: Callable[[float, int], None],
    cache: GeometryCache | None = None,
    into: Tessellation | None = None,
) -> Tessellation:
    """Draw the bodies of products.

    Args:
        model: the open file.
        products: those to draw; they need not have a body.
        direct: draws what needs no kernel; not asked when the kernel is to be thorough.
        kernel: IfcOpenShell's name of the geometry library, for the rest.
        progress: called with the share done (0..1) and the step number just drawn; may raise.
        cache: of bodies the kernel drew before.
        into: what was drawn already, to be added to, which keeps what is drawn when progress raises.
    """
    drawn = Tessellation() if into is None else into
    twins = Twins(direct, cache)
    builder = _Builder(drawn, twins)
    with_body = [product for product in products if product.Representation is not None]
    rest = with_body
    if kernel != THOROUGH:
        rest = _draw_directly(with_body, direct, builder, progress)
    rest = [p for p in rest if not _was_kept(p.id(), kernel, builder, progress)]
    rest = twins.without(rest)
    begun = 1.0 - len(rest) / max(len(with_body), 1)

    def beyond(share: float, step: int) -> None:
        progress(begun + (1.0 - begun) * share, step)

    _draw(model, rest, kernel, builder, beyond)
    missing = [p for p in rest if p.id() not in drawn.bodies and has_surface(p)]
    # The iterator passes over bodies that lie in a context for plans or of no known name.
    skipped = [p for p in missing if p.id() not in drawn.refused]
    _draw(model, skipped, kernel, builder, _quietly(progress), contexts=_contexts(skipped))
    missing = [p for p in missing if p.id() not in drawn.bodies]
    if kernel != THOROUGH:
        # The fast kernel leaves some surface models empty that the thorough one draws.
        retried = [p for p in missing if drawn.refused.get(p.id(), NO_FACES) == NO_FACES]
        _draw(model, retried, THOROUGH, builder, _quietly(progress))
    for product in missing:
        if product.id() not in drawn.bodies:
            why = drawn.refused.setdefault(product.id(), NO_FACES)
            drawn.refused.update(dict.fromkeys(twins.left_of(product.id()), why))
    return drawn


def _draw_directly(
    products: list[Any],
    direct: DirectBodies,
    builder: _Builder,
    progress: Callable[[float, int], None],
) -> list[Any]:
    """Draw what needs no kernel; the products that are left."""
    rest = []
    for product in products:
        number = product.id()
        try:
            body = direct.draw(number)
        except NotDirectError:
            rest.append(product)
            continue
        builder.add_body(number, body)
        progress((len(builder.drawn.bodies) - 1) / len(products), number)
    return rest


def _was_kept(
    number: int, kernel: Kernel, builder: _Builder, progress: Callable[[float, int], None]
) -> bool:
    found = builder.add_kept(number, kernel)
    if found:
        progress(0.0, number)
    return found


def _quietly(progress: Callable[[float, int], None]) -> Callable[[float, int], None]:
    """Tells that work goes on, at the end of the bar."""
    return lambda _, step: progress(1.0, step)


def _draw(
    model: Any,
    products: list[Any],
    kernel: Kernel,
    builder: _Builder,
    progress: Callable[[float, int], None],
    *,
    contexts: list[int] | None = None,
) -> None:
    """Draw products; `contexts` are step numbers of the only ones to look into, None leaves it to the kernel."""
    if not products:
        return
    if isinstance(model, Instances):
        model = model.opened
        products = [model.by_id(product.id()) for product in products]
    settings = _settings()
    if contexts is not None:
        settings.set("context-ids", contexts)
    iterator = geom.iterator(settings, model, 1, include=products, geometry_library=kernel)
    if not iterator.initialize():
        return
    while True:
        shape = iterator.get()  # type: ignore[no-untyped-call]
        for number in builder.add_shape(shape, kernel):
            progress(iterator.progress() / 100.0, number)
        if not iterator.next():
            return


def has_surface(product: Any) -> bool:
    """Whether a product has a shape that ought to be drawn (a body, surface or tessellation, not axes or boxes)."""
    return bool(_surfaces(product))


def _surfaces(product: Any) -> list[Any]:
    shapes = getattr(product.Representation, "Representations", None) or ()
    return [s for s in shapes if (s.RepresentationIdentifier or "Body") in SURFACES]


def _contexts(products: list[Any]) -> list[int]:
    """Step numbers of the contexts that hold the surfaces of products."""
    return sorted({s.ContextOfItems.id() for p in products for s in _surfaces(p)})


SURFACES = {"Body", "Body-FallBack", "Facetation", "Surface", "Tessellation", "Mesh"}


def _settings() -> Any:
    settings = geom.settings()  # type: ignore[no-untyped-call]
    settings.set("weld-vertices", True)
    settings.set("no-normals", True)
    return settings


class _Builder:
    """Gathers bodies; each unique geometry becomes one mesh."""

    def __init__(self, drawn: Tessellation, twins: Twins) -> None:
        self.drawn = drawn
        self._twins = twins
        self._mesh_of: dict[Any, int | Text] = {}
        self._material_of: dict[Material, int] = {}

    def add_body(self, number: int, body: Drawn) -> None:
        """Take a body drawn from the records of product `number`."""
        known = self._mesh_of.get(body.key)
        if known is None:
            known = self._mesh_of[body.key] = self._mesh(*_together(body, self._index))
        self._place(number, known, body.placement)

    def add_shape(self, shape: Any, kernel: Kernel) -> list[int]:
        """Take a shape of the kernel, for its product and for those that are drawn the same; their numbers."""
        geometry = shape.geometry
        key = f"{kernel} {geometry.id}"
        known = self._mesh_of.get(key)
        if known is None:
            vertices = np.frombuffer(geometry.verts_buffer, dtype=np.float64).reshape(-1, 3).copy()
            faces = np.frombuffer(geometry.faces_buffer, dtype=np.int32).reshape(-1, 3).copy()
            looks = self._looks(geometry, len(faces))
            known = self._mesh_of[key] = self._mesh(vertices, faces, looks)
        number, placement = int(shape.id), _matrix(shape)
        self._place(number, known, placement)
        if isinstance(known, Text):
            return [number]
        twins = self._twins.placed(number, placement)
        for twin, there in twins:
            self._place(twin, known, there)
        self._twins.keep(number, kernel, self.drawn.meshes[known], self.drawn.materials, placement)
        return [number, *(twin for twin, _ in twins)]

    def add_kept(self, number: int, kernel: Kernel) -> bool:
        """Take the body of product `number` from the cache; whether it has one."""
        kept = self._twins.find(number, kernel)
        if kept is None:
            return False
        body, placement = kept
        table = np.array([*(self._index(look) for look in body.materials), -1], dtype=np.int32)
        looks = table[body.looks]
        # Products that repeat one item have entries of their own; the mesh is one again.
        told = hashlib.blake2b(body.vertices.tobytes(), digest_size=16)
        told.update(body.faces.tobytes())
        told.update(looks.tobytes())
        known = self._mesh_of.get(told.digest())
        if known is None:
            known = self._mesh_of[told.digest()] = self._mesh(body.vertices, body.faces, looks)
        self._place(number, known, placement @ body.matrix)
        return True

    def _place(self, number: int, mesh: int | Text, placement: NDArray[np.float64]) -> None:
        if isinstance(mesh, Text):
            self.drawn.refused[number] = mesh
        elif not np.abs(placement).max() < FAR:
            self.drawn.refused[number] = TOO_FAR if np.isfinite(placement).all() else NOT_FINITE
        else:
            self.drawn.refused.pop(number, None)
            self.drawn.bodies[number] = Representation(mesh, placement)

    def _mesh(
        self, vertices: NDArray[np.float64], faces: NDArray[np.int32], looks: NDArray[np.int32]
    ) -> int | Text:
        """Index of the mesh, or why it is refused."""
        if not len(faces):
            return NO_FACES
        if not np.abs(vertices).max() < FAR:
            return TOO_FAR if np.isfinite(vertices).all() else NOT_FINITE
        if (looks < 0).all():
            looks = no_materials()
        self.drawn.meshes.append(Mesh(vertices, faces, looks))
        return len(self.drawn.meshes) - 1

    def _looks(self, geometry: Any, faces: int) -> NDArray[np.int32]:
        local = np.frombuffer(geometry.material_ids_buffer, dtype=np.int32)
        styles = list(geometry.materials)
        if not styles or len(local) != faces:
            return no_materials()
        table = np.array([*(self._style(style) for style in styles), -1], dtype=np.int32)
        return np.asarray(table[np.where(local < 0, len(styles), local)], dtype=np.int32)

    def _style(self, style: Any) -> int:
        if style.instance_id() == 0:  # the kernel's own default for the class, not of the file
            return -1
        red, green, blue = style.diffuse.r(), style.diffuse.g(), style.diffuse.b()
        see_through = style.transparency if style.has_transparency() else 0.0
        opacity = 1.0 if math.isnan(see_through) else 1.0 - see_through
        red, green, blue, opacity = (
            min(max(float(part), 0.0), 1.0) for part in (red, green, blue, opacity)
        )
        return self._index(Material(str(style.name), (red, green, blue, opacity)))

    def _index(self, look: Material | None) -> int:
        if look is None:
            return -1
        if look not in self._material_of:
            self._material_of[look] = len(self.drawn.materials)
            self.drawn.materials.append(look)
        return self._material_of[look]


def _together(
    body: Drawn, index: Callable[[Material | None], int]
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]:
    """The pieces of a body as one mesh: vertices, faces and the material of each face."""
    if len(body.pieces) == 1:
        (piece,) = body.pieces
        vertices, faces = piece.body
        return vertices, faces, np.full(len(faces), index(piece.look), dtype=np.int32)
    counts = [len(piece.body[0]) for piece in body.pieces]
    starts = np.cumsum([0, *counts[:-1]])
    return (
        np.concatenate([piece.body[0] for piece in body.pieces]),
        np.concatenate(
            [piece.body[1] + start for piece, start in zip(body.pieces, starts, strict=True)]
        ).astype(np.int32),
        np.repeat(
            np.array([index(piece.look) for piece in body.pieces], dtype=np.int32),
            [len(piece.body[1]) for piece in body.pieces],
        ),
    )


def _matrix(shape: Any) -> NDArray[np.float64]:
    column_major = np.frombuffer(shape.transformation_buffer, dtype=np.float64)
    return np.array(column_major.reshape(4, 4).T)
