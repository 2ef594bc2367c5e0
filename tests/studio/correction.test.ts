/** Correcting a mask in a real browser: every stroke outlives tab and server, and the mask is written as the data set has it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeNative } from "../../src/data/decode-native.js";
import { trainRun } from "../cli/trained-run.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { BuiltStudio, open, openUnlabelled } from "./opened-studio.js";
import { Stage } from "./stage.js";

const base = temporaryFolder();
const size = { width: 32, height: 32 };
let dataset: string;
let browser: Browser;
const studios: BuiltStudio[] = [];

beforeAll(async () => {
  const source = (domain: string, split: string) => ({
    images: `${domain}/${split}/images/{id}.png`,
    masks: `${domain}/${split}/masks/{id}.png`,
  });
  const domains = ["a", "b"].map((name) => ({ name, train: source(name, "train"), test: source(name, "test") }));
  // Masks that cannot be written.
  const lossy = { name: "c", train: { images: "c/{id}.png", masks: "c/masks/{id}.jpg" } };
  dataset = putDataset(join(base, "data"), { domains: [...domains, lossy] });
  put(join(base, "data/c/lossy.png"), png(32, 32, new Uint8Array(1024)));
  const black = sharp(new Uint8Array(1024), { raw: { width: 32, height: 32, channels: 1 } });
  put(join(base, "data/c/masks/lossy.jpg"), await black.jpeg().toBuffer());
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

  it("shows the model's mask when it comes, and says that the mask is made from it once it was accepted", async () => {
    const studio = await BuiltStudio.start(base);
    studios.push(studio);
    const { page } = await open(browser, studio.link);
    let letThrough = () => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await page.route("**/answer", (route) => held.then(() => route.continue()));
    await openCase(page, "a", "0");
    await page.getByRole("link", { name: "Correct the mask" }).click();
    await page.getByRole("button", { name: "The mask that is there" }).click();
    await page.locator(".editor-note").filter({ hasText: "Asking the network" }).waitFor();
    letThrough();
    await page.getByRole("button", { name: "Accept model’s mask" }).click();
    expect(await new Stage(page, size).savedStroke({ x: 14, y: 16 }, { x: 18, y: 16 })).toBe(true);
    await page.locator(".editor-saved").filter({ hasText: "All saved" }).waitFor();
    await page.getByRole("button", { name: "Write mask" }).click();
    await page.getByRole("heading", { name: "Written" }).waitFor();
    await page.context().close();
    const lines = readFileSync(join(base, "data/dimseg-corrections/corrections.jsonl"), "utf8").trim().split("\n");
    const line = JSON.parse(lines.at(-1) as string);
    const model = { run: join(base, "first"), answeredBy: expect.stringContaining("checkpoint") };
    expect(line).toMatchObject({ case: expect.stringMatching(/^a\/.*\/0$/), from: "prediction", model, strokes: 2 });
    expect(line.accepted).toEqual([{ plane: 0, index: 0, stroke: 1, model: line.model }]);
    expect(await studio.end()).toBe(143);
  });

  it("is refused before the first stroke where its mask could not be written", async () => {
    const studio = await BuiltStudio.start(base);
    studios.push(studio);
    const { page } = await open(browser, studio.link);
    await openCase(page, "c", "lossy");
    await page.getByRole("link", { name: "Correct the mask" }).click();
    await page.getByRole("button", { name: "The mask that is there" }).click();
    await page.getByRole("alert").filter({ hasText: "masks of this format are not written here" }).waitFor();
    expect(await page.locator(".editor-stage").count()).toBe(0);
    expect(readdirSync(join(base, "data/dimseg-corrections/drafts"))).toEqual([]);
    await page.context().close();
    expect(await studio.end()).toBe(143);
  });
});

/** Opens a case of the run "first" by its domain and name. */
async function openCase(page: Page, domain: string, name: string): Promise<void> {
  await page.getByRole("link", { name: "first", exact: true }).click();
  await page.getByRole("link", { name: "Cases" }).click();
  await page.getByLabel("Domain").selectOption(domain);
  await page.locator(".card a").filter({ hasText: name }).first().click();
}
