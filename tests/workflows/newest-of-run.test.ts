/** Which estimates or evaluation of a run the studio shows. */
import { utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkpointNames } from "../../src/runs/checkpoints/checkpoint-names.js";
import { newestOfRun } from "../../src/workflows/studio/newest-of-run.js";
import { put, temporaryFolder } from "../data/files.js";

it("is the newest of the run's own data set, by whatever name the checkpoint was asked for", () => {
  const folder = temporaryFolder();
  expect(newestOfRun(folder, "cases.csv")).toBeNull();
  const write = (name: string, at: number) => utimesSync(put(join(folder, name, "cases.csv"), ""), at, at);
  for (const [i, name] of [...checkpointNames, "step-7"].entries()) {
    write(`${name}-student`, i + 1);
    expect(newestOfRun(folder, "cases.csv")).toBe(join(folder, `${name}-student`));
  }
  write("last-student-images-1a2b3c4d", 99);
  expect(newestOfRun(folder, "cases.csv")).toBe(join(folder, "step-7-student"));
});
