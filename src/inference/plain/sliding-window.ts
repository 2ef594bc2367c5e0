/**
 * Sliding windows over a volume in plain arrays: the windows, weights and columns of `slidingWindow`, where there is no
 * libtorch. What is said is summed for a window's depth of one column at a time.
 */
import type { Values } from "../../data/images/values.js";
import { samplesLike } from "../../grid/stored-image.js";
import { type AskedColumn, type Column, columnsOf, roomForSums, usualBytes } from "../inferers/columns.js";
import {
  type AxisPart,
  type AxisWindows,
  axisPart,
  type ReachingWindow,
  settledBy,
  windowStep,
  windowsAlong,
} from "../inferers/windows.js";

/**
 * Asks about one window `[C, ...patch]`.
 * @param isNew false where it was asked about before, for another column
 * @returns probabilities `[K, ...patch]`, which are the caller's
 */
export type AskWindow = (window: Values, isNew: boolean) => Promise<Float32Array>;

/** Takes what is settled of a column: one plane `[K, lines, width]` of it after the other, and the plane's number. */
export type PlaneTaker = (plane: Float32Array, z: number, column: Column) => void;

type Axes = readonly [z: AxisWindows, y: AxisWindows, x: AxisWindows];
type Place = readonly [z: number, y: number, x: number];
type Reaching = readonly [z: ReachingWindow, y: ReachingWindow, x: ReachingWindow];

/** Walks the lines of a window that lie in a box. @param visit gets where they begin in the window, and their place in the box */
function eachLine(
  [z, y, x]: Reaching,
  [, height, width]: readonly number[],
  visit: (inWindow: number, plane: number, line: number) => void,
): void {
  for (let i = 0; i < z.weights.length; i++)
    for (let j = 0; j < y.weights.length; j++)
      visit(((z.skipped + i) * height + y.skipped + j) * width + x.skipped, i, j);
}

/** Windows of a volume `[C, ...sides]`; what lies outside of it is 0, black. */
class WindowCutter {
  private readonly whole: readonly AxisPart[];
  private readonly channels: number;

  constructor(
    private readonly volume: Values,
    private readonly sides: readonly number[],
    private readonly patch: readonly number[],
    axes: Axes,
  ) {
    this.whole = axes.map((axis) => axisPart(axis, { from: 0, to: axis.side }));
    this.channels = volume.length / sides.reduce((product, side) => product * side, 1);
  }

  /** @param place the window's numbers along the axes */
  cut(place: Place): Values {
    const { volume, sides, patch, channels } = this;
    const [size, voxels] = [patch, sides].map((list) => list.reduce((product, side) => product * side, 1));
    const window = samplesLike(volume, channels * size);
    const own = this.whole.map(({ windows }, axis) => windows[place[axis]]) as unknown as Reaching;
    const [z, y, x] = own;
    eachLine(own, patch, (to, plane, line) => {
      const from = ((z.start + plane) * sides[1] + y.start + line) * sides[2] + x.start;
      for (let c = 0; c < channels; c++) {
        const values = volume.subarray(c * voxels + from, c * voxels + from + x.weights.length);
        window.set(values, c * size + to);
      }
    });
    return window;
  }
}

function axesOf(sides: readonly number[], patch: readonly number[]): Axes {
  return sides.map((side, axis) => windowsAlong(side, patch[axis], windowStep)) as unknown as Axes;
}

/** The windows `[C, ...patch]` that {@link plainSlidingWindow} asks about, each once. Arguments as there. */
export function* plainWindows(
  volume: Values,
  sides: readonly number[],
  patch: readonly number[],
): Generator<Values, void> {
  const axes = axesOf(sides, patch);
  const cutter = new WindowCutter(volume, sides, patch, axes);
  const [zs, ys, xs] = axes.map(({ starts }) => [...starts.keys()]);
  for (const z of zs) for (const y of ys) for (const x of xs) yield cutter.cut([z, y, x]);
}

