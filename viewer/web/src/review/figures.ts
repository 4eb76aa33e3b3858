/** Numbers as a person reads them: with their unit, no finer than they mean anything. */
import type { Finding } from "../api/client";

export type Unit = Finding["unit"];

const SIGNS = {
  m: " m",
  m2: " m²",
  m3: " m³",
  deg: "°",
  min: " min",
  "%": " %",
  ratio: "",
  count: "",
  MB: " MB",
} as const;
const DIGITS = { m: 2, m2: 1, m3: 1, deg: 2, min: 0, "%": 2, ratio: 3, count: 0, MB: 1 } as const;

/** A quantity with its unit; a dash when there is none. */
export function quantity(value: number | null, unit: Unit, signed = false): string {
  if (value === null) return "—";
  if (unit === null) return String(value);
  const text = Math.abs(value).toFixed(DIGITS[unit]);
  const zero = Number(text) === 0;
  const sign = value < 0 && !zero ? "−" : signed && !zero ? "+" : "";
  return `${sign}${text}${SIGNS[unit]}`;
}

/** Whether a quantity is more than nothing at the digits shown. */
export function isVisible(value: number | null, unit: Unit): boolean {
  return value !== null && quantity(value, unit) !== quantity(0, unit);
}

/** A file's size. */
export function fileSize(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
