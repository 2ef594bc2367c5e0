/** The list of failures: the worst of each shown run as a table with links to their pictures. */
import { type Failure, failureRuleText, findFailures } from "../analysis/errors/failures.js";
import { unitText } from "../judging/metric-text.js";
import { type ReportData, type ReportRun, type RunEvaluation, shownRuns } from "./data.js";
import { distanceText, percentText } from "./numbers.js";
import type { CaseOverlay } from "./overlays/case-overlay.js";
import { pointerKey } from "./result-tables.js";
import type { ReportCell, ReportTable } from "./table.js";

/** Failures of one run that are listed, and cases that are pictured for all runs together. */
const listed = 8;
const pictured = 16;

/** Worst first. */
function failuresOf({ evaluation }: ReportRun): Failure[] {
  return findFailures((evaluation as RunEvaluation).scores);
}

/** The cases that the lists of failures name, the worst first; `except` those that are pictured already. */
export function failedCases(
  data: ReportData,
  except: readonly { domain: string; id: string }[],
): { domain: string; id: string }[] {
  const worst = shownRuns(data).flatMap((run) => failuresOf(run).slice(0, listed));
  const keyOf = ({ domain, id }: { domain: string; id: string }) => JSON.stringify([domain, id]);
  const taken = new Set(except.map(keyOf));
  const cases: { domain: string; id: string }[] = [];
  for (const { domain, id } of worst.sort((a, b) => a.dice - b.dice)) {
    if (cases.length === pictured) break;
    if (taken.has(keyOf({ domain, id }))) continue;
    taken.add(keyOf({ domain, id }));
    cases.push({ domain, id });
  }
  return cases;
}

/** Anchor of an overlay: its place among all. */
export function overlayAnchor(index: number): string {
  return `case-${index + 1}`;
}

function linkOf(overlays: readonly CaseOverlay[], { domain, id }: Failure): string | undefined {
  const index = overlays.findIndex((one) => one.domain === domain && one.id === id);
  return index < 0 ? undefined : overlayAnchor(index);
}

/** Where a number of a run's `cases.csv` was read. */
export function caseSource(
  { id: run, evaluation }: ReportRun,
  { domain, id, part }: { domain: string; id: string; part: string },
  column: string,
): string | undefined {
  if (!evaluation?.folder) return undefined;
  return `${run}/${evaluation.folder}/cases.csv#/${[domain, id, part, column].map(pointerKey).join("/")}`;
}

function failureRow(run: ReportRun, failure: Failure, overlays: readonly CaseOverlay[]): ReportCell[] {
  const { domain, id, part, dice, hd95, why } = failure;
  return [
    { text: id, link: linkOf(overlays, failure) },
    { text: domain },
    { text: part },
    { text: run.name },
    { text: percentText(dice), value: dice, source: caseSource(run, failure, "dice") },
    { text: distanceText(hd95), value: hd95, source: caseSource(run, failure, "hd95") },
    { text: why, prose: true },
  ];
}

/** The worst failures of each shown run. */
export function failureTable(data: ReportData): ReportTable {
  const overlays = [...(data.overlays?.chosen ?? []), ...(data.overlays?.failures ?? [])];
  const runs = shownRuns(data).map((run) => ({ run, failures: failuresOf(run) }));
  const counts = runs.map(({ run, failures }) => `${run.name}: ${failures.length}`);
  return {
    id: "failures",
    title: "Failures",
    header: ["case", "domain", "part", "run", "Dice %", `HD95 ${unitText(data.choice.units)}`, "why"],
    rows: runs.flatMap(({ run, failures }) =>
      failures.slice(0, listed).map((failure) => failureRow(run, failure, overlays)),
    ),
    notes: [failureRuleText(), `Failures by run, of which at most ${listed} are listed: ${counts.join("; ")}.`],
  };
}
