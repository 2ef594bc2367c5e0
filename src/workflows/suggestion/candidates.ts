/** Which images a label may be suggested for, and which are labelled already. */
import { evenly } from "../../core/evenly.js";
import type { Case, Dataset } from "../../data/dataset.js";
import { caseName } from "../../data/dataset.js";
import { readSplit } from "../../runs/split-record.js";
import type { OpenedRun } from "../open-run.js";
import { correctedCases } from "../studio/correction/corrected-cases.js";

/** Training cases by what is known of them. */
export interface Candidates {
  /** Of no subject that is labelled, kept for validation, or has a mask that was added or drawn in the studio since. */
  readonly open: readonly Case[];
  /** Those the run learnt from, and those whose masks were added or drawn in the studio since. */
  readonly labelled: readonly Case[];
  /** How many of them were labelled beside those of the labelled domain that are counted. */
  readonly further: number;
}

/** The training cases as they are now: the data set may have grown since the run began. */
export function candidatesOf({
  dataset,
  folder,
  config,
}: Pick<OpenedRun, "dataset" | "folder" | "config">): Candidates {
  const record = readSplit(folder.split, config);
  const [learnt, validation] = [new Set(record.labelled), new Set(record.validation)];
  const training = dataset.domains.flatMap((domain) => domain.cases("train"));
  const corrected = correctedCases(dataset);
  const isLabelled = (one: Case) =>
    one.added !== undefined || (corrected.has(caseName(one)) && one.maskPath !== undefined);
  const labelled = training.filter((one) => learnt.has(caseName(one)) || isLabelled(one));
  const judged = training.filter((one) => validation.has(caseName(one)));
  const known = new Set([...labelled, ...judged].map(({ subject }) => subject));
  const open = training.filter(({ subject }) => !known.has(subject));
  return { open, labelled, further: Math.max(0, labelled.length - config.labelled.count) };
}

/** At most so many of the cases, of each domain an equal share and those evenly spread. */
export function someOfEachDomain(cases: readonly Case[], { domains }: Dataset, most: number): Case[] {
  if (cases.length <= most) return [...cases];
  const each = Math.max(1, Math.floor(most / domains.length));
  return domains.flatMap(({ name }) => {
    const own = cases.filter(({ domain }) => domain === name);
    return evenly(own, each);
  });
}
