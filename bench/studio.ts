/**
 * What a brush costs in the mask editor: a mouse drawn across 2048 x 2048 pixels in Chromium, its events sent through
 * the browser as a hand's are. There is no peer; the target is 16 ms from event to drawn frame.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { percentile } from "../src/statistics/percentile.js";
import { launch } from "./browser.js";
import type { BenchOptions, BenchReport, Row } from "./report.js";
import { buildPage, fundusCase, openEditor } from "./studio-page/opened.js";

const side = 2048;
const targetMs = 16;

/**
 * Runs in the page. Of each event: milliseconds in the editor's listeners and in its part of the next frame, and from
 * the event's own time to the end of that part. Frames' callbacks run in the order in which they were asked for, so
 * that one asked for before the editor's listeners and one after them enclose what the editor does.
 */
const recorder = `
  window.measured = [];
  for (const name of ["pointermove", "pointerup", "wheel"]) {
    let began = 0, frameBegan = 0;
    addEventListener(name, () => {
      began = performance.now();
      requestAnimationFrame(() => { frameBegan = performance.now(); });
    }, true);
    addEventListener(name, (event) => {
      const heard = performance.now() - began;
      requestAnimationFrame(() => {
        const now = performance.now();
        measured.push({ name, work: heard + now - frameBegan, whole: now - event.timeStamp });
      });
    });
  }
`;

interface Measured {
  readonly name: string;
  readonly work: number;
  readonly whole: number;
}

async function takeMeasured(page: Page): Promise<Measured[]> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  return (await page.evaluate("measured.splice(0)")) as Measured[];
}

/** Draws round and round within the stage, as far apart as a quick hand's events are. */
async function drawAround(page: Page, moves: number): Promise<void> {
  const stage = await page.locator(".editor-stage").boundingBox();
  if (!stage) throw new Error("internal: the editor has no stage");
  const place = (i: number): [number, number] => [
    stage.x + stage.width / 2 + Math.cos(i / 12) * stage.width * 0.3,
    stage.y + stage.height / 2 + Math.sin(i / 17) * stage.height * 0.35,
  ];
  await page.mouse.move(...place(0));
  await page.mouse.down();
  for (let i = 1; i <= moves; i++) await page.mouse.move(...place(i));
  await page.mouse.up();
}

function row(what: string, measured: readonly Measured[]): Row {
  const [work, whole] = [measured.map((one) => one.work), measured.map((one) => one.whole)];
  return {
    what,
    events: measured.length,
    ...{ "work p50 ms": percentile(work, 50), "work p95 ms": percentile(work, 95) },
    ...{ "event to frame p50 ms": percentile(whole, 50), "event to frame p95 ms": percentile(whole, 95) },
  };
}

/** One row for strokes of a diameter, and one for their ends. */
async function measureBrush(page: Page, diameter: number, where: string, moves: number): Promise<Row[]> {
  await page.getByRole("slider", { name: "Size" }).fill(String(diameter));
  await takeMeasured(page);
  await drawAround(page, moves);
  const measured = await takeMeasured(page);
  const of = (name: string) => measured.filter((one) => one.name === name);
  const what = `brush of ${diameter} px, ${where}`;
  // The first move goes to where the stroke begins.
  return [row(what, of("pointermove").slice(1)), row(`end of that stroke`, of("pointerup"))];
}

async function measureZoom(page: Page, turns: number): Promise<Row> {
  await takeMeasured(page);
  for (let i = 0; i < turns; i++) await page.mouse.wheel(0, i % 2 ? 60 : -60);
  return row("zoom by the wheel, everything drawn anew", await takeMeasured(page));
}

/** Measures strokes and zooming. */
export async function run({ quick }: BenchOptions): Promise<BenchReport> {
  const moves = quick ? 40 : 500;
  const out = mkdtempSync(join(tmpdir(), "dimseg-bench-studio-"));
  const browser = await launch();
  try {
    const viewport = { width: 1280, height: 800 };
    const { page } = await openEditor(browser, await buildPage(out), fundusCase(side), { viewport });
    await page.evaluate(recorder);
    const rows: Row[] = [];
    for (const diameter of [24, 200]) rows.push(...(await measureBrush(page, diameter, "whole image seen", moves)));
    rows.push(await measureZoom(page, moves / 10));
    await page.locator(".editor-stage").press("0");
    for (let i = 0; i < 5; i++) await page.locator(".editor-stage").press("+");
    rows.push(...(await measureBrush(page, 24, "enlarged threefold", moves)));
    return {
      title: `Mask editor, ${side} x ${side} pixels, two overlapping parts, window of ${viewport.width} x ${viewport.height}`,
      rows,
      notes: [
        `The target is a p95 of ${targetMs} ms.`,
        "work: the editor's listeners and its share of the next frame, until all pixels were handed to the canvas.",
        "event to frame: from the event's own time to the end of that share, with the wait for the frame.",
        `Chromium ${browser.version()}, headless; its own rastering and compositing after that is not counted.`,
        "Events are sent one at a time, so that none is joined with the one before.",
      ],
    };
  } finally {
    await browser.close();
    rmSync(out, { recursive: true, force: true });
  }
}
