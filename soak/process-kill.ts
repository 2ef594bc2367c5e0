/**
 * Several processes train, and one of them is killed: the others end soon with one sentence that names it, and the run goes on
 * from its last checkpoint to the bits of one that nothing happened to.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { RandomStream } from "../src/core/random.js";
import { mustWork, start } from "./command-line.js";
import { differences } from "./same-run.js";
import { writeConfig, writeSmallSet } from "./small-run.js";
import type { Soak } from "./soak.js";

/** Seconds within which the others must have ended. */
const allowed = 30;
/** As `peer` of the exit codes. */
const peerCode = 7;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/** The processes of one training, each started by itself as torchrun does it. */
async function startAll(words: readonly string[], size: number) {
  const port = String(await freePort());
  return Array.from({ length: size }, (_, rank) =>
    start(words, undefined, {
      ...{ RANK: String(rank), LOCAL_RANK: String(rank), WORLD_SIZE: String(size) },
      ...{ MASTER_ADDR: "127.0.0.1", MASTER_PORT: port },
    }),
  );
}

/** Resolves once a run has logged its first step, or a process has ended. */
async function begun(run: string, ends: readonly Promise<unknown>[]): Promise<void> {
  const metrics = join(run, "metrics.jsonl");
  let over = false;
  void Promise.race(ends).then(() => {
    over = true;
  });
  while (!over && !(existsSync(metrics) && readFileSync(metrics).length > 0)) await pause(5);
}

/** What was wrong with the ends of the others, and how long they took, in seconds; null: all were through before. */
async function killOne(words: readonly string[], run: string, size: number, victim: number, after: number) {
  const all = await startAll(words, size);
  const ends = all.map(({ ended }) => ended);
  await begun(run, ends);
  await pause(after);
  all[victim].child.kill("SIGKILL");
  const killed = performance.now();
  const late = pause(2 * allowed * 1000, "late" as const, { ref: false });
  if ((await Promise.race([Promise.all(ends), late])) === "late") for (const { child } of all) child.kill("SIGKILL");
  const seconds = (performance.now() - killed) / 1000;
  const ended = await Promise.all(ends);
  if (ended[victim].signal !== "SIGKILL") return null;
  // Killed on its way out, after its last message: the others are through, and the run is whole, as its bits will show.
  const through = ended.every(({ code }, rank) => rank === victim || code === 0);
  const wrong = seconds > allowed ? [`the others took ${seconds.toFixed(1)} s to end`] : [];
  for (const [rank, { code, err }] of ended.entries()) {
    const told = err.match(/^error: .*$/gm) ?? [];
    const names = told.length === 1 && told[0].includes(`process ${victim} of ${size}`);
    if (rank !== victim && !through && !(code === peerCode && names))
      wrong.push(`process ${rank} ended with ${code}: ${err.trim()}`);
  }
  return { wrong, seconds };
}

export const run: Soak = async ({ seed, quick, folder, say }) => {
  const kills = quick ? 1 : 20;
  const random = new RandomStream(seed, "soak-process-kill", 0);
  const dataset = await writeSmallSet(folder, { train: 8, test: 1 }, seed);
  const recipe = { method: "midss", optimizer: "dim-features", precision: "fp32", iterations: 12, every: 4 } as const;
  const config = writeConfig(folder, "config", dataset, recipe);
  const batch = ["--set", "training.labelledBatch=4", "--set", "training.unlabelledBatch=4"];
  const references = new Map<number, { path: string; duration: number }>();
  for (const size of quick ? [2] : [2, 4]) {
    const path = join(folder, `whole-${size}`);
    const all = await startAll(["train", config, "--out", path, ...batch], size);
    await begun(path, []);
    const began = performance.now();
    for (const { code, err } of await Promise.all(all.map(({ ended }) => ended)))
      if (code !== 0) throw new Error(`a training of ${size} processes ended with ${code}: ${err}`);
    references.set(size, { path, duration: performance.now() - began });
  }
  const failures: string[] = [];
  const counts = { kills: 0, ofTheFirst: 0, ofAnother: 0, throughBefore: 0, resumedTheSame: 0, slowestEndSeconds: 0 };
  const sizes = [...references.keys()];
  for (let i = 0; counts.kills < kills && i < 4 * kills; i++) {
    const size = sizes[i % sizes.length];
    const { path: whole, duration } = references.get(size) as { path: string; duration: number };
    const path = join(folder, `run-${i}`);
    const victim = random.integer(0, size - 1);
    const after = random.uniform(0, duration);
    const place = `${path}: process ${victim} of ${size} killed ${Math.round(after)} ms after the first step`;
    const ended = await killOne(["train", config, "--out", path, ...batch], path, size, victim, after);
    if (ended === null) {
      counts.throughBefore++;
      continue;
    }
    counts.kills++;
    counts[victim === 0 ? "ofTheFirst" : "ofAnother"]++;
    counts.slowestEndSeconds = Math.max(counts.slowestEndSeconds, Math.round(10 * ended.seconds) / 10);
    failures.push(...ended.wrong.map((what) => `${place}: ${what}`));
    await mustWork(["train", "--resume", path, "--processes", String(size)]);
    const different = differences(path, whole);
    if (different.length === 0) counts.resumedTheSame++;
    else failures.push(`${place}: ${different.join(", ")}`);
    if (different.length === 0) rmSync(path, { recursive: true, force: true });
    say(`${place}; the others ended after ${ended.seconds.toFixed(1)} s; ${failures.length} failures`);
  }
  return {
    promise: `when one of several processes is killed, the others end within ${allowed} s and name it, and the run goes on to the same bits`,
    counts,
    failures,
  };
};
