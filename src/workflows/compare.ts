/** Judged runs side by side: methods over seeds, with paired tests. */
import { checkComparable, unknownReferences } from "../comparison/comparable.js";
import { type Comparison, compareGroups } from "../comparison/comparison.js";
import { estimateTable } from "../comparison/estimate-table.js";
import { type EstimatedRun, findEstimated } from "../comparison/estimated-runs.js";
import { findRuns } from "../comparison/find-runs.js";
import { groupRuns } from "../comparison/groups.js";
import { type PublishedName, requirePublishedParts } from "../comparison/published.js";
import { type ComparisonTable, comparisonTable } from "../comparison/table.js";
import type { DistanceUnits } from "../judging/evaluate-network.js";
import type { JudgedGrid } from "../judging/grid-names.js";
import type { CheckpointName, NetworkName } from "../runs/checkpoints/checkpoint-names.js";
import type { Observer } from "./observer.js";

export { estimateCsv } from "../comparison/estimate-table.js";
export {
  comparisonCsv,
  formatHtml,
  formatLatex,
  formatMarkdown,
  plainCell,
  plainLegend,
} from "../comparison/formats.js";

/** What is to be compared. */
export interface CompareInput {
  /** Run folders, and folders of sweeps. */
  readonly runs: readonly string[];
  readonly checkpoint: CheckpointName;
  readonly network: NetworkName;
  /** The grid of the evaluations; default: each run's own. */
  readonly at?: JudgedGrid;
  /** Of their distances; default "pixels". */
  readonly units?: DistanceUnits;
  /** Only runs whose labels come from this domain. */
  readonly labelled?: string | undefined;
  /** Name of the row that all others are set against, with intervals over seeds and subjects. */
  readonly against?: string | undefined;
  /** Show published numbers beside ours. */
  readonly published?: PublishedName | undefined;
}

/** What `compareEstimates` is asked. */
export type CompareEstimatesInput = Pick<CompareInput, "runs" | "checkpoint" | "network" | "labelled">;

/** Estimates side by side. */
export interface ComparedEstimates {
  readonly runs: readonly EstimatedRun[];
  readonly table: ComparisonTable;
}

/** The numbers, and the table that shows them. */
export interface Compared {
  readonly comparison: Comparison;
  readonly table: ComparisonTable;
}

/**
 * Compares the evaluations that the runs keep; warns of runs that are left out.
 * @throws DataError, UsageError when there is nothing to compare or the evaluations are not of one kind
 */
export function compareRuns(input: CompareInput, { warn }: Pick<Observer, "warn">): Compared {
  const { checkpoint, network, at, units, labelled, against, published } = input;
  const choice = { checkpoint, network, ...(at ? { at } : {}), ...(units ? { units } : {}) };
  const { runs, leftOut } = findRuns([...input.runs], choice, labelled);
  for (const sentence of leftOut) warn(sentence);
  checkComparable(runs);
  const unknown = unknownReferences(runs);
  if (unknown !== null) warn(unknown);
  const comparison = compareGroups(groupRuns(runs), against);
  if (published !== undefined) requirePublishedParts(published, comparison.parts);
  const { judgement, config } = runs[0];
  const table = comparisonTable(comparison, { judgement, checkpoint, network, labelled: config.labelled, published });
  return { comparison, table };
}

/**
 * Compares what `dimseg estimate` said of runs, where there are no labels to judge them by; warns of runs that are left out.
 * @throws DataError, UsageError when there is nothing to compare or the estimates are of different images
 */
export function compareEstimates(
  { runs: folders, labelled, ...choice }: CompareEstimatesInput,
  { warn }: Pick<Observer, "warn">,
): ComparedEstimates {
  const { runs, leftOut } = findEstimated(folders, choice, labelled);
  for (const sentence of leftOut) warn(sentence);
  return { runs, table: estimateTable(runs, choice) };
}
