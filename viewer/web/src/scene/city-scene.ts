/** The city in three dimensions: the page tells it what to show, it tells what was clicked. */
import {
  Cartesian2,
  Cartesian3,
  Cesium3DTileFeature,
  type Cesium3DTileset,
  type CesiumWidget,
  SceneTransforms,
  ScreenSpaceEventHandler,
  ScreenSpaceEventType,
} from "@cesium/engine";
import { geographic, lookAt, type Pose, poseOf, type Target, takePose } from "./camera";
import { DrapedLayer } from "./draped";
import { showEvidence } from "./evidence";
import { type Limit, styleOf } from "./limits";
import { type MapMark, showMarks } from "./marks";
import { type Paint, Painter } from "./paint";
import type { Feature, FeatureCollection, Geometry } from "./rings";
import { settle } from "./settle";
import { Sights } from "./sights";
import { addTileset } from "./tilesets";
import { createWidget, lightFor } from "./widget";

/** Parts of the scene that can be switched. */
export type Part = "terrain" | "buildings" | "points" | "submission" | "views" | "limits";
/** What lies under a pixel. */
export type Picked =
  | { kind: "element"; globalId: string }
  | { kind: "building"; properties: Record<string, unknown> }
  | { kind: "mark"; id: string }
  | { kind: "limit"; limit: Limit }
  | null;
export type SceneOptions = {
  home: { longitude: number; latitude: number; height: number; range: number };
  tilesets: { terrain: string; buildings: string; points: string[]; limits: string | null };
  /** Stand still at once instead of flying, fewer samples a pixel. */
  economical: boolean;
};

const HOME_LOOK = { radii: 0.34 };
const DEEPEST = 12; // limit surfaces behind one another that a click goes through

export class CityScene {
  private readonly widget: CesiumWidget;
  private readonly tilesets: Record<Part, Cesium3DTileset[]> = {
    terrain: [],
    buildings: [],
    points: [],
    submission: [],
    views: [],
    limits: [],
  };
  private readonly hidden = new Set<Part>(["limits"]);
  private readonly layers = new Map<string, DrapedLayer>();
  private painter: Painter | null = null;
  private paint: Paint = { marked: new Set(), chosen: null };
  private takeEvidence: (() => void) | null = null;
  private takeMarks: (() => void) | null = null;
  private sights: Sights | null = null;
  private shownUrl: string | null = null;
  private limitsAsked = false;
  private limitsOf: string | null = null;

  constructor(
    container: HTMLElement,
    credits: HTMLElement,
    private readonly options: SceneOptions,
  ) {
    this.widget = createWidget(container, credits, options.economical);
    const { longitude, latitude, height } = options.home;
    lightFor(this.widget, Cartesian3.fromDegrees(longitude, latitude, height));
    void this.goHome(false);
  }

  /** Load terrain, buildings and point clouds. */
  async load(): Promise<void> {
    const { terrain, buildings, points } = this.options.tilesets;
    await Promise.all([
      this.add("terrain", terrain, { carriesLines: true, pixels: 6 }),
      this.add("buildings", buildings, { pixels: 12 }),
      ...points.map((url) => this.add("points", url, { pixels: 12 })),
    ]);
  }

  /** Show a submission instead of the one shown before; null for none. */
  async showSubmission(url: string | null): Promise<void> {
    if (url === this.shownUrl) return;
    this.shownUrl = url;
    for (const tileset of this.tilesets.submission.splice(0)) {
      this.widget.scene.primitives.remove(tileset);
    }
    this.painter = null;
    if (url !== null) {
      await this.add("submission", url, { pixels: 4 });
      if (this.shownUrl !== url) return; // another one was asked for meanwhile
      for (const tileset of this.tilesets.submission) this.painter = new Painter(tileset);
      this.repaint(this.paint);
    }
    this.draw();
  }

  /** Switch a part on or off. */
  setPart(part: Part, shown: boolean): void {
    if (shown) this.hidden.delete(part);
    else this.hidden.add(part);
    for (const tileset of this.tilesets[part]) tileset.show = shown;
    if (part === "views" && this.sights) this.sights.shown = shown;
    if (part === "limits" && shown) void this.loadLimits();
    this.draw();
  }

  /** Show only the limit surfaces of a rule, where they are switched on; null for all. */
  setLimitsOf(rule: string | null): void {
    this.limitsOf = rule;
    for (const tileset of this.tilesets.limits) tileset.style = styleOf(rule);
    this.draw();
  }

  /** Drape a layer of control lines, once. */
  addLayer(code: string, collection: FeatureCollection, colour: string, fill: number): void {
    if (this.layers.has(code)) return;
    this.layers.set(code, new DrapedLayer(this.widget.scene, collection, colour, fill));
    this.draw();
  }

  /** Switch a layer on or off. */
  setLayer(code: string, shown: boolean): void {
    const layer = this.layers.get(code);
    if (layer) layer.shown = shown;
    this.draw();
  }

  /** Paint elements by what the page has chosen. */
  repaint(paint: Paint): void {
    this.paint = paint;
    this.painter?.set(paint);
    this.draw();
  }

  /** Draw the shape a finding points at; null for none. */
  setEvidence(geometry: Geometry | null): void {
    this.takeEvidence?.();
    this.takeEvidence = geometry ? showEvidence(this.widget.scene, geometry) : null;
    this.draw();
  }

