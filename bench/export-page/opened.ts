/** ONNX Runtime for the web in Chromium, as a program of a bench: its page is served under the studio's own policy. */
import { copyFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { packageRoot } from "../../src/core/package-root.js";
import { type LocalServer, localServer } from "../../src/http/local-server.js";
import { staticFiles } from "../../src/http/static-files.js";
import { chromiumPath, hasBrowser } from "../browser.js";
import type { Program } from "../side-by-side.js";

const wasm = "ort-wasm-simd-threaded.wasm";

/** The folder with the files of onnxruntime-web; undefined where it is not installed. */
function runtimeFolder(): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`onnxruntime-web/${wasm}`));
  } catch {
    return undefined;
  }
}

/** Why there is no ONNX Runtime for the web, or null. */
export function missingWebRuntime(): string | null {
  if (!hasBrowser) return `there is no ${chromiumPath}`;
  return runtimeFolder() ? null : "the package onnxruntime-web is not installed";
}

/** Serves the page and what lies beside it. @param folder takes the page's files; models and images are found in it */
export function servePage(folder: string): Promise<LocalServer> {
  const page = join(packageRoot, "bench", "export-page");
  for (const name of ["index.html", "main.js"]) copyFileSync(join(page, name), join(folder, name));
  copyFileSync(fileURLToPath(new URL("../model-answers.js", import.meta.url)), join(folder, "model-answers.js"));
  for (const name of ["ort.wasm.min.mjs", wasm, "ort-wasm-simd-threaded.mjs"])
    copyFileSync(join(runtimeFolder() as string, name), join(folder, name));
  return localServer({
    ...{ port: 0, token: null, page: { wasm: true }, defect: console.error },
    routes: (app) => void app.use(staticFiles(folder)),
  });
}

/** Opens a page of its own: the number of threads is chosen once in a page's life. */
export async function openProgram(browser: Browser, url: string): Promise<Program> {
  const page = await browser.newPage();
  await page.goto(`${url}/`);
  await page.waitForFunction("window.answer !== undefined");
  return {
    ask: (request) => page.evaluate(`answer(${JSON.stringify(request)})`),
    end: () => page.close(),
  };
}
