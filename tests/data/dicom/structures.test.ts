/** Contours of RT structure sets become the voxels inside, on the slices that they were drawn on, whatever the orientation. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError } from "../../../src/core/errors.js";
import { type FoundVolume, findSeries } from "../../../src/data/dicom/series.js";
import { drawStructures, readStructureSet } from "../../../src/data/dicom/structure-reader.js";
import { put, temporaryFolder } from "../files.js";
import { type Dataset, dicomFile, type FileOptions } from "./dicom-file.js";
import { oblique, orientations, putSeries, type SeriesOptions, size, valueAt } from "./series-files.js";
import { type Drawn, structureSet } from "./structure-files.js";

const base = temporaryFolder();
let folders = 0;

async function volumeOf(options: SeriesOptions = {}): Promise<FoundVolume> {
  return (await findSeries(putSeries(join(base, String(folders++)), options))).volumes[0];
}

function read(drawn: readonly Drawn[], options: SeriesOptions = {}, more: Dataset = {}, file: FileOptions = {}) {
  return readStructureSet(
    put(join(base, `${folders++}/rs`), dicomFile({ ...structureSet(drawn, options), ...more }, file)),
  );
}

/** Column, row and slice of every voxel with a value. */
function voxels(samples: ArrayLike<number>, value: number): number[] {
  return Array.from(samples).flatMap((one, i) => (one === value ? [i] : []));
}

const box = (z: number, left: number, top: number, right: number, bottom: number) => ({
  z,
  corners: [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ] as [number, number][],
});
const organ: Drawn = {
  name: "organ",
  contours: [box(2, 0.5, 0.5, 4.5, 3.5), box(2, 1.5, 1.5, 2.5, 2.5), box(3, 1.9, 1.9, 3.1, 2.1)],
};
/** Columns 1 to 4 of rows 1 to 3 without the hole on slice 2, two voxels on slice 3. */
const ofOrgan = [
  ...[1, 2, 3].flatMap((y) => [1, 2, 3, 4].map((x) => [x, y, 2])).filter(([x, y]) => x !== 2 || y !== 2),
  ...[
    [2, 2, 3],
    [3, 2, 3],
  ],
].map(([x, y, z]) => valueAt(x, y, z));

describe("contours", () => {
  it.each([
    ...orientations.map((axes, i) => [String(i), { axes }] as const),
    ["oblique", { axes: oblique }] as const,
    ["with a missing slice", { slices: [0, 1, 2, 3, 5] }] as const,
  ])("are filled on their slices: %s", async (_, options) => {
    const volume = await volumeOf(options);
    const { labels, segments, remarks } = await drawStructures(read([organ], options), volume, ["organ"]);
    expect(voxels(labels.samples, 1)).toEqual(ofOrgan);
    expect(labels.grid).toEqual(volume.grid);
    expect(segments).toEqual([{ number: 1, label: "organ" }]);
    expect(remarks).toEqual([]);
  });

  it("have the numbers of the names that are asked for; where two overlap, the last in the file is kept and told", async () => {
    const whole: Drawn = { name: "body", contours: [box(2, -9, -9, 9, 9)] };
    const volume = await volumeOf();
    const both = read([whole, organ], {}, {}, { syntax: "implicit", unknownLengths: true });
    const { labels, remarks } = await drawStructures(both, volume, ["lens", "organ", "body"]);
    expect(voxels(labels.samples, 2)).toEqual(ofOrgan);
    expect(voxels(labels.samples, 3)).toHaveLength(size[0] * size[1] - 11);
    expect(remarks).toEqual(["11 of its voxels are in several structures; the last one in the file is kept"]);
    expect((await drawStructures(both, volume, ["organ"])).remarks).toEqual([]);
  });

  it("that enclose nothing are counted", async () => {
    const point: Drawn = { name: "isocentre", kind: "POINT", contours: [{ z: 1, corners: [[2, 2]] }] };
    const { labels, remarks } = await drawStructures(read([organ, point]), await volumeOf(), ["organ", "isocentre"]);
    expect(voxels(labels.samples, 2)).toEqual([]);
    expect(remarks).toEqual(["1 of its contours are points or open lines and enclose nothing"]);
  });

  it("of another place or series, damaged ones, and other files are refused by name", async () => {
    const volume = await volumeOf();
    const between = { ...organ, contours: [box(2.5, 0, 0, 4, 4)] };
    await expect(drawStructures(read([between]), volume, ["organ"])).rejects.toThrow(DataError);
    await expect(drawStructures(read([between]), volume, ["organ"])).rejects.toThrow(
      /rs: a contour of organ lies on no slice of its volume; give its own volume/,
    );
    const tilted = {
      ...organ,
      contours: [
        {
          z: 2,
          corners: [
            [0, 0],
            [4, 0],
          ] as [number, number][],
          depths: [0, 1],
        },
      ],
    };
    await expect(drawStructures(read([tilted]), volume, ["organ"])).rejects.toThrow("lies on no slice");
    const other = await volumeOf({ more: () => ({ "0020000E UI": "1.2.3.999" }) });
    await expect(drawStructures(read([organ]), other, ["organ"])).rejects.toThrow(
      "its contours were drawn on another series; give its own volume",
    );
    const broken = {
      "30060039 SQ": [{ "30060040 SQ": [{ "30060042 CS": "CLOSED_PLANAR", "30060050 DS": "1\\2\\3\\4" }] }],
    };
    expect(() => read([organ], {}, broken)).toThrow("a contour has 4 numbers, not three a corner");
    expect(() => readStructureSet(volume.slices[0].file)).toThrow("is no RT structure set");
  });
});
