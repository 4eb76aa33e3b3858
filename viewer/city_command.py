"""``cim city``: a city's store and tilesets built, its own control lines checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cim.city import read_city
from cim.control_lines.blueprint import blueprint_document, check_blueprint, write_repaired
from viewer import blueprint, console, pipeline
from viewer.options import Exit, JsonOption, LanguageOption, language_of, told_errors

city_app = typer.Typer(no_args_is_help=True, help="城市数据 · City data")


@city_app.command("build")
def city_build(
    folder: Annotated[Path, typer.Argument(help="城市文件夹 · City folder")],
    lang: LanguageOption = None,
) -> None:
    """生成空间库与瓦片 · Build the spatial store and the tilesets."""
    with told_errors(language_of(lang)), console.progress(str(folder)) as progress:
        pipeline.build_city(folder, progress)


@city_app.command("check")
def city_check(
    folder: Annotated[Path, typer.Argument(help="城市文件夹 · City folder")],
    repair: Annotated[
        Path | None,
        typer.Option("--repair", help="修复副本 (.gpkg) · Write a repaired copy"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="报告文件 · Report: FILE.html or FILE.geojson"),
    ] = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """控制线蓝图自检 · Check the city's own control lines: partition, conflicts, invalid shapes, CRS, empty layers."""
    language = language_of(lang)
    if report is not None and report.suffix.lower() not in blueprint.PAGE + blueprint.MAP:
        raise typer.BadParameter(".html | .geojson", param_hint="--report")
    with told_errors(language):
        city = read_city(folder)
        with console.progress(str(folder)) as progress:
            found = check_blueprint(city, progress=progress)
        repairs = None if repair is None else write_repaired(city, repair)
        document = blueprint_document(found, city, repairs)
        if report is not None:
            blueprint.write_report(report, found, document, city, language)
    if as_json:
        console.print_json(document)
    else:
        blueprint.print_blueprint(document, language)
    raise typer.Exit(Exit.CLEAN if found.is_clean else Exit.FAILED_RULE)
