/** Images dropped into the page and segmented in a real browser: the masks are those of `dimseg predict`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasBrowser, launch } from "../../bench/browser.js";
import { exportState } from "../../src/workflows/studio/run-export.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { problems } from "../support/axe.js";
import { BuiltStudio, open } from "./opened-studio.js";

const base = temporaryFolder();
const images = join(base, "images");
/** All but the last decoded by the browser. */
const good = ["first.png", "second.png", "large.png", "photo.jpg", "grey.png", "clear.png"];
let studio: BuiltStudio;
let browser: Browser;

async function putImages(): Promise<void> {
  const phantom = (domain: number) => join(base, `Fundus/Domain${domain}/test/ROIs/image/phantom_0000.png`);
  const ramp = (count: number) => Array.from({ length: count }, (_, i) => (37 * i + (i >> 4)) % 256);
  put(join(images, "first.png"), readFileSync(phantom(1)));
  put(join(images, "second.png"), readFileSync(phantom(2)));
  // Of other sizes and channels than the network's.
  put(join(images, "large.png"), await sharp(phantom(3)).resize(331, 257).png().toBuffer());
  put(join(images, "photo.jpg"), await sharp(phantom(4)).resize(200, 160).jpeg().toBuffer());
  put(join(images, "grey.png"), png(61, 47, ramp(61 * 47)));
  put(join(images, "clear.png"), await sharp(phantom(1)).ensureAlpha(0.5).png().toBuffer());
  const bad = join(base, "bad");
  put(join(bad, "words.png"), "no image");
  put(join(bad, "scan.nii.gz"), "no image either");
  put(join(bad, "deep.png"), png(8, 8, ramp(64), { bits: 16 }));
}

/** The mask that the page hands out for an image: its name and values. */
async function savedMask(page: Page, name: string) {
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: `Save mask of ${name}` }).click();
  const download = await coming;
  const file = readFileSync(await download.path());
  const { channels, depth } = await sharp(file).metadata();
  expect([channels, depth]).toEqual([1, "uchar"]);
  return { name: download.suggestedFilename(), values: await values(file) };
}

/** The page's masks of the good images are those of `dimseg predict`, but for at most 1 pixel in 10,000. */
async function expectMasksOf(page: Page, exported: string): Promise<void> {
  const out = `${exported}-predicted`;
  await dimseg("predict", exported, images, "--out", out);
  let differing = 0;
  let marked = 0;
  let pixels = 0;
  for (const name of good) {
    const saved = await savedMask(page, name);
    expect(saved.name).toBe(`${name.split(".")[0]}.png`);
    const expected = await values(join(out, "masks", saved.name));
    expect(saved.values.length).toBe(expected.length);
    pixels += expected.length;
    differing += expected.filter((value, i) => value !== saved.values[i]).length;
    marked += expected.filter((value) => value !== 0).length;
  }
  expect(marked).toBeGreaterThan(0);
  expect(differing).toBeLessThanOrEqual(pixels / 10_000);
}

