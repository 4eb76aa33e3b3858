"""Bodies as triangle meshes, repeated ones once, through one geometry iterator.

``use-world-coords`` stays off: it would bake every placement and lose the sharing of mapped items.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import ifcopenshell.geom as geom
import numpy as np
from numpy.typing import NDArray

from cim.building import Material, Representation
from cim.mesh import Mesh
from cim.text import Text

# m from the file's own origin; eastings with a zone prefix reach 6e7 (zone 60), beyond lies nothing.
FAR = 1e8
NO_FACES = Text(zh="几何内核没有生成任何面。", en="the geometry kernel returned no faces")
NOT_FINITE = Text(zh="坐标不是有限数值。", en="its coordinates are not finite numbers")
TOO_FAR = Text(
    zh="坐标距文件原点超过 10 万公里。",
    en="its coordinates lie more than 100,000 km from the file's origin",
)

Kernel = Literal["hybrid-cgal-simple-opencascade", "opencascade"]
THOROUGH: Kernel = "opencascade"


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
    kernel: Kernel,
    progress: Callable[[float, int], None],
    into: Tessellation | None = None,
) -> Tessellation:
    """Draw the bodies of products.

    Args:
        model: the open file.
        products: those to draw; they need not have a body.
        kernel: IfcOpenShell's name of the geometry library.
        progress: called with the share done (0..1) and the step number just drawn; may raise.
        into: what was drawn already, to be added to, which keeps what is drawn when progress raises.
    """
    drawn = Tessellation() if into is None else into
    builder = _Builder(drawn)
    with_body = [product for product in products if product.Representation is not None]
    _draw(model, with_body, kernel, builder, progress)
    missing = [p for p in with_body if p.id() not in drawn.bodies and has_surface(p)]
    # The iterator passes over bodies that lie in a context for plans or of no known name.
    skipped = [p for p in missing if p.id() not in drawn.refused]
    _draw(model, skipped, kernel, builder, progress, contexts=_contexts(skipped))
    missing = [p for p in missing if p.id() not in drawn.bodies]
    if kernel != THOROUGH:
        # The fast kernel leaves some surface models empty that the thorough one draws.
        retried = [p for p in missing if drawn.refused.get(p.id(), NO_FACES) == NO_FACES]
        _draw(model, retried, THOROUGH, builder, progress)
    for product in missing:
        if product.id() not in drawn.bodies:
            drawn.refused.setdefault(product.id(), NO_FACES)
    return drawn


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
    settings = _settings()
    if contexts is not None:
        settings.set("context-ids", contexts)
    iterator = geom.iterator(settings, model, 1, include=products, geometry_library=kernel)
    if not iterator.initialize():
        return
    while True:
        shape = iterator.get()  # type: ignore[no-untyped-call]
        builder.add(shape, kernel)
        progress(iterator.progress() / 100.0, shape.id)
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
    """Turns the kernel's shapes into our meshes; each unique geometry is copied once."""

    def __init__(self, drawn: Tessellation) -> None:
        self._drawn = drawn
        self._mesh_of: dict[str, int | Text] = {}
        self._material_of: dict[tuple[str, tuple[float, ...]], int] = {}

    def add(self, shape: Any, kernel: Kernel) -> None:
        geometry = shape.geometry
        key = f"{kernel} {geometry.id}"
        known = self._mesh_of.get(key)
        if known is None:
            known = self._mesh_of[key] = self._mesh(geometry)
        placement = _matrix(shape)
        if isinstance(known, Text):
            self._drawn.refused[shape.id] = known
        elif not np.isfinite(placement).all():
            self._drawn.refused[shape.id] = NOT_FINITE
        elif np.abs(placement[:3, 3]).max() > FAR:
            self._drawn.refused[shape.id] = TOO_FAR
        else:
            self._drawn.refused.pop(shape.id, None)
            self._drawn.bodies[shape.id] = Representation(known, placement)

    def _mesh(self, geometry: Any) -> int | Text:
        """Index of the mesh, or why it is refused."""
        vertices = np.frombuffer(geometry.verts_buffer, dtype=np.float64).reshape(-1, 3).copy()
        faces = np.frombuffer(geometry.faces_buffer, dtype=np.int32).reshape(-1, 3).copy()
        if not len(faces):
            return NO_FACES
        if not np.isfinite(vertices).all():
            return NOT_FINITE
        if np.abs(vertices).max() > FAR:
            return TOO_FAR
        self._drawn.meshes.append(Mesh(vertices, faces, self._materials(geometry, len(faces))))
        return len(self._drawn.meshes) - 1

    def _materials(self, geometry: Any, faces: int) -> NDArray[np.int32]:
        local = np.frombuffer(geometry.material_ids_buffer, dtype=np.int32)
        styles = list(geometry.materials)
        if not styles or len(local) != faces:
            return np.zeros(0, dtype=np.int32)
        table = np.array([*(self._material(style) for style in styles), -1], dtype=np.int32)
        return np.asarray(table[np.where(local < 0, len(styles), local)], dtype=np.int32)

    def _material(self, style: Any) -> int:
        red, green, blue = style.diffuse.r(), style.diffuse.g(), style.diffuse.b()
        see_through = style.transparency if style.has_transparency() else 0.0
        opacity = 1.0 if math.isnan(see_through) else 1.0 - see_through
        colour = tuple(min(max(float(part), 0.0), 1.0) for part in (red, green, blue, opacity))
        key = (str(style.name), colour)
        if key not in self._material_of:
            self._material_of[key] = len(self._drawn.materials)
            self._drawn.materials.append(Material(key[0], colour))  # type: ignore[arg-type]
        return self._material_of[key]


def _matrix(shape: Any) -> NDArray[np.float64]:
    column_major = np.frombuffer(shape.transformation_buffer, dtype=np.float64)
    return np.array(column_major.reshape(4, 4).T)
