/** Decoders hand out grey of 1, 2 and 4 bits as 0 to 255. Numbers of a palette are wanted as they are stored. */
import type { StoredImage } from "../../grid/stored-image.js";

/** The numbers 0 to 2^bits - 1 of an image that a decoder stretched to 0 to 255; one of 8 or 16 bits is handed back. */
export function unstretched(image: StoredImage, bits: number): StoredImage {
  if (bits >= 8) return image;
  const scale = 255 / (2 ** bits - 1);
  return { ...image, samples: image.samples.map((sample) => sample / scale) };
}
