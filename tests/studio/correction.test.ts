/** Correcting a mask in a real browser: every stroke outlives tab and server, and the mask is written as the data set has it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeNative } from "../../src/data/decode-native.js";
import { trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { BuiltStudio, openUnlabelled } from "./opened-studio.js";
import { Stage } from "./stage.js";

const base = temporaryFolder();
const size = { width: 32, height: 32 };
let dataset: string;
let browser: Browser;
const studios: BuiltStudio[] = [];

beforeAll(async () => {
  dataset = putDataset(join(base, "data"));
  await trainRun(base, "first", {
    training: { iterations: 2, labelledBatch: 2, unlabelledBatch: 2, threads: 1, precision: "fp32", device: "cpu" },
  });
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  for (const studio of studios) await studio.end("SIGKILL");
});

describe.skipIf(!hasBrowser)("a correction", () => {
  it("goes on where it was after the server was killed, and becomes the mask with who, when and what", async () => {
    const first = await BuiltStudio.start(base);
    studios.push(first);
    const { page } = await openUnlabelled(browser, first.link);
    await page.getByRole("button", { name: "An empty mask" }).click();
    await page.locator(".editor-stage").waitFor();
    expect(await new Stage(page, size).savedStroke({ x: 14, y: 16 }, { x: 18, y: 16 })).toBe(true);
    await first.end("SIGKILL");
    await page.context().close();

    const second = await BuiltStudio.start(base);
    studios.push(second);
    const { page: again, heard } = await openUnlabelled(browser, second.link);
    await again.locator(".editor-stage").waitFor();
    expect(await new Stage(again, size).savedStroke({ x: 16, y: 14 }, { x: 16, y: 18 })).toBe(true);
    expect(existsSync(join(base, "data/b/test/masks/1.png"))).toBe(false);
    await again.getByRole("button", { name: "Write mask" }).click();
    await again.getByRole("heading", { name: "Written" }).waitFor();
    expect(heard).toEqual([]);
    await again.context().close();
    expect(await second.end()).toBe(143);

    const one = loadDataset(dataset).domains[1].cases("test")[1];
    const { label } = await decodeNative(loadDataset(dataset), one);
    const drawn = (label as Uint8Array).reduce((sum, value) => sum + value, 0);
    expect(drawn).toBeGreaterThan(0);
    const [line] = readFileSync(join(base, "data/dimseg-corrections/corrections.jsonl"), "utf8").trim().split("\n");
    expect(JSON.parse(line)).toMatchObject({
      case: "b/test/1",
      file: "b/test/masks/1.png",
      from: "empty",
      strokes: 2,
      kept: null,
    });
  });
});
