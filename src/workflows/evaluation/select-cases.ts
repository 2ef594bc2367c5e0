/** Which cases an evaluation judges: a split of the run's own data set, or of another one of the same kind. */
import { DataError, UsageError } from "../../core/errors.js";
import { DecodedCache } from "../../data/cache/decoded-cache.js";
import { type Case, type Dataset, loadDataset } from "../../data/dataset.js";
import { valueKindOf } from "../../data/images/values.js";
import { checkDatasetFacts } from "../../runs/dataset-facts.js";
import { checkSplit } from "../../runs/split-record.js";
import type { OpenedRun } from "../open-run.js";

export type EvaluationSplit = "test" | "train" | "validation";

export interface EvaluationCases {
  readonly dataset: Dataset;
  readonly split: EvaluationSplit;
  readonly cases: readonly Case[];
  readonly cache: DecodedCache;
}

/** What a network has to find in a data set to be judged on it. */
function kindOf(dataset: Dataset): string {
  const { target, channels, channelNames, classes, slices } = dataset;
  const scores = valueKindOf(dataset) === "zscores" ? " as z-scores" : "";
  const shape = `${channelNames ? channelNames.join(" and ") : channels === 1 ? "grey" : "RGB"} ${slices ? `volumes in ${slices.plane} slices` : "images"}${scores}`;
  return `${shape}, ${target} classes ${classes.map(({ name }) => name).join(", ")}`;
}

/** Another data set at the spacing that a network of volumes was trained at. */
function atSpacingOf({ slices: own }: Dataset, other: Dataset): Dataset {
  if (!own || !other.slices) return other;
  const { resample: _, ...rest } = other.slices;
  return { ...other, slices: { ...rest, ...(own.resample ? { resample: own.resample } : {}) } };
}

/** @throws UsageError when the network cannot be judged on the other data set */
function otherDataset(path: string, { dataset: own, folder, patch }: OpenedRun): Dataset {
  const other = loadDataset(path);
  if (other.path === own.path) checkDatasetFacts(folder.dataset, other, patch !== null);
  if (kindOf(other) === kindOf(own)) return patch ? atSpacingOf(own, other) : other;
  throw new UsageError(
    `${path}: has ${kindOf(other)}, but the run was trained on ${kindOf(own)}; choose a data set of the same kind`,
  );
}

/** The run's validation cases; in a data set that has changed, they may be cases it was trained on. */
function validationCases({ split, dataset, config, folder }: OpenedRun, other: boolean): readonly Case[] {
  if (other) throw new UsageError("--split validation is a part of the run's own data set; leave out --data");
  checkSplit(folder.split, split, dataset.path);
  if (split.validation.length > 0) return split.validation;
  throw new UsageError(
    `${dataset.path}: the run keeps no cases of ${config.labelled.domain} for validation; take --split test or train`,
  );
}

/** A data set that a run's networks are asked about, and where its decoded cases come from. */
export type AskedDataset = Pick<EvaluationCases, "dataset" | "cache">;

/**
 * The run's own data set, or another one of the same kind.
 * @param dataPath another `dataset.yaml` instead of the run's own
 * @throws UsageError when the data set does not fit the network
 */
export function askedDataset(
  run: OpenedRun,
  dataPath: string | undefined,
  onWarning: (message: string) => void,
): AskedDataset {
  if (dataPath === undefined) return run;
  const dataset = otherDataset(dataPath, run);
  return { dataset, cache: new DecodedCache(dataset, { size: run.patch ? "whole" : run.size, onWarning }) };
}

/**
 * The cases of a split: `test` and `train` of every domain, or the run's validation split.
 * @param dataPath another `dataset.yaml` instead of the run's own
 * @throws UsageError when the data set does not fit the network or there is no such split; DataError when it is empty,
 *   or when validation cases are asked for and the training cases are others than when the run began
 */
export function selectCases(
  run: OpenedRun,
  split: EvaluationSplit,
  dataPath: string | undefined,
  onWarning: (message: string) => void,
): EvaluationCases {
  const { dataset, cache } = askedDataset(run, dataPath, onWarning);
  const cases =
    split === "validation"
      ? validationCases(run, dataPath !== undefined)
      : dataset.domains.flatMap((domain) => domain.cases(split));
  if (cases.length === 0) throw new DataError(`${dataset.path}: no domain has ${split} cases; choose another --split`);
  return { dataset, split, cases, cache };
}
