"""The `cim` command: architects and batch jobs check, planners serve, everyone looks.

Exit codes: 0 no rule failed, 1 a rule failed or the city's own lines are to be amended, 2 the command line is wrong, 3 an input could not be read, or not as a whole.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from typer.core import TyperGroup

from bim_checks.exports.html import render_document
from bim_checks.report import frame_document
from cim.building import BuildingModel
from cim.city import City, read_city
from cim.control_lines.blueprint import blueprint_document, check_blueprint, write_repaired
from cim.errors import CimError, FrameError
from cim.frame import (
    ExplicitPlace,
    FrameLedger,
    PointPair,
    propose_from_pairs,
    propose_from_parcel,
)
from cim.ifc import read_ifc
from cim.parcel import Parcel
from cim.text import Language, Text
from viewer import blueprint, console, pipeline
from viewer.batch import Reading, read_all
from viewer.ids_command import ids_app
from viewer.options import (
    CityOption,
    Exit,
    JsonOption,
    LanguageOption,
    ParcelOption,
    PlaceOption,
    language_of,
    told_errors,
)
from viewer.rules_command import rules_app
from viewer.settings import Settings
from viewer.site_check import check_sites, is_site_file
from viewer.survey import summary_of, survey
from viewer.views_command import views_app

IFC_SUFFIXES = (".ifc", ".ifczip", ".ifcxml", ".ifcx")


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="审查城市中的建筑模型 · Review building models in the city",
)
city_app = typer.Typer(no_args_is_help=True, help="城市数据 · City data")
app.add_typer(city_app, name="city")
app.add_typer(rules_app, name="rules")
app.add_typer(views_app, name="views")
app.add_typer(ids_app, name="ids")


class _ShowByDefault(TyperGroup):
    """``cim frame FILE`` is ``cim frame show FILE``: the file comes where a subcommand may."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["show", *args]
        return super().parse_args(ctx, args)


frame_app = typer.Typer(
    cls=_ShowByDefault,
    no_args_is_help=True,
    help="模型位于何处 · Where a model stands: cim frame FILE --city CITY, or: cim frame fix FILE -o COPY --city CITY",
)
app.add_typer(frame_app, name="frame")

PortOption = Annotated[int | None, typer.Option("--port", help="端口 · Port")]
DataOption = Annotated[Path | None, typer.Option("--data", help="数据文件夹 · Data folder")]


@app.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="IFC 文件或文件夹，或用地界址点文件 · IFC files or folders, or the outline of a site (TXT, GeoJSON, SHP, GPKG, DXF)"
        ),
    ],
    city: CityOption,
    place: PlaceOption = None,
    parcel: ParcelOption = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="报告输出文件夹 · Folder for reports")
    ] = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """检查模型或用地是否符合规则 · Check models, or the outline of a site alone, against the city's rules."""
    language = language_of(lang)
    sites = [path for path in paths if is_site_file(path)]
    others = [path for path in paths if path not in sites]
    explicit, models = _place(place), _models(others) if others or not sites else {}
    with told_errors(language):
        read = read_city(city)  # a city at fault is told once, not once a model
        parcels = () if parcel is None else pipeline.read_applicant_parcels(parcel, read)
    documents, worst = [], Exit.CLEAN
    for path, name, document in _checked(sites, models, city, explicit, parcels, language):
        documents.append(document)
        if "error" in document:
            console.print_problem(path, document["error"], language)
            worst = Exit.UNREADABLE
            continue
        if not document["model"]["complete"]:
            worst = Exit.UNREADABLE
        elif document["summary"]["fail"] and worst is Exit.CLEAN:
            worst = Exit.FAILED_RULE
        if report is not None:
            _write_report(report / name, document)
        if not as_json:
            console.print_report(document, language)
    if as_json:
        console.print_json(documents[0] if len(documents) == 1 else documents)
    raise typer.Exit(worst)


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
        models = _models([path])
        with console.progress(_reading(models, language)) as progress:
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


