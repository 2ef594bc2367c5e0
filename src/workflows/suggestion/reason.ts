/** Why an image was chosen, in words. */
import { counted } from "../../core/counted.js";
import type { PartEstimate } from "../../quality/estimate.js";
import type { Chosen } from "./ask.js";

function percent(value: number): string {
  return (100 * value).toFixed(0);
}

function estimateText({ part, ground, dice, low, high }: PartEstimate): string {
  if (ground === "empty") return `no ${part} was found, which every labelled image shows`;
  if (ground === "unknown") return `how good ${part} is cannot be estimated`;
  return `${part} is estimated at ${percent(dice)} % Dice (${percent(low)} to ${percent(high)})`;
}

function distanceText(distance: number): string {
  if (!Number.isFinite(distance)) return "nothing is labelled yet";
  return `${distance.toFixed(1)} times as far from labelled and chosen images as neighbours are`;
}

/** One sentence without its full stop. */
export function reasonOf({ case: { domain }, combined, entropy }: Chosen): string {
  if (entropy !== undefined) return `predictive entropy of ${entropy.toFixed(3)} bits a pixel`;
  if (!combined) return "drawn at random";
  const { pick, estimate } = combined;
  return [
    estimateText(estimate),
    `${domain} has a doubt of ${percent(pick.domainDoubt)} % and ${counted(pick.domainLabels, "label")}`,
    distanceText(pick.distance),
  ].join("; ");
}
