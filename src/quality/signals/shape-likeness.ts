import { mean } from "../../statistics/mean.js";
import { shapeDescriptors } from "../mask-shape.js";
import type { Signal } from "./signal.js";

/** How like the labelled masks the mask is in size, place and form. */
export const shapeLikeness: Signal = {
  summary:
    "minus the deviation of size, place, extent, smoothness and number of pieces from those of the labelled masks",
  source: "ours; features of masks: Kohlberger et al., MICCAI 2012",
  cost: "none",
  sameExtent: true,
  value: ({ part }, { shape }) =>
    -Math.sqrt(mean(shapeDescriptors(part.shape).map((value, i) => ((value - shape.mean[i]) / shape.spread[i]) ** 2))),
};
