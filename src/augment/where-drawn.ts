/** Runs a transform once for all images of a batch that drew it; the others stay as they are, bit for bit. */
import { type Pack, scope, type Tensor } from "../torch/index.js";

/** Images `[N, C, ...S]` and, if they have labels, their label planes `[N, K, ...S]`. */
export interface View {
  readonly images: Tensor;
  readonly labels: Tensor | undefined;
}

/** A transform of some images with their labels, whose numbers are on the device by the time it runs. */
export type Transform = (part: View) => View;

/**
 * Plans a transform of the images whose draw is not null.
 * @param plan the transform of those images, one draw an image
 * @returns writes the results back into the view it is given
 */
export function whereDrawn<T>(
  pack: Pack,
  draws: readonly (T | null)[],
  plan: (draws: readonly T[]) => Transform,
): (view: View) => void {
  const chosen = draws.flatMap((draw, position) => (draw === null ? [] : [{ draw, position: BigInt(position) }]));
  if (chosen.length === 0) return () => {};
  const positions = pack.add(BigInt64Array.from(chosen, ({ position }) => position));
  const transform = plan(chosen.map(({ draw }) => draw));
  return (view) =>
    scope(() => {
      const index = positions();
      const part = { images: view.images.indexSelect(0, index), labels: view.labels?.indexSelect(0, index) };
      const { images, labels } = transform(part);
      view.images.indexCopy_(0, index, images);
      if (labels) view.labels?.indexCopy_(0, index, labels);
    });
}
