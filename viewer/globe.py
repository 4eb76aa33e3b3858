"""City coordinates as the page needs them: longitude, latitude, ellipsoidal height."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from cim.building import BuildingModel
from cim.city import City, Ridge, Viewpoint
from cim.city_frame import CityFrame
from cim.control_lines.feature import ControlFeature
from cim.errors import FrameError
from cim.frame import Placement
from cim.mesh import box_corners, transform_points

FAR = 300.0  # m; a line longer than this is a line of sight, not a distance to keep
LEAST_RADIUS = 15.0  # m; nearer than this a camera sees only a wall
DECIMALS = 9  # of a degree: 0.1 mm
Extent = tuple[float, float, float, float]
"""West, south, east, north of the city's ground, metres, projected frame."""


def layer_on_globe(features: Iterable[ControlFeature], frame: CityFrame) -> dict[str, Any]:
    """A control-line layer as GeoJSON: longitude and latitude, no heights, for the page drapes it on the terrain."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": feature.identifier,
                "properties": {"name": feature.name.to_json(), **feature.attributes},
                "geometry": _mapping(_to_globe(feature.geometry, frame, dimensions=2)),
            }
            for feature in features
        ],
    }


def report_on_globe(
    document: dict[str, Any], model: BuildingModel, frame: CityFrame, extent: Extent
) -> dict[str, Any]:
    """A report with each finding's geometry and a place to look at, both on the globe.

    Args:
        document: the report's JSON values.
        model: as read; places the elements that findings name.
        frame: the city's.
        extent: of its ground.
    """
    boxes = _element_boxes(document, model, frame)
    whole = _focus(np.concatenate(list(boxes.values())), frame) if boxes else None
    findings = []
    for finding in document["findings"]:
        shape = shapely.geometry.shape(finding["geometry"]) if finding["geometry"] else None
        points = _points_of_interest(shape, [boxes[i] for i in finding["elements"] if i in boxes])
        findings.append(
            {key: value for key, value in finding.items() if key != "trace"}  # the developer's
            | {
                "geometry_wgs84": _mapping(_to_globe(shape, frame, dimensions=3))
                if shape
                else None,
                "focus": _focus(np.concatenate(points), frame) if points else None,
            }
        )
    named = {name for finding in findings for name in finding["elements"]}
    names = {name: said for name, said in _names(model) if name in named}
    ledger = frame_on_globe(document["frame"], model, frame, extent)
    return document | {
        "findings": findings,
        "element_names": names,
        "focus": whole,
        "frame": ledger,
    }


def frame_on_globe(
    ledger: dict[str, Any], model: BuildingModel, frame: CityFrame, extent: Extent
) -> dict[str, Any]:
    """The frame ledger with each candidate's origin, the model's outline there and its distance from the city, for a map."""
    bounds = model.bounds()
    corners = (
        np.zeros((1, 3)) if bounds is None else np.vstack([np.zeros(3), _base_corners(bounds)])
    )
    return ledger | {
        "candidates": [
            candidate | _candidate_on_globe(candidate, corners, frame, extent)
            for candidate in ledger["candidates"]
        ]
    }


def shape_on_globe(shape: BaseGeometry, frame: CityFrame) -> dict[str, Any]:
    """A shape in plan as GeoJSON in longitude and latitude."""
    return _mapping(_to_globe(shape, frame, dimensions=2))


def shapes_on_globe(
    shapes: Sequence[BaseGeometry | None], frame: CityFrame
) -> list[dict[str, Any] | None]:
    """Many shapes in plan as GeoJSON, taken to the globe in one go; None for one that lies outside every globe."""
    drawn = shapely.force_3d(np.array(shapes, dtype=object), 0.0)

    def convert(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(frame.to_geographic(points), DECIMALS)

    moved = shapely.force_2d(shapely.transform(drawn, convert, include_z=True))
    found = np.isfinite(shapely.bounds(moved)).all(axis=1)
    return [
        dict(shapely.geometry.mapping(shape)) if there else None
        for shape, there in zip(moved, found, strict=True)
    ]


def _base_corners(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    """The four corners of a box's base, counter-clockwise, shape (4, 3)."""
    (x0, y0, z0), (x1, y1, _) = bounds
    return np.array([[x0, y0, z0], [x1, y0, z0], [x1, y1, z0], [x0, y1, z0]])


