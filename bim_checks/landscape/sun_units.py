"""What of a scheme must have sun: each window, each room by its best window, or each dwelling by so many of its rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bim_checks.finding import Unit
from bim_checks.landscape.sun_terms import SunTerms
from bim_checks.landscape.window_light import WindowLight
from bim_checks.landscape.window_points import Part, SunWindow, Windows
from bim_checks.parameters import parameter, parameters
from bim_checks.scheme import Scheme
from cim.building import Element, Space
from cim.recognition import dwellings
from cim.text import Text

Judged = Literal["window", "room", "dwelling"]
UNITS: Mapping[Judged, Text] = {
    "window": Text(zh="个窗", en="windows"),
    "room": Text(zh="个房间", en="rooms"),
    "dwelling": Text(zh="套住宅", en="dwellings"),
}


@parameters
class OwnSunParameters(SunTerms):
    """Parameters of SUN-OWN-WINDOWS."""

    judged: Judged = parameter(
        zh="逐窗 window、逐房间 room（取其最好的窗）或逐套 dwelling 判断",
        en="what must have enough: each window; each room, by its best window; or each dwelling, by so many of its rooms",
        default="window",
    )
    rooms: tuple[str, ...] = parameter(
        zh="要求日照的房间：名称、全名或类型含其一；空为全部",
        en="rooms that need sun: those whose name, long name or type holds one of these words; none named: all",
        default=(),
    )
    least_rooms: int = parameter(
        zh="每套至少多少个房间满足（逐套判断时）",
        en="so many rooms of each dwelling must have enough, where dwellings are judged",
        unit=Unit.COUNT,
        default=1,
    )
    window_part: Part = parameter(
        zh="测点：窗台中点 middle，或窗台两端同时 ends（满窗）",
        en="looked from the middle of the sill, or from both its ends, which must be lit at once",
        default="middle",
    )
    sill: float = parameter(
        zh="窗台低于室内地面以上此高度的，测点取此高度",
        en="a window that begins lower above its floor is looked from at this height",
        unit=Unit.METRE,
        default=0.9,
    )
    classes: tuple[str, ...] = parameter(
        zh="视为窗的 IFC 类", en="IFC classes that are windows", default=("IfcWindow",)
    )

    def __post_init__(self) -> None:
        """Refuse what nobody could keep or break."""
        SunTerms.__post_init__(self)
        if self.least_rooms < 1:
            raise ValueError("least_rooms must be 1 or more")
        if not self.classes:
            raise ValueError("classes must name one IFC class or more")


@dataclass(frozen=True, slots=True)
class SunUnit:
    """A window, room or dwelling.

    Attributes:
        name: for people.
        minutes: of sun it is judged by.
        window: index of the window that decides it; None where it has none.
        members: GlobalIds: of its windows, or of its spaces where it has none.
    """

    name: str
    minutes: float
    window: int | None
    members: tuple[str, ...]


def needs_sun(space: Space, stated: OwnSunParameters) -> bool:
    """Whether a room is one of those that are said to need sun; all are where none is named."""
    said = (space.name, space.long_name, space.object_type, space.predefined_type, space.type_name)
    return not stated.rooms or any(
        word.casefold() in text.casefold() for word in stated.rooms for text in said if text
    )


def _is_asked(
    window: SunWindow,
    stated: OwnSunParameters,
    spaces: Mapping[str, Space],
    homes: Mapping[str, str],
) -> bool:
    """Whether the room a window lights is one that needs sun."""
    if stated.judged == "dwelling" and window.room not in homes:
        return False
    return needs_sun(spaces[window.room or ""], stated)


def counted_windows(
    found: Windows,
    stated: OwnSunParameters,
    spaces: Mapping[str, Space],
    homes: Mapping[str, str],
) -> tuple[tuple[SunWindow, ...], dict[str, list[Element]]]:
    """The windows that are judged, and those that cannot be, by the reason."""
    left_out: dict[str, list[Element]] = {}
    for reason, elements in (("body", found.without_body), ("untold", found.untold)):
        if elements:
            left_out[reason] = list(elements)
    by_room = stated.judged != "window" or bool(stated.rooms)
    counted = []
    for window in found.outside:
        if by_room and window.room is None:
            left_out.setdefault("room", []).append(window.element)
        elif not by_room or _is_asked(window, stated, spaces, homes):
            counted.append(window)
    return tuple(counted), left_out


def units_of(
    stated: OwnSunParameters,
    scheme: Scheme,
    light: WindowLight | None,
    spaces: Mapping[str, Space],
) -> list[SunUnit]:
    """What is judged, in the order of the model, each with its minutes."""
    windows = light.windows if light else ()
    minutes = light.minutes if light else np.zeros(0)
    if stated.judged == "window":
        return [
            SunUnit(_window_name(w), float(minutes[i]), i, (w.element.global_id,))
            for i, w in enumerate(windows)
        ]
    best: dict[str, int] = {}
    for i, window in enumerate(windows):
        room = window.room or ""
        if room not in best or minutes[i] > minutes[best[room]]:
            best[room] = i
    rooms = {
        name: _room(space, best.get(name), minutes, windows)
        for name, space in spaces.items()
        if needs_sun(space, stated)
    }
    if stated.judged == "room":
        return list(rooms.values())
    homes = [
        _home(
            home.name or home.global_id,
            [rooms[room] for room in home.spaces if room in rooms],
            stated.least_rooms,
        )
        for home in dwellings(scheme.model)
    ]
    return [home for home in homes if home is not None]


def _room(
    space: Space,
    best: int | None,
    minutes: NDArray[np.float64],
    windows: Sequence[SunWindow],
) -> SunUnit:
    name = " ".join(word for word in (space.name, space.long_name) if word) or space.global_id
    mine = tuple(w.element.global_id for w in windows if w.room == space.global_id)
    value = 0.0 if best is None else float(minutes[best])
    return SunUnit(name, value, best, mine or (space.global_id,))


def _home(name: str, rooms: list[SunUnit], least: int) -> SunUnit | None:
    """A dwelling is as good as the least of its so many best rooms; None where it has no room that needs sun."""
    if not rooms:
        return None
    ordered = sorted(rooms, key=lambda room: -room.minutes)
    members = tuple(member for room in ordered for member in room.members)
    if len(ordered) < least:
        return SunUnit(name, 0.0, ordered[-1].window, members)
    return SunUnit(name, ordered[least - 1].minutes, ordered[least - 1].window, members)


def _window_name(window: SunWindow) -> str:
    name = window.element.name
    return f"{name} ({window.element.global_id})" if name else window.element.global_id
