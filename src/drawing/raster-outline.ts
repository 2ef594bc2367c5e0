/** Outlines of masks in the pixels of a picture, for files that hold no lines: overlays and contact sheets. */

/** The object without its pixels that touch, side by side, one outside of it; beyond the picture counts as object. */
function eroded(mask: Uint8Array, height: number, width: number): Uint8Array {
  const result = mask.slice();
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const touches =
        (x > 0 && mask[i - 1] === 0) ||
        (x < width - 1 && mask[i + 1] === 0) ||
        (y > 0 && mask[i - width] === 0) ||
        (y < height - 1 && mask[i + width] === 0);
      if (touches) result[i] = 0;
    }
  return result;
}

/**
 * Marks the rim of an object on a picture, inside of the object.
 * @param picture RGB `[H, W, 3]`, changed in place
 * @param mask `[H, W]`, non-zero inside
 * @param colour three bytes
 * @param strokes width of the rim in pixels
 */
export function paintRim(
  picture: Uint8Array,
  mask: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
  colour: readonly [number, number, number],
  strokes = 1,
): void {
  let inner = mask;
  for (let i = 0; i < strokes; i++) inner = eroded(inner, height, width);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0 && inner[i] === 0) picture.set(colour, 3 * i);
}
