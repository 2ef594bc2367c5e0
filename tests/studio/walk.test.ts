/**
 * A stranger's walk through the studio in a real browser: from a folder of images to a training, its curves, doubtful
 * cases, ten masks corrected by hand, and a training that goes on with these and is better for it.
 *
 * `DIMSEG_WALK_PICTURES=FOLDER` keeps a picture of every station at both sizes.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hasBrowser, launch } from "../../bench/browser.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeNative } from "../../src/data/decode-native.js";
import { dimseg } from "../cli/trained-run.js";
import { put, temporaryFolder } from "../data/files.js";
import { problems } from "../support/axe.js";
import { eyeSize, putEyes, putUnseenEyes, unlabelledEyes } from "./eyes.js";
import { BuiltStudio, open } from "./opened-studio.js";
import { Stage } from "./stage.js";
import { fillingStroke, middleOf, ringStroke, type Shape } from "./tracing.js";

const desktop = { width: 1280, height: 900 };
const tablet = { width: 820, height: 1180 };
/** Masks that are corrected. */
const corrected = 10;
/** Steps of the first training, and of the one that goes on from it. */
const firstSteps = 80;
const furtherSteps = 120;
/** A machine that others use, too, takes its time. */
const longest = 300_000;

const base = temporaryFolder();
let truths: ReadonlyMap<string, Uint8Array>;
let unseen: string;
let studio: BuiltStudio;
let browser: Browser;

beforeAll(async () => {
  truths = putEyes(join(base, "eyes"));
  unseen = putUnseenEyes(join(base, "unseen"));
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
}, longest);
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

/** What is shown has no fault that axe knows, and is no wider than the window, on a desktop and on a tablet. */
async function station(page: Page, name: string): Promise<void> {
  const folder = process.env.DIMSEG_WALK_PICTURES;
  for (const [size, viewport] of Object.entries({ tablet, desktop })) {
    await page.setViewportSize(viewport);
    expect([name, size, await problems(page)]).toEqual([name, size, []]);
    expect([name, await page.evaluate("document.documentElement.scrollWidth <= innerWidth")]).toEqual([name, true]);
    if (folder) await page.screenshot({ path: join(folder, `walk-${name}-${size}.png`) });
  }
}

/** Mean Dice of a run on eyes of the second clinic that it has never seen. */
async function score(run: string): Promise<number> {
  const { out } = await dimseg("evaluate", run, "--network", "student", "--data", unseen, "--json");
  return JSON.parse(out)[0].average.dice.mean;
}

const shapeOf = (holds: (value: number) => boolean, truth: Uint8Array): Shape => ({
  size: eyeSize,
  holds: (x, y) => x >= 0 && y >= 0 && x < eyeSize && y < eyeSize && holds(truth[y * eyeSize + x]),
});

/** Makes what the editor shows the true mask: what lies round the disc is erased, disc and cup are drawn, the rest goes. */
async function correct(page: Page, truth: Uint8Array): Promise<void> {
  const stage = new Stage(page, { width: eyeSize, height: eyeSize });
  const disc = shapeOf((value) => value !== 255, truth);
  const cup = shapeOf((value) => value === 0, truth);
  const tool = (name: string) => page.getByRole("button", { name, exact: true }).click();
  const part = (name: RegExp) => page.getByRole("radio", { name }).check();
  await part(/^rim/);
  await tool("Eraser");
  await stage.brush(5);
  await stage.stroke(...ringStroke(disc, 2));
  for (const [name, shape] of [
    [/^rim/, disc],
    [/^cup/, cup],
  ] as const) {
    await part(name);
    await tool("Brush");
    await stage.brush(1);
    await stage.stroke(...fillingStroke(shape));
  }
  await tool("Pieces");
  await page.getByRole("checkbox", { name: /^Keep this piece/ }).check();
  await stage.stroke(middleOf(cup));
  await part(/^rim/);
  await stage.stroke(fillingStroke(disc)[0]);
}

async function beginTraining(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Begin a training" }).click();
  await page.getByLabel(/Folder of images/).fill("eyes");
  await page.getByRole("button", { name: "Look at it" }).click();
  const meaning = page.getByRole("group", { name: "What the values of the masks mean" });
  await meaning.getByLabel("0", { exact: true }).fill("cup");
  await meaning.getByLabel("128", { exact: true }).fill("rim");
  await station(page, "folder");
  await page.getByRole("button", { name: "Write the description" }).click();
  await page.getByLabel("Minutes of training").fill("1");
  await page.getByRole("button", { name: "Plan" }).click();
  const start = page.getByRole("button", { name: "Start training" });
  await start.waitFor();
  await station(page, "plan");
  // The plan is a file that may be changed; nobody waits for a minute here, nor for what a machine can do in it.
  const plan = join(base, "eyes.yaml");
  put(plan, readFileSync(plan, "utf8").replace(/(?<=^ *iterations: )\d+/m, String(firstSteps)));
  await start.click();
}

