/** The page of `dimseg serve` in a real browser: a mask is made and drawn, by keyboard, and nothing comes from elsewhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../../bench/browser.js";
import { temporaryFolder } from "../../data/files.js";
import { problems } from "../../support/axe.js";
import { dimseg, putDataset, trainRun } from "../trained-run.js";
import { Served } from "./served.js";

const base = temporaryFolder();
const hostile = "<img src=x onerror=alert(1)>";

describe.skipIf(!hasBrowser)("the page of dimseg serve", () => {
  let browser: Browser;
  let page: Page;
  let server: Served;
  const complaints: string[] = [];
  const elsewhere: string[] = [];

  beforeAll(async () => {
    putDataset(join(base, "data"));
    await dimseg("export", await trainRun(base, hostile), "--out", join(base, "export"));
    server = await Served.start(join(base, "export"), "--engine", "onnx");
    browser = await launch();
    page = await browser.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => {
      const { hostname, protocol } = new URL(request.url());
      if (protocol !== "data:" && protocol !== "blob:" && hostname !== "127.0.0.1") elsewhere.push(request.url());
    });
    await page.goto(`http://127.0.0.1:${server.port}/`);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.end();
  });

  it("segments a picture and draws the mask over it", async () => {
    await page.setInputFiles('input[name="image"]', join(base, "data/a/test/images/0.png"));
    await page.getByRole("button", { name: "Segment" }).focus();
    await page.keyboard.press("Enter");
    const link = page.getByRole("link", { name: "Save mask.png" });
    await link.waitFor();
    await page.locator("#drawn").waitFor({ state: "visible" });
    const saved = page.waitForEvent("download");
    await link.click();
    const file = await (await saved).path();
    const answer = await server.post(readFileSync(join(base, "data/a/test/images/0.png")));
    expect(readFileSync(file).equals(answer.bytes)).toBe(true);
    expect(await page.evaluate("[drawn.width, drawn.height]")).toEqual([32, 32]);
  });

  it("says what was wrong with a file", async () => {
    const file = { name: `${hostile}.png`, mimeType: "image/png", buffer: Buffer.from("<b>no image</b>") };
    await page.setInputFiles('input[name="image"]', file);
    await page.getByRole("button", { name: "Segment" }).click();
    await page.getByText("is no PNG").waitFor();
  });

  it("shows names as text, passes axe, and asks nobody else", async () => {
    expect(await page.getByText(hostile).count()).toBeGreaterThan(0);
    expect(await page.locator("img").count()).toBe(0);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      expect(await problems(page)).toEqual([]);
    }
    expect(elsewhere).toEqual([]);
    // The refusal of the test before is told on the console, too, by its status.
    expect(complaints.filter((text) => !text.includes("422"))).toEqual([]);
  });
});
