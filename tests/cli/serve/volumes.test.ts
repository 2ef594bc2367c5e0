/** `dimseg serve` of a run of volumes: masks in the volume's own grid and any format, also of a DICOM series in an archive. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { detailOf } from "../../../soak/ask.js";
import { readVolume } from "../../../src/data/images/read-image.js";
import { sameGrid } from "../../../src/grid/grid.js";
import { putSeriesOf } from "../../data/dicom/series-of-volume.js";
import { png, put, temporaryFolder } from "../../data/files.js";
import { zip } from "../../data/zip.js";
import { ballRun } from "../ball-run.js";
import { dimseg } from "../trained-run.js";
import { Served } from "./served.js";

const base = temporaryFolder();
const volume = join(base, "data/B/images/case_1.nii.gz");
let run: string;
let server: Served;

beforeAll(async () => {
  run = await ballRun(base, { iterations: 30, labelledBatch: 4 });
  server = await Served.start(run);
});
afterAll(() => server?.end());

describe("dimseg serve of volumes", () => {
  it("writes the bytes that dimseg predict writes, in every format of volumes", async () => {
    for (const format of ["nii.gz", "nrrd", "seg.nrrd", "mha"]) {
      const out = join(base, format);
      await dimseg("predict", run, volume, "--format", format, "--out", out);
      const { status, bytes } = await server.post(readFileSync(volume), `?format=${format}`);
      expect(status, bytes.toString()).toBe(200);
      expect(bytes.equals(readFileSync(join(out, "masks", `case_1.${format}`))), format).toBe(true);
    }
  });

  it("takes a DICOM series as an archive, and answers in its grid, also as DICOM SEG", async () => {
    const folder = await putSeriesOf(join(base, "series"), volume, 7);
    const files = readdirSync(folder).map((name) => [`study 1/${name}`, readFileSync(join(folder, name))]);
    const archive = zip({ ...Object.fromEntries(files), "study 1/notes.txt": Buffer.from("no image") });
    const mask = put(join(base, "of-series.nii.gz"), (await server.post(archive)).bytes);
    const out = join(base, "of-volume");
    await dimseg("predict", run, volume, "--out", out);
    const [given, expected] = await Promise.all(
      [mask, join(out, "masks/case_1.nii.gz")].map((path) => readVolume(path)),
    );
    expect([...given.samples]).toEqual([...expected.samples]);
    expect(expected.samples.includes(1)).toBe(true);
    expect(sameGrid(given.grid, expected.grid)).toBe(true);
    const segmentation = await server.post(archive, "?format=dcm-seg");
    expect([segmentation.status, segmentation.headers["content-type"]]).toEqual([200, "application/dicom"]);
    expect(segmentation.bytes.toString("latin1")).not.toContain("Secret");
  });

  it("refuses what is no volume, and DICOM of what is no series, in a sentence", async () => {
    const picture = await server.post(png(8, 8, new Uint8Array(64)));
    expect([picture.status, detailOf(picture)]).toEqual([422, expect.stringMatching(/^image\.png: is a picture/)]);
    const nifti = await server.post(readFileSync(volume), "?format=dcm-seg");
    expect([nifti.status, detailOf(nifti)]).toEqual([422, expect.stringMatching(/^image\.nii: /)]);
    const half = readFileSync(volume);
    expect((await server.post(half.subarray(0, half.length / 2))).status).toBe(422);
  });
});
