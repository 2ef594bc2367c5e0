import type { Signal } from "./signal.js";

/** Dice on labelled images that are made to look like the image. */
export const restyledDice: Signal = {
  summary: "Dice of the network on three labelled images in the style, or the polarity and colours, of this image",
  source: "ours; style by TP-RAM: Ma et al., CVPR 2024",
  cost: "3 passes",
  value: ({ part }) => part.restyled,
};
