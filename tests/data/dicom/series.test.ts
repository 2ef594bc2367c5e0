/** Folders of DICOM files are the volumes they hold, voxel by voxel in the world, and what is odd about them is said. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { type FoundVolume, findSeries, readSeries } from "../../../src/data/dicom/series.js";
import { dicomFormat } from "../../../src/data/formats/dicom.js";
import { imageFiles, readHeader, readVolume, watchedFiles } from "../../../src/data/images/read-image.js";
import { worldOf } from "../../../src/grid/grid.js";
import { type StoredImage, sampleType } from "../../../src/grid/stored-image.js";
import { put, temporaryFolder } from "../files.js";
import { type Dataset, dicomFile, picture, type Syntax } from "./dicom-file.js";
import {
  enhanced,
  type Matrix,
  oblique,
  orientations,
  putSeries,
  type SeriesOptions,
  size,
  slice,
  standard,
  valueAt,
  worldAt,
} from "./series-files.js";

const base = temporaryFolder();
let folders = 0;
const fresh = () => join(base, String(folders++));

async function only(folder: string): Promise<FoundVolume> {
  const { volumes } = await findSeries(folder);
  expect(volumes).toHaveLength(1);
  return volumes[0];
}

/** Every value of an image lies where the series put it. */
function expectInPlace({ grid, samples }: StoredImage, axes: Matrix, shift = 0): void {
  const [columns, rows] = size;
  expect(grid.spacing?.map((mm) => Number(mm.toFixed(6)))).toEqual([2.5, 1.1, 0.7]);
  for (let i = 0; i < samples.length; i += 11) {
    const index = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
    const value = samples[i] - shift;
    const from = [value % columns, Math.floor(value / columns) % rows, Math.floor(value / (rows * columns))] as const;
    const wanted = worldAt({ ...standard, axes }, [...from]);
    worldOf(grid, index).forEach((mm, r) => {
      expect(mm).toBeCloseTo(wanted[r], 6);
    });
  }
}

describe("a series", () => {
  it.each([...orientations.map((axes, i) => [String(i), axes] as const), ["oblique", oblique] as const])(
    "of orientation %s lies where its files say, and so does an enhanced file",
    async (_, axes) => {
      const volume = await only(putSeries(fresh(), { axes }));
      expect([volume.remarks, volume.modality, volume.seriesNumber, volume.name]).toEqual([[], "CT", 3, "series-3"]);
      const image = await readSeries(volume);
      expect(image.grid.shape).toEqual([6, 5, 7]);
      expectInPlace(image, axes);
      const file = await dicomFormat.read(dicomFile(enhanced({ axes }, [3, 0, 5, 1, 2, 4])), "file", "colours");
      expect(file).toEqual(image);
    },
  );

  it.each(["implicit", "big", "deflated"] as Syntax[])("of %s files", async (syntax) => {
    const options = { file: { syntax, unknownLengths: true } };
    expectInPlace(await readSeries(await only(putSeries(fresh(), options))), standard.axes);
  });

  it("in units of its own, slice by slice", async () => {
    const more = (z: number): Dataset => ({
      "00281053 DS": "1",
      "00281052 DS": "-1000",
      ...(z === 2 ? { "00281053 DS": "2" } : {}),
    });
    const whole = await readSeries(await only(putSeries(fresh(), { more: () => more(0) })));
    expect(sampleType(whole.samples)).toBe("int32");
    expectInPlace(whole, standard.axes, -1000);
    const volume = await only(putSeries(fresh(), { more }));
    expect(volume.remarks).toEqual(["its rescaling differs between slices, and each slice's own is used"]);
    const { samples } = await readSeries(volume);
    expect([samples[0], samples[valueAt(0, 0, 2)]]).toEqual([-1000, 2 * valueAt(0, 0, 2) - 1000]);
  });

  it("of one slice has its thickness for spacing", async () => {
    expect((await only(putSeries(fresh(), { slices: [3] }))).grid.spacing).toEqual([2.5, 1.1, 0.7]);
    const unknown = await only(putSeries(fresh(), { slices: [3], more: () => ({ "00180050 DS": undefined }) }));
    expect([unknown.grid.spacing, unknown.remarks]).toEqual([
      null,
      ["it has one slice of unknown thickness, so its spacing is unknown"],
    ]);
  });

  it("of colours", async () => {
    const colour = {
      "00280002 US": 3,
      "00280004 CS": "RGB",
      "00280006 US": 0,
      "00280100 US": 8,
      "00280101 US": 8,
      "00280102 US": 7,
    };
    const more = (z: number): Dataset => ({
      ...colour,
      "7FE00010 OW": undefined,
      "7FE00010 OB": Uint8Array.from({ length: 106 }, (_, i) => 10 * z + (i % 3)),
    });
    const { channels, samples, grid } = await readSeries(await only(putSeries(fresh(), { more })));
    const perChannel = 6 * 5 * 7;
    expect([channels, grid.shape, samples.length]).toEqual([3, [6, 5, 7], 3 * perChannel]);
    expect([samples[0], samples[35], samples[perChannel], samples[3 * perChannel - 1]]).toEqual([0, 10, 1, 52]);
  });
});

