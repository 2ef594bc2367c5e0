/** Between which grey levels the pixels of images lie. */
import type { Samples } from "../../grid/stored-image.js";

/** The smallest level with more than `rank` samples at or below it. */
type LevelAt = (rank: number) => number;

/** Of whole numbers 0 … 255 or 65535, counted. */
function counted(images: readonly Samples[]): LevelAt {
  const isNarrow = images.every((samples) => samples instanceof Uint8Array);
  const histogram = new Float64Array(isNarrow ? 256 : 65536);
  for (const samples of images) for (const sample of samples) histogram[sample]++;
  return (rank) => {
    let sum = 0;
    return histogram.findIndex((pixels) => {
      sum += pixels;
      return sum > rank;
    });
  };
}

/** Of any numbers, sorted. */
function sorted(images: readonly Samples[], total: number): LevelAt {
  const all = new Float64Array(total);
  let at = 0;
  for (const samples of images) {
    all.set(samples, at);
    at += samples.length;
  }
  all.sort();
  return (rank) => all[Math.floor(rank)];
}

/**
 * The levels below which 0.5 % and 99.5 % of the samples lie; undefined without samples.
 * @param images samples of each image, any channels
 */
export function greyLevels(images: readonly Samples[]): readonly [number, number] | undefined {
  const total = images.reduce((sum, { length }) => sum + length, 0);
  if (total === 0) return undefined;
  const small = images.every((samples) => samples instanceof Uint8Array || samples instanceof Uint16Array);
  const level = small ? counted(images) : sorted(images, total);
  return [level(0.005 * total), level(0.995 * total)];
}
