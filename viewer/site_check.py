"""The outline of a site, before there is a building, against every line of the city."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bim_checks.report import Report
from bim_checks.rulebook import read_rulebook
from bim_checks.runner import run_site_checks
from cim.city import read_city
from cim.control_lines.store import build_store, open_store
from cim.parcels.reader import SUFFIXES
from viewer.pipeline import read_applicant_parcels


def is_site_file(path: Path) -> bool:
    """Whether a file is a list or drawing of parcels by its name."""
    return path.suffix.lower() in SUFFIXES and not path.is_dir()


def check_sites(path: Path, city_folder: Path) -> Iterator[tuple[str, Report]]:
    """Check every parcel of a file on its own.

    Args:
        path: boundary points (TXT, CSV), GeoJSON, Shapefile, GeoPackage or DXF.
        city_folder: the city.

    Yields:
        A name for the report's files, different for each parcel, and the report.

    Raises:
        CimError: the file, the city or its rulebook cannot be read.
    """
    city = read_city(city_folder)
    parcels = read_applicant_parcels(path, city)
    rulebook = read_rulebook(city.rulebook_path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    lines = open_store(build_store(city))
    try:
        for number, parcel in enumerate(parcels, start=1):
            alone = len(parcels) == 1
            name = path.name if alone else f"{path.name} · {parcel.name}"
            report = run_site_checks(name, parcel.geometry, city, lines, rulebook)
            model = replace(report.model, sha256=sha256, warnings=parcel.notes)
            yield path.stem if alone else f"{path.stem}-{number}", replace(report, model=model)
    finally:
        lines.close()
