"""IDS 1.0: what an information delivery specification asks of an IFC file, and whether the file delivers it."""

from bim_checks.ids.guard import DEFAULT_IDS_LIMITS, check_ids, get_ready
from bim_checks.ids.results import (
    Failure,
    IdsReport,
    RequirementResult,
    SpecificationResult,
    Status,
)

__all__ = [
    "DEFAULT_IDS_LIMITS",
    "Failure",
    "IdsReport",
    "RequirementResult",
    "SpecificationResult",
    "Status",
    "check_ids",
    "get_ready",
]
