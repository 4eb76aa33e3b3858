"""The stages of a review as plain functions: read, check, views, tile, publish; and building a city.

The command line and the worker both call these. Each stage takes files and leaves files, whole or
not at all, so each can be redone alone and may be killed at any point.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from bim_checks.exports.html import render_document
from bim_checks.report import Report
from bim_checks.rule import Surroundings
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import run_checks
from bim_checks.scheme import Scheme
from cim.building import BuildingModel
from cim.city import City, read_city
from cim.control_lines.store import build_store, open_store
from cim.errors import FrameError
from cim.existing_store import build_existing
from cim.frame import ExplicitPlace, FrameLedger, Placement, decide_frame
from cim.ifc import ReadLimits, read_ifc_to_snapshot
from cim.parcel import Parcel, parcels_from_json, parcels_to_json
from cim.parcels.guarded import read_parcels_guarded
from cim.snapshot import read_snapshot
from cim.text import Language, Text
from viewer.globe import layer_on_globe, report_on_globe
from viewer.limits import write_limits
from viewer.place_text import parse_place
from viewer.views import VIEWS, study_views, views_named

Progress = Callable[[float], None]

MODEL, REPORT, GLOBE_REPORT, TILES = "model.cim", "report.json", "report.globe.json", "tiles"
PARCELS = "parcels.json"
PLATES = "views"


def ledger_of(
    model: BuildingModel,
    city: City,
    place: ExplicitPlace | None = None,
    parcels: Sequence[Parcel] = (),
) -> FrameLedger:
    """The frame ledger of a model in a city."""
    return decide_frame(
        model, city.frame, city.terrain, place=place, parcels=parcels, limits=city.frame_limits
    )


def read_applicant_parcels(path: Path, city: City) -> tuple[Parcel, ...]:
    """The applicant's parcels from a file, read within limits.

    Raises:
        ParcelError: it cannot be read; says where and what to do.
    """
    return read_parcels_guarded(path, city.frame, city.terrain.extent)


def stored_parcels(work: Path) -> tuple[Parcel, ...]:
    """The parcels kept with a submission; none when nobody has handed any in."""
    path = work / PARCELS
    if not path.is_file():
        return ()
    return parcels_from_json(json.loads(path.read_text(encoding="utf-8")))


def store_parcels(work: Path, parcels: Sequence[Parcel]) -> None:
    """Keep parcels with a submission."""
    _write(work / PARCELS, json.dumps(parcels_to_json(parcels), ensure_ascii=False) + "\n")


def forget_verdict(work: Path) -> None:
    """Remove what was made from a place that does not hold any more; the model as read stays."""
    for name in (
        GLOBE_REPORT,
        REPORT,
        *(f"report.{language}.html" for language in get_args(Language)),
    ):
        (work / name).unlink(missing_ok=True)
    for name in (PLATES, TILES):
        shutil.rmtree(work / name, ignore_errors=True)


def check_model(
    model: BuildingModel,
    city_folder: Path,
    place: ExplicitPlace | None,
    parcels: Sequence[Parcel] = (),
    file: Path | None = None,
) -> Report:
    """Place a model in a city and run the city's rulebook over it; `file` is what it was read from, where that is at hand."""
    city = read_city(city_folder)
    lines = open_store(build_store(city))
    try:
        ledger = ledger_of(model, city, place, parcels)
        rulebook = read_rulebook(city.rulebook_path)
        return run_checks(model, city, ledger, lines, rulebook, file=file)
    finally:
        lines.close()


def tile_model(
    model: BuildingModel, city_folder: Path, place: ExplicitPlace | None, folder: Path
) -> dict[str, Any]:
    """Write a model's 3D Tiles where the frame ledger puts it.

    Returns:
        What was written, as JSON values.

    Raises:
        FrameError: no source proves where the model stands.
    """
    from tiles.building import write_building_tileset

    city = read_city(city_folder)
    placement = ledger_of(model, city, place).placement
    if placement is None:
        raise FrameError(
            Text(
                zh="位置未经证实，无法生成瓦片。",
                en="the position is not proven; no tiles can be made.",
            ),
            remedy=Text(
                zh="用 cim frame 查看原因，或用 --place 给出位置。",
                en="See why with cim frame, or state the place with --place.",
            ),
        )
    return asdict(write_building_tileset(model, placement, folder))


def write_placement(source: Path, copy: Path, placement: Placement) -> None:
    """Write a placement into a copy of an IFC file.

    Raises:
        UnreadableIfcError: the file cannot be written again.
    """
    from cim.ifc.conversion_writer import WrittenConversion, write_conversion

    write_conversion(
        source,
        copy,
        WrittenConversion(
            eastings=placement.eastings,
            northings=placement.northings,
            orthogonal_height=placement.orthogonal_height,
            rotation=placement.rotation,
            scale=placement.scale,
            projected_crs=placement.frame.projected_crs,
            vertical_datum=placement.frame.vertical.datum,
        ),
    )


