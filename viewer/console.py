"""What the command line prints: tables for people, plain lines for logs, JSON for machines."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bim_checks.report import SEVERITY, defects_document
from bim_checks.words import WORDS
from cim.building import BuildingModel, Storey
from cim.errors import CimError
from cim.recognition import Recognised, dwellings, main_entrances, parapets, roofs
from cim.text import Language, Text

LISTED = 20  # lines of a long list
COLOURS = {
    "fail": "bold red",
    "not_checkable": "yellow",
    "discuss": "yellow",
    "procedure": "cyan",
    "pass": "green",
    "not_applicable": "dim",
}
# What people name things is printed as it is: no markup, no emoji from ":house:".
out = Console(emoji=False)
err = Console(stderr=True, emoji=False)


def default_language() -> Language:
    """Chinese where the locale is Chinese, else English.

    ``CIM_LANG`` outranks the locale.
    """
    locale = os.environ.get("CIM_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


def print_json(document: Any) -> None:
    """One JSON document on standard output, whatever the terminal's width."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def print_error(error: CimError, language: Language) -> None:
    """File, place, reason and remedy on standard error."""
    err.print(error.sentence(language), style="red", markup=False, highlight=False, soft_wrap=True)


def print_problem(path: Path, problem: Mapping[str, Any], language: Language) -> None:
    """The same from an error's JSON values."""
    remedy = problem["remedy"]
    error = CimError(
        Text(**problem["reason"]),
        path=path,
        place=problem["place"],
        remedy=Text(**remedy) if remedy else None,
    )
    print_error(error, language)


@contextmanager
def progress(label: str) -> Iterator[Callable[[float], None]]:
    """A bar on a terminal, a few plain lines elsewhere; the callback takes a share from 0 to 1."""
    if not err.is_terminal:
        yield _plain_lines(label)
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _plain_lines(label: str) -> Callable[[float], None]:
    """A line at the start and at each further quarter, so that a log shows work without filling up."""
    told = -1

    def tell(share: float) -> None:
        nonlocal told
        quarter = int(share * 4.0)
        if quarter > told:
            told = quarter
            err.print(f"{label} {quarter * 25} %", highlight=False, markup=False)

    tell(0.0)
    return tell


def print_report(report: Mapping[str, Any], language: Language) -> None:
    """The findings of a report as a table, the worst first, and the verdict."""
    words = {key: text.in_language(language) for key, text in WORDS.items()}
    verdict = report["verdict"]
    out.print(
        f"[bold]{escape(report['model']['file_name'])}[/]  [{COLOURS[verdict]}]{words[verdict]}[/]  "
        f"[dim]{escape(report['city']['name'][language])} · "
        f"{escape(report['rulebook']['title'][language])}[/]"
    )
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for title in ("outcome", "rule", "finding", "margin", "owner"):
        table.add_column(
            words[title], overflow="fold", justify="right" if title == "margin" else "left"
        )
    order = [outcome.value for outcome in SEVERITY]
    for finding in sorted(report["findings"], key=lambda f: order.index(f["outcome"])):
        table.add_row(
            f"[{COLOURS[finding['outcome']]}]{words[finding['outcome']]}[/]",
            escape(finding["rule"]),
            escape(_sentence(finding, language)),
            _margin(finding),
            escape(finding["owner"][language]),
        )
    out.print(table)
    out.print(_counts(report["summary"], words), style="dim", highlight=False)


def _sentence(finding: Mapping[str, Any], language: Language) -> str:
    told = str(finding["sentence"][language])
    return f"{told} → {finding['fix'][language]}" if finding["fix"] else told


def _margin(finding: Mapping[str, Any]) -> str:
    if finding["margin"] is None:
        return ""
    unit = {"m2": "m²", "m3": "m³", "deg": "°", "ratio": "", "count": ""}.get(
        finding["unit"], finding["unit"]
    )
    return f"{finding['margin']:+.2f} {unit}"


def _counts(summary: Mapping[str, int], words: Mapping[str, str]) -> str:
    return " · ".join(
        f"{words[outcome.value]} {summary[outcome.value]}"
        for outcome in SEVERITY
        if summary[outcome.value]
    )


