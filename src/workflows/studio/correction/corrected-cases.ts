/** The cases of a data set whose masks were drawn or corrected in the studio. */
import type { Dataset } from "../../../data/dataset.js";
import { correctionsFolder } from "./mask-place.js";
import { CorrectionRecord } from "./record.js";

/** When each was last corrected, in milliseconds since 1970, by `domain/split/id`. */
export function correctedCases(dataset: Dataset): ReadonlyMap<string, number> {
  const lines = new CorrectionRecord(correctionsFolder(dataset)).lines();
  return new Map(lines.map((line) => [line.case, Date.parse(line.at)]));
}
