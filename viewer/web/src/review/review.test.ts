import { expect, test } from "vitest";
import type { Finding, Outcome } from "../api/client";
import { fileSize, isVisible, quantity } from "./figures";
import { groupsOf, neighbour } from "./groups";

const finding = (id: string, outcome: Outcome) => ({ id, outcome }) as Finding;
const findings = [
  finding("a", "pass"),
  finding("b", "fail"),
  finding("c", "procedure"),
  finding("d", "fail"),
];

test("the worst stands first and the order within an outcome stays", () => {
  expect(groupsOf(findings).map((g) => [g.outcome, g.findings.map((f) => f.id)])).toEqual([
    ["fail", ["b", "d"]],
    ["procedure", ["c"]],
    ["pass", ["a"]],
  ]);
});

test("stepping goes down the list as shown and stops at its ends", () => {
  expect(neighbour(findings, null, 1)?.id).toBe("b");
  expect(neighbour(findings, null, -1)?.id).toBe("a");
  expect(neighbour(findings, "d", 1)?.id).toBe("c");
  expect(neighbour(findings, "a", 1)?.id).toBe("a");
  expect(neighbour([], null, 1)).toBeNull();
});

test("quantities carry their unit and a true minus", () => {
  expect(quantity(62, "m2")).toBe("62.0 m²");
  expect(quantity(-1.5, "m", true)).toBe("−1.50 m");
  expect(quantity(4.8, "m", true)).toBe("+4.80 m");
  expect(quantity(-0.001, "m", true)).toBe("0.00 m");
  expect(quantity(null, "m")).toBe("—");
  expect(quantity(2.5, "ratio")).toBe("2.500");
  expect(quantity(33.333, "%", true)).toBe("+33.33 %");
  expect(quantity(12, "count")).toBe("12");
});

test("what rounds to nothing is not shown", () => {
  expect(isVisible(0.004, "m")).toBe(false);
  expect(isVisible(0.006, "m")).toBe(true);
  expect(isVisible(null, "m2")).toBe(false);
});

test("file sizes", () => {
  expect(fileSize(900)).toBe("1 kB");
  expect(fileSize(5_200_000)).toBe("5.2 MB");
});
