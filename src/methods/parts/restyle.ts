/** Labelled images as the other domain's scanner might have taken them. */
import { type Augmenter, drawTpRam, inColoursOf, planar8bit, planTpRam } from "../../augment/index.js";
import type { RestyledImages } from "../../divergence/index.js";
import { cat, noGrad, scope, sendTogether, type Tensor } from "../../torch/index.js";
import type { Batch, MethodStep } from "../method.js";

/** What restyling needs of a run's augmentation. */
export type Restyler = Pick<Augmenter, "tpRamFactor" | "strong">;

/** The first `count` rows, from the beginning again where there are fewer. */
function repeated(batch: Tensor, count: number): Tensor {
  const rows = batch.shape[0];
  return cat(Array.from({ length: Math.ceil(count / rows) }, () => batch)).narrow(0, 0, count);
}

/** 1 for every second of `count`, counted from `start`, else 0. */
function alternating(count: number, start: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (start + i) % 2);
}

/**
 * The labelled images of a batch in the look of unlabelled ones, and the strong view of the result: other colours and
 * contrasts, the same anatomy, so that the labels still hold. The low-frequency amplitude of the partner is mixed in by
 * U(0, 1), and every second image takes its tint as well; the opposite of a partner takes its colours, from bright to dark.
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
      const { transfer, tinted, strongOf } = sendTogether(images.device, (pack) => ({
        transfer: planTpRam(pack, images.shape, drawTpRam(key, count, 1), tpRamFactor, normalisation.range),
        tinted: pack.add(alternating(count, iteration + (first ?? 0)), [count], "bool"),
        strongOf: strong(pack, images.shape, key),
      }));
      const styled = inColoursOf(images, partners, transfer(images, partners), tinted());
      return { images: normalisation.forward(strongOf(styled)), labels, annotated };
    }),
  );
}
