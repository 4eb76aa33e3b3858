"""Delivery: names by the city's convention, indicators that the applicant declares, and the city's own IDS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from bim_checks.errors import IdsError
from bim_checks.finding import Column, Judgement, Outcome, Table
from bim_checks.ids import SpecificationResult, Status, check_ids
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Need, Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.errors import UnreadableIfcError
from cim.properties import PropertySets
from cim.text import Text

LONGEST_NAME = (
    500  # characters; a longer name follows no convention, and would cost a pattern much time
)
LISTED = 3  # names quoted in a sentence
Holder = Literal["site", "building"]
CLASS_OF: dict[str, str] = {"site": "IfcSite", "building": "IfcBuilding"}
DECLARED_FOR = Text(zh="申报指标", en="declared indicators")


class _Named(Protocol):
    """What has a GlobalId and may have a name."""

    @property
    def global_id(self) -> str: ...

    @property
    def name(self) -> str | None: ...


class _Classed(_Named, Protocol):
    """What has an IFC class as well."""

    @property
    def ifc_class(self) -> str: ...


@parameters
class Convention:
    """How objects of a class are named."""

    ifc_class: str = parameter(
        zh="IFC 类别，如 IfcBuildingStorey", en="IFC class, e.g. IfcBuildingStorey"
    )
    pattern: str = parameter(
        zh="名称须完整符合的正则表达式", en="regular expression that the whole name must match"
    )

    def __post_init__(self) -> None:
        """Refuse a pattern that is none."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError("pattern: " + str(error)) from error


@parameters
class NamingParameters:
    """Parameters of DELIVERY-NAMING."""

    names: tuple[Convention, ...] = parameter(zh="各类对象的命名规则", en="a convention a class")


@parameters
class Indicator:
    """An indicator the applicant declares."""

    holder: Holder = parameter(
        zh="写在用地还是建筑上", en="whether the site or the building states it"
    )
    property_set: str = parameter(zh="属性集", en="property set")
    property_name: str = parameter(zh="属性", en="property")
    is_number: bool = parameter(zh="是否须为数值", en="whether it must be a number", default=True)


@parameters
class DeclaredParameters:
    """Parameters of DELIVERY-DECLARED."""

    indicators: tuple[Indicator, ...] = parameter(zh="须申报的指标", en="indicators to declare")

    @property
    def needs(self) -> tuple[Need, ...]:
        """What a model must hold."""
        return tuple(
            Need(
                CLASS_OF[indicator.holder],
                DECLARED_FOR,
                property_set=indicator.property_set,
                property_name=indicator.property_name,
            )
            for indicator in self.indicators
        )


@parameters
class IdsParameters:
    """Parameters of DELIVERY-IDS."""

    document: Path = parameter(
        zh="IDS 文件，相对于规则库所在文件夹", en="the IDS, named from the rulebook's folder"
    )


