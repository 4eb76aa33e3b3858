/** Which pictures a finding speaks of. */
import type { Finding, PlateKind, View } from "../api/client";
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
