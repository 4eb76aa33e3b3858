"""A scheme and its surroundings as rules of sight ask for them: prepared once for all rules and viewpoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from bim_checks.landscape.context import Context
from bim_checks.landscape.eye import Eye
from bim_checks.landscape.surface import Surface, prepared
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.city import Viewpoint
from cim.mesh import transform_points

REPLACED = 1.0  # m2; an existing building that shares more than this with the scheme in plan makes way for it


def context_of(around: Surroundings) -> Context:
    """What stands around, looked at; kept in the city's build folder where the city has one."""

    def make() -> Context:
        city = around.city
        on_disk = around.stated_existing is None and city.buildings_path.is_file()
        return Context(
            city.terrain,
            lambda: around.existing,
            digest=city.scenery_sha256 if on_disk else None,
            folder=city.build_folder / "landscape" if on_disk else None,
        )

    return around.once("landscape.context", make)


def surface_of(scheme: Scheme) -> Surface:
    """The scheme's bodies, prepared; the index of each is its place in `scheme.body_ids`."""
    return scheme.once("landscape.surface", lambda: prepared(scheme.placed_meshes()))


def changed(scheme: Scheme, change: NDArray[np.float64]) -> Scheme:
    """The scheme lowered, moved or scaled, for rules of sight only: its bodies are prepared already and need not be again.

    Args:
        scheme: as submitted.
        change: shape (4, 4), affine, metres, projected frame.
    """
    nothing: frozenset[str] = frozenset()
    surface = surface_of(scheme)
    gone = scheme.once("landscape.replaced", lambda: nothing)
    other = replace(scheme)
    other.once(
        "landscape.surface",
        lambda: replace(surface, vertices=transform_points(change, surface.vertices)),
    )
    other.once("landscape.replaced", lambda: gone)
    return other


def eye_of(viewpoint: Viewpoint, refraction: float) -> Eye:
    """The eye that stands at a viewpoint."""
    easting, northing, ground = viewpoint.position
    return Eye((easting, northing, ground + viewpoint.eye_height), refraction)


def replaced_buildings(scheme: Scheme, around: Surroundings) -> frozenset[str]:
    """Identifiers of the existing buildings that make way for the scheme."""

    def find() -> frozenset[str]:
        shape = scheme.footprint
        return frozenset(
            building.identifier
            for building in around.existing.near(shape.bounds)
            if float(shapely.area(shapely.intersection(building.footprint, shape))) > REPLACED
        )

    return scheme.once("landscape.replaced", find)


def elements_by_weight(
    scheme: Scheme, owners: NDArray[np.int32], weights: NDArray[np.float64]
) -> tuple[str, ...]:
    """GlobalIds of the bodies seen in some columns or pixels, those that weigh most first.

    Args:
        scheme: whose bodies they are.
        owners: shape (N,), index of the body in each.
        weights: shape (N,), of each.
    """
    sums = np.bincount(owners, weights=weights, minlength=len(scheme.body_ids))
    order = np.argsort(-sums, kind="stable")
    return tuple(scheme.body_ids[i] for i in order if sums[i] > 0.0)
