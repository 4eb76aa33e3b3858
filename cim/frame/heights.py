"""Heights as a file counts them, taken to the city's vertical datum. PROJ is never asked: it would change nothing in silence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cim.city_frame import CityFrame
from cim.crs import ELLIPSOIDAL, understand_vertical
from cim.frame.finding import FrameCode, FrameFinding, Severity
from cim.frame.placement import Placement
from cim.text import Text


@dataclass(frozen=True, slots=True)
class Heights:
    """How to read the heights of one source.

    Attributes:
        offset: metres to add for heights above the city's datum.
        accuracy: of the offset, metres; None when the datum is unknown.
        assumptions: what was understood.
        finding: what is wrong, or None.
    """

    offset: float
    accuracy: float | None
    assumptions: tuple[Text, ...] = ()
    finding: FrameFinding | None = None


def understand_heights(name: str | None, frame: CityFrame, placement: Placement) -> Heights:
    """Read a vertical datum's name.

    Args:
        name: as the file says, or None.
        frame: the city's datum, and the others it knows.
        placement: where the separation is taken, when heights are ellipsoidal.
    """
    vertical = frame.vertical
    if name is None or not name.strip():
        told = Text(
            zh="文件未说明高程基准；按城市基准 {datum} 理解。",
            en="The file names no vertical datum; heights are read in the city's, {datum}.",
        ).format(datum=vertical.datum)
        return Heights(0.0, None, (told,), _unnamed(vertical.datum))
    code = understand_vertical(name)
    if vertical.datum in (code, name.strip()):
        return Heights(0.0, 0.0)
    if code == ELLIPSOIDAL:
        origin = np.array([[placement.eastings, placement.northings]])
        separation = float(frame.separation_at(origin)[0])
        told = Text(
            zh="高程为椭球高；按 {method} 减去 {separation:.3f} m。",
            en="Heights are ellipsoidal; {separation:.3f} m are taken off ({method}).",
        ).format(method=vertical.method, separation=separation)
        return Heights(-separation, vertical.accuracy, (told,))
    for other in vertical.offsets:
        if other.datum in (code, name.strip()):
            told = Text(
                zh="高程基准 {read} 换算到 {datum}：{offset:+.3f} m（city.yaml）。",
                en="Heights above {read} are taken to {datum} by {offset:+.3f} m (city.yaml).",
            ).format(read=name, datum=vertical.datum, offset=other.offset)
            return Heights(other.offset, other.accuracy, (told,))
    return Heights(0.0, None, (), _other(name, vertical.datum))


def _unnamed(datum: str) -> FrameFinding:
    return FrameFinding(
        FrameCode.VERTICAL,
        Severity.DISCUSS,
        Text(
            zh="高程基准未知：文件没有说明，按 {datum} 理解，须会商。",
            en="the vertical datum is unknown: the file names none; {datum} is assumed, to be discussed.",
        ).format(datum=datum),
        Text(
            zh="请在 IfcProjectedCRS.VerticalDatum 中写明 {datum}。",
            en="State {datum} as VerticalDatum of IfcProjectedCRS.",
        ).format(datum=datum),
    )


def _other(name: str, datum: str) -> FrameFinding:
    return FrameFinding(
        FrameCode.VERTICAL,
        Severity.REFUSE,
        Text(
            zh="高程基准是 {read}，城市使用 {datum}，且没有已知的换算值。",
            en="heights are above {read}; the city uses {datum}, and no offset between them is known.",
        ).format(read=name, datum=datum),
        Text(
            zh="请按 {datum} 导出高程，或由测绘部门在 city.yaml 的 vertical.offsets 中给出换算值。",
            en="Export heights above {datum}, or have the survey office state the offset in vertical.offsets of city.yaml.",
        ).format(datum=datum),
    )
