"""The records of a STEP file as arrays: one pass over the bytes, no object for an entity.

A *row* is an instance in the order of the file; a *token* is one value, bracket or keyword of its argument list. References
come out as rows, so that whoever walks the file never looks an instance number up again.
"""

from cim.ifc.step.arguments import Arguments
from cim.ifc.step.closure import Closures
from cim.ifc.step.columns import (
    argument_numbers,
    argument_references,
    global_id_keys,
    listed_references,
    lists_any,
)
from cim.ifc.step.file import StepFile, scan
from cim.ifc.step.telling import DIGEST_BYTES, Links, Telling, tell

__all__ = [
    "DIGEST_BYTES",
    "Arguments",
    "Closures",
    "Links",
    "StepFile",
    "Telling",
    "argument_numbers",
    "argument_references",
    "global_id_keys",
    "listed_references",
    "lists_any",
    "scan",
    "tell",
]
