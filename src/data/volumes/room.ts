/** Memory that a volume's files take while they are decoded. */
import { DataError } from "../../core/errors.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { bytesOfSample } from "../../grid/stored-image.js";
import { channelFilesOf, maskFilesOf } from "../case-files.js";
import type { Case } from "../dataset.js";
import { readHeader } from "../read-image.js";
import { withRoom } from "../room.js";

/** How many voxels one becomes at another spacing. */
function finer({ spacing }: Grid, resample: readonly number[] | undefined): number {
  if (!resample || !spacing) return 1;
  const volume = (sides: readonly number[]) => sides.reduce((product, side) => product * side, 1);
  return volume(spacing) / volume(resample);
}

/**
 * Bytes that a file takes at its peak: itself unpacked, its values, and a byte for each of what becomes of it, twice where it
 * is resampled.
 */
async function bytesOf(path: string, resample: readonly number[] | undefined): Promise<number> {
  try {
    const { grid, channels, sampleType } = await readHeader(path);
    const made = resample ? 1 + 2 * finer(grid, resample) : 1;
    return voxelCount(grid) * channels * (2 * bytesOfSample(sampleType) + made);
  } catch (cause) {
    // Refused at once when it is read.
    if (cause instanceof DataError) return 0;
    throw cause;
  }
}

/**
 * Runs a task that decodes a volume's files once there is memory for them beside others.
 * @param resample the spacing that they are brought to, if any
 */
export async function withVolumeRoom<T>(one: Case, task: () => Promise<T>, resample?: readonly number[]): Promise<T> {
  let bytes = 0;
  for (const path of [...channelFilesOf(one), ...maskFilesOf(one).map((file) => file.path)])
    bytes += await bytesOf(path, resample);
  return withRoom(bytes, task);
}
