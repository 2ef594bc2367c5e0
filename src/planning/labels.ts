/**
 * Whose labels are used and how many: all of one domain that has masks, but for some that are kept to validate. The protocol
 * (docs/method.md) takes labels from one domain; why fewer than there are should be used is a question of studies, not of
 * plans.
 */
import { DataError } from "../core/errors.js";
import { type Dataset, findDomain } from "../data/dataset.js";
import { type ProtocolSplit, splitProtocol } from "../data/protocol.js";

/** The labels of a plan. */
export interface LabelPlan {
  readonly domain: string;
  readonly count: number;
  readonly validation: number;
  readonly split: ProtocolSplit;
  readonly reasons: { readonly domain: string; readonly count: string; readonly validation: string };
}

/** One in so many validates, as in nnU-Net's five folds. */
const fold = 5;
/** More cost time at every validation, and labels. */
const mostValidation = 10;

function masksOf({ domains }: Pick<Dataset, "domains">, name: string): number {
  const cases = domains.find((one) => one.name === name)?.cases("train") ?? [];
  return cases.filter((one) => one.maskPath !== undefined).length;
}

/** The split with as much validation as its subjects allow. */
function splitWith(dataset: Dataset, domain: string, validation: number): ProtocolSplit {
  const options = { labelledDomain: domain, labelledCount: "all" as const };
  if (validation === 0) return splitProtocol(dataset, { ...options, validationCount: 0 });
  try {
    return splitProtocol(dataset, { ...options, validationCount: validation });
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    // Too few subjects.
    return splitWith(dataset, domain, validation - 1);
  }
}

/**
 * Chooses the labels.
 * @param wanted the labelled domain; default: that with most masks, the first of equals
 * @throws UsageError for an unknown domain; DataError when it, or every domain, has no training case with a mask
 */
export function planLabels(dataset: Dataset, wanted?: string): LabelPlan {
  const counts = dataset.domains.map(({ name }) => ({ name, masks: masksOf(dataset, name) }));
  const most = counts.reduce((best, one) => (one.masks > best.masks ? one : best));
  const domain = wanted === undefined ? most.name : findDomain(dataset, wanted).name;
  const masks = masksOf(dataset, domain);
  const split = splitWith(dataset, domain, Math.min(mostValidation, Math.floor(masks / fold)));
  const validation = split.validation.length;
  const others = counts.filter((one) => one.name !== domain && one.masks > 0).map(({ name }) => name);
  return {
    domain,
    count: split.labelled.length,
    validation,
    split,
    reasons: {
      domain:
        wanted !== undefined
          ? "as asked for (--labelled)"
          : others.length === 0
            ? "the only domain with masks"
            : `has most masks (${masks}); those of ${others.join(", ")} are not used, and --labelled chooses another`,
      count: `all its ${masks} training cases with a mask but those that validate`,
      validation:
        validation === 0
          ? masks < fold
            ? `none: with ${masks === 1 ? "one label" : `${masks} labels`} each is worth more for training`
            : "none: the masks are of too few subjects to keep one apart"
          : `one in ${fold} of its labels, at most ${mostValidation}, of other subjects (nnU-Net: five folds); for curves, the last ` +
            "checkpoint is the better one on other domains (studies/real-smoke)",
    },
  };
}
