/** Asking for the teacher of a run that has none. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { dimseg, putDataset, trainRun } from "../cli/trained-run.js";
import { temporaryFolder } from "../data/files.js";

const base = temporaryFolder();

it("names what can be compared, and never an evaluation that cannot be made", async () => {
  putDataset(join(base, "data"));
  const training = {
    iterations: 1,
    labelledBatch: 2,
    unlabelledBatch: 2,
    precision: "fp32",
    device: "cpu",
    threads: 1,
  };
  const supervised = await trainRun(base, "supervised", { method: { name: "supervised" }, training });
  await expect(dimseg("compare", supervised, "--network", "teacher")).rejects.toThrow(
    /supervised keeps no teacher, as method supervised has none; compare with --network student$/,
  );
  const midss = await trainRun(base, "midss", { training });
  await expect(dimseg("compare", midss, "--network", "teacher")).rejects.toThrow(
    /has no evaluation last-teacher; run `dimseg evaluate .*midss'? --checkpoint last --network teacher`$/,
  );
}, 60_000);
