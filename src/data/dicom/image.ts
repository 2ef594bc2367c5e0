/** One DICOM file as an image: a picture, or a volume of its frames. */
import { DataError } from "../../core/errors.js";
import { type Grid, makeGrid, voxelCount } from "../../grid/grid.js";
import {
  newSamples,
  plane,
  type Samples,
  type SampleType,
  type StoredImage,
  samplesLike,
} from "../../grid/stored-image.js";
import type { ImageHeader, PaletteReading } from "../formats/format.js";
import { describePixels } from "./description.js";
import { frameReader } from "./frames.js";
import type { DicomFile } from "./parse.js";
import { pictureSpacing, placeOf, planeAffine } from "./place.js";
import { sliceHeaders } from "./slice-header.js";
import { valueRule, writeValues } from "./values.js";
import { type DicomVolume, gatherVolumes } from "./volumes.js";

/** An image that is to be filled slice by slice. */
interface Target {
  readonly grid: Grid;
  readonly channels: 1 | 3;
  readonly samples: Samples;
}

/** Memory for an image, all zero. */
export function emptyImage(grid: Grid, channels: 1 | 3, type: SampleType): Target {
  return { grid, channels, samples: newSamples(type, channels * voxelCount(grid)) };
}

/**
 * Decodes frames of one file into slices of an image.
 * @param dicom  parsed whole
 * @param slices which frame goes to which slice of the image, counted from zero
 * @throws DataError when a frame is damaged, of a kind that is not read, or of another size than the image's slices
 */
export async function decodeInto(
  image: Target,
  dicom: DicomFile,
  slices: readonly (readonly [frame: number, slice: number])[],
  palette: PaletteReading,
): Promise<void> {
  const pixels = describePixels(dicom);
  const { channels, grid, samples } = image;
  const [rows, columns] = grid.shape.slice(-2);
  if (pixels.rows !== rows || pixels.columns !== columns)
    throw new DataError(`${dicom.file}: changed while it was read; try again`);
  const read = frameReader(dicom, pixels);
  const size = rows * columns;
  for (const [frame, slice] of slices) {
    const stored = await read(frame);
    if (channels === 1) {
      writeValues(dicom, pixels, frame, stored, palette, samples.subarray(slice * size, (slice + 1) * size));
      continue;
    }
    const colours = samplesLike(samples, channels * size);
    writeValues(dicom, pixels, frame, stored, palette, colours);
    for (let c = 0; c < channels; c++) plane(image, c).set(colours.subarray(c * size, (c + 1) * size), slice * size);
  }
}

/** What a file's frames are, before any is decoded. */
interface Layout {
  readonly grid: Grid;
  readonly channels: 1 | 3;
  readonly sampleType: SampleType;
  /** Number of the frame at each slice. */
  readonly frames: readonly number[];
}

function layoutOfVolume({ grid, channels, sampleType, slices }: DicomVolume): Layout {
  return { grid, channels, sampleType, frames: slices.map(({ frame }) => frame) };
}

/** @throws DataError when frames are several volumes, or not of one kind */
function layoutOf(dicom: DicomFile, palette: PaletteReading): Layout {
  const { set, file } = dicom;
  const { rows, columns, frames } = describePixels(dicom);
  const rule = valueRule(dicom, describePixels(dicom), 0, palette);
  if (frames === 1) {
    const place = placeOf(set, 0);
    const spacing = place?.spacing ?? pictureSpacing(set);
    return { ...rule, frames: [0], grid: makeGrid(file, [rows, columns], spacing, place && planeAffine(place)) };
  }
  const volumes = gatherVolumes(sliceHeaders(dicom));
  // A palette of volumes is read as its numbers or its colours too.
  if (volumes.length === 1) return { ...layoutOfVolume(volumes[0]), ...(rule.channels === 3 ? rule : {}) };
  if (volumes.length > 1)
    throw new DataError(`${file}: its ${frames} frames are ${volumes.length} volumes; read it as a series`);
  const order = Array.from({ length: frames }, (_, frame) => frame);
  return { ...rule, frames: order, grid: makeGrid(file, [frames, rows, columns]) };
}

/**
 * What a file's header says of the image in it.
 * @throws DataError as {@link decodeDicom}, but for damaged pixels
 */
export function dicomHeader(dicom: DicomFile): ImageHeader {
  const { grid, channels, sampleType } = layoutOf(dicom, "colours");
  return { grid, channels, sampleType };
}

/**
 * Decodes a file: one frame is a picture `[rows, columns]`, several are a volume `[frames, rows, columns]`, in the order of
 * their positions where they have any.
 * @param dicom   parsed whole
 * @param palette what palette files give
 * @throws DataError when its pixels are damaged, it holds no image or several volumes, or is of a kind that is not read
 */
export async function decodeDicom(dicom: DicomFile, palette: PaletteReading): Promise<StoredImage> {
  const { grid, channels, sampleType, frames } = layoutOf(dicom, palette);
  const image = emptyImage(grid, channels, sampleType);
  const slices = frames.map((frame, slice) => [frame, slice] as const);
  await decodeInto(image, dicom, slices, palette);
  return image;
}
