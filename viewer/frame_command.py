"""``cim frame``: where a model stands and by what proof, and the place written into a copy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bim_checks.report import frame_document
from cim.building import BuildingModel
from cim.city import City, read_city
from cim.frame import (
    ExplicitPlace,
    FrameLedger,
    PointPair,
    propose_from_pairs,
    propose_from_parcel,
)
from cim.ifc import read_ifc
from cim.text import Text
from viewer import console, pipeline
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
        _, _, ledger = _ledger(path, city, place_of(place), parcel)
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
        explicit = propose_from_pairs(_pairs(pair)).place if pair else place_of(place)
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
