"""Which products of a file are drawn, by which kernel, and what stands for those that are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cim.ifc.direct import DirectBodies
from cim.ifc.geometry_cache import GeometryCache
from cim.ifc.kernel import THOROUGH, Kernel
from cim.ifc.tessellation import Tessellation, has_surface, tessellate
from cim.text import Text

TIME_LIMIT = Text(
    zh="读取时间用尽，未能绘制（time limit）。",
    en="the time limit was reached before it was drawn",
)
NOT_ELEMENTS = ("IfcFeatureElement", "IfcVirtualElement")


class OutOfTimeError(Exception):
    """The time for drawing is used up; raised by a progress callback."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the products of a file are drawn.

    Attributes:
        kernel: of those not named below.
        skip: instance number of a product not to be drawn -> why.
        thorough: instance numbers of products drawn by the thorough kernel.
    """

    kernel: Kernel
    skip: Mapping[int, Text] = field(default_factory=dict)
    thorough: frozenset[int] = frozenset()


def elements_of(model: Any) -> list[Any]:
    """Physical elements; openings and other features are part of what they cut."""
    return [
        entity
        for entity in model.by_type("IfcElement")
        if not any(entity.is_a(kind) for kind in NOT_ELEMENTS)
    ]


def products_of(model: Any) -> list[Any]:
    """All that is drawn: elements, spaces, sites."""
    return [*elements_of(model), *model.by_type("IfcSpace"), *model.by_type("IfcSite")]


def geometry_key(product: Any) -> int:
    """Number of the representation a product is drawn from, shared by the occurrences of a type.

    The kernel goes through a file in the order of these numbers (measured on the files of the tests, not documented), so
    the first that is missing when it fails is most likely the one it failed on.
    """
    shapes = getattr(product.Representation, "Representations", None) or ()
    bodies = [shape for shape in shapes if shape.RepresentationIdentifier == "Body"] or list(shapes)
    if not bodies:
        return 0
    items: Sequence[Any] = bodies[0].Items or ()
    if len(items) == 1 and items[0].is_a("IfcMappedItem"):
        source = items[0].MappingSource
        mapped = source.MappedRepresentation if source is not None else None
        if mapped is not None:
            return int(mapped.id())
    return int(bodies[0].id())


def draw(
    model: Any,
    products: list[Any],
    plan: Plan,
    progress: Callable[[float, int], None],
    *,
    direct: DirectBodies,
    cache: GeometryCache | None = None,
) -> Tessellation:
    """Draw products as planned; when time runs out, what was drawn is kept and the rest refused.

    Args:
        model: the open file.
        products: all of the file.
        plan: what to do with which.
        progress: see `tessellate`; may raise `OutOfTimeError`.
        direct: draws what needs no kernel.
        cache: of bodies a kernel drew before.

    Raises:
        OutOfTimeError: nothing was drawn at all.
    """
    drawn = Tessellation()
    wanted = [product for product in products if product.id() not in plan.skip]
    fast = [product for product in wanted if product.id() not in plan.thorough]
    slow = [product for product in wanted if product.id() in plan.thorough]
    try:
        tessellate(
            model,
            fast,
            direct=direct,
            kernel=plan.kernel,
            progress=progress,
            cache=cache,
            into=drawn,
        )
        tessellate(
            model,
            slow,
            direct=direct,
            kernel=THOROUGH,
            progress=progress,
            cache=cache,
            into=drawn,
        )
    except OutOfTimeError:
        if not drawn.bodies:
            raise
        for product in wanted:
            if product.id() not in drawn.bodies and has_surface(product):
                drawn.refused.setdefault(product.id(), TIME_LIMIT)
    drawn.refused.update(
        (product.id(), plan.skip[product.id()]) for product in products if product.id() in plan.skip
    )
    return drawn
