"""What the commands share: options, exit codes, the language, and errors as one readable line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from cim.errors import CimError, FrameError
from cim.frame import ExplicitPlace
from cim.text import Language
from viewer import console
from viewer.place_text import parse_place


class Exit(IntEnum):
    """What the exit code of a command means."""

    CLEAN = 0
    FAILED_RULE = 1
    USAGE = 2
    UNREADABLE = 3


CityOption = Annotated[
    Path, typer.Option("--city", help="城市文件夹 · City folder", show_default=False)
]
PlaceOption = Annotated[
    str | None,
    typer.Option("--place", help="位置 E,N,H,角度 · Place as E,N,H,angle (m, degrees)"),
]
ParcelOption = Annotated[
    Path | None,
    typer.Option("--parcel", help="界址点 · The parcel: TXT, GeoJSON, SHP, GPKG, DXF"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="机器可读 · For machines")]
LanguageOption = Annotated[
    str | None, typer.Option("--lang", help="zh | en", show_default="locale")
]


def language_of(chosen: str | None) -> Language:
    """The language of ``--lang``, else of the locale.

    Raises:
        typer.BadParameter: it is neither zh nor en.
    """
    if chosen is None:
        return console.default_language()
    if chosen not in get_args(Language):
        raise typer.BadParameter("zh | en", param_hint="--lang")
    return cast("Language", chosen)


def place_of(text: str | None) -> ExplicitPlace | None:
    """The place of ``--place``.

    Raises:
        typer.BadParameter: it is not a place.
    """
    try:
        return parse_place(text) if text is not None else None
    except FrameError as error:
        raise typer.BadParameter(str(error.reason), param_hint="--place") from error


@contextmanager
def told_errors(language: Language) -> Iterator[None]:
    """Turn an input at fault into one readable line and its exit code."""
    try:
        yield
    except CimError as error:
        console.print_error(error, language)
        raise typer.Exit(Exit.UNREADABLE) from error
