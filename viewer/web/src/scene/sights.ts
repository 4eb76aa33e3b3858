/** Protected views: where one looks from, the ridge one looks at, and the cone between them. */
import {
  Cartesian2,
  Cartesian3,
  Color,
  ColorGeometryInstanceAttribute,
  DistanceDisplayCondition,
  GeometryInstance,
  HorizontalOrigin,
  LabelCollection,
  LabelStyle,
  PointPrimitiveCollection,
  PolylineColorAppearance,
  PolylineGeometry,
  Primitive,
  type Scene,
  VerticalOrigin,
} from "@cesium/engine";
import { type Feature, type FeatureCollection, type Position, partsOf } from "./rings";

const RIDGE = Color.fromCssColorString("#1b6e3c");
const CONE = Color.fromCssColorString("#1565b8");
const RIDGE_PIXELS = 4;
const CONE_PIXELS = 1.5;
const CONE_ALPHA = 0.55;
const POINT_PIXELS = 10;
const FAR = 20_000; // m; a name seen from farther away would only be in the way
const NEARER = 30; // m; a name is drawn nearer to the eye, or the ground and houses beside it would cut into it
const FONT = '600 13px "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';
/** Of the id a viewpoint is picked by; its code follows. */
export const VIEWPOINT_ID = "viewpoint:";

/** The protected views of a city. */
export class Sights {
  private readonly drawn: (Primitive | PointPrimitiveCollection | LabelCollection)[];

  /**
   * @param scene to draw in
   * @param collection degrees and ellipsoidal metres; `properties.kind` is viewpoint, ridge or cone
   * @param nameOf what a viewpoint or ridge is called
   */
  constructor(scene: Scene, collection: FeatureCollection, nameOf: (feature: Feature) => string) {
    const points = new PointPrimitiveCollection();
    const labels = new LabelCollection({ scene });
    const strokes: GeometryInstance[] = [];
    for (const feature of collection.features) {
      const { geometry } = feature;
      if (geometry?.type === "Point") {
        const id = `${VIEWPOINT_ID}${String(feature.properties?.code)}`;
        const position = point(geometry.coordinates);
        points.add({ id, position, color: CONE, pixelSize: POINT_PIXELS, ...OUTLINED });
        labels.add({ id, position, text: nameOf(feature), backgroundColor: CONE, ...NAMED });
        continue;
      }
      const { polygons, lines } = partsOf(geometry);
      strokes.push(...lines.map((line) => stroke(line, RIDGE, RIDGE_PIXELS)));
      const cones = polygons.flat().map((ring) => stroke(ring, CONE, CONE_PIXELS, CONE_ALPHA));
      strokes.push(...cones);
      const top = highest(lines.flat());
      if (top) {
        const said = { position: point(top), text: nameOf(feature), backgroundColor: RIDGE };
        labels.add({ ...said, ...NAMED });
      }
    }
    this.drawn = [...(strokes.length ? [stroked(strokes)] : []), points, labels];
    for (const primitive of this.drawn) scene.primitives.add(primitive);
  }

  set shown(shown: boolean) {
    for (const primitive of this.drawn) primitive.show = shown;
  }

  /** Take them out of the scene for good. */
  remove(scene: Scene): void {
    for (const primitive of this.drawn) scene.primitives.remove(primitive);
  }
}

const OUTLINED = { outlineColor: Color.WHITE, outlineWidth: 2 };
const NAMED = {
  font: FONT,
  style: LabelStyle.FILL,
  fillColor: Color.WHITE,
  showBackground: true,
  backgroundPadding: new Cartesian2(6, 3),
  horizontalOrigin: HorizontalOrigin.CENTER,
  verticalOrigin: VerticalOrigin.BOTTOM,
  pixelOffset: new Cartesian2(0, -10),
  eyeOffset: new Cartesian3(0, 0, -NEARER),
  distanceDisplayCondition: new DistanceDisplayCondition(0, FAR),
};

function highest(line: Position[]): Position | null {
  return line.reduce<Position | null>(
    (best, here) => (!best || (here[2] ?? 0) > (best[2] ?? 0) ? here : best),
    null,
  );
}

function stroke(line: Position[], colour: Color, width: number, alpha = 1): GeometryInstance {
  const seen = ColorGeometryInstanceAttribute.fromColor(colour.withAlpha(alpha));
  return new GeometryInstance({
    geometry: new PolylineGeometry({
      positions: line.map(point),
      width,
      vertexFormat: PolylineColorAppearance.VERTEX_FORMAT,
    }),
    attributes: { color: seen },
  });
}

function stroked(geometryInstances: GeometryInstance[]): Primitive {
  return new Primitive({
    geometryInstances,
    appearance: new PolylineColorAppearance({ translucent: true }),
    asynchronous: false,
    allowPicking: false,
  });
}

function point([longitude = 0, latitude = 0, height = 0]: Position): Cartesian3 {
  return Cartesian3.fromDegrees(longitude, latitude, height);
}
