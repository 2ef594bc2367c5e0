/** A sweep on a real Slurm: all runs are made, a task that is taken from its node goes on, and the table is printed. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { writePhantoms } from "../../src/phantoms/write.js";
import { entry } from "../cli/built.js";
import { put, temporaryFolder } from "../data/files.js";
import { missingForSlurm, startSlurm, until } from "../support/slurm.js";

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });
const missing = missingForSlurm();

describe.skipIf(missing !== null)(`a sweep on Slurm${missing === null ? "" : ` (skipped: ${missing})`}`, () => {
  const base = temporaryFolder();
  let slurm: Awaited<ReturnType<typeof startSlurm>>;
  const dimseg = (...words: string[]) =>
    spawnSync(process.execPath, [entry, ...words], { cwd: base, env: slurm.env, encoding: "utf8" });
  // A name in which Slurm would see one of its patterns.
  const out = "100%a";
  const record = join(base, out, "slurm", "job.json");

  beforeAll(async () => {
    slurm = await startSlurm(join(base, "slurm"));
    const { dataset } = await writePhantoms({
      ...{ out: join(base, "data"), kind: "fundus", size: 32, seed: 1 },
      ...{ trainPerDomain: 4, testPerDomain: 2 },
    });
    const training = { iterations: 100, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", threads: 1 };
    put(
      join(base, "config.yaml"),
      stringify({
        ...{ dataset, imageSize: 32, labelled: { domain: "Domain1", count: 2, validation: 0 }, model: { width: 2 } },
        ...{ optimizer: { name: "none" }, training, evaluation: { every: 20, preview: false } },
      }),
    );
    put(
      join(base, "grid.yaml"),
      stringify({
        ...{ base: "config.yaml", out, seeds: [1, 2] },
        evaluate: { checkpoints: ["last"], networks: ["student"] },
        grid: { "method.name": ["supervised", "mean-teacher"] },
      }),
    );
  });
  afterAll(() => slurm?.stop());

  it("makes all runs, one of them in two goes, and is not queued twice", async () => {
    const words = [entry, "sweep", "grid.yaml", "--on", "slurm"];
    const following = spawn(process.execPath, words, { cwd: base, env: slurm.env, stdio: "ignore" });
    const ended = new Promise<number | null>((resolve) => following.once("close", resolve));
    const first = join(base, out, "method=supervised-seed1");
    await until("the first checkpoint", () => existsSync(join(first, "checkpoints", "latest")));
    const { job } = JSON.parse(readFileSync(record, "utf8"));
    const requeued = spawnSync("scontrol", ["requeue", `${job}_0`], { env: slurm.env, encoding: "utf8" });
    expect(requeued).toMatchObject({ status: 0, stderr: "" });
    expect(dimseg("sweep", "grid.yaml", "--on", "slurm").stderr).toContain(`is being worked on by job ${job}`);
    expect(await ended).toBe(0);
    const log = readFileSync(join(base, out, "logs", `slurm-${job}_0.log`), "utf8");
    expect(log).toMatch(/method=supervised-seed1: stopped\n[\s\S]*method=supervised-seed1: done\n/);
    // Slurm signals all processes of the task, and each passes it on.
    expect(readFileSync(join(base, out, "logs", "method=supervised-seed1.log"), "utf8")).toMatch(/stopped after step/);
    const table = dimseg("compare", out);
    expect(table.stdout).toMatch(/method=supervised[^\n]*2[\s\S]*method=mean-teacher[^\n]*2/);
    expect(dimseg("sweep", "grid.yaml", "--on", "slurm").stdout).toContain("0 runs to hand over, 4 finished before");
  });
});
