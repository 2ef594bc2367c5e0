/**
 * Asking about an image of any size. An inferer hands out the answer part by part, each as soon as nothing more is added
 * to it, so that whoever takes the parts decides what is kept: a label map, every probability, or neither. Between windows
 * it yields, so that whoever drives it may let others have their turn, or end it; no scope is open then.
 */
import { scope, type Tensor } from "../../torch/index.js";
import type { Answerer } from "./answerer.js";
import type { Column } from "./columns.js";

/** Values on a box of a grid. */
export interface PlacedPart {
  /** [K, ...extent], float32, in [0, 1]. It holds until the taker returns. */
  readonly probabilities: Tensor;
  /** The part's first position along each spatial axis. */
  readonly from: readonly number[];
}

/**
 * A part of an image's answer: whole lines of a column. Columns come one after the other, and the parts of each slowest axis
 * first; these do not overlap and together cover it. Columns cover the image, and overlap by the positions that were asked
 * for.
 */
export interface AnswerPart extends PlacedPart {
  /** The same object for all parts of a column. */
  readonly column: Column;
}

/** Takes one part. */
export type PartTaker = (part: AnswerPart) => void;

/**
 * A way of asking about a whole image, raw values [C, ...S] of any dtype, whatever its size.
 * @param reach how many positions before its own first, along the axes of the plane, a column is answered at, too; default 0
 * @returns the work, which yields behind each window; see `atOnce` and `inTurns`
 */
export type Inferer = (image: Tensor, asked: Answerer, take: PartTaker, reach?: number) => Generator<void, void>;

/** The image at once: one part, on the device of the answer. */
export const wholeImage: Inferer = function* (image, asked, take) {
  scope(() => {
    const probabilities = asked.probabilities(asked.input(image.unsqueeze(0))).squeeze(0);
    const sides = image.shape.slice(1);
    const [y, x] = sides.slice(-2).map((to) => ({ from: 0, to }));
    take({ probabilities, from: sides.map(() => 0), column: { y, x } });
  });
  yield;
};
