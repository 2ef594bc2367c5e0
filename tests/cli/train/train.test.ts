/** `dimseg train` as real processes: what a run leaves behind, and that nothing done to it changes its bits. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, openSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { RandomStream } from "../../../src/core/random.js";
import { sha256 } from "../../../src/core/sha256.js";
import { formatManifest, manifestName, readManifest } from "../../../src/runs/checkpoints/checkpoint-manifest.js";
import { temporaryFolder } from "../../data/files.js";
import { putDataset } from "../../data/tiny.js";
import { checkpoints, entry, metricLines, putConfig, Running, run } from "../built.js";
import { expectSame, newestCheckpoint, promised } from "../same-bytes.js";

const base = temporaryFolder();
const dim = {
  optimizer: { name: "dim-features", inner: "fsam", rhoMode: "divergence", divergence: { runningMean: 0.5 } },
};
const supervised = {
  ...{ method: { name: "supervised" }, optimizer: { name: "none" } },
  // The others draw a preview; here nothing looks at it.
  evaluation: { every: 25, preview: false },
};
const kinds = {
  "dim fp32": { ...dim, training: { iterations: 12 } },
  "dim bf16": { ...dim, training: { iterations: 12, precision: "bf16" } },
  "supervised fp32": { ...supervised, base: { name: "adamw" }, training: { iterations: 60 } },
  "supervised bf16": { ...supervised, training: { iterations: 60, precision: "bf16" } },
} as const;
type Kind = keyof typeof kinds;
const iterations = (kind: Kind) => kinds[kind].training.iterations;

const folder = (name: string) => join(base, name.replace(" ", "-"));
const configOf = (kind: Kind) => join(base, `${kind}.yaml`);

/** The uninterrupted run of a kind, trained when first asked for. */
function reference(kind: Kind): string {
  const path = folder(`${kind} reference`);
  if (!existsSync(path)) expect(run(["train", configOf(kind), "--out", path])).toMatchObject({ code: 0, signal: null });
  return path;
}

function expectResumes(path: string, kind: Kind): void {
  expect(run(["train", "--resume", path])).toMatchObject({ code: 0, signal: null });
  expectSame(path, reference(kind));
}

/** Starts a run of a kind and lets it get to its third step. */
async function started(kind: Kind, name: string): Promise<{ path: string; running: Running }> {
  const path = folder(name);
  const running = new Running(["train", configOf(kind), "--out", path]);
  await running.until(() => metricLines(path) >= 3);
  return { path, running };
}

beforeAll(() => {
  putDataset(join(base, "data"));
  for (const [kind, changes] of Object.entries(kinds)) putConfig(join(base, `${kind}.yaml`), changes);
});

