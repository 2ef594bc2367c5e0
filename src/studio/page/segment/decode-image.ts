/**
 * Images as browsers decode them, without conversion of colours. A browser keeps 8 bits a sample, and no colour under
 * transparency; what would lose values by that is refused, since the mask would not be that of `dimseg predict`.
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
const volumeEnding = /\.(nii(\.gz)?|nrrd|nhdr|mha|mhd|dcm|dicom|h5|hdf5)$/i;
const pngStart = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Of a PNG file: where it says its bits a sample. */
const pngDepthAt = 24;

async function refuseDeepPng(file: File): Promise<void> {
  const head = new Uint8Array(await file.slice(0, pngDepthAt + 1).arrayBuffer());
  if (pngStart.every((byte, i) => head[i] === byte) && head[pngDepthAt] === 16)
    throw new DataError(
      `${file.name}: has 16 bits a sample, of which a browser keeps 8; segment it with \`dimseg predict\``,
    );
}

async function bitmapOf(file: File): Promise<ImageBitmap> {
  try {
    // Turned as the file says, which is the default, and nothing else.
    return await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  } catch (cause) {
    throw new DataError(
      `${file.name}: is no image that this browser reads; give it a PNG, JPEG or WebP file, or segment it with \`dimseg predict\``,
      { cause },
    );
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
 * Decodes an image file.
 * @throws DataError for volumes, files that are no images, and images of which a browser keeps less than the file has
 */
export async function decodeImage(file: File): Promise<DecodedImage> {
  const { name } = file;
  if (volumeEnding.test(name))
    throw new DataError(`${name}: is a volume, and this network is of pictures; give it PNG, JPEG or WebP files`);
  await refuseDeepPng(file);
  const bitmap = await bitmapOf(file);
  try {
    const pixels = pixelsOf(bitmap, name);
    const count = bitmap.width * bitmap.height;
    const samples = new Uint8Array(3 * count);
    for (let i = 0; i < count; i++) {
      if (pixels[4 * i + 3] !== 255)
        throw new DataError(
          `${name}: is transparent in places, where a browser keeps no colour; segment it with \`dimseg predict\`, or save it without`,
        );
      for (let c = 0; c < 3; c++) samples[c * count + i] = pixels[4 * i + c];
    }
    return { stored: { grid: makeGrid(name, [bitmap.height, bitmap.width]), channels: 3, samples }, pixels };
  } finally {
    bitmap.close();
  }
}
