import { expect, test } from "vitest";
import type { Plan } from "../api/client";
import { drawPlan } from "./plan";

const name = { zh: "角点", en: "corner" };
const plan: Plan = {
  site: [
    [
      [-50, -20],
      [50, -20],
      [50, 20],
      [-50, -20],
    ],
  ],
  contact: [],
  points: [
    { name, engineering: [-50, -20, 0] },
    { name, engineering: [50, 20, 3] },
  ],
};

test("north is up, and both directions have one scale", () => {
  const [first, last] = drawPlan(plan, 116).points;
  expect(first).toEqual({ x: 8, y: 78, index: 0 });
  expect(last).toEqual({ x: 108, y: 38, index: 1 });
});

test("a ring is a closed line of picture points", () => {
  expect(drawPlan(plan, 116).site).toEqual(["8,78 108,78 108,38 8,78"]);
  expect(drawPlan(plan, 116).contact).toBe("");
});

test("a single point lies in the middle", () => {
  const single: Plan = { site: [], contact: [], points: [{ name, engineering: [7, 7, 0] }] };
  expect(drawPlan(single, 100).points).toEqual([{ x: 50, y: 50, index: 0 }]);
});
