/** Folders of DICOM series as cases of a data set, with SEG or NIfTI masks: inspect, check, train and evaluate. */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { encodeSegmentation } from "../../../src/data/dicom/segmentation-writer.js";
import { findSeries } from "../../../src/data/dicom/series.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { dicomFile } from "../../data/dicom/dicom-file.js";
import { putSeriesOf } from "../../data/dicom/series-of-volume.js";
import { structureSet } from "../../data/dicom/structure-files.js";
import { put, temporaryFolder } from "../../data/files.js";
import { putVolumes } from "../../data/slices/bodies.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const volumes = join(base, "nifti");
const set = join(base, "clinics");
const dataset = join(base, "dataset.yaml");

async function data(...words: string[]): Promise<string> {
  return (await dimseg("data", ...words)).out;
}

afterEach(() => {
  process.exitCode = undefined;
});

/** Site A has SEG files in a folder of their own, of each case's voxels on two or four of six slices; B label maps. */
beforeAll(async () => {
  putVolumes(volumes, 3);
  for (const [s, site] of ["A", "B"].entries())
    for (const i of [0, 1, 2]) {
      const folder = join(set, site, site === "A" ? "images" : "", `case_${i}`);
      await putSeriesOf(folder, join(volumes, site, `images/case_${i}.nii.gz`), 10 * s + i + 1);
      const mask = join(volumes, site, `masks/case_${i}.nii.gz`);
      if (site === "B") {
        cpSync(mask, join(set, "B/masks", `case_${i}.nii.gz`), { recursive: true });
        continue;
      }
      const [volume] = (await findSeries(folder)).volumes;
      const labels = Uint8Array.from((await readVolume(mask)).samples);
      if (i < 2)
        put(
          join(set, "A/segmentations", `any-${2 - i}`),
          await encodeSegmentation(labels, volume, [{ label: "ball" }]),
        );
    }
  put(join(set, "A/contours.dcm"), dicomFile(structureSet([])));
});

it("inspect lists each series with what was drawn on it, whatever the files are called", async () => {
  const said = await data("inspect", set, "--out", dataset);
  const { root, slices, classes, domains } = parse(readFileSync(dataset, "utf8"));
  expect({ root, slices }).toEqual({ root: "clinics", slices: "axial" });
  expect(classes).toMatchObject([{ name: "background" }, { name: "ball" }]);
  expect(domains).toEqual([
    {
      name: "A",
      train: {
        cases: [
          { id: "case_0", image: "A/images/case_0", mask: "A/segmentations/any-2" },
          { id: "case_1", image: "A/images/case_1", mask: "A/segmentations/any-1" },
          { id: "case_2", image: "A/images/case_2" },
        ],
      },
    },
    {
      name: "B",
      train: {
        cases: [0, 1, 2].map((i) => ({ id: `case_${i}`, image: `B/case_${i}`, mask: `B/masks/case_${i}.nii.gz` })),
      },
    },
  ]);
  expect(readFileSync(dataset, "utf8")).toMatch(
    /warning: 1 RT structure set .*contours\.dcm\) left out: .* dimseg data convert/,
  );
  expect(said).toMatch(/A +train +3 +2 +20 x 20 x 6 +0, 1/);
  expect(await data("check", dataset)).toContain("0 errors");
});

it("they train and are judged as the same volumes in files of their own", async () => {
  const domains = ["A", "B"].map((name) => ({
    name,
    train: {
      images: `${name}/images/{id}.nii.gz`,
      masks: `${name}/masks/{id}.nii.gz`,
      ...(name === "A" ? { ids: ["case_0", "case_1"] } : {}),
    },
  }));
  const series = parse(readFileSync(dataset, "utf8"));
  series.domains[0].train.cases.pop();
  const sets = {
    series: put(dataset, stringify(series)),
    files: put(join(base, "files.yaml"), stringify({ ...series, root: "nifti", domains })),
  };
  const results: unknown[] = [];
  for (const [name, path] of Object.entries(sets)) {
    const config = put(
      join(base, `${name}-config.yaml`),
      stringify({
        ...{ dataset: path, labelled: { domain: "A", count: 1, validation: 1 }, imageSize: 32, model: { width: 2 } },
        ...{ method: { name: "supervised" }, optimizer: { name: "none" }, evaluation: { every: 4, preview: false } },
        training: { iterations: 4, labelledBatch: 2, precision: "fp32", device: "cpu", threads: 1 },
      }),
    );
    const run = join(base, name);
    await dimseg("train", config, "--out", run);
    await dimseg("evaluate", run, "--network", "student", "--split", "train", "--at", "native");
    const { domains: found, cases } = JSON.parse(
      readFileSync(join(run, "evaluation/last-student-train-native/summary.json"), "utf8"),
    );
    results.push({ found, cases, weights: readFileSync(join(run, "checkpoints/step-4/student.safetensors")) });
  }
  expect(results[0]).toMatchObject({ cases: 5 });
  expect(results[0]).toEqual(results[1]);
});
