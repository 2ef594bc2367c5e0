/** From an upload to its mask, in a worker: the same reading, network and writing as `dimseg predict`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFailure } from "../../core/files/atomic-file.js";
import { classFolder } from "../../inference/write/encode-prediction.js";
import type { EstimatedCase } from "../../quality/estimate.js";
import type { Observer } from "../observer.js";
import type { ImageQuality } from "../prediction/image-quality.js";
import type { Segmenter } from "../prediction/segmenter.js";
import { segmentingOf } from "../prediction/segmenting.js";
import type { PartQuality, Segmented, Upload } from "./messages.js";
import { contentsOf, onlyImage } from "./upload-image.js";

/** What answers uploads. */
export interface ServedModel {
  readonly segmenter: Segmenter;
  /** Null where estimates were not asked for. */
  readonly quality: ImageQuality | null;
}

/** How the mask is called in the upload's folder. */
const maskName = "mask";

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
