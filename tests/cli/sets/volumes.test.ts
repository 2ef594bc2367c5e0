/** Volumes as slices from a folder to masks, with the real verbs: inspect, check, train, evaluate, predict, report. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { readVolume } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { sameGrid } from "../../../src/grid/grid.js";
import { put, temporaryFolder } from "../../data/files.js";
import { niftiFile, placeBytes } from "../../data/nifti-file.js";
import { putVolume, putVolumes, sites, storedBody } from "../../data/slices/bodies.js";
import { run as dimseg, done, type Ended, putQuickConfig } from "../built.js";

const base = temporaryFolder();
const set = join(base, "sites");
const dataset = join(base, "dataset.yaml");
const config = join(base, "config.yaml");
const run = join(base, "run");

let inspected: Ended;
let trained: Ended;

beforeAll(() => {
  putVolumes(set, 4);
  inspected = done("data", "inspect", set, "--out", dataset);
  putQuickConfig(config, {
    dataset,
    labelled: { domain: "A", count: 2, validation: 1 },
    imageSize: 32,
    training: { labelledBatch: 6 },
  });
  trained = done("train", config, "--out", run);
});

describe("dimseg with volumes", () => {
  it("inspect writes the slices with what they mean, an intensity rule, and every volume as a case", () => {
    const written = readFileSync(dataset, "utf8");
    const file = parse(written);
    expect(file).toMatchObject({
      slices: "axial",
      intensity: { percentiles: [0.5, 99.5] },
      labels: { kind: "values", map: { 0: "background", 1: "foreground" } },
      domains: [{ name: "A", train: { images: "A/images/{id}.nii.gz" } }, { name: "B" }],
    });
    expect(written).toMatch(/# {3}slices: axial: a 2-D network is trained on the axial slices/);
    expect(inspected.out).toContain("A       train       4      4  20 x 20 x 6  0, 1");
  });

  it("check tells how the volumes of each domain lie and what they hold", () => {
    const { out } = done("data", "check", dataset);
    expect(out).toMatch(/A +4 +6 +1 x 1 x 3 +RAS +\d+ to \d+ +0, 1/);
    expect(out).toMatch(/B +4 +5 +1 x 1 x 4 +LPS /);
    expect(out).toContain("0 errors");
  });

  it("train draws slices of whole volumes", () => {
    expect(trained.err + trained.out).toContain("2 labelled cases of A, 5 unlabelled, 1 for validation");
    const split = JSON.parse(readFileSync(join(run, "split.json"), "utf8"));
    expect(split.labelled).toEqual(["A/train/case_0", "A/train/case_1"]);
    expect(split.validation).toEqual(["A/train/case_2"]);
    expect(Object.keys(split.files)).toEqual(["A/train/case_0", "A/train/case_1", "A/train/case_2"]);
    expect(trained.err + trained.out).toContain("60 steps of 6 labelled slices at 32 x 32 pixels");
  });

  it("evaluate judges volumes, in mm where that is asked for", () => {
    const { out } = done("evaluate", run, "--split", "train", "--network", "student");
    expect(out).toContain("8 cases, volumes of axial slices of 32 x 32 pixels");
    const summary = JSON.parse(readFileSync(join(run, "evaluation/last-student-train/summary.json"), "utf8"));
    expect(summary).toMatchObject({ cases: 8, subjects: 8, slices: "axial" });
    expect(summary.average.dice.mean).toBeGreaterThan(0.5);
    done("evaluate", run, "--split", "train", "--network", "student", "--units", "mm");
    const cases = readFileSync(join(run, "evaluation/last-student-train-mm/cases.csv"), "utf8");
    expect(cases.split("\n")[1]).toMatch(/^A,case_0,A\/train\/case_0,foreground,/);
  });

  it("predict writes label maps with the shape and the place of their volumes to the byte", async () => {
    const out = join(base, "predicted");
    const { out: printed } = done("predict", run, join(set, "B/images"), "--overlay", "--out", out);
    expect(printed).toContain("0 background, 1 foreground");
    for (const name of ["case_0", "case_3"]) {
      const mask = await readVolume(join(out, "masks", `${name}.nii.gz`));
      const reference = await readVolume(join(set, "B/masks", `${name}.nii.gz`));
      expect(sameGrid(mask.grid, reference.grid)).toBe(true);
      const [own, source] = [join(out, "masks"), join(set, "B/images")].map((folder) =>
        placeBytes(gunzipSync(readFileSync(join(folder, `${name}.nii.gz`)))),
      );
      expect(own).toEqual(source);
      const [predicted, expected] = [mask, reference].map(({ samples }) => Uint8Array.from(samples));
      // Compared where the voxels are stored: a mask that lay mirrored would miss the ball.
      expect(dice(confusionCounts(predicted, expected))).toBeGreaterThan(0.5);
    }
    const { width, height } = await sharp(join(out, "overlays/case_0.png")).metadata();
    // 24 x 20 x 20 mm at 15 pixels a mm: axial, coronal and sagittal side by side, 6 pixels apart.
    expect([width, height]).toEqual([360 + 6 + 360 + 6 + 300, 300]);
  });

  it("predict leaves out the masks of a data set's folder, and names a volume that cannot be read", () => {
    const { out } = done("predict", run, join(set, "A"), "--out", join(base, "of-site"));
    expect(out).toContain("Wrote 4 of 4 masks");
    expect(out).toContain("Left out as masks");
    const broken = put(
      join(base, "broken/b.nii.gz"),
      readFileSync(join(set, "A/images/case_0.nii.gz")).subarray(0, 900),
    );
    const ended = dimseg(["predict", run, broken, "--out", join(base, "nothing")]);
    expect(ended.code).toBe(3);
    expect(ended.err).toMatch(/b\.nii\.gz/);
    const soft = join(base, "soft");
    done("predict", run, join(set, "A/images/case_0.nii.gz"), "--probabilities", "--out", soft);
    expect(existsSync(join(soft, "probabilities/case_0.safetensors"))).toBe(true);
  });

  it("report draws the slices", () => {
    done("evaluate", run, "--split", "test", "--data", datasetWithTest(), "--network", "student");
    done("report", run);
    expect(existsSync(join(run, "report/index.html"))).toBe(true);
    expect(existsSync(join(run, "preview.png"))).toBe(true);
  });
});

/** The same set with its last volumes as test cases. */
function datasetWithTest(): string {
  const file = parse(readFileSync(dataset, "utf8"));
  for (const domain of file.domains) {
    const source = domain.train ?? domain.test;
    delete source.ids;
    domain.train = { ...source, ids: ["case_0", "case_1"] };
    domain.test = { ...source, ids: ["case_2", "case_3"] };
  }
  return put(join(base, "with-test.yaml"), stringify(file));
}

