"""The city the page shows."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
from fastapi import APIRouter
from fastapi.responses import FileResponse

from cim.text import Text
from viewer.globe import eye_of, home_of
from viewer.server.context import Here
from viewer.server.errors import NotFoundError
from viewer.server.schemas import (
    CityInfo,
    CityTilesets,
    Health,
    Home,
    LayerInfo,
    ViewpointInfo,
    Words,
)

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