describe("a finished run", () => {
  it("holds its resolved configuration, environment, metrics, events and checkpoints", () => {
    const path = reference("dim fp32");
    const read = (name: string) => readFileSync(join(path, name), "utf8");
    const config = parse(read("config.yaml"));
    expect(read("config.yaml")).not.toMatch(/precision: auto|memoryFormat: auto|device: auto/);
    expect(config).toMatchObject({
      dataset: join(base, "data/dataset.yaml"),
      base: { name: "sgd", rate: 0.03, momentum: 0.9, weightDecay: 1e-4 },
      optimizer: { name: "dim-features", inner: { name: "fsam", lambda: 0.9 }, perturbWith: "total" },
      training: { seed: 1337, precision: "fp32", memoryFormat: "channelsLast", device: "cpu", threads: 1 },
    });
    const environment = JSON.parse(read("environment.json"));
    expect(environment).toMatchObject({ node: process.version, engine: { threads: 1 } });
    expect(environment.commandLine).toContain(configOf("dim fp32"));
    const records = read("metrics.jsonl")
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const steps = records.filter((one) => "task" in one);
    expect(steps.map((one) => one.iteration)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    for (const name of ["loss.sup", "divergence", "sharpness", "perturbationNorm", "cosine"])
      expect(steps.every((one) => Number.isFinite(one[name]))).toBe(true);
    const validations = records.filter((one) => "validation.teacher.dice" in one);
    expect(validations.map((one) => one.iteration)).toEqual([5, 10, 12]);
    expect(checkpoints(path)).toEqual(expect.arrayContaining(["latest", "step-10", "step-12"]));
    expect(readdirSync(newestCheckpoint(path)).sort()).toEqual(
      ["divergence", "optimizer", "student", "teacher"]
        .map((name) => `${name}.safetensors`)
        .concat("manifest.json", "progress.json")
        .sort(),
    );
    expect(readdirSync(path).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  it("holds TensorBoard events whose frames fill the file", () => {
    const bytes = readFileSync(join(reference("dim fp32"), "events.out.tfevents.dimseg"));
    let [at, frames] = [0, 0];
    for (; at < bytes.length; frames++) at += 16 + Number(bytes.readBigUInt64LE(at));
    expect(at).toBe(bytes.length);
    expect(frames).toBeGreaterThan(12 * 10);
    expect(bytes.includes("validation/student/dice")).toBe(true);
  });

  it("is the same to the byte when trained again with the same seed, and another with another", () => {
    const again = folder("again");
    expect(run(["train", configOf("supervised fp32"), "--out", again]).code).toBe(0);
    expectSame(again, reference("supervised fp32"));
    const other = folder("other seed");
    expect(run(["train", configOf("supervised fp32"), "--out", other, "--set", "training.seed=2"]).code).toBe(0);
    expect(promised(other).get("student.safetensors")).not.toEqual(promised(again).get("student.safetensors"));
  });
});

describe("kill -9", () => {
  /** Lets a run go on until `condition` and kills it there; on a busy machine it may reach its end before we looked. */
  async function killAt(path: string, kind: Kind, condition: () => boolean): Promise<void> {
    const words = existsSync(join(path, "config.yaml")) ? ["--resume", path] : [configOf(kind), "--out", path];
    const running = new Running(["train", ...words]);
    await running.until(condition);
    running.child.kill("SIGKILL");
    const { code, signal, err } = await running.ended;
    expect(signal === "SIGKILL" || code === 0, err).toBe(true);
  }

  it.each([
    ["dim fp32", 2],
    ["dim bf16", 1],
    ["supervised fp32", 2],
    ["supervised bf16", 1],
  ] as [Kind, number][])(
    "%s: after %d at random moments it ends with the bits of an uninterrupted run",
    async (kind, kills) => {
      const path = folder(`${kind} killed`);
      const draws = new RandomStream(Date.now(), "kill");
      const lines = Array.from({ length: kills }, () => draws.integer(1, (iterations(kind) * 2) / 3)).sort(
        (a, b) => a - b,
      );
      for (const line of lines) await killAt(path, kind, () => metricLines(path) >= line);
      expectResumes(path, kind);
    },
  );

  it("in the middle of a save it loses nothing that was saved before", async () => {
    const path = folder("killed in a save");
    const saving = () => checkpoints(path).some((name) => /^step-[1-9]\d*\.tmp$/.test(name));
    await killAt(path, "supervised fp32", saving);
    expectResumes(path, "supervised fp32");
    expect(checkpoints(path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});

describe("signals", () => {
  it("SIGINT finishes the step, saves and exits 130", async () => {
    const { path, running } = await started("supervised fp32", "interrupted");
    const { code, out, err } = await running.interrupt("SIGINT");
    expect(code).toBe(130);
    expect(err).toContain("SIGINT: finishing this step and saving");
    const done = Number(/stopped after step (\d+); go on with: dimseg train --resume/.exec(out)?.[1]);
    expect(newestCheckpoint(path)).toMatch(new RegExp(`/step-${done}$`));
    expect(readdirSync(path)).not.toContain("run.lock");
    expectResumes(path, "supervised fp32");
  });

  it("SIGTERM exits 143, and while it runs a second process is refused", async () => {
    const { path, running } = await started("supervised bf16", "terminated");
    running.child.kill("SIGSTOP");
    const before = readdirSync(path, { recursive: true });
    const resumed = run(["train", "--resume", path]);
    expect(resumed).toMatchObject({ code: 6, out: "" });
    expect(resumed.err).toMatch(new RegExp(`^error: run folder .* is in use by process ${running.child.pid}; .*\n$`));
    const second = run(["train", configOf("supervised bf16"), "--out", path]);
    expect(second.code).toBe(2);
    expect(second.err).toMatch(/^error: .* already holds a run; go on with `dimseg train --resume .*\n$/);
    expect(readdirSync(path, { recursive: true })).toEqual(before);
    expect(await running.interrupt("SIGTERM")).toMatchObject({ code: 143 });
    expect(checkpoints(path).length).toBeGreaterThan(2);
  });

  it("a closed terminal, told twice, is as SIGTERM and exits 129; under nohup training goes on", async () => {
    const { path, running } = await started("supervised fp32", "hung up");
    running.child.kill("SIGHUP");
    const { code, out } = await running.interrupt("SIGHUP");
    expect(code).toBe(129);
    expect(out).toMatch(/stopped after step \d+; go on with/);
    const under = new Running(["train", "--resume", path], `process.env._ = "/usr/bin/nohup"`);
    await under.until(() => readdirSync(path).includes("run.lock"));
    expect(await under.interrupt("SIGHUP")).toMatchObject({ code: 0 });
    expectSame(path, reference("supervised fp32"));
  });

  it("a queue's SIGTERM to all processes, passed on by each parent, is one wish to save and stop", async () => {
    const path = folder("told by all");
    const twice = `process.on("SIGUSR2", () => { for (const _ of [1, 2]) process.emit("SIGTERM", "SIGTERM"); })`;
    const words = ["train", configOf("supervised fp32"), "--out", path, "--set", "training.iterations=100000"];
    const running = new Running(words, twice);
    await running.until(() => metricLines(path) >= 3);
    const { code, out } = await running.interrupt("SIGUSR2");
    expect(code).toBe(143);
    const [, step] = /stopped after step (\d+); go on with/.exec(out) ?? [];
    expect(checkpoints(path)).toContain(`step-${step}`);
  });

  it("the end of a parent that holds a channel to it is as SIGTERM", async () => {
    const path = folder("orphan");
    const words = ["train", configOf("supervised fp32"), "--out", path, "--set", "training.iterations=100000"];
    const child = spawn(process.execPath, [entry, ...words], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while (metricLines(path) < 3) await pause(1);
    child.disconnect();
    expect(await ended).toBe(143);
    expect(readdirSync(path)).not.toContain("run.lock");
  });

  it("a second signal ends it at once, without a save", async () => {
    const path = folder("impatient");
    // From outside, the first of two signals may be all that the process has heard of when it looks.
    const both = `process.on("SIGUSR2", () => { for (const name of ["SIGINT", "SIGTERM"]) process.emit(name, name); })`;
    const words = ["train", configOf("supervised fp32"), "--out", path, "--set", "training.iterations=100000"];
    const running = new Running(words, both);
    await running.until(() => metricLines(path) >= 3);
    expect(await running.interrupt("SIGUSR2")).toMatchObject({ code: 143 });
    const saved = checkpoints(path).filter((name) => name.startsWith("step-"));
    // One is written before the first step, and one after each validation.
    expect(saved).not.toEqual([]);
    for (const name of saved) expect(Number(name.slice("step-".length)) % 25).toBe(0);
  });
});

describe.skipIf(!existsSync("/dev/full"))("a full disk under what is printed", () => {
  const full = openSync("/dev/full", "w");
  const printingTo = (words: string[], stdio: ["ignore", number | "pipe", number | "pipe"]) =>
    spawnSync(process.execPath, [entry, ...words], {
      stdio,
      encoding: "utf8",
      env: { ...process.env, OMP_NUM_THREADS: "1" },
    });

  it("is told in one sentence, with exit code 6", () => {
    const { status, stderr } = printingTo(["list", "methods"], ["ignore", full, "pipe"]);
    expect({ status, stderr }).toEqual({
      status: 6,
      stderr: "error: cannot write the output: the disk is full; free some space\n",
    });
  });

  it("does not stop a training", () => {
    const path = folder("unheard");
    const words = ["train", configOf("supervised fp32"), "--out", path];
    expect(printingTo(words, ["ignore", full, full])).toMatchObject({ status: 6 });
    expectSame(path, reference("supervised fp32"));
  });
});

describe("a damaged checkpoint", () => {
  /** A copy of a finished run. */
  function copied(name: string): string {
    const path = folder(name);
    cpSync(reference("dim fp32"), path, { recursive: true });
    return path;
  }

  function flipBit(path: string): void {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  }

  it.each([
    ["a truncated file", "student.safetensors", (path: string) => truncateSync(path, 100)],
    ["one flipped bit", "optimizer.safetensors", flipBit],
  ])("%s: the one before is used with a warning", (name, file, damage) => {
    const path = copied(`damaged ${name}`);
    damage(join(newestCheckpoint(path), file));
    const resumed = run(["train", "--resume", path]);
    expect(resumed).toMatchObject({ code: 0 });
    expect(resumed.err).toMatch(new RegExp(`step-12/${file}.*; using the checkpoint of step 10\n`));
    expect(resumed.out).toContain("resuming after step 10\n");
    expectSame(path, reference("dim fp32"));
  });

  it("that does not say where training stood: exit code 4 with its name", () => {
    const path = copied("without progress");
    const newest = newestCheckpoint(path);
    const manifest = readManifest(newest, 12);
    const text = "{}\n";
    writeFileSync(join(newest, "progress.json"), text);
    const files = manifest.files.map((file) =>
      file.name === "progress.json" ? { ...file, bytes: text.length, sha256: sha256(text) } : file,
    );
    writeFileSync(join(newest, manifestName), formatManifest({ ...manifest, files }));
    const resumed = run(["train", "--resume", path]);
    expect(resumed).toMatchObject({ code: 4, out: "" });
    expect(resumed.err).toMatch(/^error: .*step-12\/progress\.json is damaged: it does not say where training stood/);
  });

  it("of a finished run is tidied away when a kill kept it from being so", () => {
    const path = copied("unpruned");
    const old = join(path, "checkpoints", "step-3");
    cpSync(newestCheckpoint(path), old, { recursive: true });
    writeFileSync(
      join(old, manifestName),
      formatManifest({ ...readManifest(newestCheckpoint(path), 12), step: 3, names: [] }),
    );
    expect(run(["train", "--resume", path])).toMatchObject({ code: 0 });
    expect(checkpoints(path)).toEqual(checkpoints(reference("dim fp32")));
  });

  it("none intact: exit code 4, naming the files, with everything left as it was", () => {
    const path = copied("all damaged");
    for (const name of checkpoints(path).filter((one) => one.startsWith("step-")))
      flipBit(join(path, "checkpoints", name, "student.safetensors"));
    const metrics = metricLines(path);
    const resumed = run(["train", "--resume", path]);
    expect(resumed).toMatchObject({ code: 4, out: "" });
    expect(resumed.err).toMatch(/^error: no usable checkpoint in .*step-12\/student\.safetensors.*restore .*\n$/);
    expect(metricLines(path)).toBe(metrics);
    expect(readdirSync(path)).not.toContain("run.lock");
  });
});
