/** `training.capture` in whole runs: the same checkpoint as without, also across a stop, and refused where it would not be. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/config.js";
import { UsageError } from "../../src/core/errors.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { watching } from "./watching.js";

const base = temporaryFolder();
putDataset(join(base, "data"));

const iterations = 24;
const common = {
  optimizer: { name: "dim", startFraction: 0.5 },
  evaluation: { every: 12, preview: false },
  logging: { every: 8 },
};

function configOf(name: string, { training, ...others }: Record<string, unknown>) {
  const path = putConfig(join(base, `${name}.yaml`), {
    ...{ ...common, ...others },
    training: { iterations, memoryFormat: "contiguous", ...(training as object) },
  });
  return loadConfig(path);
}

/** The weights and momentum at the end, and the losses on the way. */
function leftIn(run: string) {
  const checkpoint = join(run, "checkpoints", `step-${iterations}`);
  const files = ["student.safetensors", "teacher.safetensors", "optimizer.safetensors"];
  const losses = readFileSync(join(run, "metrics.jsonl"), "utf8").replaceAll(/,"seconds":[^,}]*/g, "");
  return { files: files.map((file) => readFileSync(join(checkpoint, file))), losses };
}

async function train(name: string, settings: Record<string, unknown>, steps?: number) {
  const run = join(base, name);
  const watched = watching(steps);
  await startRun(run, configOf(name, settings), watched);
  return { run, warnings: watched.warnings };
}

describe("a run whose steps are captured", () => {
  it.each(["fp32", "bf16"])("ends with the bits of one whose steps are not, in %s", async (precision) => {
    const plain = await train(`plain-${precision}`, { training: { precision } });
    const captured = await train(`captured-${precision}`, { training: { precision, capture: true } });
    expect(leftIn(captured.run)).toEqual(leftIn(plain.run));
    expect(captured.warnings.join()).toContain("training.capture is for GPUs");
    expect(plain.warnings.join()).not.toContain("capture");
  });

  it("goes on to the same bits after a stop in the midst of captured steps, in either layout", async () => {
    const training = { capture: true, memoryFormat: "channelsLast" };
    const whole = await train("whole", { training });
    const stopped = await train("stopped", { training }, 18);
    expect(await resumeRun(stopped.run, watching())).toMatchObject({ finished: true, trained: iterations - 18 });
    expect(leftIn(stopped.run)).toEqual(leftIn(whole.run));
  });

  it("ends on a NaN as others do, naming the step", async () => {
    const settings = { training: { capture: true }, base: { rate: 1e30 }, logging: { every: 20 } };
    await expect(train("broken", settings)).rejects.toThrow(/step \d+: .* is NaN or infinite in the \w+ pass/);
  });
});

describe("refused with a sentence that says what to take", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["a method with shapes of its own", { method: { name: "ss-net" } }, "method ss-net goes otherwise"],
    ["an optimiser that skips passes", { optimizer: { name: "looksam" } }, "optimizer looksam with these settings"],
    ["a weight that follows the ramp-up", { optimizer: { name: "dim", lambdaMode: "ramp" } }, "optimizer dim with"],
    [
      "an estimator that remembers",
      { optimizer: { name: "dim", divergence: { estimator: "critic" } } },
      "divergence estimator critic may remember",
    ],
    ["AdamW", { base: { name: "adamw" } }, "base adamw counts its steps"],
    ["steps that are looked at", { training: { onNonFinite: "skip" } }, "training.onNonFinite: skip has to look"],
  ])("%s", async (name, { training, ...others }, sentence) => {
    const settings = { ...others, training: { capture: true, ...(training as object) } };
    const refusal = train(`refused-${name.replaceAll(" ", "-")}`, settings);
    await expect(refusal).rejects.toThrow(UsageError);
    await expect(refusal).rejects.toThrow(`training.capture repeats steps as they are, but ${sentence}`);
  });
});
