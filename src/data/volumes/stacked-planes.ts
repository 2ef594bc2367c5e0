/** Planes of slices in the arrays of their volumes, and back. */
import { samplesLike } from "../../grid/stored-image.js";
import type { Values } from "../images/values.js";

/** Planes `[C, slice]` of a volume's `[C, slices, rows, columns]`; of one channel a view. */
export function planesOf<T extends Values>(values: T, planes: number, slices: number, slice: number): T {
  const size = values.length / (planes * slices);
  const plane = (p: number) => values.subarray((p * slices + slice) * size, (p * slices + slice + 1) * size) as T;
  if (planes === 1) return plane(0);
  const own = samplesLike(values, planes * size);
  for (let p = 0; p < planes; p++) own.set(plane(p), p * size);
  return own;
}

/** Puts the planes `[P, rows, columns]` of one slice into those of all, `[P, slices, rows, columns]`. */
export function placePlanes<T extends Values>(all: T, planes: number, slices: number, slice: number, values: T): void {
  const size = values.length / planes;
  for (let p = 0; p < planes; p++) all.set(values.subarray(p * size, (p + 1) * size), (p * slices + slice) * size);
}

/**
 * What was said of all slices as one array: planes `[K, rows, columns]` of each become `[K, slices, rows, columns]`.
 * @param planes K, 1 for class numbers
 */
export function stackSlices<T extends Values>(slices: readonly T[], planes: number): T {
  if (slices.length === 1) return slices[0];
  const all = samplesLike(slices[0], slices.length * slices[0].length);
  slices.forEach((values, slice) => {
    placePlanes(all, planes, slices.length, slice, values);
  });
  return all;
}
