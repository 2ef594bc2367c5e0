/** Two tasks of a step of a real Slurm train one network: the same bits as two processes by themselves. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { entry, putConfig, run } from "../cli/built.js";
import { expectSame } from "../cli/same-bytes.js";
import { temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { missingForSlurm, startSlurm } from "../support/slurm.js";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });
const missing = missingForSlurm();

describe.skipIf(missing !== null)(`training under srun${missing === null ? "" : ` (skipped: ${missing})`}`, () => {
  const base = temporaryFolder();
  const config = join(base, "config.yaml");
  let slurm: Awaited<ReturnType<typeof startSlurm>>;

  beforeAll(async () => {
    slurm = await startSlurm(join(base, "slurm"));
    putDataset(join(base, "data"));
    putConfig(config, { training: { iterations: 4 }, evaluation: { every: 4, preview: false } });
  });
  afterAll(() => slurm?.stop());

  it("takes each task's place from Slurm", () => {
    const [alone, tasks] = ["processes", "tasks"].map((name) => join(base, name));
    expect(run(["train", config, "--out", alone, "--processes", "2"])).toMatchObject({ code: 0 });
    const words = ["--ntasks", "2", process.execPath, entry, "train", config, "--out", tasks];
    const step = spawnSync("srun", words, { env: { ...slurm.env, OMP_NUM_THREADS: "1" }, encoding: "utf8" });
    expect(step).toMatchObject({ status: 0 });
    // One of the tasks tells.
    expect(step.stdout.match(/trained 4 steps/g)).toHaveLength(1);
    expectSame(tasks, alone);
  });
});
