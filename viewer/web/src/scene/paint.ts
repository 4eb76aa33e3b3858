/** Elements painted by their GlobalId, tile by tile as tiles come into view. */
import {
  type Cesium3DTile,
  type Cesium3DTileContent,
  type Cesium3DTileset,
  Color,
} from "@cesium/engine";

const MARKED = Color.fromCssColorString("#ff4a36");
const CHOSEN = Color.fromCssColorString("#2f8fff");
const FADED = Color.fromCssColorString("#c9d2d6");
const PLAIN = Color.WHITE;

/** What is painted how. */
export type Paint = {
  /** Elements a finding names; the others step back while there are any. */
  marked: ReadonlySet<string>;
  /** The element whose properties are shown. */
  chosen: string | null;
};

/** Paints the features of one tileset. */
export class Painter {
  private paint: Paint = { marked: new Set(), chosen: null };
  private version = 0;
  private readonly painted = new WeakMap<Cesium3DTileContent, number>();

  constructor(tileset: Cesium3DTileset) {
    tileset.tileVisible.addEventListener((tile: Cesium3DTile) => this.show(tile.content));
  }

  /** Take a new paint; tiles take it when they are drawn next. */
  set(paint: Paint): void {
    this.paint = paint;
    this.version += 1;
  }

  private show(content: Cesium3DTileContent): void {
    // A tile never painted needs nothing while nothing has ever been marked.
    if ((this.painted.get(content) ?? 0) === this.version) return;
    this.painted.set(content, this.version);
    const { marked, chosen } = this.paint;
    const rest = marked.size > 0 ? FADED : PLAIN;
    for (let index = 0; index < content.featuresLength; index += 1) {
      const feature = content.getFeature(index);
      const name = feature.getProperty("global_id") as string;
      feature.color = name === chosen ? CHOSEN : marked.has(name) ? MARKED : rest;
    }
  }
}
