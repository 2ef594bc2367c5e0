/** Resizing of pictures of real numbers. Shapes are `[y, x]`. */
import { splineCoefficients, splineTaps } from "./bspline.js";
import { type RealTaps, type ResizeFilter, realTaps } from "./filter-taps.js";

/** Filters along the rows `[rows, from]`, of all channels one after the other. */
function alongRows(image: Float32Array, from: number, { length, first, count, weights }: RealTaps): Float32Array {
  const to = first.length;
  const rows = image.length / from;
  const result = new Float32Array(rows * to);
  let target = 0;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < to; i++) {
      const end = i * length + count[i];
      let source = row * from + first[i];
      let sum = 0;
      for (let k = i * length; k < end; k++, source++) sum += weights[k] * image[source];
      result[target++] = sum;
    }
  return result;
}

/** Filters along the columns of `[channels, from, width]`: whole rows are summed, so that memory is read in order. */
function alongColumns(image: Float32Array, from: number, width: number, taps: RealTaps): Float32Array {
  const { length, first, count, weights } = taps;
  const to = first.length;
  const channels = image.length / (from * width);
  const result = new Float32Array(channels * to * width);
  const sums = new Float64Array(width);
  for (let row = 0; row < channels * to; row++) {
    const i = row % to;
    const plane = ((row - i) / to) * from;
    sums.fill(0);
    for (let k = 0; k < count[i]; k++) {
      const weight = weights[i * length + k];
      const start = (plane + first[i] + k) * width;
      for (let x = 0; x < width; x++) sums[x] += weight * image[start + x];
    }
    result.set(sums, row * width);
  }
  return result;
}

/** What the taps of a filter weigh along the middle axis of values `[outer, count, inner]`. */
function mixable(values: Float32Array, count: number, inner: number, filter: ResizeFilter): Float32Array {
  return filter === "bspline" ? splineCoefficients(values, count, inner) : values;
}

function tapsOf(from: number, to: number, filter: ResizeFilter): RealTaps {
  return filter === "bspline" ? splineTaps(from, to) : realTaps(from, to, filter);
}

/** Cuts off what rings beyond the values that were there, as 8 bits do at 0 and 255. */
function withinRange(values: Float32Array, of: Float32Array): Float32Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of of) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  for (let i = 0; i < values.length; i++) values[i] = Math.min(high, Math.max(low, values[i]));
  return values;
}

/**
 * Resizes planes `[C, H, W]` to `[C, height, width]`, antialiased, by the weights that pictures of 8 bits are resized by, or
 * interpolated by B-splines: rows first, summed in double precision, an axis of unchanged length skipped. Nothing lies beyond the range of the values given.
 * @param from,to `[H, W]` and `[height, width]`
 * @returns a new array
 */
export function resizeFloat(
  planes: Float32Array,
  from: readonly number[],
  to: readonly number[],
  filter: ResizeFilter,
): Float32Array {
  const [[fromHeight, fromWidth], [height, width]] = [from, to];
  const rows =
    width === fromWidth
      ? planes
      : alongRows(mixable(planes, fromWidth, 1, filter), fromWidth, tapsOf(fromWidth, width, filter));
  const both =
    height === fromHeight
      ? rows
      : alongColumns(mixable(rows, fromHeight, width, filter), fromHeight, width, tapsOf(fromHeight, height, filter));
  return both === planes ? planes.slice() : withinRange(both, planes);
}
