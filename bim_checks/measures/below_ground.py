"""Which storeys lie below ground, by the terrain around the building."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely

from bim_checks.measures.storey_plan import StoreyPlan
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme


def below_ground(
    plans: tuple[StoreyPlan, ...], scheme: Scheme, around: Surroundings, *, share: float
) -> Mapping[tuple[str, ...], bool | None]:
    """Whether each storey's floor lies below the ground outside by more than a share of its height (GB 50352-2019 2.0).

    Args:
        plans: of the scheme.
        scheme: placed.
        around: whose terrain counts; its mean along the outline of the storey.
        share: of the storey's height, e.g. 0.5.

    Returns:
        By the GlobalIds of the storeys; None where no ground is known, or the storey has no outline or height.
    """
    return {plan.identifiers: _is_below(plan, scheme, around, share) for plan in plans}


def _is_below(plan: StoreyPlan, scheme: Scheme, around: Surroundings, share: float) -> bool | None:
    corners = shapely.get_coordinates(shapely.segmentize(plan.contour, max_segment_length=1.0))
    if plan.height is None or not len(corners):
        return None
    level = np.column_stack([corners, np.full(len(corners), plan.floor)])
    placed = scheme.placement.to_projected(level)
    ground = around.city.terrain.height_at(placed)
    if np.isnan(ground).any():
        return None
    depth = float(ground.mean()) - float(placed[0, 2])
    return depth > share * plan.height
