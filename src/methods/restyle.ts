/** Labelled images as the other domain's scanner might have taken them. */
import { type Augmenter, drawTpRam, inPolarityOf, planar8bit, planTpRam } from "../augment/index.js";
import type { RestyledImages } from "../divergence/index.js";
import { cat, noGrad, scope, sendTogether, type Tensor } from "../torch/index.js";
import type { Batch, MethodStep } from "./method.js";

/** What restyling needs of a run's augmentation. */
export type Restyler = Pick<Augmenter, "tpRamFactor" | "strong">;

/** The first `count` rows, from the beginning again where there are fewer. */
function repeated(batch: Tensor, count: number): Tensor {
  const rows = batch.shape[0];
  return cat(Array.from({ length: Math.ceil(count / rows) }, () => batch)).narrow(0, 0, count);
}

/**
 * The labelled images of a batch with the low-frequency amplitude of unlabelled ones mixed in by U(0, 1), or in their polarity
 * where it is the opposite, and the strong view of the result: other colours and contrasts, the same anatomy, so that the
 * labels still hold.
 * @returns network inputs and labels; equal draws of (seed, iteration) give equal images
 */
export function restyle(
  { labelled, unlabelled, normalisation = planar8bit }: Batch,
  { tpRamFactor, strong }: Restyler,
  { seed, iteration, first }: MethodStep,
): RestyledImages {
  if (!unlabelled) throw new Error("internal: there are no unlabelled images whose style could be taken");
  const { images, labels, annotated = null } = labelled;
  const [count] = images.shape;
  const key = { seed, iteration, purpose: "restyle", first };
  return noGrad(() =>
    scope(() => {
      const partners = repeated(unlabelled.weak, count);
      const { transfer, strongOf } = sendTogether(images.device, (pack) => ({
        transfer: planTpRam(pack, images.shape, drawTpRam(key, count, 1), tpRamFactor, normalisation.range),
        strongOf: strong(pack, images.shape, key),
      }));
      const styled = inPolarityOf(images, partners, transfer(images, partners));
      return { images: normalisation.forward(strongOf(styled)), labels, annotated };
    }),
  );
}
