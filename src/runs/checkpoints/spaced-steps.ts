/** The steps of a run whose checkpoints stay, so that there is something to choose from when it is done. */
import type { WantedConfig } from "../../config/config.js";

/**
 * Steps evenly spaced over a run, each put off to the next validation; without the run's end. They depend on the
 * configuration alone, so that an interrupted run keeps the same ones.
 */
export function spacedSteps({
  training: { iterations },
  evaluation: { every },
  logging: { spacedCheckpoints: count },
}: WantedConfig): number[] {
  const steps = Array.from({ length: count }, (_, i) => {
    const place = ((i + 1) * iterations) / (count + 1);
    return Math.ceil(place / every) * every;
  });
  return [...new Set(steps)].filter((step) => step < iterations);
}
