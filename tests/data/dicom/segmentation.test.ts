/** Label maps become DICOM SEG and come back, voxel by voxel, whatever the orientation; nothing of the patient is in them. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DataError, UsageError } from "../../../src/core/errors.js";
import { parseDicom } from "../../../src/data/dicom/parse.js";
import { decodeSegmentation, readSegmentation } from "../../../src/data/dicom/segmentation-reader.js";
import { encodeSegmentation, type SegmentationOptions } from "../../../src/data/dicom/segmentation-writer.js";
import { findSeries } from "../../../src/data/dicom/series.js";
import type { DicomVolume } from "../../../src/data/dicom/volumes.js";
import { dicomFormat } from "../../../src/data/formats/dicom.js";
import { voxelCount, worldOf } from "../../../src/grid/grid.js";
import { sampleType } from "../../../src/grid/stored-image.js";
import { put, temporaryFolder } from "../files.js";
import { dicomFile } from "./dicom-file.js";
import { enhanced, type Matrix, oblique, orientations, putSeries, type SeriesOptions } from "./series-files.js";

const base = temporaryFolder();
let folders = 0;

async function volumeOf(options: SeriesOptions = {}): Promise<DicomVolume> {
  const { volumes } = await findSeries(putSeries(join(base, String(folders++)), options));
  return volumes[0];
}

/** Two segments on slices 1 to 4, of 35 pixels each: no frame ends at a whole byte. */
function labelsFor({ grid }: DicomVolume): Uint8Array {
  const slice = grid.shape[1] * grid.shape[2];
  return Uint8Array.from({ length: voxelCount(grid) }, (_, i) => {
    const z = Math.floor(i / slice);
    return z < 1 || z > 4 || (z === 3 && i % 2) ? 0 : ((i * 7 + z) % 5) % 3;
  });
}

const segments = [{ label: "prostate" }, { label: "lésion\\2" }];
const written = async (volume: DicomVolume, labels: Uint8Array | Uint16Array, options?: SegmentationOptions) =>
  parseDicom(await encodeSegmentation(labels, volume, segments, options), "seg");

const tilted: Matrix = oblique.map((row, r) => [row[0], row[1], [0, 0, 1][r]] as [number, number, number]);

