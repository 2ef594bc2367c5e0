/** Data sets of z-scores with the real verbs: train, resume, evaluate, predict, report, export. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { loadConfig } from "../../../src/config/config.js";
import { UsageError } from "../../../src/core/errors.js";
import { checkDataset } from "../../../src/data/check/check.js";
import { loadDataset } from "../../../src/data/dataset.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { resumeRun, startRun } from "../../../src/training/run.js";
import { put, putDatasetYaml, temporaryFolder } from "../../data/files.js";
import { putVolumes } from "../../data/slices/bodies.js";
import { hasOnnxRuntime } from "../../export/onnx-runtime.js";
import { watching } from "../../training/watching.js";
import { expectSame } from "../same-bytes.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const image = join(base, "B/images/case_2.nii.gz");
let dataset: string;

/** Enough steps of slices to be judged; of volumes, whose steps are slower, enough to write and read all files. */
const kinds = {
  slices: { imageSize: 32, model: { width: 8 }, iterations: 40 },
  volumes: { patch: [16, 16, 16], model: { name: "unet-3d", width: 2 }, iterations: 4 },
} as const;
type Kind = keyof typeof kinds;

function configOf(kind: Kind): string {
  const { iterations, ...own } = kinds[kind];
  const config = {
    ...{ dataset, labelled: { domain: "A", count: 2 }, ...own },
    ...{ method: { name: "midss" }, optimizer: { name: "none" }, base: { name: "adamw", rate: 0.01 } },
    training: { iterations, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
    ...{ evaluation: { every: iterations / 2 }, logging: { every: 1 } },
  };
  return put(join(base, `${kind}.yaml`), stringify(config));
}

const runOf = (kind: Kind) => join(base, `${kind}-run`);

beforeAll(() => {
  putVolumes(base, 3);
  const split = (name: string, ids: string[]) => ({
    ...{ images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz`, ids },
  });
  dataset = putDatasetYaml(base, {
    ...{ resize: { size: 32 }, slices: "axial", resample: [3, 1, 1], intensity: { zscore: "all" } },
    domains: ["A", "B"].map((name) => ({
      ...{ name, train: split(name, ["case_0", "case_1"]), test: split(name, ["case_2"]) },
    })),
  });
});

it("check takes the rule", async () => {
  const { problems } = await checkDataset(loadDataset(dataset));
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
});

describe.each(["slices", "volumes"] as const)("a network of %s", (kind) => {
  const run = runOf(kind);
  const export_ = join(run, "export");

  beforeAll(async () => {
    await dimseg("train", configOf(kind), "--out", run);
  });

  it("is trained and judged", async () => {
    const facts = JSON.parse(readFileSync(join(run, "dataset.json"), "utf8"));
    expect(facts).toMatchObject({ values: "float", slices: { intensity: { zscore: "all" } } });
    expect(existsSync(join(run, "preview.png"))).toBe(true);
    await dimseg("evaluate", run, "--network", "student");
    const summary = JSON.parse(readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"));
    expect(summary.cases).toBe(2);
    if (kind === "slices") expect(summary.average.dice.mean).toBeGreaterThan(0.5);
  });

  it("goes on to the same bits after it was stopped", async () => {
    const path = join(base, `${kind}-stopped`);
    const stopped = await startRun(path, loadConfig(configOf(kind)), watching(3));
    expect(stopped).toMatchObject({ finished: false, trained: 3 });
    expect(await resumeRun(path, watching(Number.POSITIVE_INFINITY))).toMatchObject({ finished: true });
    expectSame(path, run);
  });

  it("predicts masks with their overlays, and refuses a range of grey", async () => {
    const out = join(base, `${kind}-predicted`);
    await dimseg("predict", run, image, "--overlay", "--out", out);
    const [mask, reference] = [join(out, "masks/case_2.nii.gz"), join(base, "B/masks/case_2.nii.gz")].map((file) =>
      readVolume(file),
    );
    const [predicted, expected] = [await mask, await reference].map(({ samples }) => Uint8Array.from(samples));
    if (kind === "slices") expect(dice(confusionCounts(predicted, expected))).toBeGreaterThan(0.5);
    expect(existsSync(join(out, "overlays/case_2.png"))).toBe(true);
    const refused = dimseg("predict", run, image, "--intensity", "0", "900", "--out", join(base, "none"));
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(
      "sees z-scores, to which a range of grey is nothing, so leave out --intensity",
    );
  });

  it("has a report", async () => {
    await dimseg("report", run, "--no-tsne");
    expect(readFileSync(join(run, "report/index.html"), "utf8")).not.toContain("could not be");
  });

  it("is exported with float32 as its input, and told so", async () => {
    await dimseg("export", run);
    const model = JSON.parse(readFileSync(join(export_, "model.json"), "utf8"));
    expect(model.input.type).toBe("float32");
    expect(model.before.join("\n")).toContain(
      "(value - mean) / standard deviation, of all its values before it is resized",
    );
    expect(JSON.stringify(model.before)).not.toMatch(/0 to 255|8 bits/);
  });

  it.skipIf(!hasOnnxRuntime)("says the same in ONNX Runtime, from the folder and from the file alone", async () => {
    await dimseg("export", "--verify", export_);
    const verified = JSON.parse(readFileSync(join(export_, "verification.json"), "utf8"));
    expect(verified).toMatchObject({ cases: 2, otherLabels: 0, isWithinLimits: true });
    expect(verified.worstProbability).toBeLessThan(1e-4);
    const masks: Buffer[] = [];
    for (const [name, model, ...words] of [
      ["run", run],
      ["folder", export_],
      ["runtime", export_, "--engine", "onnx"],
      ["file", join(export_, "model.onnx")],
    ]) {
      const out = join(base, `${kind}-${name}`);
      await dimseg("predict", model, image, "--out", out, ...words);
      masks.push(readFileSync(join(out, "masks", readdirSync(join(out, "masks"))[0])));
    }
    for (const mask of masks) expect(mask).toEqual(masks[0]);
  });
});

it("a run is not judged with other values than it was trained on", async () => {
  const content = readFileSync(dataset, "utf8");
  put(dataset, content.replace("zscore: all", "percentiles: [0.5, 99.5]"));
  const refused = dimseg("evaluate", runOf("slices"));
  await expect(refused).rejects.toThrow("intensity, values differ from what the run began with");
  put(dataset, content);
});
