/** Named marks on the map: where sources put the model, and points a person has picked. */
import {
  Cartesian2,
  Cartesian3,
  Color,
  ColorGeometryInstanceAttribute,
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

export type MarkLook = "taken" | "refused" | "proposed" | "picked";
/** One mark: degrees, ellipsoidal metres; its outline as rings of longitude and latitude. */
export type MapMark = {
  id: string;
  name: string;
  longitude: number;
  latitude: number;
  height: number;
  outline: number[][][];
  look: MarkLook;
};

const COLOURS: Record<MarkLook, string> = {
  taken: "#0b6e69",
  refused: "#c62f21",
  proposed: "#2f6fde",
  picked: "#a15c00",
};
const OUTLINE_PIXELS: Record<MarkLook, number> = { taken: 5, refused: 3, proposed: 5, picked: 3 };
const POINT_PIXELS = 11;
const LABEL_STEP = 26; // pixels; names of marks at one place stand above each other
const SAME_PLACE = 2e-4; // degrees, some 20 m
const LIFT = 0.3; // m; a line on the ground would flicker in it
const FONT = '600 14px "Noto Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif';

/** Draw marks so that nothing hides them; returns how to take them away. */
export function showMarks(scene: Scene, marks: readonly MapMark[]): () => void {
  const points = new PointPrimitiveCollection();
  const labels = new LabelCollection({ scene });
  marks.forEach((mark, index) => {
    const position = Cartesian3.fromDegrees(mark.longitude, mark.latitude, mark.height + LIFT);
    const color = Color.fromCssColorString(COLOURS[mark.look]);
    points.add({
      id: mark.id,
      position,
      color,
      pixelSize: POINT_PIXELS,
      outlineColor: Color.WHITE,
      outlineWidth: 2,
      disableDepthTestDistance: Number.POSITIVE_INFINITY,
    });
    const above = marks.slice(0, index).filter((other) => isNear(other, mark)).length;
    labels.add({
      id: mark.id,
      position,
      text: mark.name,
      font: FONT,
      style: LabelStyle.FILL,
      fillColor: Color.WHITE,
      showBackground: true,
      backgroundColor: color.withAlpha(0.92),
      backgroundPadding: new Cartesian2(7, 4),
      horizontalOrigin: HorizontalOrigin.CENTER,
      verticalOrigin: VerticalOrigin.BOTTOM,
      pixelOffset: new Cartesian2(0, -12 - above * LABEL_STEP),
      disableDepthTestDistance: Number.POSITIVE_INFINITY,
    });
  });
  const strokes = marks.flatMap((mark) => mark.outline.map((ring) => stroke(ring, mark)));
  const drawn = [...(strokes.length ? [stroked(strokes)] : []), points, labels];
  for (const primitive of drawn) scene.primitives.add(primitive);
  return () => {
    for (const primitive of drawn) scene.primitives.remove(primitive);
  };
}

function isNear(one: MapMark, other: MapMark): boolean {
  return (
    Math.abs(one.longitude - other.longitude) < SAME_PLACE &&
    Math.abs(one.latitude - other.latitude) < SAME_PLACE
  );
}

function stroke(ring: number[][], mark: MapMark): GeometryInstance {
  const color = Color.fromCssColorString(COLOURS[mark.look]);
  return new GeometryInstance({
    geometry: new PolylineGeometry({
      positions: ring.map(([longitude = 0, latitude = 0]) =>
        Cartesian3.fromDegrees(longitude, latitude, mark.height + LIFT),
      ),
      width: OUTLINE_PIXELS[mark.look],
      vertexFormat: PolylineColorAppearance.VERTEX_FORMAT,
    }),
    attributes: {
      color: ColorGeometryInstanceAttribute.fromColor(color),
      depthFailColor: ColorGeometryInstanceAttribute.fromColor(color.withAlpha(0.55)),
    },
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
