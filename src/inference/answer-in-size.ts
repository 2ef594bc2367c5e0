/** What a network says about a picture, in the picture's own size. */
import type { Dataset } from "../data/dataset.js";
import { scope, type Tensor } from "../torch/index.js";
import { labelMaps } from "./predict.js";
import { resizeBack } from "./resize-back.js";

/** Class numbers are 64 bits wide before they become bytes: of so many pixels at a time. */
const pixelsAtOnce = 2 ** 20;

/** Puts rows `[planes, rows, columns]` into planes `[planes, H, W]` at a place. */
function placeRows<T extends Uint8Array | Float32Array>(
  planes: T,
  rows: T,
  [height, width]: readonly [number, number],
  { top, left, columns }: { readonly top: number; readonly left: number; readonly columns: number },
): void {
  const count = planes.length / (height * width);
  const each = rows.length / (count * columns);
  for (let row = 0; row < count * each; row++) {
    const y = Math.floor(row / each) * height + top + (row % each);
    planes.set(rows.subarray(row * columns, (row + 1) * columns), y * width + left);
  }
}

/** Label maps, and probabilities where they are wanted, in another size than the network's. */
export interface AnswerInSize {
  /** softmax: class numbers `[H, W]`; sigmoid: 0/1 planes `[K, H, W]`. */
  readonly labels: Uint8Array;
  /** `[K, H, W]`, in [0, 1]; missing where they were not asked for. */
  readonly probabilities?: Float32Array;
}

/**
 * Resizes probabilities bilinearly before they become labels, so that outlines follow the pixels of that size.
 * @param probabilities `[1, K, h, w]`
 * @param wanted whether the probabilities are handed out, too
 */
export function answerInSize(
  probabilities: Tensor,
  size: readonly [height: number, width: number],
  kind: Dataset["target"],
  wanted: boolean,
): AnswerInSize {
  const [height, width] = size;
  const classes = probabilities.shape[1];
  const labels = new Uint8Array((kind === "sigmoid" ? classes : 1) * height * width);
  const all = wanted ? new Float32Array(classes * height * width) : undefined;
  resizeBack(probabilities, size, (band, left) => {
    const columns = band.shape[3];
    const rows = Math.max(1, Math.floor(pixelsAtOnce / columns));
    for (let top = 0; top < height; top += rows) {
      scope(() => {
        const part = band.narrow(2, top, Math.min(rows, height - top));
        placeRows(labels, labelMaps(part, kind)[0], size, { top, left, columns });
        if (all) placeRows(all, part.toTypedArray() as Float32Array, size, { top, left, columns });
      });
    }
  });
  return { labels, ...(all ? { probabilities: all } : {}) };
}
