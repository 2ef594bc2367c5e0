import { expectedDice } from "../observation.js";
import type { Signal } from "./signal.js";

/** The Dice that calibrated probabilities expect of the mask. */
export const softDice: Signal = {
  summary: "Dice between the mask and the probabilities behind it, calibrated on the labelled images",
  source: "soft Dice confidence: Borges et al., 2402.10665; class-specific temperature: Li et al., MICCAI 2022",
  cost: "none",
  value: ({ part }, { temperature }) => expectedDice(part, temperature),
};
