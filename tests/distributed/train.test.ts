/** Training in several processes by the command line: it does what one process does, and ends and goes on as one. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { exitCodes } from "../../src/core/errors.js";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";
import { entry, metricLines, putConfig, Running, run } from "../cli/built.js";
import { expectSame } from "../cli/same-bytes.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { freePort, memberOf, variables } from "./members.js";

const base = temporaryFolder();
const critic = { estimator: { name: "critic", hidden: 16, warmUp: 2 } };
const kinds = {
  supervised: { method: { name: "supervised" }, optimizer: { name: "none" } },
  "MiDSS and DiM": { method: { name: "midss" }, optimizer: { name: "dim" } },
  "CPS and SAM": { method: { name: "cps" }, optimizer: { name: "sam" } },
  "MiDSS and DiM with a critic": { method: { name: "midss" }, optimizer: { name: "dim", divergence: critic } },
} as const;
type Kind = keyof typeof kinds;

/** The kind that is also stopped and killed has a validation on the way. */
const stepsIn = (kind: Kind) => (kind === "MiDSS and DiM" ? 6 : 3);

const folder = (name: string) => join(base, name.replaceAll(" ", "-"));
const configOf = (kind: Kind) => join(base, `${kind}.yaml`);
const made = new Map<string, string>();

/** The run of a kind by so many processes, made when first asked for. */
function trained(kind: Kind, processes: number): string {
  const path = folder(`${kind} ${processes}`);
  const words = processes === 1 ? [] : ["--processes", String(processes)];
  if (!made.has(path)) {
    expect(run(["train", configOf(kind), "--out", path, ...words])).toMatchObject({ code: 0, signal: null });
    made.set(path, path);
  }
  return path;
}

