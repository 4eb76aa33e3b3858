"""The models a command line names: files, and all those below folders."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from pathlib import Path

import typer

from cim.text import Language, Text

IFC_SUFFIXES = (".ifc", ".ifczip", ".ifcxml", ".ifcx")


def models_of(paths: list[Path]) -> dict[Path, Path]:
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
                found[model] = unused_name(name, set(found.values()))
    if not found:
        raise typer.BadParameter(
            str(Text(zh="没有找到 IFC 文件。", en="no IFC file was found.")), param_hint="PATHS"
        )
    return found


def unused_name(name: Path, taken: Collection[Path]) -> Path:
    """The name, or the first of it with a number that nobody has."""
    candidates = (name.with_name(f"{name.name}-{number}") for number in itertools.count(2))
    return next(n for n in itertools.chain([name], candidates) if n not in taken)


def told_reading(models: Collection[Path], language: Language) -> str:
    """What is told while files are read."""
    if len(models) == 1:
        named = Text(zh="读取 {name}", en="reading {name}").format(name=next(iter(models)).name)
    else:
        named = Text(zh="读取 {count} 个文件", en="reading {count} files").format(count=len(models))
    return named.in_language(language)
