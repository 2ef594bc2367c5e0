/** `dimseg sweep` and `dimseg compare` as a person runs them: real processes, a run that fails, a second go, a stop. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { parseCsv } from "../../../src/core/formats/csv.js";
import { writePhantoms } from "../../../src/phantoms/write.js";
import { put, temporaryFolder } from "../../data/files.js";
import { transpileForChild } from "../../support/transpile.js";

const base = temporaryFolder();
const out = join(base, "runs");
const root = fileURLToPath(new URL("../../..", import.meta.url));
const oddName = "A|B & <C>, 1";
let program: string;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function start(...words: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(program, "src/cli/main.js"), ...words], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  const texts = { out: "", err: "" };
  child.stdout.on("data", (bytes) => {
    texts.out += bytes;
  });
  child.stderr.on("data", (bytes) => {
    texts.err += bytes;
  });
  return { child, ended: new Promise((resolve) => child.on("close", (code) => resolve({ code, ...texts }))) };
}

const dimseg = (...words: string[]) => start(...words).ended;

function putGrid(name: string, changes: Record<string, unknown>): string {
  const grid = {
    base: "config.yaml",
    out: "runs",
    seeds: [1, 2],
    runs: [
      { name: "supervised", set: { method: { name: "supervised" } } },
      { name: "broken", set: { "labelled.count": 99 } },
      { name: oddName, set: { "method.name": "midss" } },
    ],
    ...changes,
  };
  return put(join(base, name), stringify(grid));
}

beforeAll(async () => {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  program = transpileForChild(sources.filter((name) => name.endsWith(".ts")).map((name) => join("src", name)));
  writeFileSync(join(program, "package.json"), '{ "type": "module", "version": "0.0.0" }');
  const { dataset } = await writePhantoms({
    ...{ out: join(base, "data"), kind: "fundus", size: 32, seed: 1 },
    ...{ trainPerDomain: 4, testPerDomain: 3 },
  });
  const config = {
    dataset,
    imageSize: 32,
    labelled: { domain: "Domain1", count: 2, validation: 1 },
    model: { width: 2 },
    method: { name: "midss" },
    optimizer: { name: "none" },
    training: { iterations: 2, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu" },
    evaluation: { every: 1 },
    logging: { every: 1 },
  };
  put(join(base, "config.yaml"), stringify(config));
});
afterAll(() => rmSync(program, { recursive: true, force: true }));

const finished = ["A-B-C-1-seed1", "A-B-C-1-seed2", "supervised-seed1", "supervised-seed2"];

it("makes every run but the broken ones, the second time only what is missing, and compares what is there", async () => {
  const grid = putGrid("grid.yaml", {});
  const first = await dimseg("sweep", grid, "--jobs", "2");
  expect(first.err).toContain("6 runs: 0 finished, 6 waiting\n");
  expect(first.err).toMatch(/supervised-seed1: done, validation Dice \d+\.\d %\n/);
  expect(first.out).toContain("6 runs: 4 finished, 2 failed\n");
  const reason = "99 labelled and 1 validation cases are asked for, but domain Domain1 has 4 training cases";
  expect(first.out).toMatch(
    new RegExp(`failed: broken-seed1: error: .*${reason}.*\\n +its output: .*broken-seed1\\.log\\n`),
  );
  expect(first.code).toBe(1);
  expect(readdirSync(out).sort()).toEqual([...finished, "logs", "sweep.json"].sort());

  // Both networks where there are two, so that either can be compared.
  expect(finished.map((name) => readdirSync(join(out, name, "evaluation")).length)).toEqual([2, 2, 1, 1]);
  const files = finished.map((name) => join(out, name, "evaluation/last-student/cases.csv"));
  const times = files.map((file) => statSync(file).mtimeMs);
  // As if the machine had been switched off before the last step was saved.
  rmSync(join(out, "supervised-seed2/checkpoints/step-2"), { recursive: true });
  // It was another machine, which left its lock.
  const lock = put(join(out, "supervised-seed2/run.lock"), JSON.stringify({ pid: 1, startTime: null, host: "node-9" }));
  const going = start("sweep", grid);
  going.child.stderr?.on("data", (bytes) => {
    const longAgo = new Date(Date.now() - 11 * 60_000);
    if (`${bytes}`.includes("supervised-seed2: waiting")) utimesSync(lock, longAgo, longAgo);
  });
  const again = await going.ended;
  expect(again.err).toContain("6 runs: 3 finished, 3 waiting\n");
  expect(again.err).toMatch(
    /supervised-seed2: waiting: run folder .* is in use by process 1 on node-9; if that has ended/,
  );
  expect(again.err).toMatch(
    /supervised-seed2: training, from step 1 of 2\nsupervised-seed2: warning: taking over the lock .*\nsupervised-seed2: done/,
  );
  expect(again.err).not.toMatch(/supervised-seed1|A-B-C/);
  expect(files.map((file) => statSync(file).mtimeMs)).toEqual(times);
  expect(again.code).toBe(1);

  const table = await dimseg("compare", out);
  expect(table.code).toBe(0);
  expect(table.err).toContain(
    `left out: 2 of 6 runs of ${out}; the first: ${join(out, "broken-seed1")} has not begun; go on with \`dimseg sweep\``,
  );
  expect(table.out).toMatch(/Dice % +seeds +Domain1 \(labelled\) +Domain2 +Domain3 +Domain4 +cup +disc +average +gap/);
  expect(table.out).toMatch(/\nA\|B & <C>, 1 +2 +\d+\.\d ± \d+\.\d /);
  const csv = await dimseg("compare", ...finished.map((name) => join(out, name)), "--format", "csv");
  const [header, ...rows] = parseCsv(csv.out);
  expect(rows.map(([name, seeds]) => [name, seeds])).toEqual([
    ["A-B-C-1", "1 2"],
    ["supervised", "1 2"],
  ]);
  const dice = finished.slice(0, 2).map((name) => summaryOf(name).average.dice.mean);
  expect(Number(rows[0][header.indexOf("dice")])).toBeCloseTo((dice[0] + dice[1]) / 2, 12);

  const changed = await dimseg("sweep", grid, "--set", "base.rate=0.5");
  expect(changed.err).toMatch(/supervised-seed1 holds a run with base\.rate: 0\.03, but the grid says 0\.5; remove/);
  expect(changed.code).toBe(2);
});

it("tells once what its runs warn of, and ends with a comparison that finds what the grid had judged", async () => {
  const evaluate = { checkpoints: ["best"], networks: ["teacher"] };
  const runs = [{ name: "midss", set: { "method.name": "midss", "training.capture": true } }];
  const {
    out: printed,
    err,
    code,
  } = await dimseg(
    "sweep",
    putGrid("hint.yaml", { evaluate, runs, seeds: [1, 2], out: "hint" }),
    ...["--jobs", "auto"],
  );
  // Two steps of 2 + 2 images in each run.
  expect(printed).toMatch(/\n?trained on 16 images in .+: \d+(\.\d+)? images a second in all\n/);
  expect(code).toBe(0);
  expect(err.match(/^midss-seed[12]: warning: training\.capture is for GPUs/gm)).toHaveLength(1);
  const next = `compare ${join(base, "hint")} --checkpoint best --network teacher`;
  expect(printed).toContain(`Next: dimseg ${next}\n`);
  expect(await dimseg(...next.split(" "))).toMatchObject({ code: 0 });
});

function summaryOf(name: string) {
  return JSON.parse(readFileSync(join(out, name, "evaluation/last-student/summary.json"), "utf8"));
}

it("passes an interruption on and leaves a whole checkpoint and no lock", async () => {
  const folder = join(base, "stopped");
  const grid = putGrid("long.yaml", { runs: undefined, seeds: [1], out: "stopped" });
  const metrics = join(folder, "config-seed1/metrics.jsonl");
  const { child, ended } = start("sweep", grid, "--set", "training.iterations=1000000");
  await vi.waitFor(() => expect(existsSync(metrics) && statSync(metrics).size).toBeGreaterThan(0), {
    timeout: 90_000,
    interval: 50,
  });
  child.kill("SIGINT");
  const stopped = await ended;
  expect(stopped.code).toBe(130);
  expect(stopped.err).toContain("config-seed1: stopped\n");
  expect(stopped.out).toContain("1 run: 0 finished, 1 stopped\n");
  expect(stopped.out).toContain(`\nstopped; go on with \`dimseg sweep ${grid} --set training.iterations=1000000\`\n`);
  const inside = readdirSync(join(folder, "config-seed1"));
  expect(inside).toContain("checkpoints");
  expect(inside).not.toContain("run.lock");
  const step = Number(readFileSync(join(folder, "config-seed1/checkpoints/latest"), "utf8").match(/\d+/)?.[0]);
  expect(step).toBeGreaterThan(0);
});
