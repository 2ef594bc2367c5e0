/** Images whose shape is another one in the frame that networks of pictures work at, in a sentence. */
import { counted } from "../core/counted.js";
import { type Frame, frameText } from "../grid/frame.js";
import { type Grid, shapeText } from "../grid/grid.js";
import { keptShape, squeeze } from "../grid/squeeze.js";
import { type Case, caseName, type Dataset } from "./dataset.js";

/** An image, or a stack of slices, in its own grid. */
export interface StoredCase {
  readonly one: Case;
  readonly grid: Grid;
}

/**
 * How many images a frame squeezes, the worst of them, and what keeps their shape; null where none is squeezed by more than
 * 10 %.
 * @param which stands behind the number of all images, as in `12 images read for training`
 */
export function squeezedText(
  images: readonly StoredCase[],
  frame: Frame,
  { path }: Pick<Dataset, "path">,
  which = "",
): string | null {
  const changed = images
    .map((image) => ({ ...image, times: squeeze(image.grid, frame) }))
    .filter(({ times }) => times > keptShape);
  if (changed.length === 0) return null;
  const worst = changed.reduce((so, image) => (image.times > so.times ? image : so));
  return (
    `${changed.length} of ${counted(images.length, "image")}${which} ${changed.length === 1 ? "is" : "are"} squeezed by more ` +
    `than 10 % to ${frameText(frame)}, most ${caseName(worst.one)} of ${shapeText(worst.grid)} (${worst.times.toFixed(2)} ` +
    `times); mode: pad under resize in ${path} keeps their shape, with black beside them`
  );
}
