/** A round of labelling in a real browser: what to label next, a mask drawn, and a run that goes on with it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hasBrowser, launch } from "../../bench/browser.js";
import { trainRun } from "../cli/trained-run.js";
import { put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, open } from "./opened-studio.js";

const base = temporaryFolder();
let studio: BuiltStudio;
let browser: Browser;

beforeAll(async () => {
  putDataset(join(base, "data"));
  await trainRun(base, "first", {
    training: { iterations: 4, labelledBatch: 2, unlabelledBatch: 2, threads: 1, precision: "fp32", device: "cpu" },
  });
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

describe.skipIf(!hasBrowser)("a round of labelling", () => {
  it("leads by keyboard from a suggested image over its mask to a run that goes on with it", async () => {
    const tablet = { viewport: { width: 820, height: 1180 } };
    const { page, heard } = await open(browser, studio.link, tablet);
    await page.getByRole("link", { name: "first", exact: true }).click();
    await page.getByRole("link", { name: "What to label next" }).click();
    expect(await page.getByRole("button", { name: "Continue training with these" }).count()).toBe(0);
    await page.getByLabel("How many").fill("2");
    await page.getByLabel("How many").press("Enter");
    await page.locator(".card img").first().waitFor();
    const { images } = JSON.parse(
      readFileSync(join(base, "first/quality/suggestion-last-student-combined-2-seed-0/suggestion.json"), "utf8"),
    ) as { images: { domain: string; id: string; reason: string }[] };
    expect(await page.locator(".card .reason").allInnerTexts()).toEqual(images.map(({ reason }) => reason));
    expect(await problems(page)).toEqual([]);
    const isWide = () => page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
    expect(await isWide()).toBe(false);

    await page.locator(".card a").first().press("Enter");
    await page.getByRole("button", { name: "The mask that is there" }).press("Enter");
    await page.locator(".editor-stage").waitFor();
    await page.getByRole("button", { name: "Write mask" }).press("Enter");
    await page.getByRole("heading", { name: "Written" }).waitFor();
    await page.getByRole("link", { name: "What to label next" }).press("Enter");

    // What lies there already is never replaced.
    put(join(base, "first-round-2.yaml"), "mine");
    await page.locator(".badge", { hasText: "Corrected here" }).waitFor();
    await page.getByLabel("Steps").fill("3");
    expect(await problems(page)).toEqual([]);
    expect(await isWide()).toBe(false);
    await page.getByRole("button", { name: "Continue training with these" }).press("Enter");
    await page.getByRole("heading", { name: "first-round-3" }).waitFor();
    await page.locator(".badge.finished").waitFor();
    await page.locator(".chart canvas").first().waitFor();

    const [{ domain, id }] = images;
    const config = parse(readFileSync(join(base, "first-round-3/config.yaml"), "utf8"));
    expect(config.labelled).toMatchObject({ domain: "a", count: 4, validation: 2, further: { [domain]: [id] } });
    expect(config.initial).toMatchObject({ run: join(base, "first"), checkpoint: "step-4" });
    const splits = ["first", "first-round-3"].map((run) =>
      JSON.parse(readFileSync(join(base, run, "split.json"), "utf8")),
    );
    expect(splits[1].labelled).toEqual([...splits[0].labelled, `${domain}/train/${id}`]);
    expect(splits[1].validation).toEqual(splits[0].validation);
    expect(readFileSync(join(base, "first-round-2.yaml"), "utf8")).toBe("mine");
    expect(existsSync(join(base, "first-round-2"))).toBe(false);

    // The next run has learnt from it: nothing is left to go on with.
    await page.getByRole("link", { name: "What to label next" }).click();
    await page.getByRole("button", { name: "Choose images" }).waitFor();
    expect(await page.getByRole("button", { name: "Continue training with these" }).count()).toBe(0);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("says why a run did not begin", async () => {
    const { page } = await open(browser, studio.link);
    await page.getByRole("link", { name: "first", exact: true }).click();
    await page.getByRole("link", { name: "What to label next" }).click();
    const image = join(base, "data/a/train/images/0.png");
    const bytes = readFileSync(image);
    put(image, "no image");
    await page.getByRole("button", { name: "Continue training with these" }).click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").innerText()).toMatch(/first-round-4 did not begin: .*0\.png/);
    put(image, bytes);
    await page.context().close();
  });
});
