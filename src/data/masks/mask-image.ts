/** Masks that were drawn into the alpha channel, as image editors export a selection or a layer over nothing. */
import { plane, type Samples, type StoredImage } from "../../grid/stored-image.js";

function isOneValue(samples: Samples): boolean {
  return samples.every((sample) => sample === samples[0]);
}

/** Whether an image has one colour throughout and is not opaque everywhere, so that only its alpha can mean something. */
export function isDrawnInAlpha(image: StoredImage): boolean {
  if (!image.alpha) return false;
  return Array.from({ length: image.channels }, (_, channel) => plane(image, channel)).every(isOneValue);
}

/** A mask's numbers as an image: its alpha where it is drawn there ({@link isDrawnInAlpha}), else the image itself. */
export function maskImage(image: StoredImage): StoredImage {
  return isDrawnInAlpha(image) ? { grid: image.grid, channels: 1, samples: image.alpha as Samples } : image;
}
