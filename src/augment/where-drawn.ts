/** Runs a transform once for all images of a batch that drew it; the others stay as they are, bit for bit. */
import { fromTypedArray, scope, type Tensor } from "../torch/index.js";

/** Images `[N, C, ...S]` and, if they have labels, their label planes `[N, K, ...S]`. */
export interface View {
  readonly images: Tensor;
  readonly labels: Tensor | undefined;
}

/** A transform of a part of a batch, one draw an image. */
export type Program<T> = (part: View, draws: T[]) => View;

/** Runs a program on the images whose draw is not null and writes its results back into `view`. */
export function applyWhereDrawn<T>(view: View, draws: readonly (T | null)[], program: Program<T>): void {
  const chosen = draws.flatMap((draw, position) => (draw === null ? [] : [{ draw, position: BigInt(position) }]));
  if (chosen.length === 0) return;
  scope(() => {
    const positions = BigInt64Array.from(chosen, ({ position }) => position);
    const index = fromTypedArray(positions, undefined, { device: view.images.device });
    const part = { images: view.images.indexSelect(0, index), labels: view.labels?.indexSelect(0, index) };
    const given = chosen.map(({ draw }) => draw);
    const { images, labels } = program(part, given);
    view.images.indexCopy_(0, index, images);
    if (labels) view.labels?.indexCopy_(0, index, labels);
  });
}
