/** Volumes and deep pictures dropped into the page: their masks are the files of `dimseg predict --engine onnx`. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { hasBrowser, launch } from "../../bench/browser.js";
import { readVolume } from "../../src/data/images/read-image.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { dicomFile } from "../data/dicom/dicom-file.js";
import { enhanced, oblique } from "../data/dicom/series-files.js";
import { putSeriesOf } from "../data/dicom/series-of-volume.js";
import { png, put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { niftiFile } from "../data/nifti-file.js";
import { putVolumes, sites, storedBody } from "../data/slices/bodies.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, open } from "./opened-studio.js";

const base = temporaryFolder();
const given = join(base, "given");
let studio: BuiltStudio;
let browser: Browser;

const training = { labelledBatch: 4, precision: "fp32", device: "cpu", threads: 1 };

/** Two sites of drawn balls. */
function putBalls(): void {
  putVolumes(join(base, "data"), 3);
  const images = (name: string) => ({ images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` });
  const set = {
    ...{ name: "balls", target: "softmax", channels: 1, slices: "axial", intensity: { percentiles: [0.5, 99.5] } },
    classes: ["background", "ball"].map((name, index) => ({ index, name })),
    resize: { size: 32, filter: "bilinear" },
    labels: { kind: "values", map: { 0: "background", 1: "ball" } },
    domains: ["A", "B"].map((name) => ({ name, train: images(name) })),
  };
  put(join(base, "data/dataset.yaml"), stringify(set));
  put(join(base, "data/whole.yaml"), stringify({ ...set, resample: [3.5, 1, 1] }));
  const second = (seed: number) => storedBody(sites.A, (x, y, z) => 40 * z + 3 * y - x + seed);
  for (const i of [0, 1, 2]) put(join(base, `data/A/second/case_${i}.nii.gz`), niftiFile(second(i)));
  const train = { ...images("A"), furtherChannels: ["A/second/{id}.nii.gz"] };
  const modal = { ...set, channels: 2, channelNames: ["T2", "ADC"], domains: [{ name: "A", train }] };
  put(join(base, "data/modal.yaml"), stringify(modal));
  const pair = [readFileSync(join(base, "data/A/images/case_1.nii.gz")), niftiFile(second(5))];
  pair.forEach((file, i) => {
    put(join(given, `pair/case_000${i}.nii.gz`), file);
  });
  const { extents, values, affine } = second(7);
  const both = [...storedBody(sites.A, (x, y, z) => x * y + 9 * z).values, ...values];
  put(join(given, "both.nii.gz"), niftiFile({ extents: [...extents, 2], values: both, affine }));
}

/** Pictures of 12 bits with a bright disc. */
function deepDisc(side: number, seed: number): { image: Buffer; mask: Buffer } {
  const inside = (i: number) => Math.hypot((i % side) - side / 2 - seed, Math.floor(i / side) - side / 2) < side / 4;
  const pixels = (value: (i: number) => number) => Array.from({ length: side * side }, (_, i) => value(i));
  return {
    image: png(
      side,
      side,
      pixels((i) => (inside(i) ? 3000 : 500) + ((i * 37 + seed * 11) % 400)),
      { bits: 16 },
    ),
    mask: png(
      side,
      side,
      pixels((i) => Number(inside(i))),
    ),
  };
}

function putDiscs(): void {
  const folder = join(base, "deep");
  for (let i = 0; i < 4; i++) {
    const { image, mask } = deepDisc(24, i);
    put(join(folder, `images/${i}.png`), image);
    put(join(folder, `masks/${i}.png`), mask);
  }
  putDatasetYaml(folder, {
    intensity: { low: 0, high: 4095 },
    domains: [{ name: "a", train: { images: "images/{id}.png", masks: "masks/{id}.png" } }],
  });
}

/** Volumes of no data set: one that lies askew, one that is larger than several windows, one as DICOM of each kind. */
async function putGiven(): Promise<void> {
  const askew = { ...sites.A, extents: [22, 18, 7] };
  const ball = storedBody(
    askew,
    (x, y, z) => (Math.hypot(x - 9, y - 10, 3 * (z - 3)) < 6 ? 950 : 150) + ((x * y) % 50),
  );
  const sizes = [1.1, 0.9, 2.7];
  const affine = oblique.map((row, r) => [...row.map((value, c) => value * sizes[c]), 10 * r - 7]);
  put(join(given, "askew.nii.gz"), niftiFile({ ...ball, affine, type: "float32" }));
  const large = { ...sites.A, extents: [80, 80, 60] };
  const long = storedBody(large, (x, y, z) => (Math.hypot(x - 30, y - 40, z - 30) < 20 ? 900 : 100));
  put(join(given, "large.nii.gz"), niftiFile(long));
  put(join(given, "frames.dcm"), dicomFile(enhanced()));
  put(join(given, "deep.png"), deepDisc(37, 2).image);
  await putSeriesOf(join(given, "series"), join(base, "data/B/images/case_1.nii.gz"), 7);
}

/** The network of discs, as if another domain had a rule for values of its own. */
function putRuled(): void {
  cpSync(join(base, "discs"), join(base, "ruled"), { recursive: true });
  const file = join(base, "ruled/export/model.json");
  const description = JSON.parse(readFileSync(file, "utf8"));
  description.dataset.domainIntensities = { dim: { intensity: { low: 0, high: 65535 } } };
  description.dataset.usualDomains = ["a"];
  put(file, JSON.stringify(description));
}

/** The bytes of a saved mask, the newest of that name, and the name that it is saved under. */
async function saved(page: Page, name: string) {
  const coming = page.waitForEvent("download");
  await page
    .getByRole("button", { name: `Save mask of ${name}` })
    .first()
    .click();
  const download = await coming;
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

async function predicted(run: string, image: string, ...words: string[]): Promise<string> {
  const out = join(base, "predicted", run, image);
  await dimseg("predict", join(base, run, "export"), join(given, image), "--engine", "onnx", "--out", out, ...words);
  const [mask] = readdirSync(join(out, "masks"));
  return join(out, "masks", mask);
}

/** Opens the page of a run, which is exported, that takes images. */
async function opened(run: string, width = 1280) {
  const shown = await open(browser, studio.link, { viewport: { width, height: 1000 } });
  const { page } = shown;
  await page.getByRole("link", { name: run, exact: true }).click();
  const segment = page.getByRole("link", { name: "Segment images" });
  // The list of runs, in which each is finished, is gone then.
  await segment.waitFor();
  // Until it has come, what stands below it moves.
  await page.getByText("Finished", { exact: true }).waitFor();
  await segment.click();
  const chooser = page.getByLabel("Drop images here");
  await chooser.waitFor({ state: "attached" });
  const give = async (...files: string[]) => chooser.setInputFiles(files.map((file) => join(given, file)));
  return { ...shown, give };
}

/** Drops a folder, as a hand does from the system's window of files. */
async function dropFolder(page: Page, name: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const box = await page.locator(".drop-zone").boundingBox();
  const place = { x: (box?.x ?? 0) + 50, y: (box?.y ?? 0) + 50 };
  const data = { items: [], files: [join(given, name)], dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"] as const)
    await devtools.send("Input.dispatchDragEvent", { type, ...place, data });
}

beforeAll(async () => {
  putBalls();
  putDiscs();
  await putGiven();
  const supervised = { method: { name: "supervised" }, base: { name: "adamw", rate: 0.03 } };
  await trainRun(base, "slices", {
    ...{ labelled: { domain: "A", count: 2, validation: 0 }, imageSize: 32, model: { width: 4 }, ...supervised },
    training: { ...training, iterations: 80 },
  });
  await trainRun(base, "patches", {
    ...{ dataset: "data/whole.yaml", labelled: { domain: "A", count: 2, validation: 0 }, patch: [16, 16, 16] },
    ...{ model: { name: "unet-3d", width: 4 }, ...supervised, base: { name: "adamw", rate: 0.01 } },
    training: { ...training, iterations: 100 },
  });
  await trainRun(base, "discs", {
    ...{ dataset: "deep/dataset.yaml", labelled: { domain: "a", count: 3, validation: 0 }, imageSize: 16 },
    ...{ model: { name: "unet", width: 4 }, ...supervised, training: { ...training, iterations: 80 } },
  });
  await trainRun(base, "modal", {
    ...{ dataset: "data/modal.yaml", labelled: { domain: "A", count: 2, validation: 0 }, imageSize: 16 },
    ...{ model: { name: "unet", width: 2 }, ...supervised, training: { ...training, iterations: 10 } },
  });
  for (const run of ["slices", "patches", "discs", "modal"]) await dimseg("export", join(base, run));
  putRuled();
  mkdirSync(join(base, "temporary"));
  process.env.TMPDIR = join(base, "temporary");
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

describe.skipIf(!hasBrowser)("volumes in the browser", () => {
  it("have the masks of `dimseg predict`, byte for byte, with a network of slices", async () => {
    const { page, heard, give } = await opened("slices", 820);
    await give("askew.nii.gz", "frames.dcm");
    await page.getByText("2 of 2 images done").waitFor();
    await give(...readdirSync(join(given, "series")).map((name) => join("series", name)));
    await page.getByText("3 of 3 images done").waitFor();
    await dropFolder(page, "series");
    await page.getByText("4 of 4 images done").waitFor();
    expect(await page.locator(".outcome .notice").allInnerTexts()).toEqual([]);
    expect(await problems(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);

    const askew = await saved(page, "askew.nii.gz");
    expect(askew.name).toBe("askew.nii.gz");
    expect(askew.bytes.equals(readFileSync(await predicted("slices", "askew.nii.gz")))).toBe(true);
    const frames = await saved(page, "frames.dcm");
    expect(frames.name).toBe("frames.nii.gz");
    expect(frames.bytes.equals(readFileSync(await predicted("slices", "frames.dcm")))).toBe(true);
    const [slice] = readdirSync(join(given, "series"));
    const [whole, folder] = [await saved(page, slice), await saved(page, "series")];
    expect(folder.name).toBe("series.nii.gz");
    expect(folder.bytes.equals(whole.bytes)).toBe(true);
    const mask = await readVolume(put(join(base, "saved.nii.gz"), whole.bytes));
    expect(whole.bytes.equals(readFileSync(await predicted("slices", "series")))).toBe(true);
    expect(mask.samples.includes(1)).toBe(true);

    // What was read is gone, and the patient's name with it.
    const [own, ...others] = readdirSync(join(base, "temporary")).filter((name) => name.startsWith("dimseg"));
    expect([readdirSync(join(base, "temporary", own)), others]).toEqual([["owner.json"], []]);
    expect(readFileSync(join(given, "series", slice)).includes("Secret")).toBe(true);
    for (const { bytes } of [askew, frames, whole]) expect(gunzipSync(bytes).includes("Secret")).toBe(false);

    // Three planes each, at the slice that shows most of the mask.
    const slider = page.getByLabel("Slice, Axial").last();
    const drawn = () => page.evaluate("document.querySelector('.outcome:last-child canvas').toDataURL()");
    const before = await drawn();
    await slider.fill((await slider.inputValue()) === "0" ? "1" : "0");
    await expect.poll(drawn, { timeout: 10_000 }).not.toBe(before);
    expect(await page.locator(".outcome canvas").count()).toBe(12);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("are asked about in windows by a network of volumes, show how far they are, and can be cancelled", async () => {
    const { page, heard, give } = await opened("patches");
    await give("large.nii.gz");
    await page.getByRole("progressbar", { name: "Segmenting large.nii.gz" }).waitFor();
    // Meanwhile the page draws: it is another thread that computes.
    const gaps =
      "new Promise((resolve) => { const from = performance.now(); requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from))); })";
    expect(await page.evaluate<number>(gaps)).toBeLessThan(1000);
    await give("askew.nii.gz");
    await page.getByRole("button", { name: "Cancel large.nii.gz" }).click();
    await page.getByText("1 of 1 images done").waitFor();
    const askew = await saved(page, "askew.nii.gz");
    const expected = await predicted("patches", "askew.nii.gz");
    expect(askew.bytes.equals(readFileSync(expected))).toBe(true);
    expect((await readVolume(expected)).samples.includes(1)).toBe(true);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("are read by the studio where they are pictures of 16 bits", async () => {
    const { page, heard, give } = await opened("discs");
    await give("deep.png");
    await page.getByText("1 of 1 images done").waitFor();
    const { name, bytes } = await saved(page, "deep.png");
    expect(name).toBe("deep.png");
    const values = (file: string | Buffer) => sharp(file).toColourspace("b-w").raw().toBuffer();
    const expected = await values(await predicted("discs", "deep.png"));
    expect((await values(bytes)).equals(expected)).toBe(true);
    expect(expected.includes(1)).toBe(true);
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("have several channels in one file, or in files that are given together", async () => {
    const { page, heard, give } = await opened("modal");
    expect(await page.getByText("Of one image at a time its channels (T2, ADC)").count()).toBe(1);
    await give("both.nii.gz");
    await give("pair/case_0000.nii.gz", "pair/case_0001.nii.gz");
    await page.getByText("2 of 2 images done").waitFor();
    const both = await saved(page, "both.nii.gz");
    expect(both.bytes.equals(readFileSync(await predicted("modal", "both.nii.gz")))).toBe(true);
    const pair = await saved(page, "case_0000.nii.gz");
    expect(pair.bytes.equals(readFileSync(await predicted("modal", "pair")))).toBe(true);
    await give("askew.nii.gz");
    await page.getByText(/^askew\.nii\.gz: has 1 channel, but .* channels: 2 \(T2, ADC\); give the files of/).waitFor();
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("follow the rule of the domain that is chosen, where domains have their own", async () => {
    const { page, give } = await opened("ruled");
    const values = (file: string | Buffer) => sharp(file).toColourspace("b-w").raw().toBuffer();
    const masks: Buffer[] = [];
    for (const domain of ["a", "dim"]) {
      await page.getByLabel("Images are like those of").selectOption(domain);
      await give("deep.png");
      await page.getByText(`${masks.length + 1} of ${masks.length + 1} images done`).waitFor();
      const { bytes } = await saved(page, "deep.png");
      masks.push(await values(bytes));
      expect(masks.at(-1)?.equals(await values(await predicted("ruled", "deep.png", "--domain", domain)))).toBe(true);
    }
    expect(masks[0].equals(masks[1])).toBe(false);
    await page.context().close();
  });

  it("are refused in a sentence when they are damaged, of another kind, or too large for a page", async () => {
    const whole = readFileSync(join(given, "large.nii.gz"));
    put(join(given, "cut.nii.gz"), whole.subarray(0, 900));
    const small = { extents: [4, 4, 4], values: new Float64Array(64) };
    put(join(given, "bomb.nii.gz"), gzipSync(Buffer.concat([niftiFile(small, true), Buffer.alloc(2 ** 26)])));
    const header = niftiFile({ extents: [4, 4, 4], values: [], type: "float32" }, true);
    // What the readers would take, but no page.
    [700, 700, 700].forEach((extent, i) => {
      header.writeInt16LE(extent, 42 + 2 * i);
    });
    put(join(given, "vast.nii"), header);
    put(join(given, "picture.png"), png(8, 8, new Uint8Array(64)));
    const { page, give } = await opened("slices");
    await give("cut.nii.gz", "bomb.nii.gz", "vast.nii", "picture.png");
    await page.getByText("4 of 4 images done").waitFor({ timeout: 30_000 });
    const refused = (await page.locator(".outcome .notice").allInnerTexts()).reverse();
    expect(refused).toEqual([
      expect.stringMatching(/^cut\.nii\.gz: is cut off: /),
      expect.stringMatching(/^bomb\.nii\.gz: holds far more data than /),
      expect.stringMatching(
        /^vast\.nii: has 700 x 700 x 700 voxels, .* take 1\.9 GiB of memory, more than the 1\.5 GiB .*`dimseg predict .* FILE`$/,
      ),
      expect.stringMatching(/^picture\.png: is a picture, and the run was trained on volumes; give it volumes$/),
    ]);
    await page.context().close();
    const pictures = await opened("discs");
    await pictures.give("askew.nii.gz");
    await pictures.page
      .getByText("askew.nii.gz: is a volume, and this network is of pictures; give it pictures")
      .waitFor();
    await pictures.page.context().close();
  });
});
