/** How raw values become network inputs, and back. One per run: everything that asks its networks uses the same. */
import { scope, type Tensor } from "../torch/index.js";

/** What raw values are, to whatever makes views of them. */
export interface RawScale {
  /** Between which values the raw ones lie; null where they have no bounds. */
  readonly range: readonly [number, number] | null;
  /** Whether they are whole numbers, so that views of pictures are rounded as those of the reference are. */
  readonly whole: boolean;
}

/** An invertible scaling of values, whatever the shape. */
export interface Normalisation extends RawScale {
  /** Raw values of any dtype as float32 network input, a new tensor. */
  forward(raw: Tensor): Tensor;
  /** Network input as raw values, float32, a new tensor. */
  inverse(input: Tensor): Tensor;
}

/** Pixels 0 … 255 to [−1, 1]: `x/127.5 − 1` in float32, as MiDSS and the golden numbers have it. */
export const planar8bit: Normalisation = {
  forward: (raw) => scope(() => raw.to({ dtype: "float32" }).div(127.5).sub_(1)),
  inverse: (input) => scope(() => input.to({ dtype: "float32" }).add(1).mul_(127.5)),
  range: [0, 255],
  whole: true,
};

/** {@link planar8bit} of values that are not rounded. */
export const planarLevels: Normalisation = { ...planar8bit, whole: false };

/** z-scores, which networks take as they are. */
export const zScores: Normalisation = {
  forward: (raw) => raw.to({ dtype: "float32", copy: true }),
  inverse: (input) => input.to({ dtype: "float32", copy: true }),
  range: null,
  whole: false,
};
