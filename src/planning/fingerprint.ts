/**
 * The fingerprint of a data set, after nnU-Net's (Isensee et al., Nature Methods 2021): medians of sizes and spacings, grey
 * levels, class shares, and beside it how unlike its domains are. Every training case is decoded, one or a few at a time;
 * only masks of the labelled domain have a say, since training knows no others.
 */
import { DataError } from "../core/errors.js";
import { evenly } from "../core/evenly.js";
import type { Case, Dataset } from "../data/dataset.js";
import { mapLimited } from "../data/limited.js";
import { subjectCount } from "../data/subjects.js";
import { percentile } from "../statistics/percentile.js";
import { type CaseFingerprint, fingerprintCase } from "./case-fingerprint.js";
import { levelDistance, levelMoments, meanLevels, ownSpread } from "./domain-distance.js";

/** One domain in numbers; those of images are NaN or null where none could be read. */
export interface DomainFingerprint {
  readonly name: string;
  readonly training: number;
  readonly test: number;
  /** Of the training cases. */
  readonly subjects: number;
  /** Training cases with a mask. */
  readonly masks: number;
  /** Medians along each axis. */
  readonly shape: readonly number[] | null;
  readonly spacing: readonly number[] | null;
  /** Of the grey levels that the network sees, 0 to 255. */
  readonly grey: { readonly mean: number; readonly deviation: number };
  /** To the labelled domain, in grey levels. */
  readonly distance: number;
  /** Further away than half of the labelled domain's own images are from their mean. */
  readonly isFar: boolean;
}

/** A case that cannot be read. */
export interface BrokenCase {
  readonly case: Case;
  readonly message: string;
}

/** All of it. */
export interface Fingerprint {
  readonly cases: readonly CaseFingerprint[];
  readonly domains: readonly DomainFingerprint[];
  /** Of the labelled domain. */
  readonly ownSpread: number;
  readonly broken: readonly BrokenCase[];
}

/** Pictures decoded at the same time; volumes one after the other. */
const atOnce = 4;
/** Of a domain without training images so many test images are looked at, for its distance alone. */
const mostTest = 20;

/** The cases that are looked at: what training reads, and a few of domains that it never sees. */
export function lookedAt({ domains }: Pick<Dataset, "domains">): Case[] {
  return domains.flatMap(({ cases }) => {
    const training = cases("train");
    return training.length > 0 ? [...training] : evenly(cases("test"), mostTest);
  });
}

/** The median along each axis of those that have as many axes as the first; null without any. */
export function medians(values: readonly (readonly number[])[]): number[] | null {
  if (values.length === 0) return null;
  const alike = values.filter((one) => one.length === values[0].length);
  return values[0].map((_, axis) =>
    percentile(
      alike.map((one) => one[axis]),
      50,
    ),
  );
}

function summarise(
  { name, cases }: Dataset["domains"][number],
  found: readonly CaseFingerprint[],
  labelled: readonly Float64Array[],
  spread: number,
  isLabelled: boolean,
): DomainFingerprint {
  const training = cases("train");
  const mean = found.length === 0 ? null : meanLevels(found.map(({ levels }) => levels));
  const distance = mean && labelled.length > 0 ? levelDistance(mean, meanLevels(labelled)) : Number.NaN;
  return {
    name,
    training: training.length,
    test: cases("test").length,
    subjects: subjectCount(training),
    masks: training.filter((one) => one.maskPath !== undefined).length,
    shape: medians(found.map(({ shape }) => shape)),
    spacing: medians(found.flatMap(({ spacing }) => (spacing ? [spacing] : []))),
    grey: mean ? levelMoments(mean) : { mean: Number.NaN, deviation: Number.NaN },
    distance,
    isFar: !isLabelled && distance > spread,
  };
}

/**
 * Looks at a data set.
 * @param labelledDomain whose masks count, and to which distances are
 * @param onProgress called after each case with the number of cases done
 */
export async function fingerprintDataset(
  dataset: Dataset,
  labelledDomain: string,
  onProgress: (done: number, total: number) => void,
): Promise<Fingerprint> {
  const wanted = lookedAt(dataset);
  const broken: BrokenCase[] = [];
  let done = 0;
  const all = await mapLimited(wanted, dataset.slices ? 1 : atOnce, async (one) => {
    const withParts = one.domain === labelledDomain && one.split === "train";
    const found = await fingerprintCase(dataset, one, withParts).catch((error: unknown) => {
      if (!(error instanceof DataError)) throw error;
      broken.push({ case: one, message: error.message });
      return null;
    });
    onProgress(++done, wanted.length);
    return found;
  });
  const cases = all.flatMap((one) => one ?? []);
  const of = (name: string) => cases.filter((one) => one.case.domain === name);
  const labelled = of(labelledDomain).map(({ levels }) => levels);
  const spread = labelled.length > 0 ? ownSpread(labelled) : Number.NaN;
  const domains = dataset.domains.map((domain) =>
    summarise(domain, of(domain.name), labelled, spread, domain.name === labelledDomain),
  );
  const order = new Map(wanted.map((one, i) => [one, i]));
  broken.sort((a, b) => (order.get(a.case) ?? 0) - (order.get(b.case) ?? 0));
  return { cases, domains, ownSpread: spread, broken };
}
