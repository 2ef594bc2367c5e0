/** A data set and configurations that train in seconds. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { writePhantoms } from "../src/phantoms/write.js";

/** How a small run trains. */
export interface SmallRun {
  readonly method: string;
  readonly optimizer: string | Record<string, unknown>;
  readonly precision: "fp32" | "bf16";
  readonly iterations: number;
  /** Steps from one checkpoint to the next. */
  readonly every: number;
  /** Where prepared images are held. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Side of the images in pixels. */
const side = 32;

/** Draws a data set of four domains with `cases` training and test cases each. @returns its file */
export async function writeSmallSet(folder: string, cases: { train: number; test: number }, seed: number) {
  const counts = { trainPerDomain: cases.train, testPerDomain: cases.test };
  return (await writePhantoms({ out: folder, kind: "fundus", size: side, seed, ...counts })).dataset;
}

/** Writes the configuration of a small run beside others. @returns its path */
export function writeConfig(folder: string, name: string, dataset: string, run: SmallRun): string {
  const path = join(folder, `${name}.yaml`);
  const { method, optimizer, precision, iterations, every, data = {} } = run;
  writeFileSync(
    path,
    stringify({
      dataset,
      labelled: { domain: "Domain1", count: 4, validation: 2 },
      model: { width: 2 },
      method: { name: method },
      optimizer: typeof optimizer === "string" ? { name: optimizer } : optimizer,
      training: { iterations, labelledBatch: 2, unlabelledBatch: 2, precision, device: "cpu", threads: 1 },
      data,
      evaluation: { every },
      logging: { every: 1 },
    }),
  );
  return path;
}
