"""What rules of spacing say of the buildings that a scheme replaces or runs into."""

from __future__ import annotations

import shapely

from bim_checks.finding import Judgement, Outcome
from bim_checks.measures.standing import Around, Opponents, listed, name_of
from cim.existing import ExistingBuildings
from cim.text import Text


def with_removed(sentence: Text, around: Around) -> Text:
    """The sentence, and which existing buildings it takes to be gone."""
    if not around.removed:
        return sentence
    note = Text(
        zh="现状建筑 {names} 位于用地内，按拟拆除处理。",
        en=" The existing {names} on the site are taken to be removed.",
    ).format(names=listed(around.removed))
    return Text(zh=sentence.zh + note.zh, en=sentence.en + note.en)


def grazed(found: Opponents) -> list[Judgement]:
    """A question for each existing building that the scheme overlaps though it mostly stands beside the site."""
    return [
        Judgement(
            Outcome.DISCUSS,
            Text(
                zh="建筑与现状建筑 {name} 重叠 {area:.2f} m²，而该建筑大部分不在用地内：是拟拆除，还是位置有误，不能断定。",
                en="The building overlaps the existing {name} by {area:.2f} m², most of which stands beside the site: whether it is "
                "to be removed or drawn in the wrong place cannot be told.",
            ).format(name=name_of(b), area=shapely.intersection(b.footprint, found.footprint).area),
            fix=Text(
                zh="说明 {name} 是否拆除，或核对其测绘位置。",
                en="State whether {name} is to be removed, or have its survey checked.",
            ).format(name=name_of(b)),
            feature=name_of(b),
            geometry=shapely.force_3d(shapely.intersection(b.footprint, found.footprint), b.low),
        )
        for b in found.around.grazed
    ]


def nobody_near(found: Opponents, existing: ExistingBuildings) -> Judgement:
    """Nothing to keep a distance from: because nothing stands there, or because nobody has handed the buildings in."""
    if not len(existing):
        return Judgement(
            Outcome.NOT_CHECKABLE,
            Text(zh="城市没有现状建筑数据。", en="The city holds no existing buildings."),
            fix=Text(
                zh="补充现状建筑数据（CityJSON）。", en="Provide the existing buildings (CityJSON)."
            ),
        )
    sentence = Text(zh="周边没有其他建筑。", en="No other building stands around.")
    return Judgement(Outcome.NOT_APPLICABLE, with_removed(sentence, found.around))


def no_ground() -> Judgement:
    """Heights above ground cannot be told."""
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="建筑外轮廓沿线的地面高程不全，无法确定地面以上的高度。",
            en="The ground along the building's outline is not known, so heights above it cannot be told.",
        ),
        fix=Text(zh="补充该处的城市地形。", en="Provide the city's terrain at this place."),
    )
