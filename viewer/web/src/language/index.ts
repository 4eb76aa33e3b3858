/** Chinese and English: the chosen language, words of the page, and sentences that come from the server. */
import { ref } from "vue";
import en from "./en.json";
import zh from "./zh.json";

export type Language = "zh" | "en";
export type Words = { zh: string; en: string };
export type Key = keyof typeof zh;

const WORDS: Record<Language, Record<Key, string>> = { zh, en };

/** The language of the page; components that use `t` or `say` follow it. */
export const language = ref<Language>("zh");

/** Chinese for browsers that ask for it, else English. */
export function preferredLanguage(asked: readonly string[]): Language {
  return asked.some((tag) => tag.toLowerCase().startsWith("zh")) ? "zh" : "en";
}

/** A word of the page, with `{name}` places filled in. */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  return WORDS[language.value][key].replace(/\{(\w+)\}/g, (_, name: string) =>
    String(values[name] ?? ""),
  );
}

/** A sentence from the server. */
export function say(words: Words | null | undefined): string {
  return words ? words[language.value] : "";
}
