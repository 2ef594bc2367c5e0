/** Drawing on slices of a volume's three planes in a real browser: what is drawn lies where it was seen in the patient. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { encodeNifti } from "../../src/data/formats/nifti/writer.js";
import { readVolume } from "../../src/data/images/read-image.js";
import { type Affine, makeGrid, worldOf } from "../../src/grid/grid.js";
import { trainRun } from "../cli/trained-run.js";
import { put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { pixels } from "../data/tiny.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, openUnlabelled } from "./opened-studio.js";
import { Stage } from "./stage.js";

const base = temporaryFolder();
const drawnFile = join(base, "data/b/masks/v.nii.gz");
/** Voxels along the patient's left, back and head, and millimetres between them. */
const [nx, ny, nz] = [16, 20, 8];
const step = [2, 1, 3];
const origin = [10, 20, 30];
/** Stored as rows of z in columns of x, the latter from left to right, in slices of y. */
const toWorld: Affine = [
  [0, -step[0], 0, origin[0] + step[0] * (nx - 1)],
  [step[1], 0, 0, origin[1]],
  [0, 0, step[2], origin[2]],
];
const grid = makeGrid("test", [ny, nx, nz], null, toWorld);
const studios: BuiltStudio[] = [];
let browser: Browser;

async function putVolume(path: string, value: (at: number) => number): Promise<void> {
  const samples = Int16Array.from({ length: nx * ny * nz }, (_, at) => value(at));
  put(path, await encodeNifti({ grid, channels: 1, samples }, { packed: true }));
}

/** An image that is brighter in the upper half, where the organ of its mask is. */
async function putImage(path: string, seed: number): Promise<void> {
  const noise = pixels(nx * ny * nz, seed);
  await putVolume(path, (at) => 200 * isOrgan(at) + (noise[at] >> 4));
}

const isOrgan = (at: number) => Number(at % nz >= nz / 2);

async function start(): Promise<BuiltStudio> {
  const studio = await BuiltStudio.start(base);
  studios.push(studio);
  return studio;
}

/** A tablet held upright. */
const tablet = { viewport: { width: 820, height: 1180 } };

/** What slices of a plane look like on the stage. */
const planes = {
  axial: { width: nx, height: ny, tall: step[1] / step[0] },
  coronal: { width: nx, height: nz, tall: step[2] / step[0] },
  sagittal: { width: ny, height: nz, tall: step[2] / step[1] },
} as const;

/** Turns to a slice. */
async function turnTo(page: Page, plane: keyof typeof planes, index: number): Promise<Stage> {
  await page.getByRole("radio", { name: plane }).check();
  await page.getByRole("slider", { name: /^Slice/ }).fill(String(index));
  await page.locator(`.editor-place[data-slice="${plane} ${index}"]`).waitFor();
  const stage = new Stage(page, planes[plane]);
  await stage.brush(1);
  return stage;
}

/** Drawn voxels by their place in the patient, towards left, back and head, 0-based. */
async function drawnVoxels(): Promise<string[]> {
  const { grid: own, samples } = await readVolume(drawnFile);
  expect(own.toWorld).toEqual(toWorld);
  const [, rows, columns] = own.shape;
  return [...samples.keys()]
    .filter((at) => samples[at] !== 0)
    .map((at) => worldOf(own, [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns]))
    .map((place) => place.map((value, axis) => Math.round((value - origin[axis]) / step[axis])).join())
    .sort();
}

const run = (length: number, voxel: (i: number) => number[]) => Array.from({ length }, (_, i) => voxel(i).join());

