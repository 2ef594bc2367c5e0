/**
 * `restyled`: what the labels say against what the network says of the same images in the style of the unlabelled domain.
 * D_f of a joint distribution is that of images plus, over them, that of the classes of a pixel given the image; the other
 * estimators compare the first, and this one the second. P is the labelled anatomy with its labels, Q the prediction
 * once the scanner has changed. Ours; docs/method.md.
 */
import { UsageError } from "../../core/errors.js";
import type { TargetKind } from "../../core/target-kind.js";
import { classChannels, positionRows, stack, type Tensor, worldRows } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import type { DomainDivergence, DomainDivergenceOptions, DomainInput } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { refuseIdle } from "./estimator.js";
import { logitsAlone } from "./forward.js";

/** Probabilities of classes per pixel, [G, n, C]: one group of K exclusive classes, or K of a part and its absence. */
function distributions(probabilitiesBKS: Tensor, kind: TargetKind): Tensor {
  const rows = positionRows(probabilitiesBKS);
  if (kind === "softmax") return rows.unsqueeze(0);
  const parts = rows.t();
  return stack([parts.neg().add(1), parts], -1);
}

function createRestyled(choices: DomainDivergenceOptions): DomainDivergence {
  const { divergence, kind, forward = "joint", side, runningMean, bank, gate } = choices;
  const theirUse = "for estimators that describe both domains by a mean; here P is the labels";
  refuseIdle("restyled", { runningMean, bank, gate, side: side === "source" }, theirUse);
  if (forward === "shared")
    throw new UsageError('restyled: the method makes no passes over restyled images; take forward "joint"');
  const scale = choices.scale ?? divergence.defaultScale;
  return {
    id: "restyled",
    restyles: true,
    capturable: true,
    evaluate({ network, restyled: given }: DomainInput) {
      if (!given) throw new Error("internal: restyled was given no images");
      const [logits, labelled] = [logitsAlone(network, given.images, forward), worldRows(given.labels)];
      const labels = kind === "softmax" ? classChannels(labelled, logits.shape[1]) : labelled;
      const p = distributions(labels.to({ dtype: "float32" }), kind);
      const q = distributions(kind === "softmax" ? logits.softmax(1) : logits.sigmoid(), kind);
      const perPixel = discreteDivergence(divergence, p, q);
      const annotated = given.annotated && positionRows(worldRows(given.annotated)).t();
      // The same pixels in every group.
      const mean = annotated
        ? perPixel
            .mul(annotated)
            .sum()
            .div(annotated.sum().clamp({ min: 1 }).mul(perPixel.shape[0]))
        : perPixel.mean();
      return mean.mul(scale);
    },
    state: () => new Map(),
    loadState: () => {},
    dispose: () => {},
  };
}

export const restyled = estimatorEntry({
  summary: "labels against the prediction of the same images in the style of unlabelled ones",
  source: "ours; docs/method.md",
  cost: "network on B images",
  create: createRestyled,
});
