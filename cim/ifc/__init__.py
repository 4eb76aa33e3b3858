"""The only door to IfcOpenShell: hostile files in, `BuildingModel` out, through a guarded child process."""

from cim.ifc.guard import DEFAULT_LIMITS, ReadCost, ReadLimits, read_ifc, read_ifc_to_snapshot

__all__ = ["DEFAULT_LIMITS", "ReadCost", "ReadLimits", "read_ifc", "read_ifc_to_snapshot"]
