/** A run on drawn volumes of balls, for tests of what becomes of volumes. */
import { join } from "node:path";
import { stringify } from "yaml";
import { put } from "../data/files.js";
import { putVolumes } from "../data/slices/bodies.js";
import { trainRun } from "./trained-run.js";

/**
 * Draws volumes of the domains A and B into `base/data` and trains a small network on slices of A. @returns the run's folder
 */
export async function ballRun(base: string, training: { iterations: number; labelledBatch: number }): Promise<string> {
  putVolumes(join(base, "data"), 3);
  const images = (name: string) => ({ images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` });
  put(
    join(base, "data/dataset.yaml"),
    stringify({
      ...{ name: "balls", target: "softmax", channels: 1, slices: "axial", intensity: { percentiles: [0.5, 99.5] } },
      classes: ["background", "ball"].map((name, index) => ({ index, name })),
      resize: { size: 32, filter: "bilinear" },
      labels: { kind: "values", map: { 0: "background", 1: "ball" } },
      domains: ["A", "B"].map((name) => ({ name, train: images(name) })),
    }),
  );
  return trainRun(base, "run", {
    labelled: { domain: "A", count: 2, validation: 0 },
    imageSize: 32,
    model: { width: 8 },
    method: { name: "supervised" },
    base: { name: "adamw", rate: 0.01 },
    training: { ...training, precision: "fp32", device: "cpu", threads: 1 },
  });
}