/** Gives the good images to the page of the run "eyes", which is exported. @param card code that the worker runs first */
async function segmented(own: Browser, card = ""): Promise<{ page: Page; heard: string[] }> {
  const { page, heard } = await open(own, studio.link);
  await page.route(/\/worker-[^/]+\.js$/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${card}\n${await response.text()}` });
  });
  await page.getByRole("link", { name: "eyes", exact: true }).click();
  await page.getByRole("link", { name: "Segment images" }).click();
  const chooser = page.getByLabel("Drop images here");
  await chooser.waitFor({ state: "attached" });
  await chooser.setInputFiles(good.map((name) => join(images, name)));
  await page.getByText("6 of 6 images done").waitFor();
  expect(await page.locator(".outcome .notice").allInnerTexts()).toEqual([]);
  return { page, heard };
}

/** Chromium's processor in the place of a graphics card. */
const softwareCard = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const takenForReal = "Object.defineProperty(GPUAdapterInfo.prototype, 'isFallbackAdapter', { get: () => false });";
const noDevice = `Object.defineProperty(navigator, "gpu", { value: { requestAdapter: async () => ({
  info: { isFallbackAdapter: false, vendor: "", architecture: "", device: "", description: "" },
  features: new Set(), limits: {}, requestDevice: () => Promise.reject(new Error("there is no device")),
}) } });`;
const noRun = `${takenForReal}
GPUQueue.prototype.submit = () => { throw new Error("the driver takes no work"); };`;

function values(file: string | Buffer): Promise<Buffer> {
  return sharp(file).toColourspace("b-w").raw().toBuffer();
}

beforeAll(async () => {
  await dimseg("data", "phantoms", base, "--size", "48", "--train", "6", "--test", "1");
  await putImages();
  await trainRun(base, "eyes", {
    dataset: "Fundus/dataset.yaml",
    labelled: { domain: "Domain1", count: 4, validation: 1 },
    model: { name: "unet", width: 4 },
    method: { name: "supervised" },
    training: { iterations: 80, labelledBatch: 4, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
    evaluation: { every: 80 },
  });
  studio = await BuiltStudio.start(base);
  if (hasBrowser) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
  await studio?.end();
});

describe.skipIf(!hasBrowser)("images in the browser", () => {
  it("have the masks of `dimseg predict`, and are refused in a sentence where they cannot have them", async () => {
    const { page, heard } = await open(browser, studio.link, { viewport: { width: 820, height: 1100 } });
    await page.getByRole("link", { name: "eyes", exact: true }).click();
    await page.getByRole("link", { name: "Segment images" }).click();
    await page.getByRole("button", { name: "Export the network" }).click();
    const chooser = page.getByLabel("Drop images here");
    await chooser.waitFor({ state: "attached" });
    expect(await problems(page)).toEqual([]);

    await chooser.focus();
    await chooser.setInputFiles(good.map((name) => join(images, name)));
    await page.getByText("6 of 6 images done").waitFor();
    expect(await page.locator(".outcome .notice").allInnerTexts()).toEqual([]);
    expect(await problems(page)).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);

    await expectMasksOf(page, join(base, "eyes/export"));

    const shown = () =>
      page.evaluate("[...document.querySelectorAll('.outcome canvas')].map((one) => one.toDataURL()).join()");
    const before = await shown();
    await page.getByLabel("Opacity of masks").fill("1");
    await expect.poll(shown).not.toBe(before);

    const bad = ["words.png", "scan.nii.gz", "deep.png"];
    await chooser.setInputFiles(bad.map((name) => join(base, "bad", name)));
    await page.getByText("9 of 9 images done").waitFor();
    const refused = (await page.locator(".outcome .notice").allInnerTexts()).reverse();
    expect(refused).toEqual([
      expect.stringMatching(/^words.png: is no PNG, .* image; replace or convert it$/),
      expect.stringMatching(/^scan.nii.gz: is no PNG, .* image; replace or convert it$/),
      expect.stringMatching(/^deep.png: has 16 bits a sample, but the network was trained on 8-bit images/),
    ]);

    expect(await page.getByText(/dimseg predict .*eyes\/export FILE/).count()).toBe(1);

    // Dropped rather than chosen.
    const dropped = await page.evaluateHandle(`(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(["no image"], "dropped.txt"));
      return transfer;
    })()`);
    await page.locator(".drop-zone").dispatchEvent("drop", { dataTransfer: dropped });
    await page.getByText("10 of 10 images done").waitFor();
    expect(heard).toEqual([]);
    await page.context().close();
  });
});

describe.skipIf(!hasBrowser)("the engine of the browser", () => {
  const cardNote = /^The graphics card could not run the network, so the processor does/;
  let withCard: Browser;

  beforeAll(async () => {
    await dimseg("export", join(base, "eyes"));
    withCard = await launch(...softwareCard);
  });
  afterAll(() => withCard?.close());

  it.each([
    ["cannot be opened", noDevice],
    ["fails in the first run", noRun],
  ])("is WebAssembly where the graphics card %s, which a sentence says", async (_, card) => {
    const { page, heard } = await segmented(withCard, card);
    expect(await page.getByText(cardNote).count()).toBe(1);
    expect(await page.getByText(/WebAssembly/).count()).toBe(good.length);
    expect(await problems(page)).toEqual([]);
    await expectMasksOf(page, join(base, "eyes/export"));
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("is the graphics card where there is one, and nothing is said of another", async () => {
    const { page, heard } = await segmented(withCard, takenForReal);
    expect(await page.getByText(cardNote).count()).toBe(0);
    expect(await page.getByText(/WebGPU/).count()).toBe(good.length);
    await expectMasksOf(page, join(base, "eyes/export"));
    expect(heard).toEqual([]);
    await page.context().close();
  });

  it("computes in 8 bits what ONNX Runtime for Node does", async () => {
    const exported = join(base, "eyes/export");
    await dimseg("export", join(base, "eyes"), "--precision", "int8");
    expect(JSON.parse(readFileSync(join(exported, "model.json"), "utf8")).precision).toBe("int8");
    const { page, heard } = await segmented(browser);
    await expectMasksOf(page, join(exported, "model.onnx"));
    expect(heard).toEqual([]);
    await page.context().close();
  });
});

it("tells the page what it needs of an export, and a damaged one in a sentence", async () => {
  const file = join(base, "other/export/model.json");
  await dimseg("export", join(base, "eyes"), "--out", join(base, "other/export"));
  const description = JSON.parse(readFileSync(file, "utf8"));
  const rules = (changes: object) => {
    const other = { ...description, dataset: { ...description.dataset, ...changes } };
    put(file, JSON.stringify(other));
    return exportState(join(base, "other"), undefined).model?.rules;
  };
  expect(rules({})).toMatchObject([{ domain: null, set: { channels: 3, target: "sigmoid" } }]);
  const domainIntensities = { CT: { intensity: { low: 0, high: 1000 } } };
  expect(rules({ domainIntensities, usualDomains: ["MR"], intensity: { low: 0, high: 4095 } })).toMatchObject([
    { domain: "CT", set: { intensity: { low: 0, high: 1000 } } },
    { domain: "MR", set: { intensity: { low: 0, high: 4095 } } },
  ]);
  put(file, "{");
  expect(exportState(join(base, "other"), undefined)).toMatchObject({
    model: null,
    failure: expect.stringMatching(/is no JSON; export the run again/),
  });
});
