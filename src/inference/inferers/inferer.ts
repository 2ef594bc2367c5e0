/**
 * Asking about an image of any size. An inferer hands out the answer part by part, each as soon as nothing more is added
 * to it, so that whoever takes the parts decides what is kept: a label map, every probability, or neither. Between windows
 * it yields, so that whoever drives it may let others have their turn, or end it; no scope is open then.
 */
import { scope, type Tensor } from "../../torch/index.js";
import type { Answerer } from "./answerer.js";

/** A part of an image's answer. Parts come slowest axis first, do not overlap and together cover the image. */
export interface AnswerPart {
  /** [K, ...extent], float32, in [0, 1]; whole lines of the last axis. It holds until the taker returns. */
  readonly probabilities: Tensor;
  /** The part's first position along each spatial axis. */
  readonly from: readonly number[];
}

/** Takes one part. */
export type PartTaker = (part: AnswerPart) => void;

/**
 * A way of asking about a whole image, raw values [C, ...S] of any dtype, whatever its size.
 * @returns the work, which yields behind each window; see `atOnce` and `inTurns`
 */
export type Inferer = (image: Tensor, asked: Answerer, take: PartTaker) => Generator<void, void>;

/** The image at once: one part, on the device of the answer. */
export const wholeImage: Inferer = function* (image, asked, take) {
  scope(() => {
    const probabilities = asked.probabilities(asked.input(image.unsqueeze(0))).squeeze(0);
    take({ probabilities, from: image.shape.slice(1).map(() => 0) });
  });
  yield;
};
