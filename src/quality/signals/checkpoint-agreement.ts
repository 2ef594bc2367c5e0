import { agreement, type Signal } from "./signal.js";

/** Agreement with earlier and later networks of the run. They come from one training and agree too much. */
export const checkpointAgreement: Signal = {
  summary: "mean Dice with the masks of other checkpoints that the run keeps",
  source: "snapshot agreement, in the manner of pseudo-Dice over checkpoints (SPE, 2504.15667)",
  cost: "1 pass a checkpoint",
  value: (seen) => agreement(seen, "checkpoint"),
};
