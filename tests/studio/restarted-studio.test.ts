/** Strokes outlive the studio: in the page that stays open, in the browser's own keeping, and against another page. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { Draft } from "../../src/workflows/studio/correction/draft.js";
import { trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { BuiltStudio, openUnlabelled, turnToUnlabelled } from "./opened-studio.js";
import { Stage } from "./stage.js";

const base = temporaryFolder();
const size = { width: 32, height: 32 };
const drafts = join(base, "data/dimseg-corrections/drafts");
let browser: Browser;
let studio: BuiltStudio;

beforeAll(async () => {
  putDataset(join(base, "data"));
  await trainRun(base, "first", {
    training: { iterations: 2, labelledBatch: 2, unlabelledBatch: 2, threads: 1, precision: "fp32", device: "cpu" },
  });
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end("SIGKILL");
});

/** Kills it and starts it again where it was. */
async function restart(meanwhile: () => Promise<void>): Promise<void> {
  const { port } = new URL(studio.link);
  await studio.end("SIGKILL");
  await meanwhile();
  studio = await BuiltStudio.start(base, Number(port));
}

/** The rows that strokes from column 4 to column 20 were drawn in, on the disk, and how many strokes there are. */
function onDisk(): { rows: number[]; strokes: number } {
  const draft = Draft.open(join(drafts, readdirSync(drafts)[0]));
  draft.close();
  const rows = Array.from({ length: size.height }, (_, row) => row);
  return { rows: rows.filter((row) => draft.values[row * size.width + 12] !== 0), strokes: draft.strokes };
}

/** A stage whose brush draws single rows. */
class Rows {
  private readonly stage: Stage;

  constructor(readonly page: Page) {
    this.stage = new Stage(page, size);
  }

  static async begun(page: Page): Promise<Rows> {
    await page.getByRole("button", { name: "An empty mask" }).click();
    const rows = new Rows(page);
    await rows.thin();
    return rows;
  }

  async thin(): Promise<void> {
    await this.page.locator(".editor-stage").waitFor();
    await this.stage.brush(1);
  }

  async draw(...rows: number[]): Promise<void> {
    for (const row of rows) await this.stage.stroke({ x: 4, y: row }, { x: 20, y: row });
  }

  async says(words: string | RegExp): Promise<void> {
    await this.page.locator(".editor-saved").filter({ hasText: words }).waitFor();
  }

  /** Draws what the studio takes. */
  async drawn(...rows: number[]): Promise<void> {
    for (const row of rows) expect(await this.stage.savedStroke({ x: 4, y: row }, { x: 20, y: row })).toBe(true);
    await this.says("All saved");
  }
}

describe.skipIf(!hasBrowser)("a correction whose studio is killed", () => {
  let context: BrowserContext;
  const openOne = async () => {
    const { page } = await openUnlabelled(browser, studio.link);
    context = page.context();
    return Rows.begun(page);
  };
  afterEach(async () => {
    await context.pages().at(-1)?.getByRole("button", { name: "Give up" }).click();
    await expect.poll(() => readdirSync(drafts)).toEqual([]);
    await context.close();
  });

  it("goes on in its open page by itself once the browser has the new link", async () => {
    const one = await openOne();
    await one.drawn(2, 5, 8);
    await restart(async () => {
      await one.draw(11, 14);
      await one.says(/2 strokes not saved: .*This browser keeps them/);
    });
    // Without the new link's secret nothing is taken.
    await one.draw(17);
    await one.says(/3 strokes not saved: .*open its new link/);
    expect(onDisk().strokes).toBe(3);
    const other = await context.newPage();
    await other.goto(studio.link);
    await other.getByRole("link", { name: "first", exact: true }).waitFor();
    await one.says("All saved");
    await one.page.bringToFront();
    await one.drawn(20);
    expect(onDisk()).toEqual({ rows: [2, 5, 8, 11, 14, 17, 20], strokes: 7 });
    await other.close();
  });

  it("gets the strokes that a closed page could not deliver when it is opened again, once each", async () => {
    const one = await openOne();
    await one.drawn(2);
    // The studio takes this one, and dies before it can say so.
    await one.page.route("**/draft/strokes", async (route) => {
      await route.fetch().catch(() => {});
      await route.abort().catch(() => {});
    });
    await one.draw(5);
    await one.says(/1 stroke not saved/);
    await restart(async () => {
      await one.draw(8, 11);
      await one.says(/3 strokes not saved: .*This browser keeps them/);
      await one.page.close();
    });
    expect(onDisk()).toEqual({ rows: [2, 5], strokes: 2 });
    const again = await context.newPage();
    await again.goto(studio.link);
    await turnToUnlabelled(again);
    await new Rows(again).thin();
    expect(onDisk()).toEqual({ rows: [2, 5, 8, 11], strokes: 4 });
    await new Rows(again).drawn(14);
    expect(onDisk().strokes).toBe(5);
  });

  it("is drawn on in one page at a time: one that did not see the last stroke is told so, and nothing is mixed", async () => {
    const one = await openOne();
    await one.drawn(2);
    const page = await context.newPage();
    await page.goto(studio.link);
    await turnToUnlabelled(page);
    const other = new Rows(page);
    await other.thin();
    await other.drawn(5);
    await one.draw(8);
    await one.page.getByRole("alert").filter({ hasText: "gone on in another page" }).first().waitFor();
    expect(await one.page.getByRole("button", { name: "Write mask" }).isDisabled()).toBe(true);
    expect(onDisk()).toEqual({ rows: [2, 5], strokes: 2 });
    await one.page.getByRole("button", { name: "Open it again" }).click();
    await one.page.getByRole("alert").filter({ hasText: "1 stroke of this page was not taken" }).waitFor();
    await one.thin();
    await one.drawn(11);
    expect(onDisk()).toEqual({ rows: [2, 5, 11], strokes: 3 });
    // Nor does the other one now write or give up what it has not seen.
    await page.getByRole("button", { name: "Write mask" }).click();
    await page.getByRole("alert").filter({ hasText: "gone on in another page" }).waitFor();
    await page.close();
  });
});
