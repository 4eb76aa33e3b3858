/** A Cesium widget that asks nothing of the network but our server. */
import { Cartesian3, CesiumWidget, Color, DirectionalLight, Ion, JulianDate } from "@cesium/engine";
import "@cesium/engine/Source/Widget/CesiumWidget.css";

/** Morning sun over the strait, so that shading does not depend on when one looks. */
const MORNING = "2026-06-21T02:00:00Z";
const SKY = "#dfe9ee";

/**
 * @param container where the picture goes
 * @param credits where the credits of Cesium are shown
 * @param economical fewer samples a pixel, for machines that render in software
 */
export function createWidget(
  container: HTMLElement,
  credits: HTMLElement,
  economical: boolean,
): CesiumWidget {
  Ion.defaultAccessToken = "";
  const widget = new CesiumWidget(container, {
    baseLayer: false,
    skyBox: false,
    skyAtmosphere: false,
    scene3DOnly: true,
    requestRenderMode: true,
    maximumRenderTimeChange: Number.POSITIVE_INFINITY,
    msaaSamples: economical ? 1 : 4,
    creditContainer: credits,
    shouldAnimate: false,
    // Pictures of the page, by a person or a test, read the canvas back.
    contextOptions: { webgl: { preserveDrawingBuffer: true } },
  });
  const { scene } = widget;
  widget.clock.currentTime = JulianDate.fromIso8601(MORNING);
  scene.globe.show = false; // the terrain is a tileset; draping still needs the globe object
  scene.backgroundColor = Color.fromCssColorString(SKY);
  scene.fog.enabled = false;
  if (scene.sun) scene.sun.show = false;
  if (scene.moon) scene.moon.show = false;
  scene.light = new DirectionalLight({ direction: new Cartesian3(0, 0, -1), intensity: 2.2 });
  scene.screenSpaceCameraController.minimumZoomDistance = 3;
  scene.screenSpaceCameraController.maximumZoomDistance = 60_000;
  return widget;
}

/** Let the sun shine from the south-east of a place, a little above half height. */
export function lightFor(widget: CesiumWidget, place: Cartesian3): void {
  const up = Cartesian3.normalize(place, new Cartesian3());
  const east = Cartesian3.normalize(
    Cartesian3.cross(Cartesian3.UNIT_Z, up, new Cartesian3()),
    new Cartesian3(),
  );
  const north = Cartesian3.cross(up, east, new Cartesian3());
  const direction = new Cartesian3();
  for (const [axis, weight] of [
    [up, -0.75],
    [east, -0.45],
    [north, 0.5],
  ] as const) {
    Cartesian3.add(
      direction,
      Cartesian3.multiplyByScalar(axis, weight, new Cartesian3()),
      direction,
    );
  }
  Cartesian3.normalize(direction, direction);
  widget.scene.light = new DirectionalLight({ direction, intensity: 2.2 });
}
