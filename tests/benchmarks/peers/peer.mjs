// One reader of IFC as a long-living process: `node peer.mjs NAME PACKAGES REPLIES`.
//
// A request is a line of JSON on standard input, {"path": ..., "list": false}; its answer a line of JSON on the
// descriptor REPLIES, for the packages write what they like to standard output. The processor time told is of the
// timed part only. `list` adds what was drawn, element by element, outside of it.
import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [, , name, packages, replies] = process.argv;
const require = createRequire(join(packages, "package.json"));
const load = (module) => import(pathToFileURL(join(packages, "node_modules", module)));

const readers = {
  // Opens the file and takes the vertices and triangles of every unique geometry out of the wasm memory, with the
  // placement of each use. Spaces and openings are left out by web-ifc itself.
  "web-ifc": async () => {
    const { IfcAPI, LogLevel } = require("web-ifc");
    const api = new IfcAPI();
    await api.Init();
    api.SetLogLevel(LogLevel.LOG_LEVEL_OFF);
    return (path, list) => {
      let model = -1;
      const unique = new Map();
      const drawn = [];
      const read = () => {
        model = api.OpenModel(readFileSync(path));
        if (model < 0) throw new Error("OpenModel gave no model");
        api.StreamAllMeshes(model, (mesh) => {
          let triangles = 0;
          for (let i = 0; i < mesh.geometries.size(); i++) {
            const placed = mesh.geometries.get(i);
            let known = unique.get(placed.geometryExpressID);
            if (known === undefined) {
              const geometry = api.GetGeometry(model, placed.geometryExpressID);
              known = {
                vertices: api.GetVertexArray(geometry.GetVertexData(), geometry.GetVertexDataSize()),
                indices: api.GetIndexArray(geometry.GetIndexData(), geometry.GetIndexDataSize()),
              };
              geometry.delete();
              unique.set(placed.geometryExpressID, known);
            }
            triangles += known.indices.length / 3;
          }
          drawn.push([mesh.expressID, triangles]);
        });
      };
      const answer = () => ({
        elements: new Set(drawn.filter(([, n]) => n > 0).map(([id]) => id)).size,
        unique_triangles: sum([...unique.values()].map((g) => g.indices.length / 3)),
        instanced_triangles: sum(drawn.map(([, n]) => n)),
        bytes: sum([...unique.values()].map((g) => g.vertices.byteLength + g.indices.byteLength)),
        drawn: list
          ? [...new Set(drawn.filter(([, n]) => n > 0).map(([id]) => id))].map((id) => [
              api.GetLine(model, id).GlobalId?.value ?? "",
              api.GetNameFromTypeCode(api.GetLineType(model, id)),
            ])
          : undefined,
      });
      const done = () => model >= 0 && api.CloseModel(model);
      return { read, answer, done };
    };
  },

  // Opens the file and writes it as one compressed fragment: geometry, attributes, property sets and relations.
  fragments: async () => {
    const { IfcImporter, SingleThreadedFragmentsModel } = await load("@thatopen/fragments/dist/index.mjs");
    const wasm = { path: `${dirname(require.resolve("web-ifc"))}/`, absolute: true };
    return (path) => {
      let content;
      const read = async () => {
        const importer = new IfcImporter();
        importer.wasm = wasm;
        content = await importer.process({ bytes: new Uint8Array(readFileSync(path)), raw: false });
      };
      const answer = () => {
        const model = new SingleThreadedFragmentsModel("counted", content);
        const elements = model.getItemsIdsWithGeometry().length;
        model.dispose();
        return { elements, bytes: content.byteLength };
      };
      return { read, answer, done: () => {} };
    };
  },

  // Opens the file and gives one mesh an element and colour, in place (nothing is shared); openings left out here.
  "ifc-lite": async () => {
    const wasm = await load("@ifc-lite/wasm/pkg/ifc-lite.js");
    wasm.initSync({ module: readFileSync(join(packages, "node_modules/@ifc-lite/wasm/pkg/ifc-lite_bg.wasm")) });
    const { GeometryProcessor } = await load("@ifc-lite/geometry/dist/index.js");
    const left_out = new Set(["IfcSpace", "IfcOpeningElement"]);
    return (path) => {
      const processor = new GeometryProcessor();
      let meshes = [];
      const read = async () => {
        await processor.init();
        meshes = (await processor.process(new Uint8Array(readFileSync(path)))).meshes;
      };
      const answer = () => ({
        elements: new Set(meshes.filter((m) => !left_out.has(m.ifcType)).map((m) => m.expressId)).size,
        instanced_triangles: sum(meshes.map((m) => m.indices.length / 3)),
        bytes: sum(meshes.map((m) => m.positions.byteLength + m.normals.byteLength + m.indices.byteLength)),
      });
      const done = () => processor.dispose();
      return { read, answer, done };
    };
  },
};

const sum = (numbers) => numbers.reduce((total, n) => total + n, 0);

async function serve(reader, { path, list }) {
  const reading = reader(path, list);
  try {
    const began = process.cpuUsage();
    const start = performance.now();
    await reading.read();
    const wall = (performance.now() - start) / 1000;
    const used = process.cpuUsage(began);
    return {
      wall,
      cpu: (used.user + used.system) / 1e6,
      peak_bytes: process.resourceUsage().maxRSS * 1024,
      ...reading.answer(),
    };
  } finally {
    reading.done();
  }
}

const say = (answer) => writeSync(Number(replies), `${JSON.stringify(answer)}\n`);
const reader = await readers[name]();
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  try {
    say(await serve(reader, JSON.parse(line)));
  } catch (error) {
    say({ error: String(error?.message ?? error).slice(0, 300) });
  }
}
