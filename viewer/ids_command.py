"""``cim ids``: the IDS a rulebook needs, and an IDS held against a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from bim_checks.ids import IdsReport, SpecificationResult, Status, check_ids
from bim_checks.rulebook import read_rulebook
from cim.text import Language, Text
from viewer import console
from viewer.options import Exit, JsonOption, LanguageOption, language_of, told_errors

LISTED = 5  # objects at fault of one requirement; all of them are in --json
WORDS: Mapping[Status, tuple[Text, str]] = {
    Status.PASSED: (Text(zh="通过", en="passed"), "green"),
    Status.FAILED: (Text(zh="不通过", en="failed"), "bold red"),
    Status.NOT_APPLICABLE: (Text(zh="不适用", en="not applicable"), "dim"),
    Status.OTHER_VERSION: (Text(zh="针对其他 IFC 版本", en="for other IFC versions"), "yellow"),
}


class _WriteByDefault(TyperGroup):
    """``cim ids RULEBOOK`` is ``cim ids write RULEBOOK``: the file comes where a subcommand may."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["write", *args]
        return super().parse_args(ctx, args)


ids_app = typer.Typer(
    cls=_WriteByDefault,
    no_args_is_help=True,
    help="交付要求 · What a model must deliver: cim ids RULEBOOK -o FILE, or: cim ids check FILE.ifc REQUIREMENTS.ids",
)


@ids_app.command("write", hidden=True)
def ids_write(
    rulebook: Annotated[Path, typer.Argument(help="规则库 YAML · The rulebook")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="写入的 IDS 文件 · The IDS to write")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """写出规则库所需数据的 IDS · Write the IDS of what the rules of a rulebook read."""
    from bim_checks.requirements import ids_for

    language = language_of(lang)
    with told_errors(language):
        text = ids_for(read_rulebook(rulebook))
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    told = Text(zh="已写入 {path}。", en="Wrote {path}.").format(path=output)
    console.out.print(told.in_language(language), highlight=False, markup=False)


@ids_app.command("check")
def ids_check(
    ifc: Annotated[Path, typer.Argument(help="IFC 文件 · IFC file")],
    ids: Annotated[Path, typer.Argument(help="IDS 文件 · IDS file")],
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """按 IDS 检查 IFC 文件 · Hold an IDS against an IFC file."""
    language = language_of(lang)
    with told_errors(language):
        report = check_ids(ifc, ids)
    if as_json:
        console.print_json(report.to_json())
    else:
        _print(report, language)
    if report.status is Status.FAILED:
        raise typer.Exit(Exit.FAILED_RULE)
    # A document that asks nothing of this version of IFC has checked nothing.
    if report.status is Status.OTHER_VERSION:
        raise typer.Exit(Exit.UNREADABLE)


def _print(report: IdsReport, language: Language) -> None:
    word, colour = WORDS[report.status]
    console.out.print(
        f"[bold]{escape(report.title)}[/]  [{colour}]{word.in_language(language)}[/]  [dim]{report.schema}[/]"
    )
    table = Table(box=None, pad_edge=False, show_edge=False, show_header=False)
    for specification in report.specifications:
        word, colour = WORDS[specification.status]
        table.add_row(
            f"[{colour}]{word.in_language(language)}[/]",
            escape(specification.name),
            escape(" ".join(_lines(specification, language))),
        )
    console.out.print(table)


def _lines(specification: SpecificationResult, language: Language) -> Iterator[str]:
    count = Text(zh="{n} 个对象。", en="{n} objects.").format(n=specification.applicable)
    yield count.in_language(language)
    if specification.is_missing:
        yield Text(zh="必须有而没有。", en="There must be some.").in_language(language)
    if specification.found:
        told = Text(zh="不得有：{ids}", en="There must be none: {ids}")
        yield told.format(ids=_short(specification.found)).in_language(language)
    for requirement in specification.requirements:
        if requirement.status is not Status.FAILED:
            continue
        failures = requirement.failures
        told = Text(
            zh="{asked}：{n} 个不符合，如{ids}（{why}）",
            en="{asked}: {n} do not, e.g. {ids} ({why})",
        )
        yield told.format(
            asked=requirement.sentence,
            n=len(failures),
            ids=_short(tuple(f.global_id for f in failures)),
            why=failures[0].reason,
        ).in_language(language)
        if requirement.instructions:
            yield requirement.instructions


def _short(global_ids: tuple[str, ...]) -> str:
    shown = ", ".join(global_ids[:LISTED])
    return shown if len(global_ids) <= LISTED else f"{shown}, …"
