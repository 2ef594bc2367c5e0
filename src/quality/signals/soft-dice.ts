import { binLogit } from "../observation.js";
import type { Signal } from "./signal.js";

/** The Dice that calibrated probabilities expect of the mask: 2 Σ p·ŷ / (Σ p + Σ ŷ). */
export const softDice: Signal = {
  summary: "Dice between the mask and the probabilities behind it, calibrated on the labelled images",
  source: "soft Dice confidence: Borges et al., 2402.10665; class-specific temperature: Li et al., MICCAI 2022",
  cost: "none",
  value({ part: { all, inside, shape } }, { temperature }) {
    let [within, total] = [0, 0];
    for (let bin = 0; bin < all.length; bin++) {
      const p = 1 / (1 + Math.exp(-binLogit(bin) / temperature));
      within += p * inside[bin];
      total += p * all[bin];
    }
    return (2 * within) / (total + shape.area);
  },
};
