/**
 * Resizing of 8-bit images with Pillow's integer arithmetic (golden README section 7), so that images prepared here
 * equal those of the reference code bit for bit. Labels go through `resizeNearest` only.
 */

export type ResizeFilter = "bilinear" | "lanczos";

/** Height, width and number of interleaved channels of an image `[H, W, C]`. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

const precision = 22;

const filters: Record<ResizeFilter, { radius: number; weight: (x: number) => number }> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  lanczos: { radius: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** For each output position of one axis the first source position, and integer weights padded to equal length. */
interface AxisTaps {
  readonly length: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
}

function axisTaps(from: number, to: number, filter: ResizeFilter): AxisTaps {
  const { radius, weight } = filters[filter];
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = radius * filterScale;
  const length = Math.ceil(support) * 2 + 1;
  const taps = { length, first: new Int32Array(to), count: new Int32Array(to), weights: new Int32Array(to * length) };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    const real = Array.from({ length: end - first }, (_, k) => weight((first + k + 0.5 - centre) / filterScale));
    const sum = real.reduce((total, one) => total + one, 0);
    taps.first[i] = first;
    taps.count[i] = end - first;
    real.forEach((one, k) => {
      const scaled = (one / sum) * 2 ** precision;
      taps.weights[i * length + k] = scaled < 0 ? Math.ceil(scaled - 0.5) : Math.floor(scaled + 0.5);
    });
  }
  return taps;
}

/** Ends a sum of weighted bytes: rounded by the half it began with, cut to 8 bits. */
function toByte(sum: number): number {
  return Math.min(255, Math.max(0, sum >> precision));
}

const half = 1 << (precision - 1);

/** Filters along the rows of `[rows, from, channels]`: a pixel's few channels are summed one after the other. */
function resizeRows(image: Uint8Array, rows: number, from: number, channels: number, taps: AxisTaps): Uint8Array {
  const { length, first, count, weights } = taps;
  const to = first.length;
  const result = new Uint8Array(rows * to * channels);
  let target = 0;
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < to; i++)
      for (let c = 0; c < channels; c++) {
        const end = i * length + count[i];
        let source = (row * from + first[i]) * channels + c;
        let sum = half;
        for (let k = i * length; k < end; k++, source += channels) sum += weights[k] * image[source];
        result[target++] = toByte(sum);
      }
  return result;
}

/** Filters along the columns of `[from, width]`: whole rows are summed, so that memory is read in order. */
function resizeColumns(image: Uint8Array, width: number, taps: AxisTaps): Uint8Array {
  const { length, first, count, weights } = taps;
  const to = first.length;
  const result = new Uint8Array(to * width);
  const sums = new Int32Array(width);
  for (let i = 0; i < to; i++) {
    sums.fill(half);
    for (let k = 0; k < count[i]; k++) {
      const weight = weights[i * length + k];
      const start = (first[i] + k) * width;
      for (let x = 0; x < width; x++) sums[x] += weight * image[start + x];
    }
    for (let x = 0; x < width; x++) result[i * width + x] = toByte(sums[x]);
  }
  return result;
}

/**
 * Resizes an 8-bit image `[H, W, C]` to `[height, width, C]`, antialiased, as Pillow's `Image.resize` does: rows
 * first, each pass rounded to 8 bits, an axis of unchanged length skipped.
 * @returns a new array
 */
export function resizeFiltered(
  image: Uint8Array,
  shape: ImageShape,
  height: number,
  width: number,
  filter: ResizeFilter,
): Uint8Array {
  const { channels } = shape;
  const rows =
    width === shape.width
      ? image
      : resizeRows(image, shape.height, shape.width, channels, axisTaps(shape.width, width, filter));
  const both =
    height === shape.height ? rows : resizeColumns(rows, width * channels, axisTaps(shape.height, height, filter));
  return both === image ? image.slice() : both;
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
 * Resizes `[H, W, C]` of any element type to `[height, width, C]` by the nearest source pixel, as Pillow's NEAREST
 * does; values are copied, never mixed.
 * @returns a new array of the same type
 */
export function resizeNearest<T extends Uint8Array | Uint16Array | Int32Array | Float32Array>(
  image: T,
  shape: ImageShape,
  height: number,
  width: number,
): T {
  const { channels } = shape;
  const rows = nearestSources(shape.height, height);
  const columns = nearestSources(shape.width, width);
  const result = new (image.constructor as new (length: number) => T)(height * width * channels);
  let target = 0;
  for (const row of rows)
    for (const column of columns) {
      const source = (row * shape.width + column) * channels;
      for (let c = 0; c < channels; c++) result[target++] = image[source + c];
    }
  return result;
}
