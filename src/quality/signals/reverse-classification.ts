import type { Signal } from "./signal.js";

/** Dice on a labelled image of a classifier that learnt from the image and the mask alone. */
export const reverseClassification: Signal = {
  summary: "Dice on the labelled image that suits best of a small classifier that learnt from this image and mask",
  source: "reverse classification accuracy: Valindria et al., IEEE TMI 2017; the classifier is a linear discriminant",
  cost: "about one pass",
  sameExtent: true,
  value: ({ part }) => part.reverse,
};
