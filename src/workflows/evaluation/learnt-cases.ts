/**
 * Which of the cases to be judged a run has learnt from, whatever they are called in the other data set: those whose
 * image file is, byte for byte, one of the run's training images. Only files of equal length are read.
 */
import { readFileSync, statSync } from "node:fs";
import { usesUnlabelled } from "../../config/unlabelled.js";
import { sha256 } from "../../core/sha256.js";
import { type Case, caseName } from "../../data/dataset.js";
import { readSplit } from "../../runs/split-record.js";
import type { OpenedRun } from "../open-run.js";
import type { EvaluationCases } from "./select-cases.js";

type Use = "labelled" | "unlabelled";

/** What `read` gives of a case's image; undefined for a file that cannot be read, which judging names if it is needed. */
function ofImage<T>(read: (path: string) => T, { imagePath }: Case): T | undefined {
  try {
    return read(imagePath);
  } catch {
    return undefined;
  }
}

const sizeOf = (path: string) => statSync(path).size;
const hashOf = (path: string) => sha256(readFileSync(path));

/** The cases whose image file is as long as that of one of the others. */
function asLongAs(cases: readonly Case[], others: readonly Case[]): Case[] {
  const sizes = new Set(others.map((one) => ofImage(sizeOf, one)));
  return cases.filter((one) => sizes.has(ofImage(sizeOf, one)));
}

/** The cases that the run has learnt from, as far as its data set still has them. */
function learntCases({ folder, config, dataset }: OpenedRun): Record<Use, Case[]> {
  const split = readSplit(folder.split, config);
  const casesOf = (names: readonly string[]) => {
    const wanted = new Set(names);
    return dataset.domains.flatMap((domain) => domain.cases("train").filter((one) => wanted.has(caseName(one))));
  };
  return { labelled: casesOf(split.labelled), unlabelled: usesUnlabelled(config) ? casesOf(split.unlabelled) : [] };
}

/**
 * Says how many of the cases of another data set the run has learnt from.
 * @returns one sentence; undefined when there are none
 * @throws DataError when the run's record of its training cases is broken
 */
export function learntWarning(run: OpenedRun, { dataset, cases }: EvaluationCases): string | undefined {
  const judged = cases.filter((one) => one.maskPath !== undefined);
  const { labelled, unlabelled } = learntCases(run);
  const uses = new Map<string | undefined, Use>();
  for (const one of asLongAs(unlabelled, judged)) uses.set(ofImage(hashOf, one), "unlabelled");
  for (const one of asLongAs(labelled, judged)) uses.set(ofImage(hashOf, one), "labelled");
  uses.delete(undefined);
  const found = asLongAs(judged, [...labelled, ...unlabelled]).flatMap((one) => {
    const use = uses.get(ofImage(hashOf, one));
    return use ? [{ one, use }] : [];
  });
  if (found.length === 0) return undefined;
  const counts = (["labelled", "unlabelled"] as const).flatMap((use) => {
    const count = found.filter((other) => other.use === use).length;
    return count > 0 ? [`${count} ${use}`] : [];
  });
  return (
    `${dataset.path}: the run was trained on ${found.length} of the ${judged.length} cases to be judged ` +
    `(${counts.join(", ")}; the first is ${caseName(found[0].one)}), which flatters it; leave them out to judge it on new images`
  );
}
