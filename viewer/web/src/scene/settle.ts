/** Wait until the picture is the final one; for tests and pictures. */
import { type Cesium3DTileset, type CesiumWidget, RequestScheduler } from "@cesium/engine";

const STILL_FRAMES = 4;
/** The published types leave it out. */
const { statistics } = RequestScheduler as unknown as {
  statistics: { numberOfActiveRequests: number };
};

/**
 * Render until nothing changes any more.
 *
 * @param widget whose picture
 * @param tilesets those that must have loaded all they need
 * @param milliseconds patience
 * @returns whether the picture came to rest in time
 */
export async function settle(
  widget: CesiumWidget,
  tilesets: () => Cesium3DTileset[],
  milliseconds = 60_000,
): Promise<boolean> {
  const deadline = performance.now() + milliseconds;
  let still = 0;
  while (still < STILL_FRAMES) {
    if (performance.now() > deadline) return false;
    widget.scene.requestRender();
    widget.render();
    readOnePixel(widget);
    const loaded = tilesets().every((tileset) => !tileset.show || tileset.tilesLoaded);
    still = loaded && statistics.numberOfActiveRequests === 0 ? still + 1 : 0;
    await new Promise((next) => setTimeout(next, 0));
  }
  return true;
}

/** Without reading back, frames pile up in the graphics process and everything after waits for them. */
function readOnePixel(widget: CesiumWidget): void {
  const context = widget.canvas.getContext("webgl2");
  context?.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
}
