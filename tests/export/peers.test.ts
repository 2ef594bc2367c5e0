/** Exported models of pictures in Python, with nothing of dimseg: the scripts of bench/peers reproduce our masks. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { networkNames, networks } from "../../src/nn/index.js";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { png, put, temporaryFolder } from "../data/files.js";
import { pixels } from "../data/tiny.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";
import { expectOurMasks, needsPython, peer } from "./python-peer.js";

const hasRuntime = needsPython("onnxruntime", "numpy");
const base = temporaryFolder();
const pictures = ["larger", "smaller"].map((name) => join(base, "in", `${name}.png`));
let run: string;

/** Another description of the same data set. */
function described(name: string, changes: object): string {
  const file = parse(readFileSync(join(base, "data/dataset.yaml"), "utf8"));
  return put(join(base, "data", `${name}.yaml`), stringify({ ...file, ...changes }));
}

/** Enough to tell the parts from one another. */
const learning = {
  model: { name: "unet", width: 4 },
  method: { name: "supervised" },
  base: { name: "adamw", rate: 0.01 },
  training: { iterations: 40, labelledBatch: 4, precision: "fp32", device: "cpu", threads: 1 },
  evaluation: { every: 40 },
};

/** Class numbers in place of the nested parts that the data set has. */
const classNumbers = {
  target: "softmax",
  classes: ["background", "disc", "cup"].map((name, index) => ({ index, name })),
};

beforeAll(async () => {
  if (!hasRuntime) return;
  putDataset(join(base, "data"));
  const shapes = [
    { width: 270, height: 241, channels: 3 },
    { width: 120, height: 290, channels: 1 },
  ] as const;
  for (const [i, { width, height, channels }] of shapes.entries()) {
    // Brighter from left to right, as the data set is.
    const across = (at: number) => Math.floor(at / channels) % width;
    const data = pixels(width * height * channels, width).map((value, at) => (value >> 2) + (190 * across(at)) / width);
    // Lines that are filtered in all ways are compressed with one or the other option.
    const options = { adaptiveFiltering: i === 0 };
    put(pictures[i], await sharp(data, { raw: { width, height, channels } }).png(options).toBuffer());
  }
  run = await trainRun(base, "run", learning);
  await dimseg("export", run);
});

/** Expects that masks of the run itself, in libtorch, are those of its export in Python. @returns the masks */
async function expectMasksOf(trained: string, images = pictures): Promise<string[]> {
  await dimseg("export", trained);
  const out = join(trained, "predicted");
  await dimseg("predict", trained, ...images, "--out", out);
  expectOurMasks(join(trained, "export/model.onnx"), images, out);
  return images.map((image) => join(out, "masks", image.split("/").at(-1) as string));
}

/** Whether a mask is not the same everywhere. */
async function hasParts(mask: string): Promise<boolean> {
  const values = await sharp(mask).raw().toBuffer();
  return values.some((value) => value !== values[0]);
}

it("numpy and onnxruntime make our masks of PNG files of any size", async () => {
  const masks = await expectMasksOf(run);
  expect(await Promise.all(masks.map(hasParts))).toEqual([true, true]);
});

it.each(networkNames.filter((name) => networks[name].strides.length === 2))(
  "and of %s with class numbers",
  async (name) => {
    const deep = "deepSupervision" in networks[name].options.shape ? { deepSupervision: true } : {};
    const set = described(name, classNumbers);
    const trained = await trainRun(base, name, { ...learning, dataset: set, model: { name, width: 4, ...deep } });
    const masks = await expectMasksOf(trained);
    expect(await Promise.all(masks.map(hasParts))).toContain(true);
  },
);

it.each(["pad", "crop"])("and of pictures whose shapes are kept: %s", async (mode) => {
  const dataset = described(mode, { resize: { size: [16, 32], mode, filter: "lanczos" } });
  const masks = await expectMasksOf(await trainRun(base, mode, { ...learning, dataset }));
  expect(await Promise.all(masks.map(hasParts))).toContain(true);
});

describe.skipIf(!hasOnnxRuntime)("of fewer digits", () => {
  it.each(["int8", "fp16"])("the same: %s", async (asked) => {
    const coarse = join(base, asked);
    await dimseg("export", run, "--precision", asked, "--out", coarse);
    const { precision } = JSON.parse(readFileSync(join(coarse, "model.json"), "utf8"));
    const file = join(coarse, precision === asked ? "model.onnx" : "model-reduced.onnx");
    const out = join(base, `${asked}-out`);
    await dimseg("predict", file, ...pictures, "--out", out);
    expectOurMasks(file, pictures, out);
  });
});

it.each([
  ["z-scores", { intensity: { zscore: "all" } }],
  ["z-scores within percentiles", { intensity: { zscore: "nonzero", percentiles: [5, 90] } }],
  ["levels that are not rounded", { values: "float", intensity: { low: 100, high: 60_000 } }],
])("and of 8 and 16 bits as %s", async (name, values) => {
  const trained = await trainRun(base, name, { dataset: described(name, values) });
  const images = [8, 16].map((bits) => {
    const samples = Array.from(pixels(50 * 33, bits), (value, i) => (bits === 8 ? value : 251 * value + (i % 250)));
    return put(join(base, name, "in", `${bits}.png`), png(50, 33, samples, { bits: bits as 8 | 16 }));
  });
  await expectMasksOf(trained, images);
});

describe("in PyTorch", () => {
  needsPython("torch");

  it("the loader of docs/export.md brings the weights into it", () => {
    const said = peer("exported_weights.py", join(run, "export"));
    expect(said.stderr).toBe("");
    expect(said.stdout).toMatch(/^PyTorch .* and onnxruntime .* differ by at most \d\.\de-0[5-9]\n$/);
  });
});
