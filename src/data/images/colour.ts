/** Between grey and RGB images. On 8 and 16 bits exact integer arithmetic, the same as Pillow's. */
import { voxelCount } from "../../grid/grid.js";
import { plane, type Samples, type StoredImage, samplesLike } from "../../grid/stored-image.js";

/** Luma of Pillow's "L" conversion, rounded to nearest; of values below 2^16. */
export function luma(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >>> 16;
}

function isSmallInteger(samples: Samples): boolean {
  return samples instanceof Uint8Array || samples instanceof Uint16Array;
}

/** The image as grey: RGB becomes ITU-R 601 luma as in Pillow, grey is passed through. */
export function toGrey(image: StoredImage): StoredImage {
  if (image.channels === 1) return image;
  const [red, green, blue] = [0, 1, 2].map((channel) => plane(image, channel));
  const lumaOf = isSmallInteger(image.samples)
    ? luma
    : (r: number, g: number, b: number) => 0.299 * r + 0.587 * g + 0.114 * b;
  const grey = samplesLike(image.samples, voxelCount(image.grid));
  for (let i = 0; i < grey.length; i++) grey[i] = lumaOf(red[i], green[i], blue[i]);
  return { grid: image.grid, channels: 1, samples: grey };
}

/** The image with 1 or 3 channels: grey is repeated, RGB becomes luma. One that has as many as are wanted is passed through. */
export function toChannels(image: StoredImage, channels: number): StoredImage {
  if (image.channels === channels) return image;
  if (channels === 1) return toGrey(image);
  const { grid, samples } = image;
  const repeated = samplesLike(samples, 3 * samples.length);
  for (let c = 0; c < 3; c++) repeated.set(samples, c * samples.length);
  return { grid, channels, samples: repeated };
}

/** True when an RGB image holds equal channels everywhere, as grey saved as RGB does. */
export function isGrey(image: StoredImage): boolean {
  if (image.channels === 1) return true;
  const [red, green, blue] = [0, 1, 2].map((channel) => plane(image, channel));
  for (let i = 0; i < red.length; i++) if (red[i] !== green[i] || red[i] !== blue[i]) return false;
  return true;
}
