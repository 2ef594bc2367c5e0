/** Training on patches of volumes: every method and the perturbing optimiser run, and a resumed run has the same bits. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../src/config/config.js";
import { UsageError } from "../../src/core/errors.js";
import { methods } from "../../src/methods/registry.js";
import { resumeRun, startRun } from "../../src/training/run.js";
import { expectSame } from "../cli/same-bytes.js";
import { put, putDatasetYaml, temporaryFolder } from "../data/files.js";
import { putVolumes } from "../data/slices/bodies.js";
import { watching } from "./watching.js";

const base = temporaryFolder();
const root = join(base, "sites");
let dataset: string;

function configOf(changes: Record<string, unknown>) {
  return loadConfig(
    put(
      join(base, "config.yaml"),
      stringify({
        dataset,
        labelled: { domain: "A", count: 1, validation: 1 },
        patch: [16, 32, 16],
        model: { name: "unet-3d", width: 2, norm: "batch" },
        optimizer: { name: "none" },
        ...changes,
        training: {
          ...{ iterations: 4, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
          ...(changes.training as object),
        },
        evaluation: { every: 2, preview: false },
      }),
    ),
  );
}

beforeAll(() => {
  putVolumes(root, 3);
  const domain = (name: string) => ({
    name,
    train: { images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz` },
  });
  dataset = putDatasetYaml(root, {
    ...{ resize: { size: 32 }, slices: "axial", resample: [2, 1, 1], domains: [domain("A"), domain("B")] },
  });
});

describe("training on patches of volumes", () => {
  it.each(Object.keys(methods))("%s takes its steps", async (name) => {
    const observer = watching();
    const wanted = configOf({ method: { name }, training: { iterations: 2 } });
    expect(await startRun(join(base, name), wanted, observer)).toMatchObject({ finished: true, trained: 2 });
    expect(observer.warnings).toEqual([]);
    const lines = readFileSync(join(base, name, "metrics.jsonl"), "utf8")
      .trim()
      .split("\n");
    const records = lines.map((line) => JSON.parse(line));
    expect(records.at(-1)["validation.student.dice"]).toBeGreaterThanOrEqual(0);
    expect(Number.isFinite(records.at(-1)["validation.student.A.loss"])).toBe(true);
  });

  it("tells of patches that are larger than every volume, and refuses those that are nearly all black", async () => {
    const observer = watching();
    const method = { name: "supervised" };
    const larger = configOf({ method, patch: [32, 32, 32], training: { iterations: 1 } });
    expect(await startRun(join(base, "larger"), larger, observer)).toMatchObject({ trained: 1 });
    expect(observer.warnings.join()).toMatch(
      /patch is \[32, 32, 32\], but no volume has .* patch: \[16, 32, 32\] shows as much/,
    );
    const huge = configOf({ method, patch: [1024, 1024, 1024] });
    await expect(startRun(join(base, "huge"), huge, watching())).rejects.toThrow(UsageError);
    expect(existsSync(join(base, "huge"))).toBe(false);
  });

  it("takes no notice of the masks of cases that count as unlabelled", async () => {
    const masks = join(root, "B/masks");
    const run = async (name: string) => {
      await startRun(join(base, name), configOf({ method: { name: "mean-teacher" } }), watching());
      return readFileSync(join(base, name, "checkpoints/step-4/student.safetensors"));
    };
    const before = await run("with-masks");
    renameSync(masks, join(root, "B/hidden"));
    mkdirSync(masks);
    try {
      expect((await run("without-masks")).equals(before)).toBe(true);
    } finally {
      rmdirSync(masks);
      renameSync(join(root, "B/hidden"), masks);
    }
  });

  it("goes on after a stop with the bits of a run without one", async () => {
    const wanted = configOf({ method: { name: "midss" }, optimizer: { name: "dim" } });
    await startRun(join(base, "whole"), wanted, watching());
    expect(await startRun(join(base, "stopped"), wanted, watching(1))).toMatchObject({ finished: false, trained: 1 });
    expect(await resumeRun(join(base, "stopped"), watching())).toMatchObject({ finished: true, trained: 3 });
    expectSame(join(base, "stopped"), join(base, "whole"));
  });

  it("captures steps of volumes with the bits of those that are not", async () => {
    const train = async (name: string, capture: boolean) => {
      const training = { iterations: 8, memoryFormat: "contiguous", capture };
      const common = { method: { name: "midss" }, optimizer: { name: "dim", startFraction: 0 }, logging: { every: 8 } };
      await startRun(join(base, name), configOf({ ...common, training }), watching());
      return ["student", "teacher", "optimizer"].map((file) =>
        readFileSync(join(base, name, `checkpoints/step-8/${file}.safetensors`)),
      );
    };
    expect(await train("captured", true)).toEqual(await train("not-captured", false));
  });

  it("may be stopped between two windows of a validation, which is made when it goes on, with the same bits", async () => {
    const wanted = configOf({ method: { name: "midss" }, optimizer: { name: "dim" } });
    const stopped = join(base, "stopped-in-validation");
    const progressAt = (step: number) =>
      JSON.parse(readFileSync(join(stopped, `checkpoints/step-${step}/progress.json`), "utf8"));
    const lines = () => readFileSync(join(stopped, "metrics.jsonl"), "utf8");
    /** Is told to stop at the n-th look after a step. */
    const stoppingAfter = (step: number, looks: number) => {
      const observer = watching(step);
      let left = looks;
      return { ...observer, stopRequested: () => observer.stopRequested() && left-- <= 0 };
    };
    expect(await startRun(stopped, wanted, stoppingAfter(2, 2))).toMatchObject({ finished: false, trained: 2 });
    expect(progressAt(2)).toMatchObject({ iteration: 2, unvalidated: true, best: null });
    expect(lines()).not.toContain("validation.student");
    // Again at once, and again in the last validation of all.
    expect(await resumeRun(stopped, stoppingAfter(0, 1))).toMatchObject({ finished: false, trained: 0 });
    expect(await resumeRun(stopped, stoppingAfter(4, 3))).toMatchObject({ finished: false, trained: 2 });
    expect(progressAt(4)).toMatchObject({ iteration: 4, unvalidated: true });
    expect(await resumeRun(stopped, watching())).toMatchObject({ finished: true, trained: 0 });
    expect(await resumeRun(stopped, watching())).toMatchObject({ finished: true, trained: 0 });
    expectSame(stopped, join(base, "whole"));
  });
});