def _candidate_on_globe(
    candidate: Mapping[str, Any], corners: NDArray[np.float64], frame: CityFrame, extent: Extent
) -> dict[str, Any]:
    nowhere: dict[str, Any] = {"position_wgs84": None, "outline_wgs84": None, "city_distance": None}
    if candidate["eastings"] is None:
        return nowhere
    projected = _placement_of(candidate, frame).to_projected(corners)
    nowhere["city_distance"] = _distance(projected, extent)
    try:
        points = frame.to_geographic(projected)
    except FrameError:  # where the city's separation grid does not reach
        return nowhere
    if not np.isfinite(points).all():
        return nowhere
    longitude, latitude, height = points[0].tolist()
    ring = points[1:, :2]
    return nowhere | {
        "position_wgs84": {
            "longitude": round(longitude, DECIMALS),
            "latitude": round(latitude, DECIMALS),
            "height": round(height, 4),
        },
        "outline_wgs84": _mapping(shapely.Polygon(ring)) if len(ring) else None,
    }


def _distance(points: NDArray[np.float64], extent: Extent) -> float | None:
    """Metres from the nearest of points, shape (N, 3), to the city's ground; 0 inside, None for points nowhere."""
    west, south, east, north = extent
    low, high = np.array([west, south]), np.array([east, north])
    beyond = np.maximum(np.maximum(low - points[:, :2], points[:, :2] - high), 0.0)
    nearest = float(np.hypot(*beyond.T).min())
    return round(nearest, 3) if math.isfinite(nearest) else None


def _placement_of(candidate: Mapping[str, Any], frame: CityFrame) -> Placement:
    return Placement(
        eastings=candidate["eastings"],
        northings=candidate["northings"],
        orthogonal_height=candidate["orthogonal_height"],
        rotation=math.radians(candidate["rotation_degrees"]),
        scale=candidate["scale"],
        frame=frame,
    )


def home_of(frame: CityFrame, extent: Extent, ground: float) -> dict[str, float]:
    """Where the page's camera starts: the middle of the city, far enough to see half of it."""
    west, south, east, north = extent
    middle = np.array([[(west + east) / 2.0, (south + north) / 2.0, ground]])
    lon, lat, height = frame.to_geographic(middle)[0].tolist()
    reach = 0.5 * math.hypot(east - west, north - south)
    return {"longitude": lon, "latitude": lat, "height": height, "range": reach}


