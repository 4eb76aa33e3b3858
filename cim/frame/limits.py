"""The numbers the frame ledger decides by. A city may state its own in ``city.yaml``, key ``frame_limits``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class FrameLimits:
    """All in metres unless the name says otherwise. They are working figures of this program, not of any statute.

    Attributes:
        agreement: two sources nearer to each other than this, anywhere on the model, say the same.
        parcel_tolerance: a site whose outline is this near to the parcel's proves its position.
        ground_discussed: zero level this far from the mean ground below the model: a person must look.
        ground_refused: this far, and the height is wrong.
        far_geometry: coordinates in a mesh beyond this are stored on the map, not at the model's origin.
        map_coordinates: a model further than this from its own origin stands in map coordinates.
        lat_long_agreement: IfcSite latitude and longitude this far from the place taken contradict it.
        unnamed_datum: half-width of the height of a file that names no vertical datum.
        scale_slack: a combined scale this near to 1 (a ratio) is a grid scale; anything else hides a unit.
        rotation_agreement_degrees: true north and map rotation may differ by this and still agree.
    """

    agreement: float = 0.05
    parcel_tolerance: float = 0.10
    ground_discussed: float = 3.0
    ground_refused: float = 15.0
    far_geometry: float = 10_000.0
    map_coordinates: float = 10_000.0
    lat_long_agreement: float = 200.0
    unnamed_datum: float = 0.5
    scale_slack: float = 0.01
    rotation_agreement_degrees: float = 0.02


def frame_limits(stated: Mapping[str, Any]) -> FrameLimits:
    """Limits with those a city states in place of the defaults.

    Raises:
        ValueError: no such limit, or not a positive number.
    """
    known = {field.name for field in fields(FrameLimits)}
    for name, value in stated.items():
        if name not in known or not 0.0 < float(value) < math.inf:
            reason = f"frame_limits.{name}: {value}"
            raise ValueError(reason)
    return FrameLimits(**{name: float(value) for name, value in stated.items()})


DEFAULT_LIMITS = FrameLimits()
