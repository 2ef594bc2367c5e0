/** Methods that train or keep more than a student and a teacher, through `dimseg train` and `dimseg evaluate`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();

beforeAll(() => {
  putDataset(join(base, "data"));
});

it.each([
  ["cps", {}, ["second"]],
  ["caussl", { dependenceStart: 0, coefficientEvery: 2, coefficientSteps: 2 }, ["dependence", "second"]],
  ["ss-net", {}, ["heads"]],
  ["bcp", { pretrainIterations: 2 }, ["teacher"]],
  ["ust-run", { hardnessLimit: 1 }, ["teacher", "memory"]],
])("%s trains in bfloat16 under SAM and keeps its parts", async (name, options, parts) => {
  const training = { iterations: 4, labelledBatch: 2, unlabelledBatch: 2, device: "cpu", threads: 1 };
  const run = await trainRun(base, name, {
    method: { name, ...options },
    optimizer: { name: "sam" },
    training: { ...training, precision: "bf16", memoryFormat: "channelsLast" },
    evaluation: { every: 4 },
    logging: { every: 1 },
  });
  const [newest] = readdirSync(join(run, "checkpoints"))
    .filter((folder) => /\d/.test(folder))
    .sort()
    .reverse();
  const files = readdirSync(join(run, "checkpoints", newest));
  expect(files).toEqual(expect.arrayContaining(parts.map((part) => `${part}.safetensors`)));
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").trim().split("\n");
  const steps = lines.map((line) => JSON.parse(line)).filter((record) => "perturbationNorm" in record);
  expect(steps).toHaveLength(4);
  for (const { perturbationNorm } of steps) expect(perturbationNorm).toBeCloseTo(0.05, 3);
  const { out } = await dimseg("evaluate", run);
  expect(out).toContain("student");
});