def print_ledger(ledger: Mapping[str, Any], language: Language) -> None:
    """The frame ledger: every candidate, the one taken, and why the others were not."""
    words = {key: text.in_language(language) for key, text in WORDS.items()}
    if not ledger["candidates"]:
        out.print(words["nobody_knows"], style="red")
    for found in ledger["findings"]:
        _print_frame_finding(found, language)
    for number, candidate in enumerate(ledger["candidates"]):
        taken = number == ledger["taken"]
        mark = f"[green]{words['taken']}[/]" if taken else f"[red]{words['refused']}[/]"
        out.print(
            f"[bold]{candidate['source']}[/]  {mark}  [dim]{escape(candidate['crs_as_read'] or '')}[/]"
        )
        if candidate["eastings"] is not None:
            out.print(
                f"  E {candidate['eastings']:.3f}  N {candidate['northings']:.3f}  "
                f"H {candidate['orthogonal_height']:.3f}  {words['rotation']} "
                f"{candidate['rotation_degrees']:.4f}°  × {candidate['scale']:.9g}",
                highlight=False,
            )
        for line in _residual_lines(candidate, words):
            out.print(f"  {line}", highlight=False, markup=False)
        said = [found[key] for found in candidate["findings"] for key in ("sentence", "remedy")]
        for key in ("refused", "remedy"):
            if candidate[key] and candidate[key] not in said:
                out.print(f"  {candidate[key][language]}", highlight=False, markup=False)
        for found in candidate["findings"]:
            _print_frame_finding(found, language)
        for assumption in candidate["assumptions"]:
            told = f"  {words['assumption']}: {assumption[language]}"
            out.print(told, style="yellow", highlight=False, markup=False)


