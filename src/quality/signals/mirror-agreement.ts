import { agreement, type Signal } from "./signal.js";

/** Agreement of the mask with those of the image's mirror images. */
export const mirrorAgreement: Signal = {
  summary: "mean Dice with the masks of the mirror images, mirrored back",
  source: "test-time augmentation: Wang et al., Neurocomputing 2019",
  cost: "3 passes, of volumes 1",
  value: (seen) => agreement(seen, "mirror"),
};
