/** A tiny data set of nested classes and a run trained on it by `dimseg train`, for tests of the verbs that use runs. */
import { join } from "node:path";
import { Command } from "commander";
import { vi } from "vitest";
import { stringify } from "yaml";
import { register as registerEvaluate } from "../../src/cli/evaluate.js";
import { register as registerPredict } from "../../src/cli/predict.js";
import { register as registerTrain } from "../../src/cli/train.js";
import { png, put, putDatasetYaml } from "../data/files.js";
import { nestedClasses, pixels } from "../inference/tiny.js";

/** A comma, quotes and a right-to-left mark: what file names may hold. */
export const oddId = 'x, "\u202Etfel" 1';

/** What a verb printed. */
export interface Printed {
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process. */
export async function dimseg(...words: string[]): Promise<Printed> {
  const program = new Command("dimseg").exitOverride();
  for (const register of [registerTrain, registerEvaluate, registerPredict]) register(program);
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

/** Domains a (7 training, 3 test cases) and b (4 and 2) of grey 32 x 32 images; the last test case of b has no mask. */
export function putDataset(folder: string, changes: Record<string, unknown> = {}): string {
  const write = (domain: string, split: string, ids: string[], masks: number) =>
    ids.forEach((id, i) => {
      const image = pixels(1024, domain.charCodeAt(0) + split.length * 10 + i).map((v, p) => (v >> 2) + 6 * (p % 32));
      const mask = Array.from({ length: 1024 }, (_, p) => (p % 32 < 8 + i ? 0 : p % 32 < 16 ? 1 : 2));
      put(join(folder, domain, split, `images/${id}.png`), png(32, 32, image));
      if (i < masks) put(join(folder, domain, split, `masks/${id}.png`), png(32, 32, mask));
    });
  write("a", "train", ["0", "1", "2", "3", "4", "5", "6"], 7);
  write("a", "test", ["0", "1", oddId], 3);
  write("b", "train", ["0", "1", "2", "3"], 4);
  write("b", "test", ["0", "1"], 1);
  const source = (domain: string, split: string) => ({
    images: `${domain}/${split}/images/{id}.png`,
    masks: `${domain}/${split}/masks/{id}.png`,
  });
  const domains = ["a", "b"].map((name) => ({ name, train: source(name, "train"), test: source(name, "test") }));
  return putDatasetYaml(folder, { resize: { size: 32, filter: "bilinear" }, domains, ...nestedClasses, ...changes });
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