const recordsOf = (path: string): Record<string, number>[] =>
  readFileSync(join(path, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The logged steps of a run. */
const stepsOf = (path: string) => recordsOf(path).filter((record) => "task" in record);

/** Greatest difference of the weights and statistics of a run's last checkpoint, relative to the greatest of each tensor. */
function apart(a: string, b: string, step: number): number {
  const [x, y] = [a, b].map((path) => readSafetensorsFile(join(path, `checkpoints/step-${step}/student.safetensors`)));
  let greatest = 0;
  for (const [name, { data }] of x.tensors) {
    const [own, other] = [data, y.tensors.get(name)?.data].map(
      (bytes) => new Float32Array(Uint8Array.from(bytes!).buffer),
    );
    const scale = own.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    own.forEach((value, i) => {
      greatest = Math.max(greatest, Math.abs(value - other[i]) / scale);
    });
  }
  return greatest;
}

beforeAll(() => {
  putDataset(join(base, "data"));
  for (const [kind, changes] of Object.entries(kinds))
    putConfig(join(base, `${kind}.yaml`), {
      ...changes,
      labelled: { domain: "a", count: 4, validation: 2 },
      training: { iterations: stepsIn(kind as Kind), labelledBatch: 4, unlabelledBatch: 4 },
      evaluation: { every: 4, preview: false },
    });
});

describe("two processes that share each batch", () => {
  it.each(Object.keys(kinds) as Kind[])("do what one does with the whole of it: %s", (kind) => {
    const [one, two] = [stepsOf(trained(kind, 1)), stepsOf(trained(kind, 2))];
    expect(two.map(({ iteration }) => iteration)).toEqual(one.map(({ iteration }) => iteration));
    const difference = (step: number, name: string) => Math.abs(two[step][name] - one[step][name]);
    for (const name of Object.keys(one[0]).filter((key) => /^loss|task|divergence|rampUp|rate|confident/.test(key)))
      expect(difference(0, name), name).toBeLessThanOrEqual(1e-6 * Math.abs(one[0][name]));
    expect(difference(0, "ascentNorm") / one[0].ascentNorm).toBeLessThan(1e-4);
    // Rounding grows, by a leap where one value of two nearly equal ones is the greatest.
    [1e-6, 1e-4, 1e-2].forEach((bound, step) => {
      expect(difference(step, "task") / one[step].task, `task of step ${step}`).toBeLessThan(bound);
    });
  });

  it("give the same bits each time, and as many validations and checkpoints as one", () => {
    const again = folder("again");
    expect(run(["train", configOf("MiDSS and DiM"), "--out", again, "--processes", "2"])).toMatchObject({ code: 0 });
    expectSame(again, trained("MiDSS and DiM", 2));
    const validations = (path: string) => recordsOf(path).filter((record) => "validation.student.dice" in record);
    expect(validations(again).map(({ iteration }) => iteration)).toEqual([4, 6]);
    expect(validations(again)).toHaveLength(validations(trained("MiDSS and DiM", 1)).length);
  });

  it("may keep statistics and ascent to each one's own images", () => {
    const own = folder("own");
    const set = ["--set", "processes.batchNorm=local", "--set", "processes.sharpness=local"];
    expect(run(["train", configOf("CPS and SAM"), "--out", own, "--processes", "2", ...set])).toMatchObject({
      code: 0,
    });
    const [shared, alone] = [stepsOf(trained("CPS and SAM", 2))[0], stepsOf(own)[0]];
    expect(alone.task).not.toBe(shared.task);
    expect(Math.abs(alone.task - shared.task) / shared.task).toBeLessThan(0.2);
  });
});

describe("a training of several processes", () => {
  let stopping: Promise<string> | undefined;

  /** A copy of a run of two processes that was stopped on the way, once for all. */
  async function stopped(name: string): Promise<string> {
    stopping ??= (async () => {
      const path = folder("stopped");
      const running = new Running(["train", configOf("MiDSS and DiM"), "--out", path, "--processes", "2"]);
      await running.until(() => metricLines(path) >= 3);
      expect(await running.interrupt("SIGTERM")).toMatchObject({ code: exitCodes.terminated });
      return path;
    })();
    const path = folder(name);
    cpSync(await stopping, path, { recursive: true });
    return path;
  }

  it("is stopped after one step of all, and goes on to the same bits", async () => {
    const path = await stopped("as many");
    expect(run(["train", "--resume", path, "--processes", "2"])).toMatchObject({ code: 0 });
    expectSame(path, trained("MiDSS and DiM", 2));
  });

  it("goes on in one process, which says so, to nearly the same weights", async () => {
    const path = await stopped("fewer");
    const resumed = run(["train", "--resume", path]);
    expect(resumed.code).toBe(0);
    expect(resumed.err).toMatch(
      /the run began with this number of processes: 2, now 1: from here on its bits may differ/,
    );
    expect(apart(path, trained("MiDSS and DiM", 2), 6)).toBeLessThan(3e-2);
  });

  it("started as torchrun does ends within seconds of the death of one, naming it, and goes on to the same bits", async () => {
    const path = folder("killed");
    const port = await freePort();
    const children = [0, 1].map((rank) =>
      spawn(process.execPath, [entry, "train", configOf("MiDSS and DiM"), "--out", path], {
        env: { ...process.env, ...variables(rank, 2, port) },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    const [first, second] = children.map(memberOf);
    while (metricLines(path) < 3 && children.every(({ exitCode }) => exitCode === null))
      await new Promise((resolve) => setTimeout(resolve, 5));
    children[1].kill("SIGKILL");
    const ended = await first;
    expect(ended).toMatchObject({ code: exitCodes.peer });
    expect(ended.err.match(/^error: .*$/gm)).toEqual([
      expect.stringMatching(
        /process 1 of 2 gave no sign of life any longer: .*; go on with `dimseg train --resume .*`$/,
      ),
    ]);
    expect((await second).signal).toBe("SIGKILL");
    expect(run(["train", "--resume", path, "--processes", "2"])).toMatchObject({ code: 0 });
    expectSame(path, trained("MiDSS and DiM", 2));
  });

  it("stops waiting for others who do not come when it is told to", async () => {
    // Who is asked where they are takes the call and says nothing.
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const child = spawn(process.execPath, [entry, "train", configOf("supervised"), "--out", folder("waiting")], {
      env: { ...process.env, ...variables(1, 2, (silent.address() as AddressInfo).port) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = memberOf(child);
    const [socket] = await once(silent, "connection");
    child.kill("SIGTERM");
    socket.destroy();
    silent.close();
    const { code, err } = await ended;
    expect(code).toBe(exitCodes.terminated);
    expect(err).not.toMatch(/frame|c10d/);
    expect(existsSync(folder("waiting"))).toBe(false);
  });

  it("meets over the interface that it is told to", async () => {
    const port = await freePort();
    const ends = [0, 1].map((rank) =>
      memberOf(
        spawn(process.execPath, [entry, "train", configOf("supervised"), "--out", folder("elsewhere")], {
          // Another name of this machine, as in a group of several.
          env: { ...process.env, ...variables(rank, 2, port), MASTER_ADDR: "127.0.0.2", GLOO_SOCKET_IFNAME: "none0" },
          stdio: ["ignore", "pipe", "pipe"],
        }),
      ),
    );
    for (const { code, err } of await Promise.all(ends)) {
      expect(code).toBe(exitCodes.peer);
      expect(err).toMatch(/^error: process \d of 2 did not find the others at 127\.0\.0\.2:\d+ \(.*none0\)\n$/);
    }
  });

  it("ends with the error of its first process, and leaves nothing behind", () => {
    const path = folder("refused");
    const words = ["train", configOf("supervised"), "--out", path, "--processes", "2", "--set"];
    const odd = run([...words, "training.labelledBatch=3"]);
    expect(odd).toMatchObject({ code: exitCodes.usage });
    expect(odd.err).toBe(
      "error: training.labelledBatch is 3, which 2 processes cannot share evenly; take a multiple of 2, or other processes\n",
    );
    const crowded = run([...words, "training.labelledBatch=3", "--set", "training.threads=64"]);
    expect(crowded.err).toMatch(
      /^warning: training\.threads is 64, but each of 2 processes may use \d+ cores?: steps take/,
    );
    expect(run([...words, "method.name=bcp"]).err).toMatch(/method bcp is trained by one process/);
    expect(run([...words, "optimizer.name=esam"]).err).toMatch(/optimizer esam chooses among the samples/);
    expect(existsSync(path)).toBe(false);
  });
});
