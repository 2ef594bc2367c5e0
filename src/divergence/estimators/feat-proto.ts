/**
 * `featProto`: class prototypes. Per class c the last decoder map is averaged over the pixels of c (labels for the
 * source, confident pseudo-labels for the target), softmax over its channels makes it a distribution, and the
 * divergence is averaged over the classes present in both batches; 0 when there is none.
 *
 * Shapes as suffixes: B images, F channels of the map, K classes, S all spatial axes.
 */
import { axesBesideChannels, stack, type Tensor } from "../../torch/index.js";
import { discreteDivergence } from "../discrete.js";
import { classPixels, meanOverPresent } from "./class-labels.js";
import type { DomainDivergence, DomainDivergenceOptions } from "./domain-divergence.js";
import { estimatorEntry } from "./entry.js";
import { estimator } from "./estimator.js";
import { features } from "./forward.js";

/**
 * Class prototypes of a map under 0/1 weights.
 * @returns `values` [K, F], each row a distribution; `present` [K, 1], 0 for a class without a pixel
 */
function prototypes(featureBFS: Tensor, weightsBKS: Tensor, tauF: number): { values: Tensor; present: Tensor } {
  const axes = axesBesideChannels(featureBFS);
  // Sums instead of one matrix product, which autocast would round to 16 bits.
  const sums = weightsBKS.split(1, 1).map((ofClassB1S) => featureBFS.mul(ofClassB1S).sum(axes));
  const totalsK1 = weightsBKS.sum(axes).unsqueeze(1);
  const meansKF = stack(sums).div(totalsK1.clamp({ min: 1 }));
  return { values: meansKF.div(tauF).softmax(1), present: totalsK1.gt(0).to({ dtype: featureBFS.dtype }) };
}

function createFeatProto(options: DomainDivergenceOptions): DomainDivergence {
  const { divergence, kind, tauF = 1 } = options;
  return estimator(
    {
      id: "featProto",
      describe(input, forward) {
        const { source, target, classes } = features(input, forward);
        const pixels = classPixels(input, { classes, dtype: source.dtype, kind }, "featProto");
        const p = prototypes(source, pixels.source, tauF);
        const q = prototypes(target, pixels.target, tauF);
        const values = { source: p.values, target: q.values };
        return [{ name: "prototypes", values, present: { source: p.present, target: q.present } }];
      },
      compare: ([{ values, present }]) =>
        meanOverPresent(discreteDivergence(divergence, values.source, values.target), present!),
    },
    options,
  );
}

export const featProto = estimatorEntry({
  summary: "softmax of the decoder features averaged per class",
  source: "ours",
  cost: "network on 2B images",
  create: createFeatProto,
});
