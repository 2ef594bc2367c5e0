/**
 * The mixed-domain semi-supervised protocol (method.md 3.1): labelled images come from one domain, and from others where
 * further ones are named; everything else of every domain's training list is unlabelled. What is trained on and what it is
 * validated on share no subject.
 */
import { counted } from "../core/counted.js";
import { DataError, UsageError } from "../core/errors.js";
import { groupBy } from "../core/group-by.js";
import { type Case, type Dataset, type Domain, findDomain } from "./dataset.js";

/** How many cases of which domain keep their labels. */
export interface ProtocolOptions {
  /** Name of the domain that the labels come from. */
  readonly labelledDomain: string;
  /** How many labelled cases, at least 1, or as many as validation leaves. */
  readonly labelledCount: number | "all";
  /** How many further labelled cases of that domain are kept for choosing the checkpoint, at least 0. */
  readonly validationCount: number;
  /** Labelled cases beside those that are counted. */
  readonly further?: FurtherLabels | undefined;
}

/**
 * Labelled cases of any domain beside those that are counted: ids by domain, or "all" that have a mask; or those whose
 * masks were "added" to the data set.
 */
export type FurtherLabels = "added" | Readonly<Record<string, "all" | readonly string[]>>;

/** The training cases by the use that the protocol makes of them. */
export interface ProtocolSplit {
  /** Those that are counted, then the further ones domain by domain in the file's order. */
  readonly labelled: readonly Case[];
  /**
   * Domain by domain in the file's order: among them the further cases of labelled subjects, none of a validation
   * subject. Masks, where there are, are not used.
   */
  readonly unlabelled: readonly Case[];
  readonly validation: readonly Case[];
  /** Further training cases of validation subjects, which would give the checkpoint rule away. */
  readonly unused: readonly Case[];
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(`${name} is ${value}; it must be a whole number of at least ${least}`);
}

function withMasks(cases: readonly Case[]): Case[] {
  return cases.filter((one) => one.maskPath !== undefined);
}

function noMasks({ path, domains }: Dataset, { name }: Domain): DataError {
  const others = domains.filter((one) => withMasks(one.cases("train")).length > 0).map((one) => one.name);
  const remedy =
    others.length > 0
      ? `choose a labelled domain with masks (${others.join(", ")}), or add masks`
      : "no domain has any; add masks";
  return new DataError(`${path}: domain ${name} has no training case with a mask; ${remedy}`);
}

/**
 * The first cases with whole subjects in the order in which they first appear, so that as few subjects as possible are
 * cut by the count.
 */
function bySubject(cases: readonly Case[], count: number): Case[] {
  return [...groupBy(cases, (one) => one.subject).values()].flat().slice(0, count);
}

/** Named cases of a domain, in its own order. @throws DataError for one that is not there or has no mask */
function namedCases({ path }: Dataset, domain: Domain, ids: readonly string[]): Case[] {
  const training = domain.cases("train");
  const named = new Set(ids.map((id) => id.normalize("NFC")));
  for (const id of named) {
    const one = training.find((other) => other.id === id);
    const what = one === undefined ? "is no training case of it" : "has no mask";
    if (one?.maskPath === undefined)
      throw new DataError(
        `${path}: labelled.further names ${id} of domain ${domain.name}, which ${what}; ` +
          "correct the id, or add the mask with `dimseg data add-masks`",
      );
  }
  return training.filter((one) => named.has(one.id));
}

/**
 * The labelled cases beside those that are counted, domain by domain in the file's order.
 * @throws UsageError for an unknown domain, or all of the labelled one; DataError for a case that is not there or has no
 *   mask, and where none was added
 */
