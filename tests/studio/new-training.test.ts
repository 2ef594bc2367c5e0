/** From a folder that nothing is known of to a training with its curves, in a real browser. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hasBrowser, launch } from "../../bench/browser.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeNative } from "../../src/data/decode-native.js";
import { put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, open } from "./opened-studio.js";

const base = temporaryFolder();
const folder = join(base, "eyes");
let studio: BuiltStudio;
let browser: Browser;

beforeAll(async () => {
  rmSync(putDataset(folder));
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

describe.skipIf(!hasBrowser)("a new training", () => {
  it("asks what inspect guessed, writes it when agreed to, plans with reasons, and trains, by keyboard", async () => {
    const { page, heard } = await open(browser, studio.link, { viewport: { width: 820, height: 1180 } });
    await page.getByRole("link", { name: "Begin a training" }).press("Enter");
    await page.getByLabel(/Folder of images/).fill("eyes");
    await page.getByLabel(/Folder of images/).press("Enter");
    await page.getByRole("heading", { name: "What was found" }).waitFor();
    expect(existsSync(join(folder, "dataset.yaml"))).toBe(false);
    const isWide = () => page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
    expect(await problems(page)).toEqual([]);
    expect(await isWide()).toBe(false);
    const meaning = page.getByRole("group", { name: "What the values of the masks mean" });
    const guessed = ["background", "class 1", "class 2"];
    for (const [value, name] of guessed.entries())
      expect(await meaning.getByLabel(String(value), { exact: true }).inputValue()).toBe(name);
    await meaning.getByLabel("0", { exact: true }).fill("rim");
    await meaning.getByLabel("1", { exact: true }).fill("cup");
    // A name for nothing is asked for again, and nothing is written.
    await page.getByRole("button", { name: "Write the description" }).press("Enter");
    await page.getByRole("alert").filter({ hasText: 'name one of them "background"' }).waitFor();
    expect(existsSync(join(folder, "dataset.yaml"))).toBe(false);
    expect(heard.splice(0)).toEqual([expect.stringContaining("400 (Bad Request)")]);
    await meaning.getByLabel("2", { exact: true }).fill("background");
    await page.getByRole("group", { name: "Names of the domains" }).getByRole("textbox").first().fill("North");
    await page.getByRole("button", { name: "Write the description" }).press("Enter");
    await page.getByRole("heading", { name: "eyes/dataset.yaml" }).waitFor();
    const dataset = loadDataset(join(folder, "dataset.yaml"));
    expect(dataset.domains.map(({ name }) => name)).toEqual(["North", "b"]);
    expect(dataset.classes.map(({ name }) => name)).toEqual(["background", "rim", "cup"]);
    // Columns of the first mask hold 0, then 1, then 2.
    const { label } = await decodeNative(dataset, dataset.domains[0].cases("train")[0]);
    expect([0, 9, 31].map((column) => label?.[column])).toEqual([1, 2, 0]);

    put(join(base, "eyes.yaml"), "mine");
    await page.getByLabel("Minutes of training").fill("0.5");
    await page.getByRole("button", { name: "Plan" }).press("Enter");
    await page.getByRole("button", { name: "Start training" }).waitFor();
    expect(await problems(page)).toEqual([]);
    expect(await isWide()).toBe(false);
    const text = await page.getByLabel("The planned configuration").innerText();
    expect(text).toContain("# Planned by `dimseg plan` for 0.5 minutes");
    expect(parse(text).labelled.domain).toBe("North");
    expect(parse(readFileSync(join(base, "eyes-2.yaml"), "utf8"))).toEqual(parse(text));
    expect(readFileSync(join(base, "eyes.yaml"), "utf8")).toBe("mine");

    await page.getByRole("button", { name: "Start training" }).press("Enter");
    await page.getByRole("heading", { name: "runs/eyes-2" }).waitFor();
    await page.locator(".chart canvas").first().waitFor();
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("goes nowhere else, and says why", async () => {
    const { page } = await open(browser, studio.link);
    await page.getByRole("link", { name: "New training" }).click();
    for (const [path, why] of [
      ["../", /does not lie below/],
      ["/etc", /does not lie below/],
      ["nothing", /is not there/],
    ] as const) {
      await page.getByLabel(/Folder of images/).fill(path);
      await page.getByRole("button", { name: "Look at it" }).click();
      await page.getByRole("alert").filter({ hasText: why }).waitFor();
    }
    await page.context().close();
  });
});
