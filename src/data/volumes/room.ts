/** Memory that a volume's files take while they are decoded. */
import { DataError } from "../../core/errors.js";
import { voxelCount } from "../../grid/grid.js";
import { bytesOfSample } from "../../grid/stored-image.js";
import { maskFilesOf } from "../case-files.js";
import type { Case } from "../dataset.js";
import { readHeader } from "../read-image.js";
import { withRoom } from "../room.js";

/** Bytes that a file takes at its peak: itself unpacked, its values, and a byte for each of what becomes of it. */
async function bytesOf(path: string): Promise<number> {
  try {
    const { grid, channels, sampleType } = await readHeader(path);
    return voxelCount(grid) * channels * (2 * bytesOfSample(sampleType) + 1);
  } catch (cause) {
    // Refused at once when it is read.
    if (cause instanceof DataError) return 0;
    throw cause;
  }
}

/** Runs a task that decodes a volume's files once there is memory for them beside others. */
export async function withVolumeRoom<T>(one: Case, task: () => Promise<T>): Promise<T> {
  let bytes = await bytesOf(one.imagePath);
  for (const { path } of maskFilesOf(one)) bytes += await bytesOf(path);
  return withRoom(bytes, task);
}
