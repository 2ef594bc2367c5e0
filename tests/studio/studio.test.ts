/** `dimseg studio` as built, in a real browser, on a run that was really trained. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { metricLines, putConfig, Running } from "../cli/built.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";
import { oddId, putDataset } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, hasBrowser, launch, open } from "./opened-studio.js";

const base = temporaryFolder();
let studio: BuiltStudio;
let browser: Browser;

beforeAll(async () => {
  putDataset(join(base, "data"));
  await trainRun(base, "first");
  await dimseg("estimate", join(base, "first"));
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

describe("its server", () => {
  it("tells nobody anything who does not show the link's token", async () => {
    const { origin } = new URL(studio.link);
    for (const path of ["/", "/api/runs", "/csrf-token"]) expect((await fetch(origin + path)).status).toBe(401);
  });

  it("finds no run or case by a path", async () => {
    const { origin, search } = new URL(studio.link);
    const cookie = (await fetch(origin + search.replace("?", "/?"), { redirect: "manual" })).headers.get("set-cookie");
    const get = (path: string) => fetch(origin + path, { headers: { cookie: String(cookie).split(";")[0] } });
    expect((await get("/api/runs")).status).toBe(200);
    for (const path of ["/api/runs/first", "/api/runs/..%2Ffirst/cases", "/..%2f..%2fpackage.json", "/%2e%2e/main.js"])
      expect((await get(path)).status).toBeGreaterThanOrEqual(400);
  });
});

describe.skipIf(!hasBrowser)("its page", () => {
  it("shows runs, curves, cases and a case, says nothing to others, and passes axe in every view", async () => {
    const { page, heard } = await open(browser, studio.link);
    await page.getByRole("link", { name: "first", exact: true }).waitFor();
    expect(await page.locator("tbody tr").innerText()).toMatch(/Finished/);
    expect(await problems(page)).toEqual([]);

    await page.getByRole("link", { name: "first", exact: true }).click();
    await page.locator(".chart canvas").first().waitFor();
    expect(await page.locator(".chart h2").allInnerTexts()).toEqual(
      expect.arrayContaining(["Validation Dice", "Losses", "Learning rate"]),
    );
    expect(await problems(page)).toEqual([]);

    await page.getByRole("link", { name: "Cases" }).click();
    await page.locator(".card img").first().waitFor();
    expect(await page.locator(".card").count()).toBe(16);
    expect(await problems(page)).toEqual([]);
    // Names from files are shown as text.
    expect(await page.locator(".card-name").allInnerTexts()).toContain(oddId);
    await page.getByLabel("Used for").selectOption("test");
    expect(await page.locator(".card").count()).toBe(5);
    const lows = (await page
      .locator(".card .range")
      .evaluateAll((all) => all.map((one) => Number(one.getAttribute("x"))))) as number[];
    expect(lows).toEqual([...lows].sort((a, b) => a - b));

    await page.locator(".card a").first().click();
    await page.locator('canvas[data-drawn^="doubt"]').waitFor();
    expect(await page.locator(".slice figcaption").allInnerTexts()).toEqual([
      "Image",
      "Reference",
      "Prediction",
      "Doubt",
    ]);
    expect(await problems(page)).toEqual([]);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("goes on with a stopped run, whose curves grow meanwhile, and stops it again", async () => {
    const long = join(base, "long");
    const config = putConfig(join(base, "long.yaml"), { training: { iterations: 5000 }, evaluation: { every: 1000 } });
    const training = new Running(["train", config, "--out", long]);
    await training.until(() => metricLines(long) > 2);
    expect((await training.interrupt("SIGTERM")).code).toBe(143);
    const before = metricLines(long);

    const { page, heard } = await open(browser, studio.link);
    await page.getByRole("link", { name: "long", exact: true }).click();
    await page.locator(".badge", { hasText: "Stopped" }).waitFor();
    const step = () => page.locator("progress").evaluate((bar) => Number(bar.getAttribute("value")));
    const first = await step();
    await page.getByRole("button", { name: "Go on training" }).click();
    await page.locator(".badge.running").waitFor();
    await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(first + 2);
    expect(metricLines(long)).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".badge.stopped").waitFor();
    expect(await page.getByRole("button", { name: "Go on training" }).count()).toBe(1);
    expect(heard).toEqual([]);
    await page.context().close();
  });
});