/** Waits for a training to end; its curves grow meanwhile. */
async function watchTraining(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { name, exact: true }).waitFor();
  await page.locator(".badge.running").waitFor();
  await page.locator(".chart canvas").first().waitFor();
  const step = () => page.locator("progress").evaluate((bar) => Number(bar.getAttribute("value")));
  const first = await step();
  await expect.poll(step, { timeout: longest }).toBeGreaterThan(first);
  await station(page, `training-${name.split("/").at(-1)}`);
  await page.locator(".badge.finished").waitFor();
}

/** Asks for estimates. @returns names of the second clinic's eyes, the most doubtful first */
async function doubtfulFirst(page: Page): Promise<string[]> {
  await page.getByRole("link", { name: "Cases" }).click();
  await page.getByRole("button", { name: "Estimate quality" }).click();
  await page.getByLabel("Domain").selectOption("south");
  await page.locator(".card .estimate").first().waitFor();
  const lows = (await page
    .locator(".card .range")
    .evaluateAll((all) => all.map((one) => Number(one.getAttribute("x"))))) as number[];
  expect(lows.length).toBe(unlabelledEyes);
  expect(lows).toEqual([...lows].sort((a, b) => a - b));
  await station(page, "doubtful");
  return page.locator(".card-name").allInnerTexts();
}

describe.skipIf(!hasBrowser)("a stranger's walk", () => {
  it(
    "leads from a folder to a network that learnt from ten corrected masks and is better for it",
    async () => {
      const { page, heard } = await open(browser, studio.link, { viewport: desktop });
      page.setDefaultTimeout(longest);
      await beginTraining(page);
      await watchTraining(page, "runs/eyes");
      const doubtful = await doubtfulFirst(page);

      for (const [i, name] of doubtful.slice(0, corrected).entries()) {
        await page.setViewportSize(i % 2 === 0 ? desktop : tablet);
        await page.getByLabel("Name").fill(name);
        await page.getByRole("link", { name, exact: true }).click();
        if (i === 0) {
          await page.locator('canvas[data-drawn^="doubt"]').waitFor();
          await station(page, "case");
        }
        await page.getByRole("link", { name: "Draw a mask" }).click();
        await page.getByRole("button", { name: "What the network says" }).click();
        await correct(page, truths.get(name) as Uint8Array);
        if (i === 0) await station(page, "corrected");
        await page.getByRole("button", { name: "Write mask" }).click();
        await page.getByRole("heading", { name: "Written" }).waitFor();
        await page.getByRole("link", { name: "Back to the cases" }).click();
      }
      const dataset = loadDataset(join(base, "eyes/dataset.yaml"));
      const codes: Record<number, number> = { 0: 2, 128: 1, 255: 0 };
      for (const name of doubtful.slice(0, corrected)) {
        const one = dataset.domains[1].cases("train").find(({ id }) => id === name);
        const { label } = await decodeNative(dataset, one as NonNullable<typeof one>);
        const truth = (truths.get(name) as Uint8Array).map((value) => codes[value]);
        expect([name, label?.filter((code, at) => code !== truth[at]).length]).toEqual([name, 0]);
      }

      await page.getByRole("link", { name: "What to label next" }).click();
      await page.getByRole("heading", { name: `${corrected} masks to learn from` }).waitFor();
      await page.getByLabel("Steps").fill(String(furtherSteps));
      await station(page, "continue");
      await page.getByRole("button", { name: "Continue training with these" }).click();
      await watchTraining(page, "runs/eyes-round-2");
      await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Runs" }).click();
      await page.getByRole("row", { name: /eyes-round-2/ }).waitFor();
      await station(page, "runs");
      expect(heard).toEqual([]);
      await page.context().close();

      const next = join(base, "runs/eyes-round-2");
      const { further } = parse(readFileSync(join(next, "config.yaml"), "utf8")).labelled;
      expect([...further.south].sort()).toEqual(doubtful.slice(0, corrected).sort());
      expect(existsSync(join(base, "eyes/south/masks/eye-01.png"))).toBe(
        doubtful.slice(0, corrected).includes("eye-01"),
      );
      const [before, after] = [await score(join(base, "runs/eyes")), await score(next)];
      console.info(`Dice on unseen eyes: ${before.toFixed(3)} before, ${after.toFixed(3)} after`);
      expect(after).toBeGreaterThan(before + 0.02);
    },
    3 * longest,
  );
});
