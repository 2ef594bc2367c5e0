/**
 * What a trained network must know of its data set when the images are elsewhere: classes, channels, intensities.
 * Written into the run folder, so that a run can be moved and still predict.
 */
import { readFileSync } from "node:fs";
import { DataError } from "../core/errors.js";
import { readFailureReason } from "../core/read-file.js";
import type { Dataset } from "../data/dataset.js";

type Facts = Omit<Dataset, "domains">;

/** The facts as JSON, for the run folder. */
export function formatDatasetFacts({ domains: _, ...facts }: Dataset): string {
  return `${JSON.stringify(facts satisfies Facts, null, 2)}\n`;
}

/** The data set without its images. @throws DataError when the file is missing or no JSON */
export function readDatasetFacts(path: string): Dataset {
  try {
    return { ...(JSON.parse(readFileSync(path, "utf8")) as Facts), domains: [] };
  } catch (cause) {
    throw new DataError(`cannot read ${path}: ${readFailureReason(cause)}; the run folder is incomplete`, { cause });
  }
}
