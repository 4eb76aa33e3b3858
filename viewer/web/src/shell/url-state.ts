/** What one looks at, written into the address, so that a link shows the same. */
import type { Language } from "../language";

export type Pose = [number, number, number, number, number];
export type View = {
  submission: string | null;
  finding: string | null;
  element: string | null;
  language: Language | null;
  /** Parts and layers that differ from how the page starts. */
  switched: string[];
  pose: Pose | null;
};

/** The part of an address after `#`. */
export function writeView(view: View): string {
  const parameters = new URLSearchParams();
  if (view.submission) parameters.set("s", view.submission);
  if (view.finding) parameters.set("f", view.finding);
  if (view.element) parameters.set("e", view.element);
  if (view.language) parameters.set("l", view.language);
  if (view.switched.length) parameters.set("x", view.switched.join("."));
  if (view.pose) parameters.set("c", view.pose.join(","));
  return parameters.toString();
}

/** Read it back; what makes no sense is left out. */
export function readView(hash: string): View {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const tongue = parameters.get("l");
  const pose = (parameters.get("c") ?? "").split(",").map(Number);
  return {
    submission: parameters.get("s"),
    finding: parameters.get("f"),
    element: parameters.get("e"),
    language: tongue === "zh" || tongue === "en" ? tongue : null,
    switched: parameters.get("x")?.split(".").filter(Boolean) ?? [],
    pose: pose.length === 5 && pose.every(Number.isFinite) ? (pose as Pose) : null,
  };
}
