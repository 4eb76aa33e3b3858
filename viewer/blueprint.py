"""What `cim city check` tells: tables on a terminal, a page, or GeoJSON of the findings."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from rich.markup import escape
from rich.table import Table

from cim.city import City
from cim.control_lines.blueprint import BlueprintReport
from cim.errors import CimError
from cim.text import Language, Text
from viewer.console import LISTED, out
from viewer.globe import shapes_on_globe

TOLD = 5  # findings of one code on a terminal; the largest come first
PAGE, MAP = (".html", ".htm"), (".geojson", ".json")
WORDS: Mapping[str, Text] = {
    "title": Text(zh="控制线蓝图自检", en="Blueprint self-check"),
    "clean": Text(zh="无需修改", en="nothing to amend"),
    "faulty": Text(zh="需要修改", en="to be amended"),
    "partition": Text(zh="分区平衡 (m²)", en="Partition (m²)"),
    "layer": Text(zh="图层", en="layer"),
    "features": Text(zh="要素", en="features"),
    "area": Text(zh="面积 (m²)", en="area (m²)"),
    "sum": Text(zh="合计", en="sum"),
    "gap": Text(zh="+ 缝隙", en="+ gaps"),
    "overlap": Text(zh="− 重叠", en="− overlaps"),
    "excess": Text(zh="− 超出", en="− beyond the whole"),
    "whole": Text(zh="= 整体", en="= the whole"),
    "slivers": Text(zh="其中细缝、细条", en="slivers among them"),
    "pairs": Text(zh="互斥图层重叠 (m²)", en="Overlaps of prohibited pairs (m²)"),
    "departments": Text(zh="部门与图层对 (m²)", en="Departments by pairs (m²)"),
    "department": Text(zh="主管部门", en="department"),
    "nobody": Text(zh="城市数据管理方", en="whoever keeps the city's data"),
    "work": Text(zh="修改清单", en="Worklist"),
    "findings": Text(zh="发现的问题", en="Findings"),
    "code": Text(zh="代码", en="code"),
    "finding": Text(zh="问题", en="finding"),
    "remedy": Text(zh="处理", en="remedy"),
    "repairs": Text(zh="修复副本所做的修改", en="What the repaired copy changed"),
    "before": Text(zh="修复前 (m²)", en="before (m²)"),
    "after": Text(zh="修复后 (m²)", en="after (m²)"),
    "change": Text(zh="变化 (m²)", en="change (m²)"),
    "unrepaired": Text(zh="无法修复", en="not repaired"),
    "more": Text(zh="另有 {count} 项，见 --json 或 --report。", en="{count} more; see --json or --report."),
}  # fmt: skip


def print_blueprint(document: Mapping[str, Any], language: Language) -> None:
    """The balance of the partition, findings, worklists and repairs."""
    words = {key: text.in_language(language) for key, text in WORDS.items()}
    verdict = f"[green]{words['clean']}[/]" if document["clean"] else f"[red]{words['faulty']}[/]"
    out.print(f"[bold]{escape(document['city']['name'][language])}[/]  {verdict}")
    if document["summary"]:
        counts = " · ".join(f"{code} {count}" for code, count in document["summary"].items())
        out.print(counts, style="dim", highlight=False)
    if document["partition"]:
        out.print(_table(words["partition"], balance(document["partition"], words)))
    _print_findings(document["findings"], language, words)
    for department in document["departments"]:
        rows = [
            (escape(_feature(f, language)), " ".join(f["codes"]), f"{f['area_m2']:,.2f}")
            for f in department["features"][:LISTED]
        ]
        owner = escape(department["owner"][language])
        out.print(_table(f"{words['work']} · {owner}", rows))
        _print_rest(department["features"], words, LISTED)
    if shares := _shares(document, language):
        out.print(_table(words["departments"], shares))
    for repair in document["repairs"] or ():
        told = f"{repair['before_m2']:,.2f} → {repair['after_m2']:,.2f} m²"
        out.print(
            f"{words['repairs']}: {_feature(repair, language)}  "
            f"{told if repair['repaired'] else words['unrepaired']}",
            highlight=False,
            markup=False,
        )


def write_report(
    path: Path,
    report: BlueprintReport,
    document: Mapping[str, Any],
    city: City,
    language: Language,
) -> None:
    """Write the findings as a page in one language, or as GeoJSON on the globe.

    Args:
        path: ``.html`` or ``.geojson``; its folder is made when absent.
        report: of the check.
        document: the same as JSON values.
        city: the one checked.
        language: of the page; GeoJSON has both.

    Raises:
        CimError: another suffix.
    """
    suffix = path.suffix.lower()
    if suffix in PAGE:
        text = render_page(document, language)
    elif suffix in MAP:
        text = json.dumps(findings_on_globe(report, document, city), ensure_ascii=False) + "\n"
    else:
        raise CimError(
            Text(zh="报告只能是 .html 或 .geojson。", en="a report is .html or .geojson."),
            path=path,
            remedy=Text(zh="请改用这两种后缀之一。", en="Name it with one of both suffixes."),
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def render_page(document: Mapping[str, Any], language: Language) -> str:
    """One self-contained page: no script, no link."""
    words = {key: text.in_language(language) for key, text in WORDS.items()}
    partition = document["partition"]
    return (
        _environment()
        .get_template("blueprint.html")
        .render(
            report=document,
            labels=sorted({pair for work in document["departments"] for pair in work["pairs"]}),
            balance=balance(partition, words) if partition else [],
            language=language,
            words=words,
        )
    )


def findings_on_globe(
    report: BlueprintReport, document: Mapping[str, Any], city: City
) -> dict[str, Any]:
    """Findings that have a place as GeoJSON in longitude and latitude, with their codes, sentences and m2."""
    placed = [row for row, f in enumerate(report.findings) if f.geometry is not None]
    shapes = shapes_on_globe([report.findings[row].geometry for row in placed], city.frame)
    told = document["findings"]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {k: v for k, v in told[row].items() if k != "geometry"},
                "geometry": shape,
            }
            for row, shape in zip(placed, shapes, strict=True)
            if shape is not None
        ],
    }


def balance(partition: Mapping[str, Any], words: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Name, count and m2 of each line of the sum: the layers, gap, overlap, excess, whole."""
    lines = [
        (share["layer"], str(share["features"]), f"{share['area_m2']:,.2f}")
        for share in partition["shares"]
    ]
    lines.append((words["sum"], "", f"{partition['sum_m2']:,.2f}"))
    for key, slivers in (("gap", "sliver_gaps"), ("overlap", "sliver_overlaps"), ("excess", None)):
        thin = f"{words['slivers']} {partition[slivers]}" if slivers and partition[slivers] else ""
        lines.append((words[key], thin, f"{partition[f'{key}_m2']:,.2f}"))
    return [*lines, (words["whole"], "", f"{partition['whole_m2']:,.2f}")]


