"""Places that mean nobody has set a location; the list is data, `tool_defaults.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from cim.yaml_text import load_yaml


def tool_default(latitude: float, longitude: float) -> str | None:
    """Name of the default place that degrees stand for, or None.

    >>> tool_default(0.0, 0.0)
    '0 / 0'
    >>> tool_default(24.45, 118.09) is None
    True
    """
    tolerance, places = _listed()
    for name, known_latitude, known_longitude in places:
        if (
            abs(latitude - known_latitude) <= tolerance
            and abs(longitude - known_longitude) <= tolerance
        ):
            return name
    return None


@cache
def _listed() -> tuple[float, tuple[tuple[str, float, float], ...]]:
    text = files("cim.frame").joinpath("tool_defaults.yaml").read_text(encoding="utf-8")
    document = load_yaml(text)
    return float(document["tolerance"]), tuple(
        (str(place["name"]), float(place["latitude"]), float(place["longitude"]))
        for place in document["places"]
    )
