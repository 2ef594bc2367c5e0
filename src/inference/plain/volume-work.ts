/** What segmenting an image in plain arrays will take, told from its header. */
import type { AskedSet } from "../../data/asked-set.js";
import { valueKindOf } from "../../data/images/values.js";
import { cutGrid, wholeGrid } from "../../data/volumes/prepare-volume.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { bytesOfSample, type SampleType } from "../../grid/stored-image.js";
import { windowStep, windowsAlong } from "../inferers/windows.js";

/** An image that was not read yet. */
export interface ComingImage {
  readonly grid: Grid;
  readonly channels: number;
  readonly sampleType: SampleType;
}

/** The work. */
export interface PlainWork {
  /** Pieces that the network is asked about, each once: pictures, slices or windows. */
  readonly pieces: number;
  /** Bytes of the image and of everything made of it, beside what the network takes by itself. */
  readonly bytes: number;
}

/** To be shown: red, green, blue, opacity. */
const pixelBytes = 4;

/**
 * Tells the work.
 * @param sides of what the network sees at once
 * @param file  the image's name, for messages
 * @throws DataError where a volume is to be resampled and does not know its spacing
 */
export function plainWork(
  { grid, channels, sampleType }: ComingImage,
  set: AskedSet,
  sides: readonly number[],
  file: string,
): PlainWork {
  const { slices, target, outputs } = set;
  const voxels = voxelCount(grid);
  const made = valueKindOf(set) === "bytes" ? 1 : 4;
  const planes = target === "softmax" ? 1 : outputs;
  // The labels, and one number for each voxel of them.
  const both = voxels * (channels * bytesOfSample(sampleType) + planes + 1);
  if (!slices) return { pieces: 1, bytes: both + voxels * (channels * 2 * made + pixelBytes) };
  const cut = cutGrid(grid, slices);
  if (sides.length === 2) return { pieces: cut.shape[0], bytes: both };
  const working = wholeGrid(cut, { ...set, slices }, file);
  const windows = working.shape.map((side, axis) => windowsAlong(side, sides[axis], windowStep).starts.length);
  const whole = channels * made * (voxels + 2 * voxelCount(working));
  return {
    pieces: windows.reduce((product, count) => product * count, 1),
    bytes: both + whole + voxels * planes,
  };
}
