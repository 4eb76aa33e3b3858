/** Findings in the order in which a planner wants them. */
import type { Finding, Outcome } from "../api/client";

/** What needs a person comes first. */
export const SEVERITY: readonly Outcome[] = [
  "fail",
  "not_checkable",
  "discuss",
  "procedure",
  "pass",
  "not_applicable",
];
/** Outcomes that ask nothing of anybody; their groups start closed. */
export const QUIET: ReadonlySet<Outcome> = new Set(["pass", "not_applicable"]);

export type Group = { outcome: Outcome; findings: Finding[] };

/** Findings by outcome, the worst first; outcomes without findings are left out. */
export function groupsOf(findings: readonly Finding[]): Group[] {
  return SEVERITY.map((outcome) => ({
    outcome,
    findings: findings.filter((finding) => finding.outcome === outcome),
  })).filter((group) => group.findings.length > 0);
}

/** The finding `step` places further down the list, from the first when none is chosen. */
export function neighbour(
  findings: readonly Finding[],
  chosen: string | null,
  step: 1 | -1,
): Finding | null {
  const ordered = groupsOf(findings).flatMap((group) => group.findings);
  const place = ordered.findIndex((finding) => finding.id === chosen);
  if (place < 0) return (step === 1 ? ordered[0] : ordered.at(-1)) ?? null;
  return ordered[place + step] ?? ordered[place] ?? null;
}