describe("what is odd is said, and no grid is invented", () => {
  const noGrid = "so it has no regular grid: its spacing and its place in the patient stay unknown";
  const shifted = (z: number, by: number): Dataset => ({ "00200032 DS": `-10.5\\20.25\\${3.125 + 2.5 * z + by}` });

  it.each<[string, SeriesOptions, string[]]>([
    [
      "a slice is missing",
      { slices: [0, 1, 2, 4, 5] },
      [`1 slice is missing, the first behind slice 3 of 5, ${noGrid}`],
    ],
    ["two are", { slices: [0, 2, 3, 5] }, [`2 slices are missing, the first behind slice 1 of 4, ${noGrid}`]],
    [
      "distances vary",
      { more: (z) => (z > 3 ? shifted(z, 1) : {}) },
      [`the distances of its slices vary from 2.500 to 3.500 mm, ${noGrid}`],
    ],
    [
      "slices are shifted",
      { more: (z) => (z === 2 ? { "00200032 DS": "-9\\20.25\\8.125" } : {}) },
      [`its slices are shifted against each other, ${noGrid}`],
    ],
  ])("%s", async (_, options, remarks) => {
    const volume = await only(putSeries(fresh(), options));
    expect([volume.remarks, volume.grid.spacing, volume.grid.toWorld]).toEqual([remarks, null, null]);
    expect((await readSeries(volume)).samples).toHaveLength(volume.slices.length * 35);
  });

  it("a tilted gantry is sheared, not straightened", async () => {
    const tilted = oblique.map((row, r) => [row[0], row[1], [0, 0, 1][r]] as [number, number, number]);
    const volume = await only(putSeries(fresh(), { axes: tilted }));
    expect(volume.remarks).toEqual(["its gantry is tilted by 11.46 degrees: slices are sheared against the normal"]);
    expectInPlace(await readSeries(volume), tilted);
  });

  it("copies count once, images at the same positions are volumes of their own, or left out", async () => {
    const copies = putSeries(fresh());
    putSeries(join(copies, "again"));
    const volume = await only(copies);
    expect([volume.grid.shape, volume.remarks]).toEqual([
      [6, 5, 7],
      ["6 of its images are there twice and count once"],
    ]);

    const later = (z: number): Dataset => ({ "00080018 UI": `1.2.4.${z + 1}`, "00200013 IS": String(z + 7) });
    const beating = putSeries(join(fresh(), "heart"));
    putSeries(join(beating, "later"), { more: later });
    const { volumes } = await findSeries(join(beating, ".."));
    expect(volumes.map(({ name, remarks }) => [name, ...remarks])).toEqual([
      ["heart", "it is number 1 of 2 at the same positions (times, echoes or the like)"],
      ["heart/later", "it is number 2 of 2 at the same positions (times, echoes or the like)"],
    ]);

    const partly = putSeries(fresh());
    putSeries(join(partly, "again"), { more: later, slices: [2, 3] });
    expect((await only(partly)).remarks).toEqual([
      "2 of its images lie at positions of others, not as many at each, and are left out",
    ]);
  });

  it("several series in one folder are several volumes, and other files are named", async () => {
    const folder = fresh();
    putSeries(join(folder, "x"));
    putSeries(join(folder, "x"), {
      slices: [0, 1],
      prefix: "b",
      more: (z) => ({ "0020000E UI": "1.9", "00200011 IS": "4", "00080018 UI": `1.9.${z}` }),
    });
    put(join(folder, "x/part-0/topogram"), dicomFile(slice(0, { axes: orientations[8] })));
    put(join(folder, "readme.txt"), "hello");
    put(join(folder, "cut.dcm"), dicomFile(slice(0)).subarray(0, -10));
    put(join(folder, "secondary.dcm"), dicomFile(picture(2, 2, [1, 2, 3, 4])));
    put(join(folder, "report.dcm"), dicomFile({ "00080016 UI": "1.2.840.10008.5.1.4.1.1.88.11" }));
    symlinkSync(join(folder, "nothing"), join(folder, "broken-link"));
    const { volumes, skipped } = await findSeries(folder);
    const parts = "it is one of 2 parts of its series, of different sizes or orientations";
    expect(volumes.map(({ name, grid, remarks }) => [name, grid.shape[0], ...remarks])).toEqual([
      ["x/part-0", 1, parts],
      ["x/series-3", 6, parts],
      ["x/series-4", 2],
    ]);
    expect(skipped.map(({ file, reason }) => [file.slice(folder.length + 1), reason.slice(0, 40)])).toEqual([
      ["broken-link", `cannot be read: it is a link to ${folder}`.slice(0, 40)],
      ["cut.dcm", "the DICOM file is truncated in its pixel"],
      ["readme.txt", "is no DICOM file (PS3.10); replace it"],
      ["report.dcm", "it holds no image"],
      ["secondary.dcm", "it has no place in the patient: a pictur"],
    ]);
  });
});