def eye_of(
    frame: CityFrame, position: tuple[float, float, float], eye_height: float
) -> dict[str, float]:
    """A viewpoint's eye on the globe."""
    point = np.array([[position[0], position[1], position[2] + eye_height]])
    lon, lat, height = frame.to_geographic(point)[0].tolist()
    return {"longitude": lon, "latitude": lat, "height": height}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a rule looks at: a ridge, from a viewpoint."""

    rule: str
    viewpoint: Viewpoint
    ridge: Ridge


def sights_on_globe(city: City, sights: Iterable[Sight]) -> dict[str, Any]:
    """Viewpoints, ridges and cones of sight as GeoJSON with ellipsoidal heights; a cone is the triangle fan from the eye to its ridge, as its outline."""
    features = [
        *(
            _feature("viewpoint", view, shapely.Point(_eye(view)), city.frame)
            for view in city.viewpoints
        ),
        *(
            _feature("ridge", ridge, shapely.LineString(ridge.vertices), city.frame)
            for ridge in city.ridges
        ),
    ]
    for sight in sights:
        outline = shapely.Polygon([_eye(sight.viewpoint), *sight.ridge.vertices])
        cone = _feature("cone", sight.viewpoint, outline, city.frame)
        cone["properties"] |= {"rule": sight.rule, "ridge": sight.ridge.code}
        features.append(cone)
    return {"type": "FeatureCollection", "features": features}


def _feature(
    kind: str, named: Viewpoint | Ridge, shape: BaseGeometry, frame: CityFrame
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"kind": kind, "code": named.code, "name": named.name.to_json()},
        "geometry": _mapping(_to_globe(shape, frame, dimensions=3)),
    }


def _eye(view: Viewpoint) -> tuple[float, float, float]:
    easting, northing, ground = view.position
    return easting, northing, ground + view.eye_height


def _names(model: BuildingModel) -> Iterator[tuple[str, str]]:
    """What to call the parts of a model that findings name: name and storey."""
    storeys = {storey.global_id: storey.name for storey in model.storeys}
    for element in model.elements:
        said = [element.name or element.ifc_class, storeys.get(element.storey or "")]
        yield element.global_id, " · ".join(word for word in said if word)
    for site in model.sites:
        yield site.global_id, site.name or "IfcSite"
    for space in model.spaces:
        yield space.global_id, space.long_name or space.name or "IfcSpace"
    for storey in model.storeys:
        yield storey.global_id, storey.name or "IfcBuildingStorey"
    for building in model.buildings:
        yield building.global_id, building.name or building.ifc_class
    for zone in model.zones:
        yield zone.global_id, zone.name or zone.ifc_class


def _element_boxes(
    document: Mapping[str, Any], model: BuildingModel, frame: CityFrame
) -> dict[str, NDArray[np.float64]]:
    """Corners of each drawn element's box, shape (8, 3), projected frame; empty without a placement."""
    taken = document["frame"]["taken"]
    if taken is None:
        return {}
    placement = _placement_of(document["frame"]["candidates"][taken], frame)
    corners = [box_corners(mesh.vertices) if len(mesh.vertices) else None for mesh in model.meshes]
    boxes = {}
    bodies = [(element.global_id, element.representation) for element in model.elements]
    bodies += [(site.global_id, site.representation) for site in model.sites]
    bodies += [(space.global_id, space.representation) for space in model.spaces]
    for global_id, body in bodies:
        if body is not None and (box := corners[body.mesh]) is not None:
            boxes[global_id] = placement.to_projected(transform_points(body.placement, box))
    return boxes


def _points_of_interest(
    shape: BaseGeometry | None, boxes: Sequence[NDArray[np.float64]]
) -> list[NDArray[np.float64]]:
    """What a camera should show of a finding.

    Its area; else its line with the first element it reaches; of a line across the city only the
    elements at its end.
    """
    if shape is None or (shape.length > FAR and boxes):
        return list(boxes)
    outline = shapely.get_coordinates(shape, include_z=True)
    return [outline] if shape.area > 0.0 else [*boxes[:1], outline]


def _focus(points: NDArray[np.float64], frame: CityFrame) -> dict[str, float]:
    """Middle and radius of points, shape (N, 3), projected frame."""
    low, high = points.min(axis=0), points.max(axis=0)
    lon, lat, height = frame.to_geographic(((low + high) / 2.0)[None, :])[0].tolist()
    radius = max(float(np.linalg.norm(high - low)) / 2.0, LEAST_RADIUS)
    return {"longitude": lon, "latitude": lat, "height": height, "radius": radius}


def _to_globe(shape: BaseGeometry, frame: CityFrame, *, dimensions: int) -> BaseGeometry:
    if dimensions == 2:
        shape = shapely.force_3d(shape, 0.0)

    def convert(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return frame.to_geographic(points)

    moved = shapely.transform(shape, convert, include_z=True)
    return shapely.force_2d(moved) if dimensions == 2 else moved


def _mapping(shape: BaseGeometry) -> dict[str, Any]:
    """GeoJSON, rounded to a tenth of a millimetre."""

    def rounded(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(points, DECIMALS)

    return dict(
        shapely.geometry.mapping(shapely.transform(shape, rounded, include_z=bool(shape.has_z)))
    )
