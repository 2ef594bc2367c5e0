/** The example project as a stranger would run it: dimseg packed and installed, the engine set up, its own scripts. */
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/core/package-root.js";
import { temporaryFolder } from "../data/files.js";
import { engineMissing, environmentWithEngine, install } from "./installed.js";

it("draws, trains and measures", async ({ skip }) => {
  const reason = await engineMissing();
  skip(reason !== undefined, reason);
  const project = join(temporaryFolder(), "cup-to-disc");
  // Only what a reader gets: the folder may hold what somebody tried in it.
  for (const name of ["package.json", "config.yaml", "measure.js"])
    cpSync(join(packageRoot, "examples", "cup-to-disc", name), join(project, name));
  const main = join(install(project), "dist", "src", "cli", "main.js");
  const env = { ...environmentWithEngine(join(project, "cache")), OMP_NUM_THREADS: "1" };
  const { scripts } = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  const start = (command: string, ...more: string[]) => {
    const [program, ...words] = command.split(" ");
    const line = [...(program === "dimseg" ? [main] : []), ...words, ...more];
    const { status, stdout, stderr } = spawnSync(process.execPath, line, { cwd: project, env, encoding: "utf8" });
    return { status, stdout, stderr };
  };

  expect(start(scripts.measure)).toMatchObject({ status: 2, stdout: "" });
  expect(start("dimseg setup")).toMatchObject({ status: 0, stderr: "" });
  expect(start(scripts.draw)).toMatchObject({ status: 0 });
  const short = ["training.iterations=3", "training.precision=fp32", "evaluation.every=3", "model.width=2"];
  expect(start(scripts.train, ...short.flatMap((one) => ["--set", one]))).toMatchObject({ status: 0 });
  const measured = start(scripts.measure);
  expect(measured).toMatchObject({ status: 0, stderr: "" });
  const [head, ...rows] = measured.stdout.trim().split("\n");
  expect(head).toBe("domain,image,reference,predicted");
  expect(rows).toHaveLength(4 * 4);
  for (const row of rows) {
    const reference = Number(row.split(",")[2]);
    expect(reference).toBeGreaterThan(0.1);
    expect(reference).toBeLessThan(1);
  }
});
