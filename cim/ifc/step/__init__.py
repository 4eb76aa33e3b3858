"""The records of a STEP file as arrays: one pass over the bytes, no object for an entity.

A *row* is an instance in the order of the file; a *token* is one value, bracket or keyword of its argument list. References
come out as rows, so that whoever walks the file never looks an instance number up again.
"""

from cim.ifc.step.arguments import Arguments, argument_references
from cim.ifc.step.closure import Closures
from cim.ifc.step.file import StepFile, scan

__all__ = ["Arguments", "Closures", "StepFile", "argument_references", "scan"]