/** Sums of weighted answers over a window's depth of a column, `[K, depth, lines, width]`. */
class PlainSums {
  private readonly sums: Float32Array;
  private readonly depth: number;
  private readonly lines: number;
  private readonly width: number;

  constructor(
    private readonly classes: number,
    private readonly z: AxisPart,
    private readonly column: AskedColumn,
    private readonly patch: readonly number[],
  ) {
    const { y, x } = column;
    [this.depth, this.lines, this.width] = [patch[0], y.to - y.from, x.to - x.from];
    this.sums = new Float32Array(classes * this.depth * this.lines * this.width);
  }

  /** Adds an answer `[K, ...patch]`. */
  add(said: Float32Array, own: Reaching): void {
    const { sums, classes, depth, lines, width, patch } = this;
    const [z, y, x] = own;
    const size = said.length / classes;
    eachLine(own, patch, (from, plane, line) => {
      const ofLine = z.weights[plane] * y.weights[line];
      const to = (plane * lines + y.start + line) * width + x.start;
      for (let k = 0; k < classes; k++)
        for (let i = 0; i < x.weights.length; i++)
          sums[k * depth * lines * width + to + i] += ofLine * x.weights[i] * said[k * size + from + i];
    });
  }

  /** Hands out what no later layer of windows reaches, and moves on to the next layer. */
  finishLayer(window: number, take: PlaneTaker): void {
    const { sums, classes, depth, lines, width, z } = this;
    const settled = settledBy(z, window);
    const size = lines * width;
    for (let i = 0; i < settled; i++) {
      const plane = new Float32Array(classes * size);
      for (let k = 0; k < classes; k++) {
        const from = (k * depth + i) * size;
        plane.set(sums.subarray(from, from + size), k * size);
      }
      take(plane, z.windows[window].start + i, this.column);
    }
    for (let k = 0; k < classes; k++) {
      const [from, end] = [k * depth * size, (k + 1) * depth * size];
      sums.copyWithin(from, from + settled * size, end);
      sums.fill(0, end - settled * size, end);
    }
  }
}

/** Choices of {@link plainSlidingWindow}. */
export interface PlainWindowOptions {
  /** Sides of a window `[z, y, x]`. */
  readonly patch: readonly number[];
  /** As of a `slidingWindow`. */
  readonly reach?: number;
  /** As of a `slidingWindow`. */
  readonly bytes?: number | undefined;
}

/**
 * Averages what is said of overlapping windows, each counting by a Gaussian over its middle. A volume smaller than a window
 * is padded with 0, black, on both sides.
 * @param volume `[C, ...sides]`
 */
export async function plainSlidingWindow(
  volume: Values,
  sides: readonly number[],
  { patch, reach = 0, bytes = usualBytes }: PlainWindowOptions,
  ask: AskWindow,
  take: PlaneTaker,
): Promise<void> {
  const axes = axesOf(sides, patch);
  const [z, y, x] = axes;
  const cutter = new WindowCutter(volume, sides, patch, axes);
  // How many classes there are is known from the first answer, which is used where its turn comes.
  let first: Float32Array | null = await ask(cutter.cut([0, 0, 0]), true);
  const size = patch.reduce((product, side) => product * side, 1);
  const classes = first.length / size;
  const room = roomForSums(first.length, bytes);
  const columns = columnsOf(y, x, reach, ({ lines, width }) => 4 * classes * patch[0] * lines * width, room);
  const depth = axisPart(z, { from: 0, to: z.side });
  const asked = new Set<string>();
  for (const column of columns) {
    const sums = new PlainSums(classes, depth, column, patch);
    for (let layer = 0; layer < depth.windows.length; layer++) {
      const ofLayer = depth.windows[layer];
      for (const ofRow of column.y.windows)
        for (const own of column.x.windows) {
          const place = [ofLayer.index, ofRow.index, own.index] as const;
          const said = first ?? (await ask(cutter.cut(place), !asked.has(`${place}`)));
          first = null;
          asked.add(`${place}`);
          sums.add(said, [ofLayer, ofRow, own]);
        }
      sums.finishLayer(layer, take);
    }
  }
}
