import { afterEach, expect, test } from "vitest";
import type { Candidate, FrameFinding, FrameInfo } from "../api/client";
import { language } from "../language";
import {
  distance,
  isOutside,
  isSaidByFinding,
  marksOf,
  metres,
  placeLine,
  sourceName,
  spotOf,
  standingOf,
} from "./ledger";

afterEach(() => {
  language.value = "zh";
});

const ring = [
  [118, 24],
  [118.002, 24],
  [118.002, 24.002],
  [118, 24.002],
  [118, 24],
];
const here = {
  source: "IfcMapConversion",
  city_distance: 0,
  findings: [],
  refused: null,
  position_wgs84: { longitude: 118, latitude: 24, height: 15 },
  outline_wgs84: { type: "Polygon", coordinates: [ring] },
} as unknown as Candidate;
const nowhere = { ...here, source: "IfcSite", position_wgs84: null } as Candidate;
const stated = { ...here, source: "--place", city_distance: 12_400 } as Candidate;
const frame = { taken: 2, candidates: [here, nowhere, stated] } as unknown as FrameInfo;

test("every candidate that is somewhere is on the map, the one taken apart from the others", () => {
  language.value = "en";
  expect(marksOf(frame).map(({ id, name, look }) => [id, name, look])).toEqual([
    ["candidates-0", "IfcMapConversion · not taken", "refused"],
    ["candidates-2", "placed by hand · taken", "taken"],
  ]);
  expect(marksOf(frame)[0]?.outline).toEqual([ring]);
});

test("of a proposal only the proposed place is shown", () => {
  expect(marksOf(frame, "proposed").map(({ id, look }) => [id, look])).toEqual([
    ["proposed-2", "proposed"],
  ]);
});

test("one looks at the middle of the outline, and sees all of it", () => {
  const spot = spotOf(here);
  expect(spot?.longitude).toBeCloseTo(118.001, 9);
  expect(spot?.latitude).toBeCloseTo(24.001, 9);
  const half = Math.hypot(0.001 * Math.cos((24 * Math.PI) / 180), 0.001) * 111_320;
  expect(spot?.radius).toBeCloseTo(half, 0);
  expect(spotOf(nowhere)).toBeNull();
});

test("distances are said as people say them", () => {
  expect([0.25, 12.4, 999, 12_400, 2_961_312].map(distance)).toEqual([
    "0.3 m",
    "12 m",
    "999 m",
    "12.4 km",
    "2961 km",
  ]);
  expect([isOutside(here), isOutside(stated)]).toEqual([false, true]);
});

test("IFC's names stay, ours are translated", () => {
  expect(sourceName("IfcMapConversion")).toBe("IfcMapConversion");
  expect(sourceName("--place")).toBe("人工定位");
  expect(metres(-0.0215)).toBe("−0.021 m");
  expect(metres(null)).toBe("—");
  const place = { eastings: 1, northings: 2, orthogonal_height: 3, angle_degrees: 12 };
  expect(placeLine(place)).toBe("E 1.000  N 2.000  H 3.000  旋转 12.0000°");
});

test("what waits to be confirmed is not called refused, and no reason is said twice", () => {
  const sentence = { zh: "待确认", en: "a person must confirm it" };
  const proposal = { code: "FRAME-PROPOSAL", severity: "refuse", sentence } as FrameFinding;
  const waiting = { ...here, findings: [proposal], refused: sentence } as Candidate;
  const open = { taken: null, candidates: [here, waiting] } as unknown as FrameInfo;
  expect([here, waiting].map((one) => standingOf(one, open))).toEqual(["refused", "proposed"]);
  const settled = { ...open, taken: 0 };
  expect([here, waiting].map((one) => standingOf(one, settled))).toEqual(["taken", "refused"]);
  expect(isSaidByFinding(waiting)).toBe(true);
  expect(isSaidByFinding({ ...waiting, refused: { zh: "无", en: "no CRS" } })).toBe(false);
});
