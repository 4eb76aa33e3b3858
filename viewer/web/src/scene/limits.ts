/** Surfaces that limit heights: what a click on one tells, and which of them are seen. */
import { Cesium3DTileStyle } from "@cesium/engine";

/** One surface, as its tile's property table tells it; metres above the city's datum. */
export type Limit = {
  rule: string;
  title: { zh: string; en: string };
  name: { zh: string; en: string };
  low: number;
  high: number;
};

/** Only the surfaces of a rule; all for null. */
export function styleOf(rule: string | null): Cesium3DTileStyle | undefined {
  return rule === null
    ? undefined
    : new Cesium3DTileStyle({ show: `\${rule} === ${JSON.stringify(rule)}` });
}
