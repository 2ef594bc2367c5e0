/**
 * DICOM SEG as a label map (PS3.3, A.51 and C.8.20): BINARY, one frame for each segment and slice that has any of it, and
 * LABELMAP, whose pixels are the segments' numbers.
 */
import { DataError } from "../../core/errors.js";
import { readBytes } from "../../core/files/read-file.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { newSamples, type SampleType, type StoredImage } from "../../grid/stored-image.js";
import { dot, minus, plus, times } from "../../grid/vector.js";
import { type ImageHeader, maxVolumeBytes } from "../formats/format.js";
import { describePixels, type PixelDescription } from "./description.js";
import { frameReader } from "./frames.js";
import { functionalGroup } from "./functional-groups.js";
import { readHead } from "./head.js";
import { type DicomFile, parseDicom } from "./parse.js";
import { haveOneOrientation, isSpacing, normalOf, type Place, placeOf } from "./place.js";
import { byPosition, type Placed, stack } from "./stack.js";
import type { DicomVolume } from "./volumes.js";

/** UIDs of the two SOP classes. */
export const segmentationClasses = {
  binary: "1.2.840.10008.5.1.4.1.1.66.4",
  labelmap: "1.2.840.10008.5.1.4.1.1.66.7",
} as const;

/** One segment of a file. */
export interface ReadSegment {
  /** Its number in the label map, from 1 on; a label map may name its background 0 too. */
  readonly number: number;
  readonly label: string;
}

/** A segmentation as a label map. */
export interface ReadSegmentation {
  /** One channel `[slices, rows, columns]` of segment numbers, 0 where there is none. */
  readonly labels: StoredImage;
  readonly segments: readonly ReadSegment[];
  /** What a user should know, sentences without the file's name. */
  readonly remarks: readonly string[];
}

/** Frames further than this share of the smallest spacing from a slice are not on it. */
const tolerance = 0.1;

type Shape = readonly [rows: number, columns: number];

interface SegmentFrame extends Placed {
  readonly frame: number;
  /** Undefined in a label map. */
  readonly segment: number | undefined;
}

/** Whether a file is a segmentation. */
export function isSegmentation({ set }: DicomFile): boolean {
  const sopClass = set.text("SOPClassUID");
  return Object.values(segmentationClasses).some((one) => one === sopClass);
}

function framesOf({ set, file }: DicomFile, { frames }: PixelDescription): SegmentFrame[] {
  const kind = set.text("SegmentationType");
  if (kind !== "BINARY" && kind !== "LABELMAP")
    throw new DataError(`${file}: is a ${kind ?? "nameless"} segmentation; dimseg reads BINARY and LABELMAP`);
  return Array.from({ length: frames }, (_, frame) => {
    const place = placeOf(set, frame);
    if (!place) throw new DataError(`${file}: its frame ${frame + 1} has no place in the patient; replace it`);
    if (kind === "LABELMAP") return { frame, place, segment: undefined };
    const group = functionalGroup(set, frame, "SegmentIdentificationSequence");
    const segment = group?.number("ReferencedSegmentNumber");
    if (!segment) throw new DataError(`${file}: its frame ${frame + 1} is of no segment; replace it`);
    return { frame, place, segment };
  });
}

/** Where slices are, and which slice each frame is on. */
interface Layout {
  readonly grid: Grid;
  /** By number of the frame. */
  readonly sliceOf: readonly number[];
  readonly remarks: readonly string[];
}

/** Puts frames on the slices of the volume that they were drawn on. */
function layoutOn(volume: DicomVolume, frames: readonly SegmentFrame[], shape: Shape, file: string): Layout {
  const { grid, slices } = volume;
  const [first] = slices;
  const shapes = [shape, grid.shape.slice(1)].map(([rows, columns]) => `${columns} x ${rows}`);
  if (shapes[0] !== shapes[1])
    throw new DataError(
      `${file}: its frames are ${shapes[0]}, but slices of its volume ${shapes[1]}; give its own volume`,
    );
  const sliceOf = frames.map(({ place, frame }) => {
    const most = tolerance * Math.min(...place.spacing);
    const at = slices.findIndex((slice) => Math.hypot(...minus(slice.place.position, place.position)) <= most);
    if (at >= 0 && haveOneOrientation(first.place, place)) return at;
    throw new DataError(`${file}: its frame ${frame + 1} lies on no slice of its volume; give its own volume`);
  });
  return { grid, sliceOf, remarks: [] };
}

/** Numbers of the slices at these places, ascending, where each lies a whole number of distances behind the first. */
function sliceNumbers(places: readonly Place[], distance: number): number[] | undefined {
  const normal = normalOf(places[0]);
  const steps = places.map(({ position }) => dot(minus(position, places[0].position), normal) / distance);
  const numbers = steps.map((one) => Math.round(one));
  const fits = steps.every(
    (one, i) => Math.abs(one - numbers[i]) <= tolerance && (i === 0 || numbers[i] > numbers[i - 1]),
  );
  return fits ? numbers : undefined;
}

