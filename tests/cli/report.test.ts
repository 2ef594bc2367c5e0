/** `dimseg report` on runs that were really trained, and its page in a real browser. */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { register } from "../../src/cli/report.js";
import { UsageError } from "../../src/core/errors.js";
import { packageRoot } from "../../src/core/package-root.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { pixels, putDataset } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { run } from "./built.js";
import { trainRun } from "./trained-run.js";

const base = temporaryFolder();
const out = join(base, "report");
const image = "<img src=x onerror=alert(1)>";
let runs: string[];
let printed: string;
let page: string;

/** Runs the verb in this process; what it printed. */
async function report(...words: string[]): Promise<string> {
  const program = new Command("dimseg").exitOverride();
  register(program);
  const lines: string[] = [];
  const keep = (text: string) => void lines.push(text);
  const spies = [
    vi.spyOn(console, "log").mockImplementation(keep),
    vi.spyOn(console, "error").mockImplementation(keep),
    vi.spyOn(process.stderr, "write").mockReturnValue(true),
  ];
  try {
    await program.parseAsync(["report", ...words], { from: "user" });
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines.join("\n");
}

beforeAll(async () => {
  putDataset(join(base, "data"));
  const mask = Array.from({ length: 1024 }, (_, p) => (p % 32 < 9 ? 0 : 1));
  put(join(base, "data/b/test/images", `${image}.png`), png(32, 32, pixels(1024)));
  put(join(base, "data/b/test/masks", `${image}.png`), png(32, 32, mask));
  runs = [
    await trainRun(base, "midss"),
    await trainRun(base, "supervised", { method: { name: "supervised" }, optimizer: { name: "none" } }),
  ];
  printed = await report(...runs, "--out", out, "--landscape");
  page = readFileSync(join(out, "index.html"), "utf8");
});

it("writes a page, and every figure and table beside it", () => {
  const { files } = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
  expect(printed).toContain(`Wrote ${join(out, "index.html")} and ${files.length - 1} files beside it.`);
  const figures = readdirSync(join(out, "figures"));
  const ids = figures.filter((name) => name.endsWith(".vl.json")).map((name) => name.slice(0, -".vl.json".length));
  expect(ids).toEqual(
    expect.arrayContaining(["dice-average", "curve-task", "features-run-1", "confusion-run-2", "landscape-sam"]),
  );
  for (const id of ids) expect(figures).toEqual(expect.arrayContaining([`${id}.svg`, `${id}.png`]));
  expect(figures).toEqual(expect.arrayContaining(["overlays-a.svg", "overlays-a.png", "overlays-b.png"]));
  const tables = ["overview", "dice", "domains", "comparison", "failures", "separability"];
  expect(readdirSync(join(out, "tables")).sort()).toEqual(tables.flatMap((id) => [`${id}.csv`, `${id}.tex`]).sort());
});

it("links to nothing that is not there", () => {
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  const links = [...page.matchAll(/ href="([^"]+)"/g)]
    .map(([, href]) => href)
    .filter((href) => !href.startsWith("data:"));
  const broken = links.filter((href) =>
    href.startsWith("#") ? !ids.has(href.slice(1)) : !existsSync(join(out, href)),
  );
  expect(broken).toEqual([]);
  expect(ids.size).toBe([...page.matchAll(/ id="([^"]+)"/g)].length);
});

it("keeps the evaluation of a finished run, as `dimseg evaluate` would", () => {
  for (const one of runs) expect(existsSync(join(one, "evaluation/last-student/summary.json"))).toBe(true);
});

it("shows best, median and worst cases with outlines of each part and run", () => {
  for (const part of [0, 1]) expect(page).toContain(`class="outline prediction part-${part}"`);
  expect(page.match(/<image /g)?.length).toBeGreaterThanOrEqual(5);
  expect(page.includes("<img")).toBe(false);
});

it("makes the same pictures again", async () => {
  const before = readdirSync(join(out, "figures")).map((name) => readFileSync(join(out, "figures", name)));
  await report(...runs, "--out", out, "--landscape");
  const after = readdirSync(join(out, "figures")).map((name) => readFileSync(join(out, "figures", name)));
  expect(after.every((bytes, i) => bytes.equals(before[i]))).toBe(true);
});

it("draws one part only when told, and refuses one that there is not", async () => {
  const one = join(base, "one");
  await report(runs[0], "--out", one, "--part", "cup", "--no-tsne");
  const text = readFileSync(join(one, "index.html"), "utf8");
  expect(text).toContain('class="outline prediction part-0"');
  expect(text.includes('class="outline prediction part-1"')).toBe(false);
  expect(text.includes('id="features"')).toBe(false);
  await expect(report(runs[0], "--out", join(base, "none"), "--part", "cop")).rejects.toThrow(UsageError);
  expect(existsSync(join(base, "none"))).toBe(false);
});

it("ends by itself as a process", () => {
  const {
    code,
    out: said,
    err,
  } = run(["report", join(packageRoot, "tests/fixtures/report-run/dim"), "--out", join(base, "built")]);
  expect(err).toContain("Pictures: no checkpoint in");
  expect(said).toContain(`Wrote ${join(base, "built", "index.html")}`);
  expect(code).toBe(0);
});

it("refuses a folder that holds something else before it begins", async () => {
  await expect(report(runs[0], "--out", join(base, "data"))).rejects.toThrow("is not a report");
});

it("refuses a folder that it cannot write to before it looks at a run", async () => {
  const below = join(runs[0], "config.yaml", "report");
  await expect(report("nowhere", "--out", below)).rejects.toThrow(/cannot write .*: a part of the path is a file/);
  await expect(report("nowhere", "--out", join(base, "new/report"))).rejects.toThrow(/nowhere/);
  expect(existsSync(join(base, "new"))).toBe(false);
});

it("goes on when a case that it shows was renamed since, and judges what is there now", async () => {
  const folder = join(base, "renamed");
  cpSync(join(base, "data"), join(folder, "data"), { recursive: true });
  const run = join(folder, "run");
  cpSync(runs[0], run, { recursive: true });
  for (const kind of ["images", "masks"])
    renameSync(join(folder, "data/a/test", kind, "0.png"), join(folder, "data/a/test", kind, "renamed.png"));
  const told = await report(run, "--data", join(folder, "data/dataset.yaml"), "--no-tsne");
  expect(told).toContain("Wrote ");
  expect(readFileSync(join(run, "report/index.html"), "utf8")).toContain("renamed");
  expect(readFileSync(join(run, "evaluation/last-student/cases.csv"), "utf8")).toMatch(/^a,renamed,/m);
});

it("shows the evaluation of a run that it may read but not write", async () => {
  const run = join(base, "foreign");
  cpSync(runs[0], run, { recursive: true });
  rmSync(join(run, "evaluation"), { recursive: true });
  // A file in the folder's place refuses everybody, also an administrator.
  writeFileSync(join(run, "evaluation"), "");
  const out = join(base, "foreign-report");
  const told = await report(run, "--out", out, "--no-tsne");
  expect(told).toMatch(/cannot write .*evaluation.*; the evaluation is shown but not kept/);
  expect(existsSync(join(out, "figures/overlays-a.png"))).toBe(true);
  expect(readFileSync(join(out, "tables/dice.csv"), "utf8")).toMatch(/\d\.\d/);
});

it("makes a report without pictures where the data set is gone", async () => {
  renameSync(join(base, "data"), join(base, "moved"));
  const gone = join(base, "gone");
  const words = await report(runs[0], "--out", gone);
  renameSync(join(base, "moved"), join(base, "data"));
  expect(words).toMatch(/midss: Pictures: .*data/);
  const text = readFileSync(join(gone, "index.html"), "utf8");
  expect(text).toContain('id="dice-average"');
  expect(text.includes('id="overlays"')).toBe(false);
});

describe.skipIf(!hasBrowser)("in a browser (skipped where there is no /usr/bin/chromium)", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  /** Opens the page; `heard` gathers console messages, errors, dialogs and requests. */
  async function open(width: number, colorScheme: "light" | "dark"): Promise<{ view: Page; heard: string[] }> {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
    const view = await context.newPage();
    const heard: string[] = [];
    view.on("console", (message) => heard.push(message.text()));
    view.on("pageerror", (error) => heard.push(String(error)));
    view.on("dialog", (dialog) => heard.push(dialog.message()));
    view.on("request", (request) => heard.push(request.url()));
    await view.goto(`file://${join(out, "index.html")}`);
    return { view, heard };
  }

  it.each([
    [1280, "light"],
    [1280, "dark"],
    [390, "light"],
    [390, "dark"],
  ] as const)("at %i pixels, %s: no error, no request, accessible, no sideways scroll", async (width, scheme) => {
    const { view, heard } = await open(width, scheme);
    const sideways = await view.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(sideways).toBeLessThanOrEqual(0);
    expect(await problems(view)).toEqual([]);
    expect(heard).toEqual([`file://${join(out, "index.html")}`]);
    await view.context().close();
  });

  it("shows a hostile file name as text", async () => {
    const { view } = await open(1280, "light");
    expect(await view.locator("bdi", { hasText: image }).count()).toBeGreaterThan(0);
    await view.context().close();
  });

  it("enlarges a figure on click and gives it back with Escape", async () => {
    const { view } = await open(1280, "light");
    const position = () => view.evaluate("getComputedStyle(document.querySelector('#dice-average')).position");
    expect(await position()).toBe("static");
    await view.locator("a[href='#dice-average']").click();
    expect(await position()).toBe("fixed");
    await view.keyboard.press("Escape");
    expect(await position()).toBe("static");
    await view.context().close();
  });

  it("hides a part whose box is not ticked", async () => {
    const { view } = await open(1280, "light");
    const display = () =>
      view.evaluate("getComputedStyle(document.querySelector('#overlays .outline.part-0')).display");
    expect(await display()).not.toBe("none");
    await view.locator("#overlays .show-part-0").uncheck();
    expect(await display()).toBe("none");
    await view.context().close();
  });

  it("prints", async () => {
    const { view } = await open(1280, "dark");
    const pdf = await view.pdf({ format: "A4" });
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    await view.context().close();
  });
});