def check_naming(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-NAMING: every object of the classes named has a name by the convention."""
    conventions: Sequence[Convention] = rule.parameters.names
    return [_named(convention, scheme.model) for convention in conventions]


def _named(convention: Convention, model: BuildingModel) -> Judgement:
    found = list(_objects(model, convention.ifc_class))
    words = {"kind": convention.ifc_class, "count": len(found), "pattern": convention.pattern}
    if not found:
        return Judgement(
            Outcome.NOT_APPLICABLE,
            Text(zh="文件没有 {kind}。", en="The file has no {kind}.").format(**words),
        )
    wrong = [(key, name) for key, name in found if not _matches(convention.pattern, name)]
    if not wrong:
        sentence = Text(
            zh="{count} 个 {kind} 的名称均符合规则。",
            en="The names of all {count} {kind} follow the convention.",
        )
        return Judgement(Outcome.PASS, sentence.format(**words))
    quoted = ", ".join(f"“{(name or '')[:LONGEST_NAME]}”" for _, name in wrong[:LISTED])
    sentence = Text(
        zh="{count} 个 {kind} 中有 {some} 个名称不符合规则 {pattern}，如 {quoted}。",
        en="The names of {some} of {count} {kind} do not follow {pattern}, such as {quoted}.",
    )
    return Judgement(
        Outcome.FAIL,
        sentence.format(**words, some=len(wrong), quoted=quoted),
        fix=Text(zh="请按规则改名。", en="Rename them by the convention."),
        elements=tuple(key for key, _ in wrong),
    )


def _objects(model: BuildingModel, ifc_class: str) -> Iterator[tuple[str, str | None]]:
    """GlobalId and name of all objects of a class."""
    things: Iterable[_Named]
    if ifc_class == "IfcProject":
        things = () if model.project is None else (model.project,)
    elif ifc_class == "IfcSite":
        things = model.sites
    elif ifc_class == "IfcBuildingStorey":
        things = model.storeys
    elif ifc_class == "IfcSpace":
        things = model.spaces
    else:
        known: tuple[_Classed, ...] = (
            *model.buildings,
            *model.facility_parts,
            *model.zones,
            *model.elements,
        )
        things = [thing for thing in known if thing.ifc_class == ifc_class]
    for thing in things:
        yield thing.global_id, thing.name


def _matches(pattern: str, name: str | None) -> bool:
    return (
        name is not None and len(name) <= LONGEST_NAME and re.fullmatch(pattern, name) is not None
    )


def check_declared(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-DECLARED: the site or the building states each indicator."""
    indicators: Sequence[Indicator] = rule.parameters.indicators
    missing = [i for i in indicators if not _states(scheme.model, i)]
    if not missing:
        return [
            Judgement(
                Outcome.PASS,
                Text(
                    zh="{count} 项指标均已申报。", en="All {count} indicators are declared."
                ).format(count=len(indicators)),
            )
        ]
    named = [f"{CLASS_OF[i.holder]} {i.property_set}.{i.property_name}" for i in missing]
    holders = [key for i in missing for key, _ in _holders(scheme.model, i.holder)]
    return [
        Judgement(
            Outcome.FAIL,
            Text(
                zh="缺少 {some} / {count} 项申报指标，或不是数值：{named}。",
                en="{some} of {count} indicators are not declared, or not as numbers: {named}.",
            ).format(some=len(missing), count=len(indicators), named=", ".join(named)),
            fix=Text(
                zh="在建模软件中补充这些属性并导出。",
                en="Add these properties in the authoring tool and export them.",
            ),
            elements=tuple(dict.fromkeys(holders)),
        )
    ]


def _holders(model: BuildingModel, holder: Holder) -> list[tuple[str, PropertySets]]:
    things = model.sites if holder == "site" else model.buildings
    return [(thing.global_id, thing.property_sets) for thing in things]


def _states(model: BuildingModel, indicator: Indicator) -> bool:
    values = [
        sets.get(indicator.property_set, {}).get(indicator.property_name)
        for _, sets in _holders(model, indicator.holder)
    ]
    if indicator.is_number:
        return any(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return any(value not in (None, "", ()) for value in values)


def check_document(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-IDS: the file fulfils every specification of the city's IDS."""
    if scheme.file is None:
        return [_unanswered(Text(zh="原文件不在手边。", en="The file itself is not at hand."))]
    try:
        report = check_ids(scheme.file, rule.parameters.document)
    except (IdsError, UnreadableIfcError) as error:
        return [_unanswered(error.reason)]
    failed = [s for s in report.specifications if s.status is Status.FAILED]
    if failed:
        return [_unfulfilled(specification) for specification in failed]
    words = {"title": report.title, "schema": report.schema, "count": len(report.specifications)}
    if report.status is Status.PASSED:
        sentence = Text(
            zh="符合 IDS“{title}”的全部 {count} 项要求。",
            en="All {count} specifications of “{title}” are fulfilled, or do not apply.",
        )
        return [Judgement(Outcome.PASS, sentence.format(**words))]
    sentence = Text(
        zh="IDS“{title}”没有一项要求适用于本文件（{schema}）。",
        en="No specification of “{title}” applies to this file ({schema}).",
    )
    return [Judgement(Outcome.NOT_APPLICABLE, sentence.format(**words))]


def _unanswered(reason: Text) -> Judgement:
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="无法按 IDS 检查：{reason}", en="The IDS cannot be held against it: {reason}"
        ).format(reason=reason),
        fix=Text(zh="排除所述问题后重新检查。", en="Mend this and check again."),
    )


def _unfulfilled(found: SpecificationResult) -> Judgement:
    words = {
        "name": found.name,
        "count": found.applicable,
        "some": len(found.at_fault),
    }
    if found.is_missing:
        sentence = Text(
            zh="“{name}”：文件中没有这样的对象。", en="“{name}”: the file has no such object."
        )
    elif found.cardinality == "prohibited":
        sentence = Text(
            zh="“{name}”：不应有 {count} 个。",
            en="“{name}”: there are {count}, and none is allowed.",
        )
    else:
        sentence = Text(
            zh="“{name}”：{count} 个对象中有 {some} 个不符合要求。",
            en="“{name}”: {some} of {count} objects do not fulfil it.",
        )
    advice = found.instructions or found.description
    return Judgement(
        Outcome.FAIL,
        sentence.format(**words),
        fix=Text(zh=advice, en=advice) if advice else None,
        elements=found.at_fault,
        tables=_why(found),
        lacks=found.entity if found.is_missing else None,
    )


def _why(found: SpecificationResult) -> tuple[Table, ...]:
    rows = tuple(
        (requirement.sentence, len(requirement.passed), len(requirement.failures), failure.reason)
        for requirement in found.requirements
        for failure in requirement.failures[:1]
    )
    if not rows:
        return ()
    columns = (
        Column("requirement", Text(zh="要求", en="Requirement")),
        Column("passed", Text(zh="符合", en="Fulfil it")),
        Column("failed", Text(zh="不符合", en="Do not")),
        Column("reason", Text(zh="例如", en="For example")),
    )
    return (Table(Text(zh="未满足的要求", en="What is not fulfilled"), columns, rows),)


RULE_TYPES = (
    RuleType(
        code="DELIVERY-NAMING",
        title=Text(zh="命名规则", en="Names by convention"),
        explanation=Text(
            zh="所列类别（按类别本身，不含子类）的每个对象，其名称须完整符合正则表达式；没有名称即不符合。每个类别一条意见。",
            en="Every object of the classes listed (the class itself, not its subtypes) has a name that the regular expression matches as a whole; "
            "no name does not. One finding a class.",
        ),
        parameters=NamingParameters,
        check=check_naming,
        needs_place=False,
        needs_bodies=False,
    ),
    RuleType(
        code="DELIVERY-DECLARED",
        title=Text(zh="申报指标齐全", en="Declared indicators"),
        explanation=Text(
            zh="用地（IfcSite）或建筑（IfcBuilding）的属性集须写明所列指标；多个用地或建筑中有一个写明即可。其值是否属实由各指标自己的规则判断。",
            en="The property sets of the site (IfcSite) or the building (IfcBuilding) state each indicator listed; of several sites or buildings one is enough. "
            "Whether the value is true is for the indicator's own rule.",
        ),
        parameters=DeclaredParameters,
        check=check_declared,
        needs_place=False,
        needs_bodies=False,
    ),
    RuleType(
        code="DELIVERY-IDS",
        title=Text(zh="符合交付要求（IDS）", en="Fulfils the city's IDS"),
        explanation=Text(
            zh="按 IDS 1.0 检查提交的文件本身，每项未满足的要求一条意见。检查在受限的单独进程中进行；文件不在手边、IDS 无效或检查超限时不可检查。",
            en="Holds an IDS 1.0 document against the submitted file itself, one finding for each specification that is not fulfilled. "
            "This runs in a confined process of its own; not checkable where the file is not at hand, the document is not valid, or it costs too much.",
        ),
        parameters=IdsParameters,
        check=check_document,
        needs_place=False,
        needs_bodies=False,
    ),
)