describe.each(["binary", "labelmap"] as const)("%s", (kind) => {
  it.each([
    ...orientations.map((axes, i) => [String(i), { axes }] as const),
    ["oblique", { axes: oblique }] as const,
    ["tilted", { axes: tilted }] as const,
    ["with a missing slice", { slices: [0, 1, 2, 4, 5] }] as const,
  ])("comes back on its own slices: %s", async (_, options) => {
    const volume = await volumeOf(options);
    const labels = labelsFor(volume);
    const read = await decodeSegmentation(await written(volume, labels, { kind }), volume);
    expect([...read.labels.samples]).toEqual([...labels]);
    expect(read.labels.grid).toEqual(volume.grid);
    expect(read.remarks).toEqual([]);
    expect(read.segments).toEqual([
      { number: 1, label: "prostate" },
      { number: 2, label: "lésion/2" },
    ]);
  });

  it("comes back alone from its first slice to its last, at its place", async () => {
    const volume = await volumeOf({ axes: oblique });
    const labels = labelsFor(volume);
    labels.fill(0, 2 * 35, 3 * 35);
    const bytes = await encodeSegmentation(labels, volume, segments, { kind });
    const image = await dicomFormat.read(bytes, "seg", "indices");
    expect(image.grid.shape).toEqual([4, 5, 7]);
    expect([...image.samples]).toEqual([...labels.subarray(35, 5 * 35)]);
    worldOf(image.grid, [0, 1, 2]).forEach((mm, r) => {
      expect(mm).toBeCloseTo(worldOf(volume.grid, [1, 1, 2])[r], 6);
    });
    expect(await dicomFormat.header?.(bytes, "seg")).toEqual({
      grid: image.grid,
      channels: 1,
      sampleType: sampleType(image.samples),
    });
  });

  it("comes back from its file", async () => {
    const volume = await volumeOf();
    const labels = labelsFor(volume);
    const file = put(join(base, `${folders++}/seg.dcm`), await encodeSegmentation(labels, volume, segments, { kind }));
    expect([...(await readSegmentation(file, volume)).labels.samples]).toEqual([...labels]);
    await expect(readSegmentation(volume.slices[0].file)).rejects.toThrow("is no DICOM SEG file");
    put(join(base, `${folders}/seg.dcm`), await encodeSegmentation(labels, volume, segments, { kind }));
    expect((await findSeries(join(base, String(folders++)))).skipped[0].reason).toBe("it is a segmentation, no image");
  });

  it("may be empty", async () => {
    const volume = await volumeOf();
    const empty = new Uint8Array(voxelCount(volume.grid));
    const { labels } = await decodeSegmentation(await written(volume, empty, { kind }), volume);
    expect([...labels.samples]).toEqual([...empty]);
  });

  it("of an enhanced file", async () => {
    const folder = join(base, String(folders++));
    put(join(folder, "mf.dcm"), dicomFile(enhanced({ axes: oblique }, [5, 4, 3, 0, 1, 2])));
    const [volume] = (await findSeries(folder)).volumes;
    const labels = labelsFor(volume);
    const seg = await written(volume, labels, { kind });
    expect([...(await decodeSegmentation(seg, volume)).labels.samples]).toEqual([...labels]);
    const [frame] = seg.set.items("PerFrameFunctionalGroupsSequence");
    const [source] = frame.items("DerivationImageSequence")[0].items("SourceImageSequence");
    expect(source.number("ReferencedFrameNumber")).toBe(5);
  });

  it("says of whom it is only when asked", async () => {
    const volume = await volumeOf();
    const labels = labelsFor(volume);
    const text = async (keepIds: boolean) =>
      Buffer.from(await encodeSegmentation(labels, volume, segments, { kind, keepIds })).toString("latin1");
    expect(await text(false)).not.toContain("Secret");
    const kept = await text(true);
    expect(kept).toContain("Secret^Name");
    expect(kept).toContain("SecretNumber");
  });
});

describe("wrong segmentations", () => {
  it("labels that do not fit are refused", async () => {
    const volume = await volumeOf();
    await expect(encodeSegmentation(new Uint8Array(3), volume, segments)).rejects.toThrow(UsageError);
    const three = new Uint8Array(voxelCount(volume.grid)).fill(3);
    await expect(encodeSegmentation(three, volume, segments)).rejects.toThrow(
      "encodeSegmentation: labels go up to 3, but segments names 2",
    );
  });

  it("of another volume, of a fraction, or without places are refused by name", async () => {
    const volume = await volumeOf();
    const bytes = Buffer.from(await encodeSegmentation(labelsFor(volume), volume, segments));
    const shifted = await volumeOf({ origin: [0, 0, 0] });
    const seg = parseDicom(bytes, "seg");
    await expect(decodeSegmentation(seg, shifted)).rejects.toThrow(DataError);
    await expect(decodeSegmentation(seg, shifted)).rejects.toThrow("seg: its frame 1 lies on no slice of its volume");
    const fractional = Buffer.from(bytes);
    fractional.write("FRACTI", fractional.indexOf("BINARY"));
    await expect(decodeSegmentation(parseDicom(fractional, "seg"), volume)).rejects.toThrow(
      "seg: is a FRACTI segmentation; dimseg reads BINARY and LABELMAP",
    );
  });

  it("voxels in several segments are counted", async () => {
    const volume = await volumeOf();
    const labels = labelsFor(volume).map((label) => (label === 0 ? 0 : 1));
    const bytes = Buffer.from(await encodeSegmentation(labels, volume, segments));
    // Lets the last frame lie on the first one's slice, as a second segment.
    const first = "-10.5\\20.25\\5.625";
    bytes.write(first, bytes.lastIndexOf("-10.5\\20.25\\13.125"), "latin1");
    bytes.write(" ", bytes.lastIndexOf(first) + first.length, "latin1");
    const { remarks } = await decodeSegmentation(parseDicom(bytes, "seg"), volume);
    expect(remarks).toEqual([expect.stringMatching(/^\d+ of its voxels are in several segments; the last one/)]);
  });
});
