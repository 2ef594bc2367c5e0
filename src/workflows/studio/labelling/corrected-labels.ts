/** Which corrected masks a run has not learnt from yet. */
import { statSync } from "node:fs";
import { type Case, caseName } from "../../../data/dataset.js";
import { correctedCases } from "../correction/corrected-cases.js";
import type { RunCases } from "../run-cases.js";

/** Corrected cases by what another run would do with them. */
export interface CorrectedLabels {
  /** Labels beside those of the run. */
  readonly added: readonly Case[];
  /** Labels of the run that were other masks when it began. */
  readonly changed: readonly Case[];
  /** Test cases, and cases of subjects that are kept for validation. */
  readonly leftOut: number;
}

/** Sorts the corrected cases of a run's data set. @throws DimsegError when it cannot be read */
export function correctedLabels(cases: RunCases): CorrectedLabels {
  const { dataset, folder, uses } = cases;
  const newest = correctedCases(dataset);
  const all = dataset.domains.flatMap((domain) => [...domain.cases("train"), ...domain.cases("test")]);
  const judged = new Set(all.filter((one) => uses.validation.has(caseName(one))).map(({ subject }) => subject));
  const corrected = all.filter((one) => newest.has(caseName(one)) && one.maskPath !== undefined);
  const mayBeLearnt = corrected.filter(({ split, subject }) => split === "train" && !judged.has(subject));
  const isLearnt = (one: Case) => uses.labelled.has(caseName(one));
  // A run writes its split down when it begins, after it has read the masks.
  const begun = statSync(folder.split, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return {
    added: mayBeLearnt.filter((one) => !isLearnt(one)),
    changed: mayBeLearnt.filter((one) => isLearnt(one) && Number(newest.get(caseName(one))) > begun),
    leftOut: corrected.length - mayBeLearnt.length,
  };
}
