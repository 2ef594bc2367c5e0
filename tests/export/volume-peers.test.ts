/** Exported models of volumes in Python, with nothing of dimseg: from raw NIfTI files, by slices and by windows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readVolume } from "../../src/data/images/read-image.js";
import { sameGrid } from "../../src/grid/grid.js";
import { networkNames, networks } from "../../src/nn/index.js";
import { dimseg, trainRun } from "../cli/trained-run.js";
import { put, temporaryFolder } from "../data/files.js";
import { niftiFile } from "../data/nifti-file.js";
import { putVolume, putVolumes, type Site, sites, storedBody } from "../data/slices/bodies.js";
import { hasOnnxRuntime } from "./onnx-runtime.js";
import { expectOurMasks, needsPython } from "./python-peer.js";

needsPython("onnxruntime", "numpy");
const base = temporaryFolder();
const sagittal: Site = { axes: [1, 2, 0], reversed: [false, true, false], extents: [22, 30, 12], sizes: [1.5, 1, 2] };
let volumes: string[];

/** Runs the bodies of two sites, which lie differently in their files, under a rule of their own. */
function trained(name: string, rule: object, model: object): Promise<string> {
  const domains = ["A", "B"].map((site) => ({
    name: site,
    train: { images: `${site}/images/{id}.nii.gz`, masks: `${site}/masks/{id}.nii.gz` },
  }));
  const dataset = put(
    join(base, "data", `${name}.yaml`),
    stringify({
      ...{ name: "bodies", target: "softmax", channels: 1, intensity: { percentiles: [0.5, 99.5] }, domains },
      ...{ slices: "axial", resize: { size: 32, filter: "bilinear" } },
      classes: ["background", "ball"].map((label, index) => ({ index, name: label })),
      labels: { kind: "values", map: { 0: "background", 1: "ball" } },
      ...rule,
    }),
  );
  return trainRun(base, name, {
    dataset,
    labelled: { domain: "A", count: 2, validation: 0 },
    method: { name: "supervised" },
    base: { name: "adamw", rate: 0.01 },
    training: { iterations: 40, labelledBatch: 4, precision: "fp32", device: "cpu", threads: 1 },
    evaluation: { every: 40, preview: false },
    ...model,
  });
}

/** Expects that what predict makes of volumes is what Python makes of them. */
async function expectMasksOf(asked: string, graph: string, out: string): Promise<void> {
  await dimseg("predict", asked, ...volumes, "--out", out);
  const others = expectOurMasks(graph, volumes, out);
  let most = 0;
  for (const path of volumes) {
    const name = `${idOf(path)}.nii.gz`;
    const [own, other] = await Promise.all([readVolume(join(out, "masks", name)), readVolume(join(others, name))]);
    expect([name, sameGrid(own.grid, other.grid)]).toEqual([name, true]);
    most = Math.max(most, new Set(other.samples).size);
  }
  expect(most).toBe(2);
}

function idOf(path: string): string {
  return (path.split("/").at(-1) as string).replace(/\.nii(\.gz)?$/, "");
}

beforeAll(() => {
  putVolumes(join(base, "data"), 2);
  const folder = join(base, "in");
  const plain = put(join(folder, "left.nii"), gunzipSync(readFileSync(putVolume(folder, "left", sites.B, 7, false))));
  const body = storedBody(sites.A, (x, y, z) => (Math.hypot(x - 9, y - 12, z - 3) < 6 ? 900 : 100) + 7 * (x % 9));
  // Nobody knows how it lies.
  const nowhere = niftiFile({ ...body, affine: undefined, spacing: [1, 1, 3] });
  volumes = [
    putVolume(folder, "right", sites.A, 8, false),
    putVolume(folder, "sagittal", sagittal, 9, false),
    plain,
    put(join(folder, "nowhere.nii.gz"), nowhere),
  ];
});

describe.each([
  ["slices", { slices: "coronal" }],
  ["slices whose shapes are kept", { resize: { size: 32, mode: "pad", filter: "lanczos" } }],
  ["slices as z-scores", { intensity: { zscore: "nonzero", low: 50, high: 950 } }],
])("%s", (name, rule) => {
  it("have our masks", async () => {
    const run = await trained(name, rule, { model: { width: 8 } });
    await dimseg("export", run);
    await expectMasksOf(run, join(run, "export/model.onnx"), join(run, "predicted"));
  });
});

describe.each(networkNames.filter((name) => networks[name].strides.length === 3))("windows of %s", (name) => {
  it("have our masks", async () => {
    const deep = "deepSupervision" in networks[name].options.shape ? { deepSupervision: true } : {};
    const model = { patch: [16, 16, 16], model: { name, width: 4, ...deep } };
    const run = await trained(name, name === "vnet" ? {} : { resample: [3.5, 1, 1] }, model);
    await dimseg("export", run);
    const graph = join(run, "export/model.onnx");
    await expectMasksOf(run, graph, join(run, "predicted"));
    if (name !== "unet-3d" || !hasOnnxRuntime) return;
    const reduced = join(base, "int8");
    await dimseg("export", run, "--precision", "int8", "--out", reduced);
    await expectMasksOf(join(reduced, "model.onnx"), join(reduced, "model.onnx"), join(base, "int8-predicted"));
  });
});
