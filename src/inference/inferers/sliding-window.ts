/**
 * Sliding-window inference in bounded memory. Windows are asked one at a time, slowest axis first. What they say is added
 * up on the host in two buffers, float32 over K classes: one for the windows of a row (a window deep and high, the column
 * wide), and one for the planes that the next layer of windows adds to (less than a window deep, the column's lines high and
 * wide). Neither grows with the image's slowest axis, and columns (columns.ts) are as small as the memory asks for. A picture
 * is a volume of one plane.
 */
import { UsageError } from "../../core/errors.js";
import { fromTypedArray, pad, persist, scope, type Tensor, zeros } from "../../torch/index.js";
import type { Answerer } from "./answerer.js";
import { type AskedColumn, type ColumnSize, columnsOf, roomForSums, usualBytes } from "./columns.js";
import type { Inferer, PartTaker } from "./inferer.js";
import { type AxisPart, type AxisWindows, axisPart, settledBy, windowStep, windowsAlong } from "./windows.js";

/** Choices of {@link slidingWindow}. */
export interface SlidingWindowOptions {
  /** Sides of the windows, slowest axis first, `[y, x]` or `[z, y, x]`: those of the patches in training. */
  readonly patch: readonly number[];
  /** Share of a window between neighbours, in (0, 1]; default 0.5. */
  readonly step?: number;
  /**
   * Memory for sums, at least four answers of the network about a window. Where they would take more, windows on the edges of
   * columns are asked twice; the result is the same to the bit. Default 2^31.
   */
  readonly bytes?: number;
}

type Axes = readonly [z: AxisWindows, y: AxisWindows, x: AxisWindows];
type Parts = readonly [z: AxisPart, y: AxisPart, x: AxisPart];
/** Places of a window in the lists of its axes. */
type Window = readonly [z: number, y: number, x: number];

/** Positions that a window has in a part of an axis. */
function lengthOf({ windows }: AxisPart, window: number): number {
  return windows[window].weights.length;
}

/** Positions of the longest window in a part of an axis. */
function longestWindow({ windows }: AxisPart): number {
  return Math.max(...windows.map(({ weights }) => weights.length));
}

/** Planes that the next layer of windows adds to: at most so many at a time. */
function carriedPlanes(z: AxisPart): number {
  return Math.max(...z.windows.map((_, i) => lengthOf(z, i) - settledBy(z, i)));
}

/** Values of both sums of a class. */
function sumsSize(z: AxisPart, { height, lines, width }: ColumnSize): number {
  return (longestWindow(z) * height + carriedPlanes(z) * lines) * width;
}

/** Sums of weighted answers [K, D, H, W] over a column. */
class Sums {
  private readonly row: Tensor;
  private readonly carried: Tensor;

  constructor(
    classes: number,
    private readonly parts: Parts,
  ) {
    const [z, y, x] = parts;
    this.row = persist(zeros([classes, longestWindow(z), longestWindow(y), x.to - x.from]));
    this.carried = persist(zeros([classes, carriedPlanes(z), y.to - y.from, x.to - x.from]));
  }

  /** Adds what a window's answer [K, ...window], on the host, says of the column. */
  add(answer: Tensor, window: Window): void {
    const own = this.parts.map(({ windows }, axis) => windows[window[axis]]);
    const [z, y, x] = own.map(({ weights }) => fromTypedArray(weights));
    const weight = z
      .reshape([-1, 1, 1])
      .mul(y.reshape([-1, 1]))
      .mul(x);
    const said = own.reduce(
      (piece, { skipped, weights }, axis) => piece.narrow(axis + 1, skipped, weights.length),
      answer,
    );
    const [depth, height, width] = own.map(({ weights }) => weights.length);
    const row = this.row.narrow(1, 0, depth).narrow(2, 0, height).narrow(3, own[2].start, width);
    row.addcmul_(said, weight);
  }

  /** Hands out what is settled when a row of windows is complete, [K, depth, height, W], and moves on to the next row. */
  finishRow([zWindow, yWindow]: Window, take: (settled: Tensor) => void): void {
    const [z, y] = this.parts;
    const [depth, height] = [lengthOf(z, zWindow), lengthOf(y, yWindow)];
    const [planes, lines] = [settledBy(z, zWindow), settledBy(y, yWindow)];
    if (lines === 0) return;
    const settled = this.row.narrow(1, 0, depth).narrow(2, 0, lines);
    const carried = this.carried.narrow(2, y.windows[yWindow].start, lines);
    const before = zWindow === 0 ? 0 : lengthOf(z, zWindow - 1) - settledBy(z, zWindow - 1);
    settled.narrow(1, 0, before).add_(carried.narrow(1, 0, before));
    take(settled.narrow(1, 0, planes));
    carried.narrow(1, 0, depth - planes).copy_(settled.narrow(1, planes, depth - planes));
    this.advance(lines, height - lines);
  }

  /** Moves what is not settled of a row to its beginning, in pieces that do not overlap where they come from. */
  private advance(settled: number, rest: number): void {
    for (let at = 0; at < rest; at += settled) {
      const lines = Math.min(settled, rest - at);
      this.row.narrow(2, at, lines).copy_(this.row.narrow(2, at + settled, lines));
    }
    this.row.narrow(2, rest, settled).zero_();
  }

