/** How many bytes the studio's page is: what a browser loads before anything is clicked, and all of its files. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { packageRoot } from "../src/core/package-root.js";
import { startStudio } from "../src/studio/server/studio.js";

/** What a page is made of, rather than what it asks for. */
const pageTypes: readonly string[] = ["document", "stylesheet", "script", "image", "font"];

/** Whether a file belongs to the runtime that models are asked in. */
const isWasm = (path: string) => /\.wasm(?:\.gz)?$/.test(path);

/** Bytes of the files that a browser takes from a studio without runs until its first view is shown, as they are sent. */
export async function firstLoadBytes(browser: Browser): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "dimseg-bench-first-load-"));
  const studio = await startStudio({ folder, port: 0, commandLine: [], defect: console.error });
  try {
    const page = await browser.newPage();
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (!pageTypes.includes(request.resourceType()) || isWasm(new URL(request.url()).pathname)) return;
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(studio.link);
    await page.getByRole("heading", { name: "No runs yet" }).waitFor();
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    await page.close();
    return bytes;
  } finally {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of all files of the built page. */
export function pageBytes(): number {
  const page = join(packageRoot, "dist", "page");
  const files = readdirSync(page, { recursive: true, encoding: "utf8" }).filter((name) => !isWasm(name));
  const stats = files.map((name) => statSync(join(page, name)));
  return stats.filter((one) => one.isFile()).reduce((sum, { size }) => sum + size, 0);
}
