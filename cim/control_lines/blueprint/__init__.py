"""The self-check of a city's control lines: what they must keep between themselves, and what is wrong with each."""

from cim.control_lines.blueprint.check import BlueprintReport, check_blueprint
from cim.control_lines.blueprint.document import blueprint_document
from cim.control_lines.blueprint.repair import write_repaired

__all__ = ["BlueprintReport", "blueprint_document", "check_blueprint", "write_repaired"]
