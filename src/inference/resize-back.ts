/**
 * Probabilities resized to an image of any size, of a large one some columns at a time: 4 bytes a class and pixel would
 * be a gigabyte of an 8192 x 8192 mask. Shape letters: K classes, H and W the image's sides.
 */
import { scope, type Tensor, upsampleBilinear2d } from "../torch/index.js";

/** Values that are resized at once, as far as columns can be told apart. */
const valuesAtOnce = 2 ** 23;

/**
 * Whether rows and columns can be resized one after the other with the same bits as both at once. libtorch's kernel for
 * planes weighs along rows first and then these results along columns; that for values of classes side by side (three
 * classes, and more where they are stored so) weighs four neighbours by products.
 */
function isSeparable(probabilities: Tensor): boolean {
  const [, classes, height, width] = probabilities.shape;
  const { strides } = probabilities;
  return classes < 3 || (classes > 3 && strides[1] === height * width && strides[3] === 1);
}

/**
 * Resizes probabilities [1, K, h, w] bilinearly to [1, K, H, W] and hands them out in bands of columns, from left to
 * right; of an image that is small enough as one. Bits do not depend on the bands.
 * @param take gets [1, K, H, columns], which is gone when it returns, and the first column's number
 */
export function resizeBack(
  probabilities: Tensor,
  [height, width]: readonly [height: number, width: number],
  take: (band: Tensor, first: number) => void,
): void {
  const [, classes, rows] = probabilities.shape;
  const columns = isSeparable(probabilities) ? Math.max(128, Math.floor(valuesAtOnce / (classes * height))) : width;
  if (columns >= width) {
    scope(() => take(upsampleBilinear2d(probabilities, [height, width], false, null), 0));
    return;
  }
  scope(() => {
    const wide = upsampleBilinear2d(probabilities, [rows, width], false, null);
    for (let first = 0; first < width; first += columns) {
      const count = Math.min(columns, width - first);
      scope(() => take(upsampleBilinear2d(wide.narrow(3, first, count), [height, count], false, null), first));
    }
  });
}
