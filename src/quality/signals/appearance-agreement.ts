import { agreement, type Signal } from "./signal.js";

/** Agreement of the mask with those of the image in slightly other appearances. */
export const appearanceAgreement: Signal = {
  summary: "mean Dice with the masks of the image when its grey curve, sharpness and colour are changed a little",
  source: "consistency under perturbation, as in 2503.00450",
  cost: "3 passes",
  value: (seen) => agreement(seen, "appearance"),
};
