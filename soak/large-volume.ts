/**
 * A CT of 512 x 512 x 1000 voxels with 100 classes on 8 GB, from the file to the mask: `dimseg predict` in a process whose
 * memory is watched. The network is narrow and has learnt one step, which changes no sum: their size follows from classes,
 * windows and grid. It is asked at a coarser spacing, from which answers are resampled, and in the volume's own grid.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { writeFileAtomic } from "../src/core/files/atomic-file.js";
import { RandomStream } from "../src/core/random.js";
import { encodeNifti } from "../src/data/formats/nifti/writer.js";
import { readVolume } from "../src/data/images/read-image.js";
import { makeGrid } from "../src/grid/grid.js";
import type { Samples } from "../src/grid/stored-image.js";
import { mustWork, start } from "./command-line.js";
import { megabytes } from "./memory.js";
import type { Soak } from "./soak.js";

interface Plan {
  /** Slices, rows and columns of the CT. */
  readonly shape: readonly number[];
  readonly classes: number;
  /** Side of the windows. */
  readonly patch: number;
  /** Most that the process may hold, in bytes. */
  readonly bytes: number;
}

const fullPlan: Plan = { shape: [1000, 512, 512], classes: 100, patch: 96, bytes: 8e9 };
const quickPlan: Plan = { shape: [60, 48, 48], classes: 5, patch: 32, bytes: 1e9 };

/** Millimetres between slices, rows and columns; a network of the coarse grid sees twice as many, nearly. */
const spacing = [0.7, 0.8, 0.8];
const coarse = [1.5, 1.5, 1.5];

/** Milliseconds between two looks at the process. */
const pause = 200;

async function writeVolume(path: string, shape: readonly number[], samples: Samples): Promise<void> {
  const [through, down, across] = spacing;
  const toWorld = [
    [0, 0, across, 0],
    [0, down, 0, 0],
    [through, 0, 0, 0],
  ] as const;
  const grid = makeGrid(path, shape, null, toWorld);
  writeFileAtomic(path, await encodeNifti({ grid, channels: 1, samples }, { packed: true }));
}

/** Soft tissue with noise in a cylinder of air, in Hounsfield units. */
function drawCt(shape: readonly number[], random: RandomStream): Int16Array {
  const [depth, height, width] = shape;
  const noise = Int16Array.from({ length: 65_521 }, () => random.normal(40, 12));
  const values = new Int16Array(depth * height * width).fill(-1000);
  for (let z = 0, i = 0; z < depth; z++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++, i++)
        if (Math.hypot(y / height - 0.5, x / width - 0.5) < 0.45) values[i] = noise[i % noise.length];
  return values;
}

/** A case to train on, whose mask holds every class. */
async function writeCase(folder: string, name: string, { patch, classes }: Plan, random: RandomStream): Promise<void> {
  const shape = [patch, patch, patch];
  await writeVolume(join(folder, "images", `${name}.nii.gz`), shape, drawCt(shape, random));
  const mask = Uint8Array.from({ length: patch ** 3 }, (_, i) => Math.floor((i * classes) / patch ** 3));
  await writeVolume(join(folder, "masks", `${name}.nii.gz`), shape, mask);
}

/** A run of one step. @returns its folder */
async function train(
  folder: string,
  name: string,
  plan: Plan,
  resample: readonly number[] | undefined,
): Promise<string> {
  const { classes, patch } = plan;
  const named = Array.from({ length: classes }, (_, index) => ({
    index,
    name: index === 0 ? "background" : `organ${index}`,
  }));
  const files = { images: "images/{id}.nii.gz", masks: "masks/{id}.nii.gz" };
  const dataset = join(folder, `${name}.yaml`);
  const described = {
    ...{ name, root: folder, target: "softmax", channels: 1, resize: { size: patch }, slices: "axial" },
    ...(resample ? { resample } : {}),
    ...{ values: "float", intensity: { zscore: "all" }, classes: named },
    domains: [{ name: "ct", train: { ...files, ids: ["a"] }, test: { ...files, ids: ["b"] } }],
    labels: { kind: "values", map: Object.fromEntries(named.map(({ index, name: part }) => [index, part])) },
  };
  writeFileSync(dataset, stringify(described));
  const config = join(folder, `${name}-config.yaml`);
  const run = {
    ...{ preset: "small-volumes", dataset, labelled: { domain: "ct", count: 1, validation: 0 } },
    ...{ model: { name: "unet-3d", width: 4 }, patch: [patch, patch, patch] },
    ...{ method: { name: "supervised" }, optimizer: { name: "none" } },
    training: { iterations: 1, labelledBatch: 1, unlabelledBatch: 1, precision: "fp32", device: "cpu", threads: 1 },
    evaluation: { every: 1, preview: false },
  };
  writeFileSync(config, stringify(run));
  const out = join(folder, `${name}-run`);
  await mustWork(["train", config, "--out", out]);
  return out;
}

/** The most memory that a process has held, in bytes; 0 when it is over. Linux only: it reads /proc. */
function mostResident(pid: number): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return kilobytes ? Number(kilobytes[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

/** Runs a verb that has to work. @returns the most memory that it held, in bytes */
async function watched(words: readonly string[]): Promise<number> {
  const { child, ended } = start(words);
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, mostResident(child.pid as number));
  }, pause);
  const { code, err } = await ended;
  clearInterval(timer);
  if (code !== 0) throw new Error(`dimseg ${words.join(" ")} ended with ${code}: ${err}`);
  return most;
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const plan = quick ? quickPlan : fullPlan;
  const random = new RandomStream(seed, "soak-large-volume", 0);
  for (const name of ["images", "masks"]) mkdirSync(join(folder, name));
  for (const name of ["a", "b"]) await writeCase(folder, name, plan, random);
  const ct = join(folder, "ct.nii.gz");
  await writeVolume(ct, plan.shape, drawCt(plan.shape, random));
  const counts: Record<string, number | string> = { shape: plan.shape.join(" x "), classes: plan.classes };
  const failures: string[] = [];
  for (const [name, resample] of [
    ["coarse", coarse],
    ["own", undefined],
  ] as const) {
    const trained = await train(folder, name, plan, resample);
    say(`${name}: predicting`);
    const began = performance.now();
    const out = join(folder, `${name}-masks`);
    const most = await watched(["predict", trained, ct, "--out", out]);
    counts[`${name}PeakMegabytes`] = megabytes(most);
    counts[`${name}Minutes`] = Math.round((performance.now() - began) / 6000) / 10;
    say(`${name}: at most ${megabytes(most)} MB`);
    if (most === 0 || most > plan.bytes) failures.push(`${name}: held ${megabytes(most)} MB`);
    const { grid, samples } = await readVolume(join(out, "masks", "ct.nii.gz"));
    if (grid.shape.join() !== plan.shape.join()) failures.push(`${name}: the mask is ${grid.shape.join(" x ")}`);
    if (samples.some((value) => value >= plan.classes)) failures.push(`${name}: the mask holds other classes`);
  }
  return { promise: "a CT of 512 x 512 x 1000 voxels with 100 classes is segmented on 8 GB", counts, failures };
};
