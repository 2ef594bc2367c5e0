/** An image that was dropped into the studio's page and that browsers do not decode, read for it as `dimseg predict` reads it. */
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bytesText } from "../../../core/bytes-text.js";
import { DataError } from "../../../core/errors.js";
import { writeFailure } from "../../../core/files/atomic-file.js";
import { frameHead } from "../../../core/formats/framed-bytes.js";
import { shellWord } from "../../../core/shell-word.js";
import type { Dataset } from "../../../data/dataset.js";
import { startOf } from "../../../data/file-bytes.js";
import { sniffBytes } from "../../../data/formats/format.js";
import { niftiFormat } from "../../../data/formats/nifti/nifti.js";
import { readHeader } from "../../../data/images/read-image.js";
import { openExported } from "../../../export/exported-model.js";
import { shapeText } from "../../../grid/grid.js";
import { sampleBytes, sampleType } from "../../../grid/stored-image.js";
import { type ComingImage, plainWork } from "../../../inference/plain/volume-work.js";
import type { InputImage } from "../../prediction/inputs.js";
import { readInput } from "../../prediction/read-input.js";
import { contentsOf, onlyImage } from "../../serving/upload-image.js";
import type { DroppedImage } from "../shown/dropped.js";

/** What a page takes of its tab's memory for one image. */
const mostTabBytes = 1.5 * 2 ** 30;

/** What was dropped. */
export interface Dropped {
  /** Holds the file `upload` (serving/messages.ts) and takes what comes of it; nothing else is in it. */
  readonly folder: string;
  /** Folder of the exported network that is to see it. */
  readonly exported: string;
}

const silent = { warn: () => {}, progress: () => {} };

/** What is known before an image is read. @throws DataError when a header cannot be read */
async function coming(image: InputImage): Promise<ComingImage> {
  if (image.series) return image.series;
  const header = await readHeader(image.path);
  const { furtherChannels = [] } = image;
  return { ...header, channels: furtherChannels.length > 0 ? 1 + furtherChannels.length : header.channels };
}

/** @throws DataError for a volume where pictures are wanted, and for an image that a tab has no memory for */
function checkComing(one: ComingImage, dataset: Dataset, sides: readonly number[], path: string, exported: string) {
  if (!dataset.slices && one.grid.shape.length === 3)
    throw new DataError(`${path}: is a volume, and this network is of pictures; give it pictures`);
  const { bytes } = plainWork(one, dataset, sides, path);
  if (bytes <= mostTabBytes) return;
  throw new DataError(
    `${path}: has ${shapeText(one.grid)} voxels, for which the page would take ${bytesText(bytes)} of memory, more than the ` +
      `${bytesText(mostTabBytes)} that it may; segment it with \`dimseg predict ${shellWord(exported)} FILE\``,
  );
}

/** The beginning of a NIfTI file, from which masks take their place. */
async function placeOf({ path, series }: InputImage): Promise<string | null> {
  if (series) return null;
  const start = await startOf(path, sniffBytes);
  return niftiFormat.sniff(start) ? Buffer.from(start).toString("base64") : null;
}

/**
 * Reads what was dropped into a file in its folder: a {@link DroppedImage} with its samples, as framed bytes.
 * @returns the file
 * @throws DataError when it is not one image of the network's kind, cannot be read, or is larger than pages segment;
 *   CheckpointError, UsageError when the export is gone or damaged. Messages name the file as it lies in the folder
 */
export async function readDropped({ folder, exported }: Dropped): Promise<string> {
  const { dataset, sides } = openExported(exported).description;
  const image = await onlyImage(await contentsOf(folder), dataset, silent);
  checkComing(await coming(image), dataset, sides, image.path, exported);
  const { grid, channels, samples } = await readInput(image, dataset);
  const head: DroppedImage = { grid, channels, sampleType: sampleType(samples), start: await placeOf(image) };
  const file = join(folder, "read");
  try {
    await pipeline(Readable.from([frameHead(head), sampleBytes(samples)]), createWriteStream(file));
  } catch (cause) {
    throw writeFailure(file, cause);
  }
  return file;
}
