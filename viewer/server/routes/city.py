"""The city the page shows."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from fastapi.responses import FileResponse

from cim.city import City
from cim.text import Text
from viewer.globe import eye_of, home_of
from viewer.limits import LIST, limits_folder
from viewer.server.context import Here
from viewer.server.errors import NotFoundError, NotReadyError
from viewer.server.schemas.city import CityInfo, CityTilesets, LayerInfo, LimitInfo, ViewpointInfo
from viewer.server.schemas.common import Health, Home, Words
from viewer.server.schemas.frame import CityPointInfo

router = APIRouter(prefix="/api", tags=["city"])


@router.get("/health")
def health() -> Health:
    """The server is up."""
    return Health(version=version("cim-review"))


@router.get("/city")
def city(here: Here) -> CityInfo:
    """Frame, tilesets, control-line layers and viewpoints."""
    read = here.city()
    points = range(len(read.point_cloud_paths))
    west, south, east, north = read.terrain.extent
    middle = np.array([[(west + east) / 2.0, (south + north) / 2.0]])
    return CityInfo(
        code=read.code,
        name=Words(**read.name.to_json()),
        projected_crs=read.frame.projected_crs,
        vertical_datum=read.frame.vertical.datum,
        separation=round(float(read.frame.separation_at(middle)[0]), 4),
        home=Home(**home_of(read.frame, read.terrain.extent, 0.0)),
        tilesets=CityTilesets(
            terrain="/tiles/city/terrain/tileset.json",
            buildings="/tiles/city/buildings/tileset.json",
            points=[f"/tiles/city/points/{number}/tileset.json" for number in points],
            limits=_limits_url(read),
        ),
        layers=[
            LayerInfo(
                code=layer.code,
                name=Words(**layer.name.to_json()),
                owner=Words(**layer.owner.to_json()),
                colour=layer.colour,
                shown=layer.shown,
                url=f"/api/city/layers/{layer.code}",
            )
            for layer in read.layers
        ],
        viewpoints=[
            ViewpointInfo(
                code=view.code,
                name=Words(**view.name.to_json()),
                **eye_of(read.frame, view.position, view.eye_height),
            )
            for view in read.viewpoints
        ],
    )


@router.get("/city/limits")
def limits(here: Here) -> list[LimitInfo]:
    """Every surface that the rulebook sets, in its order; those of the tileset and those beyond the city's ground."""
    path = limits_folder(here.city()) / LIST
    if not path.is_file():
        raise NotReadyError(
            Text(zh="限制面尚未生成。", en="the limit surfaces have not been built yet."),
            remedy=Text(
                zh="请运行 cim city build。", en="Run cim city build on the city's folder."
            ),
        )
    listed = json.loads(path.read_text(encoding="utf-8"))["limits"]
    return [LimitInfo.model_validate(entry) for entry in listed]


def _limits_url(city: City) -> str | None:
    folder = limits_folder(city)
    built = (folder / LIST).is_file() and (folder / "tileset.json").is_file()
    return f"/tiles/city/limits/{folder.name}/tileset.json" if built else None


@router.get("/city/point")
def point(
    here: Here,
    longitude: Annotated[float, Query(ge=-180.0, le=180.0, description="degrees")],
    latitude: Annotated[float, Query(ge=-90.0, le=90.0, description="degrees")],
    height: Annotated[float, Query(ge=-20_000.0, le=20_000.0, description="ellipsoidal, metres")],
) -> CityPointInfo:
    """A point seen on the globe, in the city's own coordinates."""
    seen = np.array([[longitude, latitude, height]])
    eastings, northings, above = here.city().frame.from_geographic(seen)[0].tolist()
    return CityPointInfo(
        eastings=round(eastings, 4),
        northings=round(northings, 4),
        orthogonal_height=round(above, 4),
    )


@router.get("/city/layers/{code}", response_class=FileResponse)
def layer(code: str, here: Here) -> FileResponse:
    """One control-line layer as GeoJSON in longitude and latitude."""
    read = here.city()
    known = {entry.code for entry in read.layers}
    path = read.build_folder / "layers" / f"{code}.geojson"
    if code not in known or not path.is_file():
        raise NotFoundError(
            Text(zh="没有图层 {code}。", en="there is no layer {code}.").format(code=code)
        )
    return FileResponse(path, media_type="application/geo+json")
