/** A run that begins with the weights of an earlier one: which weights, the same bits again, and what is refused. */
import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig, readResolvedConfig } from "../../src/config/config.js";
import { CheckpointError, UsageError } from "../../src/core/errors.js";
import { readSafetensorsFile } from "../../src/core/formats/safetensors.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { putConfig } from "../cli/built.js";
import { put, temporaryFolder } from "../data/files.js";
import { putDataset } from "../data/tiny.js";
import { watching } from "./watching.js";

const base = temporaryFolder();

const small = {
  ...{ method: { name: "midss" }, optimizer: { name: "none" }, training: { iterations: 4 } },
  evaluation: { every: 4, preview: false },
  logging: { every: 1, keepCheckpoints: 9 },
};
const configOf = (name: string, changes: Record<string, unknown>) =>
  loadConfig(putConfig(join(base, `${name}.yaml`), { ...small, ...changes }));
const folder = (name: string) => join(base, name);
const train = async (name: string, changes: Record<string, unknown> = {}, steps?: number) => {
  await startRun(folder(name), configOf(name, changes), watching(steps));
  return folder(name);
};
const file = (run: string, step: number, name: string) => join(run, `checkpoints/step-${step}/${name}.safetensors`);
const weights = (run: string, step: number, name: string) => readFileSync(file(run, step, name));

let first: string;
beforeAll(async () => {
  putDataset(join(base, "data"));
  first = await train("first");
});

describe("initial", () => {
  const labelled = { domain: "a", count: 4, validation: 2, further: { b: ["1", "2"] } };

  it("begins with student and teacher of the last checkpoint, told by step and hash, on more labels", async () => {
    const run = await train("more", { labelled, initial: { run: "first" } });
    for (const name of ["student", "teacher"]) expect(weights(run, 0, name)).toEqual(weights(first, 4, name));
    const { initial, labelled: kept } = readResolvedConfig(join(run, "config.yaml"));
    expect(initial).toMatchObject({ run: first, checkpoint: "step-4", network: "student" });
    expect(initial?.weights).toMatch(/^[0-9a-f]{64}$/);
    expect(kept).toEqual(labelled);
    expect(JSON.parse(readFileSync(join(run, "split.json"), "utf8")).labelled.slice(4)).toEqual([
      "b/train/1",
      "b/train/2",
    ]);
    expect(weights(run, 4, "student")).not.toEqual(weights(first, 4, "student"));
  });

  it("gives the same bits again, and those of an uninterrupted run when it is resumed without the earlier one", async () => {
    const whole = folder("more");
    cpSync(first, folder("gone"), { recursive: true });
    const cut = await train("cut", { labelled, initial: { run: "gone" } }, 2);
    rmSync(folder("gone"), { recursive: true });
    expect(await resumeRun(cut, watching())).toMatchObject({ finished: true, trained: 2 });
    for (const name of ["student", "teacher", "optimizer"])
      expect(weights(cut, 4, name)).toEqual(weights(whole, 4, name));
  });

  it("takes other checkpoints and the teacher's weights, and gives a teacher to a method that had none", async () => {
    const run = await train("teacher", { initial: { run: "first", checkpoint: "step-0", network: "teacher" } }, 1);
    expect(weights(run, 0, "student")).toEqual(weights(first, 0, "teacher"));
    const supervised = await train("supervised", { method: { name: "supervised" } });
    const semi = await train("semi", { initial: { run: "supervised" } }, 1);
    const of = (name: string, from = semi, step = 0) => readSafetensorsFile(file(from, step, name)).tensors;
    expect(of("student")).toEqual(of("student", supervised, 4));
    expect(of("teacher")).toEqual(of("student", supervised, 4));
  });

  it("begins again with the same weights when it was killed before its first checkpoint, and with no others", async () => {
    const own = folder("copy");
    cpSync(first, own, { recursive: true });
    const run = await train("killed", { initial: { run: "copy" } });
    rmSync(join(run, "checkpoints"), { recursive: true });
    await resumeRun(run, watching());
    expect(weights(run, 0, "student")).toEqual(weights(first, 4, "student"));
    rmSync(join(run, "checkpoints"), { recursive: true });
    rmSync(join(own, "checkpoints"), { recursive: true });
    cpSync(join(folder("cut"), "checkpoints"), join(own, "checkpoints"), { recursive: true });
    await expect(resumeRun(run, watching())).rejects.toThrow(CheckpointError);
    await expect(resumeRun(run, watching())).rejects.toThrow(/is not what initial\.weights names; restore that run/);
  });

  it.each([
    [{ initial: { run: "nowhere" } }, /nowhere does not exist; give a run folder/],
    [{ initial: { run: "supervised", network: "teacher" } }, /supervised keeps no such network; take student/],
    [{ initial: { run: "first" }, model: { width: 4 } }, /trained model .*"width":2.* says .*"width":4.*; give both/],
    [{ initial: { run: "first" }, dataset: "other/dataset.yaml" }, /learnt from a data set with other classes than/],
    [
      { initial: { run: "first", checkpoint: "newest" } },
      /initial\.checkpoint must be last, best, best-on-test or step-N/,
    ],
  ])("refuses %j and writes nothing", async (changes, sentence) => {
    const text = readFileSync(join(base, "data/dataset.yaml"), "utf8");
    put(join(base, "other/dataset.yaml"), `root: ../data\n${text.replaceAll("cup", "lens")}`);
    await expect(train("refused", changes)).rejects.toThrow(UsageError);
    await expect(train("refused", changes)).rejects.toThrow(sentence);
    expect(() => readFileSync(join(base, "refused/config.yaml"))).toThrow();
  });
});
