/**
 * Square scalar fields (`[size, size]`, row-major) that phantoms are painted with: smooth noise, grain and blur.
 * Smooth noise is a lattice of draws under cubic B-splines, so the same draws give the same picture at any size.
 */
import type { RandomStream } from "../core/random.js";

/** Mean power of a cubic B-spline's weights along one axis: what is left of white noise after interpolation. */
export const splinePower = 151 / 315;
/** Standard deviation of uniform(-1, 1) lattice draws after a two-dimensional cubic B-spline. */
const splineDeviation = Math.sqrt(1 / 3) * splinePower;

/** Hermite step: 0 below `low`, 1 above `high`; falling when `low > high`. */
export function smoothStep(low: number, high: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** The four cubic B-spline weights at fraction `t` in [0, 1) between the second and third lattice point. */
export function splineWeights(t: number): [number, number, number, number] {
  const u = 1 - t;
  return [(u * u * u) / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * u * u * u - 6 * u * u + 4) / 6, (t * t * t) / 6];
}

/** A lattice of `(rows + 3) · (columns + 3)` uniform draws in [-1, 1). */
export function drawLattice(stream: RandomStream, columns: number, rows = columns): Float32Array {
  const lattice = new Float32Array((columns + 3) * (rows + 3));
  for (let i = 0; i < lattice.length; i++) lattice[i] = stream.uint32() / 0x80000000 - 1;
  return lattice;
}

interface Taps {
  first: Int32Array;
  /** four weights per pixel */
  weights: Float32Array;
}

/** Which lattice points every pixel along one axis sees. */
function splineTaps(size: number, cells: number, gain: number): Taps {
  const taps = { first: new Int32Array(size), weights: new Float32Array(4 * size) };
  for (let i = 0; i < size; i++) {
    const position = ((i + 0.5) / size) * cells;
    taps.first[i] = Math.floor(position);
    taps.weights.set(
      splineWeights(position - taps.first[i]).map((weight) => gain * weight),
      4 * i,
    );
  }
  return taps;
}

/** Interpolates a lattice of {@link drawLattice} over the picture; about zero mean and unit deviation. */
export function latticeField(lattice: Float32Array, size: number, columns: number, rows = columns): Float32Array {
  const points = columns + 3;
  const across = splineTaps(size, columns, 1 / splineDeviation);
  const down = splineTaps(size, rows, 1);
  const wide = new Float32Array((rows + 3) * size);
  for (let p = 0; p < rows + 3; p++) {
    for (let x = 0; x < size; x++) {
      const at = p * points + across.first[x];
      const w = 4 * x;
      wide[p * size + x] =
        across.weights[w] * lattice[at] +
        across.weights[w + 1] * lattice[at + 1] +
        across.weights[w + 2] * lattice[at + 2] +
        across.weights[w + 3] * lattice[at + 3];
    }
  }
  const field = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const [w0, w1, w2, w3] = down.weights.subarray(4 * y, 4 * y + 4);
    const r0 = down.first[y] * size;
    for (let x = 0; x < size; x++) {
      const at = r0 + x;
      field[y * size + x] = w0 * wide[at] + w1 * wide[at + size] + w2 * wide[at + 2 * size] + w3 * wide[at + 3 * size];
    }
  }
  return field;
}

/** Smooth noise with `cells` lattice cells across the picture; about zero mean and unit deviation. */
export function smoothNoise(stream: RandomStream, size: number, cells: number): Float32Array {
  return latticeField(drawLattice(stream, cells), size, cells);
}

/** A weighted sum of smooth noise at several scales, `[cells, weight]` each; the weights are standard deviations. */
export function mottle(
  stream: RandomStream,
  size: number,
  octaves: readonly (readonly [number, number])[],
): Float32Array {
  const sum = new Float32Array(size * size);
  for (const [cells, weight] of octaves) {
    const octave = smoothNoise(stream, size, cells);
    for (let i = 0; i < sum.length; i++) sum[i] += weight * octave[i];
  }
  return sum;
}

/** Independent near-normal draws per pixel (the sum of four bytes), zero mean and unit deviation. */
export function grain(stream: RandomStream, size: number): Float32Array {
  const field = new Float32Array(size * size);
  const scale = 1 / Math.sqrt((4 * (256 * 256 - 1)) / 12);
  for (let i = 0; i < field.length; i++) {
    const bits = stream.uint32();
    field[i] = ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) * scale;
  }
  return field;
}

/** Gaussian blur with edges repeated; `sigma` in pixels, below 0.1 the field is returned as it is. */
export function gaussianBlur(field: Float32Array, size: number, sigma: number): Float32Array {
  if (sigma < 0.1) return field;
  const radius = Math.ceil(3 * sigma);
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  for (let k = 0; k < kernel.length; k++) kernel[k] /= total;
  return blurColumns(blurRows(field, size, kernel, radius), size, kernel, radius);
}

function blurRows(field: Float32Array, size: number, kernel: Float32Array, radius: number): Float32Array {
  const out = new Float32Array(field.length);
  const padded = new Float32Array(size + 2 * radius);
  for (let y = 0; y < size; y++) {
    const row = y * size;
    padded.fill(field[row], 0, radius);
    padded.set(field.subarray(row, row + size), radius);
    padded.fill(field[row + size - 1], radius + size);
    for (let x = 0; x < size; x++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k] * padded[x + k];
      out[row + x] = sum;
    }
  }
  return out;
}

function blurColumns(field: Float32Array, size: number, kernel: Float32Array, radius: number): Float32Array {
  const out = new Float32Array(field.length);
  for (let y = 0; y < size; y++) {
    for (let k = 0; k < kernel.length; k++) {
      const source = Math.min(size - 1, Math.max(0, y + k - radius)) * size;
      const weight = kernel[k];
      for (let x = 0; x < size; x++) out[y * size + x] += weight * field[source + x];
    }
  }
  return out;
}

/** `field · deviation / its own deviation` after a blur, so that correlated grain keeps its strength. */
export function correlatedGrain(stream: RandomStream, size: number, sigma: number): Float32Array {
  const field = gaussianBlur(grain(stream, size), size, sigma);
  if (sigma < 0.1) return field;
  let power = 0;
  for (let i = 0; i < field.length; i++) power += field[i] * field[i];
  const scale = Math.sqrt(field.length / power);
  for (let i = 0; i < field.length; i++) field[i] *= scale;
  return field;
}