@frame_app.command("show", hidden=True)
def frame_show(
    path: Annotated[Path, typer.Argument(help="IFC 文件 · IFC file")],
    city: CityOption,
    place: PlaceOption = None,
    parcel: ParcelOption = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """模型位于何处，依据什么 · Where a model stands, and by what proof."""
    language = language_of(lang)
    with told_errors(language):
        _, _, ledger = _ledger(path, city, _place(place), parcel)
    document = frame_document(ledger)
    if as_json:
        console.print_json(document)
    else:
        console.print_ledger(document, language)
    raise typer.Exit(Exit.CLEAN if ledger.taken else Exit.FAILED_RULE)


@frame_app.command("fix")
def frame_fix(
    path: Annotated[Path, typer.Argument(help="IFC 文件 · IFC file")],
    output: Annotated[Path, typer.Option("--output", "-o", help="副本 · The copy")],
    city: CityOption,
    place: PlaceOption = None,
    parcel: ParcelOption = None,
    pair: Annotated[
        list[str] | None,
        typer.Option("--pair", help="点对 · A pair of points: x,y,z=E,N,H (m); two or more"),
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """把位置写入副本 · Write the place into a copy: IfcMapConversion, or ePset in IFC2X3.

    The place is the one stated (--place), picked (--pair), fitted to the parcel (--parcel), or the one the ledger takes.
    """
    language = language_of(lang)
    if output.resolve() == path.resolve():
        raise typer.BadParameter(
            str(Text(zh="副本不能覆盖原文件。", en="the copy must not replace the file.")),
            param_hint="--output",
        )
    with told_errors(language):
        explicit = propose_from_pairs(_pairs(pair)).place if pair else _place(place)
        model, read, ledger = _ledger(path, city, explicit, parcel)
        if ledger.taken is None and explicit is None and parcel is not None:
            parcels = pipeline.read_applicant_parcels(parcel, read)
            proposal = propose_from_parcel(model, read.frame, parcels, limits=read.frame_limits)
            ledger = pipeline.ledger_of(model, read, proposal.place, parcels)
        console.print_ledger(frame_document(ledger), language)
        if ledger.placement is None:
            raise typer.Exit(Exit.FAILED_RULE)
        pipeline.write_placement(path, output, ledger.placement)


def _ledger(
    path: Path, city: Path, place: ExplicitPlace | None, parcel: Path | None
) -> tuple[BuildingModel, City, FrameLedger]:
    read = read_city(city)
    parcels = () if parcel is None else pipeline.read_applicant_parcels(parcel, read)
    with console.progress(path.name) as progress:
        model = read_ifc(path, progress=progress)
    return model, read, pipeline.ledger_of(model, read, place, parcels)


def _pairs(texts: list[str]) -> list[PointPair]:
    pairs = []
    for text in texts:
        try:
            (x, y, z), (east, north, height) = (
                [float(number) for number in half.split(",")] for half in text.split("=")
            )
        except ValueError as error:
            raise typer.BadParameter("x,y,z=E,N,H", param_hint="--pair") from error
        pairs.append(PointPair((x, y, z), (east, north, height)))
    return pairs


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
        summary = pipeline.tile_model(model, city, _place(place), output)
    console.print_json(summary)


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


def _place(text: str | None) -> ExplicitPlace | None:
    try:
        return pipeline.parse_place(text) if text is not None else None
    except FrameError as error:
        raise typer.BadParameter(str(error.reason), param_hint="--place") from error


def _models(paths: list[Path]) -> dict[Path, Path]:
    """The files named, and every IFC below the folders named, in order, with a name for its report.

    A report is named after its file, below a folder with the way there; no two have the same name.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in IFC_SUFFIXES)
            wanted = [(p, p.relative_to(path).parent / p.stem) for p in inside]
        else:
            wanted = [(path, Path(path.stem))]
        for model, name in wanted:
            if model not in found:
                found[model] = _unused(name, set(found.values()))
    if not found:
        raise typer.BadParameter(
            str(Text(zh="没有找到 IFC 文件。", en="no IFC file was found.")), param_hint="PATHS"
        )
    return found


def _unused(name: Path, taken: Collection[Path]) -> Path:
    candidates = (name.with_name(f"{name.name}-{number}") for number in itertools.count(2))
    return next(n for n in itertools.chain([name], candidates) if n not in taken)


def _reading(models: Collection[Path], language: Language) -> str:
    """What is told while files are read."""
    if len(models) == 1:
        named = Text(zh="读取 {name}", en="reading {name}").format(name=next(iter(models)).name)
    else:
        named = Text(zh="读取 {count} 个文件", en="reading {count} files").format(count=len(models))
    return named.in_language(language)


def _checked(
    sites: list[Path],
    models: dict[Path, Path],
    city: Path,
    place: ExplicitPlace | None,
    parcels: tuple[Parcel, ...],
    language: Language,
) -> Iterator[tuple[Path, Path, dict[str, Any]]]:
    """File, name and report of every site and every model, or what is wrong with its file."""
    taken = set(models.values())
    for path in sites:
        try:
            for stem, site_report in check_sites(path, city):
                name = _unused(Path(stem), taken)
                taken.add(name)
                yield path, name, site_report.to_document()
        except CimError as error:
            yield path, Path(path.stem), _error_document(path, error)
    if not models:
        return
    with console.progress(_reading(models, language)) as progress:
        for reading in read_all(list(models), progress=progress):
            yield reading.path, models[reading.path], _check_one(reading, city, place, parcels)


def _check_one(
    reading: Reading, city: Path, place: ExplicitPlace | None, parcels: tuple[Parcel, ...]
) -> dict[str, Any]:
    """The report of a model, or what is wrong with its file."""
    if reading.model is None:
        return _error_document(reading.path, reading.error or CimError(Text(zh="", en="")))
    try:
        report = pipeline.check_model(reading.model, city, place, parcels, reading.path)
        return report.to_document()
    except CimError as error:
        return _error_document(reading.path, error)


def _write_report(stem: Path, document: dict[str, Any]) -> None:
    """JSON and a page in each language."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    stem.with_name(f"{stem.name}.json").write_text(text, encoding="utf-8")
    for language in get_args(Language):
        page = render_document(document, language)
        stem.with_name(f"{stem.name}.{language}.html").write_text(page, encoding="utf-8")


def _error_document(path: Path, error: CimError) -> dict[str, Any]:
    return {
        "file_name": path.name,
        "error": {
            "reason": error.reason.to_json(),
            "place": error.place,
            "remedy": error.remedy.to_json() if error.remedy else None,
        },
    }


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
