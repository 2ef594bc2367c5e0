/**
 * Damaged files of a run folder: what is read of it is right, or refused in a sentence; a checkpoint is taken whole or not
 * at all.
 */
import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { DimsegError } from "../src/core/errors.js";
import { RandomStream } from "../src/core/random.js";
import { readReportRun } from "../src/reporting/read-report-run.js";
import { CheckpointStore } from "../src/runs/checkpoints/checkpoint-store.js";
import { loadRun } from "../src/runs/load-run.js";
import { openRunFolder } from "../src/runs/run-folder.js";
import { readConditions } from "../src/runs/same-conditions.js";
import { readContents } from "../src/runs/split-record.js";
import { mustWork } from "./command-line.js";
import { filesBelow } from "./same-run.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";
import { Tries } from "./tries.js";

/** Whole networks are loaded in one of so many tries. */
const loadedEvery = 25;

const tellingTexts = ["", "null", "{}", "[]", "0", '"x"', '{"__proto__":{"polluted":1}}', "[".repeat(100_000)];

/** A copy that was cut, flipped, doubled, emptied, or replaced by something else that parses. */
function mutated(bytes: Buffer, random: RandomStream): Buffer {
  const place = () => random.integer(0, Math.max(0, bytes.length - 1));
  const copy = Buffer.from(bytes);
  switch (random.integer(0, 6)) {
    case 0:
      return copy.subarray(0, place());
    case 1:
      return Buffer.concat([copy, copy.subarray(place())]);
    case 2:
      return Buffer.from(tellingTexts[random.integer(0, tellingTexts.length - 1)]);
    case 3:
      // A number of a text is another number.
      return Buffer.from(
        bytes.toString("latin1").replace(/\d+/g, (digits) => (random.bernoulli(0.1) ? `-${digits}e9` : digits)),
        "latin1",
      );
    case 4:
      copy.fill(0, place());
      return copy;
    default:
      for (let flips = random.integer(1, 4); flips > 0 && copy.length > 0; flips--)
        copy[place()] ^= 1 << random.integer(0, 7);
      return copy;
  }
}

/** The folder of a checkpoint, when a path of a run is one of its files. */
function checkpointOf(name: string): string | undefined {
  return basename(dirname(name)).startsWith("step-") && name.startsWith("checkpoints") ? dirname(name) : undefined;
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const random = new RandomStream(seed, "soak-run-files", 0);
  const dataset = await writeSmallSet(folder, { train: 8, test: 2 }, seed);
  const recipe = { method: "midss", optimizer: "dim", precision: "fp32", iterations: 6, every: 3 } as const;
  const config = writeConfig(folder, "config", dataset, recipe);
  const path = join(folder, "run");
  await mustWork(["train", config, "--out", path]);
  await mustWork(["evaluate", path]);
  await mustWork(["report", path, "--no-tsne"]);
  const intact = filesBelow(path);
  // The page is written, never read.
  const names = [...intact.keys()].filter((name) => !name.startsWith("report") || name === "report/report.json");
  const tries = new Tries(say);
  const mutations = quick ? 200 : 100_000;
  const counts = { files: names.length, mutations, truncations: 0, refused: 0, fellBack: 0, read: 0 };

  const readCheckpoints = () => {
    let warned = 0;
    const store = new CheckpointStore(join(path, "checkpoints"), { keep: 2, warn: () => warned++ });
    const newest = store.steps()[0];
    const { step, files } = store.load();
    const changed = [...files].filter(
      ([name, bytes]) => !intact.get(join("checkpoints", `step-${step}`, name))?.equals(bytes),
    );
    if (changed.length > 0) throw new Error(`step ${step} was loaded with another ${changed[0][0]}`);
    if (step !== newest && warned === 0) throw new Error(`step ${step} was taken for ${newest} without a word`);
    if (step !== newest) counts.fellBack++;
  };
  const readOthers = async () => {
    const choice = { checkpoint: "last", network: "student" } as const;
    await readReportRun({ folder: path, group: "" }, { id: "run", name: "run" }, choice, async () => null);
    readConditions(openRunFolder(path));
    readContents(join(path, "split.json"));
  };
  const loadNetworks = async () => {
    const { networks } = await loadRun(path, { checkpoint: "last", images: "unused" });
    for (const network of [networks.student, networks.teacher]) network?.dispose();
  };

  const attempt = async (name: string, bytes: Buffer, what: string) => {
    writeFileSync(join(path, name), bytes);
    const readers = [checkpointOf(name) ? readCheckpoints : readOthers];
    if (random.integer(1, loadedEvery) === 1) readers.push(loadNetworks);
    await tries.timed(`${name}, ${what}`, async () => {
      for (const reader of readers) {
        try {
          await reader();
          counts.read++;
        } catch (error) {
          if (error instanceof DimsegError) counts.refused++;
          else tries.fail(`${name}, ${what}: ${error}`);
        }
      }
    });
    writeFileSync(join(path, name), intact.get(name) as Buffer);
  };

  for (const name of names) {
    const bytes = intact.get(name) as Buffer;
    const { length } = bytes;
    for (const end of new Set([0, 1, 7, 8, 9, length - 1, ...every(4096, length)])) {
      if (end < 0 || end >= length) continue;
      await attempt(name, bytes.subarray(0, end), `cut to ${end} bytes`);
      counts.truncations++;
    }
  }
  await tries.mutate(names, random, mutations, (name, what) =>
    attempt(name, mutated(intact.get(name) as Buffer, random), what),
  );
  if ("polluted" in {}) tries.fail("a file put something into every object");
  return {
    promise: "a damaged run is read rightly or refused in a sentence; no part of a damaged checkpoint is ever loaded",
    counts: { ...counts, slowestMs: tries.slowestMs },
    failures: tries.failures,
  };
};

/** Multiples of a step below a limit. */
function every(step: number, limit: number): number[] {
  return Array.from({ length: Math.floor(limit / step) }, (_, i) => (i + 1) * step);
}
