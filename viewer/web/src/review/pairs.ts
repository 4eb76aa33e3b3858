/** Pairs of points that say where a model stands: typed or picked, and what of them can be sent. */

/** x, y, z of the model or easting, northing, height of the city, metres; null where nothing is entered yet. */
export type Coordinates = [number | null, number | null, number | null];
export type Pair = { model: Coordinates; city: Coordinates };
/** A pair with all its numbers, as the server takes it. */
export type WholePair = {
  engineering: [number, number, number];
  city: [number, number, number];
};

export const LEAST_PAIRS = 2;
export const MOST_PAIRS = 8;

export function emptyPair(): Pair {
  return { model: [null, null, null], city: [null, null, null] };
}

/**
 * The pairs whose numbers are all there.
 *
 * @param pairs as entered
 * @param zeroLevel elevation of ±0.000 when it is known, metres: it then decides the heights, whatever ground was clicked
 */
export function wholePairs(pairs: readonly Pair[], zeroLevel: number | null): WholePair[] {
  return pairs.flatMap(({ model, city }) => {
    const [x, y, z] = model;
    const [e, n] = city;
    if (x === null || y === null || z === null || e === null || n === null) return [];
    const h = zeroLevel === null ? city[2] : zeroLevel + z;
    return h === null ? [] : [{ engineering: [x, y, z], city: [e, n, h] }];
  });
}

/** The pair that a click should fill next: the first whose side is still empty, else the last. */
export function nextToFill(pairs: readonly Pair[], side: "model" | "city"): number {
  const open = pairs.findIndex((pair) => pair[side][0] === null || pair[side][1] === null);
  return open < 0 ? pairs.length - 1 : open;
}

/** A number as typed, with either decimal sign; null when it is none. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(/−/g, "-").replace(",", ".");
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}
