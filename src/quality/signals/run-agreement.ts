import { agreement, type Signal } from "./signal.js";

/** Agreement with the networks of other runs. */
export const runAgreement: Signal = {
  summary: "mean Dice with the masks of further runs, where some are given",
  source: "ensemble agreement: Zenk et al., Medical Image Analysis 2025",
  cost: "1 pass a run",
  value: (seen) => agreement(seen, "other"),
};
