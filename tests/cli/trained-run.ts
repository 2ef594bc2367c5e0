/** A run trained on the tiny data set by `dimseg train`, for tests of the verbs that use runs. */
import { join } from "node:path";
import { Command } from "commander";
import { vi } from "vitest";
import { stringify } from "yaml";
import { register as registerCompare } from "../../src/cli/compare.js";
import { register as registerData } from "../../src/cli/data.js";
import { register as registerEstimate } from "../../src/cli/estimate.js";
import { register as registerEvaluate } from "../../src/cli/evaluate.js";
import { register as registerExport } from "../../src/cli/export.js";
import { register as registerPredict } from "../../src/cli/predict.js";
import { register as registerReport } from "../../src/cli/report.js";
import { register as registerSuggest } from "../../src/cli/suggest.js";
import { register as registerTrain } from "../../src/cli/train.js";
import { put } from "../data/files.js";

export { oddId, putDataset } from "../data/tiny.js";

/** What a verb printed. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process. */
export async function dimseg(...words: string[]): Promise<Printed> {
  const program = new Command("dimseg").exitOverride();
  const judging = [registerEvaluate, registerEstimate, registerCompare, registerReport];
  const labelling = [registerSuggest, registerData];
  for (const register of [registerTrain, registerPredict, registerExport, ...judging, ...labelling]) register(program);
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void out.push(text));
  vi.spyOn(console, "error").mockImplementation((text: string) => void err.push(text));
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  program.commands.forEach((one) => void one.configureOutput({ writeErr: (text) => void err.push(text) }));
  try {
    await program.parseAsync(words, { from: "user" });
  } finally {
    vi.restoreAllMocks();
  }
  return { out: out.join("\n"), err: err.join("\n") };
}

/** Trains a few steps, enough for masks that are not empty, and returns the run folder. */
export async function trainRun(base: string, name: string, changes: Record<string, unknown> = {}): Promise<string> {
  const config = put(
    join(base, `${name}.yaml`),
    stringify({
      dataset: "data/dataset.yaml",
      labelled: { domain: "a", count: 4, validation: 2 },
      model: { name: "unet", width: 2 },
      method: { name: "midss" },
      optimizer: { name: "none" },
      training: { iterations: 20, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
      evaluation: { every: 10 },
      ...changes,
    }),
  );
  const run = join(base, name);
  await dimseg("train", config, "--out", run);
  return run;
}
