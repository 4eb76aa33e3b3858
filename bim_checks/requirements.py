"""The IDS that a rulebook asks of its models: what its rules read, and which rules read it."""

from __future__ import annotations

from collections.abc import Iterator

from bim_checks.catalogue import RULE_TYPES
from bim_checks.errors import IdsError
from bim_checks.ids.soundness import versions_with
from bim_checks.ids.writer import WrittenProperty, WrittenSpecification, written
from bim_checks.rule import Need, needs_of
from bim_checks.rulebook import Rulebook
from cim.text import Text

Key = tuple[str, str | None, bool]


def ids_for(rulebook: Rulebook) -> str:
    """The IDS 1.0 document (XML) of all that the rules of a rulebook must find in a model.

    Needs of the same objects are one specification, whose description names the rules and why they ask.

    Raises:
        IdsError: no rule needs anything, and IDS knows no empty document.
    """
    asked: dict[Key, list[tuple[str, Need]]] = {}
    for rule in rulebook.rules:
        for need in needs_of(rule, RULE_TYPES[rule.rule_type]):
            key = (need.entity, need.predefined_type, need.required)
            asked.setdefault(key, []).append((rule.identifier, need))
    if not asked:
        raise IdsError(
            Text(
                zh="规则库 {code} 的规则都不读取需要提交的数据，没有可写的 IDS。",
                en="no rule of {code} reads data that must be delivered, so there is no IDS to write.",
            ).format(code=rulebook.code)
        )
    return written(
        str(rulebook.title),
        rulebook.edition,
        [_specification(key, needs) for key, needs in asked.items()],
    )


def _specification(key: Key, needs: list[tuple[str, Need]]) -> WrittenSpecification:
    entity, predefined_type, required = key
    kind = entity if predefined_type is None else f"{entity}.{predefined_type}"
    rules = ", ".join(dict.fromkeys(rule for rule, _ in needs))
    reasons = dict.fromkeys(str(need.why) for _, need in needs)
    return WrittenSpecification(
        name=f"{kind}: {rules}",
        identifier=kind if required else f"{kind}.optional",
        description=" / ".join(reasons),
        entity=entity,
        predefined_type=predefined_type,
        cardinality="required" if required else "optional",
        versions=versions_with(entity, typed=predefined_type is not None),
        properties=tuple(dict.fromkeys(_properties(needs))),
    )


def _properties(needs: list[tuple[str, Need]]) -> Iterator[WrittenProperty]:
    for _, need in needs:
        if need.property_set is not None:
            yield WrittenProperty(need.property_set, need.property_name, need.data_type)