beforeAll(async () => {
  for (const id of [0, 1, 2]) {
    await putImage(join(base, `data/a/images/${id}.nii.gz`), id);
    await putVolume(join(base, `data/a/masks/${id}.nii.gz`), isOrgan);
  }
  await putImage(join(base, "data/b/images/v.nii.gz"), 7);
  mkdirSync(join(base, "data/b/masks"));
  const source = (name: string) => ({ images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` });
  putDatasetYaml(join(base, "data"), {
    ...{ target: "softmax", channels: 1, slices: "axial", resize: { size: 16 } },
    ...{ intensity: { low: 0, high: 215 } },
    domains: [
      { name: "a", train: source("a") },
      { name: "b", train: source("b") },
    ],
    classes: [0, 1].map((index) => ({ index, name: ["background", "organ"][index] })),
    labels: { kind: "values", map: { 0: "background", 1: "organ" } },
  });
  await trainRun(base, "first", {
    labelled: { domain: "a", count: 2, validation: 1 },
    method: { name: "supervised" },
    training: { iterations: 1, labelledBatch: 2, unlabelledBatch: 1, threads: 1, precision: "fp32", device: "cpu" },
    evaluation: { every: 1, preview: false },
  });
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  for (const studio of studios) await studio.end("SIGKILL");
});

describe.skipIf(!hasBrowser)("a correction of a volume", () => {
  it("is drawn in three planes, outlives tab and server, and is written where it was seen", async () => {
    const first = await start();
    const { page } = await openUnlabelled(browser, first.link, tablet);
    await page.getByRole("button", { name: "An empty mask" }).click();
    // Rows of axial slices run to the back, columns to the patient's left, slices to the head.
    const axial = await turnTo(page, "axial", 2);
    expect(await axial.savedStroke({ x: 3, y: 5 }, { x: 8, y: 5 })).toBe(true);
    const coronal = await turnTo(page, "coronal", 6);
    // Rows of coronal and sagittal slices run to the feet.
    expect(await coronal.savedStroke({ x: 12, y: 1 }, { x: 12, y: 4 })).toBe(true);
    // Undo goes to the slices of the steps, and back again.
    const said = (words: string) => page.locator(".editor-did").filter({ hasText: words }).waitFor();
    const shown = (slice: string) => page.locator(`.editor-place[data-slice="${slice}"]`).waitFor();
    const undo = page.getByRole("button", { name: "Undo" });
    const redo = page.getByRole("button", { name: "Do again" });
    await turnTo(page, "sagittal", 2);
    for (const [button, slice, words] of [
      [undo, "coronal 6", "Undid: brush"],
      [undo, "axial 2", "Undid: brush"],
      [redo, "axial 2", "Did again: brush"],
      [redo, "coronal 6", "Did again: brush"],
    ] as const) {
      await button.click();
      await shown(slice);
      await said(words);
      await page.locator(".editor-saved").filter({ hasText: "All saved" }).waitFor();
    }
    // One that is cut short.
    const unsaved = await turnTo(page, "axial", 0);
    await unsaved.stroke({ x: 0, y: 0 }, { x: 2, y: 0 });
    await first.end("SIGKILL");
    await page.context().close();

    const second = await start();
    const { page: again, heard } = await openUnlabelled(browser, second.link, tablet);
    const sagittal = await turnTo(again, "sagittal", 3);
    expect(await problems(again)).toEqual([]);
    expect(await again.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    // It begins where the axial stroke crosses this plane.
    let letThrough = () => {};
    const held = new Promise<void>((resolve) => {
      letThrough = resolve;
    });
    await again.route("**/draft/strokes", (route) => held.then(() => route.continue()));
    await sagittal.stroke({ x: 5, y: nz - 1 - 2 }, { x: 9, y: nz - 1 - 2 });
    // While the studio does not have it, nothing is written, and no slice is shown that would lack it.
    await again.getByRole("radio", { name: "coronal" }).check();
    expect(await again.getByRole("button", { name: "Write mask" }).isDisabled()).toBe(true);
    expect(await again.locator(".editor-place").getAttribute("data-slice")).toBe("sagittal 3");
    letThrough();
    await again.locator('.editor-place[data-slice^="coronal"]').waitFor();
    expect(existsSync(drawnFile)).toBe(false);
    await again.getByRole("button", { name: "Write mask" }).click();
    await again.getByRole("heading", { name: "Written" }).waitFor();
    expect(heard).toEqual([]);
    await again.context().close();

    const strokes = [
      run(6, (i) => [3 + i, 5, 2]),
      run(4, (i) => [12, 6, nz - 1 - (1 + i)]),
      run(5, (i) => [3, 5 + i, 2]),
    ].flat();
    const cut = run(3, (i) => [i, 0, 0]);
    const voxels = await drawnVoxels();
    const kept = voxels.some((one) => cut.includes(one)) ? cut : [];
    expect(voxels).toEqual([...new Set([...strokes, ...kept])].sort());
    const line = JSON.parse(readFileSync(join(base, "data/dimseg-corrections/corrections.jsonl"), "utf8"));
    expect(line).toMatchObject({ case: "b/train/v", file: "b/masks/v.nii.gz", from: "empty" });
    expect(line.strokes).toBe(kept.length > 0 ? 8 : 7);
  });
});
