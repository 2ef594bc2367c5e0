/** A network of volumes from a folder to masks, with the real verbs. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { readVolume } from "../../src/data/read-image.js";
import { confusionCounts, dice } from "../../src/evaluation/overlap.js";
import { sameGrid } from "../../src/grid/grid.js";
import { parseScores } from "../../src/judging/scores-csv.js";
import { put, temporaryFolder } from "../data/files.js";
import { putVolumes } from "../data/slices/bodies.js";
import { run as dimseg, type Ended } from "./built.js";

const base = temporaryFolder();
const set = join(base, "sites");
const dataset = join(base, "dataset.yaml");
const run = join(base, "run");
let inspected: Ended;
let trained: Ended;

/** Runs a verb that has to succeed. */
function done(...words: string[]): Ended {
  const ended = dimseg(words);
  expect(ended.code, ended.err).toBe(0);
  return ended;
}

beforeAll(() => {
  putVolumes(set, 4);
  inspected = done("data", "inspect", set, "--out", dataset);
  const file = parse(readFileSync(dataset, "utf8"));
  for (const domain of file.domains) {
    domain.test = { ...domain.train, ids: ["case_3"] };
    domain.train = { ...domain.train, ids: ["case_0", "case_1", "case_2"] };
  }
  put(dataset, stringify(file));
  const config = put(
    join(base, "config.yaml"),
    stringify({
      dataset,
      labelled: { domain: "A", count: 2, validation: 1 },
      patch: [16, 32, 32],
      model: { name: "unet-3d", width: 8 },
      method: { name: "supervised" },
      optimizer: { name: "none" },
      base: { name: "adamw", rate: 0.01 },
      training: { iterations: 60, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 2 },
      evaluation: { every: 30 },
    }),
  );
  trained = done("train", config, "--out", run);
});

describe("dimseg with a network of volumes", () => {
  it("inspect writes the spacing at which it works, as the sites' spacings differ", () => {
    expect(parse(readFileSync(dataset, "utf8")).resample).toEqual([3.5, 1, 1]);
    expect(inspected.out).toBeDefined();
  });

  it("train draws patches", () => {
    expect(trained.err + trained.out).toContain("60 steps of 2 labelled patches at 16 x 32 x 32 voxels");
    expect(existsSync(join(run, "preview.png"))).toBe(true);
  });

  it("evaluate judges whole volumes at that spacing", () => {
    const { out } = done("evaluate", run, "--network", "student");
    expect(out).toContain("whole volumes at 3.5 x 1 x 1 mm");
    const summary = JSON.parse(readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"));
    expect(summary).toMatchObject({ cases: 2, patch: [16, 32, 32], resample: [3.5, 1, 1] });
    expect(summary.average.dice.mean).toBeGreaterThan(0.5);
    done("evaluate", run, "--network", "student", "--units", "mm");
  });

  it("predict writes masks that lie where their volumes do", async () => {
    const out = join(base, "predicted");
    done("predict", run, join(set, "B/images"), "--overlay", "--out", out);
    for (const name of ["case_0", "case_3"]) {
      const mask = await readVolume(join(out, "masks", `${name}.nii.gz`));
      const reference = await readVolume(join(set, "B/masks", `${name}.nii.gz`));
      expect(sameGrid(mask.grid, reference.grid)).toBe(true);
      const [predicted, expected] = [mask, reference].map(({ samples }) => Uint8Array.from(samples));
      expect(dice(confusionCounts(predicted, expected))).toBeGreaterThan(0.5);
    }
    expect(existsSync(join(out, "overlays/case_0.png"))).toBe(true);
    const soft = dimseg(["predict", run, join(set, "A/images"), "--probabilities", "--out", join(base, "soft")]);
    expect(soft.err).toContain("the run was trained on volumes");
  });

  it("evaluate in the volumes' own grids judges the masks that predict writes", async () => {
    const { out: printed } = done(
      ...["evaluate", run, "--network", "student", "--at", "native", "--units", "mm"],
      ...["--nsd", "2", "--volumes", "--lesions"],
    );
    expect(printed).toContain("volumes in their own grids, distances in mm");
    expect(printed).toMatch(/NSD % +volume error % +lesion F1 %/);
    const scores = parseScores(readFileSync(join(run, "evaluation/last-student-native-mm/cases.csv"), "utf8"), "cases");
    const out = join(base, "judged");
    done("predict", run, join(set, "A/images/case_3.nii.gz"), "--format", "seg.nrrd", "--out", out);
    const mask = await readVolume(join(out, "masks/case_3.seg.nrrd"));
    const reference = await readVolume(join(set, "A/masks/case_3.nii.gz"));
    expect(sameGrid(mask.grid, reference.grid)).toBe(true);
    const [predicted, expected] = [mask, reference].map(({ samples }) => Uint8Array.from(samples));
    const own = scores.find(({ domain }) => domain === "A");
    expect(own?.dice).toBeCloseTo(dice(confusionCounts(predicted, expected)), 12);
    expect(own?.volume).toBe(3 * predicted.reduce((sum, value) => sum + value, 0));
    expect(own?.referenceVolume).toBe(3 * expected.reduce((sum, value) => sum + value, 0));
  });

  it("predict averages with another run, and refuses one of other patches", () => {
    const out = join(base, "together");
    const { out: printed } = done("predict", run, join(set, "A/images/case_3.nii.gz"), "--with", run, "--out", out);
    expect(printed).toContain("averaged with 1 other run");
    const alone = join(base, "alone");
    done("predict", run, join(set, "A/images/case_3.nii.gz"), "--out", alone);
    const [one, other] = [out, alone].map((folder) => gunzipSync(readFileSync(join(folder, "masks/case_3.nii.gz"))));
    expect(one.equals(other)).toBe(true);
    const file = parse(readFileSync(join(run, "config.yaml"), "utf8"));
    const unlike = join(base, "unlike");
    cpSync(run, unlike, { recursive: true });
    put(join(unlike, "config.yaml"), stringify({ ...file, patch: [16, 16, 16] }));
    const refused = dimseg(["predict", run, join(set, "A/images"), "--with", unlike, "--out", join(base, "none")]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("differ in size (16 x 32 x 32 and 16 x 16 x 16)");
  });

  it("report says on what it was judged, and draws the loss and the features of patches", () => {
    done("report", run);
    const page = readFileSync(join(run, "report/index.html"), "utf8");
    expect(page).toContain("whole, at 3.5 × 1 × 1 mm");
    expect(page).not.toContain("could not be");
  });
});
