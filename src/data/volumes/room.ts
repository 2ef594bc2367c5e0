/** Memory that a volume's files take while they are decoded. */
import { DataError } from "../../core/errors.js";
import { type Grid, voxelCount } from "../../grid/grid.js";
import { bytesOfSample } from "../../grid/stored-image.js";
import { channelFilesOf, maskFilesOf } from "../case-files.js";
import type { Case, Dataset, SliceRule } from "../dataset.js";
import { readHeader } from "../images/read-image.js";
import { withRoom } from "../room.js";

/** How many voxels one becomes at another spacing. */
function finer({ spacing }: Grid, resample: readonly number[] | undefined): number {
  if (!resample || !spacing) return 1;
  const volume = (sides: readonly number[]) => sides.reduce((product, side) => product * side, 1);
  return volume(spacing) / volume(resample);
}

/**
 * Bytes that a file takes at its peak: itself unpacked, its values, and those of each value of what becomes of it, twice where
 * it is resampled.
 */
async function bytesOf(path: string, bytesOfMade: number, resample: readonly number[] | undefined): Promise<number> {
  try {
    const { grid, channels, sampleType } = await readHeader(path);
    const made = resample ? 1 + 2 * finer(grid, resample) : 1;
    return voxelCount(grid) * channels * (2 * bytesOfSample(sampleType) + bytesOfMade * made);
  } catch (cause) {
    // Refused at once when it is read.
    if (cause instanceof DataError) return 0;
    throw cause;
  }
}

/**
 * Runs a task that decodes a volume's files once there is memory for them beside others.
 * @param values   what becomes of the image's values, where not bytes
 * @param resample the spacing that they are brought to, if any
 */
export async function withVolumeRoom<T>(
  one: Case,
  task: () => Promise<T>,
  { values, resample }: Pick<Dataset, "values"> & Pick<SliceRule, "resample"> = {},
): Promise<T> {
  let bytes = 0;
  for (const path of channelFilesOf(one)) bytes += await bytesOf(path, values === "float" ? 4 : 1, resample);
  for (const { path } of maskFilesOf(one)) bytes += await bytesOf(path, 1, resample);
  return withRoom(bytes, task);
}
