import { expect, test } from "vitest";
import { readView, type View, writeView } from "./url-state";

test("a view survives the way through an address", () => {
  const view: View = {
    submission: "0b5c",
    finding: "RES-01#1",
    element: "2O2Fr$t4X7Zf8NOew3FNr2",
    language: "en",
    switched: ["points", "parcel"],
    pose: [118.09, 24.45, 310.5, 25, -28],
  };
  expect(readView(`#${writeView(view)}`)).toEqual(view);
});

test("an address nobody wrote is an empty view", () => {
  const empty = {
    submission: null,
    finding: null,
    element: null,
    language: null,
    switched: [],
    pose: null,
  };
  expect(readView("")).toEqual(empty);
  expect(readView("#l=fr&c=1,2,x,4,5")).toEqual(empty);
  expect(writeView(readView(""))).toBe("");
});
