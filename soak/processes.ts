/**
 * Several processes against one with the whole batch, in float32 and with everything synchronised: the numbers of the first
 * step agree to a millionth, and rounding grows from there. What it grows to is told, not promised.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readSafetensorsFile } from "../src/core/formats/safetensors.js";
import { mustWork } from "./command-line.js";
import { type SmallRun, writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

const recipes: readonly (Pick<SmallRun, "method" | "optimizer"> & { name: string })[] = [
  { name: "MiDSS and DiM", method: "midss", optimizer: "dim" },
  { name: "MiDSS and DiM of features", method: "midss", optimizer: "dim-features" },
  { name: "CPS and SAM", method: "cps", optimizer: "sam" },
  {
    name: "MiDSS and DiM of features with a critic",
    method: "midss",
    optimizer: { name: "dim-features", divergence: { estimator: { name: "critic", warmUp: 20 } } },
  },
];

/** Most that a loss of the first step may differ by, relative to itself, and the weights after it, to their length. */
const allowed = 1e-6;
const batch = ["--set", "training.labelledBatch=4", "--set", "training.unlabelledBatch=4"];

type Step = Record<string, number>;

function stepsOf(run: string): Step[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Step).filter((record) => "task" in record);
}

const losses = /^(loss\.|task$)/;
/** A difference of nearly equal distributions: the rounding of both stands against what is left. */
const divergence = /^divergence$/;

/** Greatest relative difference of a step's numbers. */
function numbersApart(one: Step, other: Step, which: RegExp): number {
  const names = Object.keys(one).filter((name) => which.test(name) && one[name] !== 0);
  return Math.max(0, ...names.map((name) => Math.abs(one[name] - other[name]) / Math.abs(one[name])));
}

/** Length of the difference of two networks' weights after a step, relative to that of the weights. */
function weightsApart(one: string, other: string, step: number): number {
  const [a, b] = [one, other].map((run) =>
    readSafetensorsFile(join(run, "checkpoints", `step-${step}`, "student.safetensors")),
  );
  const values = (data: Uint8Array) => new Float32Array(Uint8Array.from(data).buffer);
  let [difference, length] = [0, 0];
  for (const [name, { data }] of a.tensors) {
    const others = values(b.tensors.get(name)?.data ?? new Uint8Array(data.length).fill(255));
    values(data).forEach((value, i) => {
      difference += (value - others[i]) ** 2;
      length += value ** 2;
    });
  }
  return Math.sqrt(difference / length);
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  // What is promised is of the first step.
  const [iterations, sizes] = quick ? [1, [2]] : [50, [2, 4]];
  const shown = [1, 2, 5, 10, 20, 50].filter((step) => step <= iterations);
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const counts: Record<string, string | number> = { steps: iterations };
  const failures: string[] = [];
  const train = async (config: string, out: string, processes: number, last: number) => {
    const sharing = processes === 1 ? [] : ["--processes", String(processes)];
    await mustWork(["train", config, "--out", out, ...batch, "--set", `training.iterations=${last}`, ...sharing]);
    return out;
  };
  for (const { name, method, optimizer } of quick ? recipes.slice(0, 1) : recipes) {
    const id = name.replaceAll(" ", "-");
    const recipe = { method, optimizer, precision: "fp32", iterations, every: iterations } as const;
    const config = writeConfig(folder, id, dataset, recipe);
    // A run of one step by itself: how fast weights are learnt depends on their number at the end of a run only.
    const runs = async (processes: number) => {
      const first = await train(config, join(folder, `${id}-${processes}-first`), processes, 1);
      if (iterations === 1) return { first, whole: first };
      return { first, whole: await train(config, join(folder, `${id}-${processes}`), processes, iterations) };
    };
    const one = await runs(1);
    for (const size of sizes) {
      const several = await runs(size);
      const [steps, others] = [stepsOf(one.whole), stepsOf(several.whole)];
      const apart = shown.map((step) => numbersApart(steps[step - 1], others[step - 1], losses));
      const ofDivergence = numbersApart(steps[0], others[0], divergence);
      const weights = [weightsApart(one.first, several.first, 1), weightsApart(one.whole, several.whole, iterations)];
      const told = (values: readonly number[]) => values.map((value) => value.toExponential(1)).join(", ");
      counts[`${name}, ${size} processes: losses apart after ${shown.join(", ")} steps`] = told(apart);
      counts[`${name}, ${size} processes: divergence apart in the first step`] = told([ofDivergence]);
      counts[`${name}, ${size} processes: weights apart after 1 and ${iterations} steps`] = told(weights);
      say(`${name}, ${size} processes: losses ${told(apart)}; weights ${told(weights)}`);
      if (!(apart[0] <= allowed)) failures.push(`${name}, ${size} processes: losses of the first step: ${apart[0]}`);
      if (!(weights[0] <= allowed)) failures.push(`${name}, ${size} processes: weights after it: ${weights[0]}`);
    }
  }
  return {
    promise: `several processes do what one does with the whole batch: losses of the first step and weights after it agree to ${allowed}`,
    counts,
    failures,
  };
};
