/**
 * Interpolation by the cubic B-spline through the values: the recursive filter that finds its coefficients (Unser, Aldroubi
 * and Eden, IEEE Transactions on Signal Processing 1993; Unser, IEEE Signal Processing Magazine 1999), and the weights of
 * four of them at a position. Values go on beyond the first and the last one as their mirror image (scipy's mode "mirror").
 */
import type { RealTaps } from "./filter-taps.js";

const pole = Math.sqrt(3) - 2;
/** What both passes of the filter make smaller. */
const gain = (1 - pole) * (1 - 1 / pole);
/** Columns that are filtered side by side, so that memory is read in order. */
const columnsAtOnce = 64;

/** The sum of mirrored values before the first one, in rows of `width` values. */
function beginForwards(lines: Float64Array, count: number, width: number): void {
  const last = (count - 1) * width;
  const end = pole ** (count - 1);
  for (let x = 0; x < width; x++) {
    let sum = lines[x] + end * lines[last + x];
    let power = pole;
    for (let i = 1; i < count - 1; i++) {
      sum += power * (lines[i * width + x] + end * lines[last - i * width + x]);
      power *= pole;
    }
    lines[x] = sum / (1 - end * end);
  }
}

/** Coefficients of `count` values, at least two, down each of `width` columns, in place. */
function filterColumns(lines: Float64Array, count: number, width: number): void {
  for (let i = 0; i < count * width; i++) lines[i] *= gain;
  beginForwards(lines, count, width);
  for (let i = width; i < count * width; i++) lines[i] += pole * lines[i - width];
  const last = (count - 1) * width;
  const scale = pole / (pole * pole - 1);
  for (let x = last; x < last + width; x++) lines[x] = scale * (lines[x] + pole * lines[x - width]);
  for (let i = last - 1; i >= 0; i--) lines[i] = pole * (lines[i + width] - lines[i]);
}

/**
 * The coefficients of values `[outer, count, inner]` along their middle axis, found in double precision.
 * @returns a new array
 */
export function splineCoefficients(values: Float32Array, count: number, inner: number): Float32Array {
  const result = values.slice();
  if (count === 1) return result;
  for (let first = 0; first < values.length; first += count * inner)
    for (let column = 0; column < inner; column += columnsAtOnce) {
      const width = Math.min(columnsAtOnce, inner - column);
      const lines = new Float64Array(count * width);
      const at = (i: number) => first + i * inner + column;
      for (let i = 0; i < count; i++) lines.set(values.subarray(at(i), at(i) + width), i * width);
      filterColumns(lines, count, width);
      for (let i = 0; i < count; i++) result.set(lines.subarray(i * width, (i + 1) * width), at(i));
    }
  return result;
}

/** Where a position lies among `count` and their mirror images. */
function mirrored(position: number, count: number): number {
  const period = Math.max(1, 2 * (count - 1));
  const within = ((position % period) + period) % period;
  return Math.min(within, period - within);
}

/** The weights of four coefficients around a position that is `t`, in [0, 1), behind the second. */
function weightsAt(t: number): readonly [number, number, number, number] {
  const rest = 1 - t;
  return [rest ** 3 / 6, 2 / 3 - t ** 2 * (1 - t / 2), 2 / 3 - rest ** 2 * (1 - rest / 2), t ** 3 / 6];
}

/**
 * The taps of coefficients of an axis of `from` positions that is resized to `to` over the same field of view. Nothing is
 * averaged where it becomes coarser.
 */
export function splineTaps(from: number, to: number): RealTaps {
  const length = Math.min(4, from);
  const taps = {
    length,
    first: new Int32Array(to),
    count: new Int32Array(to).fill(length),
    weights: new Float64Array(to * length),
  };
  for (let i = 0; i < to; i++) {
    const place = ((i + 0.5) * from) / to - 0.5;
    const second = Math.floor(place);
    const first = Math.min(Math.max(second - 1, 0), from - length);
    taps.first[i] = first;
    weightsAt(place - second).forEach((weight, k) => {
      taps.weights[i * length + mirrored(second - 1 + k, from) - first] += weight;
    });
  }
  return taps;
}
