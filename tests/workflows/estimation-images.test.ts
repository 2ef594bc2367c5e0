/** Images of no data set as the cases that `dimseg estimate` asks about: what is one case, and what is refused. */
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { UsageError } from "../../src/core/errors.js";
import { loadDataset } from "../../src/data/dataset.js";
import { decodeCase } from "../../src/data/decode.js";
import { givenCases } from "../../src/workflows/estimation/images.js";
import { putSeriesOf } from "../data/dicom/series-of-volume.js";
import { putDatasetYaml, temporaryFolder } from "../data/files.js";
import { putVolumes } from "../data/slices/bodies.js";

const base = temporaryFolder();
const observer = { warn: () => {}, progress: () => {} };
const volume = join(base, "data/A/images/case_0.nii.gz");
const clinic = join(base, "clinic");
let file: string;

beforeAll(async () => {
  putVolumes(join(base, "data"), 3);
  const source = { images: "A/images/{id}.nii.gz", masks: "A/masks/{id}.nii.gz" };
  file = putDatasetYaml(join(base, "data"), {
    ...{ channels: 1, slices: "axial", intensity: { percentiles: [0.5, 99.5] }, resize: { size: 32 } },
    domains: [{ name: "A", train: source }],
  });
  await putSeriesOf(join(clinic, "one"), volume, 1);
  await putSeriesOf(join(clinic, "two"), join(base, "data/A/images/case_1.nii.gz"), 2);
});

it("a DICOM series is one case that can be decoded, in a folder of many or given itself, and counts once", async () => {
  const dataset = loadDataset(file);
  const whole = await decodeCase(dataset, dataset.domains[0].cases("train")[0], "whole");
  for (const paths of [[clinic], [join(clinic, "one"), join(clinic, "two")], [clinic, join(clinic, "one")]]) {
    const { cases, broken } = await givenCases(paths, dataset, observer);
    expect(broken).toEqual([]);
    expect(cases.map(({ imagePath }) => imagePath).sort()).toEqual([join(clinic, "one"), join(clinic, "two")]);
    const first = cases.find(({ imagePath }) => imagePath === join(clinic, "one"));
    expect((await decodeCase(dataset, first!, "whole")).image).toEqual(whole.image);
  }
});

it("series that share a folder are refused, as none of them could be read by it", async () => {
  const shared = join(base, "shared");
  await putSeriesOf(shared, volume, 1);
  await putSeriesOf(shared, join(base, "data/A/images/case_1.nii.gz"), 2);
  await expect(givenCases([shared], loadDataset(file), observer)).rejects.toThrow(UsageError);
});
