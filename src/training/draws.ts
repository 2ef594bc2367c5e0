/** Everything that the batches of a run can draw from. */
import { DataError } from "../core/errors.js";
import type { Case } from "../data/dataset.js";
import { drawables } from "../data/volumes/case-slices.js";
import type { TrainingDraws } from "./batches.js";
import type { TrainingSession } from "./session.js";

/**
 * The pictures, slices or volumes of a session's labelled and unlabelled cases.
 * @throws DataError when no labelled slice shows a part and all others are dropped
 */
export async function drawsOf({
  split,
  usesUnlabelled,
  dataset,
  cache,
  patch,
}: Pick<TrainingSession, "split" | "usesUnlabelled" | "dataset" | "cache" | "patch">): Promise<TrainingDraws> {
  if (patch) {
    const whole = (cases: readonly Case[]) => cases.map((one) => ({ case: one }));
    return { labelled: whole(split.labelled), unlabelled: usesUnlabelled ? whole(split.unlabelled) : [] };
  }
  const labelled = await drawables(split.labelled, true, dataset, cache);
  if (labelled.length === 0)
    throw new DataError(
      `${dataset.path}: no slice of the labelled volumes shows a class, and emptySlices: drop leaves out the others; ` +
        "label more of them, or keep empty slices",
    );
  return { labelled, unlabelled: usesUnlabelled ? await drawables(split.unlabelled, false, dataset, cache) : [] };
}
