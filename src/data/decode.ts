/**
 * From a case's files to the arrays that training and evaluation use: decoded, checked against each other, resized
 * to the data set's square, 8 bits.
 */
import { DataError } from "../core/errors.js";
import { resizeFiltered, resizeNearest } from "../grid/resize.js";
import type { Case, Dataset } from "./dataset.js";
import { createLabelDecoder, expandCodes, type LabelDecoder } from "./labels.js";
import { type Raster, toChannels, toPlanes } from "./readers/raster.js";
import { decodeImage, readBytes } from "./readers/read-image.js";

/** A case ready for use. The arrays belong to the caller unless a cache says otherwise. */
export interface DecodedCase {
  /** `[C, H, W]`, 0 … 255. */
  readonly image: Uint8Array;
  /** softmax: class numbers `[H, W]`; sigmoid: 0/1 `[K, H, W]`; missing for an unlabelled case. */
  readonly label?: Uint8Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Size of the stored image. */
  readonly originalHeight: number;
  readonly originalWidth: number;
}

type ImageRule = Pick<Dataset, "path" | "channels" | "filter" | "intensity">;

const decoders = new WeakMap<Dataset, LabelDecoder>();

/** The data set's label decoder, made once. */
export function labelDecoder(dataset: Dataset): LabelDecoder {
  let decoder = decoders.get(dataset);
  if (!decoder) {
    decoder = createLabelDecoder(dataset);
    decoders.set(dataset, decoder);
  }
  return decoder;
}

/**
 * Samples as 0 … 255: those of a 16-bit image mapped by the data set's `intensity`, those of an 8-bit image as they are.
 * @throws DataError for a 16-bit image without an `intensity` rule
 */
export function toBytes(raster: Raster, rule: ImageRule, file: string): Uint8Array {
  const { samples } = raster;
  if (samples instanceof Uint8Array) return samples;
  if (!rule.intensity) {
    throw new DataError(
      `${file}: has 16 bits a sample; add intensity: {low, high} to ${rule.path}, the values that become 0 and 255`,
    );
  }
  const { low, high } = rule.intensity;
  const bytes = new Uint8Array(samples.length);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Math.min(255, Math.max(0, Math.floor(((samples[i] - low) / (high - low)) * 255 + 0.5)));
  return bytes;
}

/**
 * An image `[C, size, size]` as the network sees it, from a decoded file.
 * @throws DataError for a 16-bit image without an `intensity` rule
 */
export function prepareImage(raster: Raster, rule: ImageRule, size: number, file: string): Uint8Array {
  const shaped = toChannels(raster, rule.channels);
  const bytes = toBytes(shaped, rule, file);
  return toPlanes(resizeFiltered(bytes, shaped, size, size, rule.filter), rule.channels);
}

/**
 * Class codes `[H, W]` of a mask at its stored size.
 * @throws DataError when the mask's size differs from the image's or it holds an unknown value
 */
export async function decodeMask(
  dataset: Dataset,
  one: Case,
  bytes: Uint8Array,
  image: Pick<Raster, "height" | "width">,
): Promise<Int32Array> {
  const file = one.maskPath as string;
  const decoder = labelDecoder(dataset);
  const mask = await decodeImage(bytes, file, decoder.palette);
  if (mask.height !== image.height || mask.width !== image.width)
    throw new DataError(
      `${file}: the mask is ${mask.width} x ${mask.height} pixels, but its image ${one.imagePath} is ` +
        `${image.width} x ${image.height}; pair it with the right image or resize it`,
    );
  return decoder.decode(mask, file);
}

/** A case's files as read from the disk. */
export interface CaseBytes {
  readonly image: Uint8Array;
  readonly mask?: Uint8Array;
}

/** Reads a case's files. @throws DataError when one is missing or unreadable */
export async function readCaseBytes(one: Case): Promise<CaseBytes> {
  const image = await readBytes(one.imagePath);
  return one.maskPath === undefined ? { image } : { image, mask: await readBytes(one.maskPath) };
}

/** {@link decodeCase} for bytes that are already in memory. */
export async function decodeCaseBytes(
  dataset: Dataset,
  one: Case,
  size: number,
  bytes: CaseBytes,
): Promise<DecodedCase> {
  const raster = await decodeImage(bytes.image, one.imagePath);
  const codes = bytes.mask && (await decodeMask(dataset, one, bytes.mask, raster));
  return {
    image: prepareImage(raster, dataset, size, one.imagePath),
    ...(codes ? { label: expandCodes(resizeNearest(codes, { ...raster, channels: 1 }, size, size), dataset) } : {}),
    channels: dataset.channels,
    height: size,
    width: size,
    originalHeight: raster.height,
    originalWidth: raster.width,
  };
}

/**
 * Reads, decodes, checks and resizes one case: image `[C, size, size]` 8 bits; label `[size, size]` class numbers
 * (softmax) or `[K, size, size]` 0/1 (sigmoid), missing for an unlabelled case.
 * @throws DataError when a file is missing, truncated, corrupt or hostile, the mask's size differs from the image's,
 *   a label value is unknown, or a 16-bit image has no `intensity` rule
 */
export async function decodeCase(dataset: Dataset, one: Case, size = dataset.size): Promise<DecodedCase> {
  return decodeCaseBytes(dataset, one, size, await readCaseBytes(one));
}
