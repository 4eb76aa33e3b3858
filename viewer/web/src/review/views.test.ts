import { afterEach, expect, test } from "vitest";
import { createApp, h, nextTick } from "vue";
import type { Finding, View } from "../api/client";
import { language } from "../language";
import ViewList from "./ViewList.vue";
import ViewPlates from "./ViewPlates.vue";
import { plateUrl, viewsOf } from "./views";

const view = (viewpoint: string, rules: string[], raised = 0): View => ({
  viewpoint,
  name: { zh: `视点${viewpoint}`, en: `viewpoint ${viewpoint}` },
  rules,
  degrees_raised: raised,
  most_raised: raised / 2,
  sky_lost: 0,
  peaks_before: 1,
  peaks_after: 1,
  distance: 757.31,
  plates: {
    before: `/v/${viewpoint}/before.svg`,
    after: `/v/${viewpoint}/after.svg`,
    overlay: `/v/${viewpoint}/overlay.svg`,
  },
  drawings: [
    { name: "plan", rule: null, url: `/v/${viewpoint}/drawings/plan.svg` },
    ...rules.map((rule) => ({
      name: `section-${rule}-band`,
      rule,
      url: `/v/${viewpoint}/drawings/section-${rule}-band.svg`,
    })),
  ],
});
const views = [view("VP1", ["VIW-01", "VIW-02"]), view("VP2", []), view("VP3", ["VIW-02"], 4)];

let unmount = () => {};
function mounted(component: Parameters<typeof h>[0], props: object): HTMLElement {
  const root = document.createElement("div");
  const app = createApp({ render: () => h(component as never, props) });
  app.mount(root);
  unmount = () => app.unmount();
  return root;
}
afterEach(() => {
  unmount();
  language.value = "zh";
});

test("a finding speaks of the views its rule looks at, in the city's order", () => {
  const codes = (rule: string) => viewsOf({ rule } as Finding, views).map((v) => v.viewpoint);
  expect(codes("VIW-02")).toEqual(["VP1", "VP3"]);
  expect(codes("VIW-01")).toEqual(["VP1"]);
  expect(codes("RES-01")).toEqual([]);
  expect(plateUrl(view("VP1", []), "after", "en")).toBe("/v/VP1/after.svg?lang=en");
});

test("the comparison is shown first, a tab shows another, and the words follow the language", async () => {
  const root = mounted(ViewPlates, { view: views[0] });
  const sources = () => [...root.querySelectorAll("img")].map((img) => img.getAttribute("src"));
  expect(sources()).toEqual(Array(2).fill("/v/VP1/overlay.svg?lang=zh"));
  const tabs = [...root.querySelectorAll<HTMLButtonElement>("[data-test-plate]")];
  expect(tabs.map((tab) => tab.textContent?.trim())).toEqual(["现状", "建成后", "对比"]);
  tabs[0]?.click();
  language.value = "en";
  await nextTick();
  expect(sources()).toEqual(Array(2).fill("/v/VP1/before.svg?lang=en"));
  expect(tabs.map((tab) => tab.getAttribute("aria-pressed"))).toEqual(["true", "false", "false"]);
});

test("plan and sections follow the plates, and a finding shows those of its own rule", async () => {
  const labels = (root: HTMLElement) =>
    [...root.querySelectorAll("[data-test-drawing]")].map((tab) => tab.textContent?.trim());
  const all = mounted(ViewPlates, { view: views[0] });
  expect(labels(all)).toEqual(["平面", "剖面 VIW-01", "剖面 VIW-02"]);
  unmount();
  const root = mounted(ViewPlates, { view: views[0], rule: "VIW-02" });
  expect(labels(root)).toEqual(["平面", "剖面"]);
  root.querySelector<HTMLButtonElement>("[data-test-drawing='section-VIW-02-band']")?.click();
  await nextTick();
  const shown = [...root.querySelectorAll("img")].map((img) => img.getAttribute("src"));
  expect(shown).toEqual(Array(2).fill("/v/VP1/drawings/section-VIW-02-band.svg?lang=zh"));
  expect(root.querySelector("[aria-pressed=true]")?.textContent?.trim()).toBe("剖面");
});

test("every viewpoint is listed with what becomes of its skyline, and can be chosen", () => {
  const chosen: string[] = [];
  const onChoose = (code: string) => chosen.push(code);
  const root = mounted(ViewList, { views, chosen: "VP3", missing: false, onChoose });
  const rows = [...root.querySelectorAll<HTMLButtonElement>("[data-test-viewpoint]")];
  expect(rows.map((row) => row.querySelector("small")?.textContent?.trim())).toEqual([
    "天际线不变",
    "天际线不变",
    "天际线最多抬高 2.00°，宽 4.00°",
  ]);
  rows[1]?.click();
  expect(chosen).toEqual(["VP2"]);
  expect(root.querySelector("[aria-current=true]")?.getAttribute("data-test-viewpoint")).toBe(
    "VP3",
  );
  expect(root.querySelector("[data-test=views-missing]")).toBeNull();
});

test("pictures that could not be drawn are missed aloud", () => {
  const root = mounted(ViewList, { views: [], chosen: null, missing: true });
  expect(root.querySelector("[data-test=views-missing]")?.textContent).toContain("结论不受影响");
});
