/**
 * Images whose channels (modalities) lie in files of their own, as one image: all channels on the grid of the first. Nothing
 * is resampled here; a channel that lies elsewhere is refused.
 */
import { counted } from "../../core/counted.js";
import { DataError } from "../../core/errors.js";
import { sameGrid, shapeText } from "../../grid/grid.js";
import { newSamples, type SampleType, type StoredImage, sampleType, sampleWords } from "../../grid/stored-image.js";
import { type Case, channelFilesOf } from "../case-files.js";
import { toGrey } from "./colour.js";
import { decodeImage, readBytes, readVolume } from "./read-image.js";

/** What of a case says where its channels lie. */
export type ChannelFiles = Pick<Case, "imagePath" | "furtherChannels">;

/** A file that holds one channel, as it was read. */
interface ReadChannel {
  readonly file: string;
  readonly image: StoredImage;
}

/** Types whose values float32 holds exactly. */
const small: readonly SampleType[] = ["uint8", "int8", "uint16", "int16", "float32"];

/** The type that holds the values of all. */
function commonType(types: readonly SampleType[]): SampleType {
  if (types.every((type) => type === types[0])) return types[0];
  return types.every((type) => small.includes(type)) ? "float32" : "float64";
}

/** @throws DataError for a file that cannot be a channel beside the first one */
function requireFit({ file, image }: ReadChannel, first: ReadChannel): void {
  if (image.channels !== 1)
    throw new DataError(
      `${file}: holds ${counted(image.channels, "channel")}, but with furtherChannels every file holds one; divide it, or ` +
        "leave furtherChannels out where one file holds all channels",
    );
  const [size, firstSize] = [image.grid, first.image.grid].map(shapeText);
  if (size !== firstSize)
    throw new DataError(
      `${file}: the channel is ${size}, but the first one, ${first.file}, is ${firstSize}; resample it to that one's grid`,
    );
  if (!sameGrid(image.grid, first.image.grid))
    throw new DataError(
      `${file}: the channel has another spacing or place than the first one, ${first.file}; register it and resample it to ` +
        "that one's grid",
    );
}

/**
 * The channels of one image, each from a file of its own, as `[C, ...S]` on the first one's grid.
 * @throws DataError when a file holds several channels, or its size, spacing or place is not the first one's
 */
function joinChannels(read: readonly ReadChannel[]): StoredImage {
  const [first] = read;
  for (const one of read) requireFit(one, first);
  const { length } = first.image.samples;
  const samples = newSamples(commonType(read.map(({ image }) => sampleType(image.samples))), read.length * length);
  read.forEach(({ image }, channel) => {
    samples.set(image.samples, channel * length);
  });
  const alpha = read.find(({ image }) => image.alpha)?.image.alpha;
  return { grid: first.image.grid, channels: read.length, samples, ...(alpha ? { alpha } : {}) };
}

/**
 * Reads a volume with all its channels, `[C, z, y, x]`, from one file or from one for each; a DICOM series in a folder
 * counts as a file.
 * @throws DataError as readVolume, and when a file holds several channels or lies on another grid than the first
 */
export async function readVolumeChannels(one: ChannelFiles): Promise<StoredImage> {
  const files = channelFilesOf(one);
  if (files.length === 1) return readVolume(files[0]);
  const read: ReadChannel[] = [];
  for (const file of files) read.push({ file, image: await readVolume(file) });
  return joinChannels(read);
}

/**
 * Decodes a picture with all its channels, `[C, H, W]`: one file as {@link decodeImage} does, several as grey each.
 * @param bytes of the files in their order
 * @throws DataError as decodeImage, and when a file has another size, spacing or number of bits than the first
 */
export async function decodePictureChannels(one: ChannelFiles, bytes: readonly Uint8Array[]): Promise<StoredImage> {
  const files = channelFilesOf(one);
  if (files.length === 1) return decodeImage(bytes[0], files[0]);
  const read: ReadChannel[] = [];
  for (const [i, file] of files.entries()) read.push({ file, image: toGrey(await decodeImage(bytes[i], file)) });
  const words = ({ image }: ReadChannel) => sampleWords(image.samples);
  const other = read.find((one) => words(one) !== words(read[0]));
  if (other)
    throw new DataError(
      `${other.file}: has ${words(other)}, but the first channel, ${files[0]}, has ${words(read[0])}; save all channels of ` +
        "an image alike",
    );
  return joinChannels(read);
}

/** Reads a picture with all its channels. @throws DataError as readBytes and {@link decodePictureChannels} */
export async function readPictureChannels(one: ChannelFiles): Promise<StoredImage> {
  const bytes: Uint8Array[] = [];
  for (const file of channelFilesOf(one)) bytes.push(await readBytes(file));
  return decodePictureChannels(one, bytes);
}
