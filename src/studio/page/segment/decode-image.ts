/**
 * Pictures as browsers decode them, without conversion of colours. A browser keeps 8 bits a sample, and no colour under
 * transparency; what would lose values by that is not decoded here (read-image.ts).
 */
import { DataError } from "../../../core/errors.js";
import { makeGrid } from "../../../grid/grid.js";
import type { StoredImage } from "../../../grid/stored-image.js";

/** An image's channels, and its pixels to show. */
export interface DecodedImage {
  /** RGB; of grey images three equal channels. */
  readonly stored: StoredImage;
  /** RGBA side by side. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** Larger ones take more memory than a tab has. */
const mostPixels = 2 ** 26;
/** Of a PNG file: where it says its bits a sample. */
const pngDepthAt = 24;
/** What files of the formats begin with; null: any byte. */
const starts: readonly (readonly (number | null)[])[] = [
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  [0xff, 0xd8, 0xff],
  [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50],
];

/** Whether a file may be a picture of which a browser loses nothing. */
async function mayBeWhole(file: File): Promise<boolean> {
  const head = new Uint8Array(await file.slice(0, pngDepthAt + 1).arrayBuffer());
  const at = starts.findIndex((start) => start.every((byte, i) => byte === null || head[i] === byte));
  return at > 0 || (at === 0 && head[pngDepthAt] <= 8);
}

async function bitmapOf(file: File): Promise<ImageBitmap | null> {
  try {
    // Turned as the file says, which is the default, and nothing else.
    return await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch {
    // Whoever reads it next says what is wrong with it.
    return null;
  }
}

function pixelsOf(bitmap: ImageBitmap, name: string): Uint8ClampedArray<ArrayBuffer> {
  const { width, height } = bitmap;
  if (width * height > mostPixels)
    throw new DataError(
      `${name}: has ${width} x ${height} pixels, more than ${mostPixels / 2 ** 20} million; segment it with \`dimseg predict\``,
    );
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (!context) throw new DataError(`${name}: the browser has no memory for its pixels; close other pages`);
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer>;
}

/**
 * Decodes a picture.
 * @returns null for every other file, and for pictures of which a browser keeps less than the file has
 * @throws DataError for one that is too large
 */
export async function decodeImage(file: File): Promise<DecodedImage | null> {
  const bitmap = (await mayBeWhole(file)) ? await bitmapOf(file) : null;
  if (!bitmap) return null;
  try {
    const pixels = pixelsOf(bitmap, file.name);
    const count = bitmap.width * bitmap.height;
    const samples = new Uint8Array(3 * count);
    for (let i = 0; i < count; i++) {
      if (pixels[4 * i + 3] !== 255) return null;
      for (let c = 0; c < 3; c++) samples[c * count + i] = pixels[4 * i + c];
    }
    return { stored: { grid: makeGrid(file.name, [bitmap.height, bitmap.width]), channels: 3, samples }, pixels };
  } finally {
    bitmap.close();
  }
}
