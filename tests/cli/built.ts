/** The built command line in child processes, which a test may signal, stop, kill and starve of disk. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import { packageRoot } from "../../src/core/package-root.js";
import { put } from "../data/files.js";

/** What `dimseg` on a PATH would start. */
export const entry = join(packageRoot, "dist", "src", "cli", "main.js");
if (!existsSync(entry)) throw new Error("dist/ is missing: run `npm run setup` before these tests");

// Two threads of the engine beside each other cost more than they bring on images this small.
const env = { ...process.env, OMP_NUM_THREADS: "1" };

/** How a process ended and what it printed. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

/** Longer than any command of the tests takes. */
const timeout = 110_000;

/** Runs the command line to its end; one that hangs is killed. @param program what is run instead of the checkout's own entry */
export function run(words: readonly string[], program = entry): Ended {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
    ...{ encoding: "utf8", env, timeout, killSignal: "SIGKILL" },
  });
  return { code: status, signal, out: stdout, err: stderr };
}

/** Runs a verb that has to succeed. */
export function done(...words: string[]): Ended {
  const ended = run(words);
  if (ended.code !== 0) throw new Error(`dimseg ${words.join(" ")} ended with ${ended.code}: ${ended.err}${ended.out}`);
  return ended;
}

/** A running command line. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  private out = "";
  private err = "";
  private over = false;

  /** @param preload source of a module that the process runs before the command line */
  constructor(words: readonly string[], preload?: string) {
    const imports = preload === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
    this.child = spawn(process.execPath, [...imports, entry, ...words], { stdio: ["ignore", "pipe", "pipe"], env });
    this.child.stdout?.on("data", (text) => {
      this.out += text;
    });
    this.child.stderr?.on("data", (text) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code, signal) => {
        this.over = true;
        resolve({ code, signal, out: this.out, err: this.err });
      });
    });
  }

  /** Waits until `condition` holds or the process has ended, looking every millisecond. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.over && !condition()) await pause(1);
  }

  /** Sends a signal and waits for the end. */
  interrupt(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    // One that was stopped takes it only when it goes on.
    this.child.kill("SIGCONT");
    return this.ended;
  }
}

/** Lines of a run's metrics.jsonl so far. */
export function metricLines(folder: string): number {
  const path = join(folder, "metrics.jsonl");
  return existsSync(path) ? readFileSync(path, "latin1").split("\n").length - 1 : 0;
}

/** Names in a run's checkpoints folder. */
export function checkpoints(folder: string): string[] {
  const path = join(folder, "checkpoints");
  return existsSync(path) ? readdirSync(path).sort() : [];
}

/** Writes a configuration of a U-Net of width 2 on the data set of `putDataset`, in fp32 on one thread. */
export function putConfig(path: string, changes: Record<string, unknown> = {}): string {
  const { training, ...others } = changes;
  const small = { iterations: 12, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 };
  return put(
    path,
    stringify({
      dataset: "data/dataset.yaml",
      labelled: { domain: "a", count: 4, validation: 2 },
      model: { width: 2 },
      method: { name: "midss" },
      optimizer: { name: "dim" },
      training: { ...small, ...(training as object) },
      evaluation: { every: 5 },
      logging: { every: 1 },
      ...others,
    }),
  );
}

/** Writes a configuration that learns large parts of small images from labels alone in seconds, in fp32 on one thread. */
export function putQuickConfig(path: string, { training, ...others }: Record<string, unknown>): string {
  return put(
    path,
    stringify({
      model: { width: 8 },
      method: { name: "supervised" },
      optimizer: { name: "none" },
      base: { name: "adamw", rate: 0.01 },
      training: { iterations: 60, precision: "fp32", device: "cpu", threads: 1, ...(training as object) },
      evaluation: { every: 30 },
      ...others,
    }),
  );
}
