/**
 * A disk that fills up at the writes of every verb: exit code 6 and a sentence that names the file, nothing half-written, and
 * after there is room again the same result as if nothing had happened. Tried is every write of every verb, by turns before it
 * and when half of it is done; in the quick form some of the first and last writes to the files of each ending in each folder.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { UsageError } from "../src/core/errors.js";
import { dimseg, mustWork, noteOf, operationsOf } from "./command-line.js";
import type { Fault } from "./fault-preload.js";
import { differences } from "./same-run.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** A verb that is tried in a fresh copy of a folder. */
interface Verb {
  readonly name: string;
  /** Content of the folder before; null: it does not exist. */
  readonly template: string | null;
  /** @param folder the copy that it works in */
  words(folder: string): string[];
  /** What to do once there is room again; default: the same. */
  again?(folder: string): string[];
}

/** Numbers, from 1, of the first and the last operation of each kind on the files of each ending in each folder. */
function places(operations: readonly string[]): number[] {
  const kinds = new Map<string, [number, number]>();
  operations.forEach((name, i) => {
    const kind = `${dirname(name)} ${extname(name)}`.replaceAll(/[0-9a-f]{8,}|\d+/g, "#");
    const known = kinds.get(kind);
    kinds.set(kind, [known?.[0] ?? i + 1, i + 1]);
  });
  return [...new Set([...kinds.values()].flat())].sort((a, b) => a - b);
}

/** Unfinished files below a folder that may not be there. */
function leftovers(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp"));
}

/** Tries one place where the disk becomes full. @returns what was wrong */
async function tryAt(verb: Verb, fault: Fault, folder: string, whole: string): Promise<string[]> {
  rmSync(folder, { recursive: true, force: true });
  if (verb.template) cpSync(verb.template, folder, { recursive: true });
  rmSync(fault.note, { force: true });
  const { code, err, out } = await dimseg(verb.words(folder), fault);
  const wrong: string[] = [];
  const told = `${err}${out}`;
  if (code !== 0 && code !== 6) wrong.push(`exit code ${code}: ${err.trim()}`);
  if (code === 6 && !/cannot write .+: the disk is full; free some space/.test(told)) wrong.push(`said: ${err.trim()}`);
  const left = leftovers(folder);
  if (left.length > 0) wrong.push(`left ${left.join(", ")}`);
  const second = await dimseg((verb.again ?? verb.words)(folder));
  if (second.code !== 0) wrong.push(`afterwards exit code ${second.code}: ${second.err.trim()}`);
  else wrong.push(...differences(folder, whole).map((name) => `afterwards ${name} differs`));
  return wrong.map((what) => `${verb.name}, ${noteOf(fault)}: ${what}`);
}

/** The verbs that a call asks for; in the quick form those that write least. @throws UsageError for a verb that is not tried */
function chosen(verbs: readonly Verb[], only: readonly string[], quick: boolean): readonly Verb[] {
  const unknown = only.find((name) => !verbs.some((verb) => verb.name === name));
  if (unknown !== undefined)
    throw new UsageError(`--only ${unknown}: no such verb; there are ${verbs.map(({ name }) => name).join(", ")}`);
  if (only.length > 0) return verbs.filter(({ name }) => only.includes(name));
  return quick ? verbs.filter(({ name }) => name === "export" || name === "predict") : verbs;
}

export const run: Soak = async ({ seed, quick, only = [], folder, say }) => {
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const recipe = { method: "midss", optimizer: "dim", precision: "fp32", iterations: 4, every: 2 } as const;
  const config = writeConfig(folder, "config", dataset, recipe);
  const [trained, evaluated] = ["trained", "evaluated"].map((name) => join(folder, name));
  await mustWork(["train", config, "--out", trained]);
  const images = join(folder, "images");
  mkdirSync(images);
  const some = join(dataset, "..", "Domain2", "test", "ROIs", "image");
  cpSync(some, images, { recursive: true });
  const drawn = join(folder, "drawn");
  cpSync(join(dataset, "..", "Domain2", "train", "ROIs", "mask"), drawn, { recursive: true });
  const verbs: Verb[] = [
    {
      name: "train",
      template: null,
      words: (copy) => ["train", config, "--out", copy],
      again: (copy) =>
        existsSync(join(copy, "config.yaml")) ? ["train", "--resume", copy] : ["train", config, "--out", copy],
    },
    { name: "evaluate", template: trained, words: (copy) => ["evaluate", copy] },
    { name: "estimate", template: trained, words: (copy) => ["estimate", copy] },
    { name: "suggest", template: trained, words: (copy) => ["suggest", copy, "--count", "4"] },
    { name: "report", template: evaluated, words: (copy) => ["report", copy, "--no-tsne"] },
    { name: "export", template: null, words: (copy) => ["export", trained, "--out", copy] },
    {
      name: "predict",
      template: null,
      words: (copy) => ["predict", trained, images, "--out", copy, "--overlay", "--probabilities"],
    },
    {
      name: "add-masks",
      template: join(dataset, ".."),
      words: (copy) => ["data", "add-masks", join(copy, "dataset.yaml"), drawn, "--replace", "--by", "reader"],
    },
  ];
  const counts: Record<string, number> = {};
  const failures: string[] = [];
  const all = chosen(verbs, only, quick);
  if (all.some(({ template }) => template === evaluated)) {
    cpSync(trained, evaluated, { recursive: true });
    await mustWork(["evaluate", evaluated]);
  }
  for (const verb of all) {
    const [copy, whole] = [join(folder, "copy"), join(folder, `${verb.name}-whole`)];
    rmSync(copy, { recursive: true, force: true });
    if (verb.template) cpSync(verb.template, copy, { recursive: true });
    const operations = await operationsOf(verb.words(copy), "full", join(folder, "operations"));
    // Results name the folder that they are of.
    renameSync(copy, whole);
    const tried = quick ? places(operations).filter((_, i) => i % 5 === 0) : operations.map((_, i) => i + 1);
    counts[`${verb.name}Writes`] = operations.length;
    counts[`${verb.name}Tried`] = tried.length;
    say(`${verb.name}: ${operations.length} writes, ${tried.length} of them tried`);
    for (const [i, at] of tried.entries()) {
      const fault: Fault = { at, kind: "full", when: i % 2 === 0 ? "half" : "before", note: join(folder, "note") };
      failures.push(...(await tryAt(verb, fault, copy, whole)));
      if ((i + 1) % 50 === 0) say(`${verb.name}: ${i + 1} of ${tried.length}, ${failures.length} failures`);
    }
  }
  return {
    promise: "a full disk costs a sentence and exit code 6, leaves nothing half-written, and nothing that was there",
    counts,
    failures,
  };
};
