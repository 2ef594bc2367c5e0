/** How the studio's page becomes the static files in dist/page, which `dimseg studio` serves as they are. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { defaultClientConditions, defineConfig } from "vite";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** WebAssembly as it is sent: a quarter of its size. */
const packedWasm = {
  name: "packed-wasm",
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle).filter((one) => one.endsWith(".wasm"))) {
      const path = join(dir, name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
      rmSync(path);
    }
  },
};

export default defineConfig({
  plugins: [packedWasm],
  root: join(root, "src", "studio", "page"),
  base: "./",
  publicDir: false,
  cacheDir: join(root, "node_modules", ".vite-page"),
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  // ONNX Runtime in files of its own, which its threads load, too.
  resolve: { conditions: ["onnxruntime-web-use-extern-wasm", ...defaultClientConditions] },
  worker: { format: "es" },
  build: {
    outDir: join(root, "dist", "page"),
    emptyOutDir: true,
    target: "es2022",
    // A picture written into a style sheet would need `data:` in the page's policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Of the libraries that are part of it.
    license: { fileName: "licences.md" },
  },
});