describe("a folder where a volume is asked for", () => {
  it("is its only series", async () => {
    const folder = putSeries(fresh(), { axes: oblique });
    const image = await readVolume(folder);
    expectInPlace(image, oblique);
    expect(await readHeader(folder)).toEqual({ grid: image.grid, channels: 1, sampleType: "uint16" });
    expect(await imageFiles(folder)).toHaveLength(6);
    expect(await watchedFiles(folder)).toEqual((await imageFiles(folder)).sort());
    // Whatever else comes to lie there may be of the series: its header is not read to tell.
    const other = put(join(folder, "later.dcm"), "hello");
    expect(await watchedFiles(folder)).toContain(other);
  });

  it("is refused where it has none, or several, which are named", async () => {
    const none = join(put(join(fresh(), "notes.txt"), "hello"), "..");
    await expect(readVolume(none)).rejects.toThrow(
      `${none}: holds no DICOM series; of notes.txt: is no DICOM file (PS3.10); replace it`,
    );
    const two = putSeries(fresh());
    putSeries(two, { prefix: "b", more: () => ({ "0020000E UI": "1.9", "00200011 IS": "4" }) });
    await expect(readVolume(two)).rejects.toThrow(
      `${two}: holds 2 volumes (series-3, series-4); put each in its own folder`,
    );
  });
});

describe("privacy and limits", () => {
  it("nothing that is returned says whose it is", async () => {
    const found = await findSeries(putSeries(fresh()));
    const image = await readSeries(found.volumes[0]);
    expect(JSON.stringify([found, image.grid])).not.toMatch(/Secret|1\.2\.3/);
  });

  it("headers are read without the pixels behind them, however long they are", async () => {
    const more = (): Dataset => ({
      "00091001 OB": new Uint8Array(200_000),
      "00091002 UN": [{ "00091003 SQ": [{}] }] as never,
    });
    const volume = await only(putSeries(fresh(), { more: () => ({ "00091001 OB": more()["00091001 OB"] }) }));
    expectInPlace(await readSeries(volume), standard.axes);
  });

  it("a file that changes between finding and reading is refused", async () => {
    const folder = putSeries(fresh());
    const volume = await only(folder);
    put(volume.slices[1].file, dicomFile(picture(2, 2, [1, 2, 3, 4])));
    await expect(readSeries(volume)).rejects.toThrow(DataError);
    await expect(readSeries(volume)).rejects.toThrow("changed while it was read");
  });

  it("frames of several volumes in one file are refused, frames without places are a stack of unknown grid", async () => {
    const two = enhanced();
    const frames = two["52009230 SQ"] as Dataset[];
    const turned = frames.map((frame, i) =>
      i > 2 ? { ...frame, "00209116 SQ": [{ "00200037 DS": "0\\1\\0\\0\\0\\1" }] } : frame,
    );
    await expect(dicomFormat.read(dicomFile({ ...two, "52009230 SQ": turned }), "file", "colours")).rejects.toThrow(
      "file: its 6 frames are 4 volumes; read it as a series",
    );
    const cine = { ...picture(2, 1, [1, 2, 3, 4, 5, 6]), "00280008 IS": 3 };
    const { grid, samples } = await dicomFormat.read(dicomFile(cine), "file", "colours");
    expect([grid, Array.from(samples)]).toEqual([
      { shape: [3, 2, 1], spacing: null, toWorld: null },
      [1, 2, 3, 4, 5, 6],
    ]);
  });

  it("any missing slices are told, any order is sorted", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 2 }), async (slices) => {
        const volume = await only(putSeries(fresh(), { slices }));
        const sorted = [...slices].sort((a, b) => a - b);
        const gaps = sorted.slice(1).map((z, i) => z - sorted[i]);
        const isRegular = gaps.every((gap) => gap === gaps[0]);
        expect(volume.remarks.length === 0).toBe(isRegular);
        expect(volume.grid.spacing?.[0].toFixed(6) ?? null).toBe(isRegular ? (2.5 * gaps[0]).toFixed(6) : null);
        const { samples } = await readSeries(volume);
        expect(sorted.map((_, i) => samples[i * 35])).toEqual(sorted.map((z) => valueAt(0, 0, z)));
      }),
      { numRuns: 20 },
    );
  });
});
