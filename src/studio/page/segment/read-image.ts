/** An image that was given, whatever it is: decoded by the browser where that keeps all of it, else read by the studio. */
import { unframed } from "../../../core/formats/framed-bytes.js";
import type { AskedSet } from "../../../data/asked-set.js";
import { toBytes } from "../../../data/images/prepare-image.js";
import { plane, type StoredImage, viewSamples } from "../../../grid/stored-image.js";
import type { DroppedImage } from "../../../workflows/studio/shown/dropped.js";
import { postBytes } from "../parts/server.js";
import { type DecodedImage, decodeImage } from "./decode-image.js";
import type { GivenImage } from "./messages.js";
import { zipOf } from "./zip.js";

/** An image as it was read. */
export interface ReadImage extends Pick<DroppedImage, "start"> {
  readonly stored: StoredImage;
  /** RGBA side by side of a picture that the browser decoded. */
  readonly pixels: DecodedImage["pixels"] | null;
}

/** Reads an image in the studio, where it stays for as long as that takes. */
async function readThere({ name, files }: GivenImage, address: string, signal: AbortSignal): Promise<ReadImage> {
  const body = files.length === 1 ? files[0] : await zipOf(files);
  const path = `${address}/read?name=${encodeURIComponent(name)}`;
  const { head, bytes } = unframed(new Uint8Array(await postBytes(path, body, signal)));
  const { grid, channels, sampleType, start } = head as DroppedImage;
  return { stored: { grid, channels, samples: viewSamples(bytes, sampleType) }, pixels: null, start };
}

/**
 * Reads an image.
 * @param address of the run's export
 * @throws Error with a sentence for people
 */
export async function readImage(
  image: GivenImage,
  { slices, channelNames }: AskedSet,
  address: string,
  signal: AbortSignal,
): Promise<ReadImage> {
  // Colours are three channels to a browser, whatever they are to the network.
  const isPicture = !slices && !channelNames && image.files.length === 1;
  const decoded = isPicture ? await decodeImage(image.files[0]) : null;
  return decoded ? { ...decoded, start: null } : readThere(image, address, signal);
}

/** A picture that was read elsewhere as pixels to show: in colours where it has them, else its first channel. */
export function shownPixels(image: StoredImage, set: AskedSet, name: string): Uint8ClampedArray<ArrayBuffer> {
  const [height, width] = image.grid.shape;
  const count = height * width;
  const isColour = image.channels === 3 && !set.channelNames;
  const shown = isColour ? image : { ...image, channels: 1, samples: plane(image, 0) };
  const bytes = toBytes(shown, set, name);
  const pixels = new Uint8ClampedArray(4 * count).fill(255);
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) pixels[4 * i + c] = bytes[isColour ? c * count + i : i];
  return pixels;
}
