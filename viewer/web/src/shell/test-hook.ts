/** `window.cimReview`: what browser tests ask of the page; only there when the address has `?test`. */
import type { CityScene } from "../scene/city-scene";
import type { Session } from "./session";

export function installTestHook(scene: CityScene, session: Session): void {
  Object.assign(window, {
    cimReview: {
      settle: (milliseconds?: number) => scene.settle(milliseconds),
      pickAt: (x: number, y: number) => scene.pickAt(x, y),
      placeAt: (x: number, y: number) => scene.placeAt(x, y),
      windowPositionOf: (...place: [number, number, number]) => scene.windowPositionOf(...place),
      state: () => ({
        submission: session.submission.value,
        verdict: session.shown.report?.verdict ?? null,
        finding: session.finding.value,
        element: session.shown.element,
        pose: scene.pose,
      }),
    },
  });
}