/** Slices from the first frame to the last, also where no segment is: at the distance that the file says. */
function layoutAlone({ set, file }: DicomFile, frames: readonly SegmentFrame[], shape: Shape): Layout {
  const positions = byPosition(frames);
  const places = positions.map(([first]) => first.place);
  const [first, last] = [places[0], places[places.length - 1]];
  if (!places.every((place) => haveOneOrientation(first, place)))
    throw new DataError(`${file}: its frames are turned against each other; give the volume that they were drawn on`);
  const measures = functionalGroup(set, 0, "PixelMeasuresSequence");
  const distance = measures?.number("SpacingBetweenSlices");
  const numbers = isSpacing(distance) ? sliceNumbers(places, distance) : undefined;
  const end = numbers?.[numbers.length - 1] ?? 0;
  if (end * shape[0] * shape[1] > maxVolumeBytes)
    throw new DataError(`${file}: its frames lie ${end} slices apart, too many to read; give their volume`);
  const along = minus(last.position, first.position);
  const filled = Array.from({ length: end + 1 }, (_, z) => ({
    place: { ...first, position: plus(first.position, times(along, z / Math.max(1, end))) },
  }));
  const sliceOf: number[] = [];
  positions.forEach((onOne, i) => {
    for (const { frame } of onOne) sliceOf[frame] = numbers?.[i] ?? i;
  });
  const slices = numbers ? filled : places.map((place) => ({ place }));
  const thickness = [distance, measures?.number("SliceThickness")].find(isSpacing);
  const { grid, remarks } = stack(file, slices, shape, thickness);
  return { grid, sliceOf, remarks };
}

/** Everything about a segmentation but its pixels. */
function layoutOf(dicom: DicomFile, on?: DicomVolume) {
  const pixels = describePixels(dicom);
  if (pixels.samplesPerPixel !== 1 || pixels.float || pixels.bitsAllocated > 16)
    throw new DataError(`${dicom.file}: its pixels are no segments; replace it`);
  const frames = framesOf(dicom, pixels);
  const shape: Shape = [pixels.rows, pixels.columns];
  const layout = on ? layoutOn(on, frames, shape, dicom.file) : layoutAlone(dicom, frames, shape);
  const most = Math.max(...frames.map(({ segment }) => segment ?? 2 ** pixels.bitsStored - 1));
  const sampleType: SampleType = most > 255 ? "uint16" : "uint8";
  return { ...layout, pixels, frames, sampleType };
}

/** What a segmentation's header says of its label map. @throws DataError as {@link decodeSegmentation} */
export function segmentationHeader(dicom: DicomFile): ImageHeader {
  const { grid, sampleType } = layoutOf(dicom);
  return { grid, channels: 1, sampleType };
}

/** The names of the segments. */
function segmentsOf({ set }: DicomFile): ReadSegment[] {
  const encoding = set.texts("SpecificCharacterSet").includes("ISO_IR 192") ? "utf8" : "latin1";
  return set.items("SegmentSequence").flatMap((item) => {
    const number = item.number("SegmentNumber");
    return number === undefined ? [] : [{ number, label: item.text("SegmentLabel", encoding) ?? "" }];
  });
}

/** What a file's header says of its segments. */
export interface SegmentationFacts {
  readonly kind: keyof typeof segmentationClasses;
  readonly segments: readonly ReadSegment[];
}

/** How a file keeps its segments, and which, by its header. @throws DataError when it cannot be read */
export async function describeSegmentation(file: string): Promise<SegmentationFacts> {
  const head = await readHead(file);
  const kind = head.set.text("SegmentationType") === "LABELMAP" ? "labelmap" : "binary";
  return { kind, segments: segmentsOf(head) };
}

/** The segments of a file, by its header. @throws DataError when it cannot be read */
export async function readSegments(file: string): Promise<readonly ReadSegment[]> {
  return (await describeSegmentation(file)).segments;
}

/** UIDs of the series that a segmentation says it was drawn on; for comparing only. @throws DataError when it cannot be read */
export async function referencedSeries(file: string): Promise<string[]> {
  const { set } = await readHead(file);
  return set.items("ReferencedSeriesSequence").flatMap((item) => item.text("SeriesInstanceUID") ?? []);
}

/**
 * Decodes a segmentation as a label map.
 * @param dicom parsed whole
 * @param on    the volume that it was drawn on, whose grid the label map then has; else its slices reach from the first
 *   frame to the last
 * @throws DataError when it is FRACTIONAL, a frame says no place or segment, or lies on no slice of the volume
 */
export async function decodeSegmentation(dicom: DicomFile, on?: DicomVolume): Promise<ReadSegmentation> {
  const { grid, sliceOf, frames, pixels, sampleType, remarks } = layoutOf(dicom, on);
  const samples = newSamples(sampleType, voxelCount(grid));
  const size = pixels.rows * pixels.columns;
  const read = frameReader(dicom, pixels);
  let twice = 0;
  for (const { frame, segment } of frames) {
    const { words } = await read(frame);
    const start = sliceOf[frame] * size;
    for (let i = 0; i < size; i++) {
      if (words[i] === 0) continue;
      if (samples[start + i] !== 0) twice++;
      samples[start + i] = segment ?? words[i];
    }
  }
  const overlap = twice > 0 ? [`${twice} of its voxels are in several segments; the last one in the file is kept`] : [];
  return { labels: { grid, channels: 1, samples }, segments: segmentsOf(dicom), remarks: [...remarks, ...overlap] };
}

/**
 * Reads a DICOM SEG file as a label map.
 * @param on the volume that it was drawn on, whose grid the label map then has; else its slices reach from the first
 *   frame to the last
 * @throws DataError when the file cannot be read, is no segmentation or a FRACTIONAL one, a frame says no place or segment,
 *   or lies on no slice of the volume
 * @example const { labels, segments } = await readSegmentation("seg.dcm", volumes[0]);
 */
export async function readSegmentation(file: string, on?: DicomVolume): Promise<ReadSegmentation> {
  const dicom = parseDicom(readBytes(file), file);
  if (!isSegmentation(dicom)) throw new DataError(`${file}: is no DICOM SEG file; give a segmentation`);
  return decodeSegmentation(dicom, on);
}
