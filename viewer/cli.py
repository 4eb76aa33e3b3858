"""The `cim` command: architects and batch jobs check, planners serve, everyone looks.

Exit codes: 0 no rule failed, 1 a rule failed or the city's own lines are to be amended, 2 the command line is wrong, 3 an input could not be read, or not as a whole.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cim.ifc import read_ifc
from viewer import console, pipeline
from viewer.check_command import check
from viewer.city_command import city_app
from viewer.frame_command import frame_app
from viewer.ids_command import ids_app
from viewer.model_files import models_of, told_reading
from viewer.options import (
    CityOption,
    Exit,
    JsonOption,
    LanguageOption,
    PlaceOption,
    language_of,
    place_of,
    told_errors,
)
from viewer.rules_command import rules_app
from viewer.settings import Settings
from viewer.survey import summary_of, survey
from viewer.views_command import views_app

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="审查城市中的建筑模型 · Review building models in the city",
)
app.command()(check)
app.add_typer(city_app, name="city")
app.add_typer(rules_app, name="rules")
app.add_typer(views_app, name="views")
app.add_typer(ids_app, name="ids")
app.add_typer(frame_app, name="frame")

PortOption = Annotated[int | None, typer.Option("--port", help="端口 · Port")]
DataOption = Annotated[Path | None, typer.Option("--data", help="数据文件夹 · Data folder")]


@app.command()
def inspect(
    path: Annotated[Path, typer.Argument(help="IFC 文件或文件夹 · IFC file or folder")],
    resume: Annotated[
        Path | None,
        typer.Option("--resume", help="逐行记录，可接着上次继续 · Log to go on from (folders)"),
    ] = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """查看文件内容 · Show what a file holds, or a row for each file of a folder."""
    language = language_of(lang)
    if path.is_dir():
        models = models_of([path])
        with console.progress(told_reading(models, language)) as progress:
            rows = list(survey(list(models), log=resume, progress=progress))
        console.print_survey(path, rows, summary_of(rows), language, as_json=as_json)
        whole = all(row["error"] is None and row["complete"] for row in rows)
        raise typer.Exit(Exit.CLEAN if whole else Exit.UNREADABLE)
    with told_errors(language), console.progress(path.name) as progress:
        model = read_ifc(path, progress=progress)
    document = console.inspected(model)
    if as_json:
        console.print_json(document)
    else:
        console.print_model(document, language)
    raise typer.Exit(Exit.CLEAN if model.is_complete else Exit.UNREADABLE)


@app.command()
def tile(
    path: Annotated[Path, typer.Argument(help="IFC 文件 · IFC file")],
    city: CityOption,
    output: Annotated[Path, typer.Option("--output", "-o", help="输出文件夹 · Output folder")],
    place: PlaceOption = None,
    lang: LanguageOption = None,
) -> None:
    """生成三维瓦片 · Write 3D Tiles."""
    language = language_of(lang)
    with told_errors(language):
        with console.progress(path.name) as progress:
            model = read_ifc(path, progress=progress)
        summary = pipeline.tile_model(model, city, place_of(place), output)
    console.print_json(summary)


@app.command()
def serve(
    data: DataOption = None,
    port: PortOption = None,
    worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="同时启动处理进程 · Start a worker too")
    ] = True,
) -> None:
    """启动审查服务器 · Start the review server."""
    from viewer.server.serve import serve as run

    run(_settings(data, port), with_worker=worker)


@app.command("worker")
def worker_command(data: DataOption = None) -> None:
    """启动一个处理进程 · Start one worker."""
    from viewer import jobs

    jobs.main(_settings(data, None))


@app.command()
def demo(
    data: DataOption = None,
    port: PortOption = None,
    prepare_only: Annotated[
        bool, typer.Option("--prepare-only", help="只生成样例数据 · Only write the sample data")
    ] = False,
    buildings: Annotated[
        int, typer.Option("--buildings", help="样例城市建筑数 · Buildings of the sample city")
    ] = 2200,
) -> None:
    """样例城市：生成、建库、启动并提交样例 · The sample city, built, served, its models submitted."""
    from viewer import demo as sample

    settings = _settings(data, port)
    with told_errors(console.default_language()):
        sample.prepare(settings, buildings=buildings)
        if not prepare_only:
            sample.serve(settings)


def _settings(data: Path | None, port: int | None) -> Settings:
    """Settings of the environment, with what the command line says on top."""
    said: dict[str, Any] = {}
    if data is not None:
        said["data"] = data
    if port is not None:
        said["port"] = port
    return Settings(**said)


def main() -> None:
    """Entry point of the `cim` command."""
    app()
