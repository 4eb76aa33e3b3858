"""Whether all of a file is there, as defects that are counted, told in both languages, and weighed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import ifcopenshell

from cim.building import Defect, DefectKind
from cim.ifc.instances import Instances
from cim.ifc.step.soundness import StepScan
from cim.text import Text

EXAMPLES = 8
HEAD = b"ISO-10303-21;"
TAIL = b"\nENDSEC;\nEND-ISO-10303-21;\n"

SENTENCES = {
    DefectKind.CUT_OFF: Text(
        zh="文件不完整：结尾缺少 END-ISO-10303-21；只读到 {count} 个实体。请重新导出并完整上传。",
        en="the file is cut off: END-ISO-10303-21 is missing at its end; instances that could be read: {count}. Export it again and upload it whole.",
    ),
    DefectKind.BROKEN_STATEMENT: Text(
        zh="{count} 条语句残缺，未能读取（{examples}）。请重新导出。",
        en="statements that are broken and were not read: {count} ({examples}). Export the file again.",
    ),
    DefectKind.MISSING_INSTANCE: Text(
        zh="文件引用了 {count} 个不存在的实体（{examples}），内容有缺失。请重新导出。",
        en="instances that the file refers to and does not hold: {count} ({examples}); a part of it is missing. Export it again.",
    ),
    DefectKind.REPEATED_INSTANCE: Text(
        zh="{count} 个实体编号被重复使用（{examples}），重复者只读到一个。请重新导出。",
        en="instance numbers used more than once: {count} ({examples}); only one of each was read. Export the file again.",
    ),
    DefectKind.UNREAD_INSTANCE: Text(
        zh="{count} 个实体与其 IFC 版本的规定不符，未能读取。请重新导出。",
        en="instances that contradict the file's own IFC version and were not read: {count}. Export it again.",
    ),
    DefectKind.SECOND_FILE: Text(
        zh="文件结尾之后还有另一个文件，未读取。请分别提交。",
        en="behind its end the file holds another file, which was not read. Submit them one by one.",
    ),
    DefectKind.UNKNOWN_CLASS: Text(
        zh="{count} 个实体属于 {schema} 中不存在的类，未能读取：{examples}。",
        en="instances of classes that {schema} does not have, which were not read: {count} ({examples}).",
    ),
    DefectKind.UNKNOWN_UNIT: Text(
        zh="文件的单位无法换算（{examples}），尺寸不可信。请在建模软件中改用米、毫米或英尺后重新导出。",
        en="units of the file cannot be converted ({examples}), so no size is certain. Set metres, millimetres or feet in the authoring tool and export again.",
    ),
    DefectKind.WRONG_ARGUMENTS: Text(
        zh="{count} 个类的实体参数个数与 IFC 版本不符：{examples}。",
        en="classes whose instances have fewer or more arguments than their IFC version says: {count} ({examples}).",
    ),
    DefectKind.REPEATED_GLOBAL_ID: Text(
        zh="有 {count} 个 GlobalId 被重复使用（{examples}）。",
        en="GlobalIds used more than once: {count} ({examples}).",
    ),
}


def mended(content: bytes, scan: StepScan) -> bytes:
    """The same file without its broken statements and with an end, so that what is whole is read and nothing is guessed.

    The bytes themselves when nothing is wrong with them.
    """
    if scan.is_ended and not scan.broken and not content[scan.end_byte :].strip():
        return content
    whole = bytearray(content[: scan.end_byte] if scan.is_ended else content[: scan.complete_bytes])
    for start, behind in scan.broken_ranges.tolist():
        if behind <= len(whole):
            whole[start:behind] = b" " * (behind - start)
    if not scan.is_ended:
        whole += TAIL
    return bytes(whole)


def defects_of_bytes(content: bytes, scan: StepScan) -> Iterator[Defect]:
    """What the bytes alone tell.

    Args:
        content: of the whole file.
        scan: of the same.
    """
    if not scan.is_ended:
        yield _defect(DefectKind.CUT_OFF, scan.instances)
    if scan.broken:
        first = [f"L{_line(content, start)}" for start in scan.broken_ranges[:EXAMPLES, 0].tolist()]
        yield _defect(DefectKind.BROKEN_STATEMENT, scan.broken, first)
    if scan.missing:
        yield _defect(DefectKind.MISSING_INSTANCE, len(scan.missing), _numbers(scan.missing))
    if scan.repeated:
        yield _defect(DefectKind.REPEATED_INSTANCE, len(scan.repeated), _numbers(scan.repeated))
    if content.find(HEAD, scan.end_byte) >= 0:
        yield _defect(DefectKind.SECOND_FILE, 1)


def defects_of_model(model: Any, scan: StepScan) -> Iterator[Defect]:
    """What the open file tells, held against its bytes.

    Args:
        model: of IfcOpenShell.
        scan: of the bytes it was opened from.
    """
    declared = ifcopenshell.ifcopenshell_wrapper.schema_by_name(model.schema_identifier)
    known = {declaration.name().upper(): declaration for declaration in declared.declarations()}
    unknown = {name: count for name, count in scan.classes.items() if name not in known}
    if unknown:
        named = [f"{name or '?'} {count}" for name, count in unknown.items()]
        count = sum(unknown.values())
        yield _defect(DefectKind.UNKNOWN_CLASS, count, named, schema=model.schema_identifier)
    wrong = [
        name
        for name, (fewest, most) in sorted(scan.arguments.items())
        if name in known and not fewest == most == _attributes(known[name])
    ]
    if wrong:
        yield _defect(DefectKind.WRONG_ARGUMENTS, len(wrong), wrong)
    nameless = _without_nameless(model)
    unread = scan.instances - len(model.entity_names()) - sum(unknown.values())
    # Of a number that is used twice one instance is lost, which is told already.
    if nameless or (unread > 0 and not scan.repeated):
        yield _defect(DefectKind.UNREAD_INSTANCE, max(nameless, unread))
    yield from repeated_global_ids(model)


def repeated_global_ids(model: Any) -> Iterator[Defect]:
    """GlobalIds that more than one instance has."""
    if isinstance(model, Instances) and not model.repeats_global_id():
        return
    times = Counter(root.GlobalId for root in model.by_type("IfcRoot"))
    twice = [identity for identity, count in times.items() if count > 1]
    if twice:
        yield _defect(DefectKind.REPEATED_GLOBAL_ID, len(twice), twice)


def unit_defects(unknown: Collection[str]) -> Iterator[Defect]:
    """What units that cannot be converted mean for a file; areas and volumes are told where they occur.

    Args:
        unknown: unit types, e.g. ``LENGTHUNIT``.
    """
    shaping = sorted(kind for kind in unknown if kind in ("LENGTHUNIT", "PLANEANGLEUNIT"))
    if shaping:
        yield _defect(DefectKind.UNKNOWN_UNIT, len(shaping), shaping)


def _attributes(declaration: Any) -> int:
    entity = declaration.as_entity()
    return int(entity.attribute_count()) if entity is not None else -1


def _without_nameless(model: Any) -> int:
    """Take out what has no GlobalId, for nothing could be said of it, and the kernel stops the file at it; how many."""
    nameless = [root for root in model.by_type("IfcRoot") if not isinstance(root.GlobalId, str)]
    for root in nameless:
        model.remove(root)
    return len(nameless)


def _defect(
    kind: DefectKind, count: int, examples: Sequence[str] = (), *, schema: str = ""
) -> Defect:
    shown = tuple(examples[:EXAMPLES])
    listed = ", ".join(shown) + (" …" if len(examples) > EXAMPLES else "")
    sentence = SENTENCES[kind].format(count=count, examples=listed, schema=schema)
    return Defect(kind, count, sentence, shown)


def _numbers(instances: Iterable[int]) -> list[str]:
    return [f"#{number}" for number in instances]


def _line(content: bytes, byte: int) -> int:
    """Line of a byte, from 1; lines end with a line feed, or with a carriage return in files that have no line feed."""
    return content.count(b"\n" if b"\n" in content else b"\r", 0, byte) + 1
