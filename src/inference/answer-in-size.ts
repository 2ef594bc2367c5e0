/** What a network says about a picture, in the picture's own size. */
import type { Dataset } from "../data/dataset.js";
import { type FrameMode, type FramePlacement, isWhole, placeInFrame } from "../grid/frame.js";
import type { Grid } from "../grid/grid.js";
import { scope, type Tensor } from "../torch/index.js";
import type { AnswerInSize } from "./plain/answer-in-size.js";
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

/** How a picture was brought before the network, and what is wanted back. */
export interface AnswerRule {
  readonly kind: Dataset["target"];
  /** Of the frame, whose sides are those of the probabilities. */
  readonly mode: FrameMode;
  /** Whether the probabilities are handed out, too. */
  readonly wanted: boolean;
}

/** What was answered about the picture itself, without the margin of the frame. */
function answered(probabilities: Tensor, { filled }: FramePlacement): Tensor {
  const [, , height, width] = probabilities.shape;
  if (isWhole(filled, { height, width })) return probabilities;
  return probabilities.narrow(2, filled.top, filled.height).narrow(3, filled.left, filled.width).clone();
}

/** Probabilities of a picture of which nothing is known: it is background. */
function nothingFound(classes: number, pixels: number, kind: Dataset["target"]): Float32Array {
  const all = new Float32Array(classes * pixels);
  return kind === "softmax" ? all.fill(1, 0, pixels) : all;
}

/**
 * Resizes probabilities bilinearly before they become labels, so that outlines follow the pixels of that size. What the
 * network did not see of a cropped picture is background.
 * @param probabilities `[1, K, h, w]`
 * @param picture the picture's own grid
 */
export function answerInSize(
  probabilities: Tensor,
  picture: Pick<Grid, "shape" | "spacing">,
  { kind, mode, wanted }: AnswerRule,
): AnswerInSize {
  const [height, width] = picture.shape;
  const size = [height, width] as const;
  const [, classes, rowsOfFrame, columnsOfFrame] = probabilities.shape;
  const placement = placeInFrame(picture, { height: rowsOfFrame, width: columnsOfFrame, mode });
  const { seen } = placement;
  const labels = new Uint8Array((kind === "sigmoid" ? classes : 1) * height * width);
  const all = wanted ? nothingFound(classes, height * width, kind) : undefined;
  scope(() =>
    resizeBack(answered(probabilities, placement), [seen.height, seen.width], (band, first) => {
      const columns = band.shape[3];
      const rows = Math.max(1, Math.floor(pixelsAtOnce / columns));
      for (let row = 0; row < seen.height; row += rows) {
        scope(() => {
          const part = band.narrow(2, row, Math.min(rows, seen.height - row));
          const place = { top: seen.top + row, left: seen.left + first, columns };
          placeRows(labels, labelMaps(part, kind)[0], size, place);
          if (all) placeRows(all, part.toTypedArray() as Float32Array, size, place);
        });
      }
    }),
  );
  return { labels, ...(all ? { probabilities: all } : {}) };
}
