/** Domains with rules for values of their own, with the real verbs: new images say which of them they follow. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../../src/core/errors.js";
import { parseCsv } from "../../../src/core/formats/csv.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { putDatasetYaml, temporaryFolder } from "../../data/files.js";
import { putVolumes } from "../../data/slices/bodies.js";
import { hasOnnxRuntime } from "../../export/onnx-runtime.js";
import { run as built } from "../built.js";
import { dimseg, trainRun } from "../trained-run.js";

const base = temporaryFolder();
const image = join(base, "data/B/images/case_2.nii.gz");
const needed =
  /the domains of its data set have rules for values of their own; say with --domain NAME as those of which domain these images are, B \(A: the rule for all\)/;
let run: string;

beforeAll(async () => {
  const data = join(base, "data");
  putVolumes(data, 3);
  const split = (name: string, ids: string[]) => ({
    ...{ images: `${name}/images/{id}.nii.gz`, masks: `${name}/masks/{id}.nii.gz`, ids },
  });
  putDatasetYaml(data, {
    ...{ resize: { size: 32 }, slices: "axial", intensity: { zscore: "all", percentiles: [1, 99] } },
    domains: [
      { name: "A", train: split("A", ["case_0", "case_1"]), test: split("A", ["case_2"]) },
      {
        ...{ name: "B", intensity: { zscore: { mean: 300, deviation: 150 }, low: 0, high: 700 } },
        ...{ train: split("B", ["case_0", "case_1"]), test: split("B", ["case_2"]) },
      },
    ],
  });
  run = await trainRun(base, "ruled", {
    ...{ labelled: { domain: "A", count: 2 }, imageSize: 32, model: { width: 8 } },
    base: { name: "adamw", rate: 0.01 },
    training: { iterations: 40, labelledBatch: 2, unlabelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
    evaluation: { every: 20, preview: false },
  });
});

async function maskOf(name: string, ...words: string[]): Promise<Uint8Array> {
  const out = join(base, name);
  await dimseg("predict", ...words, "--out", out);
  return Uint8Array.from((await readVolume(join(out, "masks/case_2.nii.gz"))).samples);
}

describe("predict", () => {
  it("wants to be told whose rule new images follow, and takes what evaluate takes of that domain", async () => {
    await expect(dimseg("predict", run, image, "--out", join(base, "none"))).rejects.toThrow(UsageError);
    await expect(dimseg("predict", run, image, "--out", join(base, "none"))).rejects.toThrow(needed);
    const reference = Uint8Array.from((await readVolume(join(base, "data/B/masks/case_2.nii.gz"))).samples);
    const found = dice(confusionCounts(await maskOf("asB", run, image, "--domain", "B"), reference));
    await dimseg("evaluate", run, "--at", "native", "--network", "student");
    const [header, ...rows] = parseCsv(readFileSync(join(run, "evaluation/last-student-native/cases.csv"), "utf8"));
    const judged = rows.find((row) => row[header.indexOf("domain")] === "B") as string[];
    expect(found).toBeGreaterThan(0);
    expect(Number(judged[header.indexOf("dice")])).toBeCloseTo(found, 9);
  });

  it("takes the rule for all by the name of a domain that follows it, which is another one", async () => {
    const [asA, asB] = [
      await maskOf("asA", run, image, "--domain", "A"),
      await maskOf("againB", run, image, "--domain", "B"),
    ];
    expect(asA).not.toEqual(asB);
  });

  it("names the domains that there are, and wants one word on values", async () => {
    const asked = (...words: string[]) => dimseg("predict", run, image, "--out", join(base, "none"), ...words);
    await expect(asked("--domain", "C")).rejects.toThrow(/its data set has no domain "C"; .*they are B, A/);
    const both = asked("--domain", "B", "--intensity", "0", "9");
    await expect(both).rejects.toThrow("--intensity and --domain both say what becomes of values; leave out one");
  });
});

it("estimate wants it of images that are given, and of those alone", async () => {
  await expect(dimseg("estimate", run, image)).rejects.toThrow(needed);
  await expect(dimseg("estimate", run, "--domain", "B")).rejects.toThrow("--domain is of images that are given");
});

it("serve wants it before it listens", () => {
  const { code, err } = built(["serve", run, "--port", "0"]);
  expect(code).toBe(2);
  expect(err).toMatch(needed);
});

describe("an exported model", () => {
  it("tells every rule, and wants to be told, too", async () => {
    await dimseg("export", run);
    const folder = join(run, "export");
    const { before } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
    const end = "before it is resized; float32";
    expect(before).toContain(
      "of each image and channel the values are cut off beyond percentile 1 to 99 of its values and then become (value - mean) " +
        `/ standard deviation, of all its values ${end}`,
    );
    expect(before).toContain(
      "of images as those of B: of each image and channel the values are cut off beyond 0 to 700 and then become " +
        `(value - 300) / 150, ${end}`,
    );
    await expect(dimseg("predict", folder, image, "--out", join(base, "none"))).rejects.toThrow(needed);
    expect(await maskOf("exported", folder, image, "--domain", "B")).toEqual(
      await maskOf("own", run, image, "--domain", "B"),
    );
  });

  it.skipIf(!hasOnnxRuntime)("is verified on the cases of every domain by its own rule", async () => {
    await dimseg("export", "--verify", join(run, "export"));
    const verified = JSON.parse(readFileSync(join(run, "export/verification.json"), "utf8"));
    expect(verified).toMatchObject({ cases: 2, otherLabels: 0, isWithinLimits: true });
  });
});

it("a run of windows leaves no room for a domain, as all of its images have one rule", async () => {
  const data = join(base, "data");
  const plain = putDatasetYaml(join(base, "plain"), {
    ...{ root: data, resize: { size: 32 }, slices: "axial" },
    domains: [{ name: "A", train: { images: "A/images/{id}.nii.gz", masks: "A/masks/{id}.nii.gz" } }],
  });
  const other = await trainRun(base, "windows", {
    ...{ dataset: plain, labelled: { domain: "A", count: 2 }, imageSize: 32, method: { name: "supervised" } },
    training: { iterations: 1, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
    evaluation: { every: 1, preview: false },
  });
  const refused = dimseg("predict", other, image, "--domain", "A", "--out", join(base, "none"));
  await expect(refused).rejects.toThrow("all of its domains have one rule for values, so leave out --domain");
});
