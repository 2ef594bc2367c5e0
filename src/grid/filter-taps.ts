/** Which pixels a resized one is made of, and their weights: those of Pillow's `Image.resize`, antialiased. */

/** Filters that average where an image becomes smaller. */
export type AveragingFilter = "bilinear" | "lanczos";

/** How images are resized; `bspline` interpolates by cubic B-splines (bspline.ts) and averages nothing. */
export const resizeFilters = ["bilinear", "lanczos", "bspline"] as const;
export type ResizeFilter = (typeof resizeFilters)[number];

const filters: Record<AveragingFilter, { radius: number; weight: (x: number) => number }> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  lanczos: { radius: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** For each output position of one axis the first source position, and weights, sum 1, padded to equal length with 0. */
export interface RealTaps {
  readonly length: number;
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float64Array;
}

/** The taps of an axis of `from` positions that is resized to `to`. */
export function realTaps(from: number, to: number, filter: AveragingFilter): RealTaps {
  const { radius, weight } = filters[filter];
  const scale = from / to;
  const filterScale = Math.max(scale, 1);
  const support = radius * filterScale;
  const length = Math.ceil(support) * 2 + 1;
  const taps = { length, first: new Int32Array(to), count: new Int32Array(to), weights: new Float64Array(to * length) };
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - support + 0.5));
    const end = Math.min(from, Math.floor(centre + support + 0.5));
    const real = Array.from({ length: end - first }, (_, k) => weight((first + k + 0.5 - centre) / filterScale));
    const sum = real.reduce((total, one) => total + one, 0);
    taps.first[i] = first;
    taps.count[i] = end - first;
    real.forEach((one, k) => {
      taps.weights[i * length + k] = one / sum;
    });
  }
  return taps;
}
