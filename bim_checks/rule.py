"""What a rule is, and what a rule type is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bim_checks.finding import Judgement, LegalEffect
from bim_checks.scheme import Scheme
from cim.city import City
from cim.control_lines.store import LineStore
from cim.text import Text

Status = Literal["verified", "unverified"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a rulebook.

    Attributes:
        identifier: unique in its rulebook, e.g. ``RES-01``.
        rule_type: stable code of the rule type.
        title, clause, source, owner: for people.
        legal_effect: what breaking it means.
        status: whether its numbers were held against the primary text.
        parameters: the rule type's own frozen parameter record.
    """

    identifier: str
    rule_type: str
    title: Text
    clause: Text
    source: Text
    owner: Text
    legal_effect: LegalEffect
    status: Status
    parameters: Any

    @property
    def layer(self) -> str | None:
        """The control-line layer it reads, None for rules without one."""
        return getattr(self.parameters, "layer", None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The city a scheme is held against."""

    city: City
    lines: LineStore


@dataclass(frozen=True, slots=True)
class RuleType:
    """A kind of rule.

    Attributes:
        code: stable, e.g. ``LINE-OVERLAP``.
        title: for people.
        parameters: the frozen dataclass its rulebook entries fill.
        check: the pure function that answers it. It is called only for a scheme whose frame is proven.
    """

    code: str
    title: Text
    parameters: type
    check: Callable[[Rule, Scheme, Surroundings], list[Judgement]]
