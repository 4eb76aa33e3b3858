// Rooms of the page, from top to bottom: shell > review > (scene | api) > language.
const below = {
  shell: "^src/(main|shell)",
  review: "^src/review",
  scene: "^src/scene",
  api: "^src/api",
  language: "^src/language",
};
const rule = (name, from, to, comment) => ({
  name,
  severity: "error",
  comment,
  from: { path: from },
  to: { path: to },
});
module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-orphans", severity: "error", from: { orphan: true, pathNot: "\\.d\\.ts$|env" }, to: {} },
    rule("review-below-shell", below.review, below.shell, "a panel does not know the page it is in"),
    rule("scene-alone", below.scene, `${below.shell}|${below.review}|${below.api}`, "the scene shows what it is given"),
    rule("api-alone", below.api, `${below.shell}|${below.review}|${below.scene}`, "the client knows only the contract"),
    rule("language-at-the-bottom", below.language, `${below.shell}|${below.review}|${below.scene}|${below.api}`, "words know nothing"),
    {
      name: "only-the-scene-knows-cesium",
      severity: "error",
      from: { path: "^src", pathNot: "^src/scene" },
      to: { path: "@cesium" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    exclude: { path: "\\.test\\.ts$" },
    enhancedResolveOptions: { extensions: [".ts", ".vue", ".d.ts", ".json"] },
  },
};
