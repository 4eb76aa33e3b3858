/** The model from above as a drawing: metres, y upwards, become picture units, y downwards. */
import type { Plan } from "../api/client";

export type Drawing = {
  site: string[];
  contact: string;
  points: { x: number; y: number; index: number }[];
};

const MARGIN = 0.08; // of the larger side

/** Draw a plan into a square of `size` picture units; the same scale both ways. */
export function drawPlan(plan: Plan, size: number): Drawing {
  const corners = [
    ...plan.site.flat(),
    ...plan.contact,
    ...plan.points.map(({ engineering: [x, y] }) => [x, y] as const),
  ];
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [west, east] = extent(xs);
  const [south, north] = extent(ys);
  const reach = Math.max(east - west, north - south, 1) * (1 + 2 * MARGIN);
  const scale = size / reach;
  const place = (x: number, y: number): [number, number] => [
    size / 2 + (x - (west + east) / 2) * scale,
    size / 2 - (y - (south + north) / 2) * scale,
  ];
  const path = (ring: readonly (readonly [number, number])[]) =>
    ring.map(([x, y]) => place(x, y).map(rounded).join(",")).join(" ");
  return {
    site: plan.site.map(path),
    contact: path(plan.contact),
    points: plan.points.map(({ engineering: [px, py] }, index) => {
      const [x, y] = place(px, py);
      return { x: rounded(x), y: rounded(y), index };
    }),
  };
}

const rounded = (value: number) => Number(value.toFixed(2));

function extent(values: number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}
