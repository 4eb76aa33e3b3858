"""Delivery: whether the submitted file is of the kind, size and soundness that a city accepts.

None of this is about where the model stands. What is at fault with the file as a whole, as its reader told, is a finding here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from bim_checks.finding import Judgement, Measurement, Outcome, Unit
from bim_checks.parameters import parameter, parameters
from bim_checks.rule import Rule, RuleType, Surroundings
from bim_checks.scheme import Scheme
from cim.building import Defect, DefectKind
from cim.text import Text

MEGABYTE = 1e6  # bytes
LENGTH_UNITS = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "ft": 0.3048, "in": 0.0254}  # metres
SAME_UNIT = 1e-9  # relative; files write 0.3048 in several ways
REPEATED = (DefectKind.REPEATED_GLOBAL_ID, DefectKind.REPEATED_INSTANCE)


@parameters
class SchemaParameters:
    """Parameters of DELIVERY-SCHEMA."""

    accepted: tuple[str, ...] = parameter(
        zh="接受的 IFC 版本，按文件头所写",
        en="accepted IFC versions, as a file's header writes them",
    )

    def __post_init__(self) -> None:
        """Refuse an empty list, which no file could satisfy."""
        if not self.accepted:
            raise ValueError("accepted: []")


@parameters
class UnitsParameters:
    """Parameters of DELIVERY-UNITS."""

    length: tuple[str, ...] = parameter(
        zh="接受的长度单位（m、dm、cm、mm、ft、in）",
        en="accepted units of length (m, dm, cm, mm, ft, in)",
    )

    def __post_init__(self) -> None:
        """Refuse a unit nobody knows."""
        unknown = [name for name in self.length if name not in LENGTH_UNITS]
        if unknown or not self.length:
            raise ValueError("length: " + (", ".join(unknown) or "[]"))


@parameters
class DuplicateParameters:
    """DELIVERY-DUPLICATE-IDS has no parameters."""


@parameters
class SizeParameters:
    """Parameters of DELIVERY-FILE-SIZE."""

    limit: float = parameter(zh="文件大小上限", en="largest file", unit=Unit.MEGABYTE)


@parameters
class ProxyParameters:
    """Parameters of DELIVERY-PROXIES."""

    limit: float = parameter(
        zh="IfcBuildingElementProxy 所占比例上限",
        en="largest share of IfcBuildingElementProxy",
        unit=Unit.PERCENT,
    )


@parameters
class UndrawnParameters:
    """Parameters of DELIVERY-UNDRAWN."""

    limit: float = parameter(
        zh="无法绘制的构件所占比例上限",
        en="largest share of elements that cannot be drawn",
        unit=Unit.PERCENT,
    )


def check_schema(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-SCHEMA: the file is of an accepted IFC version."""
    accepted, schema = rule.parameters.accepted, scheme.model.schema
    words = {"schema": schema, "accepted": ", ".join(accepted)}
    if schema in accepted:
        return [_pass(Text(zh="文件为 {schema}。", en="The file is {schema}.").format(**words))]
    sentence = Text(
        zh="文件为 {schema}，不在接受的版本（{accepted}）之内。",
        en="The file is {schema}, which is not accepted ({accepted}).",
    )
    fix = Text(zh="请导出为 {accepted}。", en="Export it as {accepted}.")
    return [Judgement(Outcome.FAIL, sentence.format(**words), fix=fix.format(**words))]


