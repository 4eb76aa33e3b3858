/** Which pictures a finding speaks of. */
import type { Drawing, Finding, PlateKind, View } from "../api/client";
import type { Language } from "../language";

/** In the order of the tabs. */
export const PLATES: readonly PlateKind[] = ["before", "after", "overlay"];

/** The views from which a finding's rule looks; none for a rule that is not one of sight. */
export function viewsOf(finding: Finding, views: readonly View[]): View[] {
  return views.filter((view) => view.rules.includes(finding.rule));
}

/** Address of a plate with its words in a language. */
export function plateUrl(view: View, kind: PlateKind, language: Language): string {
  return `${view.plates[kind]}?lang=${language}`;
}

/** Plan and sections of a view; with a rule only the sections of its limits. */
export function drawingsOf(view: View, rule?: string): Drawing[] {
  return view.drawings.filter(
    (one) => rule === undefined || one.rule === null || one.rule === rule,
  );
}

/** Address of a plan or section with its words in a language. */
export function drawingUrl(drawing: Drawing, language: Language): string {
  return `${drawing.url}?lang=${language}`;
}
