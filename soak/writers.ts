/** Several processes at one folder: one of them works, the others are refused, and readers always find something whole. */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { CheckpointError } from "../src/core/errors.js";
import { CheckpointStore } from "../src/runs/checkpoints/checkpoint-store.js";
import { type Ended, mustWork, start } from "./command-line.js";
import { differences } from "./same-run.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Two processes that begin or go on with one run. @returns what was wrong */
async function race(words: readonly string[], path: string, whole: string): Promise<string[]> {
  const ended = await Promise.all([start(words), start(words)].map((one) => one.ended));
  const won = ended.filter(({ code }) => code === 0);
  const refused = ended.filter(({ code, err }) =>
    code === 6 ? /is in use by process/.test(err) : code === 2 && /already holds a run/.test(err),
  );
  const told = ended.map(({ code, err }: Ended) => `${code} ${err.trim()}`).join(" | ");
  // The second may come when the first has begun or is through: a run that stands is not begun again, and one that is
  // finished is told to be finished.
  if (won.length === 0 || won.length + refused.length !== 2) return [`${words.join(" ")}: ${told}`];
  return differences(path, whole).map((name) => `${words.join(" ")}: ${name} differs`);
}

/** A lock that a killed process of this machine left. */
function leaveStaleLock(run: string): void {
  const lock = { pid: 2 ** 22 + 1, startTime: "1", host: hostname() };
  writeFileSync(join(run, "run.lock"), `${JSON.stringify(lock)}\n`);
}

/** Takes a finished run back to the checkpoint before its last, as a process that was killed there would leave it. */
function rollBack(run: string): void {
  const checkpoints = join(run, "checkpoints");
  const [last, before] = new CheckpointStore(checkpoints, { keep: 1, warn: () => {} }).steps();
  rmSync(join(checkpoints, `step-${last}`), { recursive: true });
  writeFileSync(join(checkpoints, "latest"), `step-${before}\n`);
}

/** Reads the newest checkpoint again and again while a training saves after each step. */
async function readWhileSaving(config: string, path: string, counts: { loads: number }): Promise<string[]> {
  const { ended } = start(["train", config, "--out", path, "--set", "logging.keepCheckpoints=1"]);
  const failures: string[] = [];
  const store = new CheckpointStore(join(path, "checkpoints"), { keep: 1, warn: (message) => failures.push(message) });
  let over = false;
  let last = -1;
  void ended.then(() => {
    over = true;
  });
  while (!over) {
    await new Promise(setImmediate);
    try {
      const { step } = store.openNewest();
      counts.loads++;
      if (step < last) failures.push(`step ${step} was read after step ${last}`);
      last = step;
    } catch (error) {
      // Before the first save there is none.
      if (!(error instanceof CheckpointError) || last >= 0) failures.push((error as Error).message);
    }
  }
  const { code, err } = await ended;
  return code === 0 ? failures : [...failures, err];
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const rounds = quick ? 1 : 40;
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const recipe = { method: "midss", optimizer: "dim", precision: "fp32", iterations: 6, every: 3 } as const;
  const config = writeConfig(folder, "config", dataset, recipe);
  const whole = join(folder, "whole");
  await mustWork(["train", config, "--out", whole]);
  const counts = { begunTogether: 0, resumedTogether: 0, staleLocks: 0, loads: 0, coldCaches: 0 };
  const failures: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const path = join(folder, `begun-${round}`);
    failures.push(...(await race(["train", config, "--out", path], path, whole)));
    counts.begunTogether++;
    const resumed = join(folder, `resumed-${round}`);
    cpSync(whole, resumed, { recursive: true });
    // Back to the first checkpoint, as a process that was killed after it left the run.
    rollBack(resumed);
    if (round % 2 === 1) {
      leaveStaleLock(resumed);
      counts.staleLocks++;
    }
    failures.push(...(await race(["train", "--resume", resumed], resumed, whole)));
    counts.resumedTogether++;
    say(`${round + 1} of ${rounds} rounds, ${failures.length} failures`);
  }
  const saving = writeConfig(folder, "saving", dataset, { ...recipe, iterations: quick ? 20 : 300, every: 1 });
  failures.push(...(await readWhileSaving(saving, join(folder, "saved"), counts)));
  say(`${counts.loads} loads while another process saved`);
  for (let round = 0; round < (quick ? 1 : 5); round++) {
    const cache = join(folder, `cache-${round}`);
    mkdirSync(cache);
    const paths = [0, 1, 2].map((i) => join(folder, `cold-${round}-${i}`));
    const trained = await Promise.all(
      paths.map((path) => start(["train", config, "--out", path], undefined, { DIMSEG_CACHE: cache }).ended),
    );
    trained.forEach(({ code, err }, i) => {
      if (code !== 0) failures.push(`on a cold cache: ${err.trim()}`);
      else failures.push(...differences(paths[i], whole).map((name) => `on a cold cache: ${name} differs`));
    });
    counts.coldCaches++;
  }
  return {
    promise: "of two processes at one run one trains and the other is refused; readers never find half a checkpoint",
    counts,
    failures,
  };
};