  dispose(): void {
    for (const tensor of [this.row, this.carried]) tensor.dispose();
  }
}

/** The input of a window of an image [C, D, H, W]; what lies outside of the image is raw 0, black, as in training. */
function windowInput(image: Tensor, axes: Axes, window: Window, asked: Answerer, rank: number): Tensor {
  let piece = image;
  const margins: number[] = [];
  axes.forEach(({ side, starts, weights, margin }, axis) => {
    const first = starts[window[axis]] - margin;
    const [low, high] = [Math.max(first, 0), Math.min(first + weights[0].length, side)];
    piece = piece.narrow(axis + 1, low, high - low);
    // The operator counts axes from the last one.
    margins.unshift(low - first, first + weights[0].length - high);
  });
  const flat = (rank === 2 ? piece.squeeze(1) : piece).unsqueeze(0);
  const wanted = margins.slice(0, 2 * rank);
  return asked.input(wanted.some((count) => count > 0) ? pad(flat, wanted) : flat);
}

/** @throws UsageError when the windows are none of the image's */
function checkWindows(image: Tensor, { patch, step = windowStep }: SlidingWindowOptions): void {
  const rank = image.ndim - 1;
  if (patch.length !== rank || !patch.every((side) => Number.isInteger(side) && side > 0)) {
    throw new UsageError(
      `slidingWindow: patch is [${patch}]; expected ${rank} positive integers for an image of shape [${image.shape}]`,
    );
  }
  if (!(step > 0 && step <= 1)) throw new UsageError(`slidingWindow: step is ${step}; expected a number in (0, 1]`);
}

/** The windows of an image along three axes. */
function axesOf(image: Tensor, { patch, step = windowStep }: SlidingWindowOptions): Axes {
  const [sides, lengths] = [image.shape.slice(1), patch].map((list) => (list.length === 2 ? [1, ...list] : list));
  return sides.map((side, axis) => windowsAlong(side, lengths[axis], step)) as unknown as Axes;
}

/** Asks about a window by its numbers along the axes. @returns [K, ...window] of three axes, on the host */
type AskWindow = (window: Window) => Tensor;

/** Asks about the windows of one column. */
function* askColumn(
  z: AxisPart,
  column: AskedColumn,
  classes: number,
  ask: AskWindow,
  take: PartTaker,
  rank: number,
): Generator<void, void> {
  const parts = [z, column.y, column.x] as const;
  const sums = new Sums(classes, parts);
  const [zs, ys, xs] = parts.map(({ windows }) => windows.map(({ index }) => index));
  try {
    for (let i = 0; i < zs.length; i++)
      for (let j = 0; j < ys.length; j++) {
        for (let k = 0; k < xs.length; k++) {
          scope(() => sums.add(ask([zs[i], ys[j], xs[k]]), [i, j, k]));
          yield;
        }
        const from = [z.windows[i].start, column.y.from + column.y.windows[j].start, column.x.from];
        scope(() =>
          sums.finishRow([i, j, 0], (settled) => {
            if (rank === 2) take({ probabilities: settled.squeeze(1), from: from.slice(1), column });
            else take({ probabilities: settled, from, column });
          }),
        );
      }
  } finally {
    sums.dispose();
  }
}

/**
 * Asks about overlapping windows and averages what they say, each counting by a Gaussian over its middle (standard
 * deviation an eighth of the window), as nnU-Net does, but of probabilities instead of logits. An image smaller than a
 * window is padded with 0, black, on both sides. One window that covers the image gives the bits of
 * {@link wholeImage}, and the same image always the same bits.
 * @throws UsageError when the patch is not of the image's rank or the step not in (0, 1]
 * @example inferLabels(network, image, { ...asked, inferer: slidingWindow({ patch: [64, 64, 32] }) }, "case 1");
 */
export function slidingWindow(options: SlidingWindowOptions): Inferer {
  return function* (image, asked, take, reach = 0) {
    checkWindows(image, options);
    const rank = image.ndim - 1;
    const axes = axesOf(image, options);
    const [z, y, x] = axes;
    const askNetwork: AskWindow = (window) =>
      scope(() => {
        const volume = rank === 2 ? image.unsqueeze(1) : image;
        const answer = asked.probabilities(windowInput(volume, axes, window, asked, rank)).to({ device: "cpu" });
        return rank === 2 ? answer.squeeze(0).unsqueeze(1) : answer.squeeze(0);
      });
    // How many classes there are is known from the first answer, which is used where its turn comes.
    let first: Tensor | null = scope(() => persist(askNetwork([0, 0, 0])));
    const ask: AskWindow = (window) => {
      if (first === null) return askNetwork(window);
      // A view, which keeps the values when the tensor goes.
      const answer = first.narrow(0, 0, first.shape[0]);
      first.dispose();
      first = null;
      return answer;
    };
    try {
      const [classes] = first.shape;
      const depth = axisPart(z, { from: 0, to: z.side });
      const bytesOf = (size: ColumnSize) => 4 * classes * sumsSize(depth, size);
      const room = roomForSums(first.numel, options.bytes ?? usualBytes);
      for (const column of columnsOf(y, x, reach, bytesOf, room))
        yield* askColumn(depth, column, classes, ask, take, rank);
    } finally {
      first?.dispose();
    }
  };
}
