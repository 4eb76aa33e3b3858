"""What the shares of a parcel's area have in common: which limit, which parcel, how a share is measured and what is missing."""

from __future__ import annotations

import shapely
from shapely.geometry.base import BaseGeometry

from bim_checks.finding import Judgement, Measurement, Outcome, Uncertainty, Unit
from bim_checks.measures.declared import SITE_LIMITS, stated_number
from bim_checks.measures.parcel_of import Parcel
from bim_checks.rule import Need
from bim_checks.scheme import Scheme
from cim.text import Text

SITE = Need(
    entity="IfcSite",
    why=Text(zh="没有地块图形时作为用地范围", en="the land, where no parcel is drawn"),
    required=False,
)


def refuse_unstated(limit: float | None, layer: str | None, attribute: str | None) -> None:
    """A rule states its limit, or where the parcel has it.

    Raises:
        ValueError: it states neither.
    """
    if limit is None and (layer is None or attribute is None):
        raise ValueError("either limit, or layer and attribute")


def limit_of(limit: float | None, attribute: str | None, parcel: Parcel) -> float | None:
    """The limit of a rule, else what an attribute of the parcel says; None where that is no number."""
    if limit is not None or attribute is None:
        return limit
    stated = parcel.attributes.get(attribute)
    return float(stated) if isinstance(stated, int | float) and stated is not True else None


def share_of(
    area: float,
    doubt: Uncertainty,
    parcel: Parcel,
    limit: float,
    *,
    unit: Unit,
    at_least: bool = False,
) -> Measurement:
    """An area over the parcel's, against a limit; what either is in doubt by goes into the ratio."""
    land = parcel.area
    ratio = area / land
    return Measurement(
        measured=ratio,
        limit=limit,
        margin=ratio - limit if at_least else limit - ratio,
        unit=unit,
        uncertainty=Uncertainty(
            frame=doubt.frame / land,
            mesh=doubt.mesh / land,
            data=doubt.data / land + ratio * parcel.uncertainty / land,
        ),
    )


def stated_maximum(scheme: Scheme, key: str) -> Text:
    """What the model's Pset_SiteCommon gives as the site's maximum; empty where it gives none."""
    for site in scheme.model.sites:
        found = stated_number(site.property_sets, SITE_LIMITS, key)
        if found is not None:
            return Text(
                zh="模型自报上限（{set}.{key}）{value:g}。",
                en=" The model states a maximum of {value:g} ({set}.{key}).",
            ).format(set=found[0], key=key, value=found[1])
    return Text(zh="", en="")


def drawn_flat(shape: BaseGeometry, scheme: Scheme) -> BaseGeometry:
    """A plan at the height of the scheme's lowest point, metres, projected frame."""
    return shapely.force_3d(shapely.force_2d(shape), scheme.lowest)


def without_parcel() -> Judgement:
    """There is no land to relate an area to."""
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="没有包含建筑的地块，也没有用地范围（IfcSite），无法求比率。",
            en="No parcel holds the building and no site is drawn (IfcSite); there is nothing to relate its area to.",
        ),
        fix=Text(
            zh="提交用地界址点，或在 IfcSite 中导出用地范围面。",
            en="Deliver the boundary points of the site, or draw it as a surface of IfcSite.",
        ),
    )


def without_limit(parcel: Parcel, attribute: str | None) -> Judgement:
    """Neither the rule nor the parcel says what is allowed."""
    return Judgement(
        Outcome.NOT_CHECKABLE,
        Text(
            zh="{parcel}没有该指标的限值（属性 {key}）。",
            en="{parcel} states no limit (attribute {key}).",
        ).format(parcel=parcel.name, key=attribute),
        fix=Text(
            zh="在地块图层补充该属性，或在规则中写明 limit。",
            en="Add the attribute to the parcel, or write the limit into the rule.",
        ),
        feature=parcel.name,
    )
