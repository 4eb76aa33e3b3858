"""Small building models with known shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cim.building import BuildingModel, Element, MapConversion, Representation, Site
from cim.mesh import Mesh

BOX_FACES = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ],
    dtype=np.int32,
)  # fmt: skip


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    """A closed, outward box."""
    (x0, y0, z0), (x1, y1, z1) = low, high
    corners = [(x, y, z) for z in (z0, z1) for y in (y0, y1) for x in (x0, x1)]
    return Mesh(np.array(corners, dtype=np.float64), BOX_FACES)


def polygon_surface(ring: list[tuple[float, float]], height: float = 0.0) -> Mesh:
    """A flat fan over a convex ring."""
    vertices = np.array([(x, y, height) for x, y in ring], dtype=np.float64)
    faces = np.array([(0, i, i + 1) for i in range(1, len(ring) - 1)], dtype=np.int32)
    return Mesh(vertices, faces)


def element(
    global_id: str,
    mesh: int | None,
    *,
    placement: NDArray[np.float64] | None = None,
    storey: str | None = None,
    ifc_class: str = "IfcWall",
) -> Element:
    """An element without properties."""
    body = None
    if mesh is not None:
        body = Representation(mesh, np.eye(4) if placement is None else placement)
    return Element(
        global_id=global_id,
        ifc_class=ifc_class,
        name=global_id,
        storey=storey,
        representation=body,
        predefined_type=None,
        type_name=None,
        property_sets={},
    )


def model_of(
    elements: list[Element],
    meshes: list[Mesh],
    *,
    site: Mesh | None = None,
    map_conversion: MapConversion | None = None,
    lat_long: tuple[float, float] | None = None,
) -> BuildingModel:
    """A building model of given parts."""
    sites = ()
    if site is not None or lat_long is not None:
        meshes = [*meshes, site] if site is not None else meshes
        sites = (
            Site(
                global_id="SITE",
                name="site",
                ref_latitude=lat_long[0] if lat_long else None,
                ref_longitude=lat_long[1] if lat_long else None,
                ref_elevation=None,
                representation=Representation(len(meshes) - 1, np.eye(4)) if site else None,
            ),
        )
    return BuildingModel(
        sha256="0" * 64,
        file_name="synthetic.ifc",
        schema="IFC4",
        authoring_tool=None,
        project_name="synthetic",
        sites=sites,
        buildings=(),
        storeys=(),
        spaces=(),
        elements=tuple(elements),
        meshes=tuple(meshes),
        materials=(),
        map_conversion=map_conversion,
        true_north=None,
        undrawn=(),
        warnings=(),
    )


def boxes_model(
    boxes: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]],
    **parts: object,
) -> BuildingModel:
    """One wall a box, named by its GlobalId."""
    meshes = [box(low, high) for low, high in boxes.values()]
    elements = [element(name, i) for i, name in enumerate(boxes)]
    return model_of(elements, meshes, **parts)  # type: ignore[arg-type]
