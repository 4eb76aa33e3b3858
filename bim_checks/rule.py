"""What a rule is, and what a rule type is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from bim_checks.finding import Judgement, LegalEffect, SecondOpinion
from bim_checks.near_lines import Bounds, NearLines
from bim_checks.scheme import Computed, Scheme
from cim.city import City
from cim.control_lines.feature import ControlFeature
from cim.control_lines.store import LineStore
from cim.existing import ExistingBuildings
from cim.existing_store import consented_of, existing_of
from cim.text import Text

Status = Literal["verified", "unverified"]


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example of a rule: a small scene, and what the rule must say of it.

    Attributes:
        line: of the rulebook, for messages.
        content: the scene and its expected findings, as `bim_checks.scene` reads them.
    """

    line: int
    content: Mapping[str, Any]


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
        edition: of the text the clause is from; the rulebook's own where the entry says none.
        examples: worked examples.
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
    edition: str = ""
    examples: tuple[Example, ...] = ()

    @property
    def layer(self) -> str | None:
        """The control-line layer it reads, None for rules without one."""
        return getattr(self.parameters, "layer", None)

    @property
    def is_about_the_site(self) -> bool:
        """Whether the outline of the site alone answers it, without a building."""
        return getattr(self.parameters, "subject", None) == "site"


@dataclass(frozen=True)
class Surroundings:
    """What a scheme is held against.

    Attributes:
        city: its terrain, layers and views.
        lines: its control lines; rules ask for them by `near`, which reads them once.
        stated_existing: the buildings that stand, where they are not to be read from the city.
        stated_consented: the buildings of consented schemes, where they are not to be read from the city.
    """

    city: City
    lines: LineStore
    stated_existing: ExistingBuildings | None = None
    stated_consented: ExistingBuildings | None = None

    def once(self, key: Hashable, compute: Callable[[], Computed]) -> Computed:
        """What a room above prepares of the surroundings, prepared once; as `Scheme.once`."""
        if key not in self._computed:
            self._computed[key] = compute()
        found: Computed = self._computed[key]
        return found

    @cached_property
    def _computed(self) -> dict[Hashable, Any]:
        return {}

    def near(self, layer: str, bounds: Bounds | None) -> Sequence[ControlFeature]:
        """Features of a layer whose boxes touch `bounds`, all when None; what lies near is read only once."""
        return self._near_lines.features(layer, bounds)

    @cached_property
    def _near_lines(self) -> NearLines:
        return NearLines(self.lines)

    @cached_property
    def existing(self) -> ExistingBuildings:
        """The buildings that stand, from the city's store, opened when a rule first asks.

        Raises:
            CityError: the city's buildings cannot be read.
        """
        if self.stated_existing is not None:
            return self.stated_existing
        return existing_of(self.city)

    @cached_property
    def consented(self) -> ExistingBuildings:
        """The buildings of consented schemes, read when a rule first asks.

        Raises:
            CityError: a scheme's buildings cannot be read.
        """
        if self.stated_consented is not None:
            return self.stated_consented
        return consented_of(self.city)


@dataclass(frozen=True, slots=True)
class Need:
    """What a rule type must find in a model to answer; an IDS is written from it.

    Attributes:
        entity: IFC class, e.g. ``IfcSpace``.
        why: what it is read for.
        predefined_type: or None for any.
        property_set, property_name, data_type: e.g. ``Pset_SpaceParking``, ``ParkingUse``, ``IFCLABEL``; or None.
        required: whether a model without any such object is at fault; otherwise only those that are there must comply.
    """

    entity: str
    why: Text
    predefined_type: str | None = None
    property_set: str | None = None
    property_name: str | None = None
    data_type: str | None = None
    required: bool = True

    @property
    def subject(self) -> tuple[str, str | None, str | None]:
        """What is looked for, to tell which rules need the same."""
        return (self.entity, self.predefined_type, self.property_set)


Check = Callable[[Rule, Scheme, Surroundings], list[Judgement]]
Recheck = Callable[[Rule, Scheme, Surroundings, Judgement], SecondOpinion | None]


@dataclass(frozen=True, slots=True)
class RuleType:
    """A kind of rule.

    Attributes:
        code: stable, e.g. ``LINE-OVERLAP``.
        title: for people.
        explanation: what it measures, how, and when it says what; with the formula and its source.
        parameters: what its rulebook entries say: a class made by `bim_checks.parameters.parameters`.
        check: the pure function that answers it.
        needs_place: whether it is asked only where the frame is proven.
        needs_bodies: whether it is asked only where the model draws something.
        needs_building: whether it is asked only where there is a building, not for the outline of a site alone.
        needs_whole: whether it is asked only of a file that is whole.
        needs: what it must find in a model.
        recheck: computes the measured value of a judgement once more, in another way, or says None.
        mended_by: what is asked, some dozens of times, whether a lower or moved scheme is clear: `check`, or the same without what
            only a reader needs; None where no such remedy is looked for.
    """

    code: str
    title: Text
    explanation: Text
    parameters: type
    check: Check
    needs_place: bool = True
    needs_bodies: bool = True
    needs_building: bool = True
    needs_whole: bool = True
    needs: tuple[Need, ...] = ()
    recheck: Recheck | None = None
    mended_by: Check | None = None


def needs_of(rule: Rule, rule_type: RuleType) -> tuple[Need, ...]:
    """What a rule must find in a model: what its type needs, and what its own parameters name."""
    named: tuple[Need, ...] = getattr(rule.parameters, "needs", ())
    return (*rule_type.needs, *named)
