/** `dimseg predict` on folders of DICOM series: one mask each, as NIfTI and as DICOM SEG, and what is told of a series. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { readSegmentation } from "../../../src/data/dicom/segmentation-reader.js";
import { findSeries } from "../../../src/data/dicom/series.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { sameGrid } from "../../../src/grid/grid.js";
import type { StoredImage } from "../../../src/grid/stored-image.js";
import { predictImages } from "../../../src/workflows/predict.js";
import { type Dataset, dicomFile } from "../../data/dicom/dicom-file.js";
import { decimals, enhanced } from "../../data/dicom/series-files.js";
import { putSeriesOf } from "../../data/dicom/series-of-volume.js";
import { put, temporaryFolder } from "../../data/files.js";
import { ballRun } from "../ball-run.js";
import { dimseg } from "../trained-run.js";

const base = temporaryFolder();
const imageOf = (name: string) => join(base, "data", `${name.replace("/", "/images/")}.nii.gz`);
let run: string;
let outputs = 0;
const fresh = () => join(base, `out${outputs++}`);

beforeAll(async () => {
  run = await ballRun(base, { iterations: 45, labelledBatch: 6 });
});

/** A volume as the files of a CT series. */
const putSeries = (folder: string, of: string, number: number, more?: (slice: number) => Dataset | null) =>
  putSeriesOf(folder, imageOf(of), number, more);

/** What is written for the volume's NIfTI file, which every other test of volumes tries. */
async function maskOf(of: string): Promise<StoredImage> {
  const out = fresh();
  await dimseg("predict", run, imageOf(of), "--out", out);
  return readVolume(join(out, "masks", `${of.split("/")[1]}.nii.gz`));
}

const filesBelow = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.\w+$/.test(name))
    .sort();

