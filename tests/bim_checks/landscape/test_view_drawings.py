"""Plates, plans and sections of a view: the figures on them are those of the rules, and the same inputs give the same drawing."""

from __future__ import annotations

import base64
import math
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bim_checks.exports.sight_limits import sight_limits
from bim_checks.finding import LegalEffect
from bim_checks.landscape.eye import EARTH_RADIUS, Eye
from bim_checks.landscape.gl_render import NO_GL, RENDERER, GlError, GlRenderer
from bim_checks.landscape.profile import INSIDE, profile_through
from bim_checks.landscape.sight_limit import SightLimit
from bim_checks.landscape.study import ViewStudy, study
from bim_checks.landscape.view_plates import plates
from bim_checks.landscape.view_sections import section_name, view_sections
from bim_checks.rule import Rule, Surroundings
from bim_checks.rulebook import Rulebook
from bim_checks.rules.views import RidgeBandParameters
from bim_checks.rules.vistas import ViewConeParameters, VistaParameters
from bim_checks.runner import answer
from bim_checks.scene import read_scene
from bim_checks.scheme import Scheme
from cim.frame import decide_frame
from cim.text import Text

SHORE = (0.0, -1000.0, 5.0)
WORD = Text(zh="词", en="word")
PARAMETERS = {
    "VIEW-RIDGE-BAND": RidgeBandParameters(
        viewpoint="VP1", ridge="RIDGE1", limit=0.2, base_elevation=0.0, refraction=0.13
    ),
    "VIEW-VISTA": VistaParameters(
        viewpoint="VP1",
        left=(609_940.0, 2_705_890.0),
        right=(610_060.0, 2_705_890.0),
        threshold=160.0,
        refraction=0.13,
        background=0.0,
    ),
    "VIEW-CONE": ViewConeParameters(
        viewpoint="VP1", slope=0.06, bearing_from=350.0, bearing_to=10.0, reach=3_000.0
    ),
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures a third as wide: a ninth of the pixels."""
    monkeypatch.setattr("bim_checks.landscape.camera.COLUMNS", 500)


def book() -> Rulebook:
    rules = tuple(
        Rule(f"R{n}", code, WORD, WORD, WORD, WORD, LegalEffect.PROHIBIT, "verified", stated)
        for n, (code, stated) in enumerate(PARAMETERS.items(), start=1)
    )
    return Rulebook("B", "1", WORD, "0" * 64, rules)


def scene(top: float, eye: Sequence[float]) -> tuple[Scheme, Surroundings]:
    """A tower 1,000 m before the eye, a house on the way, and a ridge behind; as high as told above its foot."""
    told = read_scene(
        {
            "model": {"boxes": {"A": [[-5, 0, 0], [15, 10, top]]}},
            "existing": [
                {"id": "H", "polygon": [[-9, -500], [9, -500], [9, -480], [-9, -480]], "low": 5.0, "high": 20.0}
            ],
            "views": {
                "viewpoints": [{"code": "VP1", "position": list(eye), "eye_height": 1.6}],
                "ridges": [{"code": "RIDGE1", "vertices": [[-900, 900, 200.0], [900, 900, 200.0]]}],
            },
        }
    )  # fmt: skip
    ledger = decide_frame(told.model, told.city.frame, told.city.terrain, place=told.place)
    return Scheme(told.model, ledger), Surroundings(told.city, told.lines, told.existing)


def seen(
    top: float = 120.0, eye: Sequence[float] = SHORE
) -> tuple[Scheme, Surroundings, ViewStudy, list[SightLimit]]:
    scheme, around = scene(top, eye)
    viewpoint = around.city.viewpoints[0]
    found = study(scheme, around, viewpoint, refraction=0.13)
    return scheme, around, found, sight_limits(book(), scheme, around, viewpoint)


class NoGl(GlRenderer):
    """A renderer on a machine without OpenGL."""

    def faces_seen(self, *_: Any, **__: Any) -> NDArray[np.int32]:
        raise GlError(NO_GL)


def pixels(drawing: str) -> NDArray[np.uint8]:
    """The picture within a plate."""
    found = re.search(r'href="data:image/png;base64,([^"]+)"', drawing)
    assert found is not None
    data, at, packed = base64.b64decode(found[1]), 8, b""
    while at < len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            columns, rows = struct.unpack(">II", body[:8])
        # Nothing but the picture: no time, no text, no program.
        assert kind in (b"IHDR", b"IDAT", b"IEND")
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(rows, 1 + 3 * columns)
    assert (lines[:, 0] == 2).all()
    return np.cumsum(lines[:, 1:], axis=0, dtype=np.uint8).reshape(rows, columns, 3)


def words(drawing: str) -> str:
    return " ".join(ET.fromstring(drawing).itertext())  # noqa: S314


@pytest.mark.parametrize("top", [60.0, 90.0, 120.0])
def test_limits_are_those_the_rules_judge_by(top: float) -> None:
    scheme, around, _, limits = seen(top)
    assert [limit.rule for limit in limits] == ["R1", "R2", "R3"]
    for rule, limit in zip(book().rules, limits, strict=True):
        (judged,) = answer(rule, scheme, around)
        assert judged.measurement is not None
        assert limit.excess == pytest.approx(-judged.measurement.margin, abs=1e-9)
        assert limit.worst[2] == pytest.approx(judged.measurement.measured, abs=1e-9)
        at = limit.surface(limit.worst[None, :])[0]
        assert at == pytest.approx(judged.measurement.limit, abs=1e-6)


def renderers() -> list[GlRenderer]:
    return [RENDERER, NoGl()]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("renderer", renderers(), ids=["opengl", "columns"])
def test_plates_say_how_they_were_drawn_and_are_the_same_again(renderer: GlRenderer) -> None:
    scheme, around, found, limits = seen()
    made = {
        (kind, language): drawing
        for kind, language, drawing in plates(
            scheme, around, found, ("zh", "en"), limits, renderer=renderer
        )
    }
    assert len(made) == 6
    again_scheme, again_around, again, same = seen()
    for kind, language, drawing in plates(
        again_scheme, again_around, again, ("zh", "en"), same, renderer=renderer
    ):
        assert drawing == made[kind, language]
    for (kind, language), drawing in made.items():
        told = words(drawing)
        by_gl = "VTK" in told
        assert by_gl != (NO_GL.in_language(language) in told)
        assert by_gl or renderer is not RENDERER or NO_GL.en in words(made["before", "en"])
        assert "E 610000.00" in told
        assert scheme.model.sha256[:12] in told
        assert "0°" in told
        rows, columns, _ = pixels(drawing).shape
        assert f"{columns}" in told
        assert f"{rows}" in told
        # Limits that are broken or nearly so are pointed at where it is compared.
        for limit in limits:
            side = {True: ("高出", "above"), False: ("低于", "below")}[limit.is_broken]
            figure = f"{abs(limit.excess):.2f} m"
            is_told = figure in told and side[language == "en"] in told
            assert is_told == (kind == "overlay")


@pytest.mark.parametrize("renderer", renderers(), ids=["opengl", "columns"])
def test_as_much_is_hatched_as_stands_above_the_limit(renderer: GlRenderer) -> None:
    # Only the band, whose limit is the same height all over the front but for 3 cm.
    scheme, around, found, limits = seen(90.0)
    with_limit, without = (
        next(
            pixels(drawing)
            for kind, _, drawing in plates(scheme, around, found, ("en",), some, renderer=renderer)
            if kind == "overlay"
        )
        for some in (limits[:1], [])
    )
    hatched = (with_limit != without).any(axis=2)
    pixel = 1_000.0 * math.tan(math.radians(15.0)) / 750.0  # m, at the scheme's front
    over = limits[0].excess
    assert over == pytest.approx(7.83, abs=0.01)
    # Pixels at the rim count whole.
    assert hatched.sum() * pixel**2 == pytest.approx(20.0 * over, rel=0.06)
    scheme, around, found, limits = seen(60.0)
    drawn = plates(scheme, around, found, ("en",), limits[:1], renderer=renderer)
    assert all("above a limit" not in words(drawing) for _, _, drawing in drawn)


@given(
    st.floats(500.0, 20_000.0),
    st.floats(-40.0, 400.0),
    st.floats(0.05, 0.95),
    st.sampled_from([0.0, 0.13, 1.0 / 7.0, 1.0]),
)
def test_a_line_of_sight_bends_as_the_formula_of_a_vista_says(
    away: float, height: float, share: float, refraction: float
) -> None:
    scheme, around = scene(90.0, SHORE)
    eye = Eye((610_500.0, 2_704_000.0, 6.6), refraction)
    profile = profile_through(scheme, around, eye, np.array([610_500.0, 2_705_000.0, 95.0]), None)
    d = share * away
    expected = (
        6.6 + (height - 6.6) * share - (1.0 - refraction) * d * (away - d) / (2.0 * EARTH_RADIUS)
    )
    found = profile.sight(np.array([d]), (away, height))
    assert found[0] == pytest.approx(expected, abs=1e-9)


def test_a_section_cuts_the_scheme_the_house_and_the_ridge_where_they_stand() -> None:
    scheme, around, found, (band, vista, cone) = seen(90.0)
    profile = profile_through(scheme, around, found.eye, band.worst, band)
    # The worst point is a front corner: the plane goes through it, and the scheme is cut farther inside.
    assert profile.point == pytest.approx(
        [math.dist(band.worst[:2], found.eye.position[:2]), 95.0], abs=1e-9
    )
    assert profile.scheme.area == pytest.approx(10.0 / math.cos(profile.azimuth) * 90.0, rel=1e-3)
    assert profile.scheme.bounds[1::2] == pytest.approx((5.0, 95.0))
    assert profile.existing.bounds == pytest.approx(
        (500.0 / math.cos(profile.azimuth), 5.0, 520.0 / math.cos(profile.azimuth), 20.0), abs=0.5
    )
    assert profile.target == pytest.approx((1_900.0 / math.cos(profile.azimuth), 200.0), rel=1e-6)
    assert profile.outline.bounds[1::2] == pytest.approx((5.0, 95.0))
    at = np.interp(profile.point[0], profile.limit_distances[1:-1], profile.limit[1:-1])
    assert profile.point[1] - at == pytest.approx(band.excess, abs=1e-3)
    assert INSIDE < 10.0
    through_vista = profile_through(scheme, around, found.eye, vista.worst, vista)
    assert through_vista.target is not None
    assert through_vista.target[1] == pytest.approx(160.0, abs=1e-6)
    through_cone = profile_through(scheme, around, found.eye, cone.worst, cone)
    assert through_cone.target is None
    assert through_cone.reach > through_cone.outline.bounds[2]


@pytest.mark.parametrize("top", [60.0, 120.0])
def test_drawings_tell_the_figures_of_the_limits_in_both_languages(top: float) -> None:
    scheme, around, found, limits = seen(top)
    made = {
        (name, language): drawing
        for name, language, drawing in view_sections(scheme, around, found, ("zh", "en"), limits)
    }
    names = ["plan", "section-R1-band", "section-R2-corridor", "section-R3-cone"]
    assert list(made) == [(name, language) for name in names for language in ("zh", "en")]
    for limit, name in zip(limits, names[1:], strict=True):
        for language, over, room in (
            ("zh", "高出限值", "低于限值"),
            ("en", "above the limit", "below the limit"),
        ):
            told = words(made[name, language])
            assert (over if limit.is_broken else room) in told
            assert f"{abs(limit.excess):.2f} m" in told
            assert f"{limit.worst[2] - limit.excess:.2f} m" in told
            assert "k = 0.13" in told
            plan = words(made["plan", language])
            assert f"{abs(limit.excess):.2f} m" in plan
    again = view_sections(scheme, around, found, ("zh", "en"), limits)
    assert {(name, language): drawing for name, language, drawing in again} == made


def test_a_rule_of_any_name_has_a_file_of_its_own() -> None:
    _, _, _, limits = seen(60.0)
    names = [
        section_name(replace(limits[0], rule=rule)) for rule in ("V/1", "V_1", "V~2f~1", "视 1")
    ]
    assert names[0] == "section-V~2f~1-band"
    assert len(set(names)) == 4
    assert not any("/" in name or " " in name for name in names)


def test_a_view_no_rule_looks_from_has_the_line_over_the_scheme() -> None:
    scheme, around, found, _ = seen()
    made = {name: drawing for name, _, drawing in view_sections(scheme, around, found, ("en",), [])}
    assert list(made) == ["plan", "section"]
    assert "highest line of sight" in words(made["section"])
    assert "above the limit" not in words(made["section"])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "position",
    [[5, 5, 5.0], [-4.9, 5, 5.0], [5, -12, 5.0], [5, 5, 300.0], [600, 700, 5.0]],
    ids=["under it", "in its wall", "before its door", "above it", "beside it"],
)
def test_an_eye_anywhere_gets_its_drawings(position: list[float]) -> None:
    scheme, around, found, limits = seen(120.0, position)
    drawings = [d for _, _, d in plates(scheme, around, found, ("en",), limits)]
    drawings += [d for _, _, d in view_sections(scheme, around, found, ("en",), limits)]
    assert len(drawings) >= 5
    for drawing in drawings:
        assert not re.search(r"\b(nan|inf)\b", drawing.split("base64")[-1])
        ET.fromstring(drawing)  # noqa: S314
    is_cut = "not wholly in the picture" in words(drawings[0])
    assert is_cut == (position != [600, 700, 5.0])


@pytest.mark.usefixtures("small")
def test_what_a_drawing_refers_to_is_in_itself_and_not_in_another() -> None:
    scheme, around, found, limits = seen()
    drawings = [d for _, _, d in plates(scheme, around, found, ("en",), limits, renderer=NoGl())]
    drawings += [d for _, _, d in view_sections(scheme, around, found, ("en",), limits)]
    known: set[str] = set()
    for drawing in drawings:
        named = set(re.findall(r' id="([^"]+)"', drawing))
        assert set(re.findall(r"url\(#([^)]+)\)", drawing)) <= named
        assert not named & known
        known |= named


def test_a_region_ends_a_limit() -> None:
    limit = SightLimit(
        "R",
        "corridor",
        WORD,
        lambda points: np.full(len(points), 50.0),
        shapely.box(0.0, 0.0, 10.0, 10.0),
        np.zeros((0, 3)),
        np.zeros(3),
        1.0,
    )
    heights = limit.heights(np.array([[5.0, 5.0], [15.0, 5.0]]))
    assert heights[0] == 50.0
    assert math.isnan(heights[1])
