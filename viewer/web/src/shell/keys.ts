/** Keys of the page, in one table; the help page shows the same. */
import type { Key } from "../language";

export type Action =
  | "clear"
  | "fit"
  | "home"
  | "next"
  | "previous"
  | "layers"
  | "language"
  | "help";

export const KEYS: readonly { key: string; shown: string; action: Action; words: Key }[] = [
  { key: "escape", shown: "Esc", action: "clear", words: "key_escape" },
  { key: "f", shown: "F", action: "fit", words: "key_fit" },
  { key: "g", shown: "G", action: "home", words: "key_home" },
  { key: "j", shown: "J", action: "next", words: "key_next" },
  { key: "k", shown: "K", action: "previous", words: "key_previous" },
  { key: "l", shown: "L", action: "layers", words: "key_layers" },
  { key: "t", shown: "T", action: "language", words: "key_language" },
  { key: "?", shown: "?", action: "help", words: "key_help" },
];

/** The action of a key press; null while one types, or with Ctrl, Alt or Meta. */
export function actionOf(event: KeyboardEvent): Action | null {
  const typing = (event.target as HTMLElement | null)?.matches?.("input, textarea, select");
  if (typing || event.ctrlKey || event.altKey || event.metaKey) return null;
  return KEYS.find(({ key }) => key === event.key.toLowerCase())?.action ?? null;
}
