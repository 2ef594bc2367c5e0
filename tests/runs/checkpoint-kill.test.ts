import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/runs/checkpoints/checkpoint-store.js";
import { transpileForChild } from "../support/transpile.js";

const child = fileURLToPath(new URL("checkpoint-child.mjs", import.meta.url));
let root: string;
let compiled: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "dimseg-kill-"));
  compiled = transpileForChild(["src/runs/checkpoints/checkpoint-store.ts"]);
});
afterAll(() => {
  rmSync(root, { recursive: true });
  rmSync(compiled, { recursive: true });
});

interface Plan {
  steps: number[];
  killAt?: number;
  fail?: string;
  size: number;
}
const run = (folder: string, plan: Plan) =>
  spawnSync(process.execPath, [child, compiled, folder, JSON.stringify(plan)], { encoding: "utf8" });

/** Whole: exactly the bytes the child writes for this step. */
function expectWhole(store: CheckpointStore, size: number): number {
  const { step, files } = store.load();
  for (const name of ["model", "optimizer"]) {
    const quarter = Array.from({ length: 4 }, (_, i) => new Uint8Array(size / 4).fill(step + name.charCodeAt(0) + i));
    expect(Buffer.compare(files.get(name)!, Buffer.concat(quarter))).toBe(0);
  }
  return step;
}

describe("kill -9 during a save", () => {
  // Stages of a first save: file, file, manifest, publish, sync, latest, prune; a repeated one adds replace.
  const places: [string, number, number[], number][] = [
    ["inside a file", -1, [10, 20, 30], 20],
    ["before the first file", 0, [10, 20, 30], 20],
    ["before the second file", 1, [10, 20, 30], 20],
    ["before the manifest", 2, [10, 20, 30], 20],
    ["before the rename", 3, [10, 20, 30], 20],
    ["between rename and fsync", 4, [10, 20, 30], 30],
    ["before latest", 5, [10, 20, 30], 30],
    ["before pruning", 6, [10, 20, 30], 30],
    ["before replacing a step", 3, [10, 20, 20], 20],
    ["while a step is being replaced", 4, [10, 20, 20], 20],
    ["after a step was replaced", 5, [10, 20, 20], 20],
    ["while the only step is being replaced", 4, [10, 10], 10],
  ];

  it.each(places)("%s", (_, killAt, steps, expected) => {
    const folder = mkdtempSync(join(root, "run-"));
    expect(run(folder, { steps, killAt, size: 4096 }).signal).toBe("SIGKILL");
    const warnings: string[] = [];
    const store = new CheckpointStore(folder, { keep: 2, warn: (message) => warnings.push(message) });
    store.recover();
    expect(expectWhole(store, 4096)).toBe(expected);
    expect(warnings).toEqual([]);
    expect(readdirSync(folder).filter((name) => !/^(latest|step-\d+)$/.test(name))).toEqual([]);
    store.save(40, new Map([["model", "after"]]));
    expect(store.load().step).toBe(40);
  });
});

/** A private file system of 64 kB where the system lets us mount one. */
function canMount(): boolean {
  try {
    const mountPoint = mkdtempSync(join(root, "probe-"));
    execFileSync("unshare", ["-Urm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", mountPoint], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

describe("a full disk", () => {
  it("stops the save with a clear message and leaves the previous checkpoint", () => {
    const folder = join(root, "small");
    mkdirSync(folder);
    // 2 files of 16 kB a checkpoint: the second does not fit beside the first on 64 kB with its folders.
    const plan: Plan = { steps: [1, 2], size: 16384 };
    const command = `mount -t tmpfs -o size=64k tmpfs "$1" && exec "$2" "$3" "$4" "$1/checkpoints" "$5"`;
    const { stdout, stderr } = canMount()
      ? spawnSync(
          "unshare",
          ["-Urm", "sh", "-c", command, "sh", folder, process.execPath, child, compiled, JSON.stringify(plan)],
          { encoding: "utf8" },
        )
      : run(join(folder, "checkpoints"), { ...plan, fail: "ENOSPC" });
    expect(stderr).toBe("");
    const { name, message, saved } = JSON.parse(stdout);
    expect(name).toBe("ResourceError");
    expect(message).toMatch(/^cannot write .*step-2.*: the disk is full; free some space; .* step 1 is intact$/);
    expect(saved).toEqual([1]);
  });
});