describe("dimseg data check with volumes", () => {
  it("names masks whose grid is not the image's, and volumes that do not say how they lie", () => {
    const folder = join(base, "faulty");
    for (const i of [0, 1, 2]) putVolume(join(folder, "A"), `case_${i}`, sites.A, i);
    const shifted = { ...sites.A, sizes: [1, 1, 4] };
    const mask = storedBody(shifted, (x, y, z) => (x + y + z > 30 ? 1 : 0));
    put(join(folder, "A/masks/case_1.nii.gz"), niftiFile({ ...mask, type: "uint8" }));
    const { affine: _, ...placeless } = storedBody(sites.A, (x, y) => 10 * x + y);
    put(join(folder, "A/images/case_2.nii.gz"), niftiFile({ ...placeless, spacing: [1, 1, 3] }));
    const path = join(base, "faulty.yaml");
    done("data", "inspect", folder, "--out", path);
    const ended = dimseg(["data", "check", path]);
    expect(ended.code).toBe(3);
    expect(ended.out).toMatch(/error: .*case_1\.nii\.gz: the mask lies elsewhere in the patient than its image/);
    expect(ended.out).toMatch(
      /warning: 1 volume \(the first is .*case_2\.nii\.gz\) does not say how it lies in the body/,
    );
  });
});
