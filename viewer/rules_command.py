"""``cim rules``: what rule types there are, what one means, and whether a rulebook and its worked examples hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown
from rich.table import Table

from bim_checks.catalogue import RULE_TYPES
from bim_checks.examples import differences
from bim_checks.parameters import parameters_of
from bim_checks.reference import explained
from bim_checks.rulebook import Rulebook, check_against_city, read_rulebook
from cim.city import read_city
from cim.text import Text
from viewer import console
from viewer.options import Exit, JsonOption, LanguageOption, language_of, told_errors

rules_app = typer.Typer(no_args_is_help=True, help="规则 · The rules")

RulebookOption = Annotated[
    Path | None,
    typer.Option("--rulebook", help="规则库，列出其中的规则 · A rulebook, to list its rules"),
]


@rules_app.command("list")
def rules_list(
    rulebook: RulebookOption = None, as_json: JsonOption = False, lang: LanguageOption = None
) -> None:
    """列出规则类型或规则库中的规则 · List the rule types, or the rules of a rulebook."""
    language = language_of(lang)
    with told_errors(language):
        book = None if rulebook is None else read_rulebook(rulebook)
    if as_json:
        console.print_json(_types() if book is None else _rules(book))
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for code in sorted(RULE_TYPES):
        if book is None:
            table.add_row(f"[bold]{code}[/]", RULE_TYPES[code].title.in_language(language))
    for rule in book.rules if book else ():
        table.add_row(
            f"[bold]{rule.identifier}[/]",
            rule.rule_type,
            rule.title.in_language(language),
            rule.owner.in_language(language),
            rule.status,
        )
    console.out.print(table)


@rules_app.command("explain")
def rules_explain(
    code: Annotated[str, typer.Argument(help="规则类型代码 · Code of a rule type")],
    rulebook: RulebookOption = None,
    lang: LanguageOption = None,
) -> None:
    """说明一种规则类型 · Explain a rule type."""
    language = language_of(lang)
    if code.upper() not in RULE_TYPES:
        raise typer.BadParameter(", ".join(sorted(RULE_TYPES)), param_hint="CODE")
    with told_errors(language):
        book = None if rulebook is None else read_rulebook(rulebook)
    console.out.print(Markdown(explained(RULE_TYPES[code.upper()], language, book)))


@rules_app.command("check")
def rules_check(
    rulebook: Annotated[Path, typer.Argument(help="规则库 YAML · The rulebook")],
    city: Annotated[
        Path | None, typer.Option("--city", help="核对图层等 · Hold its layers against a city")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """检查规则库并运行算例 · Check a rulebook and run its worked examples."""
    language = language_of(lang)
    with told_errors(language):
        book = read_rulebook(rulebook)
        if city is not None:
            check_against_city(book, read_city(city))
    wrong = differences(book, rulebook)
    for error in wrong:
        console.print_error(error, language)
    told = Text(
        zh="{rules} 条规则，{examples} 个算例，{wrong} 处不符。",
        en="{rules} rules, {examples} worked examples, {wrong} that do not hold.",
    ).format(
        rules=len(book.rules),
        examples=sum(len(rule.examples) for rule in book.rules),
        wrong=len(wrong),
    )
    console.out.print(told.in_language(language), highlight=False)
    raise typer.Exit(Exit.FAILED_RULE if wrong else Exit.CLEAN)


def _types() -> list[dict[str, object]]:
    return [
        {
            "code": code,
            "title": rule_type.title.to_json(),
            "explanation": rule_type.explanation.to_json(),
            "parameters": [
                {
                    "name": stated.name,
                    "meaning": stated.meaning.to_json(),
                    "unit": stated.unit.value if stated.unit else None,
                    "required": stated.required,
                }
                for stated in parameters_of(rule_type.parameters)
            ],
        }
        for code, rule_type in sorted(RULE_TYPES.items())
    ]


def _rules(book: Rulebook) -> list[dict[str, object]]:
    return [
        {
            "id": rule.identifier,
            "type": rule.rule_type,
            "title": rule.title.to_json(),
            "clause": rule.clause.to_json(),
            "source": rule.source.to_json(),
            "owner": rule.owner.to_json(),
            "edition": rule.edition,
            "legal_effect": rule.legal_effect.value,
            "status": rule.status,
            "layer": rule.layer,
        }
        for rule in book.rules
    ]