export function furtherCases(
  dataset: Dataset,
  { labelledDomain, further }: Pick<ProtocolOptions, "labelledDomain" | "further">,
): Case[] {
  if (further === undefined) return [];
  if (further === "added") {
    const added = dataset.domains.flatMap((one) => one.cases("train")).filter((one) => one.added !== undefined);
    if (added.length > 0) return added;
    throw new DataError(
      `${dataset.path}: labelled.further is added, but no mask of a training case was added; do so with \`dimseg data add-masks\``,
    );
  }
  if (further[labelledDomain] === "all")
    throw new UsageError(
      `labelled.further asks for all of ${labelledDomain}, which is the labelled domain; take labelled.count: all instead`,
    );
  const wanted = new Map(Object.entries(further).map(([name, ids]) => [findDomain(dataset, name), ids]));
  return dataset.domains.flatMap((domain) => {
    const ids = wanted.get(domain);
    if (ids === undefined) return [];
    return ids === "all" ? withMasks(domain.cases("train")) : namedCases(dataset, domain, ids);
  });
}

/**
 * How many cases can be labelled so that enough of other subjects are left for validation; at least 1.
 * @param further cases that are labelled whatever the count
 */
function mostLabelled(masked: readonly Case[], validationCount: number, further: readonly Case[]): number {
  let count = Math.max(1, masked.length - validationCount);
  const left = () => {
    const learnt = new Set([...masked.slice(0, count), ...further].map((one) => one.subject));
    return masked.filter((one) => !learnt.has(one.subject)).length;
  };
  while (count > 1 && left() < validationCount) count--;
  return count;
}

/**
 * Divides the training cases: labelled = the first `labelledCount` cases of the labelled domain that have a mask, and the
 * further ones, which that count passes over so that adding labels moves no other case; validation = the next `validationCount` of other subjects, unlabelled = all other training cases of all domains but
 * those of validation subjects. Validation takes one subject after the other.
 * @throws UsageError for an unknown domain or a count that is no whole number or too small
 * @throws DataError when the domain has no training cases, none with a mask, or fewer than asked for, also of subjects
 *   that are not labelled
 */
export function splitProtocol(dataset: Dataset, options: ProtocolOptions): ProtocolSplit {
  const { labelledDomain, validationCount } = options;
  const domain = findDomain(dataset, labelledDomain);
  if (options.labelledCount !== "all") checkCount("labelledCount", options.labelledCount, 1);
  checkCount("validationCount", validationCount, 0);
  const training = domain.cases("train");
  if (training.length === 0)
    throw new DataError(`${dataset.path}: domain ${domain.name} has no training cases; choose another labelled domain`);
  if (withMasks(training).length === 0) throw noMasks(dataset, domain);
  const further = furtherCases(dataset, options);
  const named = new Set(further);
  const masked = withMasks(training).filter((one) => !named.has(one));
  const labelledCount =
    options.labelledCount === "all" ? mostLabelled(masked, validationCount, further) : options.labelledCount;
  if (labelledCount + validationCount > masked.length)
    throw new DataError(
      `${dataset.path}: ${labelledCount} labelled and ${validationCount} validation cases are asked for, but domain ` +
        `${domain.name} has ${counted(masked.length, "training case")} with a mask` +
        `${further.length > 0 ? " beside those of labelled.further" : ""}; ask for fewer or add masks`,
    );
  const labelled = [...masked.slice(0, labelledCount), ...further];
  const learnt = new Set(labelled.map((one) => one.subject));
  const others = masked.filter((one) => !learnt.has(one.subject));
  if (validationCount > others.length)
    throw new DataError(
      `${dataset.path}: ${validationCount} validation cases are asked for, but the first ${labelledCount} cases of ` +
        `domain ${domain.name} are of ${counted(learnt.size, "subject")}, and those of other subjects with a mask are ` +
        `${others.length}; ask for fewer`,
    );
  const validation = bySubject(others, validationCount);
  const judged = new Set(validation.map((one) => one.subject));
  const taken = new Set([...labelled, ...validation]);
  const rest = dataset.domains.flatMap((one) => one.cases("train")).filter((one) => !taken.has(one));
  return {
    labelled,
    unlabelled: rest.filter((one) => !judged.has(one.subject)),
    validation,
    unused: rest.filter((one) => judged.has(one.subject)),
  };
}
