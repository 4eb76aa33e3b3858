import { expect, test } from "vitest";
import { actionOf, KEYS } from "./keys";

test("every key has one action, every action one key", () => {
  expect(new Set(KEYS.map(({ key }) => key)).size).toBe(KEYS.length);
  expect(new Set(KEYS.map(({ action }) => action)).size).toBe(KEYS.length);
});

test("keys act on the page but not while one types", () => {
  expect(actionOf(new KeyboardEvent("keydown", { key: "F" }))).toBe("fit");
  expect(actionOf(new KeyboardEvent("keydown", { key: "f", ctrlKey: true }))).toBeNull();
  expect(actionOf(new KeyboardEvent("keydown", { key: "z" }))).toBeNull();
  const input = document.createElement("input");
  let heard: unknown = "nothing";
  input.addEventListener("keydown", (event) => {
    heard = actionOf(event);
  });
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "f" }));
  expect(heard).toBeNull();
});
