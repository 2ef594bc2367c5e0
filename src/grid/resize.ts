/**
 * Resizing of pictures: of 8 bits with Pillow's integer arithmetic (golden README section 7), so that images prepared here
 * equal those of the reference code bit for bit; of real numbers by the same weights (resize-float.ts). Labels go through
 * `resizeNearest` only. Shapes are `[y, x]`.
 */
import { type AveragingFilter, type ResizeFilter, realTaps } from "./filter-taps.js";
import { resizeFloat } from "./resize-float.js";
import { type Samples, samplesLike } from "./stored-image.js";

export type { ResizeFilter } from "./filter-taps.js";

const precision = 22;

/** The weights of {@link realTaps} as integers. */
interface AxisTaps {
  readonly length: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

function axisTaps(from: number, to: number, filter: AveragingFilter): AxisTaps {
  const { weights: real, ...taps } = realTaps(from, to, filter);
  const weights = Int32Array.from(real, (weight) => {
    const scaled = weight * 2 ** precision;
    return scaled < 0 ? Math.ceil(scaled - 0.5) : Math.floor(scaled + 0.5);
  });
  return { ...taps, weights };
}

/** Ends a sum of weighted bytes: rounded by the half it began with, cut to 8 bits. */
function toByte(sum: number): number {
  return Math.min(255, Math.max(0, sum >> precision));
}

const half = 1 << (precision - 1);

/** Filters along the rows `[rows, from]`, of all channels one after the other. */
function resizeRows(image: Uint8Array, rows: number, from: number, taps: AxisTaps): Uint8Array {
  const { length, first, count, weights } = taps;
  const to = first.length;
  const result = new Uint8Array(rows * to);
  let target = 0;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < to; i++) {
      const end = i * length + count[i];
      let source = row * from + first[i];
      let sum = half;
      for (let k = i * length; k < end; k++, source++) sum += weights[k] * image[source];
      result[target++] = toByte(sum);
    }
  return result;
}

/** Filters along the columns of `[channels, from, width]`: whole rows are summed, so that memory is read in order. */
function resizeColumns(image: Uint8Array, channels: number, from: number, width: number, taps: AxisTaps): Uint8Array {
  const { length, first, count, weights } = taps;
  const to = first.length;
  const result = new Uint8Array(channels * to * width);
  const sums = new Int32Array(width);
  for (let row = 0; row < channels * to; row++) {
    const i = row % to;
    const plane = ((row - i) / to) * from;
    sums.fill(half);
    for (let k = 0; k < count[i]; k++) {
      const weight = weights[i * length + k];
      const start = (plane + first[i] + k) * width;
      for (let x = 0; x < width; x++) sums[x] += weight * image[start + x];
    }
    for (let x = 0; x < width; x++) result[row * width + x] = toByte(sums[x]);
  }
  return result;
}

/**
 * Resizes 8-bit planes `[C, H, W]` to `[C, height, width]`, antialiased, as Pillow's `Image.resize` does: rows first,
 * each pass rounded to 8 bits, an axis of unchanged length skipped.
 * @param from,to `[H, W]` and `[height, width]`
 * @returns a new array
 */
export function resizeFiltered(
  planes: Uint8Array,
  from: readonly number[],
  to: readonly number[],
  filter: AveragingFilter,
): Uint8Array {
  const [[fromHeight, fromWidth], [height, width]] = [from, to];
  const channels = planes.length / (fromHeight * fromWidth);
  const rows =
    width === fromWidth
      ? planes
      : resizeRows(planes, channels * fromHeight, fromWidth, axisTaps(fromWidth, width, filter));
  const both =
    height === fromHeight
      ? rows
      : resizeColumns(rows, channels, fromHeight, width, axisTaps(fromHeight, height, filter));
  return both === planes ? planes.slice() : both;
}

/**
 * {@link resizeFiltered} of bytes, {@link resizeFloat} of real numbers, and of bytes by B-splines, which are rounded once.
 * Arguments as theirs.
 */
export function resizeValues<T extends Uint8Array | Float32Array>(
  planes: T,
  from: readonly number[],
  to: readonly number[],
  filter: ResizeFilter,
): T {
  if (planes instanceof Float32Array) return resizeFloat(planes, from, to, filter) as T;
  if (filter !== "bspline") return resizeFiltered(planes, from, to, filter) as T;
  return Uint8Array.from(resizeFloat(Float32Array.from(planes), from, to, filter), Math.round) as T;
}

/** Source position of every output position of one axis: the position is accumulated in double precision. */
export function nearestSources(from: number, to: number): Int32Array {
  const scale = from / to;
  let position = scale * 0.5;
  return Int32Array.from({ length: to }, () => {
    const source = Math.min(from - 1, Math.floor(position));
    position += scale;
    return source;
  });
}

/**
 * Resizes planes `[C, H, W]` of any sample type to `[C, height, width]` by the nearest source pixel, as Pillow's NEAREST
 * does; values are copied, never mixed.
 * @param from,to `[H, W]` and `[height, width]`
 * @returns a new array of the same type
 */
export function resizeNearest<T extends Samples>(planes: T, from: readonly number[], to: readonly number[]): T {
  const [[fromHeight, fromWidth], [height, width]] = [from, to];
  const channels = planes.length / (fromHeight * fromWidth);
  const rows = nearestSources(fromHeight, height);
  const columns = nearestSources(fromWidth, width);
  const result = samplesLike(planes, channels * height * width);
  let target = 0;
  for (let c = 0; c < channels; c++)
    for (const row of rows) {
      const start = (c * fromHeight + row) * fromWidth;
      for (const column of columns) result[target++] = planes[start + column];
    }
  return result;
}
