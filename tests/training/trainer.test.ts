/** The loop's numbers in a run's files. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";
import { startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";

const base = temporaryFolder();
putDataset(join(base, "data"));

/** Trains to the end; the folder of the run. */
async function train(iterations: number): Promise<string> {
  const config = loadConfig(putConfig(join(base, `${iterations}.yaml`), { training: { iterations } }));
  const nothing = { decoding() {}, begun() {}, step() {}, validation() {}, warn() {}, stopRequested: () => false };
  await startRun(join(base, `run-${iterations}`), config, nothing);
  return join(base, `run-${iterations}`);
}

it("each step uses the rate set after the one before, and the ramp of its own", async () => {
  const lines = readFileSync(join(await train(4), "metrics.jsonl"), "utf8")
    .trim()
    .split("\n");
  const steps = lines.map((line) => JSON.parse(line)).filter((record) => "rate" in record);
  expect(steps.map(({ iteration }) => iteration)).toEqual([0, 1, 2, 3]);
  // 0.03·(1 − (k−1)/4)^0.9
  const rates = [0.03, 0.03, 0.0231567, 0.0160766];
  // exp(−5(1 − k/4)²)
  const ramps = [0.0067379, 0.0600547, 0.2865048, 0.7316156];
  for (const [k, { rate, rampUp }] of steps.entries()) {
    expect(rate).toBeCloseTo(rates[k], 7);
    expect(rampUp).toBeCloseTo(ramps[k], 7);
  }
});

it("the teacher of the first step is the student after its update", async () => {
  const checkpoint = join(await train(1), "checkpoints", "step-1");
  const [student, teacher] = ["student", "teacher"].map(
    (name) => readSafetensorsFile(join(checkpoint, `${name}.safetensors`)).tensors,
  );
  const weights = [...student.keys()].filter((name) => !/running_(mean|var)$/.test(name));
  expect(weights.length).toBeGreaterThan(0);
  for (const name of weights) expect(teacher.get(name), name).toEqual(student.get(name));
});
