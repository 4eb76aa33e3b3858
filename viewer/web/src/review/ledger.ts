/** What the frame ledger says, as words and as marks on the map. */
import type { Candidate, FrameInfo, StatedPlace } from "../api/client";
import { type Key, t } from "../language";

/** A place to look at: degrees, ellipsoidal metres. */
export type Spot = { longitude: number; latitude: number; height: number; radius: number };
/** What the map shows of a candidate. */
export type Mark = {
  id: string;
  name: string;
  longitude: number;
  latitude: number;
  height: number;
  /** Rings of longitude and latitude. */
  outline: number[][][];
  look: "taken" | "refused" | "proposed" | "picked";
};

const METRES_A_DEGREE = 111_320;
const LEAST_RADIUS = 60; // m
const CLOSER_THAN_KM = 1000;

const NAMES: Record<string, Key> = {
  "--place": "source_place",
  parcel: "source_parcel",
  IfcSite: "source_lat_long",
  "IfcSite placement": "source_site_placement",
  "IfcBuilding placement": "source_building_placement",
  "element coordinates": "source_elements",
};

/** What a source is called; IFC's own names stay as they are. */
export function sourceName(source: string): string {
  const key = NAMES[source];
  return key ? t(key) : source;
}

/** The candidates that can be shown on a map. */
export function marksOf(frame: FrameInfo, look: "candidates" | "proposed" = "candidates"): Mark[] {
  return frame.candidates.flatMap((candidate, index) => {
    const spot = candidate.position_wgs84;
    if (!spot || (look === "proposed" && candidate.source !== "--place")) return [];
    return [
      {
        id: `${look}-${index}`,
        name: look === "proposed" ? t("proposal") : markName(candidate, frame),
        ...spot,
        outline: ringsOf(candidate),
        look: look === "proposed" ? "proposed" : standingOf(candidate, frame),
      },
    ];
  });
}

function markName(candidate: Candidate, frame: FrameInfo): string {
  return `${sourceName(candidate.source)} · ${t(`position_${standingOf(candidate, frame)}`)}`;
}

function ringsOf(candidate: Candidate): number[][][] {
  const shape = candidate.outline_wgs84 as { type?: string; coordinates?: number[][][] } | null;
  return shape?.type === "Polygon" ? (shape.coordinates ?? []) : [];
}

/** Where to look to see all of a candidate; null when it is nowhere. */
export function spotOf(candidate: Candidate): Spot | null {
  const spot = candidate.position_wgs84;
  if (!spot) return null;
  const corners = ringsOf(candidate).flat();
  if (!corners.length) return { ...spot, radius: LEAST_RADIUS };
  const longitudes = corners.map(([longitude = 0]) => longitude);
  const latitudes = corners.map(([, latitude = 0]) => latitude);
  const middle = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;
  const wide = (values: number[]) => Math.max(...values) - Math.min(...values);
  const latitude = middle(latitudes);
  const radius =
    (METRES_A_DEGREE / 2) *
    Math.hypot(wide(longitudes) * Math.cos((latitude * Math.PI) / 180), wide(latitudes));
  return {
    longitude: middle(longitudes),
    latitude,
    height: spot.height,
    radius: Math.max(radius, LEAST_RADIUS),
  };
}

/** Whether a candidate stands away from the city's ground. */
export function isOutside(candidate: Candidate): boolean {
  return (candidate.city_distance ?? 0) > 0;
}

/** A distance as one says it: metres below a kilometre, kilometres above. */
export function distance(metres: number): string {
  if (metres < 1000) return `${metres < 10 ? metres.toFixed(1) : Math.round(metres)} m`;
  const kilometres = metres / 1000;
  return `${kilometres < CLOSER_THAN_KM ? kilometres.toFixed(1) : Math.round(kilometres)} km`;
}

/** Millimetres where they matter. */
export function metres(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined
    ? "—"
    : `${value.toFixed(digits)} m`.replace("-", "−");
}

/** E, N, H and angle of a placement in one line. */
export function placeLine(
  place: Pick<StatedPlace, "eastings" | "northings" | "orthogonal_height" | "angle_degrees">,
): string {
  return [
    `E ${place.eastings.toFixed(3)}`,
    `N ${place.northings.toFixed(3)}`,
    `H ${place.orthogonal_height.toFixed(3)}`,
    `${t("rotation")} ${place.angle_degrees.toFixed(4)}°`,
  ].join("  ");
}

/** Whether a finding already says why a candidate was not taken, so that it is not said twice. */
export function isSaidByFinding(candidate: Candidate): boolean {
  return candidate.findings.some(({ sentence }) => sentence.en === candidate.refused?.en);
}

/** Whether a source speaks through the model's file; the others are a person's or the parcel's. */
export function isOfFile(candidate: Candidate): boolean {
  return candidate.source !== "--place" && candidate.source !== "parcel";
}

export type Standing = "taken" | "proposed" | "refused";

/** Taken, refused, or, while none is taken, waiting for a person to confirm it. */
export function standingOf(candidate: Candidate, frame: FrameInfo): Standing {
  if (frame.taken !== null && frame.candidates[frame.taken] === candidate) return "taken";
  const waits =
    frame.taken === null && candidate.findings.some(({ code }) => code === "FRAME-PROPOSAL");
  return waits ? "proposed" : "refused";
}
