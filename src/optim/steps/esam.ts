/**
 * ESAM (Du et al., "Efficient sharpness-aware minimization for improved training of neural networks", ICLR 2022):
 * a random share of the tensors is perturbed, and only the samples whose loss rose most make the update. The authors'
 * code runs one more forward pass over those samples; here their losses are taken from the perturbed pass itself.
 */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { RandomStream } from "../../core/random.js";
import { noGrad, scope, stack, type Tensor, zerosLike } from "../../torch/index.js";
import type { Evaluation, SampleLosses, StepContext } from "../objective.js";
import { globalNorm, scaled } from "../parameter-list.js";
import { over } from "../rules/ascent-rule.js";
import { rhoOption } from "../sharpness/radius.js";
import { sharpnessEntry } from "../sharpness/sharpness-minimizer.js";

function samplesOf({ perSample }: Evaluation): SampleLosses {
  if (perSample) return perSample;
  throw new UsageError(
    "optimizer esam: the method gives no loss per sample, by which esam chooses, because its images are mixed or its terms are of the batch; take another method, set optimizer.gamma: 1, or take optimizer sam",
  );
}

/** The loss of each sample alone, as numbers, which the choice of samples cannot do without; one read. */
function lossOfEach(evaluation: Evaluation): number[] {
  const { count, loss } = samplesOf(evaluation);
  return noGrad(() => scope(() => [...stack(Array.from({ length: count }, (_, i) => loss([i]))).toNumbers()]));
}

/** ε = (ρ/β)·g/(‖g‖+1e-7) over tensors drawn with probability β, 0 for the others. */
function perturbation(
  gradient: readonly Tensor[],
  rho: number,
  beta: number,
  { seed, iteration }: StepContext,
): Tensor[] {
  const stream = new RandomStream(seed ?? 0, "optimizer.esam", iteration);
  const drawn = gradient.map((one) => (beta === 1 || stream.bernoulli(beta) ? one : zerosLike(one)));
  return scaled(drawn, over(rho, globalNorm(drawn).add(1e-7).mul(beta), 0));
}

/** Loss of the ⌊γB⌋ samples (at least one) whose own loss rose most. */
function sharpestLoss(evaluation: Evaluation, before: readonly number[], gamma: number): Tensor {
  const rise = lossOfEach(evaluation).map((loss, i) => loss - before[i]);
  const order = rise.map((_, i) => i).sort((a, b) => rise[b] - rise[a]);
  return samplesOf(evaluation).loss(order.slice(0, Math.max(1, Math.floor(gamma * order.length))));
}

export const esam = sharpnessEntry({
  summary: "ESAM: perturbs a random share of the tensors, updates with the samples whose loss rose most",
  source: "Du et al., ICLR 2022; dydjw9/Efficient_SAM utils/Esam.py; beta and gamma as in MarlonBecker/MSAM",
  passes: 2,
  costNote: "with gamma below 1 under a method that gives a loss per sample",
  options: {
    rho: rhoOption(0.05),
    beta: z.number().gt(0).max(1).default(0.5).describe("probability that a tensor is perturbed"),
    gamma: z.number().gt(0).max(1).default(0.5).describe("share of the samples that make the update"),
  },
  needs: ({ gamma }) => (gamma < 1 ? "perSample" : null),
  advance(step, { rho, beta, gamma }) {
    step.reportRadius(rho);
    let before: number[] = [];
    const clean = step.clean((evaluation) => {
      if (gamma < 1) before = lossOfEach(evaluation);
      return { losses: [evaluation.task] };
    });
    const perturbed = step.perturbed(perturbation(clean.gradient, rho, beta, step.at), (evaluation) => ({
      losses: [gamma < 1 ? sharpestLoss(evaluation, before, gamma) : evaluation.task],
    }));
    step.descend(perturbed.gradient);
  },
});
