/**
 * Where windows lie along one axis of an image, and what each counts at every position: nnU-Net's rules (Isensee et al.,
 * Nature Methods 2021; `compute_steps_for_sliding_window`, `compute_gaussian`).
 */

/** Share of a window between neighbours. */
export const windowStep = 0.5;
/** Standard deviation of the Gaussian that windows count by, as a share of their length. */
export const windowDeviation = 1 / 8;

/** The windows along one axis. */
export interface AxisWindows {
  /** Positions of the image. */
  readonly side: number;
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
  const bell = Array.from({ length }, (_, i) => Math.exp(-0.5 * ((i - middle) / (length * windowDeviation)) ** 2));
  const sums = new Float64Array(extent);
  for (const start of starts) for (let i = 0; i < length; i++) sums[start + i] += bell[i];
  return {
    side,
    extent,
    margin: Math.floor((extent - side) / 2),
    starts,
    weights: starts.map((start) => Float32Array.from(bell, (value, i) => value / sums[start + i])),
  };
}

/** Positions of an axis, from the first to before the second. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** A window as far as it reaches into a stretch of its axis. */
export interface ReachingWindow {
  /** Its number along the axis. */
  readonly index: number;
  /** Its first position in the stretch, counted from the stretch's own first. */
  readonly start: number;
  /** How many of its positions lie before that. */
  readonly skipped: number;
  /** What it counts at its positions in the stretch. */
  readonly weights: Float32Array;
}

/** A stretch of an axis and the windows that count there, ascending. */
export interface AxisPart extends Stretch {
  readonly windows: readonly ReachingWindow[];
}

/** The windows of an axis that reach into a stretch of the image. */
export function axisPart({ starts, weights, margin }: AxisWindows, { from, to }: Stretch): AxisPart {
  const windows = starts.flatMap((place, index) => {
    const first = place - margin;
    const [low, high] = [Math.max(first, from), Math.min(first + weights[index].length, to)];
    const within = weights[index].subarray(low - first, high - first);
    return low < high ? [{ index, start: low - from, skipped: low - first, weights: within }] : [];
  });
  return { from, to, windows };
}

/** How many positions from a window's first one in a stretch no later window reaches. */
export function settledBy({ from, to, windows }: AxisPart, window: number): number {
  return (windows[window + 1]?.start ?? to - from) - windows[window].start;
}
