/**
 * Sliding-window inference in bounded memory. Windows are asked one at a time, slowest axis first. What they say is added
 * up on the host in two buffers, float32 over K classes: one for the windows of a row (a window deep and high, the image
 * wide), and one for the planes that the next layer of windows adds to (less than a window deep, the image high and wide).
 * Neither grows with the image's slowest axis. A picture is a volume of one plane.
 */
import { UsageError } from "../../core/errors.js";
import { fromTypedArray, pad, persist, scope, type Tensor, zeros } from "../../torch/index.js";
import type { Answerer } from "./answerer.js";
import type { Inferer, PartTaker } from "./inferer.js";
import { type AxisWindows, settledBy, windowsAlong } from "./windows.js";

/** Choices of {@link slidingWindow}. */
export interface SlidingWindowOptions {
  /** Sides of the windows, slowest axis first, `[y, x]` or `[z, y, x]`: those of the patches in training. */
  readonly patch: readonly number[];
  /** Share of a window between neighbours, in (0, 1]; default 0.5. */
  readonly step?: number;
}

type Axes = readonly [z: AxisWindows, y: AxisWindows, x: AxisWindows];
type Window = readonly [z: number, y: number, x: number];

/** Planes that the next layer of windows adds to: at most so many at a time. */
function carriedPlanes(z: AxisWindows): number {
  return Math.max(...z.starts.map((_, i) => z.weights[i].length - settledBy(z, i)));
}

/** Sums of weighted answers [K, D, H, W], of padded extents. */
class Sums {
  private readonly row: Tensor;
  private readonly carried: Tensor;

  constructor(
    classes: number,
    private readonly axes: Axes,
  ) {
    const [z, y, x] = axes;
    const [depth, height] = [z.weights[0].length, y.weights[0].length];
    this.row = persist(zeros([classes, depth, height, x.extent]));
    this.carried = persist(zeros([classes, carriedPlanes(z), y.extent, x.extent]));
  }

  /** Adds a window's answer [K, ...window], on the host. */
  add(answer: Tensor, window: Window): void {
    const [z, y, x] = this.axes.map(({ weights }, axis) => fromTypedArray(weights[window[axis]]));
    const weight = z
      .reshape([-1, 1, 1])
      .mul(y.reshape([-1, 1]))
      .mul(x);
    const [, , { starts, weights }] = this.axes;
    this.row.narrow(3, starts[window[2]], weights[0].length).addcmul_(answer, weight);
  }

  /** Hands out what is settled when a row of windows is complete, [K, depth, height, W], and moves on to the next row. */
  finishRow([zWindow, yWindow]: Window, take: (settled: Tensor) => void): void {
    const [z, y] = this.axes;
    const [depth, height] = [z.weights[0].length, y.weights[0].length];
    const [planes, lines] = [settledBy(z, zWindow), settledBy(y, yWindow)];
    const settled = this.row.narrow(2, 0, lines);
    const carried = this.carried.narrow(2, y.starts[yWindow], lines);
    const before = zWindow === 0 ? 0 : depth - settledBy(z, zWindow - 1);
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
  axes.forEach(({ starts, weights, margin }, axis) => {
    const side = image.shape[axis + 1];
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

/** The part of a settled piece that is the image's, from its padded extents. */
function crop(
  settled: Tensor,
  axes: Axes,
  image: Tensor,
  [zWindow, yWindow]: Window,
  rank: number,
  take: PartTaker,
): void {
  const from = [axes[0].starts[zWindow], axes[1].starts[yWindow], 0];
  const part = axes.reduce((piece, { margin, extent }, axis) => {
    const side = image.shape[axis + 1];
    return extent === side ? piece : piece.narrow(axis + 1, margin, side);
  }, settled);
  if (rank === 2) take({ probabilities: part.squeeze(1), from: from.slice(1) });
  else take({ probabilities: part, from });
}

/** @throws UsageError when the windows are none of the image's */
function checkWindows(image: Tensor, { patch, step = 0.5 }: SlidingWindowOptions): void {
  const rank = image.ndim - 1;
  if (patch.length !== rank || !patch.every((side) => Number.isInteger(side) && side > 0)) {
    throw new UsageError(
      `slidingWindow: patch is [${patch}]; expected ${rank} positive integers for an image of shape [${image.shape}]`,
    );
  }
  if (!(step > 0 && step <= 1)) throw new UsageError(`slidingWindow: step is ${step}; expected a number in (0, 1]`);
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
  return function* (image, asked, take) {
    checkWindows(image, options);
    const { patch, step = 0.5 } = options;
    const rank = image.ndim - 1;
    const volumeOf = () => (rank === 2 ? image.unsqueeze(1) : image);
    const [extents, sides] =
      rank === 2
        ? [
            [1, ...image.shape.slice(1)],
            [1, ...patch],
          ]
        : [image.shape.slice(1), patch];
    const axes = sides.map((side, axis) => windowsAlong(extents[axis], side, step)) as unknown as Axes;
    const [zs, ys, xs] = axes.map(({ starts }) => [...starts.keys()]);
    let sums: Sums | undefined;
    try {
      for (const z of zs) {
        for (const y of ys) {
          for (const x of xs) {
            scope(() => {
              const window = [z, y, x] as const;
              const input = windowInput(volumeOf(), axes, window, asked, rank);
              const answer = asked.probabilities(input).to({ device: "cpu" });
              sums ??= new Sums(answer.shape[1], axes);
              sums.add(rank === 2 ? answer.squeeze(0).unsqueeze(1) : answer.squeeze(0), window);
            });
            yield;
          }
          scope(() => sums?.finishRow([z, y, 0], (settled) => crop(settled, axes, volumeOf(), [z, y, 0], rank, take)));
        }
      }
    } finally {
      sums?.dispose();
    }
  };
}
