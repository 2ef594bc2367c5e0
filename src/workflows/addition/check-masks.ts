/** Looks at drawn masks as `dimseg data check` looks at those of a data set. */
import { counted } from "../../core/counted.js";
import { DataError, UsageError } from "../../core/errors.js";
import { examineCase } from "../../data/check/examine.js";
import { examineVolume } from "../../data/check/examine-volume.js";
import { caseName, type Dataset, labelsOf } from "../../data/dataset.js";
import { imageFiles } from "../../data/images/read-image.js";
import { predictedLabels, withMask } from "../../data/masks/added-masks.js";
import { hasSlices } from "../../data/volumes/decode-volume.js";
import type { Observer } from "../observer.js";
import type { DrawnMask } from "./match.js";

/** What the values of drawn masks mean: as in the data set's own masks, or as in those of `dimseg predict`. */
export type MaskValues = "dataset" | "predicted";

/** @throws UsageError for masks that lie in several files each */
async function refuseSeveralFiles({ path, case: one }: DrawnMask, dataset: Dataset, values: MaskValues): Promise<void> {
  if (values === "dataset" && labelsOf(dataset, one.domain).kind === "files")
    throw new UsageError(
      `${path}: masks of domain ${one.domain} have a file for each class; draw one file with class numbers and add --as-predicted`,
    );
  if ((await imageFiles(path)).length > 1)
    throw new UsageError(
      `${path}: its values lie in another file; save the mask as one file, such as .nii.gz or .nrrd`,
    );
}

/**
 * Decodes each mask with its image: do they fit, does the label rule know every value.
 * @throws DataError naming the first mask that cannot be used and the number of others; UsageError for masks in several files
 */
export async function checkMasks(
  masks: readonly DrawnMask[],
  dataset: Dataset,
  values: MaskValues,
  { warn, progress }: Observer,
): Promise<void> {
  const labels = values === "predicted" ? predictedLabels(dataset) : undefined;
  const errors: string[] = [];
  for (const [done, mask] of masks.entries()) {
    await refuseSeveralFiles(mask, dataset, values);
    const one = withMask(mask.case, mask.path, labels);
    const { problems, foreground } = await (hasSlices(dataset)
      ? examineVolume(dataset, one)
      : examineCase(dataset, one));
    for (const { severity, message } of problems) {
      if (severity === "error") errors.push(message);
      else warn(message);
    }
    if (foreground === 0) warn(`${mask.path}: is empty: ${caseName(one)} counts as an image that shows no class`);
    progress("checking", done + 1, masks.length);
  }
  if (errors.length === 0) return;
  const more = errors.length > 1 ? ` (and ${counted(errors.length - 1, "further mistake")})` : "";
  throw new DataError(`${errors[0]}${more}; nothing was added`);
}
