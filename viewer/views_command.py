"""``cim views``: what a scheme does to the views of a city, in figures and plates; and what another height or place would do."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any, get_args

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table
from typer.core import TyperGroup

from bim_checks.exports.views import page, skyline_table
from bim_checks.finding import Judgement
from bim_checks.landscape.eye import REFRACTION
from bim_checks.landscape.scheme_view import (
    changed,
    context_of,
    replaced_buildings,
    surface_of,
)
from bim_checks.landscape.visibility import VisibilityMap, visibility_map
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook, check_against_city, read_rulebook
from bim_checks.runner import answer
from bim_checks.scheme import Scheme
from bim_checks.words import WORDS, sign_of
from cim.city import read_city
from cim.control_lines.store import build_store, open_store
from cim.errors import FrameError
from cim.ifc import read_ifc
from cim.text import Language, Text
from viewer import console, pipeline
from viewer.globe import shape_on_globe
from viewer.options import (
    Exit,
    JsonOption,
    LanguageOption,
    PlaceOption,
    language_of,
    place_of,
    told_errors,
)
from viewer.views import SIGHT, VIEWS, drawn, plate_name, study_views

SHARES = (0.25, 0.5, 0.75, 1.0)  # of the scheme's height: the points a visibility map looks for


class _StudyByDefault(TyperGroup):
    """``cim views CITY FILE`` is ``cim views study CITY FILE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["study", *args]
        return super().parse_args(ctx, args)


views_app = typer.Typer(
    cls=_StudyByDefault,
    no_args_is_help=True,
    help="景观视线 · Views: cim views CITY FILE -o FOLDER, or: cim views what-if CITY FILE --lower 9 --move 3,0",
)

CityArgument = Annotated[Path, typer.Argument(help="城市文件夹 · City folder")]
FileArgument = Annotated[Path, typer.Argument(help="IFC 文件 · IFC file")]


@views_app.command("study", hidden=True)
def views_study(
    city: CityArgument,
    path: FileArgument,
    output: Annotated[Path, typer.Option("--output", "-o", help="输出文件夹 · Output folder")],
    place: PlaceOption = None,
    cell: Annotated[
        float, typer.Option("--cell", help="可见范围格网 · Cell of the visibility map (m)", min=0.5)
    ] = 5.0,
    reach: Annotated[
        float,
        typer.Option("--reach", help="可见范围半径 · Reach of the visibility map (m)", min=0.0),
    ] = 2_000.0,
    lang: LanguageOption = None,
) -> None:
    """逐视点分析并出图 · Study every viewpoint and write the plates."""
    language = language_of(lang)
    with told_errors(language):
        scheme, around, book = _scheme(city, path, place)
        output.mkdir(parents=True, exist_ok=True)
        document: dict[str, Any] = {
            "model": {"file_name": path.name, "sha256": scheme.model.sha256},
            "city": {"code": around.city.code, "scenery_sha256": around.city.scenery_sha256},
            "views": [],
        }
        with console.progress(path.name) as progress:
            found = study_views(scheme, around, book, output)
            for number, (view, entry) in enumerate(found, start=1):
                document["views"].append(entry)
                table = skyline_table(scheme, around, view)
                (output / f"{entry['viewpoint']}-skyline.csv").write_text(table, encoding="utf-8")
                progress(0.8 * number / len(around.city.viewpoints))
            if reach > 0.0 and len(surface_of(scheme).vertices):
                document["visibility"] = _write_visibility(
                    scheme, around, output, cell=cell, reach=reach
                )
            progress(1.0)
        (output / VIEWS).write_text(
            json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n",
            encoding="utf-8",
        )
        for tongue in get_args(Language):
            names = {
                view["viewpoint"]: [
                    plate_name(view["viewpoint"], name, tongue) for name in drawn(view)
                ]
                for view in document["views"]
            }
            text = page(document, names, tongue)
            (output / f"index.{tongue}.html").write_text(text, encoding="utf-8")
    console.print_json(document)


def _write_visibility(
    scheme: Scheme, around: Surroundings, output: Path, *, cell: float, reach: float
) -> dict[str, Any]:
    """``visibility.tif`` and ``visibility.geojson``; what they say, as JSON values."""
    found = _visibility(scheme, around, cell=cell, reach=reach)
    found.write(output / "visibility.tif", around.city.frame.projected_crs)
    features = [
        {
            "type": "Feature",
            "properties": {"at_least": count},
            "geometry": shape_on_globe(shape, around.city.frame),
        }
        for count, shape in found.contours()
    ]
    (output / "visibility.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": features}) + "\n", encoding="utf-8"
    )
    return {
        "cell": cell,
        "eye_height": found.eye_height,
        "heights": [round(float(height), 2) for height in found.targets[:, 2]],
        "share_any": round(found.share(), 4),
        "share_all": round(found.share(len(found.targets)), 4),
    }


