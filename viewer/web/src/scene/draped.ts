/** Control lines, lying on the terrain and on nothing else. */
import {
  BufferPolygon,
  BufferPolygonMaterial,
  BufferPolyline,
  BufferPolylineMaterial,
  Color,
  GeoJsonPrimitive,
  HeightReference,
  type Scene,
} from "@cesium/engine";
import { type FeatureCollection, outlinesOf } from "./rings";

/** The published types leave it out. */
type Switchable = GeoJsonPrimitive & { show: boolean };

const LINE_PIXELS = 3;

/** One layer of control lines. */
export class DrapedLayer {
  private readonly primitives: GeoJsonPrimitive[];

  /**
   * @param scene whose terrain carries the lines
   * @param collection longitude and latitude
   * @param colour CSS colour of the lines
   * @param fill opacity of the areas, 0 for none
   */
  constructor(scene: Scene, collection: FeatureCollection, colour: string, fill: number) {
    const color = Color.fromCssColorString(colour);
    this.primitives = [lines(scene, collection, color)];
    if (fill > 0) this.primitives.push(areas(scene, collection, color.withAlpha(fill)));
    for (const primitive of this.primitives) scene.primitives.add(primitive);
  }

  set shown(shown: boolean) {
    for (const primitive of this.primitives as Switchable[]) primitive.show = shown;
  }

  /** Take the layer out of the scene for good. */
  remove(scene: Scene): void {
    for (const primitive of this.primitives) scene.primitives.remove(primitive);
  }
}

function lines(scene: Scene, collection: FeatureCollection, color: Color): GeoJsonPrimitive {
  const primitive = drape(scene, outlinesOf(collection));
  const material = new BufferPolylineMaterial({ color, width: LINE_PIXELS });
  const one = new BufferPolyline();
  const all = primitive.polylines;
  for (let index = 0; index < (all?.primitiveCount ?? 0); index += 1) {
    all?.get(index, one);
    one.setMaterial(material);
  }
  return primitive;
}

function areas(scene: Scene, collection: FeatureCollection, color: Color): GeoJsonPrimitive {
  const primitive = drape(scene, collection);
  const material = new BufferPolygonMaterial({ color });
  const one = new BufferPolygon();
  const all = primitive.polygons;
  for (let index = 0; index < (all?.primitiveCount ?? 0); index += 1) {
    all?.get(index, one);
    one.setMaterial(material);
  }
  return primitive;
}

function drape(scene: Scene, geoJson: FeatureCollection): GeoJsonPrimitive {
  return GeoJsonPrimitive.fromGeoJson(geoJson, {
    scene,
    heightReference: HeightReference.CLAMP_TO_3D_TILE,
    allowPicking: false,
  });
}
