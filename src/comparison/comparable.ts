/**
 * Whether runs may stand in one table: the same labels, the same unlabelled images, the same test cases of the same
 * subjects, judged by the same rules. What is compared may differ in nothing but what is being compared.
 */
import { furtherText } from "../config/labelled-text.js";
import { UsageError } from "../core/errors.js";
import { judgedGridText } from "../judging/grid-text.js";
import { judgedRulesText } from "../judging/rules-text.js";
import type { ComparedRun } from "./read-run.js";

/** The first entry that only one of two lists has, with the list's number; null when they hold the same. */
function firstOnlyIn(lists: readonly [readonly string[], readonly string[]]): { entry: string; list: 0 | 1 } | null {
  const sets = lists.map((list) => new Set(list));
  for (const list of [0, 1] as const) {
    const entry = lists[list].find((one) => !sets[1 - list].has(one));
    if (entry !== undefined) return { entry, list };
  }
  return null;
}

/** Test cases with their parts, as listed in `cases.csv`. */
function judgedCases({ scores }: ComparedRun): string[] {
  return scores.map(({ domain, id, part }) => `${domain}/${id}, ${part}`);
}

function labelText({ config: { labelled } }: ComparedRun): string {
  const further = furtherText(labelled);
  return `${labelled.count} of ${labelled.domain}${further ? `, ${further}` : ""} and ${labelled.validation} for validation`;
}

interface Difference {
  what: string;
  /** What to do about it. */
  remedy: string;
}

function labelDifference(a: ComparedRun, b: ComparedRun): Difference | null {
  if (labelText(a) === labelText(b)) return null;
  const domains = a.config.labelled.domain !== b.config.labelled.domain;
  return {
    what: `their labels differ: ${labelText(a)} against ${labelText(b)}`,
    remedy: domains ? "choose one labelled domain with --labelled" : "compare runs with the same labels",
  };
}

/** A list of cases that must hold the same in both. */
function caseDifference(what: string, a: ComparedRun, b: ComparedRun, of: (run: ComparedRun) => readonly string[]) {
  const found = firstOnlyIn([of(a), of(b)]);
  if (!found) return null;
  const owner = [a, b][found.list].folder;
  return {
    what: `their ${what} cases differ: only ${owner} has ${found.entry}`,
    remedy: "compare runs on the same split",
  };
}

/** For each judged case the first one of its subject, which is the same however subjects are named. */
function subjectMates({ scores }: ComparedRun): string[] {
  const first = new Map<string, string>();
  const sorted = scores.map(({ domain, id, subject }) => ({ name: `${domain}/${id}`, subject }));
  sorted.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, subject } of sorted) if (!first.has(subject)) first.set(subject, name);
  return sorted.map(({ name, subject }) => {
    const mate = first.get(subject);
    return mate === name ? `${name} as the first of its subject` : `${name} and ${mate} as one subject`;
  });
}

function subjectDifference(a: ComparedRun, b: ComparedRun): Difference | null {
  const found = firstOnlyIn([subjectMates(a), subjectMates(b)]);
  if (!found) return null;
  return {
    what: `their subjects differ: only ${[a, b][found.list].folder} has ${found.entry}`,
    remedy: "judge them again with `dimseg evaluate` on one data set",
  };
}

/** A case that was judged on other files in each, as masks are corrected between two evaluations. */
function fileDifference(a: ComparedRun, b: ComparedRun): Difference | null {
  const own = new Map(a.judgement.judged?.map((one) => [one.case, one]));
  for (const other of b.judgement.judged ?? []) {
    const one = own.get(other.case);
    if (!one) continue;
    const file = (["mask", "image"] as const).find((name) => one[name] !== other[name]);
    if (file === undefined) continue;
    return {
      what: `they were judged on different files: the ${file} of ${other.case} was not the same`,
      remedy: "run `dimseg evaluate` again for the one that was judged first",
    };
  }
  return null;
}

/**
 * What cannot be told of runs that were judged before evaluations kept the hashes of their masks.
 * @returns a sentence; null when all keep them, or there is one run only
 */
export function unknownReferences(runs: readonly ComparedRun[]): string | null {
  const without = runs.filter(({ judgement }) => judgement.judged === undefined);
  if (runs.length < 2 || without.length === 0) return null;
  return (
    `${without[0].folder}${without.length > 1 ? ` and ${without.length - 1} more` : ""} keeps no hashes of the masks it ` +
    "was judged on: whether they are those of the others cannot be told; run `dimseg evaluate` again to be sure"
  );
}

function judgementDifference(a: ComparedRun, b: ComparedRun): Difference | null {
  const pairs = [
    ["convention", a.judgement.convention.name, b.judgement.convention.name],
    ["image size", judgedGridText(a.judgement), judgedGridText(b.judgement)],
    ["unit of distances", a.judgement.units ?? "pixels", b.judgement.units ?? "pixels"],
    ["averaging over mirror images", a.judgement.testTimeFlips, b.judgement.testTimeFlips],
    ["rule after the network", judgedRulesText(a.judgement) ?? "none", judgedRulesText(b.judgement) ?? "none"],
  ] as const;
  const found = pairs.find(([, one, other]) => one !== other);
  if (!found) return null;
  const [what, one, other] = found;
  const remedy =
    what === "image size" ? "judge them alike, as --at native does in the files' own grids" : "judge them alike";
  return { what: `they were judged with another ${what}: ${one} against ${other}`, remedy };
}

/** Why two runs cannot be compared; null when they can. */
function difference(a: ComparedRun, b: ComparedRun): Difference | null {
  return (
    labelDifference(a, b) ??
    judgementDifference(a, b) ??
    caseDifference("labelled", a, b, ({ split }) => split.labelled) ??
    caseDifference("validation", a, b, ({ split }) => split.validation) ??
    caseDifference("unlabelled", a, b, ({ split }) => split.unlabelled) ??
    caseDifference("test", a, b, judgedCases) ??
    subjectDifference(a, b) ??
    fileDifference(a, b)
  );
}

/**
 * Refuses runs whose numbers must not stand in one table.
 * @param runs at least one
 * @throws UsageError naming two runs, what differs, and what to do
 */
export function checkComparable([first, ...others]: readonly ComparedRun[]): void {
  for (const other of others) {
    const found = difference(first, other);
    if (!found) continue;
    throw new UsageError(`${first.folder} and ${other.folder} cannot be compared: ${found.what}; ${found.remedy}`);
  }
}