def _residual_lines(candidate: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    """What a candidate was held against: operation, ground, parcel; and how sure it is."""
    operation, terrain = candidate["operation"], candidate["terrain"]
    parcel, uncertainty = candidate["parcel"], candidate["uncertainty"]
    if operation:
        yield f"{words['operation']} {operation['name']}, {words['accuracy']} {operation['accuracy']:g} m"
    if terrain:
        heights = " / ".join(f"{terrain[key]:+.2f}" for key in ("minimum", "mean", "maximum"))
        yield f"{words['ground_range']} {heights} m"
    if parcel:
        told = [f"{words['parcel']} {parcel['parcel']}"]
        if parcel["max_vertex_distance"] is not None:
            told.append(f"{words['vertex_distance']} {parcel['max_vertex_distance']:.3f} m")
            told.append(f"{words['not_shared']} {parcel['symmetric_difference']:.2f} m²")
        told.append(f"{words['outside_parcel']} {parcel['outside']:.2f} m²")
        if parcel["apart"]:
            told.append(f"{words['apart']} {parcel['apart']:.2f} m")
        yield " · ".join(told)
    if uncertainty:
        yield (
            f"{words['uncertainty']} {words['horizontal']} ±{uncertainty['horizontal']:.3f} m, "
            f"{words['vertical']} ±{uncertainty['vertical']:.3f} m"
        )


def _print_frame_finding(found: Mapping[str, Any], language: Language) -> None:
    colour = {"refuse": "red", "discuss": "yellow"}.get(found["severity"], "dim")
    out.print(
        f"  [{colour}]{found['code']}[/] {escape(found['sentence'][language])}", highlight=False
    )
    out.print(f"    {found['remedy'][language]}", highlight=False, markup=False)
    for steps in found["steps"]:
        out.print(
            f"    {steps['tool']}: {steps['steps'][language]}",
            style="dim",
            highlight=False,
            markup=False,
        )


def print_model(document: Mapping[str, Any], language: Language) -> None:
    """What a file holds."""
    for key, value in document.items():
        label = INSPECTED[key].in_language(language)
        if isinstance(value, dict):
            out.print(f"[dim]{label}[/]")
            for name, count in value.items():
                out.print(f"  {name}  {count}", highlight=False, markup=False)
        elif isinstance(value, list):
            out.print(f"[dim]{label}[/] {len(value)}", highlight=False)
            for item in value[:LISTED]:
                out.print(f"  {_line(item, language)}", highlight=False, markup=False)
            if len(value) > LISTED:
                out.print("  …")
        else:
            said = "—" if value is None else escape(str(value))
            out.print(f"[dim]{label}[/] {said}", highlight=False)


def _line(item: Any, language: Language) -> str:
    """A storey's name, a sentence in both languages, a defect, an element with its evidence, or one that was not drawn."""
    if not isinstance(item, Mapping):
        return str(item)
    if "sentence" in item:
        return f"{item['kind']} {item['count']}: {item['sentence'][language]}"
    if "evidence" in item:
        mark = f" ({WORDS['assumption'].in_language(language)})" if item["assumed"] else ""
        return f"{item['global_id']} {item['evidence'][language]}{mark}"
    if "reason" in item:
        return f"{item['global_id']} {item['ifc_class']}: {item['reason'][language]}"
    return str(item[language])


def print_survey(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    language: Language,
    *,
    as_json: bool,
) -> None:
    """A row a file and the totals."""
    if as_json:
        print_json({"files": list(rows), "summary": summary})
        return
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim")
    for number, title in enumerate(SURVEYED):
        table.add_column(
            title.in_language(language),
            justify="right" if 2 < number < len(SURVEYED) - 1 else "left",
            overflow="fold",
        )
    for row in rows:
        name = str(Path(row["file"]).relative_to(folder))
        if row["error"]:
            blank = [""] * (len(SURVEYED) - 2)
            reason = escape(row["error"]["reason"][language])
            table.add_row(escape(name), *blank, f"[red]{reason}[/]")
            continue
        undrawn = "; ".join(f"{count} {reason}" for reason, count in row["undrawn"].items())
        flaws = ", ".join(f"{kind} {count}" for kind, count in row["defects"].items())
        table.add_row(
            *map(escape, (name, row["schema"], row["tool"] or "")),
            f"{row['length_unit']:g}",
            *(str(row[key]) for key in ("elements", "storeys", "spaces")),
            f"{row['seconds']:.2f}",
            str(row["peak_mb"]),
            "; ".join(
                filter(None, (f"[yellow]{escape(flaws)}[/]" if flaws else "", escape(undrawn)))
            ),
        )
    out.print(table)
    out.print(
        TOTALS.format(**{k: v for k, v in summary.items() if k != "errors"}).in_language(language),
        highlight=False,
    )


SURVEYED = (
    Text(zh="文件", en="file"),
    Text(zh="版本", en="schema"),
    Text(zh="软件", en="tool"),
    Text(zh="单位 (m)", en="unit (m)"),
    Text(zh="构件", en="elements"),
    Text(zh="楼层", en="storeys"),
    Text(zh="空间", en="spaces"),
    Text(zh="秒", en="s"),
    Text(zh="MB", en="MB"),
    Text(zh="无法读取或绘制", en="not read or not drawn"),
)
TOTALS = Text(
    zh="{files} 个文件，{read} 个可读，其中 {incomplete} 个不完整；构件 {elements} 个，无法绘制 {undrawn} 个；{seconds} 秒，内存最多 {peak_mb} MB",
    en="{files} files, {read} read, {incomplete} of them not whole; {elements} elements, {undrawn} not drawn; {seconds} s, at most {peak_mb} MB",
)

INSPECTED = {
    "file_name": WORDS["file"],
    "schema": WORDS["schema"],
    "authoring_tool": WORDS["tool"],
    "project": WORDS["project"],
    "sha256": WORDS["hash"],
    "sites": Text(zh="场地", en="Sites"),
    "buildings": Text(zh="建筑", en="Buildings"),
    "storeys": Text(zh="楼层", en="Storeys"),
    "facility_parts": Text(zh="设施分部", en="Facility parts"),
    "spaces": Text(zh="空间", en="Spaces"),
    "space_kinds": Text(zh="空间类型", en="Kinds of spaces"),
    "zones": Text(zh="分区", en="Zones"),
    "groups": Text(zh="系统与组", en="Systems and groups"),
    "elements": WORDS["elements"],
    "on_no_storey": Text(zh="不属于任何楼层的构件", en="Elements on no storey"),
    "without_host": Text(zh="不在墙上的门窗", en="Windows and doors in no wall"),
    "types": Text(zh="构件类型", en="Types"),
    "made_of": Text(zh="材料（构件数）", en="Materials (elements)"),
    "classifications": Text(
        zh="分类体系（构件与空间数）", en="Classifications (elements and spaces)"
    ),
    "parcels": Text(zh="用地边界", en="Parcels"),
    "roofs": Text(zh="屋面", en="Roofs"),
    "parapets": Text(zh="女儿墙", en="Parapets"),
    "main_entrances": Text(zh="主入口", en="Main entrances"),
    "dwellings": Text(zh="住宅套数", en="Dwellings"),
    "meshes": Text(zh="网格（共享）", en="Meshes (shared)"),
    "triangles": Text(zh="三角形", en="Triangles"),
    "size": Text(zh="外形尺寸 (m)", en="Size (m)"),
    "map_conversion": Text(zh="地图转换", en="Map conversion"),
    "undrawn": WORDS["undrawn"],
    "defects": Text(zh="文件缺陷", en="Defects of the file"),
    "warnings": WORDS["warnings"],
}


def inspected(model: BuildingModel) -> dict[str, Any]:
    """What `cim inspect` tells about a model, as JSON values; lengths in metres."""
    bounds = model.bounds()
    conversion = model.map_conversion
    return {
        "file_name": model.file_name,
        "schema": model.schema,
        "authoring_tool": model.authoring_tool,
        "project": model.project_name,
        "sha256": model.sha256,
        "sites": [site.name for site in model.sites],
        "buildings": [building.name for building in model.buildings],
        "storeys": [_storey(storey) for storey in model.storeys],
        "facility_parts": [f"{part.ifc_class} {part.name}" for part in model.facility_parts],
        "spaces": len(model.spaces),
        "space_kinds": _counted(space.predefined_type for space in model.spaces),
        "zones": [f"{zone.name}  {len(zone.members)}" for zone in model.zones],
        "groups": _counted(group.ifc_class for group in model.groups),
        "elements": _counted(element.ifc_class for element in model.elements),
        "on_no_storey": sum(element.storey is None for element in model.elements),
        "without_host": sum(
            element.ifc_class.startswith(("IfcWindow", "IfcDoor")) and element.host is None
            for element in model.elements
        ),
        "types": len(model.types),
        "made_of": _counted(
            material
            for element in model.elements
            if element.material is not None
            for material in {part.material for part in element.material.components}
        ),
        "classifications": _counted(
            system
            for classes in (
                *(element.classifications for element in model.elements),
                *(space.classifications for space in model.spaces),
            )
            for system in {classification.system for classification in classes}
        ),
        "parcels": [
            f"{site.name}  {site.land_title_number or '—'}  {site.parcel_source}  {len(site.parcel)}"
            for site in model.sites
            if site.parcel
        ],
        "roofs": _evidence(roofs(model)),
        "parapets": _evidence(parapets(model)),
        "main_entrances": _evidence(main_entrances(model)),
        "dwellings": len(dwellings(model)),
        "meshes": len(model.meshes),
        "triangles": sum(len(model.meshes[body.mesh].faces) for _, body in model.drawn()),
        "size": None if bounds is None else [round(x, 3) for x in (bounds[1] - bounds[0]).tolist()],
        "map_conversion": None
        if conversion is None
        else f"{conversion.source} {conversion.projected_crs} "
        f"E {conversion.eastings} N {conversion.northings} H {conversion.orthogonal_height}",
        "undrawn": [
            {"global_id": u.global_id, "ifc_class": u.ifc_class, "reason": u.reason.to_json()}
            for u in model.undrawn
        ],
        "defects": defects_document(model),
        "warnings": [warning.to_json() for warning in model.warnings],
    }


def _counted(kinds: Iterable[str | None]) -> dict[str, int]:
    """How often each occurs, the most frequent first, equal ones by name; absent ones are a dash."""
    counts = Counter("—" if kind is None else kind for kind in kinds)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _evidence(found: Iterable[Recognised]) -> list[dict[str, Any]]:
    return [
        {"global_id": r.global_id, "assumed": r.assumed, "evidence": r.evidence.to_json()}
        for r in found
    ]


def _storey(storey: Storey) -> str:
    """Name and elevation; one that is estimated has a wave before it."""
    return f"{storey.name}  {'≈ ' if storey.estimated else ''}{_height(storey.elevation)}"


def _height(elevation: float | None) -> str:
    return "—" if elevation is None else f"{elevation:+.3f} m"
