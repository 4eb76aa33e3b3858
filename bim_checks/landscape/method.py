"""How a figure of sight or airspace came about: method, resolution, inputs and uncertainty, enough to derive it again.

A note is a table beside the finding, so that the report, its page and the review page all show it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bim_checks.finding import Cell, Column, Judgement, Measurement, Table
from bim_checks.landscape.eye import EARTH_RADIUS
from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from cim.city import Viewpoint
from cim.text import Text

Fact = tuple[Text, Cell, str]
"""What is stated, its value, and its unit (empty for words and plain numbers)."""

HASH_DIGITS = 16  # of 64; enough to tell inputs apart, and short enough for a line
DIGITS = 10  # of a number; a coordinate to the millimetre
TITLE = Text(zh="方法与输入", en="Method and inputs")
COLUMNS = (
    Column("item", Text(zh="项目", en="item")),
    Column("value", Text(zh="数值", en="value")),
    Column("unit", Text(zh="单位", en="unit")),
)
METHOD = Text(zh="方法", en="method")
EYE = tuple(
    Text(zh=f"视点{zh}", en=f"{en} of the viewpoint")
    for zh, en in (("东坐标", "easting"), ("北坐标", "northing"), ("地面高程", "ground elevation"))
)
EYE_HEIGHT = Text(zh="眼高（离地）", en="eye above the ground")
BEND = Text(
    zh="地球曲率与大气折光：(1 − k) d² / 2R 中的 k",
    en="curvature and refraction: k in (1 - k) d^2 / 2R",
)
RADIUS = Text(zh="地球半径 R", en="radius of the Earth R")
MODEL = Text(zh="模型文件 SHA-256（前 16 位）", en="SHA-256 of the model's file, first 16 digits")
SCENERY = Text(
    zh="城市地形与建筑 SHA-256（前 16 位）",
    en="SHA-256 of the city's terrain and buildings, first 16 digits",
)
PARTS = (
    Text(zh="不确定度：模型位置", en="uncertainty: place of the model"),
    Text(zh="不确定度：构件网格与分辨率", en="uncertainty: meshes and resolution"),
    Text(zh="不确定度：城市数据", en="uncertainty: city data"),
)


def noted(judgement: Judgement, facts: Sequence[Fact], scheme: Scheme) -> Judgement:
    """A judgement with the note of how its figure came about; without a figure it is left as it is.

    Args:
        judgement: of a rule of sight or airspace.
        facts: of its method, by the rule type.
        scheme: measured.
    """
    if judgement.measurement is None:
        return judgement
    rows = (*facts, (MODEL, scheme.model.sha256[:HASH_DIGITS], ""), *_parts(judgement.measurement))
    table = Table(TITLE, COLUMNS, tuple((name, _shown(value), unit) for name, value, unit in rows))
    return replace(judgement, tables=(*judgement.tables, table))


def _shown(value: Cell) -> Cell:
    """A number with the digits that it has, for a step of 0.001 degrees is not 0.00.

    >>> _shown(0.001), _shown(2704715.0), _shown("A")
    ('0.001', '2704715', 'A')
    """
    return f"{value:.{DIGITS}g}" if isinstance(value, float) else value


def method(how: Text, *facts: Fact) -> tuple[Fact, ...]:
    """How it is measured, first of all facts."""
    return ((METHOD, how, ""), *facts)


def eye_facts(viewpoint: Viewpoint, refraction: float | None) -> tuple[Fact, ...]:
    """Where somebody looks from, and how light bends; no bending where a rule takes no account of it."""
    found = tuple(
        (name, float(value), "m") for name, value in zip(EYE, viewpoint.position, strict=True)
    )
    stands: tuple[Fact, ...] = (*found, (EYE_HEIGHT, viewpoint.eye_height, "m"))
    if refraction is None:
        return stands
    return (*stands, (BEND, refraction, ""), (RADIUS, EARTH_RADIUS, "m"))


def scenery_facts(around: Surroundings) -> tuple[Fact, ...]:
    """What stands around, by its hash; nothing where it is no file, as in a worked example."""
    city = around.city
    if around.stated_existing is not None or not city.buildings_path.is_file():
        return ()
    return ((SCENERY, city.scenery_sha256[:HASH_DIGITS], ""),)


def _parts(measurement: Measurement) -> tuple[Fact, ...]:
    parts, unit = measurement.uncertainty, measurement.unit.value
    return tuple(
        (name, value, unit)
        for name, value in zip(PARTS, (parts.frame, parts.mesh, parts.data), strict=True)
    )