def _visibility(
    scheme: Scheme, around: Surroundings, *, cell: float, reach: float
) -> VisibilityMap:
    vertices = surface_of(scheme).vertices
    east, north = vertices[:, :2].mean(axis=0)
    low, high = float(vertices[:, 2].min()), float(vertices[:, 2].max())
    context = context_of(around)
    gone = replaced_buildings(scheme, around)
    without = np.array([name in gone for name in context.identifiers], dtype=np.bool_)
    return visibility_map(
        [(east, north, low + share * (high - low)) for share in SHARES],
        around.city.terrain,
        context.buildings,
        (east - reach, north - reach, east + reach, north + reach),
        cell=cell,
        eye_height=around.city.viewpoints[0].eye_height if around.city.viewpoints else 1.6,
        refraction=REFRACTION,
        without=without,
    )


@views_app.command("what-if")
def views_what_if(
    city: CityArgument,
    path: FileArgument,
    lower: Annotated[float, typer.Option("--lower", help="降低 · Lower by (m)")] = 0.0,
    move: Annotated[str, typer.Option("--move", help="移动 东,北 · Move east,north (m)")] = "0,0",
    scale: Annotated[
        float, typer.Option("--scale", help="高度比例 · Scale of heights above its foot", min=0.01)
    ] = 1.0,
    place: PlaceOption = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """若降低、移动或缩放 · If the scheme were lower, elsewhere or scaled: what the rules of sight say."""
    language = language_of(lang)
    shift = _shift(move)
    with told_errors(language):
        scheme, around, book = _scheme(city, path, place)
        rules = [rule for rule in book.rules if rule.rule_type.startswith(SIGHT)]
        # What stands around is looked at once; then only the scheme changes.
        _answers(rules, scheme, around)
        begun = time.perf_counter()
        other = changed(scheme, _change(scheme, lower, shift, scale))
        answers = _answers(rules, other, around)
        seconds = time.perf_counter() - begun
    rows = [
        _row(rule, judgement)
        for rule, found in zip(rules, answers, strict=True)
        for judgement in found
    ]
    if as_json:
        console.print_json({"seconds": round(seconds, 4), "answers": rows})
    else:
        _print(rows, seconds, language)
    failed = any(row["outcome"] == "fail" for row in rows)
    raise typer.Exit(Exit.FAILED_RULE if failed else Exit.CLEAN)


def _answers(rules: list[Rule], scheme: Scheme, around: Surroundings) -> list[list[Judgement]]:
    return [answer(rule, scheme, around) for rule in rules]


def _change(
    scheme: Scheme, lower: float, shift: tuple[float, float], scale: float
) -> NDArray[np.float64]:
    """Scale heights above the scheme's foot, then lower and move it."""
    foot = float(surface_of(scheme).vertices[:, 2].min())
    change = np.eye(4)
    change[2, 2] = scale
    change[:3, 3] = (shift[0], shift[1], foot * (1.0 - scale) - lower)
    return change


def _shift(text: str) -> tuple[float, float]:
    try:
        east, north = (float(number) for number in text.split(","))
    except ValueError as error:
        raise typer.BadParameter("E,N", param_hint="--move") from error
    return east, north


def _row(rule: Rule, judgement: Judgement) -> dict[str, Any]:
    measurement = judgement.measurement
    return {
        "rule": rule.identifier,
        "outcome": judgement.outcome.value,
        "margin": None if measurement is None else round(measurement.margin, 4),
        "unit": None if measurement is None else measurement.unit.value,
        "sentence": judgement.sentence.to_json(),
        "fix": judgement.fix.to_json() if judgement.fix else None,
    }


def _print(rows: list[dict[str, Any]], seconds: float, language: Language) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("outcome", "rule", "finding", "margin"):
        table.add_column(WORDS[title].in_language(language), overflow="fold")
    for row in rows:
        margin = "" if row["margin"] is None else f"{row['margin']:+.2f} {sign_of(row['unit'])}"
        outcome = row["outcome"]
        table.add_row(
            f"[{console.COLOURS[outcome]}]{WORDS[outcome].in_language(language)}[/]",
            row["rule"],
            row["sentence"][language],
            margin,
        )
    console.out.print(table)
    told = Text(zh="重算用时 {ms:.0f} ms", en="answered in {ms:.0f} ms").format(ms=seconds * 1000.0)
    console.out.print(told.in_language(language), style="dim", highlight=False)


def _scheme(city: Path, path: Path, place: str | None) -> tuple[Scheme, Surroundings, Rulebook]:
    """A model placed in a city, its surroundings and its rulebook.

    Raises:
        FrameError: no source proves where the model stands.
    """
    read = read_city(city)
    book = read_rulebook(read.rulebook_path)
    check_against_city(book, read)
    with console.progress(path.name) as progress:
        model = read_ifc(path, progress=progress)
    ledger = pipeline.ledger_of(model, read, place_of(place))
    if ledger.placement is None:
        raise FrameError(
            Text(
                zh="位置未经证实，无法分析视线。",
                en="the position is not proven; views cannot be studied.",
            ),
            path=path,
            remedy=Text(
                zh="用 cim frame 查看原因，或用 --place 给出位置。",
                en="See why with cim frame, or state the place with --place.",
            ),
        )
    around = Surroundings(read, open_store(build_store(read)))
    return Scheme(model, ledger), around, book