def _print_findings(
    findings: Sequence[Mapping[str, Any]], language: Language, words: Mapping[str, str]
) -> None:
    for _, same in itertools.groupby(findings, key=itemgetter("code")):
        alike = list(same)
        for finding in alike[:TOLD]:
            colour = "red" if finding["severity"] == "fault" else "dim"
            owners = "、" if language == "zh" else ", "
            named = owners.join(owner[language] for owner in finding["owners"])
            out.print(
                f"[{colour}]{finding['code']}[/] {escape(finding['sentence'][language])}"
                f"{f'  [dim]{escape(named)}[/]' if named else ''}",
                highlight=False,
            )
            out.print(f"  {finding['remedy'][language]}", highlight=False, markup=False)
        _print_rest(alike, words, TOLD)


def _print_rest(items: Sequence[Any], words: Mapping[str, str], listed: int) -> None:
    if len(items) > listed:
        out.print(words["more"].format(count=len(items) - listed), style="dim", highlight=False)


def _table(title: str, rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, title=title, title_justify="left")
    for number in range(3):
        table.add_column(justify="right" if number == 2 else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _shares(document: Mapping[str, Any], language: Language) -> list[tuple[str, str, str]]:
    """Department, pair and m2; a matrix of them is wider than a terminal, the page has it."""
    return [
        (escape(department["owner"][language]), escape(label), f"{area:,.2f}")
        for department in document["departments"]
        for label, area in department["pairs"].items()
    ]


def _feature(feature: Mapping[str, Any], language: Language) -> str:
    return f"{feature['layer']} #{feature['fid']} {feature['name'][language]}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("viewer"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["m2"] = lambda value: "" if value is None else f"{value:,.2f}"
    return environment
