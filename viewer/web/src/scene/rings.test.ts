import { expect, test } from "vitest";
import { type Geometry, outlinesOf, partsOf } from "./rings";

const outer = [
  [0, 0],
  [4, 0],
  [4, 4],
  [0, 0],
];
const hole = [
  [1, 1],
  [2, 1],
  [2, 2],
  [1, 1],
];
const polygon: Geometry = { type: "Polygon", coordinates: [outer, hole] };

test("a polygon's outline is each of its rings", () => {
  const { features } = outlinesOf({
    type: "FeatureCollection",
    features: [{ properties: { name: "a" }, geometry: polygon }],
  });
  expect(features).toEqual([
    {
      type: "Feature",
      properties: { name: "a" },
      geometry: { type: "MultiLineString", coordinates: [outer, hole] },
    },
  ]);
});

test("nested geometries lose nothing; points have neither ring nor line", () => {
  const parts = partsOf({
    type: "GeometryCollection",
    geometries: [
      { type: "MultiPolygon", coordinates: [[outer], [hole]] },
      { type: "LineString", coordinates: hole },
      { type: "Point", coordinates: [0, 0] },
    ],
  });
  expect(parts).toEqual({ polygons: [[outer], [hole]], lines: [hole] });
  expect(partsOf(null)).toEqual({ polygons: [], lines: [] });
});
