/** Grey values of an image, for tools that go by them. */

/** Rec. 601 luma of each pixel, 0 to 255; a grey image keeps its values. */
export function greyOf(rgba: Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(rgba.length / 4);
  for (let i = 0, at = 0; i < grey.length; i++, at += 4)
    grey[i] = (299 * rgba[at] + 587 * rgba[at + 1] + 114 * rgba[at + 2] + 500) / 1000;
  return grey;
}
