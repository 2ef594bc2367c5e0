/**
 * Contours of RT structure sets as label maps (PS3.3, A.19 and C.8.8.5 to C.8.8.6): closed planar ones, each on its slice.
 */
import { DataError } from "../../core/errors.js";
import { readBytes } from "../../core/files/read-file.js";
import { voxelCount } from "../../grid/grid.js";
import { type Polygon, togglePolygon } from "../../grid/polygon.js";
import { newSamples } from "../../grid/stored-image.js";
import { dot, minus } from "../../grid/vector.js";
import type { DataSet } from "./data-set.js";
import { type DicomFile, parseDicom } from "./parse.js";
import { normalOf, type Place } from "./place.js";
import type { ReadSegmentation } from "./segmentation-reader.js";
import { seriesUidOf } from "./series-uid.js";
import type { DicomVolume } from "./volumes.js";

const structureSetClass = "1.2.840.10008.5.1.4.1.1.481.3";
/** A contour lies on a slice that is nearer than this share of the distance between slices. */
const tolerance = 0.25;

/** Whether a file is a structure set. */
export function isStructureSet({ set }: DicomFile): boolean {
  return set.text("SOPClassUID") === structureSetClass;
}

/** A structure: its name, and the corners of each contour, mm. */
export interface Structure {
  readonly name: string;
  readonly contours: readonly (readonly (readonly number[])[])[];
}

/** The contours of a file. */
export interface StructureSet {
  readonly file: string;
  /** In the file's order; names may repeat. */
  readonly structures: readonly Structure[];
  /** Contours that enclose nothing: points and open lines. */
  readonly open: number;
  /** UIDs of the series that it was drawn on; for comparing only. */
  readonly series: readonly string[];
}

/** @throws DataError when the numbers are no corners in a room */
function cornersOf(contour: DataSet): number[][] {
  const values = contour.numbers("ContourData") ?? [];
  if (values.length === 0 || values.length % 3 !== 0)
    throw new DataError(`${contour.file}: a contour has ${values.length} numbers, not three a corner; replace it`);
  return Array.from({ length: values.length / 3 }, (_, i) => values.slice(3 * i, 3 * i + 3));
}

function namesOf(set: DataSet): Map<number, string> {
  const encoding = set.texts("SpecificCharacterSet").includes("ISO_IR 192") ? "utf8" : "latin1";
  const items = set.items("StructureSetROISequence");
  return new Map(
    items.flatMap((item) => {
      const number = item.number("ROINumber");
      return number === undefined ? [] : [[number, item.text("ROIName", encoding) ?? `structure ${number}`]];
    }),
  );
}

function seriesOf(set: DataSet): string[] {
  return set
    .items("ReferencedFrameOfReferenceSequence")
    .flatMap((frame) => frame.items("RTReferencedStudySequence"))
    .flatMap((study) => study.items("RTReferencedSeriesSequence"))
    .flatMap((one) => one.text("SeriesInstanceUID") ?? []);
}

/**
 * Reads the contours of a structure set.
 * @throws DataError when the file cannot be read, is no structure set, or is damaged
 */
export function readStructureSet(file: string): StructureSet {
  const dicom = parseDicom(readBytes(file), file);
  const { set } = dicom;
  if (!isStructureSet(dicom)) throw new DataError(`${file}: is no RT structure set; give one`);
  const names = namesOf(set);
  let open = 0;
  const structures = set.items("ROIContourSequence").map((item) => {
    const number = item.number("ReferencedROINumber");
    const all = item.items("ContourSequence");
    const closed = all.filter((one) => one.text("ContourGeometricType")?.startsWith("CLOSED"));
    open += all.length - closed.length;
    return { name: names.get(number ?? -1) ?? `structure ${number}`, contours: closed.map(cornersOf) };
  });
  return { file, structures, open, series: seriesOf(set) };
}

/** How far apart slices are, mm; of a single one the size of its pixels. */
function gapOf({ slices }: DicomVolume): number {
  const [{ place: first }, ...others] = slices;
  const heights = slices.map(({ place }) => dot(place.position, normalOf(first)));
  const gaps = others.map((_, i) => heights[i + 1] - heights[i]);
  return gaps.length > 0 ? Math.min(...gaps) : Math.min(...first.spacing);
}

/** Corners in pixels of a slice. */
function onSlice(corners: readonly (readonly number[])[], { position, ...place }: Place): Polygon {
  const [y, x] = place.spacing;
  return corners.map((corner) => {
    const from = minus(corner, position);
    return [dot(from, place.alongRow) / x, dot(from, place.alongColumn) / y];
  });
}

/** The polygons of a structure by slice. @throws DataError for a contour that lies on no slice */
function polygonsOf({ name, contours }: Structure, volume: DicomVolume, file: string): Map<number, Polygon[]> {
  const { slices } = volume;
  const normal = normalOf(slices[0].place);
  const most = tolerance * gapOf(volume);
  const found = new Map<number, Polygon[]>();
  for (const corners of contours) {
    const at = slices.findIndex(({ place }) =>
      corners.every((corner) => Math.abs(dot(minus(corner, place.position), normal)) <= most),
    );
    if (at < 0)
      throw new DataError(`${file}: a contour of ${name} lies on no slice of its volume; give its own volume`);
    found.set(at, [...(found.get(at) ?? []), onSlice(corners, slices[at].place)]);
  }
  return found;
}

/** @throws DataError when the contours say that they were drawn on other series */
async function checkSeries({ file, series }: StructureSet, volume: DicomVolume): Promise<void> {
  const own = await seriesUidOf(volume);
  if (series.length === 0 || own === undefined || series.includes(own)) return;
  throw new DataError(`${file}: its contours were drawn on another series; give its own volume`);
}

/**
 * Draws structures into the grid of the volume that their contours were drawn on: pixels whose centres lie inside.
 * @param names in the order of their numbers, from 1 on; others are left out
 * @throws DataError when a contour lies on no slice of the volume, or was drawn on another series
 * @example const { labels } = await drawStructures(readStructureSet("rs.dcm"), volumes[0], ["bladder", "prostate"]);
 */
export async function drawStructures(
  set: StructureSet,
  volume: DicomVolume,
  names: readonly string[],
): Promise<ReadSegmentation> {
  await checkSeries(set, volume);
  const { grid } = volume;
  const [, rows, columns] = grid.shape;
  const samples = newSamples(names.length > 255 ? "uint16" : "uint8", voxelCount(grid));
  let twice = 0;
  for (const structure of set.structures) {
    const number = names.indexOf(structure.name) + 1;
    if (number === 0) continue;
    for (const [slice, polygons] of polygonsOf(structure, volume, set.file)) {
      const inside = new Uint8Array(rows * columns);
      for (const polygon of polygons) togglePolygon(inside, columns, polygon);
      const own = samples.subarray(slice * inside.length, (slice + 1) * inside.length);
      inside.forEach((value, i) => {
        if (value === 0) return;
        if (own[i] !== 0 && own[i] !== number) twice++;
        own[i] = number;
      });
    }
  }
  const remarks = [
    ...(twice > 0 ? [`${twice} of its voxels are in several structures; the last one in the file is kept`] : []),
    ...(set.open > 0 ? [`${set.open} of its contours are points or open lines and enclose nothing`] : []),
  ];
  const segments = names.map((label, i) => ({ number: i + 1, label }));
  return { labels: { grid, channels: 1, samples }, segments, remarks };
}
