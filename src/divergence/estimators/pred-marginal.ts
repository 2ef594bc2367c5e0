/**
 * `predMarginal`: how much of the images each class takes, as predicted. P[c] and Q[c] are the mean probability of
 * class c over images and pixels. Few degrees of freedom, and real differences of anatomy count as well.
 */
import { z } from "zod";
import { UsageError } from "../../core/errors.js";
import { axesBesideChannels, ShapeError, stack, type Tensor } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { estimator } from "./estimator.js";
import { logitsOf } from "./forward.js";

/** Exclusive classes: logits [B, K, ...S] → [1, K]. */
function classMarginal(logits: Tensor): Tensor {
  return logits.softmax(1).mean(axesBesideChannels(logits)).unsqueeze(0);
}

/** Overlapping classes: logits [B, K, ...S] → a pair (m, 1−m) per channel, [K, 2]. */
function channelMarginals(logits: Tensor): Tensor {
  const mean = logits.sigmoid().mean(axesBesideChannels(logits));
  return stack([mean, mean.neg().add(1)], 1);
}

/** Channels [inner, outer]: logits [B, 2, ...S] → {inner, outer without inner, rest}, [1, 3]. */
function nestedMarginal(logits: Tensor): Tensor {
  if (logits.shape[1] !== 2)
    throw new ShapeError(`predMarginal: "nested" needs the channels [inner, outer], but there are ${logits.shape[1]}`);
  const [inner, outer] = logits.sigmoid().unbind(1);
  const ring = outer.sub(inner).relu();
  const means = [inner, ring].map((part) => part.mean());
  return stack([...means, means[0].add(means[1]).neg().add(1)]).unsqueeze(0);
}

const options = {
  marginal: z
    .enum(["channels", "nested"])
    .default("channels")
    .describe(
      "of overlapping classes: a divergence per channel, averaged; or one between inner, outer without inner, and background of two nested channels",
    ),
};
type Settings = z.output<z.ZodObject<typeof options>>;

function createPredMarginal(choices: DomainDivergenceOptions, { marginal }: Settings): DomainDivergence {
  const { divergence, kind } = choices;
  if (kind === "softmax" && marginal === "nested")
    throw new UsageError('predMarginal: "nested" is for overlapping classes (sigmoid); softmax classes are exclusive');
  const ofSigmoid = marginal === "nested" ? nestedMarginal : channelMarginals;
  const marginals = kind === "softmax" ? classMarginal : ofSigmoid;
  return estimator(
    {
      id: "predMarginal",
      describe(input, forward) {
        const { source, target } = logitsOf(input, forward);
        return [{ name: "classes", values: { source: marginals(source), target: marginals(target) } }];
      },
      compare: ([{ values }]) => discreteDivergence(divergence, values.source, values.target).mean(),
    },
    choices,
  );
}

export const predMarginal = estimatorEntry({
  summary: "mean predicted probability of each class",
  source: "ours; docs/method.md",
  cost: "network on 2B images",
  options,
  create: createPredMarginal,
});
