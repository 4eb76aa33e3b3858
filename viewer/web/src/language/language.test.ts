import { afterEach, expect, test } from "vitest";
import en from "./en.json";
import { language, preferredLanguage, say, t } from "./index";
import zh from "./zh.json";

afterEach(() => {
  language.value = "zh";
});

test("both languages have the same words, none empty, with the same places to fill", () => {
  expect(Object.keys(en)).toEqual(Object.keys(zh));
  const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const key of Object.keys(zh) as (keyof typeof zh)[]) {
    expect(zh[key]).not.toBe("");
    expect(en[key]).not.toBe("");
    expect(places(en[key])).toEqual(places(zh[key]));
  }
});

test("Chinese text has Chinese punctuation", () => {
  for (const text of Object.values(zh)) expect(text).not.toMatch(/[一-鿿][,:;?!]/);
});

test("words and sentences follow the language", () => {
  expect(t("uploading", { percent: 40 })).toBe("正在上传 40%");
  language.value = "en";
  expect(t("uploading", { percent: 40 })).toBe("Uploading 40%");
  expect(say({ zh: "符合", en: "complies" })).toBe("complies");
  expect(say(null)).toBe("");
});

test("a browser that asks for any Chinese gets it", () => {
  expect(preferredLanguage(["de", "zh-TW"])).toBe("zh");
  expect(preferredLanguage(["de", "fr"])).toBe("en");
});
