import { cpSync, createReadStream, existsSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import vue from "@vitejs/plugin-vue";
import { defineConfig, type Plugin } from "vite";

const ENGINE = resolve(import.meta.dirname, "node_modules/@cesium/engine");
/** What Cesium fetches while it runs, and where it lies in its package. */
const FOLDERS = {
  Workers: "Build/Workers",
  ThirdParty: "Build/ThirdParty",
  Assets: "Source/Assets",
};
const MEDIA: Record<string, string> = {
  ".js": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** Serves Cesium's workers and assets from /cesium/, in development and in the build. */
function cesium(): Plugin {
  return {
    name: "cesium",
    config: () => ({ define: { CESIUM_BASE_URL: '"/cesium/"' } }),
    configureServer(server) {
      server.middlewares.use("/cesium", (request, response, next) => {
        const [folder = "", ...rest] = (request.url ?? "/")
          .replace(/\?.*$/, "")
          .slice(1)
          .split("/");
        const home = FOLDERS[folder as keyof typeof FOLDERS];
        const file = home && join(ENGINE, home, ...rest);
        if (!file || !existsSync(file) || !statSync(file).isFile()) return next();
        response.setHeader("content-type", MEDIA[extname(file)] ?? "application/octet-stream");
        createReadStream(file).pipe(response);
      });
    },
    writeBundle(options) {
      for (const [name, home] of Object.entries(FOLDERS)) {
        cpSync(join(ENGINE, home), join(options.dir ?? "dist", "cesium", name), {
          recursive: true,
          // Without globe and sky the large pictures are never asked for.
          filter: (path) => !/Textures\/(NaturalEarthII|SkyBox|pin|maki)/.test(path),
        });
      }
    },
  };
}

export default defineConfig({
  plugins: [vue(), cesium()],
  build: { target: "es2022", chunkSizeWarningLimit: 6000 },
  server: { proxy: { "/api": "http://127.0.0.1:8000", "/tiles": "http://127.0.0.1:8000" } },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
