/** Whether an image file holds a mask, by its pixels. */
import { DataError } from "../../core/errors.js";
import { readImage, readVolume } from "../../data/images/read-image.js";
import { maskImage } from "../../data/masks/mask-image.js";
import { countValues } from "../../data/value-counts.js";

/** Classes that a mask may tell apart; a photograph has more values. */
const mostValues = 32;
/** Share of a lossy mask's samples that lie at its two or three main values, and how near. */
const peakShare = 0.95;
const nearPeak = 0.05;

/** Share of samples within a twentieth of the range of one of the three commonest values. */
function shareAtPeaks(counts: ReadonlyMap<number, number>): number {
  const values = [...counts.keys()];
  const reach = nearPeak * (Math.max(...values) - Math.min(...values));
  const peaks: number[] = [];
  for (const [value] of [...counts].sort((a, b) => b[1] - a[1])) {
    if (peaks.length === 3) break;
    if (peaks.every((peak) => Math.abs(peak - value) > 2 * reach)) peaks.push(value);
  }
  const [near, all] = [...counts].reduce(
    ([inside, total], [value, count]) => [
      inside + (peaks.some((peak) => Math.abs(peak - value) <= reach) ? count : 0),
      total + count,
    ],
    [0, 0],
  );
  return near / all;
}

/**
 * Tells a mask from a photograph: few values, or nearly all samples at two or three of them as in masks that were saved
 * with loss. A file that cannot be read is no mask, so that segmenting it names what is wrong.
 */
export async function looksLikeMask(path: string): Promise<boolean> {
  try {
    const counts = countValues(maskImage(await readImage(path, "indices")).samples);
    return counts.size <= mostValues || shareAtPeaks(counts) >= peakShare;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return false;
  }
}

/** Tells a label map from a volume's values: few of them, all whole. A file that cannot be read is none. */
export async function isLabelVolume(path: string): Promise<boolean> {
  try {
    const values = [...countValues((await readVolume(path)).samples).keys()];
    return values.length <= mostValues && values.every((value) => Number.isInteger(value) && value >= 0);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return false;
  }
}
