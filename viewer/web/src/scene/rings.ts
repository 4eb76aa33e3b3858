/** GeoJSON taken apart into what the scene draws. */
export type Position = number[];
export type Geometry =
  | { type: "Point"; coordinates: Position }
  | { type: "LineString"; coordinates: Position[] }
  | { type: "MultiLineString" | "Polygon"; coordinates: Position[][] }
  | { type: "MultiPolygon"; coordinates: Position[][][] }
  | { type: "GeometryCollection"; geometries: Geometry[] };
export type Feature = { properties: Record<string, unknown> | null; geometry: Geometry | null };
export type FeatureCollection = { type: "FeatureCollection"; features: Feature[] };

/** Polygons as rings (the first is the outer one), and lines. */
export type Parts = { polygons: Position[][][]; lines: Position[][] };

/** Every polygon and line of a geometry, however nested. */
export function partsOf(geometry: Geometry | null): Parts {
  switch (geometry?.type) {
    case "Polygon":
      return { polygons: [geometry.coordinates], lines: [] };
    case "MultiPolygon":
      return { polygons: geometry.coordinates, lines: [] };
    case "LineString":
      return { polygons: [], lines: [geometry.coordinates] };
    case "MultiLineString":
      return { polygons: [], lines: geometry.coordinates };
    case "GeometryCollection": {
      const parts = geometry.geometries.map(partsOf);
      return {
        polygons: parts.flatMap((part) => part.polygons),
        lines: parts.flatMap((part) => part.lines),
      };
    }
    default:
      return { polygons: [], lines: [] };
  }
}

/** The outlines of a collection as lines, since draped polygons show no outline. */
export function outlinesOf(collection: FeatureCollection): FeatureCollection {
  return {
    type: "FeatureCollection",
    features: collection.features.map(({ geometry, properties }) => {
      const { polygons, lines } = partsOf(geometry);
      const coordinates = [...polygons.flat(), ...lines];
      return { type: "Feature", properties, geometry: { type: "MultiLineString", coordinates } };
    }),
  };
}
