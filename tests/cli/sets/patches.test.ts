/** A network of volumes from a folder to masks, with the real verbs. */
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { RawTensor } from "../../../src/core/formats/raw-tensor.js";
import { readSafetensorsFile } from "../../../src/core/formats/safetensors.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { confusionCounts, dice } from "../../../src/evaluation/overlap.js";
import { sameGrid } from "../../../src/grid/grid.js";
import { parseScores } from "../../../src/judging/scores-csv.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { putVolumes } from "../../data/slices/bodies.js";
import { run as dimseg, done, type Ended, putQuickConfig } from "../built.js";

const base = temporaryFolder();
const set = join(base, "sites");
const dataset = join(base, "dataset.yaml");
const run = join(base, "run");
let inspected: Ended;
let trained: Ended;

beforeAll(() => {
  putVolumes(set, 4);
  inspected = done("data", "inspect", set, "--out", dataset);
  const file = parse(readFileSync(dataset, "utf8"));
  for (const domain of file.domains) {
    domain.test = { ...domain.train, ids: ["case_3"] };
    domain.train = { ...domain.train, ids: ["case_0", "case_1", "case_2"] };
  }
  put(dataset, stringify(file));
  const config = putQuickConfig(join(base, "config.yaml"), {
    dataset,
    labelled: { domain: "A", count: 2, validation: 1 },
    patch: [16, 32, 32],
    model: { name: "unet-3d", width: 8, deepSupervision: true },
    training: { labelledBatch: 2 },
  });
  trained = done("train", config, "--out", run);
});

describe("dimseg with a network of volumes", () => {
  it("inspect writes the spacing at which it works, as the sites' spacings differ", () => {
    expect(parse(readFileSync(dataset, "utf8")).resample).toEqual([3.5, 1, 1]);
    expect(inspected.out).toContain("resample: networks of volumes (unet-3d and others) work at 3.5 x 1 x 1 mm");
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
    const soft = join(base, "soft");
    done("predict", run, join(set, "B/images/case_3.nii.gz"), "--probabilities", "--out", soft);
    const { tensors } = readSafetensorsFile(join(soft, "probabilities/case_3.safetensors"));
    const { shape, data } = tensors.get("probabilities") as RawTensor;
    expect(shape).toEqual([2, 5, 20, 24]);
    const values = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    const { samples } = await readVolume(join(soft, "masks/case_3.nii.gz"));
    const voxels = samples.length;
    // Where the second class is the likelier one, the mask says so, voxel by voxel in the file's order.
    expect(samples.every((value, i) => value === (values[voxels + i] > values[i] ? 1 : 0))).toBe(true);
  });

  it("evaluate in the volumes' own grids judges the masks that predict writes", async () => {
    const { out: printed } = done(
      ...["evaluate", run, "--network", "student", "--at", "native", "--units", "mm"],
      ...["--nsd", "2", "--volumes", "--lesions"],
    );
    expect(printed).toContain("volumes in their own grids, distances in mm");
    expect(printed).toMatch(/NSD % at 2 mm +volume error % +lesion F1 %/);
    const scores = parseScores(
      readFileSync(join(run, "evaluation/last-student-native-mm-nsd2-volumes-lesions/cases.csv"), "utf8"),
      "cases",
    );
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
    const file = parse(readFileSync(join(run, "config.yaml"), "utf8"));
    const config = put(
      join(base, "other.yaml"),
      stringify({ ...file, training: { ...file.training, iterations: 4, seed: 5 } }),
    );
    const other = join(base, "other-run");
    done("train", config, "--out", other);
    const image = join(set, "A/images/case_3.nii.gz");
    const probabilities = (name: string, ...words: string[]) => {
      const out = join(base, name);
      const { out: printed } = done("predict", ...words, image, "--probabilities", "--out", out);
      const { data } = readSafetensorsFile(join(out, "probabilities/case_3.safetensors")).tensors.get(
        "probabilities",
      ) as RawTensor;
      return {
        printed,
        values: new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)),
      };
    };
    const [one, two] = [probabilities("one", run), probabilities("two", other)];
    const both = probabilities("both", run, "--with", other);
    expect(both.printed).toContain("averaged with 1 other run");
    expect(both.values.every((value, i) => Math.abs(value - (one.values[i] + two.values[i]) / 2) < 1e-5)).toBe(true);
    expect(one.values.some((value, i) => Math.abs(value - two.values[i]) > 0.1)).toBe(true);
    const unlike = join(base, "unlike");
    cpSync(run, unlike, { recursive: true });
    put(join(unlike, "config.yaml"), stringify({ ...file, patch: [16, 16, 16] }));
    const refused = dimseg(["predict", run, join(set, "A/images"), "--with", unlike, "--out", join(base, "none")]);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("differ in patch (16 x 32 x 32 and 16 x 16 x 16)");
  });

  it("judges other data at its own spacing, and lets a run of slices stay what it is beside it", () => {
    const elsewhere = parse(readFileSync(dataset, "utf8"));
    const { resample: _, ...stored } = elsewhere;
    const path = put(join(base, "elsewhere.yaml"), stringify(stored));
    done("evaluate", run, "--network", "student", "--data", path);
    const folders = readdirSync(join(run, "evaluation")).filter((name) => name.startsWith("last-student-sites"));
    const summary = JSON.parse(readFileSync(join(run, "evaluation", folders[0], "summary.json"), "utf8"));
    const own = JSON.parse(readFileSync(join(run, "evaluation/last-student/summary.json"), "utf8"));
    expect(summary.average.dice.mean).toBe(own.average.dice.mean);
    const config = put(
      join(base, "slices.yaml"),
      stringify({
        ...{ dataset: path, labelled: { domain: "A", count: 2 }, imageSize: 32, model: { width: 2 } },
        ...{ method: { name: "supervised" }, optimizer: { name: "none" } },
        training: { iterations: 2, precision: "fp32", device: "cpu", threads: 1 },
      }),
    );
    const slices = join(base, "slices-run");
    done("train", config, "--out", slices);
    put(path, stringify(elsewhere));
    done("evaluate", slices, "--network", "student");
    done("evaluate", slices, "--network", "student", "--at", "native");
  });

  it("predict says that a picture is no volume", () => {
    const picture = put(join(base, "picture.png"), png(8, 8, Array(64).fill(7)));
    const refused = dimseg(["predict", run, picture, "--out", join(base, "no-picture")]);
    expect(refused.code).toBe(3);
    expect(refused.err).toContain("picture.png: is a picture, and the run was trained on volumes");
  });

  it("report says on what it was judged, and draws the loss and the features of patches", () => {
    done("report", run);
    const page = readFileSync(join(run, "report/index.html"), "utf8");
    expect(page).toContain("2 test volumes, whole volumes at 3.5 × 1 × 1 mm");
    expect(page).not.toContain("could not be");
  });
});
