/** HDF5 slices and volumes from a folder with lists to masks, with the real verbs; each ends by itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { readVolume } from "../../../src/data/images/read-image.js";
import { put, temporaryFolder } from "../../data/files.js";
import { hdf5File } from "../../data/hdf5-file.js";
import { run as dimseg, putConfig } from "../built.js";

const folder = temporaryFolder();
const lines = (ids: readonly string[]) => `${ids.join("\n")}\n`;

/** A bright square in noise, with its label. */
function bytes(shape: readonly number[], seed: number): Buffer {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const labels = Uint8Array.from({ length: size }, (_, i) => {
    const [y, x] = [Math.floor(i / 32) % 32, i % 32];
    return y > 4 + seed && y < 22 && x > 6 && x < 24 - seed ? 1 : 0;
  });
  const values = Float32Array.from(labels, (label, i) => 0.6 * label + (((i + 1) * (seed + 3) * 37) % 101) / 300);
  return hdf5File({ image: { shape, values, packed: true }, label: { shape, values: labels, packed: true } });
}

it("trains on slices in the order of a list, judges volumes, and writes masks of their shape", async () => {
  const root = join(folder, "ACDC");
  const slices = [1, 2, 3, 4].flatMap((p) => [2, 1].map((z) => `patient00${p}_frame01_slice_${z}`));
  for (const [i, id] of slices.entries()) put(join(root, `data/slices/${id}.h5`), bytes([32, 32], i));
  const volumes = ["patient009_frame01", "patient008_frame01"];
  for (const [i, id] of volumes.entries()) put(join(root, `data/${id}.h5`), bytes([3, 32, 32], i));
  put(join(root, "train_slices.list"), lines(slices));
  put(join(root, "test.list"), lines(volumes));

  const dataset = join(folder, "dataset.yaml");
  const inspected = dimseg(["data", "inspect", root, "--out", dataset]);
  expect([inspected.code, inspected.out]).toEqual([
    0,
    expect.stringContaining("train_slices.list says what is trained on"),
  ]);
  expect(parse(readFileSync(dataset, "utf8")).domains[0].train).toEqual({
    images: "data/slices/{id}.h5",
    ...{ masks: "data/slices/{id}.h5/label", list: "train_slices.list" },
  });
  const checked = dimseg(["data", "check", dataset]);
  expect([checked.code, checked.out]).toEqual([0, expect.stringContaining("0 errors, 1 warning")]);

  const labelled = { domain: "ACDC", count: 4, validation: 0 };
  const config = putConfig(join(folder, "config.yaml"), {
    ...{ dataset, labelled, imageSize: 32, training: { iterations: 3 }, evaluation: { every: 3, preview: false } },
  });
  const run = join(folder, "run");
  const trained = dimseg(["train", config, "--out", run]);
  expect([trained.code, trained.out]).toEqual([0, expect.stringContaining("4 labelled cases of ACDC (2 subjects)")]);
  expect(dimseg(["evaluate", run]).code).toBe(0);
  const rows = readFileSync(join(run, "evaluation/last-teacher/cases.csv"), "utf8");
  for (const id of volumes) expect(rows).toContain(id);

  const image = join(root, `data/${volumes[0]}.h5`);
  const out = join(folder, "masks");
  expect(dimseg(["predict", run, image, "--out", out]).code).toBe(0);
  expect((await readVolume(join(out, `masks/${volumes[0]}.nii.gz`))).grid.shape).toEqual([3, 32, 32]);
});
