/**
 * Where windows lie along one axis of an image, and what each counts at every position: nnU-Net's rules (Isensee et al.,
 * Nature Methods 2021; `compute_steps_for_sliding_window`, `compute_gaussian`).
 */

/** The windows along one axis. */
export interface AxisWindows {
  /** Positions along the axis; more than the image has where it is smaller than a window. */
  readonly extent: number;
  /** Positions before the image's first, where a window is larger than the image. */
  readonly margin: number;
  /** First position of each window, ascending. */
  readonly starts: readonly number[];
  /**
   * What each window counts at each of its positions: a Gaussian over its middle with a standard deviation of an eighth of
   * the window, divided by the sum over all windows there.
   */
  readonly weights: readonly Float32Array[];
}

/**
 * The fewest windows that cover an axis with at most `step` of their length between neighbours, evenly spread.
 * @param side   of the image, in pixels
 * @param length of a window
 * @param step   in (0, 1]
 */
export function windowsAlong(side: number, length: number, step: number): AxisWindows {
  const extent = Math.max(side, length);
  const room = extent - length;
  const count = Math.ceil(room / (length * step)) + 1;
  const places = Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((room * i) / (count - 1))));
  // Windows of a pixel or two lie closer than pixels do.
  const starts = [...new Set(places)];
  const middle = Math.floor(length / 2);
  const bell = Array.from({ length }, (_, i) => Math.exp(-0.5 * ((8 * (i - middle)) / length) ** 2));
  const sums = new Float64Array(extent);
  for (const start of starts) for (let i = 0; i < length; i++) sums[start + i] += bell[i];
  return {
    extent,
    margin: Math.floor((extent - side) / 2),
    starts,
    weights: starts.map((start) => Float32Array.from(bell, (value, i) => value / sums[start + i])),
  };
}

/** How many positions from a window's first one no later window reaches. */
export function settledBy({ extent, starts }: AxisWindows, window: number): number {
  return (starts[window + 1] ?? extent) - starts[window];
}
