/** `kill -9` at any moment and at any file operation: the resumed run is the one that was never killed, to the bit. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RandomStream } from "../src/core/random.js";
import { dimseg, noteOf, operationsOf, start } from "./command-line.js";
import type { Fault } from "./fault-preload.js";
import { differences } from "./same-run.js";
import { type SmallRun, writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Two networks, teachers, a critic, a bank and a code book that learn, a queue of images, and ascents that remember. */
const recipes: Pick<SmallRun, "method" | "optimizer">[] = [
  { method: "midss", optimizer: { name: "dim-features", divergence: { estimator: "critic" } } },
  { method: "ua-mt", optimizer: "gsam" },
  { method: "cps", optimizer: "sam" },
  { method: "caussl", optimizer: "dim" },
  { method: "ss-net", optimizer: "looksam" },
  {
    method: "ust-run",
    optimizer: {
      name: "dim-features",
      balance: 0.1,
      divergence: { estimator: "featCode", bank: 4, gate: { every: 2 } },
    },
  },
];

/** A run of a recipe that nothing happens to, and how many file operations it makes. */
interface Reference {
  readonly name: string;
  readonly config: string;
  readonly run: string;
  readonly operations: number;
  /** How long it took, start included, in milliseconds. */
  readonly duration: number;
}

type Kill = { readonly fault: Fault } | { readonly after: number };

/** One life of a process: begins or resumes, and ends by the kill unless it is through before. */
async function live(reference: Reference, run: string, kill: Kill): Promise<{ killed: boolean; told: string }> {
  const begun = existsSync(join(run, "config.yaml"));
  const words = begun ? ["train", "--resume", run] : ["train", reference.config, "--out", run];
  const { child, ended } = start(words, "fault" in kill ? kill.fault : undefined);
  if ("after" in kill) {
    await Promise.race([pause(kill.after), ended]);
    child.kill("SIGKILL");
  }
  const { code, signal, err } = await ended;
  const place = "fault" in kill ? noteOf(kill.fault) : `after ${Math.round(kill.after)} ms`;
  if (signal === "SIGKILL") return { killed: true, told: place };
  if (code === 0) return { killed: false, told: `${place}: was through` };
  throw new Error(`${place}: ended with ${code}: ${err.trim()}`);
}

async function finish(reference: Reference, run: string): Promise<string[]> {
  const begun = existsSync(join(run, "config.yaml"));
  const { code, err } = await dimseg(begun ? ["train", "--resume", run] : ["train", reference.config, "--out", run]);
  return code === 0 ? differences(run, reference.run) : [`ended with ${code}: ${err.trim()}`];
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const kills = quick ? 4 : 200;
  const random = new RandomStream(seed, "soak-kill", 0);
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const precisions = quick ? (["fp32"] as const) : (["fp32", "bf16"] as const);
  const references: Reference[] = [];
  for (const { method, optimizer } of quick ? recipes.slice(0, 1) : recipes)
    for (const precision of precisions) {
      const name = `${method}-${precision}`;
      const config = writeConfig(folder, name, dataset, { method, optimizer, precision, iterations: 9, every: 3 });
      const reference = join(folder, `${name}-whole`);
      const began = performance.now();
      const words = ["train", config, "--out", reference];
      const operations = (await operationsOf(words, "kill", join(folder, "operations"))).length;
      references.push({ name, config, run: reference, operations, duration: performance.now() - began });
      say(`${name}: ${operations} file operations`);
    }
  const failures: string[] = [];
  const counts = { kills: 0, atOperations: 0, halfWritten: 0, atMoments: 0, chains: 0, resumedTheSame: 0 };
  const quota = kills / references.length;
  for (const reference of references) {
    const until = Math.min(kills, counts.kills + quota);
    while (counts.kills < until && failures.length < 20) {
      const path = join(folder, `${reference.name}-${counts.chains++}`);
      const history: string[] = [];
      try {
        for (let links = random.integer(1, 4); links > 0 && counts.kills < until; links--) {
          const when = (["before", "half", "after"] as const)[random.integer(0, 2)];
          const at = random.integer(1, reference.operations);
          const fault: Fault = { at, kind: "kill", when, note: join(folder, "note") };
          rmSync(fault.note, { force: true });
          const byOperation = random.bernoulli(0.6);
          const kill = byOperation ? { fault } : { after: random.uniform(0, reference.duration) };
          const { killed, told } = await live(reference, path, kill);
          history.push(told);
          if (!killed) break;
          counts.kills++;
          if (byOperation) counts.atOperations++;
          else counts.atMoments++;
          if (told.startsWith("writeSync") && told.endsWith("half")) counts.halfWritten++;
        }
        const different = await finish(reference, path);
        if (different.length === 0) counts.resumedTheSame++;
        else failures.push(`${path}: killed ${history.join(", ")}: ${different.join(", ")}`);
        if (different.length === 0) rmSync(path, { recursive: true, force: true });
      } catch (error) {
        failures.push(`${path}: killed ${history.join(", ")}: ${(error as Error).message}`);
      }
      say(`${counts.kills} of ${kills} kills, ${failures.length} failures`);
    }
  }
  return {
    promise: "a run that was killed and resumed, however often and wherever, equals one that was not, file by file",
    counts: { recipes: references.map(({ name }) => name).join(" "), ...counts },
    failures,
  };
};
