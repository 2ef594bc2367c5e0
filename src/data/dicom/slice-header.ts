/** What a header says of each frame that may be a slice of a volume. */
import type { SampleType } from "../../grid/stored-image.js";
import { describePixels, type PixelDescription } from "./description.js";
import { functionalGroup } from "./functional-groups.js";
import type { DicomFile } from "./parse.js";
import { isSpacing, type Place, placeOf } from "./place.js";
import { type Rescale, rescaleOf, valueRule } from "./values.js";

/** One frame of one file. */
export interface Slice {
  readonly file: string;
  /** Counted from zero; 0 in files of one frame. */
  readonly frame: number;
  readonly place: Place;
}

/** A slice before it is known which volume it belongs to. */
export interface SliceHeader extends Slice {
  /** The same for slices that may lie in one volume, but for their orientation. For comparing only: it holds UIDs. */
  readonly series: string;
  /** The same for copies of one image. For comparing only. */
  readonly instance: string;
  readonly seriesNumber: number | undefined;
  readonly modality: string;
  readonly shape: readonly [rows: number, columns: number];
  readonly channels: 1 | 3;
  readonly sampleType: SampleType;
  readonly rescale: Rescale;
  /** mm to the next slice, as the header says; for volumes of one slice. */
  readonly thickness: number | undefined;
  /** Which of several images at one position comes first: compared from the first number on. */
  readonly order: readonly number[];
}

function orderOf({ set }: DicomFile, frame: number): number[] {
  const content = functionalGroup(set, frame, "FrameContentSequence");
  const time = content?.number("TemporalPositionIndex") ?? set.number("TemporalPositionIdentifier");
  const numbers = [time, set.number("AcquisitionNumber"), set.number("TriggerTime"), set.number("InstanceNumber")];
  return [...numbers.map((number) => number ?? 0), frame];
}

/** What decides which slices may lie in one volume. */
function seriesOf({ set }: DicomFile, { rows, columns, samplesPerPixel }: PixelDescription, place: Place): string {
  const spacing = place.spacing.map((size) => size.toPrecision(4));
  const names = [set.text("SeriesInstanceUID"), set.text("FrameOfReferenceUID")];
  return JSON.stringify([...names, rows, columns, samplesPerPixel, ...spacing]);
}

/**
 * The slices of a file.
 * @returns one for each frame; none when a frame has no place in the patient
 * @throws DataError as describePixels, placeOf and valueRule
 */
export function sliceHeaders(dicom: DicomFile): SliceHeader[] {
  const { set, file } = dicom;
  const pixels = describePixels(dicom);
  const headers: SliceHeader[] = [];
  for (let frame = 0; frame < pixels.frames; frame++) {
    // Several frames without groups share one position: they are no stack.
    const isStack = pixels.frames === 1 || set.items("PerFrameFunctionalGroupsSequence").length === pixels.frames;
    const place = isStack ? placeOf(set, frame) : null;
    if (!place) return [];
    const measures = functionalGroup(set, frame, "PixelMeasuresSequence") ?? set;
    const distances = [measures.number("SpacingBetweenSlices"), measures.number("SliceThickness")];
    headers.push({
      ...valueRule(dicom, pixels, frame, "colours"),
      file,
      frame,
      place,
      series: seriesOf(dicom, pixels, place),
      instance: JSON.stringify([set.text("SOPInstanceUID") ?? file, frame]),
      seriesNumber: set.number("SeriesNumber"),
      modality: set.text("Modality") ?? "OT",
      shape: [pixels.rows, pixels.columns],
      rescale: rescaleOf(dicom, frame),
      thickness: distances.find(isSpacing),
      order: orderOf(dicom, frame),
    });
  }
  return headers;
}