  /** Draw viewpoints, ridges and cones of sight instead of those before. */
  addSights(collection: FeatureCollection, nameOf: (feature: Feature) => string): void {
    if (this.sights) this.sights.remove(this.widget.scene);
    this.sights = new Sights(this.widget.scene, collection, nameOf);
    this.sights.shown = !this.hidden.has("views");
    this.draw();
  }

  /** Put named marks on the map instead of those before. */
  setMarks(marks: readonly MapMark[]): void {
    this.takeMarks?.();
    this.takeMarks = marks.length ? showMarks(this.widget.scene, marks) : null;
    this.draw();
  }

  /** Look at a sphere. */
  async lookAt(target: Target): Promise<void> {
    await lookAt(this.widget.camera, target, !this.options.economical);
    this.draw();
  }

  /** Look at the whole city. */
  async goHome(flying = true): Promise<void> {
    const { range, ...place } = this.options.home;
    const target = { ...place, radius: range * HOME_LOOK.radii };
    await lookAt(this.widget.camera, target, flying && !this.options.economical);
    this.draw();
  }

  get pose(): Pose {
    return poseOf(this.widget.camera);
  }

  set pose(pose: Pose) {
    takePose(this.widget.camera, pose);
    this.draw();
  }

  /** Hear of each still stand of the camera. */
  onMoved(moved: () => void): void {
    this.widget.camera.moveEnd.addEventListener(moved);
  }

  /** Hear of clicks: what was hit, and where (degrees, ellipsoidal metres). */
  onClick(clicked: (picked: Picked, place: [number, number, number] | null) => void): void {
    const handler = new ScreenSpaceEventHandler(this.widget.canvas);
    handler.setInputAction(({ position }: { position: Cartesian2 }) => {
      clicked(this.pick(position), this.placeAt(position.x, position.y));
    }, ScreenSpaceEventType.LEFT_CLICK);
  }

  /** What lies under a pixel of the canvas. */
  pickAt(x: number, y: number): Picked {
    return this.pick(new Cartesian2(x, y));
  }

  /** The point seen at a pixel of the canvas: degrees, ellipsoidal metres; null for the sky. */
  placeAt(x: number, y: number): [number, number, number] | null {
    const { scene } = this.widget;
    const seen = scene.pickPositionSupported && scene.pickPosition(new Cartesian2(x, y));
    return seen ? geographic(seen) : null;
  }

  /** Pixel of the canvas where a point appears; null when it is behind the camera. */
  windowPositionOf(longitude: number, latitude: number, height: number): [number, number] | null {
    const place = Cartesian3.fromDegrees(longitude, latitude, height);
    const position = SceneTransforms.worldToWindowCoordinates(this.widget.scene, place);
    return position ? [position.x, position.y] : null;
  }

  /** Wait for the final picture. */
  settle(milliseconds?: number): Promise<boolean> {
    return settle(this.widget, () => Object.values(this.tilesets).flat(), milliseconds);
  }

  /** Limit surfaces are many and large: they are asked for when somebody first wants to see them. */
  private async loadLimits(): Promise<void> {
    const url = this.options.tilesets.limits;
    if (url === null || this.limitsAsked) return;
    this.limitsAsked = true;
    await this.add("limits", url, { pixels: 16 });
    this.setLimitsOf(this.limitsOf);
  }

  /** What stands behind a limit surface can be clicked through it; the surface itself where nothing does. */
  private pick(position: Cartesian2): Picked {
    const { scene } = this.widget;
    const first: unknown = scene.pick(position);
    const limit = this.limitOf(first);
    if (!limit) return this.named(first);
    const behind = scene
      .drillPick(position, DEEPEST)
      .map((hit: unknown) => this.named(hit))
      .find((picked) => picked !== null);
    return behind ?? { kind: "limit", limit };
  }

  private limitOf(hit: unknown): Limit | null {
    if (!(hit instanceof Cesium3DTileFeature)) return null;
    if (!this.tilesets.limits.includes(hit.tileset)) return null;
    const said = (name: string): unknown => hit.getProperty(name);
    return {
      rule: String(said("rule")),
      title: { zh: String(said("title_zh")), en: String(said("title_en")) },
      name: { zh: String(said("name_zh")), en: String(said("name_en")) },
      low: Number(said("low")),
      high: Number(said("high")),
    };
  }

  private named(hit: unknown): Picked {
    if (!(hit instanceof Cesium3DTileFeature)) return markOf(hit);
    if (this.tilesets.submission.includes(hit.tileset)) {
      return { kind: "element", globalId: String(hit.getProperty("global_id")) };
    }
    if (!this.tilesets.buildings.includes(hit.tileset)) return null;
    const names = hit.getPropertyIds();
    return {
      kind: "building",
      properties: Object.fromEntries(names.map((name) => [name, hit.getProperty(name)])),
    };
  }

  private async add(
    part: Part,
    url: string,
    options: Parameters<typeof addTileset>[2],
  ): Promise<void> {
    const tileset = await addTileset(this.widget.scene, url, options);
    if (part === "submission" && url !== this.shownUrl) {
      this.widget.scene.primitives.remove(tileset);
      return;
    }
    tileset.show = !this.hidden.has(part);
    this.tilesets[part].push(tileset);
    this.draw();
  }

  private draw(): void {
    this.widget.scene.requestRender();
  }
}

/** The mark that was hit, by the id it was drawn with. */
function markOf(hit: unknown): Picked {
  const id = (hit as { id?: unknown } | undefined)?.id;
  return typeof id === "string" ? { kind: "mark", id } : null;
}