def check_units(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-UNITS: lengths of the file are in an accepted unit."""
    accepted: tuple[str, ...] = rule.parameters.length
    fix = Text(zh="请以 {units} 为长度单位导出。", en="Export it in {units}.").format(
        units=", ".join(accepted)
    )
    unknown = _defects(scheme, DefectKind.UNKNOWN_UNIT)
    if unknown:
        return [Judgement(Outcome.FAIL, unknown[0].sentence, fix=fix)]
    unit = scheme.model.length_unit
    name = next(
        (n for n, m in LENGTH_UNITS.items() if math.isclose(m, unit, rel_tol=SAME_UNIT)), ""
    )
    if name in accepted:
        return [
            _pass(Text(zh="长度单位为 {name}。", en="Lengths are in {name}.").format(name=name))
        ]
    sentence = Text(
        zh="长度单位为 {unit}，应为 {accepted}。",
        en="Lengths are in {unit}; they should be in {accepted}.",
    )
    told = sentence.format(unit=name or f"{unit:g} m", accepted=", ".join(accepted))
    return [Judgement(Outcome.FAIL, told, fix=fix)]


def check_duplicates(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-DUPLICATE-IDS: no GlobalId and no instance number stands twice in the file."""
    found = _defects(scheme, *REPEATED)
    if not found:
        return [_pass(Text(zh="没有重复的标识。", en="No identifier stands twice."))]
    return [_duplicate(defect) for defect in found]


def _duplicate(defect: Defect) -> Judgement:
    is_global = defect.kind is DefectKind.REPEATED_GLOBAL_ID
    what = (
        Text(zh="GlobalId", en="GlobalIds")
        if is_global
        else Text(zh="实例编号", en="instance numbers")
    )
    examples = ", ".join(defect.examples)
    return Judgement(
        Outcome.FAIL,
        Text(
            zh="{count} 个{what}重复{examples}。", en="{count} {what} stand twice{examples}."
        ).format(
            count=defect.count,
            what=what,
            examples=Text(zh="，如 {ids}", en=", such as {ids}").format(ids=examples)
            if examples
            else "",
        ),
        fix=Text(
            zh="在建模软件中重新生成标识后导出；不要复制粘贴带标识的构件。",
            en="Have the authoring tool make new identifiers and export again; copies must not keep theirs.",
        ),
        measurement=Measurement(defect.count, 0.0, -defect.count, Unit.COUNT),
        elements=defect.examples if is_global else (),
    )


def check_size(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-FILE-SIZE: the file is no larger than accepted."""
    if scheme.file is None:
        return [
            Judgement(
                Outcome.NOT_CHECKABLE,
                Text(
                    zh="原文件不在手边，大小未知。",
                    en="The file itself is not at hand, so its size is not known.",
                ),
                fix=Text(zh="请重新提交文件。", en="Submit the file again."),
            )
        ]
    measured, limit = scheme.file.stat().st_size / MEGABYTE, rule.parameters.limit
    told = Text(zh="文件大小 {measured:.1f} MB。", en="The file has {measured:.1f} MB.")
    over = Text(
        zh="文件大小 {measured:.1f} MB，超过 {limit:g} MB。",
        en="The file has {measured:.1f} MB, more than {limit:g} MB.",
    )
    fix = Text(
        zh="请分专业或分楼栋导出，并去除家具等细部。",
        en="Export it by discipline or by building, without furniture and other detail.",
    )
    return [_at_most(measured, limit, Unit.MEGABYTE, told, over, fix)]


def check_proxies(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-PROXIES: few elements are of no class of their own."""
    elements = scheme.model.elements
    proxies = [e.global_id for e in elements if e.ifc_class == "IfcBuildingElementProxy"]
    told = Text(
        zh="{count} 个构件中有 {some} 个没有确定的类别（{measured:.1f} %）。",
        en="{some} of {count} elements are of no class of their own ({measured:.1f} %).",
    )
    fix = Text(
        zh="在导出设置中为这些构件指定 IFC 类别。",
        en="Map these elements to IFC classes in the export settings.",
    )
    return [_share(proxies, len(elements), rule.parameters.limit, told, fix)]


def check_undrawn(rule: Rule, scheme: Scheme, around: Surroundings) -> list[Judgement]:
    """DELIVERY-UNDRAWN: few elements with a body in the file cannot be drawn."""
    undrawn = [undrawn.global_id for undrawn in scheme.model.undrawn]
    count = len(undrawn) + sum(1 for _ in scheme.model.drawn())
    told = Text(
        zh="{count} 个有几何的构件中有 {some} 个无法绘制（{measured:.1f} %）。",
        en="{some} of {count} elements that have a body cannot be drawn ({measured:.1f} %).",
    )
    fix = Text(
        zh="在建模软件中检查这些构件的几何并重新导出。",
        en="Check the geometry of these elements in the authoring tool and export again.",
    )
    return [_share(undrawn, count, rule.parameters.limit, told, fix)]


def _share(some: Sequence[str], count: int, limit: float, told: Text, fix: Text) -> Judgement:
    if count == 0:
        return Judgement(
            Outcome.NOT_APPLICABLE, Text(zh="文件没有构件。", en="The file has no element.")
        )
    measured = 100.0 * len(some) / count
    counted = {"count": count, "some": len(some), "measured": measured}
    known = told.format(**counted)
    over = Text(zh="{known}不应超过 {limit:g} %。", en="{known} At most {limit:g} % should be.")
    return _at_most(
        measured,
        limit,
        Unit.PERCENT,
        known,
        over.format(known=known, limit=limit),
        fix,
        elements=tuple(some),
    )


def _at_most(
    measured: float,
    limit: float,
    unit: Unit,
    told: Text,
    over: Text,
    fix: Text,
    *,
    elements: tuple[str, ...] = (),
) -> Judgement:
    """A count is known exactly: it is within the limit or it is not."""
    is_over = measured > limit
    return Judgement(
        Outcome.FAIL if is_over else Outcome.PASS,
        (over if is_over else told).format(measured=measured, limit=limit),
        fix=fix if is_over else None,
        measurement=Measurement(measured, limit, limit - measured, unit),
        elements=elements,
    )


def _pass(sentence: Text) -> Judgement:
    return Judgement(Outcome.PASS, sentence)


def _defects(scheme: Scheme, *kinds: DefectKind) -> list[Defect]:
    return [defect for defect in scheme.model.defects if defect.kind in kinds]


RULE_TYPES = (
    RuleType(
        code="DELIVERY-SCHEMA",
        title=Text(zh="IFC 版本", en="IFC version"),
        explanation=Text(
            zh="文件头 FILE_SCHEMA 所写的版本须在接受之列；文件不完整时也作判断。",
            en="The version that FILE_SCHEMA states must be accepted. Answered for a file that is not whole as well.",
        ),
        parameters=SchemaParameters,
        check=check_schema,
        needs_place=False,
        needs_bodies=False,
        needs_whole=False,
    ),
    RuleType(
        code="DELIVERY-UNITS",
        title=Text(zh="长度单位", en="Unit of length"),
        explanation=Text(
            zh="IfcUnitAssignment 的长度单位须为接受的单位之一；单位无法识别时不通过，因为一切尺寸都只能猜测。",
            en="The unit of length of IfcUnitAssignment must be one of those accepted. A unit that nobody knows fails: every size would be a guess.",
        ),
        parameters=UnitsParameters,
        check=check_units,
        needs_place=False,
        needs_bodies=False,
        needs_whole=False,
    ),
    RuleType(
        code="DELIVERY-DUPLICATE-IDS",
        title=Text(zh="标识不重复", en="No identifier twice"),
        explanation=Text(
            zh="GlobalId（IfcRoot）与 STEP 实例编号在一个文件中各只出现一次；实例编号重复时其中之一已丢失。意见所列为其中一部分。",
            en="A GlobalId (IfcRoot) and a STEP instance number stand once in a file; of two instances of one number one is lost. "
            "The finding names some of them.",
        ),
        parameters=DuplicateParameters,
        check=check_duplicates,
        needs_place=False,
        needs_bodies=False,
        needs_whole=False,
    ),
    RuleType(
        code="DELIVERY-FILE-SIZE",
        title=Text(zh="文件大小", en="Size of the file"),
        explanation=Text(
            zh="提交的文件（压缩包按压缩后）不大于上限，1 MB = 10^6 字节。",
            en="The file as submitted, an archive as packed, is no larger than the limit; 1 MB = 10^6 bytes.",
        ),
        parameters=SizeParameters,
        check=check_size,
        needs_place=False,
        needs_bodies=False,
        needs_whole=False,
    ),
    RuleType(
        code="DELIVERY-PROXIES",
        title=Text(zh="未分类构件的比例", en="Share of proxies"),
        explanation=Text(
            zh="IfcBuildingElementProxy 的数量 / 全部构件的数量 × 100 %。这类构件没有语义，规则无法认出它们是墙、窗还是设备。",
            en="Number of IfcBuildingElementProxy / number of all elements × 100 %. A proxy has no meaning: no rule can tell whether it is a wall, a window or a machine.",
        ),
        parameters=ProxyParameters,
        check=check_proxies,
        needs_place=False,
        needs_bodies=False,
    ),
    RuleType(
        code="DELIVERY-UNDRAWN",
        title=Text(zh="无法绘制的构件", en="Elements that cannot be drawn"),
        explanation=Text(
            zh="文件中有几何而无法绘制的构件数 / 有几何的构件数 × 100 %。几何结论不包括它们。",
            en="Number of elements whose body could not be drawn / number of elements that have a body × 100 %. Geometric verdicts leave them out.",
        ),
        parameters=UndrawnParameters,
        check=check_undrawn,
        needs_place=False,
        needs_bodies=False,
    ),
)
