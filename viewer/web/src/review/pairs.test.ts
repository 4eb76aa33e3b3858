import { expect, test } from "vitest";
import { emptyPair, nextToFill, numberOf, type Pair, wholePairs } from "./pairs";

const whole: Pair = { model: [1, 2, 0.5], city: [610_000, 2_705_000, 6] };
const flat: Pair = { model: [3, 4, 0], city: [610_010, 2_705_000, null] };

test("only pairs with all their numbers are sent", () => {
  expect(wholePairs([emptyPair(), whole, flat], null)).toEqual([
    { engineering: [1, 2, 0.5], city: [610_000, 2_705_000, 6] },
  ]);
});

test("a known zero level decides the heights, whatever was clicked", () => {
  expect(wholePairs([whole, flat], 5.3).map(({ city }) => city[2])).toEqual([5.8, 5.3]);
});

test("a click fills the first empty side, else the last pair", () => {
  expect(nextToFill([whole, emptyPair()], "city")).toBe(1);
  expect(nextToFill([emptyPair(), whole], "model")).toBe(0);
  expect(nextToFill([whole, flat], "model")).toBe(1);
});

test("numbers are read as people write them, and nothing else is a number", () => {
  expect(numberOf(" 5,30 ")).toBe(5.3);
  expect(numberOf("−12.5")).toBe(-12.5);
  for (const text of ["", "-", "1e9", "1,2,3", "12 m", "0x10"]) expect(numberOf(text)).toBeNull();
});
