"""The only door to IfcOpenShell: hostile files in, `BuildingModel` out, through a guarded child process."""

from cim.ifc.guard import ReadCost, get_ready, read_ifc, read_ifc_to_snapshot
from cim.ifc.limits import DEFAULT_LIMITS, ReadLimits

__all__ = [
    "DEFAULT_LIMITS",
    "ReadCost",
    "ReadLimits",
    "get_ready",
    "read_ifc",
    "read_ifc_to_snapshot",
]
