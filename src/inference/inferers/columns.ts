/**
 * How an image is cut so that the sums of its windows' answers fit in memory: into columns, each a piece of the plane that is
 * answered from the first slice to the last before the next one. A window that reaches into two columns is asked for both,
 * so fewer and larger columns are quicker. What is said at a voxel does not depend on its column.
 */
import { type AxisPart, type AxisWindows, axisPart, type Stretch } from "./windows.js";

/** A piece of the plane. */
export interface Column {
  readonly y: Stretch;
  readonly x: Stretch;
}

/** A column with the windows that reach into it. */
export interface AskedColumn extends Column {
  readonly y: AxisPart;
  readonly x: AxisPart;
}

/** The largest extents among columns, from which their memory follows. */
export interface ColumnSize {
  /** Lines of a window within its column. */
  readonly height: number;
  readonly lines: number;
  readonly width: number;
}

/** How many positions before its own first a column has to be answered at by who resamples: the earlier neighbour of what lies between two. */
export const resamplingReach = 1;

/** Bytes that sums may take unless a few answers of the network take more. */
export const usualBytes = 2 ** 31;

/** Sums that take less than so many answers do not make a network's own memory smaller, but are asked more for. */
const leastAnswers = 4;

/** Bytes that sums may take. @param answer values of one window's answer, all classes */
export function roomForSums(answer: number, bytes: number): number {
  return Math.max(bytes, leastAnswers * 4 * answer);
}

/** One way to cut an axis. */
interface AxisCut {
  readonly parts: readonly AxisPart[];
  /** Windows of all parts. */
  readonly asks: number;
  readonly longestWindow: number;
  readonly longest: number;
}

function most(values: readonly number[]): number {
  return values.reduce((largest, value) => Math.max(largest, value), 0);
}

/** An axis in so many parts, each of about as many windows. @param reach positions that a part begins before its own first */
function cut(axis: AxisWindows, count: number, reach: number): AxisCut {
  const { side, starts } = axis;
  const edge = (i: number) => (i === count ? side : starts[Math.round((i * starts.length) / count)]);
  const parts = Array.from({ length: count }, (_, i) =>
    axisPart(axis, { from: Math.max(0, edge(i) - reach), to: edge(i + 1) }),
  );
  return {
    parts,
    asks: parts.reduce((sum, { windows }) => sum + windows.length, 0),
    longestWindow: most(parts.flatMap(({ windows }) => windows.map(({ weights }) => weights.length))),
    longest: most(parts.map(({ from, to }) => to - from)),
  };
}

/**
 * The columns with the fewest windows to ask of those that fit; where none do, the smallest.
 * @param y,x     the windows along the axes of the plane
 * @param reach   how many positions before its own first a column is also answered at, for who resamples
 * @param bytesOf memory of the sums of columns that are no larger
 * @param room    bytes that they may take
 */
export function columnsOf(
  y: AxisWindows,
  x: AxisWindows,
  reach: number,
  bytesOf: (size: ColumnSize) => number,
  room: number,
): AskedColumn[] {
  const [ys, xs] = [y, x].map((axis) => axis.starts.map((_, i) => cut(axis, i + 1, reach)));
  const ways = ys.flatMap((ofY) =>
    xs.map((ofX) => ({
      ...{ ofY, ofX, asks: ofY.asks * ofX.asks },
      bytes: bytesOf({ height: ofY.longestWindow, lines: ofY.longest, width: ofX.longest }),
    })),
  );
  const fitting = ways.filter(({ bytes }) => bytes <= room);
  const [best] =
    fitting.length > 0
      ? fitting.sort((a, b) => a.asks - b.asks || a.bytes - b.bytes)
      : ways.sort((a, b) => a.bytes - b.bytes || a.asks - b.asks);
  return best.ofY.parts.flatMap((own) => best.ofX.parts.map((other) => ({ y: own, x: other })));
}
