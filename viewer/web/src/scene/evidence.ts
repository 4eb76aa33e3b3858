/** The shape a finding points at, drawn where it is and showing through what stands before it. */
import {
  Cartesian3,
  Color,
  ColorGeometryInstanceAttribute,
  GeometryInstance,
  PerInstanceColorAppearance,
  PolygonGeometry,
  PolygonHierarchy,
  PolylineColorAppearance,
  PolylineGeometry,
  Primitive,
  type Scene,
} from "@cesium/engine";
import { type Geometry, type Position, partsOf } from "./rings";

const COLOUR = Color.fromCssColorString("#ff2d6f");
const LIFT = 0.15; // m; a shape on the ground would flicker in it
const LINE_PIXELS = 4;

/** Draw a shape (degrees, ellipsoidal metres); returns how to take it away. */
export function showEvidence(scene: Scene, geometry: Geometry): () => void {
  const { polygons, lines } = partsOf(geometry);
  const primitives: Primitive[] = [];
  const areas = polygons.map((rings) => area(rings));
  const strokes = [...polygons.flat(), ...lines].filter((line) => line.length > 1).map(stroke);
  if (areas.length) primitives.push(flat(areas));
  if (strokes.length) primitives.push(stroked(strokes));
  for (const primitive of primitives) scene.primitives.add(primitive);
  return () => {
    for (const primitive of primitives) scene.primitives.remove(primitive);
  };
}

function area([outer = [], ...holes]: Position[][]): GeometryInstance {
  return new GeometryInstance({
    geometry: new PolygonGeometry({
      polygonHierarchy: new PolygonHierarchy(
        outer.map(point),
        holes.map((hole) => new PolygonHierarchy(hole.map(point))),
      ),
      perPositionHeight: true,
      vertexFormat: PerInstanceColorAppearance.FLAT_VERTEX_FORMAT,
    }),
    attributes: { color: ColorGeometryInstanceAttribute.fromColor(COLOUR.withAlpha(0.45)) },
  });
}

function stroke(line: Position[]): GeometryInstance {
  return new GeometryInstance({
    geometry: new PolylineGeometry({
      positions: line.map(point),
      width: LINE_PIXELS,
      vertexFormat: PolylineColorAppearance.VERTEX_FORMAT,
    }),
    attributes: {
      color: ColorGeometryInstanceAttribute.fromColor(COLOUR),
      depthFailColor: ColorGeometryInstanceAttribute.fromColor(COLOUR.withAlpha(0.5)),
    },
  });
}

function flat(geometryInstances: GeometryInstance[]): Primitive {
  return new Primitive({
    geometryInstances,
    appearance: new PerInstanceColorAppearance({ flat: true, translucent: true }),
    asynchronous: false,
    allowPicking: false,
  });
}

function stroked(geometryInstances: GeometryInstance[]): Primitive {
  return new Primitive({
    geometryInstances,
    appearance: new PolylineColorAppearance({ translucent: false }),
    depthFailAppearance: new PolylineColorAppearance({ translucent: true }),
    asynchronous: false,
    allowPicking: false,
  });
}

function point([longitude = 0, latitude = 0, height = 0]: Position): Cartesian3 {
  return Cartesian3.fromDegrees(longitude, latitude, height + LIFT);
}
