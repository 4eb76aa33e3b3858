"""Which land a scheme is held against: the parcel of the control lines, a surveyed outline, or the model's IfcSite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from bim_checks.rule import Surroundings
from bim_checks.scheme import Scheme
from bim_checks.tolerance import CONTACT
from cim.control_lines.feature import AttributeValue
from cim.text import Text

STATED = Text(zh="测绘用地范围", en="the surveyed outline of the site")
OF_MODEL = Text(zh="模型的 IfcSite", en="the model's IfcSite")
LEAST_SHARE = 0.5  # of the building; a parcel that holds less of it is a neighbour's


@dataclass(frozen=True, slots=True)
class Parcel:
    """The land of a scheme.

    Attributes:
        name: for people; says where it is from.
        geometry: metres, projected frame.
        uncertainty: half-width of its area, m2.
        attributes: of its control line; empty for the other sources.
    """

    name: Text
    geometry: BaseGeometry
    uncertainty: float
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)

    @property
    def area(self) -> float:
        """m2."""
        return float(self.geometry.area)


def parcel_of(scheme: Scheme, around: Surroundings, layer: str | None) -> Parcel | None:
    """The parcel that holds most of the building; else the outline stated; else the IfcSite; None without any.

    Args:
        scheme: placed.
        around: its city.
        layer: of parcel lines, or None where none is to be read.
    """
    building = scheme.footprint
    if layer is not None and not building.is_empty:
        features = around.near(layer, building.bounds)
        shares = [float(f.geometry.intersection(building).area) for f in features]
        if shares and max(shares) >= LEAST_SHARE * float(building.area):
            home = features[shares.index(max(shares))]
            accuracy = around.city.layer(layer).accuracy
            doubt = float(home.geometry.length) / 2.0 * accuracy
            return Parcel(home.name, home.geometry, doubt, home.attributes)
    site = scheme.site
    if site.is_empty or site.area <= 0.0:
        return None
    stated = scheme.stated_site is not None
    return Parcel(
        STATED if stated else OF_MODEL, site, 0.0 if stated else float(site.length) / 2.0 * CONTACT
    )
