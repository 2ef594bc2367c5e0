/** Entropy minimisation (Grandvalet & Bengio, NIPS 2004): the network is to be sure of its unlabelled images. */
import { z } from "zod";
import {
  jointForward,
  methodEntry,
  midssRampUp,
  networkInputs,
  overLevels,
  probabilities,
  segmentationLoss,
  type TargetKind,
  type torch,
} from "../../src/index.js";

/** Mean entropy of the pixels in nats; of logits [B, K, H, W]. */
function meanEntropy(logits: torch.Tensor, kind: TargetKind): torch.Tensor {
  const p = probabilities(logits, kind);
  const nats = (x: torch.Tensor) => x.mul(x.clamp({ min: 1e-6 }).log()).neg();
  return (kind === "softmax" ? nats(p).sum(1) : nats(p).add(nats(p.neg().add(1)))).mean();
}

export const entropyMinimisation = methodEntry({
  summary: "low entropy of the predictions on unlabelled images",
  source: "Grandvalet & Bengio, NIPS 2004",
  cost: "2 passes",
  options: z.strictObject({ weight: z.number().min(0).default(0.1).describe("weight of the entropy") }),
  usesUnlabelled: true,
  create: ({ student, kind, ...forward }, { weight }) => ({
    networks: {},
    prepare(batch, { iteration, maxIterations }) {
      const { x, y, annotated, weak, strong } = networkInputs(batch);
      const rampUp = midssRampUp(iteration, maxIterations);
      return {
        evaluate({ updateRunningStatistics }) {
          const shared = jointForward(student, x, weak, updateRunningStatistics, forward);
          const sup = overLevels(shared.source, (logits, at) => {
            const known = annotated && at(annotated);
            return segmentationLoss(logits, at(y), null, { kind, annotated: known }).loss;
          });
          const entropy = meanEntropy(shared.target.logits, kind);
          return { task: sup.add(entropy.mul(weight * rampUp)), terms: { sup, entropy }, shared };
        },
        domains: { source: x, target: { weak, strong }, labels: null },
        rampUp,
        measures: {},
      };
    },
    afterUpdate() {},
  }),
});
