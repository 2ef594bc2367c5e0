/** From an upload to its mask, in a worker: the same reading, network and writing as `dimseg predict`. */
import { writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "../../core/errors.js";
import { writeFailure } from "../../core/files/atomic-file.js";
import type { Dataset } from "../../data/dataset.js";
import { readStart, withFile } from "../../data/file-bytes.js";
import { maxVolumeBytes, sniffBytes, startsWith } from "../../data/formats/format.js";
import { sniffFormat } from "../../data/formats/registry.js";
import { classFolder } from "../../inference/write/encode-prediction.js";
import type { EstimatedCase } from "../../quality/estimate.js";
import type { Observer } from "../observer.js";
import { wholeImages } from "../prediction/channel-files.js";
import type { ImageQuality } from "../prediction/image-quality.js";
import { type InputImage, listInputs } from "../prediction/inputs.js";
import type { Segmenter } from "../prediction/segmenter.js";
import { segmentingOf } from "../prediction/segmenting.js";
import { listVolumes } from "../prediction/series-inputs.js";
import { type PartQuality, type Segmented, type Upload, uploadName } from "./messages.js";
import { unpackZip } from "./unpack.js";

/** What answers uploads. */
export interface ServedModel {
  readonly segmenter: Segmenter;
  /** Null where estimates were not asked for. */
  readonly quality: ImageQuality | null;
}

/** The slices of a series are many; what is unpacked of one request is no more than a volume may have. */
const unpackLimits = { files: 10_000, bytes: maxVolumeBytes };

/** How the mask is called in the upload's folder. */
const maskName = "mask";

/** The file under a name that its contents ask for, or the folder that it was unpacked to. */
async function contentsOf(folder: string): Promise<string> {
  const upload = join(folder, uploadName);
  const head = await withFile(upload, (handle, size) => readStart(handle, Math.min(size, sniffBytes)));
  if (startsWith(head, "PK\u0003\u0004")) {
    const files = join(folder, "files");
    await unpackZip(upload, files, unpackLimits);
    return files;
  }
  const [ending] = sniffFormat(head)?.extensions ?? [];
  const path = join(folder, ending === undefined ? "image" : `image.${ending}`);
  await rename(upload, path);
  return path;
}

/** The one image of an upload. @throws DataError when it holds none, several, or a part of one */
async function onlyImage(path: string, dataset: Dataset, observer: Observer): Promise<InputImage> {
  const { images } = dataset.slices ? await listVolumes([path], observer) : listInputs([path]);
  const whole = await wholeImages(images, dataset);
  if (whole.incomplete.length > 0) throw new DataError(whole.incomplete[0]);
  const [image, second] = whole.images;
  if (second === undefined) return image;
  throw new DataError(
    `the upload holds ${whole.images.length} images (${image.name}, ${second.name}${whole.images.length > 2 ? ", ..." : ""}); send one at a time`,
  );
}

function qualityOf({ parts }: EstimatedCase): PartQuality[] {
  return parts.map(({ part, dice, low, high, doubtful }) => ({
    ...{ part, dice: Number.isNaN(dice) ? null : dice, low, high, doubtful },
  }));
}

/**
 * Segments an upload into a file in its folder.
 * @throws DataError when it cannot be read as one image of the model's kind; NumericError, ResourceError as predicting does.
 *   Messages hold no path of the machine
 */
export async function segmentUpload(model: ServedModel, upload: Upload, observer: Observer): Promise<Segmented> {
  const { segmenter, quality } = model;
  const { folder, format, part } = upload;
  const path = await contentsOf(folder);
  const image = await onlyImage(path, segmenter.dataset, observer);
  const { files, segment } = segmentingOf(segmenter, { overlay: false, probabilities: false, format });
  const wanted = part === undefined ? "masks" : classFolder(part);
  const kind = files.find((one) => one.folder === wanted);
  if (kind === undefined) throw new Error(`internal: there are no results called ${wanted}`);
  const mask = join(folder, maskName);
  await segment(image, (file, chunks) => {
    if (file.folder === wanted) writeMask(mask, chunks);
  });
  // A series is read again by its folder, which holds nothing else.
  const asked = upload.quality && quality ? await quality.estimate(image.series ? { ...image, path } : image) : null;
  return { file: mask, extension: kind.extension, quality: asked && qualityOf(asked) };
}

/** Nobody else sees the file before it is whole, and it is gone with the request: so it is written plainly. */
function writeMask(path: string, chunks: readonly Uint8Array[]): void {
  try {
    writeFileSync(path, Buffer.concat(chunks));
  } catch (cause) {
    throw writeFailure(path, cause);
  }
}