describe("dimseg predict on DICOM series", () => {
  it("writes one mask a series, several of them in one folder and in folders below, in the place of each", async () => {
    const study = join(base, "study");
    await putSeries(join(study, "thorax"), "A/case_0", 4);
    await putSeries(join(study, "thorax"), "B/case_1", 5);
    await putSeries(join(study, "abdomen/deep"), "A/case_2", 6);
    put(join(study, "report"), dicomFile({ "00080060 CS": "SR" }));
    put(join(study, "notes.txt"), "no image");
    const out = fresh();
    const { out: printed, err } = await dimseg("predict", run, study, "--out", out);
    expect(printed).toContain("Wrote 3 of 3 masks");
    expect(filesBelow(join(out, "masks"))).toEqual(
      ["abdomen/deep.nii.gz", "thorax/series-4.nii.gz", "thorax/series-5.nii.gz"].sort(),
    );
    expect(err).toContain(`1 DICOM file without an image left out (the first is ${join(study, "report")})`);
    for (const [name, of] of [
      ["thorax/series-4", "A/case_0"],
      ["thorax/series-5", "B/case_1"],
      ["abdomen/deep", "A/case_2"],
    ]) {
      const [mask, expected] = [await readVolume(join(out, "masks", `${name}.nii.gz`)), await maskOf(of)];
      expect(expected.samples.includes(1), of).toBe(true);
      expect([...mask.samples], name).toEqual([...expected.samples]);
      expect(sameGrid(mask.grid, expected.grid), name).toBe(true);
    }
  });

  it.each(["dcm-seg", "dcm-labelmap"])(
    "writes %s on the slices of its series, of nobody unless asked",
    async (format) => {
      const study = await putSeries(join(base, `seg-${format}`), "A/case_0", 4);
      const out = join(study, "masks");
      const written = join(out, "masks/series-4.dcm");
      const predict = (...words: string[]) => dimseg("predict", run, study, "--out", out, "--format", format, ...words);
      const { out: printed } = await predict();
      expect(printed).toContain("they carry UIDs alone");
      const [volume] = (await findSeries(study)).volumes;
      const { labels, segments } = await readSegmentation(written, volume);
      expect([...labels.samples]).toEqual([...(await maskOf("A/case_0")).samples]);
      expect(segments).toEqual([{ number: 1, label: "ball" }]);
      const text = readFileSync(written, "latin1");
      for (const uid of ["1.2.3.4\0", "1.2.3.4.6", "1.2.3.200"]) expect(text).toContain(uid);
      expect(text).not.toMatch(/Secret|20200102/);
      // The mask of before lies among the slices: it is no image, and its own prediction may replace it.
      const again = await predict("--keep-ids");
      expect(again.out).toContain("Wrote 1 of 1 masks");
      expect(again.out).toContain("Left out as masks or earlier results: 1 file");
      expect(again.out).not.toContain("UIDs alone");
      const kept = readFileSync(written, "latin1");
      for (const one of ["20200102", "Secret^Name", "SecretNumber"]) expect(kept).toContain(one);
    },
  );

  it("writes SEG that dciodvfy finds no error in, where it is installed", async (context) => {
    const { error } = spawnSync("dciodvfy", ["-version"]);
    if (error) context.skip("dciodvfy is not installed (Debian: apt-get install dicom3tools)");
    const study = await putSeries(join(base, "validated"), "A/case_0", 4);
    // LABELMAP is younger than the tables of dciodvfy.
    const out = fresh();
    await dimseg("predict", run, study, "--out", out, "--format", "dcm-seg", "--keep-ids");
    const { stderr } = spawnSync("dciodvfy", [join(out, "masks/series-4.dcm")], { encoding: "utf8" });
    expect(stderr.split("\n").filter((line) => /^(Error|Warning)/.test(line))).toEqual([]);
  });

  it("tells of a series with a missing slice and of a tilted gantry, and writes their masks", async () => {
    const study = join(base, "told");
    await putSeries(join(study, "missing"), "A/case_0", 1, (z) => (z === 3 ? null : {}));
    const tilted = (z: number) => ({ "00200032 DS": decimals([0, z, 3 * z]) });
    await putSeries(join(study, "tilted"), "A/case_0", 2, tilted);
    const out = fresh();
    const { err } = await dimseg("predict", run, study, "--out", out, "--format", "dcm-seg");
    expect(err).toMatch(/told\/missing: 1 slice is missing, the first behind slice 3 of 5, so it has no regular grid/);
    expect(err).toMatch(/told\/tilted: its gantry is tilted by 18\.43 degrees/);
    for (const { name, grid, ...volume } of (await findSeries(study)).volumes) {
      const { labels } = await readSegmentation(join(out, "masks", `${name}.dcm`), { grid, ...volume });
      expect(labels.grid.shape).toEqual(grid.shape);
      expect(labels.samples.includes(1), name).toBe(true);
    }
    await expect(dimseg("predict", run, join(study, "missing"), "--out", fresh(), "--min-volume", "9")).rejects.toThrow(
      "1 of 1 images could not be segmented",
    );
  });

  it("takes a multi-frame file by its own name, found in a folder or given itself, its frames in any order", async () => {
    const folder = join(base, "multi-frame");
    const file = put(join(folder, "heart.dcm"), dicomFile(enhanced({}, [3, 0, 5, 1, 4, 2])));
    const [nifti, found, given] = [fresh(), fresh(), fresh()];
    await dimseg("predict", run, folder, "--out", nifti);
    await dimseg("predict", run, folder, "--out", found, "--format", "dcm-seg");
    await dimseg("predict", run, file, "--out", given, "--format", "dcm-labelmap");
    const wanted = await readVolume(join(nifti, "masks/heart.nii.gz"));
    const [volume] = (await findSeries(folder)).volumes;
    for (const out of [found, given]) {
      const { labels } = await readSegmentation(join(out, "masks/heart.dcm"), volume);
      expect([...labels.samples]).toEqual([...wanted.samples]);
      expect(sameGrid(labels.grid, wanted.grid)).toBe(true);
    }
  });

  it("refuses what DICOM SEG cannot be, before anything is written or by name", async () => {
    const out = fresh();
    const asked = dimseg("predict", run, imageOf("A/case_0"), "--out", out, "--keep-ids");
    await expect(asked).rejects.toThrow(
      new UsageError("--keep-ids is of masks as DICOM SEG; add --format dcm-seg, or leave it out"),
    );
    expect(existsSync(out)).toBe(false);
    await expect(dimseg("predict", run, imageOf("A/case_0"), "--out", out, "--format", "dcm-seg")).rejects.toThrow(
      DataError,
    );
    const empty = join(base, "empty");
    mkdirSync(empty);
    put(join(empty, "report"), dicomFile({ "00080060 CS": "SR" }));
    await expect(dimseg("predict", run, empty, "--out", out)).rejects.toThrow(/empty: holds no .* image/);
    rmSync(empty, { recursive: true });
  });

  it("stops between two slices of a volume, and leaves nothing of it", async () => {
    const out = fresh();
    let looks = 0;
    const predicted = await predictImages(
      {
        ...{ run, images: [imageOf("A/case_0"), imageOf("A/case_1")], out, checkpoint: "last", network: "student" },
        ...{ overlay: false, probabilities: false, tta: false },
      },
      // Before a volume, and behind each of its six slices.
      { warn: () => {}, progress: () => {}, stopRequested: () => looks++ === 10 },
    );
    expect(predicted).toMatchObject({ images: 2, written: 1, stopped: true, broken: [] });
    expect(looks).toBe(11);
    expect(filesBelow(join(out, "masks"))).toEqual(["case_0.nii.gz"]);
  });
});
