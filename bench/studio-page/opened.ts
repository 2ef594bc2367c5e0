/** The mask editor in a real browser, for its tests and its bench: its page is built once and given out from memory. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { packageRoot } from "../../src/core/package-root.js";
import { generateFundusPhantom } from "../../src/phantoms/fundus/fundus.js";

/** What is edited: pixels, the mask, and the model's. */
export interface OpenedCase {
  readonly width: number;
  readonly height: number;
  readonly target: "softmax" | "sigmoid";
  readonly labels: readonly { name: string; value: number; colour: string; inside?: string }[];
  readonly image: Uint8Array;
  readonly mask: Uint8Array;
  readonly prediction: Uint8Array;
  readonly readOnly?: boolean;
}

/** The largest side that an eye is drawn in; larger ones are enlarged from it by a whole number. */
const drawnSide = 1024;

/** A drawn eye with cup and disc as overlapping parts; the model's mask is that of another eye. */
export function fundusCase(size: number): OpenedCase {
  const times = Math.ceil(size / drawnSide);
  const side = size / times;
  const eye = (index: number) =>
    generateFundusPhantom({ seed: 7, domain: "Domain1", split: "train", index, size: side });
  const from = (i: number) => Math.floor(Math.floor(i / size) / times) * side + Math.floor((i % size) / times);
  const { image, mask } = eye(0);
  const rgba = new Uint8Array(4 * size * size).fill(255);
  for (let i = 0; i < size * size; i++) rgba.set(image.subarray(3 * from(i), 3 * from(i) + 3), 4 * i);
  // 0 is the cup, 128 the rim, 255 the background; the disc is both.
  const codes = [0b11, 0b10, 0];
  const bits = (grey: Uint8Array) =>
    Uint8Array.from({ length: size * size }, (_, i) => codes[Math.ceil(grey[from(i)] / 128)]);
  return {
    ...{ width: size, height: size, target: "sigmoid", image: rgba, mask: bits(mask), prediction: bits(eye(1).mask) },
    labels: [
      { name: "cup", value: 0, colour: "#56b4e9", inside: "disc" },
      { name: "disc", value: 1, colour: "#f0e442" },
    ],
  };
}

/** The page's files by their names, built as the studio's are, into an empty folder. */
export async function buildPage(out: string): Promise<Map<string, Uint8Array>> {
  const config = join(packageRoot, "bench/studio-page/vite.config.mjs");
  const vite = join(packageRoot, "node_modules/vite/bin/vite.js");
  await promisify(execFile)(process.execPath, [vite, "build", "--config", config, "--outDir", out]);
  const names = readdirSync(out, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => name.includes("."));
  return new Map(files.map((name) => [name.replaceAll("\\", "/"), readFileSync(join(out, name))]));
}

const types: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", css: "text/css" };

/** As the studio's server sends it. */
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'";

/** Opens the editor; `heard` gathers errors and warnings. */
export async function openEditor(
  browser: Browser,
  files: Map<string, Uint8Array>,
  opened: OpenedCase,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; heard: string[] }> {
  const { image, mask, prediction, ...rest } = opened;
  const given = new Map<string, string | Uint8Array>([
    ...files,
    ...([
      ["case.json", JSON.stringify(rest)],
      ["image", image],
      ["mask", mask],
      ["prediction", prediction],
    ] as const),
  ]);
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const heard: string[] = [];
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  await page.route("**/*", (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    const body = given.get(name);
    const contentType = types[name.split(".").at(-1) as string] ?? "application/octet-stream";
    if (body === undefined) return route.fulfill({ status: 404 });
    const headers = { "content-security-policy": policy };
    return route.fulfill({ body: typeof body === "string" ? body : Buffer.from(body), contentType, headers });
  });
  await page.goto("http://localhost/index.html");
  await page.locator(".editor-stage").waitFor();
  // The first frame is drawn when the stage has its size.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return { page, heard };
}
