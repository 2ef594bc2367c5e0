/** How much too sure a network is of a part. */
import { binLogit, type LogitCounts, type PartObservation } from "./observation.js";

/** Temperatures that are tried, and how finely. */
const range = [0.25, 16] as const;
const steps = 40;

/** −log σ(x), for any x. */
function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

function negativeLogLikelihood(all: LogitCounts, held: LogitCounts, temperature: number): number {
  let sum = 0;
  for (let bin = 0; bin < all.length; bin++) {
    if (all[bin] === 0) continue;
    const logit = binLogit(bin) / temperature;
    sum += held[bin] * softplus(-logit) + (all[bin] - held[bin]) * softplus(logit);
  }
  return sum;
}

function summed(counts: readonly LogitCounts[]): LogitCounts {
  return counts[0].map((_, bin) => counts.reduce((sum, each) => sum + each[bin], 0));
}

/**
 * The temperature that the logits of one part must be divided by so that its probabilities are as likely as possible (Guo et
 * al., ICML 2017), of this part alone (class-specific: Li et al., MICCAI 2022), by golden-section search over its logarithm.
 * @param parts of labelled cases, at least one
 */
export function fitTemperature(parts: readonly PartObservation[]): number {
  const all = summed(parts.map((part) => part.all));
  const held = summed(parts.map((part) => part.held));
  const loss = (log: number) => negativeLogLikelihood(all, held, Math.exp(log));
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = range.map(Math.log);
  for (let step = 0; step < steps; step++) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (loss(a) <= loss(b)) high = b;
    else low = a;
  }
  return Math.exp((low + high) / 2);
}