def read_stage(
    ifc: Path,
    work: Path,
    *,
    limits: ReadLimits,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> None:
    """IFC -> ``model.cim``; arguments as for `cim.ifc.read_ifc`."""
    work.mkdir(parents=True, exist_ok=True)
    read_ifc_to_snapshot(ifc, work / MODEL, limits=limits, progress=progress, cache=cache)


def check_stage(
    work: Path, city_folder: Path, place: str | None, file_name: str, ifc: Path | None = None
) -> None:
    """``model.cim`` -> ``report.json`` and a page in each language.

    Args:
        work: the submission's folder.
        city_folder: the city.
        place: explicit placement, or None.
        file_name: as the applicant named it; the stored upload is named by its hash.
        ifc: the stored upload; None where it is not at hand.
    """
    model = read_snapshot(work / MODEL)
    explicit = parse_place(place) if place else None
    report = check_model(model, city_folder, explicit, stored_parcels(work), ifc)
    document = report.to_document()
    document["model"]["file_name"] = file_name
    for language in get_args(Language):
        _write(work / f"report.{language}.html", render_document(document, language))
    _write(work / REPORT, _json(document))


def views_stage(
    work: Path, city_folder: Path, place: str | None, progress: Progress | None = None
) -> None:
    """``model.cim`` and ``report.json`` -> ``views/`` and the report's pages with plates; nothing without a proven place.

    The verdict does not depend on it: when it cannot be done, the report and its pages stay as `check_stage` left them.

    Args:
        work: the submission's folder.
        city_folder: the city.
        place: explicit placement, or None.
        progress: hears the share done, 0..1.
    """
    shutil.rmtree(work / PLATES, ignore_errors=True)
    city, model = read_city(city_folder), read_snapshot(work / MODEL)
    explicit = parse_place(place) if place else None
    ledger = ledger_of(model, city, explicit, stored_parcels(work))
    if ledger.placement is None:
        return
    partial = work / f".{PLATES}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    lines = open_store(build_store(city))
    try:
        around, book = Surroundings(city, lines), read_rulebook(city.rulebook_path)
        entries = []
        for _, entry in study_views(Scheme(model, ledger), around, book, partial):
            entries.append(entry)
            if progress is not None:
                progress(len(entries) / len(city.viewpoints))
    finally:
        lines.close()
    _write(partial / VIEWS, _json({"views": entries}))
    partial.rename(work / PLATES)
    document = json.loads((work / REPORT).read_text(encoding="utf-8"))
    for language in get_args(Language):
        views = views_named(document, entries, work / PLATES, language)
        _write(work / f"report.{language}.html", render_document(document, language, views))


def tile_stage(work: Path, city_folder: Path, place: str | None) -> None:
    """``model.cim`` -> ``tiles/``; nothing when the model has no proven place."""
    from tiles.building import write_building_tileset

    city = read_city(city_folder)
    model = read_snapshot(work / MODEL)
    explicit = parse_place(place) if place else None
    placement = ledger_of(model, city, explicit, stored_parcels(work)).placement
    if placement is not None:
        write_building_tileset(model, placement, work / TILES)


def publish_stage(work: Path, city_folder: Path) -> None:
    """``report.json`` -> ``report.globe.json``: the same with positions on the globe, for the page."""
    city = read_city(city_folder)
    model = read_snapshot(work / MODEL)
    document = json.loads((work / REPORT).read_text(encoding="utf-8"))
    _write(
        work / GLOBE_REPORT,
        _json(report_on_globe(document, model, city.frame, city.terrain.extent)),
    )


def build_city(folder: Path, progress: Progress | None = None) -> City:
    """Build a city's stores of lines and buildings, draped layers, limit surfaces and tilesets; what is unchanged is left as it is.

    Raises:
        CityError: a source is missing or at fault.
        RulebookError: the rulebook cannot be read, or names what the city has not.
    """
    tell = progress or (lambda _: None)
    city = read_city(folder)
    lines = open_store(build_store(city))
    for layer in city.layers:
        target = city.build_folder / "layers" / f"{layer.code}.geojson"
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(target, _json(layer_on_globe(lines.features(layer.code), city.frame)))
    try:
        write_limits(city, lines)
    finally:
        lines.close()
    build_existing(city)
    tell(0.1)
    steps = _tile_steps(city)
    for number, (source, target, write) in enumerate(steps, start=1):
        _once(source, target, write)
        tell(0.1 + 0.9 * number / len(steps))
    return city


def _tile_steps(city: City) -> list[tuple[Path, Path, Callable[[Path], object]]]:
    """Source, target folder and writer of each tileset of the city."""
    from tiles.city import write_buildings_tileset
    from tiles.pointcloud import write_pointcloud_tileset
    from tiles.terrain import write_terrain_tileset

    root, frame = city.build_folder / "tiles", city.frame
    return [
        (
            city.terrain_path,
            root / "terrain",
            lambda folder: write_terrain_tileset(city.terrain, frame, folder),
        ),
        (
            city.buildings_path,
            root / "buildings",
            lambda folder: write_buildings_tileset(city.buildings_path, frame, folder),
        ),
        *(
            (
                path,
                root / "points" / str(number),
                lambda folder, path=path: write_pointcloud_tileset(path, frame, folder),
            )
            for number, path in enumerate(city.point_cloud_paths)
        ),
    ]


def _once(source: Path, target: Path, write: Callable[[Path], object]) -> None:
    """Write a tileset unless it was written from the same source, frame and program."""
    stamp = target.with_name(f"{target.name}.stamp")
    wanted = f"{version('cim-review')} {_sha256(source)} {_sha256(source.parent / 'city.yaml')}"
    if target.is_dir() and stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    write(target)
    stamp.write_text(wanted, encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
