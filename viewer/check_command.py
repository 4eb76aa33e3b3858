"""``cim check``: models, or the outline of a site alone, against a city's rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from bim_checks.exports.html import render_document
from cim.city import read_city
from cim.errors import CimError
from cim.frame import ExplicitPlace
from cim.parcel import Parcel
from cim.text import Language, Text
from viewer import console, pipeline
from viewer.batch import Reading, read_all
from viewer.model_files import models_of, told_reading, unused_name
from viewer.options import (
    CityOption,
    Exit,
    JsonOption,
    LanguageOption,
    ParcelOption,
    PlaceOption,
    language_of,
    place_of,
    told_errors,
)
from viewer.site_check import check_sites, is_site_file


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
    explicit, models = place_of(place), models_of(others) if others or not sites else {}
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
                name = unused_name(Path(stem), taken)
                taken.add(name)
                yield path, name, site_report.to_document()
        except CimError as error:
            yield path, Path(path.stem), _error_document(path, error)
    if not models:
        return
    with console.progress(told_reading(models, language)) as progress:
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
