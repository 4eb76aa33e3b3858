"""The surfaces that a city's rulebook sets, as a tileset and a list: made once for a rulebook and a city, kept under their hash."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import shapely

from bim_checks.catalogue import LIMITS
from bim_checks.landscape.limit_mesh import CityLimit, LimitMesh, limit_mesh
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook, check_against_city, read_rulebook
from cim.city import City
from cim.control_lines.store import LineStore
from tiles.limits import LimitFeature, write_limits_tileset

VERSION = 2  # of how surfaces are drawn; another one makes the kept ones stale
LIST = "limits.json"
COLOURS = {  # by the first word of a rule type
    "HEIGHT": (0.93, 0.58, 0.05),
    "VIEW": (0.55, 0.27, 0.75),
    "AIR": (0.13, 0.47, 0.86),
}


def limits_folder(city: City) -> Path:
    """Where the tileset of the city's surfaces belongs: another rulebook, line or height grid has another folder."""
    digest = hashlib.sha256(f"{version('cim-review')} {VERSION} {city.terrain.extent}".encode())
    sources = [city.folder / "city.yaml", city.rulebook_path, city.control_lines_path]
    for path in (*sources, *(grid.path for grid in city.height_grids)):
        state = path.stat()
        digest.update(_sha256(path, state.st_mtime_ns, state.st_size))
    return city.build_folder / "tiles" / "limits" / digest.hexdigest()[:16]


@lru_cache(maxsize=64)
def _sha256(path: Path, _changed: int, _size: int) -> bytes:
    """Hash of a file, computed anew when it changed."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()


def write_limits(city: City, lines: LineStore) -> Path:
    """Draw every surface that the rulebook sets, inside the city's ground; nothing where that is done already.

    Returns:
        The folder with ``tileset.json``, absent where no surface reaches the city, and ``limits.json``, which lists all of them.

    Raises:
        RulebookError: the rulebook cannot be read, or names what the city has not.
    """
    folder = limits_folder(city)
    if (folder / LIST).is_file():
        return folder
    book = read_rulebook(city.rulebook_path)
    check_against_city(book, city)
    features, entries = [], []
    for identifier, rule, limit, mesh in _drawn(book, Surroundings(city, lines)):
        entries.append(_entry(identifier, rule, limit, mesh))
        if mesh is not None:
            features.append(_feature(identifier, rule, limit, mesh))
    if features:
        write_limits_tileset(features, city.frame, folder)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"limits": entries}, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    partial = folder / f".{LIST}.partial"
    partial.write_text(text, encoding="utf-8")
    partial.replace(folder / LIST)
    for other in folder.parent.iterdir():  # of rulebooks that hold no longer
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _drawn(
    book: Rulebook, around: Surroundings
) -> Iterator[tuple[str, Rule, CityLimit, LimitMesh | None]]:
    """Every surface with its identifier and, where it reaches the city's ground, its triangles."""
    extent = shapely.box(*around.city.terrain.extent)
    for rule in book.rules:
        limits = LIMITS[rule.rule_type](rule, around) if rule.rule_type in LIMITS else []
        for number, limit in enumerate(limits, start=1):
            yield f"{rule.identifier}/{number}", rule, limit, limit_mesh(limit, extent)


def _feature(identifier: str, rule: Rule, limit: CityLimit, mesh: LimitMesh) -> LimitFeature:
    texts = {"title": rule.title, "name": limit.name}
    return LimitFeature(
        identifier=identifier,
        rule=rule.identifier,
        rule_type=rule.rule_type,
        names={
            f"{key}_{language}": said
            for key, text in texts.items()
            for language, said in text.to_json().items()
        },
        colour=COLOURS[rule.rule_type.split("-", maxsplit=1)[0]],
        vertices=mesh.vertices,
        faces=mesh.faces,
        rim=mesh.rim,
        sagitta=mesh.sagitta,
    )


def _entry(identifier: str, rule: Rule, limit: CityLimit, mesh: LimitMesh | None) -> dict[str, Any]:
    """What a reader of the list learns; no heights of a surface that does not reach the city's ground."""
    heights = None if mesh is None else mesh.vertices[:, 2]
    return {
        "id": identifier,
        "rule": rule.identifier,
        "rule_type": rule.rule_type,
        "title": rule.title.to_json(),
        "name": limit.name.to_json(),
        "low": None if heights is None else round(float(heights.min()), 3),
        "high": None if heights is None else round(float(heights.max()), 3),
        "sagitta": None if mesh is None else round(mesh.sagitta, 4),
    }
