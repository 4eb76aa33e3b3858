"""Boundary-point lists (界址点坐标 TXT): a header, parcels of numbered points, X northing and Y easting, areas in hectares.

    [属性描述]
    坐标系=2000国家大地坐标系
    几度分带=3
    带号=39
    计量单位=米
    [地块坐标]
    5,1.4400,1,2026-018,面,,住宅,,@
    J1,1,2705440.000,39610440.000
    ...

Lists without any header (point, X, Y on a line) are read too, as one parcel.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cim.errors import ParcelError
from cim.parcels.raw import RawParcel, RawRing, RawSource
from cim.text import Text

SAME_POINT = 1e-6  # m
ENCODINGS = ("utf-8-sig", "gb18030")
SEPARATORS = re.compile(r"[,，;；\t ]+")
LARGEST_TEXT = 50_000_000  # bytes
OTHER_DATUMS = re.compile(r"(?<!\d)(?:19)?(?:80|54)|西安|北京54|WGS", re.IGNORECASE)
METRE = ("米", "m", "metre", "meter")


def read_boundary_points(path: Path) -> RawSource:
    """Read a list in UTF-8, UTF-16 or GBK.

    Raises:
        ParcelError: a line that cannot be read, a count that is wrong, another datum or unit; with the line number.
    """
    text, encoding = _decoded(path)
    header: dict[str, tuple[str, int]] = {}
    begun: list[_Begun] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip().lstrip("\ufeff")
        if not line or line.startswith(("[", "【", "#", "//")):
            continue
        if "=" in line and "@" not in line:
            key, _, value = line.partition("=")
            header[key.strip()] = (value.strip(), number)
        elif line.endswith("@"):
            begun.append(_parcel_line(path, number, line))
        else:
            if not begun:
                begun.append(_Begun(number=number, name=path.stem, count=None, area=None))
            _add_point(path, number, line, begun[-1])
    if not any(parcel.points for parcel in begun):
        raise ParcelError(
            Text(zh="没有界址点。", en="there are no boundary points."),
            path=path,
            remedy=_how_it_should_be(),
        )
    _check_header(path, header)
    notes = (
        ()
        if encoding != "gb18030"
        else (Text(zh="文件编码为 GBK。", en="The file is encoded in GBK."),)
    )
    return RawSource(
        parcels=tuple(_finished(path, parcel) for parcel in begun),
        crs=None,
        zone=_whole(path, header, "带号"),
        zone_width=_whole(path, header, "几度分带"),
        notes=notes,
    )


def _decoded(path: Path) -> tuple[str, str]:
    if path.stat().st_size > LARGEST_TEXT:
        raise ParcelError(
            Text(
                zh="文件过大，不是界址点表。",
                en="the file is too large for a list of boundary points.",
            ),
            path=path,
        )
    content = path.read_bytes()
    names = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ENCODINGS
    for name in names:
        try:
            return content.decode(name), name
        except UnicodeDecodeError:
            continue
    raise ParcelError(
        Text(zh="文字编码既不是 UTF-8 也不是 GBK。", en="the text is neither UTF-8 nor GBK."),
        path=path,
        remedy=Text(zh="请另存为 UTF-8 文本。", en="Save it as UTF-8 text."),
    )


@dataclass
class _Begun:
    """A parcel being read."""

    number: int
    name: str
    count: int | None
    area: float | None
    points: list[tuple[int, int, float, float]] = field(default_factory=list)  # line, ring, x, y


def _parcel_line(path: Path, number: int, line: str) -> _Begun:
    """``points, area, number, name, kind, sheet, use, class, @``."""
    fields = [part.strip() for part in re.split(r"[,，]", line.rstrip("@"))]
    fields += [""] * (5 - len(fields))
    if fields[4] and fields[4] != "面":
        raise _at(
            path,
            number,
            Text(zh="地块不是面，而是“{kind}”。", en="the parcel is no area but {kind}.").format(
                kind=fields[4]
            ),
        )
    try:
        count = int(fields[0]) if fields[0] else None
        area = float(fields[1]) if fields[1] else None
    except ValueError as error:
        raise _at(
            path,
            number,
            Text(
                zh="地块行应以界址点数、面积开头：{line}。",
                en="a parcel's line begins with its number of points and its area: {line}.",
            ).format(line=line[:60]),
        ) from error
    return _Begun(number, fields[3] or fields[2] or f"{number}", count, area)


def _add_point(path: Path, number: int, line: str, parcel: _Begun) -> None:
    """``label, ring, X, Y`` or ``label, X, Y`` or ``X, Y``."""
    fields = [part for part in SEPARATORS.split(line) if part]
    try:
        if len(fields) >= 4:
            ring, x, y = int(fields[1]), float(fields[2]), float(fields[3])
        else:
            ring, x, y = 1, float(fields[-2]), float(fields[-1])
    except (ValueError, IndexError) as error:
        raise _at(
            path,
            number,
            Text(zh="无法读作界址点：{line}。", en="this is no boundary point: {line}.").format(
                line=line[:60]
            ),
        ) from error
    if not (math.isfinite(x) and math.isfinite(y)):
        raise _at(path, number, Text(zh="坐标不是数字。", en="the coordinates are no numbers."))
    parcel.points.append((number, ring, x, y))


def _finished(path: Path, parcel: _Begun) -> RawParcel:
    if parcel.count is not None and len(parcel.points) not in (
        parcel.count,
        parcel.count + _rings(parcel),
    ):
        raise _at(
            path,
            parcel.number,
            Text(
                zh="地块写明 {stated} 个界址点，实有 {found} 个。",
                en="the parcel states {stated} boundary points and has {found}.",
            ).format(stated=parcel.count, found=len(parcel.points)),
        )
    return RawParcel(
        name=parcel.name,
        place=f"{parcel.number}",
        rings=tuple(_ring_points(parcel)),
        stated_area=parcel.area,
        counted=parcel.count is not None,
    )


def _rings(parcel: _Begun) -> int:
    return len({ring for _, ring, _, _ in parcel.points})


def _ring_points(parcel: _Begun) -> Iterator[RawRing]:
    for wanted in sorted({ring for _, ring, _, _ in parcel.points}):
        rows = [row for row in parcel.points if row[1] == wanted]
        points = np.array([(y, x) for _, _, x, y in rows])  # X is northing, Y is easting
        closed = len(rows) > 3 and bool(np.abs(points[0] - points[-1]).max() <= SAME_POINT)
        yield RawRing(points, tuple(f"{line}" for line, *_ in rows), closed)


def _check_header(path: Path, header: Mapping[str, tuple[str, int]]) -> None:
    datum, line = header.get("坐标系", ("", 0))
    if "2000" not in datum and OTHER_DATUMS.search(datum):
        raise _at(
            path,
            line,
            Text(
                zh="坐标系是“{datum}”，不是 2000 国家大地坐标系；基准转换不能猜测。",
                en="the datum is {datum}, not CGCS2000; a datum shift is not guessed.",
            ).format(datum=datum),
            Text(zh="请提供 CGCS2000 坐标。", en="Provide the points in CGCS2000."),
        )
    unit, line = header.get("计量单位", ("米", 0))
    if unit.lower() not in METRE:
        raise _at(
            path,
            line,
            Text(
                zh="计量单位是“{unit}”，应为米。", en="the unit is {unit}; it must be metres."
            ).format(unit=unit),
        )


def _whole(path: Path, header: Mapping[str, tuple[str, int]], key: str) -> int | None:
    value, line = header.get(key, ("", 0))
    if not value:
        return None
    digits = re.sub(r"\D", "", value)
    if not digits:
        raise _at(
            path, line, Text(zh="{key} 应为数字。", en="{key} must be a number.").format(key=key)
        )
    return int(digits)


def _at(path: Path, line: int, reason: Text, remedy: Text | None = None) -> ParcelError:
    return ParcelError(reason, path=path, place=f"{line}", remedy=remedy or _how_it_should_be())


def _how_it_should_be() -> Text:
    return Text(
        zh="每行应为“点号,圈号,X(北),Y(东)”，地块行以 @ 结尾。",
        en="Each line is: point, ring, X (northing), Y (easting); a parcel's own line ends with @.",
    )
